/* view: the routes that are served, and the owners that have none, of one side.
 *
 *   in     manifests, a cluster, a running pipeline or a databroker
 *   out    owners by key, routes in the proxy's order
 *   owns   the memory of both
 *   never  changes anything
 */
#include "cli/view/view.h"

#include <stdlib.h>

const char *cli_view_state_word(enum view_state state)
{
	static const char *const words[] = { [VIEW_SERVED] = "served",
					     [VIEW_LAST_GOOD] = "last good",
					     [VIEW_REJECTED] = "rejected",
					     [VIEW_IGNORED] = "ignored" };

	return words[state];
}

/* ---- fill ---- */

void cli_view_init(struct view *view, const struct view_wish *wish)
{
	*view = (struct view){ .wish = *wish };
	pool_init(&view->pool);
	map_init(&view->by_key, NULL);
}

void cli_view_close(struct view *view)
{
	cJSON_Delete(view->doc);
	cJSON_Delete(view->settings);
	map_clear(&view->by_key);
	pool_wipe(&view->pool);
}

struct view_owner *cli_view_owner(struct view *view, const struct msg_key *key)
{
	const struct str text = msg_key_text(key, &view->pool);
	struct view_owner *owner = map_get(&view->by_key, text);

	if (owner)
		return owner;
	owner = pool_alloc(&view->pool, sizeof(*owner));
	owner->owner.key = msg_key_dup(key, &view->pool);
	map_put(&view->by_key, text, owner);
	*(struct view_owner **)pool_push(&view->pool, &view->owners, &view->n_owners,
					 sizeof(owner)) = owner;
	return owner;
}

static struct str keep(struct view *view, const cJSON *item, const char *key)
{
	const struct str text = cjson_text(item, key);

	return text.ptr ? pool_str(&view->pool, text) : STR("");
}

static void add_to(struct view *view, struct view_route *route, struct str to)
{
	*(struct str *)pool_push(&view->pool, &route->to.items, &route->to.n, sizeof(to)) =
		pool_str(&view->pool, to);
}

static void read_to(struct view *view, const cJSON *item, struct view_route *route)
{
	const cJSON *to;

	cJSON_ArrayForEach(to, cJSON_GetObjectItemCaseSensitive(item, "to"))
		add_to(view, route, str_from(cJSON_GetStringValue(to)));
	if (cjson_flag(item, "redirect"))
		add_to(view, route, STR("redirect"));
	if (cjson_flag(item, "response"))
		add_to(view, route, STR("response"));
}

void cli_view_add_route(struct view *view, struct view_owner *owner, const cJSON *item)
{
	struct view_route *route = pool_alloc(&view->pool, sizeof(*route));
	const enum access access = publisher_access_from(cjson_text(item, "access"));

	route->owner = owner;
	route->route = (struct route){ .owner = &owner->owner,
				       .from = keep(view, item, "from"),
				       .path = keep(view, item, "path"),
				       .regex = keep(view, item, "regex"),
				       .prefix = keep(view, item, "prefix"),
				       .id = keep(view, item, "id") };
	route->access = access < N_ACCESS ? access : ACCESS_NOBODY;
	route->config = cJSON_GetObjectItemCaseSensitive(item, "config");
	read_to(view, item, route);
	owner->n_routes++;
	*(struct view_route **)pool_push(&view->pool, &view->routes, &view->n_routes,
					 sizeof(route)) = route;
}

void cli_view_take_route(struct view *view, struct view_owner *owner,
			 const struct view_route *route)
{
	struct view_route *copy = pool_alloc(&view->pool, sizeof(*copy));

	*copy = *route;
	copy->owner = owner;
	copy->route.owner = &owner->owner;
	owner->n_routes++;
	*(struct view_route **)pool_push(&view->pool, &view->routes, &view->n_routes,
					 sizeof(copy)) = copy;
}

void cli_view_add_cert(struct view *view, struct view_owner *owner, struct str secret)
{
	for (size_t i = 0; i < owner->certs.n; i++)
		if (str_eq(owner->certs.items[i], secret))
			return;
	*(struct str *)pool_push(&view->pool, &owner->certs.items, &owner->certs.n,
				 sizeof(secret)) = pool_str(&view->pool, secret);
}

