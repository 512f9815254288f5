/* config: the field tables of what became of an owner. */
#include "msg/config.h"

#include "msg/object_fields.h"

/* One owner's protobuf: below BUF_MAX_MESSAGE with all that stands beside it. */
#define CONFIG_MAX (24u << 20)
#define SENTENCE_MAX 8192

static const struct codec_field diagnostic_fields[] = {
	CODEC_FIELD(msg_diagnostic, severity, CODEC_UINT, .max = MSG_SEVERITY_WARNING),
	CODEC_FIELD(msg_diagnostic, code, CODEC_UINT, .max = 9999),
	CODEC_FIELD(msg_diagnostic, field, CODEC_TEXT, .max = MSG_DIAGNOSTIC_FIELD_MAX),
	CODEC_FIELD(msg_diagnostic, sentence, CODEC_TEXT, .max = ERR_MAX - 1),
};
static const struct codec diagnostic_codec = CODEC_OF(msg_diagnostic, diagnostic_fields);

static const struct codec_field splice_fields[] = {
	CODEC_FIELD(msg_splice, row, CODEC_UINT),
	CODEC_FIELD(msg_splice, secret, CODEC_UINT),
	CODEC_FIELD(msg_splice, key, CODEC_TEXT),
	CODEC_FIELD(msg_splice, at, CODEC_TEXT),
};
static const struct codec splice_codec = CODEC_OF(msg_splice, splice_fields);

static const struct codec_field certificate_fields[] = {
	CODEC_FIELD(msg_certificate, secret, CODEC_UINT),
};
static const struct codec certificate_codec = CODEC_OF(msg_certificate, certificate_fields);

static const struct codec_field route_part_fields[] = {
	CODEC_FIELD(msg_route_part, bytes, CODEC_BYTES, .max = CONFIG_MAX),
};
static const struct codec route_part_codec = CODEC_OF(msg_route_part, route_part_fields);

static const struct codec_field route_template_fields[] = {
	CODEC_FIELD(msg_route_template, policies, CODEC_NATURAL),
	CODEC_FIELD(msg_route_template, route, CODEC_BYTES, .max = CONFIG_MAX),
};
static const struct codec route_template_codec =
	CODEC_OF(msg_route_template, route_template_fields);

static const struct codec_field route_fields[] = {
	CODEC_FIELD(msg_route, template, CODEC_UINT),
	CODEC_FIELD(msg_route, upstreams, CODEC_NATURAL),
	CODEC_FIELD(msg_route, route, CODEC_BYTES, .max = CONFIG_MAX),
};
static const struct codec route_codec = CODEC_OF(msg_route, route_fields);

static const struct codec_field attachment_fields[] = {
	CODEC_FIELD(msg_attachment, parent, CODEC_STRUCT, .of = &msg_key_codec),
	CODEC_FIELD(msg_attachment, listener, CODEC_TEXT),
};
static const struct codec attachment_codec = CODEC_OF(msg_attachment, attachment_fields);

static const struct codec_field issuer_fields[] = {
	CODEC_FIELD(msg_issuer, kind, CODEC_TEXT),
	CODEC_FIELD(msg_issuer, name, CODEC_TEXT),
	CODEC_FIELD(msg_issuer, namespace, CODEC_TEXT, .max = 253),
};
static const struct codec issuer_codec = CODEC_OF(msg_issuer, issuer_fields);

static const struct codec_field config_fields[] = {
	CODEC_FIELD(msg_config, ticket, CODEC_STRUCT, .of = &msg_sealed_ticket_codec),
	CODEC_FIELD(msg_config, owner, CODEC_STRUCT, .of = &msg_key_codec),
	CODEC_FIELD(msg_config, stamp, CODEC_STRUCT, .of = &msg_stamp_codec),
	CODEC_FIELD(msg_config, policies, CODEC_LIST, .of = &route_part_codec),
	CODEC_FIELD(msg_config, upstreams, CODEC_LIST, .of = &route_part_codec),
	CODEC_FIELD(msg_config, templates, CODEC_LIST, .of = &route_template_codec),
	CODEC_FIELD(msg_config, routes, CODEC_LIST, .of = &route_codec),
	CODEC_FIELD(msg_config, settings, CODEC_BYTES, .max = CONFIG_MAX),
	CODEC_FIELD(msg_config, bootstrap, CODEC_BYTES),
	CODEC_FIELD(msg_config, splices, CODEC_LIST, .of = &splice_codec),
	CODEC_FIELD(msg_config, certificates, CODEC_LIST, .of = &certificate_codec),
	CODEC_FIELD(msg_config, diagnostics, CODEC_LIST, .of = &diagnostic_codec,
		    .max = MSG_DIAGNOSTICS_MAX),
	CODEC_FIELD(msg_config, allow_mass_delete, CODEC_BOOL),
	CODEC_FIELD(msg_config, attachments, CODEC_LIST, .of = &attachment_codec),
	CODEC_FIELD(msg_config, report, CODEC_VALUE),
	CODEC_FIELD(msg_config, issuer, CODEC_OPTIONAL, .of = &issuer_codec),
};
const struct codec msg_config_codec = CODEC_OF(msg_config, config_fields);

