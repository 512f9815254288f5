/* gateway: the field tables of the Gateway API's objects. Names and types are the API's own. */
#include "msg/gateway.h"

#include "msg/object_fields.h"

/* What decodes in Kubernetes; that ports are 1 to 65535 is for their users to check. */
#define NUMBER_MAX INT32_MAX

/* ---- what they share ---- */

static const struct codec_field object_ref_fields[] = {
	CODEC_FIELD(msg_object_ref, group, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_object_ref, kind, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_object_ref, namespace, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_object_ref, name, CODEC_TEXT),
};
static const struct codec object_ref_codec = CODEC_OF(msg_object_ref, object_ref_fields);

static const struct codec_field label_requirement_fields[] = {
	CODEC_FIELD(msg_label_requirement, key, CODEC_TEXT),
	CODEC_FIELD(msg_label_requirement, operator, CODEC_TEXT),
	CODEC_FIELD(msg_label_requirement, values, CODEC_TEXTS),
};
static const struct codec label_requirement_codec =
	CODEC_OF(msg_label_requirement, label_requirement_fields);

static const struct codec_field label_selector_fields[] = {
	CODEC_FIELD(msg_label_selector, matchLabels, CODEC_TEXT_MAP),
	CODEC_FIELD(msg_label_selector, matchExpressions, CODEC_LIST,
		    .of = &label_requirement_codec),
};
static const struct codec label_selector_codec =
	CODEC_OF(msg_label_selector, label_selector_fields);

static const struct codec_field from_namespaces_fields[] = {
	CODEC_FIELD(msg_from_namespaces, from, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_from_namespaces, selector, CODEC_OPTIONAL, .of = &label_selector_codec),
};
static const struct codec from_namespaces_codec =
	CODEC_OF(msg_from_namespaces, from_namespaces_fields);

/* ---- GatewayClass ---- */

static const struct codec_field gateway_class_spec_fields[] = {
	CODEC_FIELD(msg_gateway_class_spec, controllerName, CODEC_TEXT),
	CODEC_FIELD(msg_gateway_class_spec, parametersRef, CODEC_OPTIONAL, .of = &object_ref_codec),
};
static const struct codec gateway_class_spec_codec =
	CODEC_OF(msg_gateway_class_spec, gateway_class_spec_fields);

static const struct codec_field gateway_class_fields[] = {
	CODEC_FIELD(msg_gateway_class, metadata, CODEC_STRUCT, .of = &msg_meta_codec),
	CODEC_FIELD(msg_gateway_class, spec, CODEC_STRUCT, .of = &gateway_class_spec_codec),
	CODEC_FIELD(msg_gateway_class, status, CODEC_VALUE),
};
const struct codec msg_gateway_class_codec = CODEC_OF(msg_gateway_class, gateway_class_fields);

/* ---- Gateway and ListenerSet ---- */

static const struct codec_field listener_tls_fields[] = {
	CODEC_FIELD(msg_listener_tls, mode, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_listener_tls, certificateRefs, CODEC_LIST, .of = &object_ref_codec),
};
static const struct codec listener_tls_codec = CODEC_OF(msg_listener_tls, listener_tls_fields);

static const struct codec_field route_kind_fields[] = {
	CODEC_FIELD(msg_route_kind, group, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_route_kind, kind, CODEC_TEXT),
};
static const struct codec route_kind_codec = CODEC_OF(msg_route_kind, route_kind_fields);

static const struct codec_field allowed_routes_fields[] = {
	CODEC_FIELD(msg_allowed_routes, namespaces, CODEC_OPTIONAL, .of = &from_namespaces_codec),
	CODEC_FIELD(msg_allowed_routes, kinds, CODEC_LIST, .of = &route_kind_codec),
};
static const struct codec allowed_routes_codec =
	CODEC_OF(msg_allowed_routes, allowed_routes_fields);

