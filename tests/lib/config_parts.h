/* config_parts: a packed Config into the pieces of a CONFIG, and back. */
#ifndef TESTS_CONFIG_PARTS_H
#define TESTS_CONFIG_PARTS_H

#include "msg/config.h"
#include "net/hostname.h"
#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"

/* Each route has a template of its own, and policies if it has any. */
static inline void config_parts_add(const Pomerium__Config__Route *route, struct pool *pool,
				    struct msg_config *out)
{
	Pomerium__Config__Route shared = *route, policies = POMERIUM__CONFIG__ROUTE__INIT,
				own = POMERIUM__CONFIG__ROUTE__INIT;
	struct msg_route *item = pool_push(pool, &out->routes.items, &out->routes.n, sizeof(*item));
	struct msg_route_template *template =
		pool_push(pool, &out->templates.items, &out->templates.n, sizeof(*template));
	struct msg_route_part *part;

	template->policies = -1;
	if (shared.n_policies) {
		policies.n_policies = shared.n_policies;
		policies.policies = shared.policies;
		part = pool_push(pool, &out->policies.items, &out->policies.n, sizeof(*part));
		part->bytes = pb_pack_to_pool(&policies.base, pool);
		template->policies = (int64_t)out->policies.n - 1;
	}
#define MOVE(field)                           \
	own.has_##field = shared.has_##field; \
	own.field = shared.field;             \
	shared.has_##field = false
	MOVE(from);
	MOVE(path);
	MOVE(prefix);
	MOVE(regex);
	MOVE(id);
#undef MOVE
	own.n_to = shared.n_to;
	own.to = shared.to;
	shared.n_policies = shared.n_to = 0;
	template->route = pb_pack_to_pool(&shared.base, pool);
	*item = (struct msg_route){ out->templates.n - 1, -1, pb_pack_to_pool(&own.base, pool) };
}

/* False: it does not decode. */
static inline bool config_parts_split(struct str packed, struct pool *pool, struct msg_config *out,
				      struct str_list *hosts)
{
	Pomerium__Config__Config *config =
		(void *)pb_unpack(&pomerium__config__config__descriptor, packed, pool, NULL);

	if (!config)
		return false;
	for (size_t i = 0; i < config->n_routes; i++) {
		config_parts_add(config->routes[i], pool, out);
		*(struct str *)pool_push(pool, &hosts->items, &hosts->n, sizeof(struct str)) =
			hostname_normal(hostname_of_url(pb_str(config->routes[i]->from)), pool);
	}
	config->n_routes = 0;
	out->settings = pb_pack_to_pool(&config->base, pool);
	return true;
}

/* The Config that a CONFIG says; NULL: a piece does not decode. */
static inline Pomerium__Config__Config *config_parts_join(const struct msg_config *from,
							  struct pool *pool, struct err *err)
{
	Pomerium__Config__Config *config =
		(void *)pb_unpack(&pomerium__config__config__descriptor, from->settings, pool, err);
	struct buf buf;

	buf_init(&buf, BUF_MAX_MESSAGE);
	for (size_t i = 0; config && i < from->routes.n; i++) {
		const struct msg_route *r = &from->routes.items[i];
		const struct msg_route_template *t = &from->templates.items[r->template];
		Pomerium__Config__Route *route;

		buf_reset(&buf);
		buf_str(&buf, t->route);
		if (t->policies >= 0)
			buf_str(&buf, from->policies.items[t->policies].bytes);
		if (r->upstreams >= 0)
			buf_str(&buf, from->upstreams.items[r->upstreams].bytes);
		buf_str(&buf, r->route);
		route = (void *)pb_unpack(&pomerium__config__route__descriptor, buf_view(&buf),
					  pool, err);
		if (!route)
			config = NULL;
		else
			PB_PUSH(pool, config, routes, route);
	}
	buf_clear(&buf);
	return config;
}

#endif
