/* object_fields: the field tables of Kubernetes objects. Names and types are Kubernetes' own. */
#include "msg/object_fields.h"

/* What decodes in Kubernetes; that ports are 1 to 65535 is for their users to check. */
#define PORT_MAX INT32_MAX

static const struct codec_field key_fields[] = {
	CODEC_FIELD(msg_key, kind, CODEC_UINT, .max = MSG_N_KINDS - 1),
	CODEC_FIELD(msg_key, namespace, CODEC_TEXT, .max = 253),
	CODEC_FIELD(msg_key, name, CODEC_TEXT, .max = 253),
};
const struct codec msg_key_codec = CODEC_OF(msg_key, key_fields);

#define META_NAMES                                                                \
	CODEC_FIELD(msg_meta, namespace, CODEC_TEXT),                             \
		CODEC_FIELD(msg_meta, name, CODEC_TEXT, .flags = CODEC_REQUIRED), \
		CODEC_FIELD(msg_meta, uid, CODEC_TEXT),                           \
		CODEC_FIELD(msg_meta, generation, CODEC_INT)
#define META_TIMES                                            \
	CODEC_FIELD(msg_meta, creationTimestamp, CODEC_TIME), \
		CODEC_FIELD(msg_meta, deletionTimestamp, CODEC_TIME)

static const struct codec_field meta_fields[] = {
	META_NAMES,
	CODEC_FIELD(msg_meta, labels, CODEC_TEXT_MAP),
	CODEC_FIELD(msg_meta, annotations, CODEC_TEXT_MAP),
	META_TIMES,
};
const struct codec msg_meta_codec = CODEC_OF(msg_meta, meta_fields);

static const struct codec_field labelled_meta_fields[] = {
	META_NAMES,
	CODEC_FIELD(msg_meta, labels, CODEC_TEXT_MAP),
	META_TIMES,
};
const struct codec msg_labelled_meta_codec = CODEC_OF(msg_meta, labelled_meta_fields);

static const struct codec_field plain_meta_fields[] = { META_NAMES, META_TIMES };
const struct codec msg_plain_meta_codec = CODEC_OF(msg_meta, plain_meta_fields);

/* ---- Ingress ---- */
static const struct codec_field service_port_ref_fields[] = {
	CODEC_FIELD(msg_service_port_ref, name, CODEC_TEXT),
	CODEC_FIELD(msg_service_port_ref, number, CODEC_INT, .max = PORT_MAX),
};
static const struct codec service_port_ref_codec =
	CODEC_OF(msg_service_port_ref, service_port_ref_fields);

static const struct codec_field service_ref_fields[] = {
	CODEC_FIELD(msg_service_ref, name, CODEC_TEXT),
	CODEC_FIELD(msg_service_ref, port, CODEC_STRUCT, .of = &service_port_ref_codec),
};
static const struct codec service_ref_codec = CODEC_OF(msg_service_ref, service_ref_fields);

static const struct codec_field resource_ref_fields[] = {
	CODEC_FIELD(msg_resource_ref, apiGroup, CODEC_TEXT),
	CODEC_FIELD(msg_resource_ref, kind, CODEC_TEXT),
	CODEC_FIELD(msg_resource_ref, name, CODEC_TEXT),
};
static const struct codec resource_ref_codec = CODEC_OF(msg_resource_ref, resource_ref_fields);

static const struct codec_field backend_fields[] = {
	CODEC_FIELD(msg_backend, service, CODEC_OPTIONAL, .of = &service_ref_codec),
	CODEC_FIELD(msg_backend, resource, CODEC_OPTIONAL, .of = &resource_ref_codec),
};
static const struct codec backend_codec = CODEC_OF(msg_backend, backend_fields);

static const struct codec_field path_fields[] = {
	CODEC_FIELD(msg_path, path, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_path, pathType, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_path, backend, CODEC_STRUCT, .of = &backend_codec),
};
static const struct codec path_codec = CODEC_OF(msg_path, path_fields);

static const struct codec_field http_rule_fields[] = {
	CODEC_FIELD(msg_http_rule, paths, CODEC_LIST, .of = &path_codec),
};
static const struct codec http_rule_codec = CODEC_OF(msg_http_rule, http_rule_fields);

static const struct codec_field rule_fields[] = {
	CODEC_FIELD(msg_rule, host, CODEC_TEXT),
	CODEC_FIELD(msg_rule, http, CODEC_OPTIONAL, .of = &http_rule_codec),
};
static const struct codec rule_codec = CODEC_OF(msg_rule, rule_fields);

