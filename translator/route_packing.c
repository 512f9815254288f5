/* route_packing: routes in the pieces that a CONFIG has them in.
 *
 *   in     routes, and what several of them share
 *   out    templates, policies, upstreams and routes of a CONFIG; equal pieces are there once
 *   owns   which pieces are known already
 *   never  changes a route
 */
#include "translator/route_packing.h"

#include "pb/reflect.h"
#include "rules/rules.h"

#define ALL_MAX (BUF_MAX_MESSAGE / 2) /* of all that is packed for one owner */

void translator_route_packing_init(struct route_packing *self, struct msg_config *out,
				   struct pool *pool)
{
	*self = (struct route_packing){ .out = out, .pool = pool };
	map_init(&self->templates, NULL);
	map_init(&self->policies, NULL);
	map_init(&self->upstreams, NULL);
}

void translator_route_packing_clear(struct route_packing *self)
{
	map_clear(&self->templates);
	map_clear(&self->policies);
	map_clear(&self->upstreams);
}

static struct str pack(struct route_packing *self, const Pomerium__Config__Route *route)
{
	struct buf bytes;
	struct str out;

	buf_init(&bytes, ALL_MAX);
	pb_pack(&route->base, &bytes);
	self->used += bytes.full ? ALL_MAX + 1 : bytes.len;
	out = pool_bytes(self->pool, bytes.len ? buf_view(&bytes).ptr : "", bytes.len);
	buf_clear(&bytes);
	return out;
}

/* Those that have come since the last time: what stays alone in its list is never looked for. */
static void learn_parts(struct map *known, const struct msg_route_part_list *list)
{
	for (size_t i = known->n; i < list->n; i++)
		map_put(known, list->items[i].bytes, (void *)(i + 1));
}

/* The index of this piece in the list; it is added if it is new. */
static int64_t add_part(struct route_packing *self, struct map *known,
			struct msg_route_part_list *list, const Pomerium__Config__Route *part)
{
	struct str bytes = pack(self, part);
	struct msg_route_part *item;
	size_t at;

	learn_parts(known, list);
	at = (size_t)map_get(known, bytes);
	if (at) {
		self->used -= bytes.len;
		return (int64_t)at - 1;
	}
	item = pool_push(self->pool, &list->items, &list->n, sizeof(*item));
	item->bytes = bytes;
	return (int64_t)list->n - 1;
}

/* All but the policies, and these apart. */
static struct msg_route_template pack_template(struct route_packing *self,
					       const Pomerium__Config__Route *shared)
{
	Pomerium__Config__Route rest = *shared, policies = POMERIUM__CONFIG__ROUTE__INIT;
	struct msg_route_template out = { .policies = -1 };

	if (shared->n_policies) {
		policies.n_policies = shared->n_policies;
		policies.policies = shared->policies;
		out.policies = add_part(self, &self->policies, &self->out->policies, &policies);
	}
	rest.n_policies = 0;
	out.route = pack(self, &rest);
	return out;
}

/* Two are one if they have the same policies, and the same of all else. */
static struct str template_key(struct route_packing *self,
			       const struct msg_route_template *template)
{
	struct buf key;
	struct str out;

	buf_init(&key, ALL_MAX + sizeof(template->policies));
	buf_str(&key, template->route);
	buf_add(&key, &template->policies, sizeof(template->policies));
	out = pool_bytes(self->pool, key.ptr, key.len);
	buf_clear(&key);
	return out;
}

uint64_t translator_route_packing_template(struct route_packing *self,
					   const Pomerium__Config__Route *shared)
{
	struct msg_route_template_list *list = &self->out->templates;
	const struct msg_route_template packed = pack_template(self, shared);
	const struct str key = template_key(self, &packed);
	size_t at = (size_t)map_get(&self->templates, key);

	if (at) {
		self->used -= packed.route.len;
		return at - 1;
	}
	*(struct msg_route_template *)pool_push(self->pool, &list->items, &list->n,
						sizeof(packed)) = packed;
	map_put(&self->templates, key, (void *)list->n);
	return list->n - 1;
}

void translator_route_packing_add(struct route_packing *self, uint64_t template,
				  const Pomerium__Config__Route *whole,
				  const Pomerium__Config__Route *own)
{
	struct msg_route_list *list = &self->out->routes;
	struct msg_route *item = pool_push(self->pool, &list->items, &list->n, sizeof(*item));
	Pomerium__Config__Route upstreams = POMERIUM__CONFIG__ROUTE__INIT;

	upstreams.n_to = whole->n_to;
	upstreams.to = whole->to;
	upstreams.n_load_balancing_weights = whole->n_load_balancing_weights;
	upstreams.load_balancing_weights = whole->load_balancing_weights;
	item->template = template;
	item->upstreams =
		upstreams.n_to ? add_part(self, &self->upstreams, &self->out->upstreams, &upstreams)
			       : -1;
	item->route = pack(self, own);
}

int translator_route_packing_check(const struct route_packing *self, const char *object,
				   struct err *err)
{
	if (self->used <= ALL_MAX)
		return 0;
	return err_rule(err, RULE_CONFIG_SIZE,
			"its routes would need more than %u MB of configuration: split the %s",
			ALL_MAX >> 20, object);
}
