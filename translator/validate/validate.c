/* validate: checks routes against the table of rules.
 *
 *   in     the route that the annotations make, every route made from it
 *   out    the first rule that is broken, as a sentence that begins with the annotation's name
 *   owns   nothing: validate_rules.c has the table
 *   never  changes a route
 */
#include "translator/validate/validate.h"

#include "pb/traits.h"

#define NS 1000000000LL
#define MAX_SECONDS (INT64_MAX / NS - 1)

struct rule_walk {
	const struct validate_rule *rule;
	struct validate_value value;
};

static int walk_message(struct rule_walk *w, const ProtobufCMessage *m, struct str path,
			struct err *err);

static int64_t nanoseconds(const ProtobufCMessage *m)
{
	const Google__Protobuf__Duration *d = (const Google__Protobuf__Duration *)m;
	int64_t seconds = d->has_seconds ? d->seconds : 0;

	if (seconds > MAX_SECONDS)
		seconds = MAX_SECONDS;
	if (seconds < -MAX_SECONDS)
		seconds = -MAX_SECONDS;
	return seconds * NS + (d->has_nanos ? d->nanos : 0);
}

static int64_t number_at(const struct pb_field *field, const void *at)
{
	switch (field->desc->type) {
	case PROTOBUF_C_TYPE_BOOL:
		return *(const protobuf_c_boolean *)at;
	case PROTOBUF_C_TYPE_UINT32:
		return *(const uint32_t *)at;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_UINT64:
		return *(const int64_t *)at;
	default:
		return *(const int32_t *)at;
	}
}

static void read_scalar(struct rule_walk *w, const struct pb_field *field, const void *at)
{
	if (field->desc->type == PROTOBUF_C_TYPE_BYTES)
		w->value.text = pb_str(*(const ProtobufCBinaryData *)at);
	else
		w->value.number = number_at(field, at);
}

static void read_message(struct rule_walk *w, const ProtobufCMessage *m)
{
	const struct pb_shape *shape = pb_shape_of(m->descriptor);
	struct pb_field first = pb_field_at(shape, 0);

	w->value.message = m;
	if (shape->known == PB_DURATION)
		w->value.number = nanoseconds(m);
	else if (shape->known == PB_WRAPPER)
		read_scalar(w, &first, pb_slot(m, &first));
}

static int check_item(struct rule_walk *w, const struct pb_field *field, const void *at,
		      struct str rest, struct err *err)
{
	const ProtobufCMessage *m;
	struct pb_field key, value;

	if (field->desc->type != PROTOBUF_C_TYPE_MESSAGE) {
		read_scalar(w, field, at);
		return w->rule->check(&w->value, err);
	}
	m = *(const ProtobufCMessage *const *)at;
	if (rest.len)
		return walk_message(w, m, rest, err);
	if (field->trait->flags & PB_MAP) {
		key = pb_field_at(field->trait->sub, 0);
		value = pb_field_at(field->trait->sub, 1);
		w->value.key = pb_map_key(m, field->trait->sub);
		(void)key;
		read_scalar(w, &value, pb_slot(m, &value));
	} else {
		read_message(w, m);
	}
	return w->rule->check(&w->value, err);
}

/* One name of the path: "timeout", "health_checks[]", "set_request_headers{}". */
static int walk_message(struct rule_walk *w, const ProtobufCMessage *m, struct str path,
			struct err *err)
{
	const struct pb_shape *shape = pb_shape_of(m->descriptor);
	struct str name = path, rest = STR("");
	bool repeated;
	struct pb_field field;

	if (!str_cut(path, '.', &name, &rest))
		rest = STR("");
	repeated = str_ends(name, "[]") || str_ends(name, "{}");
	if (repeated)
		name = str_slice(name, 0, name.len - 2);
	if (!pb_field_named(shape, name, &field) || !pb_is_set(m, &field))
		return 0;
	if (!repeated)
		return check_item(w, &field, pb_slot(m, &field), rest, err);
	for (size_t i = 0; i < pb_count(m, &field); i++) {
		if (check_item(w, &field, pb_item(m, &field, i), rest, err))
			return str_ends(path, "{}") ? -1 : err_wrap(err, "item %zu", i + 1);
	}
	return 0;
}

static int check_rule(struct rule_walk *w, const Pomerium__Config__Route *route, struct err *err)
{
	const char *path = w->rule->path;
	int rc;

	w->value.route = route;
	rc = *path ? walk_message(w, &route->base, str_from(path), err)
		   : w->rule->check(&w->value, err);
	return rc ? err_code(err, w->rule->code) : 0;
}

/* Puts the annotation's name before the sentence, and where in its value the fault is. */
static int name_annotation(const struct ingress_job *job, const struct validate_rule *rule,
			   struct err *err)
{
	const char *path = rule->path, *rest;
	int len = (int)strcspn(path, ".[{");

	if (!len)
		return -1;
	if (rule->annotation)
		return err_wrap(err, "annotation " STR_FMT "/%s", STR_ARG(job->settings->prefix),
				rule->annotation);
	rest = strchr(path, '.');
	if (rest)
		(void)err_wrap(err, "%s", rest + 1);
	return err_wrap(err, "annotation " STR_FMT "/%.*s", STR_ARG(job->settings->prefix), len,
			path);
}

static int check_template(struct ingress_job *job, struct err *err)
{
	for (const struct validate_rule *rule = translator_validate_rules; rule->path; rule++) {
		struct rule_walk w = { .rule = rule, .value = { .job = job } };

		if (!rule->each && check_rule(&w, job->route, err))
			return name_annotation(job, rule, err);
	}
	return 0;
}

int translator_validate_ingress(struct ingress_job *job, const Pomerium__Config__Config *config,
				struct err *err)
{
	if (check_template(job, err))
		return -1;
	for (const struct validate_rule *rule = translator_validate_rules; rule->path; rule++) {
		struct rule_walk w = { .rule = rule, .value = { .job = job } };

		for (size_t i = 0; rule->each && i < config->n_routes; i++)
			if (check_rule(&w, config->routes[i], err))
				return err_wrap(err, "the route from %s",
						err_quote(pb_str(config->routes[i]->from)));
	}
	return 0;
}
