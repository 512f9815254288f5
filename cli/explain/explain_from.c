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
static cJSON *references_of_files(void *arg, const struct msg_key *owner)
{
	struct offline *offline = arg;
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
static cJSON *references_of_pipeline(void *arg, const struct msg_key *owner)
{
	const struct live_list *list = arg;
	cJSON *said = cli_live_explain(list, "resolver", owner);
	cJSON *references = cJSON_DetachItemFromObjectCaseSensitive(said, "references");

	cJSON_Delete(said);
	return references;
}

/* ---- all sides ---- */

static enum cli_status answer(struct explain_url ask, struct side *side)
{
	struct live_list list = { 0 };
	enum cli_status status = CLI_GOOD, found;

	ask.references = references_of_pipeline;
	ask.arg = &list;
	if (side->is_translated) {
		status = (enum cli_status)cli_offline_report_rejected(&side->offline);
		ask.references = references_of_files;
		ask.arg = &side->offline;
	} else if (cli_view_settings.run_dir.len) { /* named, or found when it was asked */
		(void)cli_live_find(cli_view_settings.run_dir, &side->view.pool, &list, NULL);
	}
	found = cli_explain_url(&ask, &side->view);
	return found == CLI_USAGE || status == CLI_GOOD ? found : status;
}

enum cli_status cli_explain_url_from(struct str url, bool as_json, struct str from,
				     const struct str_list *files)
{
	const struct explain_url ask = { .url = url, .as_json = as_json };
	struct view_wish wish = { .whole = true };
	struct side *side = mem_alloc(sizeof(*side));
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
			status = answer(ask, side);
		cli_side_close(side);
	}
	mem_free(side);
	pool_clear(&pool);
	return status;
}
