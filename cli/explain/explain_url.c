/* explain_url: says which route serves a URL, what it does, and which others match it and lose.
 *
 *   in     a URL; a view with whole routes
 *   out    lines for a person, or one JSON object {"url":..., "route":..., "others":[...]}
 *   owns   nothing
 *   never  sends a request
 */
#include "cli/explain/explain_url.h"

#include <stdio.h>

#include "cli/explain/explain_route.h"
#include "cli/explain/said.h"
#include "cli/lines.h"
#include "cli/match/choice.h"

/* What is asked, and what there is to say. */
struct answer {
	const struct explain_url *ask;
	const struct view *view;
	struct choice choice;
	struct str host, path;
	struct str nearest; /* a host that may be meant; absent: none */
	cJSON *references;  /* of the owner of the route that serves; NULL: not known */
	struct facts facts;
	struct pool pool;
};

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

/* The routes that a view hands out are its own. */
static const struct view_route *view_route_of(const struct route *route)
{
	return (const struct view_route *)(const void *)((const char *)route -
							 offsetof(struct view_route, route));
}

/* ---- JSON ---- */

static void put_route(cJSON *out, const struct route *route)
{
	const struct view_route *seen = view_route_of(route);
	const struct path_field path = path_of(route);
	const struct msg_key *key = &route->owner->key;
	cJSON *list, *owner;

	cjson_put_text(out, "id", route->id);
	cjson_put_text(out, "from", route->from);
	cjson_put_text(out, path.name, path.text);
	list = cjson_put_list(out, "to");
	for (size_t i = 0; i < seen->to.n; i++)
		cjson_put_text(list, NULL, seen->to.items[i]);
	cjson_put_text(out, "access", str_from(publisher_access_word(seen->access)));
	owner = cjson_put_object(out, "owner");
	cjson_put_text(owner, "kind", str_from(msg_kind_name((enum msg_kind)key->kind)));
	cjson_put_filled(owner, "namespace", key->namespace);
	cjson_put_text(owner, "name", key->name);
}

static void put_copy(cJSON *out, const char *key, const cJSON *item)
{
	if (item)
		(void)cJSON_AddItemToObject(out, key, cJSON_Duplicate(item, true));
}

static void put_winner(cJSON *out, const struct answer *answer)
{
	const struct view_route *route = view_route_of(answer->choice.winner);
	cJSON *list, *fact;

	put_route(out, answer->choice.winner);
	cjson_put_text(out, "state", str_from(cli_view_state_word(route->owner->state)));
	cjson_put_filled(out, "reason", route->owner->reason);
	cjson_put_filled(out, "since", route->owner->since);
	list = cjson_put_list(out, "facts");
	for (size_t i = 0; i < answer->facts.n; i++) {
		fact = cjson_put_object(list, NULL);
		cjson_put_text(fact, "name", str_from(answer->facts.items[i].label));
		cjson_put_text(fact, "text", answer->facts.items[i].text);
	}
	put_copy(out, "certificate", answer->view->certificate);
	put_copy(out, "references", answer->references);
	put_copy(out, "stored", route->owner->stored);
	put_copy(out, "config", route->config);
}