static const struct codec_field tls_fields[] = {
	CODEC_FIELD(msg_tls, hosts, CODEC_TEXTS),
	CODEC_FIELD(msg_tls, secretName, CODEC_TEXT),
};
static const struct codec tls_codec = CODEC_OF(msg_tls, tls_fields);

static const struct codec_field ingress_spec_fields[] = {
	CODEC_FIELD(msg_ingress_spec, ingressClassName, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_ingress_spec, defaultBackend, CODEC_OPTIONAL, .of = &backend_codec),
	CODEC_FIELD(msg_ingress_spec, tls, CODEC_LIST, .of = &tls_codec),
	CODEC_FIELD(msg_ingress_spec, rules, CODEC_LIST, .of = &rule_codec),
};
static const struct codec ingress_spec_codec = CODEC_OF(msg_ingress_spec, ingress_spec_fields);

static const struct codec_field load_balancer_port_fields[] = {
	CODEC_FIELD(msg_load_balancer_port, port, CODEC_INT, .max = PORT_MAX),
	CODEC_FIELD(msg_load_balancer_port, protocol, CODEC_TEXT),
	CODEC_FIELD(msg_load_balancer_port, error, CODEC_TEXT),
};
static const struct codec load_balancer_port_codec =
	CODEC_OF(msg_load_balancer_port, load_balancer_port_fields);

static const struct codec_field load_balancer_ingress_fields[] = {
	CODEC_FIELD(msg_load_balancer_ingress, ip, CODEC_TEXT),
	CODEC_FIELD(msg_load_balancer_ingress, hostname, CODEC_TEXT),
	CODEC_FIELD(msg_load_balancer_ingress, ports, CODEC_LIST, .of = &load_balancer_port_codec),
};
static const struct codec load_balancer_ingress_codec =
	CODEC_OF(msg_load_balancer_ingress, load_balancer_ingress_fields);

static const struct codec_field load_balancer_fields[] = {
	CODEC_FIELD(msg_load_balancer, ingress, CODEC_LIST, .of = &load_balancer_ingress_codec),
};
const struct codec msg_load_balancer_codec = CODEC_OF(msg_load_balancer, load_balancer_fields);

static const struct codec_field ingress_status_fields[] = {
	CODEC_FIELD(msg_ingress_status, loadBalancer, CODEC_STRUCT, .of = &msg_load_balancer_codec),
};
static const struct codec ingress_status_codec =
	CODEC_OF(msg_ingress_status, ingress_status_fields);

static const struct codec_field ingress_fields[] = {
	CODEC_FIELD(msg_ingress, metadata, CODEC_STRUCT, .of = &msg_meta_codec),
	CODEC_FIELD(msg_ingress, spec, CODEC_STRUCT, .of = &ingress_spec_codec),
	CODEC_FIELD(msg_ingress, status, CODEC_STRUCT, .of = &ingress_status_codec),
};
const struct codec msg_ingress_codec = CODEC_OF(msg_ingress, ingress_fields);

/* ---- IngressClass ---- */
static const struct codec_field ingress_class_spec_fields[] = {
	CODEC_FIELD(msg_ingress_class_spec, controller, CODEC_TEXT),
};
static const struct codec ingress_class_spec_codec =
	CODEC_OF(msg_ingress_class_spec, ingress_class_spec_fields);

static const struct codec_field ingress_class_fields[] = {
	CODEC_FIELD(msg_ingress_class, metadata, CODEC_STRUCT, .of = &msg_meta_codec),
	CODEC_FIELD(msg_ingress_class, spec, CODEC_STRUCT, .of = &ingress_class_spec_codec),
};
const struct codec msg_ingress_class_codec = CODEC_OF(msg_ingress_class, ingress_class_fields);

/* ---- Service ---- */
static const struct codec_field service_port_fields[] = {
	CODEC_FIELD(msg_service_port, name, CODEC_TEXT),
	CODEC_FIELD(msg_service_port, protocol, CODEC_TEXT),
	CODEC_FIELD(msg_service_port, appProtocol, CODEC_TEXT),
	CODEC_FIELD(msg_service_port, port, CODEC_INT, .max = PORT_MAX),
	CODEC_FIELD(msg_service_port, targetPort, CODEC_INT_OR_TEXT),
};
static const struct codec service_port_codec = CODEC_OF(msg_service_port, service_port_fields);

static const struct codec_field service_spec_fields[] = {
	CODEC_FIELD(msg_service_spec, type, CODEC_TEXT),
	CODEC_FIELD(msg_service_spec, clusterIP, CODEC_TEXT),
	CODEC_FIELD(msg_service_spec, externalName, CODEC_TEXT),
	CODEC_FIELD(msg_service_spec, ports, CODEC_LIST, .of = &service_port_codec),
};
const struct codec msg_service_spec_codec = CODEC_OF(msg_service_spec, service_spec_fields);

