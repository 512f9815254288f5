/* routes_print: the routes of a view as a table, JSON or YAML.
 *
 *   in     a view; which part of it
 *   out    text
 *   owns   the columns
 *   never  prints what a terminal would obey
 */
#include "cli/routes/routes_print.h"

#include "base/cjson.h"
#include "cli/routes/grid.h"
#include "cli/terminal.h"
#include "cli/yaml_json.h"

static const char *const state_colors[] = { [VIEW_SERVED] = NULL,
					    [VIEW_LAST_GOOD] = TERMINAL_YELLOW,
					    [VIEW_REJECTED] = TERMINAL_RED,
					    [VIEW_IGNORED] = NULL };

/* ---- which ---- */

static bool has_namespace(const struct routes_filter *filter, struct str namespace)
{
	for (size_t i = 0; i < filter->namespaces.n; i++)
		if (str_eq(filter->namespaces.items[i], namespace))
			return true;
	return filter->namespaces.n == 0;
}

static bool is_rejected(const struct view_owner *owner)
{
	return owner->state == VIEW_LAST_GOOD || owner->state == VIEW_REJECTED;
}

static bool shows_owner(const struct routes_filter *filter, const struct view_owner *owner)
{
	return has_namespace(filter, owner->owner.key.namespace) &&
	       (!filter->rejected_only || is_rejected(owner));
}

static bool shows_route(const struct routes_filter *filter, const struct view_route *route)
{
	return shows_owner(filter, route->owner) &&
	       (!filter->host.len || str_eq(publisher_route_host(&route->route), filter->host));
}

/* What has no route to be shown with. A host is asked for: nobody knows which it would be. */
static bool shows_alone(const struct routes_filter *filter, const struct view_owner *owner)
{
	return !owner->n_routes && owner->state != VIEW_SERVED && !filter->host.len &&
	       shows_owner(filter, owner);
}

/* ---- cells ---- */

static struct str host_cell(const struct route *route)
{
	return str_starts(route->from, "https://")
		       ? str_slice(route->from, strlen("https://"), route->from.len)
		       : route->from;
}

/* A mark says how the route matches, unless it is a prefix. */
static struct str path_cell(const struct route *route, struct pool *pool)
{
	if (route->path.len)
		return pool_printf(pool, "= " STR_FMT, STR_ARG(route->path));
	if (route->regex.len)
		return pool_printf(pool, "~ " STR_FMT, STR_ARG(route->regex));
	return route->prefix.len ? route->prefix : STR("/");
}

static struct str to_cell(const struct view_route *route, bool wide, struct pool *pool)
{
	struct buf text;
	struct str cell;

	if (!route->to.n)
		return STR("-");
	if (!wide && route->to.n > 1)
		return pool_printf(pool, STR_FMT " +%zu", STR_ARG(route->to.items[0]),
				   route->to.n - 1);
	buf_init(&text, BUF_MAX_TEXT);
	for (size_t i = 0; i < route->to.n; i++) {
		buf_puts(&text, i ? "," : "");
		buf_str(&text, route->to.items[i]);
	}
	cell = pool_str(pool, buf_view(&text));
	buf_clear(&text);
	return cell;
}

static struct str word(const char *text)
{
	return str_from(text);
}

/* ---- the table ---- */

static void add_route(struct grid *grid, const struct view_route *route, bool wide)
{
	struct grid_row *row = cli_grid_add(grid);
	struct pool *pool = &grid->pool;
	const struct str cells[] = { msg_key_for_people(&route->owner->owner.key, pool),
				     host_cell(&route->route),
				     path_cell(&route->route, pool),
				     to_cell(route, wide, pool),
				     word(publisher_access_word(route->access)),
				     word(cli_view_state_word(route->owner->state)) };

	for (size_t k = 0; k < grid->n_columns; k++)
		row->cells[k] = cli_terminal_plain(cells[k], pool);
	row->color = state_colors[route->owner->state];
}

static void add_alone(struct grid *grid, const struct view_owner *owner)
{
	struct grid_row *row = cli_grid_add(grid);

	for (size_t k = 0; k < grid->n_columns; k++)
		row->cells[k] = STR("-");
	row->cells[0] =
		cli_terminal_plain(msg_key_for_people(&owner->owner.key, &grid->pool), &grid->pool);
	row->cells[grid->n_columns - 1] = word(cli_view_state_word(owner->state));
	row->color = state_colors[owner->state];
}

static void print_grid(const struct grid *grid, const char *empty, size_t room, struct buf *out)
{
	if (grid->n_rows > 1) /* more than the head */
		cli_grid_print(grid, room, out);
	else
		buf_printf(out, "%s\n", empty);
}

