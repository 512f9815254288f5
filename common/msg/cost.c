/* cost: says of an Ingress whether it may be translated.
 *
 *   in     its size, in numbers
 *   out    units of work, bytes of configuration, or the sentence that says what is too much
 *   owns   the formulas and the limits that no flag changes
 *   never  looks at what a path or an annotation says
 */
#include "msg/cost.h"

#include "rules/rules.h"

#define PATH_WORK 12

static void add_annotation(struct msg_cost *cost, const struct str_pair *pair, struct str prefix)
{
	struct str name;

	if (pair->key.len <= prefix.len || pair->key.ptr[prefix.len] != '/' ||
	    !str_eq(str_slice(pair->key, 0, prefix.len), prefix))
		return;
	cost->annotations += pair->key.len + pair->value.len;
	name = str_slice(pair->key, prefix.len + 1, pair->key.len);
	if (str_is(name, "service_proxy_upstream"))
		cost->is_proxied = str_is_nocase(pair->value, "true");
}

static void add_path(struct msg_cost *cost, struct str host, struct str path)
{
	cost->paths++;
	cost->own_bytes += MSG_COST_ROUTE_BYTES + 2 * host.len + 4 * path.len;
}

struct msg_cost msg_cost_of(const struct msg_ingress *ingress, struct str prefix)
{
	const struct str_map *annotations = &ingress->metadata.annotations;
	struct msg_cost cost = { 0 };

	for (size_t i = 0; i < annotations->n; i++)
		add_annotation(&cost, &annotations->items[i], prefix);
	for (size_t i = 0; i < ingress->spec.rules.n; i++) {
		const struct msg_rule *rule = &ingress->spec.rules.items[i];

		for (size_t k = 0; rule->http && k < rule->http->paths.n; k++)
			add_path(&cost, rule->host, rule->http->paths.items[k].path);
	}
	if (ingress->spec.defaultBackend)
		add_path(&cost, STR(""), STR("/"));
	cost.urls = cost.paths;
	return cost;
}

uint64_t msg_cost_work(const struct msg_cost *cost)
{
	return PATH_WORK * cost->paths + cost->urls + cost->urls / 10 + cost->annotations / 8 +
	       cost->template / 64;
}

/* Of all its routes, packed. */
static uint64_t bytes_of(const struct msg_cost *cost)
{
	return cost->own_bytes + cost->url_bytes + cost->paths * cost->template;
}

static int check_counts(const struct msg_cost *cost, struct err *err)
{
	if (cost->paths > MSG_COST_PATHS_MAX)
		return err_rule(err, RULE_PATHS_MAX,
				"it has more than %d paths, namely %llu: split the Ingress",
				MSG_COST_PATHS_MAX, (unsigned long long)cost->paths);
	if (cost->annotations > MSG_COST_ANNOTATIONS_MAX)
		return err_rule(err, RULE_ANNOTATIONS_SIZE,
				"its annotations have %llu bytes, but may have %u",
				(unsigned long long)cost->annotations, MSG_COST_ANNOTATIONS_MAX);
	if (cost->urls > MSG_COST_URLS_MAX)
		return err_rule(err, RULE_UPSTREAMS_MAX,
				"its %llu paths lead to %llu upstreams, but may lead to %d: split "
				"the Ingress, or send them to the Services' own addresses by the "
				"annotation service_proxy_upstream",
				(unsigned long long)cost->paths, (unsigned long long)cost->urls,
				MSG_COST_URLS_MAX);
	if (cost->template > MSG_COST_TEMPLATE_MAX)
		return err_rule(err, RULE_TEMPLATE_SIZE,
				"its annotations make %llu bytes of each route, but may make %u",
				(unsigned long long)cost->template, MSG_COST_TEMPLATE_MAX);
	return 0;
}

static int check_bytes(const struct msg_cost *cost, uint64_t limit, struct err *err)
{
	const uint64_t bytes = bytes_of(cost);

	if (!limit || bytes <= limit)
		return 0;
	return err_rule(err, RULE_CONFIG_SIZE,
			"its %llu paths, with %llu bytes in each that the annotations make and "
			"%llu upstreams in all, would need %llu KiB of configuration, and %llu are "
			"the limit (--max-owner-bytes): split the Ingress",
			(unsigned long long)cost->paths, (unsigned long long)cost->template,
			(unsigned long long)cost->urls, (unsigned long long)bytes >> 10,
			(unsigned long long)limit >> 10);
}

int msg_cost_check(const struct msg_cost *cost, const struct msg_cost_limits *limits,
		   struct err *err)
{
	const uint64_t work = msg_cost_work(cost), limit = (uint64_t)limits->work;

	if (check_counts(cost, err) || check_bytes(cost, (uint64_t)limits->bytes, err))
		return -1;
	if (!limit || work <= limit)
		return 0;
	return err_rule(
		err, RULE_WORK_MAX,
		"its %llu paths, %llu upstreams and %llu bytes of annotations are %llu units "
		"of work, and %llu are the limit (--max-owner-work): split the Ingress",
		(unsigned long long)cost->paths, (unsigned long long)cost->urls,
		(unsigned long long)cost->annotations, (unsigned long long)work,
		(unsigned long long)limit);
}