static const struct codec_field service_status_fields[] = {
	CODEC_FIELD(msg_service_status, loadBalancer, CODEC_STRUCT, .of = &msg_load_balancer_codec),
};
static const struct codec service_status_codec =
	CODEC_OF(msg_service_status, service_status_fields);

static const struct codec_field service_fields[] = {
	CODEC_FIELD(msg_service, metadata, CODEC_STRUCT, .of = &msg_meta_codec),
	CODEC_FIELD(msg_service, spec, CODEC_STRUCT, .of = &msg_service_spec_codec),
	CODEC_FIELD(msg_service, status, CODEC_STRUCT, .of = &service_status_codec),
};
const struct codec msg_service_codec = CODEC_OF(msg_service, service_fields);

/* ---- EndpointSlice and Endpoints ---- */
static const struct codec_field endpoint_conditions_fields[] = {
	CODEC_FIELD(msg_endpoint_conditions, ready, CODEC_TRISTATE),
};
static const struct codec endpoint_conditions_codec =
	CODEC_OF(msg_endpoint_conditions, endpoint_conditions_fields);

static const struct codec_field endpoint_fields[] = {
	CODEC_FIELD(msg_endpoint, addresses, CODEC_TEXTS),
	CODEC_FIELD(msg_endpoint, conditions, CODEC_STRUCT, .of = &endpoint_conditions_codec),
};
static const struct codec endpoint_codec = CODEC_OF(msg_endpoint, endpoint_fields);

static const struct codec_field endpoint_port_fields[] = {
	CODEC_FIELD(msg_endpoint_port, name, CODEC_TEXT),
	CODEC_FIELD(msg_endpoint_port, protocol, CODEC_TEXT),
	CODEC_FIELD(msg_endpoint_port, port, CODEC_INT, .max = PORT_MAX),
};
static const struct codec endpoint_port_codec = CODEC_OF(msg_endpoint_port, endpoint_port_fields);

static const struct codec_field endpoint_slice_fields[] = {
	CODEC_FIELD(msg_endpoint_slice, metadata, CODEC_STRUCT, .of = &msg_meta_codec),
	CODEC_FIELD(msg_endpoint_slice, addressType, CODEC_TEXT),
	CODEC_FIELD(msg_endpoint_slice, endpoints, CODEC_LIST, .of = &endpoint_codec),
	CODEC_FIELD(msg_endpoint_slice, ports, CODEC_LIST, .of = &endpoint_port_codec),
};
const struct codec msg_endpoint_slice_codec = CODEC_OF(msg_endpoint_slice, endpoint_slice_fields);

static const struct codec_field endpoint_address_fields[] = {
	CODEC_FIELD(msg_endpoint_address, ip, CODEC_TEXT),
};
static const struct codec endpoint_address_codec =
	CODEC_OF(msg_endpoint_address, endpoint_address_fields);

static const struct codec_field endpoint_subset_fields[] = {
	CODEC_FIELD(msg_endpoint_subset, addresses, CODEC_LIST, .of = &endpoint_address_codec),
	CODEC_FIELD(msg_endpoint_subset, ports, CODEC_LIST, .of = &endpoint_port_codec),
};
static const struct codec endpoint_subset_codec =
	CODEC_OF(msg_endpoint_subset, endpoint_subset_fields);

static const struct codec_field endpoints_fields[] = {
	CODEC_FIELD(msg_endpoints, metadata, CODEC_STRUCT, .of = &msg_meta_codec),
	CODEC_FIELD(msg_endpoints, subsets, CODEC_LIST, .of = &endpoint_subset_codec),
};
const struct codec msg_endpoints_codec = CODEC_OF(msg_endpoints, endpoints_fields);

/* ---- Secret and Pomerium ---- */
static const struct codec_field secret_meta_fields[] = {
	CODEC_FIELD(msg_secret_meta, metadata, CODEC_STRUCT, .of = &msg_meta_codec),
};
const struct codec msg_secret_meta_codec = CODEC_OF(msg_secret_meta, secret_meta_fields);

static const struct codec_field pomerium_fields[] = {
	CODEC_FIELD(msg_pomerium, metadata, CODEC_STRUCT, .of = &msg_meta_codec),
	CODEC_FIELD(msg_pomerium, spec, CODEC_VALUE),
};
const struct codec msg_pomerium_codec = CODEC_OF(msg_pomerium, pomerium_fields);

