/* route_report: what an HTTPRoute is told that no translator has seen.
 *
 *   in     an HTTPRoute that is rejected
 *   out    an entry for each Gateway and ListenerSet of ours that it names: not accepted
 *   owns   nothing
 *   never  says why: the publisher adds the sentence of the REJECT
 */
#include "resolver/owners/route_report.h"

#include "base/value_build.h"
#include "msg/parent_ref.h"
#include "resolver/graph/gateway_keys.h"
#include "resolver/owners/resolve_inside.h"

struct value *resolver_route_report_make(const struct resolve *self,
					 const struct msg_http_route *route, struct pool *pool)
{
	struct value *report = pool_alloc(pool, sizeof(*report));
	struct value *parents = value_put_list(report, "parents", pool);

	for (size_t i = 0; i < route->spec.parentRefs.n; i++) {
		const struct msg_key parent = resolver_gateway_keys_parent(route, i);
		struct value *accepted;

		if (!resolver_changes_is_owner(self, &parent))
			continue;
		accepted = value_add(msg_parent_ref_put(value_add(parents, pool),
							&route->spec.parentRefs.items[i],
							self->settings.gateway_controller, pool),
				     pool);
		value_put_text(accepted, "type", STR("Accepted"), pool);
		value_put_text(accepted, "status", STR("False"), pool);
		value_put_int(accepted, "observedGeneration", route->metadata.generation, pool);
	}
	return report;
}
