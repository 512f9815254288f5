/* watch_event: what a line of a watch and a page of a list say.
 *
 *   in     JSON of the API server
 *   out    pruned objects with their resourceVersion
 *   never  keeps anything
 */
#include "watcher/watch_event.h"

static struct str text_at(const struct value *v, const char *key)
{
	const struct value *found = value_get(v, key);

	return found && found->type == VALUE_STRING ? found->string : STR("");
}

int watcher_watch_item_read(const struct value *item, const struct kind_row *row, struct pool *pool,
			    struct watch_event *out, struct err *err)
{
	const struct value *meta = value_get(item, "metadata");

	memset(out, 0, sizeof(*out));
	out->type = WATCH_PUT;
	out->version = text_at(meta, "resourceVersion");
	if (!msg_object_of_kind(row->kind, item, pool, &out->object, err))
		return 0;
	return err_wrap(err, "%s " STR_FMT "/" STR_FMT, row->name, STR_ARG(text_at(meta, "namespace")),
			STR_ARG(text_at(meta, "name")));
}

static void read_error(const struct value *status, struct watch_event *out)
{
	const struct value *code = value_get(status, "code");

	out->type = WATCH_ERROR;
	out->code = code && code->type == VALUE_INT && code->integer > 0 && code->integer < 1000 ? (long)code->integer : 500;
	err_set(&out->error, "status %ld: " STR_FMT, out->code, STR_ARG(text_at(status, "message")));
}

int watcher_watch_event_read(struct str line, const struct kind_row *row, struct pool *pool, struct watch_event *out,
			     struct err *err)
{
	const struct value *object, *meta;
	struct value doc = { 0 };
	struct str type;

	memset(out, 0, sizeof(*out));
	if (json_parse(line, pool, &doc, err))
		return -1;
	type = text_at(&doc, "type");
	object = value_get(&doc, "object");
	if (str_is(type, "ADDED") || str_is(type, "MODIFIED"))
		return watcher_watch_item_read(object, row, pool, out, err);
	meta = value_get(object, "metadata");
	out->version = text_at(meta, "resourceVersion");
	if (str_is(type, "DELETED")) {
		out->type = WATCH_DELETE;
		out->object.key = (struct msg_key){ row->kind, text_at(meta, "namespace"), text_at(meta, "name") };
		return out->object.key.name.len ? 0 : err_set(err, "a DELETED event names no object");
	}
	if (str_is(type, "BOOKMARK")) {
		out->type = WATCH_BOOKMARK;
		out->list_ends = str_is(text_at(value_get(meta, "annotations"), "k8s.io/initial-events-end"), "true");
		return 0;
	}
	if (!str_is(type, "ERROR"))
		return err_set(err, "an event of type %s; ADDED, MODIFIED, DELETED, BOOKMARK and ERROR are known",
			       err_quote(type));
	read_error(object, out);
	return 0;
}

int watcher_watch_page_read(struct str body, struct pool *pool, struct watch_page *out, struct err *err)
{
	const struct value *items, *meta;
	struct value *doc = pool_alloc(pool, sizeof(*doc));

	memset(out, 0, sizeof(*out));
	if (json_parse(body, pool, doc, err))
		return -1;
	items = value_get(doc, "items");
	meta = value_get(doc, "metadata");
	if (items && items->type == VALUE_LIST) {
		out->items = items->list.items;
		out->n_items = items->list.n;
	} else if (!items || items->type != VALUE_NULL) {
		return err_set(err, "the list has no items");
	}
	out->version = text_at(meta, "resourceVersion");
	out->more = text_at(meta, "continue");
	return out->version.len && out->version.len < 64 ? 0 : err_set(err, "the list has no resourceVersion");
}
