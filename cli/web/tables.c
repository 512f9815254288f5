/* tables: what the page asks of the model.
 *
 *   in     the model; words, a state, an offset
 *   out    JSON: {"matched":N, "offset":N, "rows":[...]}
 *   owns   nothing
 *   never  puts more than TABLES_ROWS rows into an answer
 */
#include "cli/web/tables.h"

#include "base/mem.h"
#include "cli/match/choice.h"

#define MAX_WORDS 8

/* Rows that go into an answer, of all that match. */
struct window {
	cJSON *out, *rows;
	size_t offset, n_matched, n_rows;
};

static struct window window_of(const struct tables_query *query, cJSON *out)
{
	return (struct window){ .out = out,
				.rows = cjson_put_list(out, "rows"),
				.offset = query->offset };
}

/* The next row that matches, to be filled in; NULL: it is not in the window. */
static cJSON *next_row(struct window *window)
{
	if (window->n_matched++ < window->offset || window->n_rows == TABLES_ROWS)
		return NULL;
	window->n_rows++;
	return cjson_put_object(window->rows, NULL);
}

static void end(const struct window *window)
{
	cjson_put_number(window->out, "matched", (long long)window->n_matched);
	cjson_put_number(window->out, "offset", (long long)window->offset);
}

/* ---- words ---- */

struct words {
	struct str items[MAX_WORDS];
	size_t n;
	struct buf text; /* of a row, all columns */
};

static void words_open(struct words *words, struct str text)
{
	struct str rest = text, word;
	bool more = true;

	words->n = 0;
	while (more && words->n < MAX_WORDS) {
		more = str_cut(rest, ' ', &word, &rest);
		word = more ? word : rest;
		if (word.len)
			words->items[words->n++] = word;
	}
	buf_init(&words->text, BUF_MAX_TEXT);
}

static void words_add(struct words *words, struct str column)
{
	if (words->n) {
		buf_str(&words->text, column);
		buf_putc(&words->text, '\n');
	}
}

static bool has_word(struct str text, struct str word)
{
	for (size_t i = 0; i + word.len <= text.len; i++)
		if (strncasecmp(text.ptr + i, word.ptr, word.len) == 0)
			return true;
	return false;
}

/* Whether all are in the columns that were added since the last question. */
static bool words_match(struct words *words)
{
	bool all = true;

	for (size_t i = 0; i < words->n && all; i++)
		all = has_word(buf_view(&words->text), words->items[i]);
	buf_reset(&words->text);
	return all;
}

static void words_close(struct words *words)
{
	buf_clear(&words->text);
}

/* ---- routes ---- */

/* How a route matches a path; without any of the three it matches every one. */
static const char *match_of(const struct route *route, struct str *text)
{
	*text = route->path.len     ? route->path
		: route->regex.len  ? route->regex
		: route->prefix.len ? route->prefix
				    : STR("/");
	return route->path.len ? "path" : route->regex.len ? "regex" : "prefix";
}

static void put_owner(cJSON *row, const struct msg_key *key)
{
	cjson_put_text(row, "kind", str_from(msg_kind_name((enum msg_kind)key->kind)));
	cjson_put_filled(row, "namespace", key->namespace);
	cjson_put_text(row, "name", key->name);
}

static void put_place(cJSON *row, const struct route *route)
{
	struct str path;
	const char *match = match_of(route, &path);

	cjson_put_text(row, "from", route->from);
	cjson_put_text(row, "match", str_from(match));
	cjson_put_text(row, "path", path);
}

static void put_route(cJSON *row, const struct view_route *route)
{
	cJSON *to = cjson_put_list(row, "to");

	put_owner(row, &route->owner->owner.key);
	put_place(row, &route->route);
	for (size_t i = 0; i < route->to.n; i++)
		cjson_put_text(to, NULL, route->to.items[i]);
	cjson_put_text(row, "access", str_from(publisher_access_word(route->access)));
}

static void put_state(cJSON *row, const struct view_owner *owner)
{
	cjson_put_text(row, "state", str_from(cli_view_state_word(owner->state)));
	cjson_put_filled(row, "sentence", owner->reason);
	if (!owner->reason.len)
		cjson_put_filled(row, "mended", owner->last_error);
	cjson_put_filled(row, "since", owner->since);
}