static const struct codec_field reject_fields[] = {
	CODEC_FIELD(msg_reject, ticket, CODEC_STRUCT, .of = &msg_sealed_ticket_codec),
	CODEC_FIELD(msg_reject, owner, CODEC_STRUCT, .of = &msg_key_codec),
	CODEC_FIELD(msg_reject, stamp, CODEC_STRUCT, .of = &msg_stamp_codec),
	CODEC_FIELD(msg_reject, diagnostics, CODEC_LIST, .of = &diagnostic_codec,
		    .max = MSG_DIAGNOSTICS_MAX),
	CODEC_FIELD(msg_reject, report, CODEC_VALUE),
};
const struct codec msg_reject_codec = CODEC_OF(msg_reject, reject_fields);

static const struct codec_field delete_fields[] = {
	CODEC_FIELD(msg_delete, owner, CODEC_STRUCT, .of = &msg_key_codec),
	CODEC_FIELD(msg_delete, stamp, CODEC_STRUCT, .of = &msg_stamp_codec),
	CODEC_FIELD(msg_delete, reason, CODEC_TEXT, .max = SENTENCE_MAX),
};
const struct codec msg_delete_codec = CODEC_OF(msg_delete, delete_fields);

static const struct codec_field inventory_entry_fields[] = {
	CODEC_FIELD(msg_inventory_entry, owner, CODEC_STRUCT, .of = &msg_key_codec),
	CODEC_FIELD(msg_inventory_entry, number, CODEC_UINT),
};
static const struct codec inventory_entry_codec =
	CODEC_OF(msg_inventory_entry, inventory_entry_fields);

static const struct codec_field inventory_fields[] = {
	CODEC_FIELD(msg_inventory, epoch, CODEC_UINT),
	CODEC_FIELD(msg_inventory, number, CODEC_UINT),
	CODEC_FIELD(msg_inventory, chunk, CODEC_UINT),
	CODEC_FIELD(msg_inventory, last, CODEC_BOOL),
	CODEC_FIELD(msg_inventory, complete, CODEC_BOOL),
	CODEC_FIELD(msg_inventory, certificates, CODEC_BOOL),
	CODEC_FIELD(msg_inventory, owners, CODEC_LIST, .of = &inventory_entry_codec,
		    .max = MSG_INVENTORY_CHUNK),
};
const struct codec msg_inventory_codec = CODEC_OF(msg_inventory, inventory_fields);

static const struct codec_field flushed_fields[] = {
	CODEC_FIELD(msg_flushed, epoch, CODEC_UINT),
	CODEC_FIELD(msg_flushed, number, CODEC_UINT),
};
const struct codec msg_flushed_codec = CODEC_OF(msg_flushed, flushed_fields);

static const struct codec_field ack_fields[] = {
	CODEC_FIELD(msg_ack, owner, CODEC_STRUCT, .of = &msg_key_codec),
	CODEC_FIELD(msg_ack, stamp, CODEC_STRUCT, .of = &msg_stamp_codec),
};
const struct codec msg_ack_codec = CODEC_OF(msg_ack, ack_fields);

static const struct codec_field addresses_fields[] = {
	CODEC_FIELD(msg_addresses, known, CODEC_BOOL),
	CODEC_FIELD(msg_addresses, status, CODEC_STRUCT, .of = &msg_load_balancer_codec),
};
const struct codec msg_addresses_codec = CODEC_OF(msg_addresses, addresses_fields);

static const struct codec_field classes_fields[] = { CODEC_FIELD(msg_classes, any, CODEC_BOOL) };
const struct codec msg_classes_codec = CODEC_OF(msg_classes, classes_fields);
