/* forecast: what would be different if one view took the place of another.
 *
 *   in     two views with whole routes
 *   out    routes, access, hosts, certificates and rejections that differ
 *   owns   what counts as a difference
 *   never  sees a value of a Secret: whether one differs is not said
 */
#include "cli/plan/forecast.h"

#include <stdlib.h>

#include "base/mem.h"
#include "publisher/sink/guard.h"
#include "publisher/wanted/shown.h"

/* ---- JSON ---- */

static bool is_hidden(const cJSON *item)
{
	return cJSON_IsString(item) && str_is(str_from(item->valuestring), SHOWN_HIDDEN);
}

/* What is hidden on one side equals anything. */
static bool is_same(const cJSON *a, const cJSON *b)
{
	const cJSON *item, *other;

	if (!a || !b)
		return a == b;
	if (is_hidden(a) || is_hidden(b))
		return true;
	if (a->type != b->type || cJSON_GetArraySize(a) != cJSON_GetArraySize(b))
		return false;
	if (!cJSON_IsObject(a) && !cJSON_IsArray(a))
		return cJSON_Compare(a, b, true);
	other = b->child;
	cJSON_ArrayForEach(item, a) {
		if (cJSON_IsObject(a))
			other = cJSON_GetObjectItemCaseSensitive(b, item->string);
		if (!is_same(item, other))
			return false;
		other = other->next;
	}
	return true;
}

/* ---- routes ---- */

static void add_field(struct forecast *self, struct forecast_fields *out, const char *name,
		      const cJSON *before, const cJSON *after)
{
	if (!is_same(before, after))
		*(struct forecast_field *)pool_push(&self->pool, &out->items, &out->n,
						    sizeof(*out->items)) =
			(struct forecast_field){ name, before, after };
}

static void compare_fields(struct forecast *self, struct forecast_fields *out, const cJSON *before,
			   const cJSON *after)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, before)
		add_field(self, out, item->string, item,
			  cJSON_GetObjectItemCaseSensitive(after, item->string));
	cJSON_ArrayForEach(item, after)
		if (!cJSON_GetObjectItemCaseSensitive(before, item->string))
			add_field(self, out, item->string, NULL, item);
}

static void add_route(struct forecast *self, const struct forecast_route *route)
{
	*(struct forecast_route *)pool_push(&self->pool, &self->routes, &self->n_routes,
					    sizeof(*route)) = *route;
}

static void compare_routes(struct forecast *self, const struct view *before,
			   const struct view *after)
{
	struct map by_id;

	map_init(&by_id, NULL);
	for (size_t i = 0; i < before->n_routes; i++)
		map_put(&by_id, before->routes[i]->route.id, before->routes[i]);
	for (size_t i = 0; i < after->n_routes; i++) {
		struct forecast_route route = { .change = ROUTE_CHANGED,
						.route = after->routes[i] };
		const struct view_route *old = map_take(&by_id, route.route->route.id);

		if (!old)
			route.change = ROUTE_ADDED;
		else
			compare_fields(self, &route.fields, old->config, route.route->config);
		if (!old || route.fields.n)
			add_route(self, &route);
	}
	for (size_t i = 0; i < before->n_routes; i++)
		if (map_get(&by_id, before->routes[i]->route.id))
			add_route(self, &(struct forecast_route){ .change = ROUTE_REMOVED,
								  .route = before->routes[i] });
	map_clear(&by_id);
}

/* ---- access ---- */

static struct str place_key(const struct route *route, struct pool *pool)
{
	return pool_printf(pool, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT,
			   STR_ARG(route->from), STR_ARG(route->path), STR_ARG(route->regex),
			   STR_ARG(route->prefix));
}

/* The route that serves at each place: the first one in the proxy's order. */
static void map_places(const struct view *view, struct map *places, struct pool *pool)
{
	map_init(places, NULL);
	for (size_t i = 0; i < view->n_routes; i++) {
		const struct str key = place_key(&view->routes[i]->route, pool);

		if (!map_get(places, key))
			map_put(places, key, view->routes[i]);
	}
}

static bool has_same_policy(const struct view_route *a, const struct view_route *b)
{
	static const char *const fields[] = { "policies", "allowed_users", "allowed_domains",
					      "allowed_idp_claims" };

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (!is_same(cJSON_GetObjectItemCaseSensitive(a->config, fields[i]),
			     cJSON_GetObjectItemCaseSensitive(b->config, fields[i])))
			return false;
	return true;
}

