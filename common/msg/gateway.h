/* gateway: objects of the Gateway API, pruned to what later rooms use, in Kubernetes' own shape and
 * names.
 *
 * Rules: gateway.networking.k8s.io/v1 as of Gateway API 1.6; gateway.pomerium.io/v1alpha1. What a
 * user may leave out, and what is told back word for word, is nullable: defaults are for those who
 * read it. */
#ifndef MSG_GATEWAY_H
#define MSG_GATEWAY_H

#include "msg/object.h"

/* ---- what they share ---- */
/* Another object, in any of the forms that the API has for that. */
struct msg_object_ref {
	struct str group, kind, namespace; /* nullable */
	struct str name;
};
struct msg_object_ref_list {
	struct msg_object_ref *items;
	size_t n;
};
struct msg_label_requirement {
	struct str key, operator;
	struct str_list values;
};
struct msg_label_requirement_list {
	struct msg_label_requirement *items;
	size_t n;
};
struct msg_label_selector {
	struct str_map matchLabels;
	struct msg_label_requirement_list matchExpressions;
};
struct msg_from_namespaces {
	struct str from; /* nullable */
	struct msg_label_selector *selector;
};

/* ---- GatewayClass ---- */
struct msg_gateway_class_spec {
	struct str controllerName;
	struct msg_object_ref *parametersRef;
};
struct msg_gateway_class {
	struct msg_meta metadata;
	struct msg_gateway_class_spec spec;
	struct value *status;
};

/* ---- Gateway and ListenerSet ---- */
struct msg_listener_tls {
	struct str mode; /* nullable */
	struct msg_object_ref_list certificateRefs;
};
struct msg_route_kind {
	struct str group; /* nullable */
	struct str kind;
};
struct msg_route_kind_list {
	struct msg_route_kind *items;
	size_t n;
};
struct msg_allowed_routes {
	struct msg_from_namespaces *namespaces;
	struct msg_route_kind_list kinds;
};
struct msg_listener {
	struct str name;
	struct str hostname; /* nullable */
	int64_t port;
	struct str protocol;
	struct msg_listener_tls *tls;
	struct msg_allowed_routes *allowedRoutes;
};
struct msg_listener_list {
	struct msg_listener *items;
	size_t n;
};
struct msg_gateway_address {
	struct str type; /* nullable */
	struct str value;
};
struct msg_gateway_address_list {
	struct msg_gateway_address *items;
	size_t n;
};
struct msg_gateway_infrastructure {
	struct msg_object_ref *parametersRef;
};
struct msg_allowed_listeners {
	struct msg_from_namespaces *namespaces;
};
struct msg_gateway_spec {
	struct str gatewayClassName;
	struct msg_listener_list listeners;
	struct msg_gateway_address_list addresses;
	struct msg_gateway_infrastructure *infrastructure;
	struct msg_allowed_listeners *allowedListeners;
};
struct msg_gateway {
	struct msg_meta metadata;
	struct msg_gateway_spec spec;
	struct value *status;
};
struct msg_listener_set_spec {
	struct msg_object_ref parentRef;
	struct msg_listener_list listeners;
};
struct msg_listener_set {
	struct msg_meta metadata;
	struct msg_listener_set_spec spec;
	struct value *status;
};

