/* cost_of_routes: reckons what the routes of an Ingress would take, before the first one is made.
 *
 *   in     what the annotations have made, the paths, the upstreams of their Services
 *   out    0, or the sentence that says what is too much
 *   owns   nothing
 *   never  says what is wrong with a path: the route that is made of it will
 */
#include "translator/ingress/ingress.h"

#include "rules/rules.h"
#include "translator/regex/regex.h"
#include "translator/regex/regex_envoy.h"

struct reckoning {
	struct ingress_job *job;
	struct msg_cost cost;
	uint64_t per_route;    /* instructions of the patterns that every route has */
	uint64_t instructions; /* of all routes */
	uint64_t largest;      /* bytes of the upstreams of one route */
};

static uint64_t length_of(const struct msg_bundle_secret *secret)
{
	uint64_t n = 0;

	for (size_t i = 0; i < secret->values.n; i++)
		n += secret->values.items[i].len;
	return n;
}

/* Values that the publisher will put into each route. */
static uint64_t length_of_secrets(const struct ingress_job *job)
{
	const struct str_map *annotations = &job->ingress->metadata.annotations;
	uint64_t n = 0;

	for (size_t i = 0; i < annotations->n; i++) {
		if (!str_ends(annotations->items[i].key, "_secret"))
			continue;
		for (size_t k = 0; k < job->bundle->secrets.n; k++)
			if (str_eq(job->bundle->secrets.items[k].name, annotations->items[i].value))
				n += length_of(&job->bundle->secrets.items[k]);
	}
	return n;
}

/* What is refused is never compiled: the rule for that says what is wrong. */
static uint64_t instructions_of(struct str pattern)
{
	return translator_regex_check(pattern, NULL) ? 0 : translator_regex_envoy_cost(pattern);
}

static void reckon_template(struct reckoning *r)
{
	const Pomerium__Config__Route *route = r->job->route;
	struct buf bytes;

	buf_init(&bytes, 2 * MSG_COST_TEMPLATE_MAX);
	pb_pack(&route->base, &bytes);
	r->cost.template = bytes.full ? 2 * MSG_COST_TEMPLATE_MAX : bytes.len;
	r->cost.template += length_of_secrets(r->job);
	buf_clear(&bytes);
	r->per_route = instructions_of(pb_str(route->regex_rewrite_pattern)) +
		       instructions_of(pb_str(route->host_path_regex_rewrite_pattern));
}

static void reckon_path(struct reckoning *r, const struct msg_path *path)
{
	const struct upstreams *upstreams = NULL;

	if (path->backend.service)
		upstreams = translator_upstreams_of(r->job, path->backend.service, NULL);
	if (upstreams) {
		r->cost.urls += upstreams->n - 1;
		r->cost.url_bytes += upstreams->bytes;
		if (upstreams->bytes > r->largest)
			r->largest = upstreams->bytes;
	}
	r->instructions += r->per_route;
	if (r->job->flags & INGRESS_PATH_REGEX && str_is(path->pathType, "ImplementationSpecific"))
		r->instructions += instructions_of(path->path);
}

static void reckon_paths(struct reckoning *r)
{
	const struct msg_rule_list *rules = &r->job->ingress->spec.rules;

	for (size_t i = 0; i < rules->n; i++) {
		const struct msg_http_rule *http = rules->items[i].http;

		for (size_t k = 0; http && k < http->paths.n; k++)
			reckon_path(r, &http->paths.items[k]);
	}
	if (r->job->ingress->spec.defaultBackend)
		reckon_path(r,
			    &(struct msg_path){ .path = STR("/"),
						.backend = *r->job->ingress->spec.defaultBackend });
}

int translator_cost_of_routes_check(struct ingress_job *job, struct err *err)
{
	const struct msg_cost_limits *limits = &job->settings->limits;
	struct reckoning r = { .job = job,
			       .cost = msg_cost_of(job->ingress, job->settings->prefix) };

	reckon_template(&r);
	if (msg_cost_check(&r.cost, limits, err))
		return -1;
	reckon_paths(&r);
	if (msg_cost_check(&r.cost, limits, err))
		return -1;
	if (r.largest + r.cost.template > MSG_COST_ROUTE_MAX)
		return err_rule(err, RULE_CONFIG_SIZE,
				"one of its routes would need %llu KiB, of which its upstreams are "
				"%llu, but may need %u: the annotation service_proxy_upstream "
				"makes them one",
				(unsigned long long)(r.largest + r.cost.template) >> 10,
				(unsigned long long)r.largest >> 10, MSG_COST_ROUTE_MAX >> 10);
	if (r.instructions <= REGEX_ENVOY_SUM_MAX)
		return 0;
	return err_rule(err, RULE_REGEX_SUM,
			"the regular expressions of its %llu paths need %llu instructions of RE2, "
			"but may need %d: split the Ingress",
			(unsigned long long)r.cost.paths, (unsigned long long)r.instructions,
			REGEX_ENVOY_SUM_MAX);
}