static bool matches(struct words *words, const struct tables_query *query,
		    const struct view_owner *owner, const struct view_route *route)
{
	struct buf name;

	if (query->state.len && !str_is(query->state, cli_view_state_word(owner->state)))
		return false;
	if (!words->n)
		return true;
	buf_init(&name, BUF_MAX_TEXT);
	buf_printf(&name, STR_FMT "/" STR_FMT, STR_ARG(owner->owner.key.namespace),
		   STR_ARG(owner->owner.key.name));
	words_add(words, buf_view(&name));
	words_add(words, str_from(cli_view_state_word(owner->state)));
	words_add(words, owner->reason.len ? owner->reason : owner->last_error);
	for (size_t i = 0; route && i < route->to.n; i++)
		words_add(words, route->to.items[i]);
	if (route) {
		struct str path;

		(void)match_of(&route->route, &path);
		words_add(words, route->route.from);
		words_add(words, path);
		words_add(words, str_from(publisher_access_word(route->access)));
	}
	buf_clear(&name);
	return words_match(words);
}

/* Settings have no route: they are in the table when something is wrong with them. */
static bool is_shown(const struct view_owner *owner)
{
	return owner->owner.key.kind != MSG_KIND_POMERIUM || owner->reason.len;
}

static void count_states(const struct model *model, cJSON *out)
{
	size_t counts[VIEW_IGNORED + 1] = { 0 };

	for (size_t i = 0; i < model->view.n_owners; i++)
		counts[model->view.owners[i]->state] += is_shown(model->view.owners[i]);
	for (int state = VIEW_SERVED; state <= VIEW_IGNORED; state++)
		cjson_put_number(out, cli_view_state_word((enum view_state)state),
				 (long long)counts[state]);
}

void cli_web_tables_routes(const struct model *model, const struct tables_query *query, cJSON *out)
{
	const struct view *view = &model->view;
	struct window window = window_of(query, out);
	struct words words;
	cJSON *row;

	words_open(&words, query->words);
	for (size_t i = 0; i < view->n_routes; i++) {
		const struct view_route *route = view->routes[i];

		if (!matches(&words, query, route->owner, route) || !(row = next_row(&window)))
			continue;
		put_route(row, route);
		put_state(row, route->owner);
	}
	for (size_t i = 0; i < view->n_owners; i++) {
		const struct view_owner *owner = view->owners[i];

		if (owner->n_routes || !is_shown(owner) || !matches(&words, query, owner, NULL) ||
		    !(row = next_row(&window)))
			continue;
		put_owner(row, &owner->owner.key);
		put_state(row, owner);
	}
	words_close(&words);
	end(&window);
	count_states(model, cjson_put_object(out, "owners"));
}

/* ---- conflicts ---- */

static bool is_same_place(const struct route *a, const struct route *b)
{
	return str_eq(a->from, b->from) && str_eq(a->path, b->path) &&
	       str_eq(a->prefix, b->prefix) && str_eq(a->regex, b->regex);
}

/* Those of one place stand in a row: the first of them serves. */
void cli_web_tables_conflicts(const struct model *model, const struct tables_query *query,
			      cJSON *out)
{
	const struct view *view = &model->view;
	struct window window = window_of(query, out);

	for (size_t i = 0, end_of; i < view->n_routes; i = end_of) {
		const struct view_route *first = view->routes[i];
		bool others = false;
		cJSON *row, *list;

		for (end_of = i + 1; end_of < view->n_routes &&
				     is_same_place(&first->route, &view->routes[end_of]->route);
		     end_of++)
			others |= view->routes[end_of]->owner != first->owner;
		if (!others || !(row = next_row(&window)))
			continue;
		put_place(row, &first->route);
		list = cjson_put_list(row, "owners");
		for (size_t k = i; k < end_of && k < i + TABLES_ROWS; k++)
			put_owner(cjson_put_object(list, NULL), &view->routes[k]->owner->owner.key);
	}
	end(&window);
}