/* ---- HTTPRoute ---- */
struct msg_parent_ref {
	struct str group, kind, namespace; /* nullable */
	struct str name;
	struct str sectionName; /* nullable */
	int64_t port;           /* -1: absent */
};
struct msg_parent_ref_list {
	struct msg_parent_ref *items;
	size_t n;
};
struct msg_http_path_match {
	struct str type, value; /* nullable */
};
struct msg_http_header {
	struct str name, value;
};
struct msg_http_header_list {
	struct msg_http_header *items;
	size_t n;
};
struct msg_http_match {
	struct msg_http_path_match *path;
	struct msg_http_header_list headers, queryParams; /* that there are any is what counts */
	struct str method;                                /* nullable */
};
struct msg_http_match_list {
	struct msg_http_match *items;
	size_t n;
};
struct msg_http_header_filter {
	struct msg_http_header_list set, add;
	struct str_list remove;
};
struct msg_http_path_modifier {
	struct str type;
	struct str replaceFullPath, replacePrefixMatch; /* nullable */
};
struct msg_http_redirect {
	struct str scheme, hostname; /* nullable */
	struct msg_http_path_modifier *path;
	int64_t port, statusCode; /* -1: absent */
};
struct msg_http_rewrite {
	struct str hostname; /* nullable */
	struct msg_http_path_modifier *path;
};
struct msg_http_filter {
	struct str type;
	struct msg_http_header_filter *requestHeaderModifier, *responseHeaderModifier;
	struct msg_http_redirect *requestRedirect;
	struct msg_http_rewrite *urlRewrite;
	struct msg_object_ref *extensionRef;
};
struct msg_http_filter_list {
	struct msg_http_filter *items;
	size_t n;
};
struct msg_http_backend_filter {
	struct str type; /* that there are any is what counts */
};
struct msg_http_backend_filter_list {
	struct msg_http_backend_filter *items;
	size_t n;
};
struct msg_http_backend_ref {
	struct str group, kind, namespace; /* nullable */
	struct str name;
	int64_t port, weight; /* -1: absent */
	struct msg_http_backend_filter_list filters;
};
struct msg_http_backend_ref_list {
	struct msg_http_backend_ref *items;
	size_t n;
};
struct msg_http_timeouts {
	struct str request, backendRequest; /* nullable */
};
struct msg_http_retry {
	int64_t attempts; /* -1: absent */
};
struct msg_http_session {
	struct str type; /* nullable */
};
struct msg_http_route_rule {
	struct str name; /* nullable */
	struct msg_http_match_list matches;
	struct msg_http_filter_list filters;
	struct msg_http_backend_ref_list backendRefs;
	struct msg_http_timeouts *timeouts;
	struct msg_http_retry *retry;
	struct msg_http_session *sessionPersistence;
};
struct msg_http_route_rule_list {
	struct msg_http_route_rule *items;
	size_t n;
};
struct msg_http_route_spec {
	struct msg_parent_ref_list parentRefs;
	struct str_list hostnames;
	struct msg_http_route_rule_list rules;
};
struct msg_http_route {
	struct msg_meta metadata;
	struct msg_http_route_spec spec;
	struct value *status;
};

/* ---- ReferenceGrant ---- */
struct msg_grant_from {
	struct str group, kind, namespace;
};
struct msg_grant_from_list {
	struct msg_grant_from *items;
	size_t n;
};
struct msg_grant_to {
	struct str group, kind;
	struct str name; /* nullable: every name */
};
struct msg_grant_to_list {
	struct msg_grant_to *items;
	size_t n;
};
struct msg_reference_grant_spec {
	struct msg_grant_from_list from;
	struct msg_grant_to_list to;
};
struct msg_reference_grant {
	struct msg_meta metadata;
	struct msg_reference_grant_spec spec;
};

/* ---- PolicyFilter ---- */
struct msg_policy_filter_spec {
	struct str ppl;
};
struct msg_policy_filter {
	struct msg_meta metadata;
	struct msg_policy_filter_spec spec;
	struct value *status;
};

/* ---- BackendTLSPolicy, and what it takes authorities from ---- */
struct msg_policy_target {
	struct str group, kind, name;
	struct str sectionName; /* nullable */
};
struct msg_policy_target_list {
	struct msg_policy_target *items;
	size_t n;
};
struct msg_subject_alt_name {
	struct str type, hostname, uri;
};
struct msg_subject_alt_name_list {
	struct msg_subject_alt_name *items;
	size_t n;
};
struct msg_backend_tls_validation {
	struct msg_object_ref_list caCertificateRefs;
	struct str wellKnownCACertificates; /* nullable */
	struct str hostname;
	struct msg_subject_alt_name_list subjectAltNames;
};
struct msg_backend_tls_policy_spec {
	struct msg_policy_target_list targetRefs;
	struct msg_backend_tls_validation validation;
};
struct msg_backend_tls_policy {
	struct msg_meta metadata;
	struct msg_backend_tls_policy_spec spec;
	struct value *status;
};
struct msg_config_map_data {
	struct str ca_crt; /* nullable; the key is ca.crt, others are not kept */
};
struct msg_config_map {
	struct msg_meta metadata; /* without labels and annotations */
	struct msg_config_map_data data;
};

/* ---- Namespace ---- */
struct msg_namespace {
	struct msg_meta metadata; /* without annotations: nothing here follows from them */
};

#endif
