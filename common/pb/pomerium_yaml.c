/* pomerium_yaml: a whole Config as Pomerium's own config.yaml.
 *
 * A field is written under its key of the generated table as its type says; yaml_special.c has
 * those that Pomerium reads in a form of their own.
 *
 *   in     a Config
 *   out    YAML: settings, then the routes in their order; or a sentence for what it cannot say
 *   owns   nothing
 *   never  leaves out silently what changes how Pomerium behaves */
#include "pb/yaml_special.h"

#include <inttypes.h>
#include <math.h>
#include "base/mem.h"
#include "pb/pomerium.pb-c.h"

static int write_message(struct yaml_out *y, const struct pb_spot *spot, const ProtobufCMessage *m,
			 struct err *err);
static int write_items(struct yaml_out *y, const struct yaml_site *site, struct err *err);

/* ---- values ---- */

/* Pomerium holds spans as Go does: at most 2^63 - 1 nanoseconds, here cut to whole seconds. */
static void write_duration(struct yaml_out *y, const ProtobufCMessage *m)
{
	const Google__Protobuf__Duration *d = (const Google__Protobuf__Duration *)m;
	const int64_t limit = INT64_MAX / 1000000000;
	int64_t seconds = d->has_seconds ? d->seconds : 0;

	buf_putc(y->out, '"');
	if (seconds >= limit || seconds <= -limit)
		pb_print_duration(y->out, seconds > 0 ? limit : -limit, 0);
	else
		pb_print_duration(y->out, seconds, d->has_nanos ? d->nanos : 0);
	buf_putc(y->out, '"');
}

static void write_number(struct yaml_out *y, const struct yaml_site *site, const void *at)
{
	switch (site->field.desc->type) {
	case PROTOBUF_C_TYPE_BOOL:
		buf_puts(y->out, *(const protobuf_c_boolean *)at ? "true" : "false");
		break;
	case PROTOBUF_C_TYPE_INT64:
		buf_printf(y->out, "%" PRId64, *(const int64_t *)at);
		break;
	case PROTOBUF_C_TYPE_UINT64:
		buf_printf(y->out, "%" PRIu64, *(const uint64_t *)at);
		break;
	case PROTOBUF_C_TYPE_UINT32:
		buf_printf(y->out, "%" PRIu32, *(const uint32_t *)at);
		break;
	default:
		buf_printf(y->out, "%" PRId32, *(const int32_t *)at);
	}
}

/* A scalar on the line that has begun. */
static int write_scalar(struct yaml_out *y, const struct yaml_site *site, const void *at,
			struct err *err)
{
	struct str text;

	switch (site->field.desc->type) {
	case PROTOBUF_C_TYPE_BYTES:
		text = pb_str(*(const ProtobufCBinaryData *)at);
		if (site->field.trait->flags & PB_TEXT) {
			pb_yaml_string(y->out, text);
		} else {
			buf_putc(y->out, '"');
			buf_base64(y->out, text);
			buf_putc(y->out, '"');
		}
		return 0;
	case PROTOBUF_C_TYPE_ENUM:
		if (pb_yaml_enum(y->out, site->field.desc->descriptor, *(const int *)at) == NULL)
			return pb_yaml_err(site->spot, "its number has no name", err);
		return 0;
	case PROTOBUF_C_TYPE_DOUBLE:
		if (!isfinite(*(const double *)at))
			return pb_yaml_err(site->spot, "it is no finite number", err);
		value_print_float(y->out, *(const double *)at);
		return 0;
	default:
		write_number(y, site, at);
		return 0;
	}
}

/* A message that is written as the list it holds. */
static bool is_list(const struct pb_shape *shape)
{
	return shape->known == PB_PLAIN && shape->type->n_fields == 1 &&
	       shape->traits[0].yaml != NULL && strcmp(shape->traits[0].yaml, "[]") == 0;
}

static bool is_empty(const ProtobufCMessage *m, const struct pb_shape *shape);

/* Whether the field is left out: not set, of no meaning in a file, or said to be open. A redirect
 * that says nothing is none for Pomerium, but in a file it would be one. */
static bool is_silent(const struct yaml_site *site)
{
	const struct pb_field *field = &site->field;

	if (!pb_is_set(site->m, field) ||
	    (field->trait->yaml != NULL && field->trait->yaml[0] == '\0'))
		return true;
	if (field->desc->descriptor == &pomerium__config__route_redirect__descriptor)
		return is_empty(*(ProtobufCMessage **)pb_slot(site->m, field), field->trait->sub);
	return field->desc->type == PROTOBUF_C_TYPE_ENUM &&
	       field->desc->label != PROTOBUF_C_LABEL_REPEATED &&
	       pb_yaml_enum_open(field->desc->descriptor, *(int *)pb_slot(site->m, field));
}

static bool is_empty(const ProtobufCMessage *m, const struct pb_shape *shape)
{
	for (size_t i = 0; i < shape->type->n_fields; i++) {
		struct yaml_site site = { NULL, m, pb_field_at(shape, i) };

		if (!is_silent(&site))
			return false;
	}
	return true;
}

/* The value after a key or a dash, to the end of its lines. */
static int write_value(struct yaml_out *y, const struct yaml_site *site, const void *at,
		       struct err *err)
{
	const struct pb_shape *shape = site->field.trait->sub;
	const ProtobufCMessage *m;
	struct yaml_site inner;
	int rc = 0;