/* ---- certificates, what is held back, changes ---- */

void cli_web_tables_certificates(const struct model *model, const struct tables_query *query,
				 cJSON *out)
{
	struct window window = window_of(query, out);

	for (size_t i = 0; i < model->n_certs; i++) {
		const struct model_cert *cert = &model->certs[i];
		cJSON *row = next_row(&window), *names;

		if (!row)
			continue;
		cjson_put_text(row, "secret", cert->secret);
		cjson_put_text(row, "not_after", cert->not_after);
		cjson_put_bool(row, "published", cert->is_published);
		names = cjson_put_list(row, "names");
		for (size_t k = 0; k < cert->names.n && k < TABLES_ROWS; k++)
			cjson_put_text(names, NULL, cert->names.items[k]);
	}
	end(&window);
}

void cli_web_tables_held(const struct model *model, const struct tables_query *query, cJSON *out)
{
	struct window window = window_of(query, out);
	long long n_routes = 0;

	for (size_t i = 0; i < model->n_held; i++) {
		cJSON *row = next_row(&window);

		n_routes += model->held[i].n_routes;
		if (!row)
			continue;
		cjson_put_text(row, "record", model->held[i].record);
		cjson_put_number(row, "routes", model->held[i].n_routes);
	}
	end(&window);
	cjson_put_number(out, "routes", n_routes);
}

void cli_web_tables_changes(const struct model *model, const struct tables_query *query, cJSON *out)
{
	const size_t n =
		model->n_changes < MODEL_CHANGES_MAX ? model->n_changes : MODEL_CHANGES_MAX;
	struct window window = window_of(query, out);

	for (size_t i = 0; i < n; i++) {
		const struct model_change *change =
			&model->changes[(model->n_changes - 1 - i) % MODEL_CHANGES_MAX];
		cJSON *row = next_row(&window);

		if (!row)
			continue;
		cjson_put_text(row, "at", str_from(change->at));
		cjson_put_text(row, "kind", str_from(change->kind));
		cjson_put_filled(row, "namespace", str_from(change->namespace));
		cjson_put_text(row, "name", str_from(change->name));
		cjson_put_text(row, "what", str_from(change->what));
		cjson_put_filled(row, "sentence", str_from(change->sentence));
	}
	end(&window);
}

/* ---- which route ---- */

/* Each of them is the first member of a view_route. */
static const struct route *const *routes_of(const struct view *view, struct pool *pool)
{
	const struct route **routes = pool_array(pool, view->n_routes + 1, sizeof(*routes));

	for (size_t i = 0; i < view->n_routes; i++)
		routes[i] = &view->routes[i]->route;
	return routes;
}

void cli_web_tables_url(const struct model *model, struct str url, cJSON *out)
{
	struct choice choice;
	struct err err = { "" };
	struct pool pool;
	cJSON *list, *item;

	pool_init(&pool);
	cjson_put_text(out, "url", url);
	if (cli_choice_make(url, routes_of(&model->view, &pool), model->view.n_routes, &pool,
			    &choice, &err)) {
		cjson_put_text(out, "error", str_from(err.text));
		pool_clear(&pool);
		return;
	}
	cjson_put_bool(out, "answered_by_pomerium", choice.is_reserved);
	cjson_put_bool(out, "has_host", choice.has_host);
	if (choice.winner)
		put_route(cjson_put_object(out, "route"), (const struct view_route *)choice.winner);
	list = cjson_put_list(out, "others");
	for (size_t i = 0, n = 0; i < choice.n_matches && n < TABLES_ROWS; i++) {
		if (choice.matches[i].route == choice.winner)
			continue;
		n++;
		item = cjson_put_object(list, NULL);
		put_route(item, (const struct view_route *)choice.matches[i].route);
		cjson_put_text(item, "why_not", choice.matches[i].why_not);
	}
	list = cjson_put_list(out, "notes");
	for (size_t i = 0; i < choice.notes.n && i < TABLES_ROWS; i++)
		cjson_put_text(list, NULL, choice.notes.items[i]);
	pool_clear(&pool);
}