static const struct codec_field listener_fields[] = {
	CODEC_FIELD(msg_listener, name, CODEC_TEXT),
	CODEC_FIELD(msg_listener, hostname, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_listener, port, CODEC_INT, .max = NUMBER_MAX),
	CODEC_FIELD(msg_listener, protocol, CODEC_TEXT),
	CODEC_FIELD(msg_listener, tls, CODEC_OPTIONAL, .of = &listener_tls_codec),
	CODEC_FIELD(msg_listener, allowedRoutes, CODEC_OPTIONAL, .of = &allowed_routes_codec),
};
static const struct codec listener_codec = CODEC_OF(msg_listener, listener_fields);

static const struct codec_field gateway_address_fields[] = {
	CODEC_FIELD(msg_gateway_address, type, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_gateway_address, value, CODEC_TEXT),
};
static const struct codec gateway_address_codec =
	CODEC_OF(msg_gateway_address, gateway_address_fields);

static const struct codec_field gateway_infrastructure_fields[] = {
	CODEC_FIELD(msg_gateway_infrastructure, parametersRef, CODEC_OPTIONAL,
		    .of = &object_ref_codec),
};
static const struct codec gateway_infrastructure_codec =
	CODEC_OF(msg_gateway_infrastructure, gateway_infrastructure_fields);

static const struct codec_field allowed_listeners_fields[] = {
	CODEC_FIELD(msg_allowed_listeners, namespaces, CODEC_OPTIONAL,
		    .of = &from_namespaces_codec),
};
static const struct codec allowed_listeners_codec =
	CODEC_OF(msg_allowed_listeners, allowed_listeners_fields);

static const struct codec_field gateway_spec_fields[] = {
	CODEC_FIELD(msg_gateway_spec, gatewayClassName, CODEC_TEXT),
	CODEC_FIELD(msg_gateway_spec, listeners, CODEC_LIST, .of = &listener_codec),
	CODEC_FIELD(msg_gateway_spec, addresses, CODEC_LIST, .of = &gateway_address_codec),
	CODEC_FIELD(msg_gateway_spec, infrastructure, CODEC_OPTIONAL,
		    .of = &gateway_infrastructure_codec),
	CODEC_FIELD(msg_gateway_spec, allowedListeners, CODEC_OPTIONAL,
		    .of = &allowed_listeners_codec),
};
static const struct codec gateway_spec_codec = CODEC_OF(msg_gateway_spec, gateway_spec_fields);

static const struct codec_field gateway_fields[] = {
	CODEC_FIELD(msg_gateway, metadata, CODEC_STRUCT, .of = &msg_meta_codec),
	CODEC_FIELD(msg_gateway, spec, CODEC_STRUCT, .of = &gateway_spec_codec),
	CODEC_FIELD(msg_gateway, status, CODEC_VALUE),
};
const struct codec msg_gateway_codec = CODEC_OF(msg_gateway, gateway_fields);

static const struct codec_field listener_set_spec_fields[] = {
	CODEC_FIELD(msg_listener_set_spec, parentRef, CODEC_STRUCT, .of = &object_ref_codec),
	CODEC_FIELD(msg_listener_set_spec, listeners, CODEC_LIST, .of = &listener_codec),
};
static const struct codec listener_set_spec_codec =
	CODEC_OF(msg_listener_set_spec, listener_set_spec_fields);

static const struct codec_field listener_set_fields[] = {
	CODEC_FIELD(msg_listener_set, metadata, CODEC_STRUCT, .of = &msg_meta_codec),
	CODEC_FIELD(msg_listener_set, spec, CODEC_STRUCT, .of = &listener_set_spec_codec),
	CODEC_FIELD(msg_listener_set, status, CODEC_VALUE),
};
const struct codec msg_listener_set_codec = CODEC_OF(msg_listener_set, listener_set_fields);

/* ---- HTTPRoute ---- */

static const struct codec_field parent_ref_fields[] = {
	CODEC_FIELD(msg_parent_ref, group, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_parent_ref, kind, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_parent_ref, namespace, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_parent_ref, name, CODEC_TEXT),
	CODEC_FIELD(msg_parent_ref, sectionName, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_parent_ref, port, CODEC_NATURAL, .max = NUMBER_MAX),
};
static const struct codec parent_ref_codec = CODEC_OF(msg_parent_ref, parent_ref_fields);

