/* bundle: the field tables of BUNDLE. */
#include "msg/bundle.h"

#include "msg/object_fields.h"
#include "msg/secret.h"

static const struct codec_field secret_info_fields[] = {
	CODEC_FIELD(msg_secret_info, name, CODEC_TEXT),
	CODEC_FIELD(msg_secret_info, len, CODEC_UINT),
	CODEC_FIELD(msg_secret_info, utf8, CODEC_BOOL),
	CODEC_FIELD(msg_secret_info, has_control, CODEC_BOOL),
	CODEC_FIELD(msg_secret_info, is_private_key, CODEC_BOOL),
	CODEC_FIELD(msg_secret_info, matches_cert, CODEC_BOOL),
	CODEC_FIELD(msg_secret_info, is_blank, CODEC_BOOL),
	CODEC_FIELD(msg_secret_info, clear, CODEC_BYTES, .flags = CODEC_NULLABLE),
};
static const struct codec secret_info_codec = CODEC_OF(msg_secret_info, secret_info_fields);

static const struct codec_field bundle_secret_fields[] = {
	CODEC_FIELD(msg_bundle_secret, namespace, CODEC_TEXT, .max = 253),
	CODEC_FIELD(msg_bundle_secret, name, CODEC_TEXT, .max = 253),
	CODEC_FIELD(msg_bundle_secret, answer, CODEC_UINT, .max = MSG_SECRET_UNAVAILABLE),
	CODEC_FIELD(msg_bundle_secret, type, CODEC_TEXT),
	CODEC_FIELD(msg_bundle_secret, values, CODEC_LIST, .of = &secret_info_codec),
};
const struct codec msg_bundle_secret_codec = CODEC_OF(msg_bundle_secret, bundle_secret_fields);

static const struct codec_field bundle_endpoint_fields[] = {
	CODEC_FIELD(msg_bundle_endpoint, port_name, CODEC_TEXT),
	CODEC_FIELD(msg_bundle_endpoint, port, CODEC_INT, .max = INT32_MAX),
	CODEC_FIELD(msg_bundle_endpoint, protocol, CODEC_TEXT),
	CODEC_FIELD(msg_bundle_endpoint, addresses, CODEC_TEXTS),
};
static const struct codec bundle_endpoint_codec =
	CODEC_OF(msg_bundle_endpoint, bundle_endpoint_fields);

static const struct codec_field bundle_service_fields[] = {
	CODEC_FIELD(msg_bundle_service, namespace, CODEC_TEXT, .max = 253),
	CODEC_FIELD(msg_bundle_service, name, CODEC_TEXT, .max = 253),
	CODEC_FIELD(msg_bundle_service, spec, CODEC_STRUCT, .of = &msg_service_spec_codec),
	CODEC_FIELD(msg_bundle_service, endpoints, CODEC_LIST, .of = &bundle_endpoint_codec),
};
static const struct codec bundle_service_codec =
	CODEC_OF(msg_bundle_service, bundle_service_fields);

static const struct codec_field bundle_authority_fields[] = {
	CODEC_FIELD(msg_bundle_authority, key, CODEC_STRUCT, .of = &msg_key_codec),
	CODEC_FIELD(msg_bundle_authority, answer, CODEC_UINT, .max = MSG_SECRET_UNAVAILABLE),
	CODEC_FIELD(msg_bundle_authority, text, CODEC_BYTES, .flags = CODEC_NULLABLE),
};
static const struct codec bundle_authority_codec =
	CODEC_OF(msg_bundle_authority, bundle_authority_fields);

static const struct codec_field bundle_fields[] = {
	CODEC_FIELD(msg_bundle, ticket, CODEC_STRUCT, .of = &msg_sealed_ticket_codec),
	CODEC_FIELD(msg_bundle, owner, CODEC_STRUCT, .of = &msg_key_codec),
	CODEC_FIELD(msg_bundle, stamp, CODEC_STRUCT, .of = &msg_stamp_codec),
	CODEC_FIELD(msg_bundle, ingress, CODEC_OPTIONAL, .of = &msg_ingress_codec),
	CODEC_FIELD(msg_bundle, pomerium, CODEC_OPTIONAL, .of = &msg_pomerium_codec),
	CODEC_FIELD(msg_bundle, http_route, CODEC_OPTIONAL, .of = &msg_http_route_codec),
	CODEC_FIELD(msg_bundle, gateways, CODEC_LIST, .of = &msg_gateway_codec),
	CODEC_FIELD(msg_bundle, listener_sets, CODEC_LIST, .of = &msg_listener_set_codec),
	CODEC_FIELD(msg_bundle, gateway_classes, CODEC_LIST, .of = &msg_gateway_class_codec),
	CODEC_FIELD(msg_bundle, policy_filters, CODEC_LIST, .of = &msg_policy_filter_codec),
	CODEC_FIELD(msg_bundle, backend_tls_policies, CODEC_LIST,
		    .of = &msg_backend_tls_policy_codec),
	CODEC_FIELD(msg_bundle, authorities, CODEC_LIST, .of = &bundle_authority_codec),
	CODEC_FIELD(msg_bundle, reference_grants, CODEC_LIST, .of = &msg_reference_grant_codec),
	CODEC_FIELD(msg_bundle, namespaces, CODEC_LIST, .of = &msg_namespace_codec),
	CODEC_FIELD(msg_bundle, services, CODEC_LIST, .of = &bundle_service_codec),
	CODEC_FIELD(msg_bundle, secrets, CODEC_LIST, .of = &msg_bundle_secret_codec),
	CODEC_FIELD(msg_bundle, notes, CODEC_TEXTS),
};
const struct codec msg_bundle_codec = CODEC_OF(msg_bundle, bundle_fields);

const struct msg_secret_info *msg_bundle_secret_info(const struct msg_bundle_secret *secret,
						     const char *key)
{
	for (size_t i = 0; i < secret->values.n; i++)
		if (str_is(secret->values.items[i].name, key))
			return &secret->values.items[i];
	return NULL;
}
