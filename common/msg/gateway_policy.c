/* gateway_policy: the field tables of what says who may and how: grants, policies, and the
 * namespaces and authorities that they name. */
#include "msg/gateway.h"

#include "msg/object_fields.h"

/* A policy, a bundle of authorities: an object of etcd has 1.5 MiB. */
#define LONG_TEXT_MAX (1u << 20)

/* ---- ReferenceGrant ---- */

static const struct codec_field grant_from_fields[] = {
	CODEC_FIELD(msg_grant_from, group, CODEC_TEXT),
	CODEC_FIELD(msg_grant_from, kind, CODEC_TEXT),
	CODEC_FIELD(msg_grant_from, namespace, CODEC_TEXT),
};
static const struct codec grant_from_codec = CODEC_OF(msg_grant_from, grant_from_fields);

static const struct codec_field grant_to_fields[] = {
	CODEC_FIELD(msg_grant_to, group, CODEC_TEXT),
	CODEC_FIELD(msg_grant_to, kind, CODEC_TEXT),
	CODEC_FIELD(msg_grant_to, name, CODEC_TEXT, .flags = CODEC_NULLABLE),
};
static const struct codec grant_to_codec = CODEC_OF(msg_grant_to, grant_to_fields);

static const struct codec_field reference_grant_spec_fields[] = {
	CODEC_FIELD(msg_reference_grant_spec, from, CODEC_LIST, .of = &grant_from_codec),
	CODEC_FIELD(msg_reference_grant_spec, to, CODEC_LIST, .of = &grant_to_codec),
};
static const struct codec reference_grant_spec_codec =
	CODEC_OF(msg_reference_grant_spec, reference_grant_spec_fields);

static const struct codec_field reference_grant_fields[] = {
	CODEC_FIELD(msg_reference_grant, metadata, CODEC_STRUCT, .of = &msg_meta_codec),
	CODEC_FIELD(msg_reference_grant, spec, CODEC_STRUCT, .of = &reference_grant_spec_codec),
};
const struct codec msg_reference_grant_codec =
	CODEC_OF(msg_reference_grant, reference_grant_fields);

/* ---- PolicyFilter ---- */

static const struct codec_field policy_filter_spec_fields[] = {
	CODEC_FIELD(msg_policy_filter_spec, ppl, CODEC_TEXT, .max = LONG_TEXT_MAX),
};
static const struct codec policy_filter_spec_codec =
	CODEC_OF(msg_policy_filter_spec, policy_filter_spec_fields);

static const struct codec_field policy_filter_fields[] = {
	CODEC_FIELD(msg_policy_filter, metadata, CODEC_STRUCT, .of = &msg_meta_codec),
	CODEC_FIELD(msg_policy_filter, spec, CODEC_STRUCT, .of = &policy_filter_spec_codec),
	CODEC_FIELD(msg_policy_filter, status, CODEC_VALUE),
};
const struct codec msg_policy_filter_codec = CODEC_OF(msg_policy_filter, policy_filter_fields);

/* ---- BackendTLSPolicy and ConfigMap ---- */

static const struct codec_field ca_ref_fields[] = {
	CODEC_FIELD(msg_object_ref, group, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_object_ref, kind, CODEC_TEXT, .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_object_ref, name, CODEC_TEXT),
};
static const struct codec ca_ref_codec = CODEC_OF(msg_object_ref, ca_ref_fields);

static const struct codec_field policy_target_fields[] = {
	CODEC_FIELD(msg_policy_target, group, CODEC_TEXT),
	CODEC_FIELD(msg_policy_target, kind, CODEC_TEXT),
	CODEC_FIELD(msg_policy_target, name, CODEC_TEXT),
	CODEC_FIELD(msg_policy_target, sectionName, CODEC_TEXT, .flags = CODEC_NULLABLE),
};
static const struct codec policy_target_codec = CODEC_OF(msg_policy_target, policy_target_fields);

static const struct codec_field subject_alt_name_fields[] = {
	CODEC_FIELD(msg_subject_alt_name, type, CODEC_TEXT),
	CODEC_FIELD(msg_subject_alt_name, hostname, CODEC_TEXT),
	CODEC_FIELD(msg_subject_alt_name, uri, CODEC_TEXT),
};
static const struct codec subject_alt_name_codec =
	CODEC_OF(msg_subject_alt_name, subject_alt_name_fields);

static const struct codec_field backend_tls_validation_fields[] = {
	CODEC_FIELD(msg_backend_tls_validation, caCertificateRefs, CODEC_LIST, .of = &ca_ref_codec),
	CODEC_FIELD(msg_backend_tls_validation, wellKnownCACertificates, CODEC_TEXT,
		    .flags = CODEC_NULLABLE),
	CODEC_FIELD(msg_backend_tls_validation, hostname, CODEC_TEXT),
	CODEC_FIELD(msg_backend_tls_validation, subjectAltNames, CODEC_LIST,
		    .of = &subject_alt_name_codec),
};
static const struct codec backend_tls_validation_codec =
	CODEC_OF(msg_backend_tls_validation, backend_tls_validation_fields);

static const struct codec_field backend_tls_policy_spec_fields[] = {
	CODEC_FIELD(msg_backend_tls_policy_spec, targetRefs, CODEC_LIST,
		    .of = &policy_target_codec),
	CODEC_FIELD(msg_backend_tls_policy_spec, validation, CODEC_STRUCT,
		    .of = &backend_tls_validation_codec),
};
static const struct codec backend_tls_policy_spec_codec =
	CODEC_OF(msg_backend_tls_policy_spec, backend_tls_policy_spec_fields);

static const struct codec_field backend_tls_policy_fields[] = {
	CODEC_FIELD(msg_backend_tls_policy, metadata, CODEC_STRUCT, .of = &msg_meta_codec),
	CODEC_FIELD(msg_backend_tls_policy, spec, CODEC_STRUCT,
		    .of = &backend_tls_policy_spec_codec),
	CODEC_FIELD(msg_backend_tls_policy, status, CODEC_VALUE),
};
const struct codec msg_backend_tls_policy_codec =
	CODEC_OF(msg_backend_tls_policy, backend_tls_policy_fields);

/* Of everything in a ConfigMap: the authorities. */
static const struct codec_field config_map_data_fields[] = {
	{ .name = "ca.crt",
	  .type = CODEC_TEXT,
	  .offset = offsetof(struct msg_config_map_data, ca_crt),
	  .max = LONG_TEXT_MAX,
	  .flags = CODEC_NULLABLE },
};
static const struct codec config_map_data_codec =
	CODEC_OF(msg_config_map_data, config_map_data_fields);

static const struct codec_field config_map_fields[] = {
	CODEC_FIELD(msg_config_map, metadata, CODEC_STRUCT, .of = &msg_plain_meta_codec),
	CODEC_FIELD(msg_config_map, data, CODEC_STRUCT, .of = &config_map_data_codec),
};
const struct codec msg_config_map_codec = CODEC_OF(msg_config_map, config_map_fields);

/* ---- Namespace ---- */

static const struct codec_field namespace_fields[] = {
	CODEC_FIELD(msg_namespace, metadata, CODEC_STRUCT, .of = &msg_labelled_meta_codec),
};
const struct codec msg_namespace_codec = CODEC_OF(msg_namespace, namespace_fields);