static const struct codec_field http_path_match_fields[] = {
	CODEC_FIELD(msg_http_path_match, type, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_http_path_match, value, CODEC_TEXT, .flags = CODEC_NULLABLE),
};
static const struct codec http_path_match_codec =
	CODEC_OF(msg_http_path_match, http_path_match_fields);

static const struct codec_field http_header_fields[] = {
	CODEC_FIELD(msg_http_header, name, CODEC_TEXT),
	CODEC_FIELD(msg_http_header, value, CODEC_TEXT),
};
static const struct codec http_header_codec = CODEC_OF(msg_http_header, http_header_fields);

static const struct codec_field http_match_fields[] = {
	CODEC_FIELD(msg_http_match, path, CODEC_OPTIONAL, .of = &http_path_match_codec),
	CODEC_FIELD(msg_http_match, headers, CODEC_LIST, .of = &http_header_codec),
	CODEC_FIELD(msg_http_match, queryParams, CODEC_LIST, .of = &http_header_codec),
	CODEC_FIELD(msg_http_match, method, CODEC_TEXT, .flags = CODEC_NULLABLE),
};
static const struct codec http_match_codec = CODEC_OF(msg_http_match, http_match_fields);

static const struct codec_field http_header_filter_fields[] = {
	CODEC_FIELD(msg_http_header_filter, set, CODEC_LIST, .of = &http_header_codec),
	CODEC_FIELD(msg_http_header_filter, add, CODEC_LIST, .of = &http_header_codec),
	CODEC_FIELD(msg_http_header_filter, remove, CODEC_TEXTS),
};
static const struct codec http_header_filter_codec =
	CODEC_OF(msg_http_header_filter, http_header_filter_fields);

static const struct codec_field http_path_modifier_fields[] = {
	CODEC_FIELD(msg_http_path_modifier, type, CODEC_TEXT),
	CODEC_FIELD(msg_http_path_modifier, replaceFullPath, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_http_path_modifier, replacePrefixMatch, CODEC_TEXT,
		    .flags = CODEC_NULLABLE),
};
static const struct codec http_path_modifier_codec =
	CODEC_OF(msg_http_path_modifier, http_path_modifier_fields);

static const struct codec_field http_redirect_fields[] = {
	CODEC_FIELD(msg_http_redirect, scheme, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_http_redirect, hostname, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_http_redirect, path, CODEC_OPTIONAL, .of = &http_path_modifier_codec),
	CODEC_FIELD(msg_http_redirect, port, CODEC_NATURAL, .max = NUMBER_MAX),
	CODEC_FIELD(msg_http_redirect, statusCode, CODEC_NATURAL, .max = NUMBER_MAX),
};
static const struct codec http_redirect_codec = CODEC_OF(msg_http_redirect, http_redirect_fields);

static const struct codec_field http_rewrite_fields[] = {
	CODEC_FIELD(msg_http_rewrite, hostname, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_http_rewrite, path, CODEC_OPTIONAL, .of = &http_path_modifier_codec),
};
static const struct codec http_rewrite_codec = CODEC_OF(msg_http_rewrite, http_rewrite_fields);

static const struct codec_field http_filter_fields[] = {
	CODEC_FIELD(msg_http_filter, type, CODEC_TEXT),
	CODEC_FIELD(msg_http_filter, requestHeaderModifier, CODEC_OPTIONAL,
		    .of = &http_header_filter_codec),
	CODEC_FIELD(msg_http_filter, responseHeaderModifier, CODEC_OPTIONAL,
		    .of = &http_header_filter_codec),
	CODEC_FIELD(msg_http_filter, requestRedirect, CODEC_OPTIONAL, .of = &http_redirect_codec),
	CODEC_FIELD(msg_http_filter, urlRewrite, CODEC_OPTIONAL, .of = &http_rewrite_codec),
	CODEC_FIELD(msg_http_filter, extensionRef, CODEC_OPTIONAL, .of = &object_ref_codec),
};
static const struct codec http_filter_codec = CODEC_OF(msg_http_filter, http_filter_fields);