static void print_json(const struct answer *answer)
{
	const struct choice *choice = &answer->choice;
	cJSON *doc = cJSON_CreateObject(), *list, *item;
	struct buf text;

	cjson_put_text(doc, "url", answer->ask->url);
	cjson_put_bool(doc, "answered_by_pomerium", choice->is_reserved);
	if (choice->winner)
		put_winner(cjson_put_object(doc, "route"), answer);
	else
		cjson_put_text(doc, "route", STR_NONE);
	cjson_put_filled(doc, "did_you_mean", answer->nearest);
	list = cjson_put_list(doc, "others");
	for (size_t i = 0; i < choice->n_matches; i++) {
		if (choice->matches[i].route == choice->winner)
			continue;
		item = cjson_put_object(list, NULL);
		put_route(item, choice->matches[i].route);
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

static void print_state(const struct view_owner *owner, struct buf *text)
{
	if (owner->state != VIEW_LAST_GOOD)
		return;
	buf_printf(text, "serving the last good routes%s" STR_FMT, owner->since.len ? " of " : "",
		   STR_ARG(owner->since));
	cli_lines_print("state", text);
	buf_printf(text, "its newest state is rejected: " STR_FMT, STR_ARG(owner->reason));
	cli_lines_print("", text);
}

static void print_certificate(const cJSON *certificate, struct buf *text)
{
	if (certificate)
		buf_printf(text, "Secret " STR_FMT ", valid until " STR_FMT,
			   STR_ARG(cjson_text(certificate, "secret")),
			   STR_ARG(cjson_text(certificate, "valid_until")));
	else
		buf_puts(text, "none of a Secret has the name of the host");
	cli_lines_print("certificate", text);
}

static void print_winner(const struct answer *answer, struct buf *text)
{
	const struct route *route = answer->choice.winner;
	const struct view_route *seen = view_route_of(route);

	add_route(route, text);
	cli_lines_print("route", text);
	for (size_t i = 0; i < seen->to.n; i++) {
		buf_str(text, seen->to.items[i]);
		cli_lines_print(i ? "" : "to", text);
	}
	add_owner(route, text);
	cli_lines_print("owner", text);
	print_state(seen->owner, text);
	for (size_t i = 0; i < answer->facts.n; i++) {
		buf_str(text, answer->facts.items[i].text);
		cli_lines_print(answer->facts.items[i].label, text);
	}
	print_certificate(answer->view->certificate, text);
	cli_said_references(answer->references, text);
	if (seen->owner->stored)
		cli_said_stored(seen->owner->stored, text);
}

static void print_none(const struct answer *answer, struct buf *text)
{
	const struct choice *choice = &answer->choice;

	buf_puts(text, choice->is_reserved ? "none: Pomerium answers this path of every host itself"
		       : choice->has_host  ? "none: the host has routes, but none for this path"
					   : "none: no route is for this host");
	if (answer->nearest.len)
		buf_printf(text, "; did you mean " STR_FMT "?", STR_ARG(answer->nearest));
	cli_lines_print("route", text);
}

static void print_others(const struct choice *choice, struct buf *text)
{
	const char *label = "others";

	for (size_t i = 0; i < choice->n_matches; i++) {
		const struct choice_match *match = &choice->matches[i];

		if (match->route == choice->winner)
			continue;
		add_route(match->route, text);
		buf_puts(text, " of ");
		add_owner(match->route, text);
		buf_printf(text, ": " STR_FMT, STR_ARG(match->why_not));
		cli_lines_print(label, text);
		label = "";
	}
	for (size_t i = 0; i < choice->notes.n; i++) {
		buf_str(text, choice->notes.items[i]);
		cli_lines_print("note", text);
	}
}

static void print_lines(const struct answer *answer)
{
	struct buf text;

	buf_init(&text, BUF_MAX_TEXT);
	printf("%s\n", err_quote(answer->ask->url));
	if (answer->choice.winner)
		print_winner(answer, &text);
	else
		print_none(answer, &text);
	print_others(&answer->choice, &text);
	buf_clear(&text);
}

/* ---- the verb ---- */

static int choose(struct answer *answer, struct err *err)
{
	const struct view *view = answer->view;
	const struct route **routes =
		pool_array(&answer->pool, view->n_routes + 1, sizeof(*routes));

	for (size_t i = 0; i < view->n_routes; i++)
		routes[i] = &view->routes[i]->route;
	if (cli_choice_host(answer->ask->url, &answer->pool, &answer->host, &answer->path, err))
		return -1;
	return cli_choice_make(answer->ask->url, routes, view->n_routes, &answer->pool,
			       &answer->choice, err);
}

enum cli_status cli_explain_url(const struct explain_url *self, const struct view *view)
{
	struct answer answer = { .ask = self, .view = view };
	enum cli_status status = CLI_USAGE;
	const struct route *winner;
	struct err err;

	pool_init(&answer.pool);
	answer.facts.pool = &answer.pool;
	if (choose(&answer, &err)) {
		fprintf(stderr, "sluice explain: %s\n", err.text);
	} else {
		winner = answer.choice.winner;
		status = winner || answer.choice.is_reserved ? CLI_GOOD : CLI_REJECTED;
		if (winner) {
			cli_explain_route(view_route_of(winner), answer.path, &answer.facts);
			answer.references = self->references(self->arg, &winner->owner->key);
		}
		if (!winner && !answer.choice.is_reserved && !answer.choice.has_host)
			answer.nearest = self->nearest(self->arg, answer.host, &answer.pool);
		(self->as_json ? print_json : print_lines)(&answer);
		cJSON_Delete(answer.references);
	}
	pool_clear(&answer.pool);
	return status;
}