static int compare_routes(const void *a, const void *b)
{
	const struct view_route *const *x = a, *const *y = b;

	return publisher_route_compare(&(*x)->route, &(*y)->route);
}

static int compare_owners(const void *a, const void *b)
{
	const struct view_owner *const *x = a, *const *y = b;

	return msg_key_cmp(&(*x)->owner.key, &(*y)->owner.key);
}

void cli_view_sort(struct view *view)
{
	if (view->n_routes)
		qsort(view->routes, view->n_routes, sizeof(struct view_route *), compare_routes);
	if (view->n_owners)
		qsort(view->owners, view->n_owners, sizeof(struct view_owner *), compare_owners);
}

/* ---- manifests and clusters ---- */

static void on_ingress(void *arg, const struct msg_key *key, const char *why_not)
{
	struct view *view = arg;
	struct view_owner *owner;

	if (!why_not)
		return;
	owner = cli_view_owner(view, key);
	owner->state = VIEW_IGNORED;
	owner->reason = pool_str(&view->pool, str_from(why_not));
}

/* What a publisher would say, of the lines of one owner; *i becomes the last of them. */
static struct str reason_of(struct view *view, const struct offline *offline, size_t *i)
{
	const struct offline_line *line = &offline->lines[*i];
	struct msg_diagnostic_list list = { 0 };

	for (;; line++, (*i)++) {
		*(struct msg_diagnostic *)pool_push(&view->pool, &list.items, &list.n,
						    sizeof(*list.items)) =
			(struct msg_diagnostic){ line->is_warning ? MSG_SEVERITY_WARNING
								  : MSG_SEVERITY_ERROR,
						 line->code, line->field, line->sentence };
		if (*i + 1 == offline->n_lines || !str_eq(line[1].name, line->name))
			return publisher_diagnostics_reason(&list, &view->pool);
	}
}

static void add_settings(struct view *view, const struct offline *offline)
{
	const struct msg_key key = { MSG_KIND_POMERIUM, STR(""),
				     cli_offline_settings.resolve.pomerium_config };
	struct resolved what = { 0 };
	struct buf text;
	struct pool pool;
	struct err err;
	enum resolve_outcome outcome;

	pool_init(&pool);
	buf_init(&text, BUF_MAX_MESSAGE);
	outcome = resolver_resolve_owner(offline->resolve, &key, &pool, &what, &err);
	if (outcome == RESOLVE_BUNDLE && what.bundle.pomerium && what.bundle.pomerium->spec &&
	    !value_to_json(what.bundle.pomerium->spec, false, &text, NULL))
		view->settings = cjson_parse(buf_view(&text));
	else if (outcome == RESOLVE_BUNDLE || outcome == RESOLVE_GONE)
		view->settings = cJSON_CreateObject();
	buf_clear(&text);
	pool_clear(&pool);
}

void cli_view_add_offline(struct view *view, struct offline *offline)
{
	cli_view_add_wanted(view, offline->wanted);
	add_settings(view, offline);
	view->no_class = !resolver_resolve_has_class(offline->resolve);
	view->allows_mass_delete = offline->allows_mass_delete;
	for (size_t i = 0; i < offline->n_certs; i++)
		cli_view_add_cert(view, cli_view_owner(view, &offline->certs[i].owner),
				  offline->certs[i].secret);
	resolver_resolve_each_ingress(offline->resolve, on_ingress, view);
	for (size_t i = 0; i < offline->n_lines; i++) {
		const struct offline_line *line = &offline->lines[i];
		struct view_owner *owner;

		if (line->is_warning)
			continue;
		owner = cli_view_owner(view, &line->owner);
		owner->state = owner->n_routes ? VIEW_LAST_GOOD : VIEW_REJECTED;
		owner->reason = reason_of(view, offline, &i);
	}
	for (size_t i = 0; i < view->n_owners; i++)
		view->owners[i]->is_named =
			cli_offline_is_named(offline, &view->owners[i]->owner.key);
}
