/* object: Kubernetes objects, pruned to what later rooms use, in Kubernetes' own shape and names.
 *
 *   OBJECT_PUT     watcher -> resolver   the object as it is now
 *   OBJECT_DELETE  watcher -> resolver   it is gone
 *   KIND_STATE     watcher -> resolver   what is known of a whole kind
 *
 * Rules: Kubernetes API v1.36 networking.k8s.io/v1, discovery.k8s.io/v1, core/v1;
 * ingress.pomerium.io/v1; cert-manager.io/v1. Those of the Gateway API are in gateway.h. */
#ifndef MSG_OBJECT_H
#define MSG_OBJECT_H

#include "msg/codec.h"

enum msg_kind {
	MSG_KIND_NONE,
	MSG_KIND_INGRESS,
	MSG_KIND_INGRESS_CLASS,
	MSG_KIND_SERVICE,
	MSG_KIND_ENDPOINT_SLICE,
	MSG_KIND_ENDPOINTS, /* only from manifests; used for a Service that has no EndpointSlice */
	MSG_KIND_SECRET,    /* metadata only; values travel as SECRET_VALUE */
	MSG_KIND_POMERIUM,
	MSG_KIND_NAMESPACE,
	MSG_KIND_GATEWAY_CLASS,
	MSG_KIND_GATEWAY,
	MSG_KIND_HTTP_ROUTE,
	MSG_KIND_REFERENCE_GRANT,
	MSG_KIND_POLICY_FILTER,
	MSG_KIND_BACKEND_TLS_POLICY,
	MSG_KIND_LISTENER_SET,
	MSG_KIND_CONFIG_MAP,  /* what is under ca.crt, of those that a policy names */
	MSG_KIND_CERTIFICATE, /* of cert-manager; an owner if it has the label of ours */
	MSG_N_KINDS
};
const char *msg_kind_name(enum msg_kind kind);    /* "Ingress", ... */
const char *msg_kind_version(enum msg_kind kind); /* its apiVersion: "networking.k8s.io/v1" */
/* MSG_KIND_NONE: not ours; a Certificate is so in a manifest, where nobody makes it. */
enum msg_kind msg_kind_from(struct str api_version, struct str kind);
/* By its name alone, any that has one; MSG_KIND_NONE: none has this. */
enum msg_kind msg_kind_named(struct str name);
bool msg_kind_is_namespaced(enum msg_kind kind);

/* Who: kind, namespace (empty for cluster-scoped kinds) and name. */
struct msg_key {
	uint64_t kind; /* enum msg_kind */
	struct str namespace;
	struct str name;
};
extern const struct codec msg_key_codec;
/* "Ingress/shop/web": the text form for maps; "shop/web" (or "global"): for people. */
struct str msg_key_text(const struct msg_key *key, struct pool *pool);
/* Back from the form for maps, borrowed from it; false: it is none. */
bool msg_key_from_text(struct str text, struct msg_key *out);
struct str msg_key_for_people(const struct msg_key *key, struct pool *pool);
bool msg_key_equal(const struct msg_key *a, const struct msg_key *b);
int msg_key_cmp(const struct msg_key *a, const struct msg_key *b); /* kind, namespace, name */
struct msg_key msg_key_dup(const struct msg_key *key, struct pool *pool);

struct msg_meta {
	struct str namespace, name, uid;
	int64_t generation;
	struct str_map labels,
		annotations; /* last-applied and other blobs never get here (object.c) */
	int64_t creationTimestamp,
		deletionTimestamp; /* since 1970; 0: missing, not on its way out */
};
/* Whether it is that of the object with this key, if their kinds are equal. */
bool msg_meta_is_of(const struct msg_meta *meta, const struct msg_key *key);

