/* parent_ref: a parentRef of an HTTPRoute, as its status repeats it.
 *
 *   in     the parentRef
 *   out    the beginning of its entry in status.parents
 *   owns   nothing
 *   never  says what the route left out
 */
#include "msg/parent_ref.h"

#include "base/value_build.h"

struct value *msg_parent_ref_put(struct value *entry, const struct msg_parent_ref *ref,
				 struct str controller, struct pool *pool)
{
	struct value *v = value_put(entry, "parentRef", pool);

	value_put_nullable(v, "group", ref->group, pool);
	value_put_nullable(v, "kind", ref->kind, pool);
	value_put_nullable(v, "namespace", ref->namespace, pool);
	value_put_text(v, "name", ref->name, pool);
	value_put_nullable(v, "sectionName", ref->sectionName, pool);
	if (ref->port >= 0)
		value_put_int(v, "port", ref->port, pool);
	value_put_text(entry, "controllerName", controller, pool);
	return value_put_list(entry, "conditions", pool);
}