static void print_table(const struct view *view, const struct routes_filter *filter, bool wide,
			size_t room, struct buf *out)
{
	static const struct grid_column columns[] = {
		{ "INGRESS", 4 }, { "HOST", 4 },   { "PATH", 2 },
		{ "TO", 0 },      { "ACCESS", 4 }, { "STATE", 4 },
	};
	struct grid grid;

	cli_grid_open(&grid, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < view->n_routes; i++)
		if (shows_route(filter, view->routes[i]))
			add_route(&grid, view->routes[i], wide);
	for (size_t i = 0; i < view->n_owners; i++)
		if (shows_alone(filter, view->owners[i]))
			add_alone(&grid, view->owners[i]);
	print_grid(&grid, "No routes.", wide ? 0 : room, out);
	cli_grid_close(&grid);
}

/* One line an owner, with the whole sentence. */
static void print_rejected(const struct view *view, const struct routes_filter *filter, size_t room,
			   struct buf *out)
{
	static const struct grid_column columns[] = { { "NAMESPACE/NAME", 1 },
						      { "STATE", 1 },
						      { "REASON", 1 } };
	struct grid grid;

	cli_grid_open(&grid, columns, sizeof(columns) / sizeof(columns[0]));
	grid.keeps_last = true;
	for (size_t i = 0; i < view->n_owners; i++) {
		const struct view_owner *owner = view->owners[i];
		struct grid_row *row;
		struct err reason; /* without anything that a terminal would obey */

		if (!shows_owner(filter, owner))
			continue;
		err_set(&reason, STR_FMT, STR_ARG(owner->reason));
		row = cli_grid_add(&grid);
		row->cells[0] = cli_terminal_plain(
			msg_key_for_people(&owner->owner.key, &grid.pool), &grid.pool);
		row->cells[1] = word(cli_view_state_word(owner->state));
		row->cells[2] = pool_printf(&grid.pool, "%s", reason.text);
	}
	print_grid(&grid, "Nothing is rejected.", room, out);
	cli_grid_close(&grid);
}

/* ---- JSON and YAML ---- */

static void put_owner(cJSON *out, const struct view_owner *owner)
{
	const struct msg_key *key = &owner->owner.key;

	cjson_put_text(out, "kind", word(msg_kind_name((enum msg_kind)key->kind)));
	cjson_put_filled(out, "namespace", key->namespace);
	cjson_put_text(out, "name", key->name);
	cjson_put_text(out, "state", word(cli_view_state_word(owner->state)));
	cjson_put_filled(out, "reason", owner->reason);
	cjson_put_filled(out, "since", owner->since);
}

static void put_route(cJSON *list, const struct view_route *route)
{
	cJSON *out = cjson_put_object(list, NULL), *to;

	put_owner(out, route->owner);
	cjson_put_text(out, "from", route->route.from);
	cjson_put_text(out, "host", publisher_route_host(&route->route));
	cjson_put_filled(out, "path", route->route.path);
	cjson_put_filled(out, "regex", route->route.regex);
	cjson_put_filled(out, "prefix", route->route.prefix);
	to = cjson_put_list(out, "to");
	for (size_t i = 0; i < route->to.n; i++)
		cjson_put_text(to, NULL, route->to.items[i]);
	cjson_put_text(out, "access", word(publisher_access_word(route->access)));
	cjson_put_text(out, "id", route->route.id);
}

static cJSON *document(const struct view *view, const struct routes_filter *filter)
{
	cJSON *doc = cJSON_CreateObject(), *list = cjson_put_list(doc, "routes");

	for (size_t i = 0; i < view->n_routes; i++)
		if (shows_route(filter, view->routes[i]))
			put_route(list, view->routes[i]);
	list = cjson_put_list(doc, "without_routes");
	for (size_t i = 0; i < view->n_owners; i++)
		if (shows_alone(filter, view->owners[i]))
			put_owner(cjson_put_object(list, NULL), view->owners[i]);
	return doc;
}

bool cli_routes_has_rejected(const struct view *view, const struct routes_filter *filter)
{
	for (size_t i = 0; i < view->n_owners; i++)
		if (is_rejected(view->owners[i]) && shows_owner(filter, view->owners[i]))
			return true;
	return false;
}

void cli_routes_print(const struct view *view, const struct routes_filter *filter,
		      enum routes_form form, size_t columns, struct buf *out)
{
	cJSON *doc;

	if (form == ROUTES_TABLE && filter->rejected_only) {
		print_rejected(view, filter, columns, out);
		return;
	}
	if (form == ROUTES_TABLE || form == ROUTES_WIDE) {
		print_table(view, filter, form == ROUTES_WIDE, columns, out);
		return;
	}
	doc = document(view, filter);
	if (form == ROUTES_JSON) {
		cjson_print(&doc, out);
		buf_putc(out, '\n');
	} else {
		cli_yaml_json_put(doc, out);
		cJSON_Delete(doc);
	}
}
