/* explain_url: says which route serves a URL, and which others match it and lose.
 *
 *   in     a URL; the routes of translated manifests
 *   out    lines for a person, or one JSON object {"url":..., "route":..., "others":[...]}
 *   owns   nothing
 *   never  sends a request
 */
#include "cli/offline/explain_url.h"

#include "base/cjson.h"
#include "base/mem.h"
#include "cli/lines.h"
#include "cli/match/choice.h"
#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"
#include "publisher/wanted/access.h"
#include "publisher/wanted/snapshot.h"

/* ---- a route ---- */

struct path_field {
	const char *name;
	struct str text;
};

/* What the route matches; without any of the three it matches every path. */
static struct path_field path_of(const struct route *route)
{
	if (route->path.len)
		return (struct path_field){ "path", route->path };
	if (route->regex.len)
		return (struct path_field){ "regex", route->regex };
	return (struct path_field){ "prefix", route->prefix.len ? route->prefix : STR("/") };
}

/* ---- JSON ---- */

static void put_route(cJSON *out, const struct route *route, struct pool *pool)
{
	const struct path_field path = path_of(route);
	const Pomerium__Config__Route *message = publisher_access_unpack(route, pool);
	const struct msg_key *key = &route->owner->key;
	cJSON *list = NULL, *owner;

	cjson_put_text(out, "id", route->id);
	cjson_put_text(out, "from", route->from);
	cjson_put_text(out, path.name, path.text);
	list = cjson_put_list(out, "to");
	for (size_t i = 0; message && i < message->n_to; i++)
		cjson_put_text(list, NULL, pb_str(message->to[i]));
	owner = cjson_put_object(out, "owner");
	cjson_put_text(owner, "kind", str_from(msg_kind_name((enum msg_kind)key->kind)));
	cjson_put_filled(owner, "namespace", key->namespace);
	cjson_put_text(owner, "name", key->name);
}

static void print_json(const struct choice *choice, struct str url, struct pool *pool)
{
	cJSON *doc = cJSON_CreateObject(), *list, *item;
	struct buf text;

	cjson_put_text(doc, "url", url);
	cjson_put_bool(doc, "answered_by_pomerium", choice->is_reserved);
	if (choice->winner)
		put_route(cjson_put_object(doc, "route"), choice->winner, pool);
	else
		cjson_put_text(doc, "route", STR_NONE);
	list = cjson_put_list(doc, "others");
	for (size_t i = 0; i < choice->n_matches; i++) {
		if (choice->matches[i].route == choice->winner)
			continue;
		item = cjson_put_object(list, NULL);
		put_route(item, choice->matches[i].route, pool);
		cjson_put_text(item, "why_not", choice->matches[i].why_not);
	}
	list = cjson_put_list(doc, "notes");
	for (size_t i = 0; i < choice->notes.n; i++)
		cjson_put_text(list, NULL, choice->notes.items[i]);
	buf_init(&text, BUF_MAX_OUTPUT);
	cjson_print(&doc, &text);
	printf(STR_FMT "\n", STR_ARG(buf_view(&text)));
	buf_clear(&text);
}

/* ---- lines ---- */

static void add_route(const struct route *route, struct buf *text)
{
	const struct path_field path = path_of(route);

	buf_printf(text, STR_FMT " %s " STR_FMT, STR_ARG(route->from), path.name,
		   STR_ARG(path.text));
}

static void add_owner(const struct route *route, struct buf *text)
{
	const struct msg_key *key = &route->owner->key;

	buf_printf(text, "%s " STR_FMT "%s" STR_FMT, msg_kind_name((enum msg_kind)key->kind),
		   STR_ARG(key->namespace), key->namespace.len ? "/" : "", STR_ARG(key->name));
}

static void print_winner(const struct route *route, struct pool *pool, struct buf *text)
{
	const Pomerium__Config__Route *message = publisher_access_unpack(route, pool);

	add_route(route, text);
	cli_lines_print("route", text);
	for (size_t i = 0; message && i < message->n_to; i++) {
		buf_str(text, pb_str(message->to[i]));
		cli_lines_print(i ? "" : "to", text);
	}
	add_owner(route, text);
	cli_lines_print("owner", text);
}

static void print_none(const struct choice *choice, struct buf *text)
{
	buf_puts(text, choice->is_reserved ? "none: Pomerium answers this path of every host itself"
		       : choice->has_host  ? "none: the host has routes, but none for this path"
					   : "none: no route is for this host");
	cli_lines_print("route", text);
}

static void print_lines(const struct choice *choice, struct str url, struct pool *pool)
{
	const char *label = "others";
	struct buf text;

	buf_init(&text, BUF_MAX_TEXT);
	printf("%s\n", err_quote(url));
	if (choice->winner)
		print_winner(choice->winner, pool, &text);
	else
		print_none(choice, &text);
	for (size_t i = 0; i < choice->n_matches; i++) {
		const struct choice_match *match = &choice->matches[i];

		if (match->route == choice->winner)
			continue;
		add_route(match->route, &text);
		buf_puts(&text, " of ");
		add_owner(match->route, &text);
		buf_printf(&text, ": " STR_FMT, STR_ARG(match->why_not));
		cli_lines_print(label, &text);
		label = "";
	}
	for (size_t i = 0; i < choice->notes.n; i++) {
		buf_str(&text, choice->notes.items[i]);
		cli_lines_print("note", &text);
	}
	buf_clear(&text);
}

/* ---- the verb ---- */

enum cli_status cli_explain_url(struct offline *offline, struct str url, bool as_json)
{
	enum cli_status status = CLI_USAGE;
	const struct route **routes;
	struct snapshot snapshot;
	struct choice choice;
	struct err err;
	struct pool pool;

	pool_init(&pool);
	publisher_snapshot_take(&snapshot, offline->wanted);
	routes = publisher_snapshot_routes(&snapshot);
	if (cli_choice_make(url, routes, snapshot.n_routes, &pool, &choice, &err)) {
		fprintf(stderr, "sluice explain: %s\n", err.text);
	} else {
		(as_json ? print_json : print_lines)(&choice, url, &pool);
		status = choice.winner || choice.is_reserved ? CLI_GOOD : CLI_REJECTED;
	}
	mem_free(routes);
	publisher_snapshot_let_go(&snapshot, offline->wanted);
	pool_clear(&pool);
	return status;
}
