/* cost_of_rules: reckons what the routes of an HTTPRoute would take, before the first one is made.
 *
 *   in     routes that have no host yet; the hosts that each of them gets
 *   out    0, or the sentence that says what is too much
 *   owns   nothing
 *   never  packs a policy for each route that has it
 */
#include "msg/cost.h"
#include "rules/rules.h"
#include "translator/gateway/rule.h"
#include "translator/regex/regex_envoy.h"

struct reckoned {
	uint64_t urls, bytes, instructions; /* of all routes under one host */
	Pomerium__Config__Policy **policies;
	uint64_t policies_bytes; /* of those: mostly the next route has the same */
	uint64_t largest;        /* bytes of one route */
};

static uint64_t packed_size(const Pomerium__Config__Route *route)
{
	struct buf bytes;
	uint64_t size;

	buf_init(&bytes, BUF_MAX_MESSAGE);
	pb_pack(&route->base, &bytes);
	size = bytes.full ? BUF_MAX_MESSAGE : bytes.len;
	buf_clear(&bytes);
	return size;
}

static void reckon_policies(struct reckoned *r, const Pomerium__Config__Route *route)
{
	Pomerium__Config__Route only = POMERIUM__CONFIG__ROUTE__INIT;

	if (route->policies != r->policies) {
		only.policies = route->policies;
		only.n_policies = route->n_policies;
		r->policies = route->policies;
		r->policies_bytes = packed_size(&only);
	}
	r->bytes += route->n_policies ? r->policies_bytes : 0;
}

static void reckon(struct reckoned *r, const Pomerium__Config__Route *route)
{
	const uint64_t before = r->bytes;
	Pomerium__Config__Route rest = *route;

	reckon_policies(r, route);
	rest.n_policies = rest.n_to = 0;
	rest.has_tls_custom_ca = 0;
	r->bytes += packed_size(&rest);
	r->bytes += route->has_tls_custom_ca ? pb_str(route->tls_custom_ca).len : 0;
	r->urls += route->n_to ? route->n_to : 1;
	for (size_t i = 0; i < route->n_to; i++)
		r->bytes += pb_str(route->to[i]).len;
	if (r->bytes - before > r->largest)
		r->largest = r->bytes - before;
	r->instructions += translator_regex_envoy_cost(pb_str(route->regex)) +
			   translator_regex_envoy_cost(pb_str(route->regex_rewrite_pattern));
}

static int check(const struct msg_cost *cost, const struct msg_cost_limits *limits, struct err *err)
{
	const unsigned long long n = cost->paths, urls = cost->urls, work = msg_cost_work(cost);

	if (urls > MSG_COST_URLS_MAX)
		return err_rule(err, RULE_UPSTREAMS_MAX,
				"its %llu routes lead to %llu upstreams, but may lead to %d: split "
				"it",
				n, urls, MSG_COST_URLS_MAX);
	if (limits->bytes && cost->own_bytes > (uint64_t)limits->bytes)
		return err_rule(err, RULE_CONFIG_SIZE,
				"its %llu routes with %llu upstreams would need %llu KiB of "
				"configuration, and %llu are the limit (--max-owner-bytes): split "
				"it",
				n, urls, (unsigned long long)cost->own_bytes >> 10,
				(unsigned long long)limits->bytes >> 10);
	if (limits->work && work > (uint64_t)limits->work)
		return err_rule(err, RULE_WORK_MAX,
				"its %llu routes with %llu upstreams are %llu units of work, and "
				"%ld are the limit (--max-owner-work): split it",
				n, urls, work, limits->work);
	return 0;
}

int translator_cost_of_rules_check(const struct gateway_job *job,
				   const struct rule_routes *templates,
				   const struct str_list *hosts, struct err *err)
{
	struct msg_cost cost = { .paths = templates->n * hosts->n };
	struct reckoned r = { 0 };
	unsigned long long instructions;

	for (size_t i = 0; i < templates->n; i++)
		reckon(&r, templates->items[i]);
	cost.urls = r.urls * hosts->n;
	cost.own_bytes = r.bytes * hosts->n + MSG_COST_ROUTE_BYTES * cost.paths;
	for (size_t i = 0; i < hosts->n; i++)
		cost.own_bytes += 2 * hosts->items[i].len * templates->n;
	if (check(&cost, &job->settings->limits, err))
		return -1;
	if (r.largest > MSG_COST_ROUTE_MAX)
		return err_rule(err, RULE_CONFIG_SIZE,
				"one of its routes would need %llu KiB of policies, upstreams and "
				"headers, but may need %u: split its PolicyFilters",
				(unsigned long long)r.largest >> 10, MSG_COST_ROUTE_MAX >> 10);
	instructions = r.instructions * hosts->n;
	if (instructions <= REGEX_ENVOY_SUM_MAX)
		return 0;
	return err_rule(err, RULE_REGEX_SUM,
			"the regular expressions of its %llu routes need %llu instructions of RE2, "
			"but may need %d: split it",
			(unsigned long long)cost.paths, instructions, REGEX_ENVOY_SUM_MAX);
}