static const struct codec_field http_backend_filter_fields[] = {
	CODEC_FIELD(msg_http_backend_filter, type, CODEC_TEXT),
};
static const struct codec http_backend_filter_codec =
	CODEC_OF(msg_http_backend_filter, http_backend_filter_fields);

static const struct codec_field http_backend_ref_fields[] = {
	CODEC_FIELD(msg_http_backend_ref, group, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_http_backend_ref, kind, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_http_backend_ref, namespace, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_http_backend_ref, name, CODEC_TEXT),
	CODEC_FIELD(msg_http_backend_ref, port, CODEC_NATURAL, .max = NUMBER_MAX),
	CODEC_FIELD(msg_http_backend_ref, weight, CODEC_NATURAL, .max = NUMBER_MAX),
	CODEC_FIELD(msg_http_backend_ref, filters, CODEC_LIST, .of = &http_backend_filter_codec),
};
static const struct codec http_backend_ref_codec =
	CODEC_OF(msg_http_backend_ref, http_backend_ref_fields);

static const struct codec_field http_timeouts_fields[] = {
	CODEC_FIELD(msg_http_timeouts, request, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_http_timeouts, backendRequest, CODEC_TEXT, .flags = CODEC_NULLABLE),
};
static const struct codec http_timeouts_codec = CODEC_OF(msg_http_timeouts, http_timeouts_fields);

static const struct codec_field http_retry_fields[] = {
	CODEC_FIELD(msg_http_retry, attempts, CODEC_NATURAL, .max = NUMBER_MAX),
};
static const struct codec http_retry_codec = CODEC_OF(msg_http_retry, http_retry_fields);

static const struct codec_field http_session_fields[] = {
	CODEC_FIELD(msg_http_session, type, CODEC_TEXT, .flags = CODEC_NULLABLE),
};
static const struct codec http_session_codec = CODEC_OF(msg_http_session, http_session_fields);

static const struct codec_field http_route_rule_fields[] = {
	CODEC_FIELD(msg_http_route_rule, name, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_http_route_rule, matches, CODEC_LIST, .of = &http_match_codec),
	CODEC_FIELD(msg_http_route_rule, filters, CODEC_LIST, .of = &http_filter_codec),
	CODEC_FIELD(msg_http_route_rule, backendRefs, CODEC_LIST, .of = &http_backend_ref_codec),
	CODEC_FIELD(msg_http_route_rule, timeouts, CODEC_OPTIONAL, .of = &http_timeouts_codec),
	CODEC_FIELD(msg_http_route_rule, retry, CODEC_OPTIONAL, .of = &http_retry_codec),
	CODEC_FIELD(msg_http_route_rule, sessionPersistence, CODEC_OPTIONAL,
		    .of = &http_session_codec),
};
static const struct codec http_route_rule_codec =
	CODEC_OF(msg_http_route_rule, http_route_rule_fields);

static const struct codec_field http_route_spec_fields[] = {
	CODEC_FIELD(msg_http_route_spec, parentRefs, CODEC_LIST, .of = &parent_ref_codec),
	CODEC_FIELD(msg_http_route_spec, hostnames, CODEC_TEXTS),
	CODEC_FIELD(msg_http_route_spec, rules, CODEC_LIST, .of = &http_route_rule_codec),
};
static const struct codec http_route_spec_codec =
	CODEC_OF(msg_http_route_spec, http_route_spec_fields);

static const struct codec_field http_route_fields[] = {
	CODEC_FIELD(msg_http_route, metadata, CODEC_STRUCT, .of = &msg_meta_codec),
	CODEC_FIELD(msg_http_route, spec, CODEC_STRUCT, .of = &http_route_spec_codec),
	CODEC_FIELD(msg_http_route, status, CODEC_VALUE),
};
const struct codec msg_http_route_codec = CODEC_OF(msg_http_route, http_route_fields);