/* ---- Certificate of cert-manager ---- */
static const struct codec_field issuer_ref_fields[] = {
	CODEC_FIELD(msg_issuer_ref, kind, CODEC_TEXT),
	CODEC_FIELD(msg_issuer_ref, name, CODEC_TEXT),
	CODEC_FIELD(msg_issuer_ref, group, CODEC_TEXT),
};
static const struct codec issuer_ref_codec = CODEC_OF(msg_issuer_ref, issuer_ref_fields);

static const struct codec_field ordered_spec_fields[] = {
	CODEC_FIELD(msg_ordered_spec, dnsNames, CODEC_TEXTS),
	CODEC_FIELD(msg_ordered_spec, secretName, CODEC_TEXT),
	CODEC_FIELD(msg_ordered_spec, issuerRef, CODEC_STRUCT, .of = &issuer_ref_codec),
};
static const struct codec ordered_spec_codec = CODEC_OF(msg_ordered_spec, ordered_spec_fields);

static const struct codec_field ordered_fields[] = {
	CODEC_FIELD(msg_ordered, metadata, CODEC_STRUCT, .of = &msg_labelled_meta_codec),
	CODEC_FIELD(msg_ordered, spec, CODEC_STRUCT, .of = &ordered_spec_codec),
};
const struct codec msg_ordered_codec = CODEC_OF(msg_ordered, ordered_fields);

/* ---- messages ---- */
static const struct codec_field object_fields[] = {
	CODEC_FIELD(msg_object, key, CODEC_STRUCT, .of = &msg_key_codec),
	CODEC_FIELD(msg_object, ingress, CODEC_OPTIONAL, .of = &msg_ingress_codec),
	CODEC_FIELD(msg_object, ingress_class, CODEC_OPTIONAL, .of = &msg_ingress_class_codec),
	CODEC_FIELD(msg_object, service, CODEC_OPTIONAL, .of = &msg_service_codec),
	CODEC_FIELD(msg_object, endpoint_slice, CODEC_OPTIONAL, .of = &msg_endpoint_slice_codec),
	CODEC_FIELD(msg_object, endpoints, CODEC_OPTIONAL, .of = &msg_endpoints_codec),
	CODEC_FIELD(msg_object, secret, CODEC_OPTIONAL, .of = &msg_secret_meta_codec),
	CODEC_FIELD(msg_object, pomerium, CODEC_OPTIONAL, .of = &msg_pomerium_codec),
	CODEC_FIELD(msg_object, namespace, CODEC_OPTIONAL, .of = &msg_namespace_codec),
	CODEC_FIELD(msg_object, gateway_class, CODEC_OPTIONAL, .of = &msg_gateway_class_codec),
	CODEC_FIELD(msg_object, gateway, CODEC_OPTIONAL, .of = &msg_gateway_codec),
	CODEC_FIELD(msg_object, http_route, CODEC_OPTIONAL, .of = &msg_http_route_codec),
	CODEC_FIELD(msg_object, reference_grant, CODEC_OPTIONAL, .of = &msg_reference_grant_codec),
	CODEC_FIELD(msg_object, policy_filter, CODEC_OPTIONAL, .of = &msg_policy_filter_codec),
	CODEC_FIELD(msg_object, backend_tls_policy, CODEC_OPTIONAL,
		    .of = &msg_backend_tls_policy_codec),
	CODEC_FIELD(msg_object, listener_set, CODEC_OPTIONAL, .of = &msg_listener_set_codec),
	CODEC_FIELD(msg_object, config_map, CODEC_OPTIONAL, .of = &msg_config_map_codec),
	CODEC_FIELD(msg_object, ordered, CODEC_OPTIONAL, .of = &msg_ordered_codec),
};
const struct codec msg_object_codec = CODEC_OF(msg_object, object_fields);

static const struct codec_field object_delete_fields[] = {
	CODEC_FIELD(msg_object_delete, key, CODEC_STRUCT, .of = &msg_key_codec),
};
const struct codec msg_object_delete_codec = CODEC_OF(msg_object_delete, object_delete_fields);

static const struct codec_field kind_state_fields[] = {
	CODEC_FIELD(msg_kind_state, kind, CODEC_UINT, .max = MSG_N_KINDS - 1),
	CODEC_FIELD(msg_kind_state, condition, CODEC_UINT, .max = MSG_KIND_UNAVAILABLE),
	CODEC_FIELD(msg_kind_state, reason, CODEC_TEXT, .max = 4096),
};
const struct codec msg_kind_state_codec = CODEC_OF(msg_kind_state, kind_state_fields);
