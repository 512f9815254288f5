/* explain_from: explains a URL by the routes of manifests, or by those of a running pipeline.
 *
 *   in     a URL; manifests, or a run folder
 *   out    a view of the routes that may serve it
 *   owns   how an owner's Services and Secrets are found out
 *   never  decides which route serves
 */
#include "cli/explain/explain_from.h"

#include <stdio.h>

#include "cli/explain/explain_url.h"
#include "cli/live/live.h"
#include "cli/match/choice.h"
#include "cli/offline/input.h"
#include "cli/view/view_options.h"

/* ---- manifests ---- */

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

static enum cli_status explain_files(struct explain_url ask, const struct view_wish *wish)
{
	struct offline offline;
	struct view view;
	enum cli_status status, found;

	(void)cli_input_settle();
	cli_offline_load(&offline);
	cli_offline_translate(&offline, false);
	status = (enum cli_status)cli_offline_report(&offline);
	cli_view_init(&view, wish);
	cli_view_add_offline(&view, &offline);
	cli_view_sort(&view);
	ask.references = references_of_files;
	ask.arg = &offline;
	found = cli_explain_url(&ask, &view);
	cli_view_close(&view);
	cli_offline_clear(&offline);
	return found == CLI_USAGE || status == CLI_GOOD ? found : status;
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

static enum cli_status explain_pipeline(struct explain_url ask, const struct view_wish *wish)
{
	struct live_list list = { 0 };
	struct view view;
	enum cli_status status = cli_view_open(&view, wish, "explain");

	ask.references = references_of_pipeline;
	ask.arg = &list;
	if (status == CLI_GOOD) {
		(void)cli_live_find(cli_view_settings.run_dir, &view.pool, &list, NULL);
		status = cli_explain_url(&ask, &view);
	}
	cli_view_close(&view);
	return status;
}

/* ---- both ---- */

static enum cli_status explain(struct str url, bool as_json,
			       enum cli_status (*from)(struct explain_url ask,
						       const struct view_wish *wish))
{
	struct explain_url ask = { .url = url, .as_json = as_json };
	struct view_wish wish = { .whole = true };
	enum cli_status status = CLI_USAGE;
	struct err err = { "" };
	struct str path;
	struct pool pool;

	pool_init(&pool);
	if (cli_choice_host(url, &pool, &wish.host, &path, &err))
		fprintf(stderr, "sluice explain: %s\n", err.text);
	else
		status = from(ask, &wish);
	pool_clear(&pool);
	return status;
}

enum cli_status cli_explain_url_files(struct str url, bool as_json)
{
	return explain(url, as_json, explain_files);
}

enum cli_status cli_explain_url_live(struct str url, bool as_json)
{
	return explain(url, as_json, explain_pipeline);
}