/* ---- Ingress ---- */
struct msg_service_port_ref {
	struct str name;
	int64_t number;
};
struct msg_service_ref {
	struct str name;
	struct msg_service_port_ref port;
};
struct msg_resource_ref {
	struct str apiGroup, kind, name;
};
struct msg_backend {
	struct msg_service_ref *service; /* exactly one of the two in a valid object */
	struct msg_resource_ref *resource;
};
struct msg_path {
	struct str path;     /* nullable */
	struct str pathType; /* nullable; Exact, Prefix, ImplementationSpecific */
	struct msg_backend backend;
};
struct msg_path_list {
	struct msg_path *items;
	size_t n;
};
struct msg_http_rule {
	struct msg_path_list paths;
};
struct msg_rule {
	struct str host;
	struct msg_http_rule *http;
};
struct msg_rule_list {
	struct msg_rule *items;
	size_t n;
};
struct msg_tls {
	struct str_list hosts;
	struct str secretName;
};
struct msg_tls_list {
	struct msg_tls *items;
	size_t n;
};
struct msg_ingress_spec {
	struct str ingressClassName; /* nullable */
	struct msg_backend *defaultBackend;
	struct msg_tls_list tls;
	struct msg_rule_list rules;
};
struct msg_load_balancer_port {
	int64_t port;
	struct str protocol, error;
};
struct msg_load_balancer_port_list {
	struct msg_load_balancer_port *items;
	size_t n;
};
struct msg_load_balancer_ingress {
	struct str ip, hostname;
	struct msg_load_balancer_port_list ports;
};
struct msg_load_balancer_ingress_list {
	struct msg_load_balancer_ingress *items;
	size_t n;
};
struct msg_load_balancer {
	struct msg_load_balancer_ingress_list ingress;
};
struct msg_ingress_status {
	struct msg_load_balancer loadBalancer;
};
struct msg_ingress {
	struct msg_meta metadata;
	struct msg_ingress_spec spec;
	struct msg_ingress_status status;
};
extern const struct codec msg_ingress_codec;

/* ---- IngressClass ---- */
struct msg_ingress_class_spec {
	struct str controller;
};
struct msg_ingress_class {
	struct msg_meta metadata;
	struct msg_ingress_class_spec spec;
};

/* ---- Service ---- */
struct msg_service_port {
	struct str name, protocol, appProtocol;
	int64_t port;
	struct msg_int_or_text targetPort; /* absent: the same as port */
};
struct msg_service_port_list {
	struct msg_service_port *items;
	size_t n;
};
struct msg_service_spec {
	struct str type, clusterIP, externalName; /* type empty: ClusterIP */
	struct msg_service_port_list ports;
};
struct msg_service_status {
	struct msg_load_balancer loadBalancer;
};
struct msg_service {
	struct msg_meta metadata;
	struct msg_service_spec spec;
	struct msg_service_status status;
};

/* ---- EndpointSlice and Endpoints ---- */
struct msg_endpoint_conditions {
	int8_t ready;
}; /* tristate: nil means ready */
struct msg_endpoint {
	struct str_list addresses;
	struct msg_endpoint_conditions conditions;
};
struct msg_endpoint_list {
	struct msg_endpoint *items;
	size_t n;
};
struct msg_endpoint_port {
	struct str name, protocol;
	int64_t port; /* 0: absent */
};
struct msg_endpoint_port_list {
	struct msg_endpoint_port *items;
	size_t n;
};
struct msg_endpoint_slice {
	struct msg_meta metadata; /* label kubernetes.io/service-name says whose */
	struct str addressType;   /* IPv4, IPv6, FQDN */
	struct msg_endpoint_list endpoints;
	struct msg_endpoint_port_list ports;
};
struct msg_endpoint_address {
	struct str ip;
};
struct msg_endpoint_address_list {
	struct msg_endpoint_address *items;
	size_t n;
};
struct msg_endpoint_subset {
	struct msg_endpoint_address_list addresses; /* notReadyAddresses are pruned */
	struct msg_endpoint_port_list ports;
};
struct msg_endpoint_subset_list {
	struct msg_endpoint_subset *items;
	size_t n;
};
struct msg_endpoints {
	struct msg_meta metadata;
	struct msg_endpoint_subset_list subsets;
};