static void compare_place(struct forecast *self, const struct view_route *before,
			  const struct view_route *after)
{
	struct forecast_access access = { .before = before, .after = after };

	if (!before && after->access < ACCESS_ANY_USER)
		return;
	if (!before || after->access > before->access)
		access.change = ACCESS_WIDER;
	else if (after->access < before->access)
		access.change = ACCESS_NARROWER;
	else if (after->access == ACCESS_POLICY && !has_same_policy(before, after))
		access.change = ACCESS_OTHER_POLICY;
	else
		return;
	*(struct forecast_access *)pool_push(&self->pool, &self->access, &self->n_access,
					     sizeof(access)) = access;
}

static int by_change(const void *a, const void *b)
{
	const struct forecast_access *x = a, *y = b;

	if (x->change != y->change)
		return (int)x->change - (int)y->change;
	return publisher_route_compare(&x->after->route, &y->after->route);
}

static void compare_access(struct forecast *self, const struct view *before,
			   const struct view *after)
{
	struct map old, new;
	struct str key;
	void *route;

	map_places(before, &old, &self->pool);
	map_places(after, &new, &self->pool);
	for (size_t i = 0; map_next(&new, &i, &key, &route);)
		compare_place(self, map_get(&old, key), route);
	if (self->n_access)
		qsort(self->access, self->n_access, sizeof(*self->access), by_change);
	map_clear(&old);
	map_clear(&new);
}

/* ---- hosts ---- */

/* Host -> its owners, ",shop/web,shop/api,": in a buf of the pool's text. */
static void map_hosts(const struct view *view, struct map *hosts, struct pool *pool)
{
	map_init(hosts, NULL);
	for (size_t i = 0; i < view->n_routes; i++) {
		const struct str host = publisher_route_host(&view->routes[i]->route);
		const struct str name =
			msg_key_for_people(&view->routes[i]->owner->owner.key, pool);
		const struct str item = pool_printf(pool, "," STR_FMT ",", STR_ARG(name));
		struct str *owners = map_get(hosts, host);

		if (!owners) {
			owners = pool_alloc(pool, sizeof(*owners));
			*owners = item;
			map_put(hosts, host, owners);
		} else if (!memmem(owners->ptr, owners->len, item.ptr, item.len)) {
			*owners = pool_printf(pool, STR_FMT STR_FMT ",", STR_ARG(*owners),
					      STR_ARG(name));
		}
	}
}

/* Whether one of `now` is not among `then`. */
static bool has_newcomer(struct str now, struct str then, struct pool *pool)
{
	struct str name;

	now = str_slice(now, 1, now.len);
	while (str_cut(now, ',', &name, &now)) {
		const struct str item = pool_printf(pool, "," STR_FMT ",", STR_ARG(name));

		if (!memmem(then.ptr, then.len, item.ptr, item.len))
			return true;
	}
	return false;
}

static struct str without_ends(struct str list)
{
	return str_slice(list, 1, list.len - 1);
}

static void compare_hosts(struct forecast *self, const struct view *before,
			  const struct view *after)
{
	struct map old, new;
	struct str *keys;

	map_hosts(before, &old, &self->pool);
	map_hosts(after, &new, &self->pool);
	keys = map_sorted_keys(&new);
	for (size_t i = 0; i < new.n; i++) {
		const struct str *now = map_get(&new, keys[i]), *then = map_get(&old, keys[i]);

		if (then && has_newcomer(*now, *then, &self->pool))
			*(struct forecast_host *)pool_push(&self->pool, &self->hosts,
							   &self->n_hosts, sizeof(*self->hosts)) =
				(struct forecast_host){ pool_str(&self->pool, keys[i]),
							without_ends(*then), without_ends(*now) };
	}
	mem_free(keys);
	map_clear(&old);
	map_clear(&new);
}

/* ---- certificates ---- */

static bool offers(const struct view_owner *owner, struct str secret)
{
	for (size_t i = 0; owner && i < owner->certs.n; i++)
		if (str_eq(owner->certs.items[i], secret))
			return true;
	return false;
}

static struct view_owner *find(const struct view *view, const struct view_owner *owner,
			       struct pool *pool)
{
	return map_get(&view->by_key, msg_key_text(&owner->owner.key, pool));
}

/* A databroker has a record for each Secret: who offers it is not said there. */
static bool is_by_secret(const struct view *view)
{
	for (size_t i = 0; i < view->n_owners; i++)
		if (view->owners[i]->owner.key.kind == MSG_KIND_SECRET)
			return true;
	return false;
}

static void map_secrets(const struct view *view, struct map *secrets)
{
	map_init(secrets, NULL);
	for (size_t i = 0; i < view->n_owners; i++)
		for (size_t k = 0; k < view->owners[i]->certs.n; k++)
			map_put(secrets, view->owners[i]->certs.items[k], view->owners[i]);
}

