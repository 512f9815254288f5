/* route_parts: the routes of a CONFIG, in the pieces that it has them in.
 *
 *   in     templates, policies, upstreams and routes, packed; hosts of the ticket
 *   out    the same, checked, with whatever the templates were filled with
 *   owns   nothing
 *   never  decodes or packs once a route what routes share
 */
#include "publisher/wanted/route_parts.h"

#include "base/map.h"
#include "net/hostname.h"
#include "rules/rules.h"

static Pomerium__Config__Route *decode(const struct route_parts *self, struct str bytes,
				       struct err *err)
{
	Pomerium__Config__Route *route =
		(void *)pb_unpack(&pomerium__config__route__descriptor, bytes, self->pool, err);

	if (!route)
		err_wrap(err, "its configuration does not decode");
	return route;
}

static int refuse(struct err *err)
{
	return err_rule(err, RULE_SPLICE,
			"a piece of its routes stands where its configuration has no place for it");
}

/* What names and places a route is of that route alone. */
static bool is_shared(const Pomerium__Config__Route *route)
{
	return !route->has_from && !route->has_path && !route->has_prefix && !route->has_regex &&
	       !route->has_id;
}

static int check_parts(const struct route_parts *self, const struct msg_route_part_list *list,
		       struct err *err)
{
	for (size_t i = 0; i < list->n; i++) {
		const Pomerium__Config__Route *part = decode(self, list->items[i].bytes, err);

		if (!part)
			return -1;
		if (!is_shared(part))
			return refuse(err);
	}
	return 0;
}

static int open_templates(struct route_parts *self, struct err *err)
{
	const struct msg_route_template_list *list = &self->config->templates;

	self->templates = pool_array(self->pool, list->n + 1, sizeof(struct str *));
	for (size_t i = 0; i < list->n; i++) {
		self->templates[i] = decode(self, list->items[i].route, err);
		if (!self->templates[i])
			return -1;
		if (!is_shared(self->templates[i]) || self->templates[i]->n_to ||
		    list->items[i].policies >= (int64_t)self->config->policies.n)
			return refuse(err);
	}
	return 0;
}

static int check_route(const struct route_parts *self, const struct map *hosts,
		       const struct msg_route *route, struct route_place *place, struct err *err)
{
	const Pomerium__Config__Route *own = decode(self, route->route, err);
	struct str host;

	if (!own)
		return -1;
	if (route->template >= self->config->templates.n ||
	    route->upstreams >= (int64_t)self->config->upstreams.n || !own->has_from)
		return refuse(err);
	*place = publisher_route_place(own);
	if (route->upstreams >= 0)
		place->at = self->config->upstreams.items[route->upstreams].bytes.len;
	host = hostname_normal(hostname_of_url(pb_str(own->from)), self->pool);
	if (map_get(hosts, host))
		return 0;
	return err_rule(err, RULE_HOST_FOREIGN,
			"a route has the host %s, which its owner does not name", err_quote(host));
}

/* A route has one of the hosts that its ticket names. */
static int check_routes(struct route_parts *self, const struct str_list *named, struct err *err)
{
	const struct msg_route_list *list = &self->config->routes;
	struct map hosts;
	int rc = 0;

	map_init(&hosts, NULL);
	self->places = pool_array(self->pool, list->n + 1, sizeof(*self->places));
	for (size_t i = 0; i < named->n; i++)
		map_put(&hosts, named->items[i], &named->items[i]);
	for (size_t i = 0; !rc && i < list->n; i++)
		rc = check_route(self, &hosts, &list->items[i], &self->places[i], err);
	map_clear(&hosts);
	return rc;
}

int publisher_route_parts_open(struct route_parts *self, const struct arrival *arrival,
			       struct pool *pool, struct err *err)
{
	*self = (struct route_parts){ .config = &arrival->config, .pool = pool };
	if (check_parts(self, &self->config->policies, err) < 0 ||
	    check_parts(self, &self->config->upstreams, err) < 0 || open_templates(self, err) < 0)
		return -1;
	return check_routes(self, &arrival->ticket.hosts, err);
}

static struct str join(struct str a, struct str b, struct pool *pool)
{
	char *both = pool_alloc(pool, a.len + b.len + 1);

	if (a.len)
		memcpy(both, a.ptr, a.len);
	if (b.len)
		memcpy(both + a.len, b.ptr, b.len);
	return (struct str){ both, a.len + b.len };
}

struct packed_route *publisher_route_parts_pack(const struct route_parts *self)
{
	const struct msg_config *config = self->config;
	const struct msg_route_list *list = &config->routes;
	struct packed_route *out = pool_array(self->pool, list->n + 1, sizeof(*out));
	struct str *shared = pool_array(self->pool, config->templates.n + 1, sizeof(*shared));

	for (size_t i = 0; i < config->templates.n; i++)
		shared[i] = pb_pack_to_pool(&self->templates[i]->base, self->pool);
	for (size_t i = 0; i < list->n; i++) {
		const struct msg_route *route = &list->items[i];
		const int64_t policies = config->templates.items[route->template].policies;

		out[i].shared = shared[route->template];
		out[i].policies = policies < 0 ? STR("") : config->policies.items[policies].bytes;
		out[i].own = route->upstreams < 0
				     ? route->route
				     : join(config->upstreams.items[route->upstreams].bytes,
					    route->route, self->pool);
	}
	return out;
}
