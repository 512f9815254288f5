/* validate: checks routes against the table of rules.
 *
 *   in     the route that the annotations make, every route made from it
 *   out    an error for each value that breaks a rule, which begins with the annotation's name
 *   owns   nothing: validate_rules.c has the table
 *   never  changes a route
 */
#include "translator/validate/validate.h"

#include "pb/traits.h"
#include "translator/answer.h"

#define NS 1000000000LL
#define MAX_SECONDS (INT64_MAX / NS - 1)

#define DEPTH_MAX 4 /* lists in lists of a rule's path: one more than there are */

struct rule_walk {
	const struct validate_rule *rule;
	struct validate_value value;
	size_t items[DEPTH_MAX]; /* which items of lists we are in, from 0 */
	size_t depth;
	struct err *first; /* takes the first error, and nobody is told of others; NULL: all are */
	bool failed;
};

static void walk_message(struct rule_walk *w, const ProtobufCMessage *m,
			 const struct pb_shape *shape, struct str path);

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

static void read_message(struct rule_walk *w, const ProtobufCMessage *m,
			 const struct pb_shape *shape)
{
	struct pb_field first = pb_field_at(shape, 0);

	w->value.message = m;
	if (shape->known == PB_DURATION)
		w->value.number = nanoseconds(m);
	else if (shape->known == PB_WRAPPER)
		read_scalar(w, &first, pb_slot(m, &first));
}

/* Puts before the sentence where in the value the fault is, and which annotation says it. */
static void refuse(struct rule_walk *w, struct err *why)
{
	const struct validate_rule *rule = w->rule;
	struct ingress_job *job = w->value.job;
	const struct str prefix = job->settings->prefix;
	int len = (int)strcspn(rule->path, ".[{");
	const char *rest = strchr(rule->path, '.');
	struct str name = { rule->path, (size_t)len }, field = STR("metadata.annotations");

	(void)err_code(why, rule->code);
	for (size_t i = w->depth; i > 0; i--)
		err_wrap(why, "item %zu", w->items[i - 1] + 1);
	if (rule->annotation)
		name = str_from(rule->annotation);
	else if (rest && !rule->each)
		err_wrap(why, "%s", rest + 1);
	if (rule->each) {
		err_wrap(why, "the route from %s", err_quote(pb_str(w->value.route->from)));
		field = translator_route_from_ingress_field(job, w->value.route,
							    str_is(name, "from")    ? "host"
							    : str_is(name, "regex") ? "path"
										    : "backend");
	} else if (name.len) {
		err_wrap(why, "annotation " STR_FMT "/" STR_FMT, STR_ARG(prefix), STR_ARG(name));
		field = translator_annotations_field(job, name);
	}
	translator_answer_refuse(job->out, job->pool, field, why);
}

static void check(struct rule_walk *w)
{
	struct err err;

	if (w->failed || !w->rule->check(&w->value, &err))
		return;
	if (!w->first) {
		refuse(w, &err);
		return;
	}
	*w->first = err;
	w->failed = true;
}

static void check_item(struct rule_walk *w, const struct pb_field *field, const void *at,
		       struct str rest)
{
	const ProtobufCMessage *m;
	struct pb_field value;

	if (field->desc->type != PROTOBUF_C_TYPE_MESSAGE) {
		read_scalar(w, field, at);
		check(w);
		return;
	}
	m = *(const ProtobufCMessage *const *)at;
	if (rest.len) {
		walk_message(w, m, field->trait->sub, rest);
		return;
	}
	if (field->trait->flags & PB_MAP) {
		value = pb_field_at(field->trait->sub, 1);
		w->value.key = pb_map_key(m, field->trait->sub);
		read_scalar(w, &value, pb_slot(m, &value));
	} else {
		read_message(w, m, field->trait->sub);
	}
	check(w);
}

/* One name of the path: "timeout", "health_checks[]", "set_request_headers{}". */
static void walk_message(struct rule_walk *w, const ProtobufCMessage *m,
			 const struct pb_shape *shape, struct str path)
{
	struct str name = path, rest = STR("");
	bool is_list, is_map;
	struct pb_field field;

	if (!str_cut(path, '.', &name, &rest))
		rest = STR("");
	is_list = str_ends(name, "[]");
	is_map = str_ends(name, "{}");
	if (is_list || is_map)
		name = str_slice(name, 0, name.len - 2);
	if (!pb_field_named(shape, name, &field) || !pb_is_set(m, &field))
		return;
	if (!is_list && !is_map) {
		check_item(w, &field, pb_slot(m, &field), rest);
		return;
	}
	for (size_t i = 0; i < pb_count(m, &field); i++) {
		w->items[w->depth] = i;
		w->depth += is_list;
		check_item(w, &field, pb_item(m, &field, i), rest);
		w->depth -= is_list;
	}
}

static const struct pb_shape *route_shape(void)
{
	return pb_shape_of(&pomerium__config__route__descriptor);
}

static void check_rule(struct ingress_job *job, const struct validate_rule *rule,
		       const Pomerium__Config__Route *route, const struct pb_shape *shape)
{
	struct rule_walk w = { .rule = rule, .value = { .job = job, .route = route } };

	if (*rule->path)
		walk_message(&w, &route->base, shape, str_from(rule->path));
	else
		check(&w);
}

void translator_validate_ingress(struct ingress_job *job, const Pomerium__Config__Config *config)
{
	const struct pb_shape *shape = route_shape();

	for (const struct validate_rule *rule = translator_validate_rules; rule->path; rule++)
		if (!rule->each)
			check_rule(job, rule, job->route, shape);
	for (const struct validate_rule *rule = translator_validate_rules; rule->path; rule++)
		for (size_t i = 0; rule->each && i < config->n_routes; i++)
			check_rule(job, rule, config->routes[i], shape);
}

int translator_validate_fields(struct ingress_job *job, const Pomerium__Config__Route *route,
			       struct err *err)
{
	const struct pb_shape *shape = route_shape();

	for (const struct validate_rule *rule = translator_validate_rules; rule->path; rule++) {
		struct rule_walk w = { .rule = rule,
				       .value = { .job = job, .route = route },
				       .first = err };

		if (*rule->path)
			walk_message(&w, &route->base, shape, str_from(rule->path));
		if (w.failed)
			return err_wrap(err, "%s", rule->path);
	}
	return 0;
}
