/* explain_from: explains a URL by the routes of a side: manifests, a running pipeline, others.
 *
 *   in     a URL; the name of a side
 *   out    a view of the routes that may serve it
 *   owns   how an owner's Services and Secrets are found out
 *   never  decides which route serves
 */
#include "cli/explain/explain_from.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/text/nearest.h"
#include "cli/explain/explain_url.h"
#include "cli/live/live.h"
#include "cli/match/choice.h"
#include "cli/view/side.h"
#include "cli/view/view_options.h"

/* ---- what was translated here ---- */

static void put_reference(cJSON *list, enum msg_kind kind, struct str namespace, struct str name)
{
	cJSON *out = cjson_put_object(list, NULL);

	cjson_put_text(out, "kind", str_from(msg_kind_name(kind)));
	cjson_put_text(out, "namespace", namespace);
	cjson_put_text(out, "name", name);
	cjson_put_text(out, "state", STR("found"));
}

/* What its bundle has; what is missing is not in it. */
static cJSON *references_of_files(struct offline *offline, const struct msg_key *owner)
{
	struct resolved what = { 0 };
	const struct msg_bundle *bundle = &what.bundle;
	cJSON *list = cJSON_CreateArray();
	struct err err;
	struct pool pool;

	pool_init(&pool);
	if (resolver_resolve_owner(offline->resolve, owner, &pool, &what, &err) == RESOLVE_BUNDLE) {
		for (size_t i = 0; i < bundle->services.n; i++)
			put_reference(list, MSG_KIND_SERVICE, owner->namespace,
				      bundle->services.items[i].name);
		for (size_t i = 0; i < bundle->secrets.n; i++)
			put_reference(list, MSG_KIND_SECRET, bundle->secrets.items[i].namespace,
				      bundle->secrets.items[i].name);
	}
	pool_clear(&pool);
	return list;
}

/* ---- a running pipeline ---- */

/* The resolver knows; NULL: it does not run, or does not know the owner any more. */
static cJSON *references_of_pipeline(const struct msg_key *owner)
{
	cJSON *said = NULL, *references;
	struct live_list list;
	struct pool pool;

	pool_init(&pool);
	if (!cli_live_find(cli_view_settings.run_dir, &pool, &list, NULL))
		said = cli_live_explain(&list, "resolver", owner);
	references = cJSON_DetachItemFromObjectCaseSensitive(said, "references");
	cJSON_Delete(said);
	pool_clear(&pool);
	return references;
}

/* A publisher was asked for the routes of one host alone. */
static void offer_all(struct nearest *nearest, struct pool *pool)
{
	struct err err;
	struct view all;

	cli_view_init(&all, &(struct view_wish){ .whole = false });
	if (cli_view_add_live(&all, &cli_view_settings.run_dir, &err) == CLI_GOOD)
		for (size_t i = 0; i < all.n_routes; i++)
			nearest_offer(nearest,
				      pool_str(pool, publisher_route_host(&all.routes[i]->route)));
	cli_view_close(&all);
}

/* ---- all sides ---- */

/* Its folder was named, or found when it was asked. */
static bool is_pipeline(const struct side *side)
{
	return !side->is_translated && !side->is_stored && cli_view_settings.run_dir.len;
}

static cJSON *references_of(void *arg, const struct msg_key *owner)
{
	struct side *side = arg;

	if (side->is_translated)
		return references_of_files(&side->offline, owner);
	return is_pipeline(side) ? references_of_pipeline(owner) : NULL;
}

static struct str nearest_host(void *arg, struct str host, struct pool *pool)
{
	const struct side *side = arg;
	struct nearest nearest;

	nearest_open(&nearest, host);
	if (is_pipeline(side))
		offer_all(&nearest, pool);
	for (size_t i = 0; i < side->view.n_routes; i++)
		nearest_offer(&nearest, publisher_route_host(&side->view.routes[i]->route));
	return nearest.found;
}

static enum cli_status answer(const struct explain_url *ask, struct side *side)
{
	enum cli_status status = CLI_GOOD, found;

	if (side->is_translated)
		status = (enum cli_status)cli_offline_report_rejected(&side->offline);
	found = cli_explain_url(ask, &side->view);
	return found == CLI_USAGE || status == CLI_GOOD ? found : status;
}

enum cli_status cli_explain_url_from(struct str url, bool as_json, struct str from,
				     const struct str_list *files)
{
	struct view_wish wish = { .whole = true };
	struct side *side = mem_alloc(sizeof(*side));
	const struct explain_url ask = { .url = url,
					 .as_json = as_json,
					 .references = references_of,
					 .nearest = nearest_host,
					 .arg = side };
	enum cli_status status = CLI_USAGE;
	struct err err = { "" };
	struct str path;
	struct pool pool;

	pool_init(&pool);
	if (cli_choice_host(url, &pool, &wish.host, &path, &err)) {
		fprintf(stderr, "sluice explain: %s\n", err.text);
	} else {
		status = cli_side_open(side, &wish, from, files, "explain");
		if (status == CLI_GOOD || side->is_translated)
			status = answer(&ask, side);
		cli_side_close(side);
	}
	mem_free(side);
	pool_clear(&pool);
	return status;
}