/* Those that one view has and the other has not. */
static void add_certs(struct forecast *self, const struct view *has, const struct view *has_not,
		      bool by_secret, bool added)
{
	struct map secrets;

	map_secrets(has_not, &secrets);
	for (size_t i = 0; i < has->n_owners; i++) {
		const struct view_owner *owner = has->owners[i];
		const struct view_owner *other = find(has_not, owner, &self->pool);

		for (size_t k = 0; k < owner->certs.n; k++) {
			const struct str secret = owner->certs.items[k];

			if (by_secret ? map_get(&secrets, secret) != NULL : offers(other, secret))
				continue;
			*(struct forecast_cert *)pool_push(&self->pool, &self->certs,
							   &self->n_certs, sizeof(*self->certs)) =
				(struct forecast_cert){ added, owner, secret };
		}
	}
	map_clear(&secrets);
}

static void compare_certs(struct forecast *self, const struct view *before,
			  const struct view *after)
{
	const bool by_secret = is_by_secret(before) || is_by_secret(after);

	add_certs(self, after, before, by_secret, true);
	add_certs(self, before, after, by_secret, false);
}

/* ---- owners ---- */

static bool is_rejected(const struct view_owner *owner)
{
	return owner && (owner->state == VIEW_REJECTED || owner->state == VIEW_LAST_GOOD);
}

/* What a pipeline does: a rejected owner goes on with what it had. */
static void keep_last_good(struct forecast *self, const struct view *before, struct view *after)
{
	for (size_t i = 0; i < before->n_routes; i++) {
		struct view_owner *owner = find(after, before->routes[i]->owner, &self->pool);

		if (!is_rejected(owner) || (owner->n_routes && owner->state != VIEW_LAST_GOOD))
			continue;
		owner->state = VIEW_LAST_GOOD;
		owner->certs = before->routes[i]->owner->certs;
		cli_view_take_route(after, owner, before->routes[i]);
	}
	cli_view_sort(after);
}

static void list_rejected(struct forecast *self, const struct view *before,
			  const struct view *after)
{
	for (size_t i = 0; i < after->n_owners; i++) {
		const struct view_owner *owner = after->owners[i],
					*old = find(before, owner, &self->pool);

		if (!is_rejected(owner))
			continue;
		*(struct forecast_reject *)pool_push(&self->pool, &self->rejects, &self->n_rejects,
						     sizeof(*self->rejects)) =
			(struct forecast_reject){
				.owner = owner,
				.is_new = owner->is_named || !is_rejected(old) ||
					  !str_eq(old->reason, owner->reason),
				.keeps_last = owner->state == VIEW_LAST_GOOD,
			};
	}
}

/* While the newest ones are rejected, the old ones stay. */
static void compare_settings(struct forecast *self, const struct view *before,
			     const struct view *after)
{
	for (size_t i = 0; i < after->n_owners; i++)
		if (after->owners[i]->owner.key.kind == MSG_KIND_POMERIUM &&
		    is_rejected(after->owners[i]))
			return;
	if (before->settings && after->settings)
		compare_fields(self, &self->settings, before->settings, after->settings);
}

/* By the rule of the publisher, for what a databroker stores. */
static void ask_guard(struct forecast *self, const struct view *before, const struct view *after,
		      unsigned share)
{
	const struct guard_terms terms = { (long)share, after->allows_mass_delete,
					   after->no_class };
	size_t n = 0;

	for (size_t i = 0; i < before->n_owners; i++) {
		const struct view_owner *now = find(after, before->owners[i], &self->pool);
		const size_t n_now = now ? now->n_routes : 0, n_then = before->owners[i]->n_routes;

		n += n_then > n_now ? n_then - n_now : 0;
	}
	self->n_served = before->n_routes;
	if (publisher_guard_is_too_much(&terms, n, before->n_routes))
		self->n_held = n;
}

void cli_forecast_make(struct forecast *self, struct view *before, struct view *after,
		       unsigned max_delete_share)
{
	*self = (struct forecast){ 0 };
	pool_init(&self->pool);
	list_rejected(self, before, after); /* before their routes are kept */
	keep_last_good(self, before, after);
	for (size_t i = 0; i < self->n_rejects; i++)
		self->rejects[i].keeps_last = self->rejects[i].owner->n_routes > 0;
	compare_access(self, before, after);
	compare_routes(self, before, after);
	compare_hosts(self, before, after);
	compare_certs(self, before, after);
	compare_settings(self, before, after);
	ask_guard(self, before, after, max_delete_share);
}

void cli_forecast_clear(struct forecast *self)
{
	pool_clear(&self->pool);
}

enum cli_status cli_forecast_status(const struct forecast *self)
{
	for (size_t i = 0; i < self->n_rejects; i++)
		if (self->rejects[i].is_new)
			return CLI_REJECTED;
	return self->n_routes || self->n_certs || self->settings.n ? CLI_CHANGES : CLI_GOOD;
}
