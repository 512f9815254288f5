/* limits: the flags for what an owner with routes and a namespace may cost.
 *
 *   in     the command line, the environment
 *   out    numbers; 0 is no limit
 *   owns   the table, with the defaults that docs/tuning.md explains
 *   never  reckons anything
 */
#include "resolver/owners/limits.h"

#define MOST (1L << 40)

struct limits resolver_limits;

const struct conf_option resolver_limits_options[] = {
	{ "max-owner-work", CONF_INT, &resolver_limits.owner.work, "160000", 0, MOST,
	  "microseconds that one Ingress may take to translate, reckoned beforehand; 0: any", 0 },
	{ "max-owner-bytes", CONF_INT, &resolver_limits.owner.bytes, "16777216", 0, MOST,
	  "bytes of configuration that one Ingress may make, reckoned beforehand; 0: any", 0 },
	{ "max-namespace-routes", CONF_INT, &resolver_limits.namespace.routes, "20000", 0, MOST,
	  "routes of all Ingresses and HTTPRoutes of a namespace, the oldest first; 0: any", 0 },
	{ "max-namespace-bytes", CONF_INT, &resolver_limits.namespace.bytes, "33554432", 0, MOST,
	  "bytes of configuration of them, reckoned beforehand; 0: any", 0 },
	{ 0 },
};
