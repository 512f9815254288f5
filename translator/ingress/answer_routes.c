/* answer_routes: packs the routes of an Ingress, what they share once.
 *
 *   in     the routes, each begun as a copy of the one that the annotations say
 *   out    template, policies, upstreams and routes of a CONFIG
 *   owns   which fields are of each route alone
 *   never  packs the policies or the headers of an Ingress once a path
 */
#include "translator/ingress/ingress.h"
#include "translator/route_packing.h"

/* A text that the template does not have, or has otherwise. */
#define TAKE(own, route, shared, field)                                         \
	do {                                                                    \
		if ((route)->has_##field &&                                     \
		    (!(shared)->has_##field ||                                  \
		     !str_eq(pb_str((route)->field), pb_str((shared)->field)))) \
			PB_SET_TEXT(own, field, pb_str((route)->field));        \
	} while (0)

static void add_route(struct route_packing *packing, uint64_t template,
		      const Pomerium__Config__Route *route, const Pomerium__Config__Route *shared)
{
	Pomerium__Config__Route own = POMERIUM__CONFIG__ROUTE__INIT;

	TAKE(&own, route, shared, id);
	TAKE(&own, route, shared, name);
	TAKE(&own, route, shared, stat_name);
	TAKE(&own, route, shared, from);
	TAKE(&own, route, shared, prefix);
	TAKE(&own, route, shared, path);
	TAKE(&own, route, shared, regex);
	TAKE(&own, route, shared, tls_server_name);
	translator_route_packing_add(packing, template, route, &own);
}

int translator_answer_routes(struct ingress_job *job, const Pomerium__Config__Config *config,
			     struct err *err)
{
	struct route_packing packing;
	uint64_t template = 0;
	int rc = 0;

	translator_route_packing_init(&packing, job->out, job->pool);
	if (config->n_routes)
		template = translator_route_packing_template(&packing, job->route);
	for (size_t i = 0; !rc && i < config->n_routes; i++) {
		add_route(&packing, template, config->routes[i], job->route);
		rc = translator_route_packing_check(&packing, "Ingress", err);
	}
	translator_route_packing_clear(&packing);
	return rc;
}
