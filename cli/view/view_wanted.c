/* view_wanted: the routes of what is wanted, as a view has them.
 *
 *   in     the state of a publisher
 *   out    owners and routes
 *   owns   nothing
 *   never  keeps more of a route than where it leads and who may come in
 */
#include "base/mem.h"
#include "cli/view/view.h"
#include "pb/reflect.h"
#include "publisher/wanted/snapshot.h"

static void read_message(struct view *view, const Pomerium__Config__Route *message,
			 struct view_route *out)
{
	for (size_t i = 0; i < message->n_to; i++)
		cli_view_add_to(view, out, pb_str(message->to[i]));
	if (message->redirect)
		cli_view_add_to(view, out, STR("redirect"));
	if (message->response)
		cli_view_add_to(view, out, STR("response"));
	out->access = publisher_access_of(message);
}

static void add_route(struct view *view, const struct route *route)
{
	struct view_route *out = cli_view_add_route(view, cli_view_owner(view, &route->owner->key));
	const Pomerium__Config__Route *message;
	struct pool pool;

	pool_init(&pool);
	out->route.from = pool_str(&view->pool, route->from);
	out->route.path = pool_str(&view->pool, route->path);
	out->route.regex = pool_str(&view->pool, route->regex);
	out->route.prefix = pool_str(&view->pool, route->prefix);
	out->route.id = pool_str(&view->pool, route->id);
	message = publisher_access_unpack(route, &pool);
	if (message)
		read_message(view, message, out);
	pool_wipe(&pool);
}

void cli_view_add_wanted(struct view *view, struct wanted *wanted)
{
	struct snapshot snapshot;

	publisher_snapshot_take(&snapshot, wanted);
	for (size_t i = 0; i < snapshot.n_goods; i++)
		for (size_t k = 0; k < snapshot.goods[i]->n_routes; k++)
			add_route(view, &snapshot.goods[i]->routes[k]);
	publisher_snapshot_let_go(&snapshot, wanted);
}
