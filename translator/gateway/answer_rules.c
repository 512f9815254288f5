/* answer_rules: packs the routes of an HTTPRoute.
 *
 *   in     its routes
 *   out    templates, policies, upstreams and routes of a CONFIG; policies and upstreams that are
 *          equal are there once
 *   owns   nothing
 *   never  changes a route
 */
#include "base/map.h"
#include "rules/rules.h"
#include "translator/gateway/gateway_job.h"

#define WITHOUT_POLICIES UINT64_MAX   /* until all templates are known */
#define ALL_MAX (BUF_MAX_MESSAGE / 2) /* of all that is packed for one HTTPRoute */

struct rule_packing {
	struct gateway_job *job;
	struct map policies, upstreams; /* packed -> its index and one */
	size_t used;                    /* bytes so far */
};

static struct str pack(struct rule_packing *self, const Pomerium__Config__Route *route)
{
	struct buf bytes;
	struct str out;

	buf_init(&bytes, ALL_MAX);
	pb_pack(&route->base, &bytes);
	self->used += bytes.full ? ALL_MAX + 1 : bytes.len;
	out = pool_bytes(self->job->pool, bytes.len ? buf_view(&bytes).ptr : "", bytes.len);
	buf_clear(&bytes);
	return out;
}

/* The index of this part in the list; it is added if it is new. */
static int64_t add_part(struct rule_packing *self, struct map *known,
			struct msg_route_part_list *list, const Pomerium__Config__Route *part)
{
	struct str bytes = pack(self, part);
	size_t at = (size_t)map_get(known, bytes);
	struct msg_route_part *item;

	if (at) {
		self->used -= bytes.len;
		return (int64_t)at - 1;
	}
	item = pool_push(self->job->pool, &list->items, &list->n, sizeof(*item));
	item->bytes = bytes;
	map_put(known, bytes, (void *)list->n);
	return (int64_t)list->n - 1;
}

/* One for each list of policies, in the same order; the last is for routes without any. */
static void add_templates(struct rule_packing *self)
{
	struct msg_config *out = self->job->out;

	for (size_t i = 0; i <= out->policies.n; i++) {
		struct msg_route_template *template =
			pool_push(self->job->pool, &out->templates.items, &out->templates.n,
				  sizeof(*template));

		template->policies = i < out->policies.n ? (int64_t)i : -1;
		template->route = STR("");
	}
}

static void add_route(struct rule_packing *self, const Pomerium__Config__Route *route)
{
	struct msg_config *out = self->job->out;
	Pomerium__Config__Route own = *route, policies = POMERIUM__CONFIG__ROUTE__INIT,
				upstreams = POMERIUM__CONFIG__ROUTE__INIT;
	struct msg_route *item =
		pool_push(self->job->pool, &out->routes.items, &out->routes.n, sizeof(*item));

	policies.n_policies = own.n_policies;
	policies.policies = own.policies;
	upstreams.n_to = own.n_to;
	upstreams.to = own.to;
	upstreams.n_load_balancing_weights = own.n_load_balancing_weights;
	upstreams.load_balancing_weights = own.load_balancing_weights;
	own.n_policies = own.n_to = own.n_load_balancing_weights = 0;
	item->template = policies.n_policies ? (uint64_t)add_part(self, &self->policies,
								  &out->policies, &policies)
					     : WITHOUT_POLICIES;
	item->upstreams =
		upstreams.n_to ? add_part(self, &self->upstreams, &out->upstreams, &upstreams) : -1;
	item->route = pack(self, &own);
}

int translator_answer_rules(struct gateway_job *job, const Pomerium__Config__Config *config,
			    struct err *err)
{
	struct rule_packing self = { .job = job };
	struct msg_config *out = job->out;

	map_init(&self.policies, NULL);
	map_init(&self.upstreams, NULL);
	for (size_t i = 0; i < config->n_routes && self.used <= ALL_MAX; i++)
		add_route(&self, config->routes[i]);
	map_clear(&self.policies);
	map_clear(&self.upstreams);
	if (out->routes.n)
		add_templates(&self);
	for (size_t i = 0; i < out->routes.n; i++)
		if (out->routes.items[i].template == WITHOUT_POLICIES)
			out->routes.items[i].template = out->policies.n;
	if (self.used <= ALL_MAX)
		return 0;
	return err_rule(err, RULE_CONFIG_SIZE,
			"its routes would need more than %u MB of configuration: split the "
			"HTTPRoute",
			ALL_MAX >> 20);
}
