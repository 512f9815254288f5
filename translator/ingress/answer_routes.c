/* answer_routes: packs the routes of an Ingress, what they share once.
 *
 *   in     the routes, each begun as a copy of the one that the annotations say
 *   out    template, policies, upstreams and routes of a CONFIG
 *   owns   which fields are of each route alone
 *   never  packs the policies or the headers of an Ingress once a path
 */
#include "translator/ingress/ingress.h"

#include "base/map.h"
#include "rules/rules.h"

#define OWN_MAX (BUF_MAX_MESSAGE / 2) /* of all that is packed for one Ingress */

struct packing {
	struct ingress_job *job;
	struct map upstreams; /* packed -> its index and one */
	size_t used;          /* bytes so far */
};

static struct str pack(struct packing *self, const Pomerium__Config__Route *route)
{
	struct buf bytes;
	struct str out;

	buf_init(&bytes, OWN_MAX);
	pb_pack(&route->base, &bytes);
	self->used += bytes.full ? OWN_MAX + 1 : bytes.len;
	out = pool_bytes(self->job->pool, bytes.len ? buf_view(&bytes).ptr : "", bytes.len);
	buf_clear(&bytes);
	return out;
}

static void push(struct msg_route_part_list *list, struct str bytes, struct pool *pool)
{
	struct msg_route_part *part = pool_push(pool, &list->items, &list->n, sizeof(*part));

	part->bytes = bytes;
}

/* All but the policies of what the annotations say, and these apart. */
static void add_template(struct packing *self)
{
	struct msg_config *out = self->job->out;
	Pomerium__Config__Route shared = *self->job->route,
				policies = POMERIUM__CONFIG__ROUTE__INIT;
	struct msg_route_template *template = pool_push(self->job->pool, &out->templates.items,
							&out->templates.n, sizeof(*template));

	template->policies = shared.n_policies ? 0 : -1;
	if (shared.n_policies) {
		policies.n_policies = shared.n_policies;
		policies.policies = shared.policies;
		push(&out->policies, pack(self, &policies), self->job->pool);
	}
	shared.n_policies = 0;
	template->route = pack(self, &shared);
}

/* Most paths of an Ingress lead to few Services. */
static int64_t add_upstreams(struct packing *self, const Pomerium__Config__Route *route)
{
	struct msg_route_part_list *list = &self->job->out->upstreams;
	Pomerium__Config__Route upstreams = POMERIUM__CONFIG__ROUTE__INIT;
	struct str bytes;
	size_t at;

	if (!route->n_to)
		return -1;
	upstreams.n_to = route->n_to;
	upstreams.to = route->to;
	bytes = pack(self, &upstreams);
	at = (size_t)map_get(&self->upstreams, bytes);
	if (at) {
		self->used -= bytes.len;
		return (int64_t)at - 1;
	}
	push(list, bytes, self->job->pool);
	map_put(&self->upstreams, bytes, (void *)list->n);
	return (int64_t)list->n - 1;
}

/* A text that the template does not have, or has otherwise. */
#define TAKE(own, route, shared, field)                                         \
	do {                                                                    \
		if ((route)->has_##field &&                                     \
		    (!(shared)->has_##field ||                                  \
		     !str_eq(pb_str((route)->field), pb_str((shared)->field)))) \
			PB_SET_TEXT(own, field, pb_str((route)->field));        \
	} while (0)

static void add_route(struct packing *self, const Pomerium__Config__Route *route)
{
	const Pomerium__Config__Route *shared = self->job->route;
	struct msg_route_list *list = &self->job->out->routes;
	struct msg_route *item = pool_push(self->job->pool, &list->items, &list->n, sizeof(*item));
	Pomerium__Config__Route own = POMERIUM__CONFIG__ROUTE__INIT;

	TAKE(&own, route, shared, id);
	TAKE(&own, route, shared, name);
	TAKE(&own, route, shared, stat_name);
	TAKE(&own, route, shared, from);
	TAKE(&own, route, shared, prefix);
	TAKE(&own, route, shared, path);
	TAKE(&own, route, shared, regex);
	TAKE(&own, route, shared, tls_server_name);
	item->template = 0;
	item->upstreams = add_upstreams(self, route);
	item->route = pack(self, &own);
}

int translator_answer_routes(struct ingress_job *job, const Pomerium__Config__Config *config,
			     struct err *err)
{
	struct packing self = { .job = job };

	map_init(&self.upstreams, NULL);
	if (config->n_routes)
		add_template(&self);
	for (size_t i = 0; i < config->n_routes && self.used <= OWN_MAX; i++)
		add_route(&self, config->routes[i]);
	map_clear(&self.upstreams);
	if (self.used <= OWN_MAX)
		return 0;
	return err_rule(err, RULE_CONFIG_SIZE,
			"its routes would need more than %u MB of configuration: split the Ingress",
			OWN_MAX >> 20);
}