	if (shape == NULL) {
		rc = write_scalar(y, site, at, err);
		pb_yaml_end(y);
		return rc;
	}
	m = *(ProtobufCMessage *const *)at;
	if (shape->known == PB_DURATION)
		write_duration(y, m);
	else if (shape->known != PB_PLAIN)
		pb_yaml_json(y->out, m);
	else if (is_empty(m, shape))
		buf_puts(y->out, is_list(shape) ? "[]" : "{}");
	else if (!is_list(shape))
		return write_message(y, site->spot, m, err);
	else {
		inner = (struct yaml_site){ site->spot, m, pb_field_at(shape, 0) };
		return write_items(y, &inner, err);
	}
	pb_yaml_end(y);
	return 0;
}

/* Whether a value takes lines of its own below its key. */
static bool is_block(const struct yaml_site *site, const void *at)
{
	const struct pb_shape *shape = site->field.trait->sub;

	return shape != NULL && shape->known == PB_PLAIN &&
	       !is_empty(*(ProtobufCMessage *const *)at, shape);
}

static int write_keyed(struct yaml_out *y, const struct yaml_site *site, const void *at,
		       struct err *err)
{
	int rc;

	if (is_block(site, at))
		pb_yaml_end(y);
	else
		buf_putc(y->out, ' ');
	y->depth++;
	rc = write_value(y, site, at, err);
	y->depth--;
	return rc;
}

/* The items of a list field, each after a dash; the key's line has ended. */
static int write_items(struct yaml_out *y, const struct yaml_site *site, struct err *err)
{
	for (size_t i = 0; i < pb_count(site->m, &site->field); i++) {
		struct pb_spot spot = pb_spot_item(site->spot, i);
		struct yaml_site inner = { &spot, site->m, site->field };
		int rc;

		pb_yaml_dash(y);
		y->depth++;
		rc = write_value(y, &inner, pb_item(site->m, &site->field, i), err);
		y->depth--;
		if (rc < 0)
			return -1;
	}
	return 0;
}

static void write_empty(struct yaml_out *y, const char *brackets)
{
	buf_puts(y->out, brackets);
	pb_yaml_end(y);
}

static int write_map(struct yaml_out *y, const struct yaml_site *site, struct err *err)
{
	const struct pb_shape *shape = site->field.trait->sub;
	size_t n;
	ProtobufCMessage **entries = pb_map_entries(site->m, &site->field, &n);
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		struct pb_spot spot = pb_spot_key(site->spot, pb_map_key(entries[i], shape));
		struct yaml_site inner = { &spot, entries[i], pb_field_at(shape, 1) };

		if (!pb_yaml_user_key(y, spot.name))
			rc = pb_yaml_err(&spot, "a key of YAML may have 1000 bytes", err);
		else if (inner.field.trait->sub != NULL && !pb_is_set(entries[i], &inner.field))
			write_empty(y, inner.field.trait->sub->known == PB_LIST ? " []" : " {}");
		else
			rc = write_keyed(y, &inner, pb_slot(entries[i], &inner.field), err);
	}
	mem_free(entries);
	return rc;
}

static int write_field(struct yaml_out *y, const struct yaml_site *site, struct err *err)
{
	pb_yaml_special_fn special = pb_yaml_special(site);
	int rc;

	if (site->field.trait->yaml == NULL)
		return pb_yaml_err(site->spot, "there is no key for it", err);
	if (special != NULL)
		return special(y, site, err);
	pb_yaml_key(y, site->field.trait->yaml);
	if (site->field.desc->label != PROTOBUF_C_LABEL_REPEATED)
		return write_keyed(y, site, pb_slot(site->m, &site->field), err);
	pb_yaml_end(y);
	y->depth++;
	rc = site->field.trait->flags & PB_MAP ? write_map(y, site, err)
					       : write_items(y, site, err);
	y->depth--;
	return rc;
}

/* The fields of a message, each on a line of its own or more, in the order of their numbers. */
static int write_message(struct yaml_out *y, const struct pb_spot *spot, const ProtobufCMessage *m,
			 struct err *err)
{
	const struct pb_shape *shape = pb_shape_of(m->descriptor);

	for (size_t i = 0; i < shape->type->n_fields; i++) {
		struct yaml_site site = { NULL, m, pb_field_at(shape, i) };
		struct pb_spot inner = pb_spot_field(spot, str_from(site.field.desc->name));

		site.spot = &inner;
		if (!is_silent(&site) && write_field(y, &site, err) < 0)
			return -1;
	}
	return 0;
}

static int write_routes(struct yaml_out *y, const Pomerium__Config__Config *config, struct err *err)
{
	struct pb_spot root = { .index = -1 };

	pb_yaml_key(y, "routes");
	write_empty(y, config->n_routes == 0 ? " []" : "");
	for (size_t i = 0; i < config->n_routes; i++) {
		const Pomerium__Config__Route *route = config->routes[i];

		y->depth = 1;
		pb_yaml_dash(y);
		y->depth = 2;
		if (is_empty(&route->base, pb_shape_of(route->base.descriptor)))
			write_empty(y, "{}");
		if (write_message(y, &root, &route->base, err) < 0)
			return err_wrap(err, "route %s", err_quote(pb_str(route->from)));
	}
	return 0;
}

int pb_to_pomerium_yaml(const ProtobufCMessage *m, struct buf *out, struct err *err)
{
	const Pomerium__Config__Config *config = (const Pomerium__Config__Config *)m;
	struct pb_spot root = { .index = -1 }, settings = pb_spot_field(&root, STR("settings"));
	struct yaml_out y = { .out = out };

	if (m->descriptor != &pomerium__config__config__descriptor)
		return err_set(err, "only a pomerium.config.Config makes a config.yaml, not a %s",
			       m->descriptor->name);
	if (config->settings != NULL &&
	    write_message(&y, &settings, &config->settings->base, err) < 0)
		return -1;
	if (write_routes(&y, config, err) < 0)
		return -1;
	return out->full ? err_set(err, "the configuration takes more than %zu bytes as YAML",
				   out->max)
			 : 0;
}
