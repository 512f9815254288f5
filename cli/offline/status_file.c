/* status_file: the statuses of the Gateway API's objects, as they would be written.
 *
 *   in     manifests that were translated
 *   out    one JSON file with the status of every such object, those of others included
 *   owns   nothing
 *   never  writes a time: the same folder gives the same file
 */
#include "cli/offline/status_file.h"

#include <errno.h>
#include <stdlib.h>

#include "base/value_build.h"
#include "publisher/gateway/object_status.h"

struct status_walk {
	struct offline *offline;
	const struct msg_addresses *addresses;
	struct pool *pool;
	struct value *all;
};

static int compare(const void *a, const void *b)
{
	const struct offline_report *x = a, *y = b;

	return msg_key_cmp(&x->owner, &y->owner);
}

static const struct value *status_of(const struct msg_object *object)
{
	switch ((enum msg_kind)object->key.kind) {
	case MSG_KIND_GATEWAY_CLASS:
		return object->gateway_class->status;
	case MSG_KIND_GATEWAY:
		return object->gateway->status;
	case MSG_KIND_LISTENER_SET:
		return object->listener_set->status;
	case MSG_KIND_HTTP_ROUTE:
		return object->http_route->status;
	case MSG_KIND_POLICY_FILTER:
		return object->policy_filter->status;
	case MSG_KIND_BACKEND_TLS_POLICY:
		return object->backend_tls_policy->status;
	default:
		return NULL;
	}
}

/* What nobody has written anything of has an empty list. */
static void put_foreign(struct status_walk *walk, const struct msg_object *object,
			struct value *out)
{
	const struct value *present = status_of(object);
	const char *list = object->key.kind == MSG_KIND_HTTP_ROUTE           ? "parents"
			   : object->key.kind == MSG_KIND_BACKEND_TLS_POLICY ? "ancestors"
									     : "conditions";

	if (present)
		*out = *present;
	else
		value_put_list(out, list, walk->pool);
}

/* As text and back, so that it outlives the object. */
static void keep(struct status_walk *walk, const struct value *status, struct value *out)
{
	struct buf text;

	buf_init(&text, BUF_MAX_TEXT);
	if (value_to_json(status, false, &text, NULL) ||
	    json_parse(pool_str(walk->pool, buf_view(&text)), walk->pool, out, NULL))
		*out = (struct value){ .type = VALUE_MAP };
	buf_clear(&text);
}

/* "KIND/NAMESPACE/NAME", or "KIND/NAME". */
static struct str name_of(const struct msg_key *key, struct pool *pool)
{
	return pool_printf(pool, "%s/" STR_FMT, msg_kind_name((enum msg_kind)key->kind),
			   STR_ARG(msg_key_for_people(key, pool)));
}

static void add(void *arg, const struct msg_object *object)
{
	struct status_walk *walk = arg;
	const struct offline_report wanted = { .owner = object->key };
	const struct offline_report *report =
		walk->offline->n_reports
			? bsearch(&wanted, walk->offline->reports, walk->offline->n_reports,
				  sizeof(wanted), compare)
			: NULL;
	struct value status = { 0 };
	struct str name = name_of(&object->key, walk->pool);

	if (report)
		status = *publisher_object_status_make(
			&(struct object_status){
				.owner = &object->key,
				.report = report->report,
				.present = status_of(object),
				.rejected = report->rejected,
				.stored = true,
				.controller = cli_offline_settings.resolve.gateway_controller,
				.attached = &walk->offline->attached,
				.addresses = walk->addresses,
			},
			walk->pool);
	else
		put_foreign(walk, object, &status);
	keep(walk, &status, value_put(walk->all, name.ptr, walk->pool));
}

static int write_text(const char *path, struct str text, struct err *err)
{
	FILE *out = fopen(path, "we");
	int rc = 0;

	if (!out || fwrite(text.ptr, 1, text.len, out) != text.len || fputc('\n', out) == EOF)
		rc = -1;
	if (out && fclose(out))
		rc = -1;
	return rc ? err_set(err, "%s cannot be written: %s", path, strerror(errno)) : 0;
}

void cli_status_file_make(struct offline *offline, struct addresses *addresses, struct pool *pool,
			  struct value *out)
{
	static const enum msg_kind kinds[] = {
		MSG_KIND_GATEWAY,      MSG_KIND_GATEWAY_CLASS, MSG_KIND_HTTP_ROUTE,
		MSG_KIND_LISTENER_SET, MSG_KIND_POLICY_FILTER, MSG_KIND_BACKEND_TLS_POLICY
	};
	struct status_walk walk = { .offline = offline, .pool = pool, .all = out };
	struct msg_addresses known;

	*out = (struct value){ .type = VALUE_MAP };
	resolver_addresses_next(
		addresses,
		addresses->key.kind == MSG_KIND_NONE
			? NULL
			: resolver_resolve_service(offline->resolve, &addresses->key, pool),
		pool, &known);
	walk.addresses = &known;
	if (offline->n_reports)
		qsort(offline->reports, offline->n_reports, sizeof(*offline->reports), compare);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		resolver_resolve_each_object(offline->resolve, kinds[i], add, &walk);
}

int cli_status_file_write(struct offline *offline, struct addresses *addresses, const char *path,
			  struct err *err)
{
	struct value all;
	struct pool pool;
	struct buf text;
	int rc;

	pool_init(&pool);
	buf_init(&text, BUF_MAX_OUTPUT);
	cli_status_file_make(offline, addresses, &pool, &all);
	rc = value_to_json(&all, false, &text, err);
	if (!rc)
		rc = write_text(path, buf_view(&text), err);
	buf_clear(&text);
	pool_clear(&pool);
	return rc;
}
