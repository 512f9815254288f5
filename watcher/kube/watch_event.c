/* watch_event: a line of a watch, and an item of a list, as an event.
 *
 *   in     JSON of the API server
 *   out    pruned objects with their resourceVersion
 *   never  keeps anything
 */
#include "watcher/kube/watch_event.h"

#include "base/value.h"

#define RETRY_AFTER_MAX_S 86400

static int64_t number_at(const struct value *v, const char *key)
{
	const struct value *found = value_get(v, key);

	return found && found->type == VALUE_INT ? found->integer : 0;
}

/* Key and version, as they stand. */
static void read_meta(const struct value *object, const struct kind_row *row,
		      struct watch_event *out)
{
	const struct value *meta = value_get(object, "metadata");
	const struct str version = value_text(meta, "resourceVersion");

	out->version = version.len < WATCH_VERSION_MAX ? version : STR("");
	out->object.key = (struct msg_key){ row->kind, STR(""), value_text(meta, "name") };
	if (msg_kind_is_namespaced(row->kind))
		out->object.key.namespace = value_text(meta, "namespace");
}

static int read_object(const struct value *object, const struct kind_row *row, struct pool *pool,
		       struct watch_event *out, struct err *err)
{
	const struct value *meta = value_get(object, "metadata");
	struct msg_object whole;

	out->type = WATCH_PUT;
	read_meta(object, row, out);
	if (!msg_object_of_kind(row->kind, object, pool, &whole, err)) {
		out->object = whole;
		return 0;
	}
	err_wrap(err, STR_FMT "/" STR_FMT, STR_ARG(value_text(meta, "namespace")),
		 STR_ARG(value_text(meta, "name")));
	return 1;
}

static void read_error(const struct value *status, struct watch_event *out)
{
	const int64_t code = number_at(status, "code");
	const int64_t wait = number_at(value_get(status, "details"), "retryAfterSeconds");

	out->type = WATCH_ERROR;
	out->code = code >= 400 && code < 600 ? (long)code : 500;
	if (wait > 0 && wait <= RETRY_AFTER_MAX_S)
		out->retry_after_ms = (uint64_t)wait * 1000;
	err_set(&out->error, "status %ld: " STR_FMT, out->code,
		STR_ARG(value_text(status, "message")));
}

static int read_event(const struct value *doc, const struct kind_row *row, struct pool *pool,
		      struct watch_event *out, struct err *err)
{
	const struct value *object = value_get(doc, "object"), *meta, *notes;
	const struct str type = value_text(doc, "type");

	if (str_is(type, "ADDED") || str_is(type, "MODIFIED"))
		return read_object(object, row, pool, out, err);
	if (str_is(type, "ERROR")) {
		read_error(object, out);
		return 0;
	}
	read_meta(object, row, out);
	if (str_is(type, "DELETED")) {
		out->type = WATCH_DELETE;
		return out->object.key.name.len ? 0 : err_set(err, "DELETED names no object");
	}
	if (!str_is(type, "BOOKMARK"))
		return err_set(err,
			       "an event of type %s; ADDED, MODIFIED, DELETED, BOOKMARK and ERROR "
			       "are known",
			       err_quote(type));
	meta = value_get(object, "metadata");
	notes = value_get(meta, "annotations");
	out->type = WATCH_BOOKMARK;
	out->list_ends = str_is(value_text(notes, "k8s.io/initial-events-end"), "true");
	return 0;
}

int watcher_watch_event_read(struct str line, const struct kind_row *row, struct pool *pool,
			     struct watch_event *out, struct err *err)
{
	struct value doc = { 0 };

	memset(out, 0, sizeof(*out));
	if (json_parse(line, pool, &doc, err))
		return -1;
	return read_event(&doc, row, pool, out, err);
}

int watcher_watch_event_read_item(struct str item, const struct kind_row *row, struct pool *pool,
				  struct watch_event *out, struct err *err)
{
	struct value doc = { 0 };

	memset(out, 0, sizeof(*out));
	if (json_parse(item, pool, &doc, err))
		return -1;
	return read_object(&doc, row, pool, out, err);
}

/* ---- resourceVersion ---- */

/* Digits without zeros in front; STR_NONE for anything else. */
static struct str digits_of(struct str version)
{
	for (size_t i = 0; i < version.len; i++)
		if (version.ptr[i] < '0' || version.ptr[i] > '9')
			return STR_NONE;
	while (version.len && version.ptr[0] == '0')
		version = str_slice(version, 1, version.len);
	return version.len ? version : STR_NONE;
}

bool watcher_watch_event_is_older(struct str version, struct str known)
{
	const struct str a = digits_of(version), b = digits_of(known);

	if (!a.ptr || !b.ptr)
		return false;
	return a.len != b.len ? a.len < b.len : memcmp(a.ptr, b.ptr, a.len) < 0;
}