/* ---- Secret (no values) and Pomerium ---- */
struct msg_secret_meta {
	struct msg_meta metadata;
};
struct msg_pomerium {
	struct msg_meta metadata;
	struct value *spec; /* untyped: the translator reads it by the schema of the CRD */
};

/* ---- Certificate of cert-manager ---- */
struct msg_issuer_ref {
	struct str kind, name, group; /* kind empty: Issuer; group empty: cert-manager's own */
};
struct msg_ordered_spec {
	struct str_list dnsNames;
	struct str secretName;
	struct msg_issuer_ref issuerRef;
};
struct msg_ordered {
	struct msg_meta metadata;
	struct msg_ordered_spec spec;
};
/* Who has it was ordered by us, or by the Go controller. */
#define MSG_ORDERED_LABEL "app.kubernetes.io/managed-by"
#define MSG_ORDERED_BY "pomerium-certificate-controller"

/* ---- messages ---- */
struct msg_namespace; /* these are in gateway.h */
struct msg_gateway_class;
struct msg_gateway;
struct msg_http_route;
struct msg_reference_grant;
struct msg_policy_filter;
struct msg_backend_tls_policy;
struct msg_listener_set;
struct msg_config_map;

struct msg_object {
	struct msg_key key;
	/* exactly one is set, the one that key.kind names */
	struct msg_ingress *ingress;
	struct msg_ingress_class *ingress_class;
	struct msg_service *service;
	struct msg_endpoint_slice *endpoint_slice;
	struct msg_endpoints *endpoints;
	struct msg_secret_meta *secret;
	struct msg_pomerium *pomerium;
	struct msg_namespace *namespace;
	struct msg_gateway_class *gateway_class;
	struct msg_gateway *gateway;
	struct msg_http_route *http_route;
	struct msg_reference_grant *reference_grant;
	struct msg_policy_filter *policy_filter;
	struct msg_backend_tls_policy *backend_tls_policy;
	struct msg_listener_set *listener_set;
	struct msg_config_map *config_map;
	struct msg_ordered *ordered;
};
extern const struct codec msg_object_codec;

struct msg_object_delete {
	struct msg_key key;
};
extern const struct codec msg_object_delete_codec;

enum msg_kind_condition {
	MSG_KIND_LISTING,       /* a resync begins: what does not come before SYNCED is gone */
	MSG_KIND_SYNCED,        /* the resolver has every object of the kind */
	MSG_KIND_NOT_INSTALLED, /* the CRD is not there: the same as none */
	MSG_KIND_UNAVAILABLE    /* cannot be read: not the same as none; what is known stays */
};
struct msg_kind_state {
	uint64_t kind;      /* enum msg_kind */
	uint64_t condition; /* enum msg_kind_condition */
	struct str reason;  /* for people, for UNAVAILABLE */
};
extern const struct codec msg_kind_state_codec;

/* Reads one Kubernetes document (a map with apiVersion and kind) of a kind that is ours into an
 * object: prunes, sets the default namespace, checks names (RFC 1123). `out->key.kind` is
 * MSG_KIND_NONE for documents that are not ours. Secrets: metadata only here; see
 * msg_secret_from_value. */
int msg_object_from_value(const struct value *doc, struct pool *pool, struct msg_object *out,
			  struct err *err);
/* The same for a document whose kind is known: items of a list do not say theirs. */
int msg_object_of_kind(enum msg_kind kind, const struct value *doc, struct pool *pool,
		       struct msg_object *out, struct err *err);
/* The object as JSON, without its kind: msg_object_of_kind makes the same object of it. */
void msg_object_print(const struct msg_object *object, struct buf *out);

#endif
