/* check_pipeline: whether each process of a running pipeline is ready, and why not.
 *
 *   in     /state of each process, the publisher's /owners
 *   out    findings
 *   owns   nothing
 *   never  takes a pipeline that does not run for a fault: it may run elsewhere
 */
#include "base/cjson.h"
#include "cli/check/check.h"
#include "cli/live/live.h"

static cJSON *ask(const struct live_process *process, const char *path)
{
	struct buf text;
	struct err err;
	cJSON *doc = NULL;

	buf_init(&text, BUF_MAX_OUTPUT);
	if (cli_live_get_all(process, path, &text, &err) == 200)
		doc = cjson_parse(buf_view(&text));
	buf_clear(&text);
	return doc;
}

static void check_process(struct findings *self, const struct live_process *process)
{
	cJSON *state = ask(process, "/state");

	if (!state)
		cli_check_add(self, false, "pipeline", "sluice top shows what it does",
			      "the " STR_FMT " (pid %ld) does not answer", STR_ARG(process->room),
			      process->pid);
	else if (cjson_flag(state, "ready"))
		cli_check_add(self, true, "pipeline", NULL, "the " STR_FMT " is ready",
			      STR_ARG(process->room));
	else
		cli_check_add(self, false, "pipeline", "its log says more",
			      "the " STR_FMT " is not ready: " STR_FMT, STR_ARG(process->room),
			      STR_ARG(cjson_text(state, "why_not")));
	cJSON_Delete(state);
}

static const char *kind_of(const cJSON *item)
{
	for (enum msg_kind kind = MSG_KIND_NONE + 1; kind < MSG_N_KINDS; kind++)
		if (str_is(cjson_text(item, "kind"), msg_kind_name(kind)))
			return msg_kind_name(kind);
	return "object";
}

static void check_owners(struct findings *self, const cJSON *doc)
{
	const cJSON *item;
	size_t n = 0;

	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(doc, "owners")) {
		const struct str namespace = cjson_text(item, "namespace"),
				 why = cjson_text(item, "rejected");

		if (!why.len || ++n > CHECK_SHOWN_MAX)
			continue;
		cli_check_add(self, false, kind_of(item), NULL,
			      STR_FMT "%s" STR_FMT " is rejected: " STR_FMT, STR_ARG(namespace),
			      namespace.len ? "/" : "", STR_ARG(cjson_text(item, "name")),
			      STR_ARG(why));
	}
	cli_check_rejected(self, n);
}

void cli_check_pipeline(struct findings *self, struct str *run_dir, bool with_owners)
{
	struct live_list list = { 0 };
	const struct live_process *publisher;
	struct err err = { "" };
	cJSON *doc;

	if (cli_live_open(run_dir, &self->pool, &list, &err)) {
		if (!self->n || run_dir->len)
			cli_check_add(self, false, "pipeline", NULL, "%s", err.text);
		return;
	}
	for (size_t i = 0; i < list.n; i++)
		check_process(self, &list.items[i]);
	publisher = cli_live_first(&list, "publisher");
	doc = publisher ? ask(publisher, "/owners") : NULL;
	if (doc && with_owners)
		check_owners(self, doc);
	if (cJSON_HasObjectItem(doc, "leader"))
		cli_check_add(self, true, "databroker", NULL,
			      cjson_flag(doc, "leader") ? "this publisher holds the lease"
							: "another publisher holds the lease");
	cJSON_Delete(doc);
}

/* Who holds the lease cannot be asked: a publisher knows of itself. */
void cli_check_databroker(struct findings *self, const struct reach *reach)
{
	const struct view_wish wish = { .whole = false };
	struct err err = { "" };
	struct view view;

	cli_view_init(&view, &wish);
	if (cli_view_add_databroker(&view, reach, &err) == CLI_GOOD)
		cli_check_add(self, true, "databroker", NULL, "%zu routes are published there",
			      view.n_routes);
	else
		cli_check_add(self, false, "databroker",
			      "its URL, the shared secret and, with https, its CA have to be those "
			      "of Pomerium",
			      "%s", err.text);
	cli_view_close(&view);
}
