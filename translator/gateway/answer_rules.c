/* answer_rules: packs the routes of an HTTPRoute.
 *
 *   in     its routes
 *   out    templates, policies, upstreams and routes of a CONFIG
 *   owns   nothing
 *   never  changes a route
 */
#include "translator/gateway/gateway_job.h"
#include "translator/route_packing.h"

/* Routes of its rules share policies and authorities at most. */
static void add_route(struct route_packing *packing, const Pomerium__Config__Route *route)
{
	Pomerium__Config__Route own = *route, shared = POMERIUM__CONFIG__ROUTE__INIT;

	shared.n_policies = route->n_policies;
	shared.policies = route->policies;
	shared.has_tls_custom_ca = route->has_tls_custom_ca;
	shared.tls_custom_ca = route->tls_custom_ca;
	own.n_policies = own.n_to = own.n_load_balancing_weights = 0;
	own.has_tls_custom_ca = 0;
	translator_route_packing_add(packing, translator_route_packing_template(packing, &shared),
				     route, &own);
}

int translator_answer_rules(struct gateway_job *job, const Pomerium__Config__Config *config,
			    struct err *err)
{
	struct route_packing packing;
	int rc = 0;

	translator_route_packing_init(&packing, job->out, job->pool);
	for (size_t i = 0; !rc && i < config->n_routes; i++) {
		add_route(&packing, config->routes[i]);
		rc = translator_route_packing_check(&packing, "HTTPRoute", err);
	}
	translator_route_packing_clear(&packing);
	return rc;
}
