/* view_wanted: the routes of what is wanted, as a view has them.
 *
 *   in     the state of a publisher
 *   out    owners and routes
 *   owns   nothing
 *   never  shows more than a publisher would
 */
#include "cli/view/view.h"
#include "publisher/wanted/shown.h"
#include "publisher/wanted/snapshot.h"

/* The JSON that a publisher would answer with is read as if it had come from there. */
static void add_route(struct view *view, const struct route *route)
{
	cJSON *made = cjson_put_object(view->doc, NULL);
	const cJSON *config;
	struct pool pool;

	pool_init(&pool);
	publisher_shown_route(route, view->wish.whole, &pool, made);
	config = cJSON_GetObjectItemCaseSensitive(made, "config"); /* still text */
	if (config)
		(void)cJSON_ReplaceItemInObjectCaseSensitive(
			made, "config", cjson_parse(str_from(config->valuestring)));
	pool_wipe(&pool);
	cli_view_add_route(view, cli_view_owner(view, &route->owner->key), made);
}

static void add_certs(struct view *view, const struct good *good)
{
	struct view_owner *owner;

	if (!good->n_certs)
		return;
	owner = cli_view_owner(view, &good->owner);
	for (size_t i = 0; i < good->n_certs; i++)
		cli_view_add_cert(view, owner, publisher_certs_secret(good->certs[i].cert));
}

void cli_view_add_wanted(struct view *view, struct wanted *wanted)
{
	struct snapshot snapshot;
	cJSON *host;

	view->doc = cJSON_CreateArray();
	publisher_snapshot_take(&snapshot, wanted);
	for (size_t i = 0; i < snapshot.n_goods; i++)
		add_certs(view, snapshot.goods[i]);
	for (size_t i = 0; i < snapshot.n_goods; i++)
		for (size_t k = 0; k < snapshot.goods[i]->n_routes; k++)
			add_route(view, &snapshot.goods[i]->routes[k]);
	publisher_snapshot_let_go(&snapshot, wanted);
	if (!view->wish.host.len)
		return;
	host = cjson_put_object(view->doc, NULL);
	publisher_shown_certificate(publisher_wanted_certs(wanted), view->wish.host, host);
	view->certificate = cJSON_GetObjectItemCaseSensitive(host, "certificate");
}
