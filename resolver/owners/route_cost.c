/* route_cost: what an HTTPRoute takes of the budget of its namespace.
 *
 *   in     an HTTPRoute, the hosts that it has under its listeners, how long PolicyFilters are
 *   out    how many routes it makes at most, with how many upstreams and about how many bytes
 *   owns   nothing
 *   never  asks what a listener takes, or a rule can express: that is the translator's work;
 *          unpacks a PolicyFilter, which 256 filters of an HTTPRoute may name
 */
#include "resolver/owners/route_cost.h"

#include "msg/gateway.h"
#include "resolver/graph/gateway_keys.h"
#include "resolver/graph/key.h"

#define URL_BYTES 40 /* of an upstream, without the names in it */

struct route_cost {
	const struct map *ppl_sizes;
	struct str namespace;
	uint64_t default_bytes;        /* of the policy for rules that have none */
	uint64_t matches, urls, bytes; /* under one host */
};

static uint64_t bytes_of_policy(const struct map *ppl_sizes, const struct msg_key *filter)
{
	const size_t *size;
	struct key_text text;

	if (filter->kind == MSG_KIND_NONE || !resolver_key_can_exist(filter))
		return 0;
	size = map_get(ppl_sizes, resolver_key_text(filter, &text));
	return size ? *size : 0;
}

static uint64_t bytes_of_headers(const struct msg_http_header_filter *filter)
{
	uint64_t n = 0;

	for (size_t i = 0; filter && i < filter->set.n; i++)
		n += filter->set.items[i].name.len + filter->set.items[i].value.len;
	for (size_t i = 0; filter && i < filter->add.n; i++)
		n += filter->add.items[i].name.len + filter->add.items[i].value.len;
	for (size_t i = 0; filter && i < filter->remove.n; i++)
		n += filter->remove.items[i].len;
	return n;
}

/* What each of its routes repeats. */
static uint64_t bytes_of_rule(const struct route_cost *cost, const struct msg_http_route_rule *rule)
{
	const struct msg_http_backend_ref_list *refs = &rule->backendRefs;
	uint64_t n = MSG_COST_ROUTE_BYTES, policies = 0;

	for (size_t i = 0; i < rule->filters.n; i++) {
		const struct msg_http_filter *filter = &rule->filters.items[i];
		const struct msg_key key = resolver_gateway_keys_filter(filter, cost->namespace);

		policies += bytes_of_policy(cost->ppl_sizes, &key);
		n += bytes_of_headers(filter->requestHeaderModifier) +
		     bytes_of_headers(filter->responseHeaderModifier);
	}
	for (size_t i = 0; i < refs->n; i++)
		n += URL_BYTES + refs->items[i].namespace.len + refs->items[i].name.len;
	return n + (policies ? policies : cost->default_bytes);
}

static void add_rule(struct route_cost *cost, const struct msg_http_route_rule *rule)
{
	const uint64_t matches = rule->matches.n ? rule->matches.n : 1;

	cost->matches += matches;
	cost->urls += matches * (rule->backendRefs.n ? rule->backendRefs.n : 1);
	cost->bytes += matches * bytes_of_rule(cost, rule);
	for (size_t i = 0; i < rule->matches.n; i++)
		if (rule->matches.items[i].path)
			cost->bytes += 4 * rule->matches.items[i].path->value.len;
}

struct msg_cost resolver_route_cost_of(const struct map *ppl_sizes,
				       const struct msg_http_route *route,
				       const struct str_list *hosts,
				       const struct key_list *defaults)
{
	struct route_cost cost = { .ppl_sizes = ppl_sizes, .namespace = route->metadata.namespace };
	struct msg_cost out = { 0 };

	for (size_t i = 0; i < defaults->n; i++)
		if (defaults->items[i].kind == MSG_KIND_POLICY_FILTER)
			cost.default_bytes += bytes_of_policy(ppl_sizes, &defaults->items[i]);
	for (size_t i = 0; i < route->spec.rules.n; i++)
		add_rule(&cost, &route->spec.rules.items[i]);
	out.paths = cost.matches * hosts->n;
	out.urls = cost.urls * hosts->n;
	out.own_bytes = cost.bytes * hosts->n;
	for (size_t i = 0; i < hosts->n; i++)
		out.own_bytes += 2 * hosts->items[i].len * cost.matches;
	return out;
}
