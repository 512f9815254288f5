/* view_live: the routes of a running pipeline, as a view has them.
 *
 *   in     the dumps of the publisher and the resolver
 *   out    owners and routes
 *   owns   nothing
 *   never  asks a process that it does not need
 */
#include "base/cjson.h"
#include "cli/live/live.h"
#include "cli/view/view.h"

/* The dump of a room; NULL and a sentence: there is none. */
static cJSON *ask(const struct live_list *list, const char *room, const char *path, struct err *err)
{
	const struct live_process *process = cli_live_first(list, room);
	struct buf text;
	cJSON *doc = NULL;
	long status;

	if (!process) {
		err_set(err, "the %s does not run", room);
		return NULL;
	}
	buf_init(&text, BUF_MAX_OUTPUT);
	status = cli_live_get_all(process, path, &text, err);
	if (status == 200)
		doc = cjson_parse(buf_view(&text));
	if (status == 200 && !doc)
		err_set(err, "the answer of the %s is not JSON", room);
	else if (status > 0 && status != 200)
		err_set(err, "the %s answers with status %ld", room, status);
	buf_clear(&text);
	return doc;
}

static struct str keep(struct view *view, const cJSON *object, const char *key)
{
	const struct str text = cjson_text(object, key);

	return text.ptr ? pool_str(&view->pool, text) : STR("");
}

static enum msg_kind kind_of(struct str name)
{
	enum msg_kind kind = MSG_KIND_NONE;

	while (++kind < MSG_N_KINDS && !str_is(name, msg_kind_name(kind)))
		;
	return kind < MSG_N_KINDS ? kind : MSG_KIND_NONE;
}

static struct view_owner *owner_of(struct view *view, const cJSON *item)
{
	const struct msg_key key = { .kind = kind_of(cjson_text(item, "kind")),
				     .namespace = cjson_text(item, "namespace"),
				     .name = cjson_text(item, "name") };

	return cli_view_owner(view, &key);
}

void cli_view_add_published(struct view *view, const cJSON *doc)
{
	const cJSON *item, *route, *cert;

	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(doc, "owners")) {
		struct view_owner *owner = owner_of(view, item);
		const struct str rejected = keep(view, item, "rejected"),
				 waits = keep(view, item, "waits_for");

		cJSON_ArrayForEach(route, cJSON_GetObjectItemCaseSensitive(item, "routes"))
			cli_view_add_route(view, owner, route);
		owner->since = keep(view, item, "since");
		owner->last_error = keep(view, item, "last_error");
		cJSON_ArrayForEach(cert, cJSON_GetObjectItemCaseSensitive(item, "certificates"))
			cli_view_add_cert(view, owner, str_from(cJSON_GetStringValue(cert)));
		owner->stored = cJSON_GetObjectItemCaseSensitive(item, "stored");
		if (!rejected.len && !waits.len)
			continue;
		owner->state = owner->n_routes ? VIEW_LAST_GOOD : VIEW_REJECTED;
		owner->reason = rejected.len ? rejected
					     : pool_printf(&view->pool, "waits for " STR_FMT,
							   STR_ARG(waits));
	}
}

/* False: it is ours, and what it says is not known: something that it refers to is missing. */
static bool read_settings(struct view *view, const cJSON *item)
{
	const cJSON *spec = cJSON_GetObjectItemCaseSensitive(item, "spec");

	if (spec && !view->settings)
		view->settings = cJSON_Duplicate(spec, true);
	return spec || str_is(cjson_text(item, "state"), "not ours");
}

/* What is not ours comes to no publisher. */
void cli_view_add_ignored(struct view *view, const cJSON *doc)
{
	const cJSON *item;
	bool is_known = true;

	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(doc, "owners")) {
		struct view_owner *owner;

		if (kind_of(cjson_text(item, "kind")) == MSG_KIND_POMERIUM)
			is_known &= read_settings(view, item);
		if (!cjson_text(item, "why_not").len)
			continue;
		owner = owner_of(view, item);
		owner->state = VIEW_IGNORED;
		owner->reason = keep(view, item, "why_not");
	}
	if (is_known && !view->settings)
		view->settings = cJSON_CreateObject();
}

static const char *path_of(const struct view *view, struct pool *pool)
{
	struct buf path;
	const char *text;

	buf_init(&path, BUF_MAX_TEXT);
	buf_puts(&path, view->wish.whole ? "/owners?routes=whole" : "/owners?routes=");
	if (view->wish.host.len) {
		buf_puts(&path, "&host=");
		cli_live_escape(&path, view->wish.host);
	}
	text = pool_str(pool, buf_view(&path)).ptr;
	buf_clear(&path);
	return text;
}

enum cli_status cli_view_add_live(struct view *view, struct str *run_dir, struct err *err)
{
	struct live_list list;
	cJSON *known = NULL;
	const enum cli_status status = cli_live_open(run_dir, &view->pool, &list, err);

	if (status)
		return status;
	view->doc = ask(&list, "publisher", path_of(view, &view->pool), err);
	if (!view->doc)
		return CLI_UNREADABLE;
	cli_view_add_published(view, view->doc);
	view->certificate = cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(view->doc, "host"), "certificate");
	if (view->wish.host.len)
		return CLI_GOOD; /* what has no routes serves no host */
	known = ask(&list, "resolver", "/owners", err);
	if (known)
		cli_view_add_ignored(view, known);
	cJSON_Delete(known);
	return known ? CLI_GOOD : CLI_UNREADABLE;
}
