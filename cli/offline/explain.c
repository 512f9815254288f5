/* explain: says which Ingresses are ours, which are not and why, and which are rejected and why.
 *
 *   in     -f FILE|DIR...; or what explain_url.c, explain_object.c or cli/live/explain_live.c look
 *          at
 *   out    {"managed":[...],"ignored":[{name,reason}],"rejected":[{name,reason}]}, or lines
 *   owns   nothing
 *   never  changes or publishes anything
 */
#include "cli/cli.h"

#include <unistd.h>

#include "base/cjson.h"
#include "cli/explain/explain_from.h"
#include "cli/offline/explain_object.h"
#include "cli/offline/explain_rule.h"
#include "cli/offline/input.h"
#include "cli/offline/offline.h"
#include "cli/view/side.h"
#include "cli/view/view_options.h"

static bool as_json;
static struct str from;

static const struct conf_option options[] = {
	{ "from", CONF_TEXT, &from, "", 0, 0,
	  "of a URL, by whose routes: pipeline, cluster or databroker; empty: those of the "
	  "manifests, or without any the pipeline's",
	  0 },
	{ "json", CONF_BOOL, &as_json, "false", 0, 0, "print one JSON object instead of lines", 0 },
	{ "[URL]", CONF_REST, NULL, "", 0, 0,
	  "say instead which route serves this URL, and which others match it", 0 },
	{ 0 },
};

/* ---- what there is to say ---- */

/* A name, or {"name":..., "reason":...}. */
static void put_item(cJSON *list, struct str name, struct str reason)
{
	cJSON *item;

	if (!reason.ptr) {
		cjson_put_text(list, NULL, name);
		return;
	}
	item = cjson_put_object(list, NULL);
	cjson_put_text(item, "name", name);
	cjson_put_text(item, "reason", reason);
}

struct ingress_lists {
	cJSON *managed, *ignored;
	struct pool *pool;
};

static void on_ingress(void *arg, const struct msg_key *key, const char *why_not)
{
	const struct ingress_lists *lists = arg;

	put_item(why_not ? lists->ignored : lists->managed, msg_key_for_people(key, lists->pool),
		 str_from(why_not));
}

static cJSON *collect(struct offline *self)
{
	cJSON *doc = cJSON_CreateObject(), *rejected;
	struct ingress_lists lists = { .managed = cjson_put_list(doc, "managed"),
				       .ignored = cjson_put_list(doc, "ignored"),
				       .pool = &self->pool };

	resolver_resolve_each_ingress(self->resolve, on_ingress, &lists);
	rejected = cjson_put_list(doc, "rejected");
	for (size_t i = 0; i < self->n_lines; i++)
		if (!self->lines[i].is_warning)
			put_item(rejected, self->lines[i].name, self->lines[i].text);
	return doc;
}

/* ---- print ---- */

static void print_item(const cJSON *item)
{
	const struct str name = cjson_text(item, "name"), reason = cjson_text(item, "reason");
	struct err line; /* without anything that a terminal would obey */

	if (cJSON_IsString(item))
		err_set(&line, "%s", cJSON_GetStringValue(item));
	else
		err_set(&line, STR_FMT ": " STR_FMT, STR_ARG(name), STR_ARG(reason));
	printf("  %s\n", line.text);
}

static void print(cJSON **doc)
{
	const cJSON *list, *item;
	struct buf text;

	if (!as_json) {
		cJSON_ArrayForEach(list, *doc) {
			printf("%s:\n", list->string);
			cJSON_ArrayForEach(item, list)
				print_item(item);
		}
		cJSON_Delete(*doc);
		return;
	}
	buf_init(&text, BUF_MAX_OUTPUT);
	cjson_print(doc, &text);
	printf(STR_FMT "\n", STR_ARG(buf_view(&text)));
	buf_clear(&text);
}

/* ---- the verb ---- */

/* The first argument that is a URL and no file, removed from the others; absent: there is none. */
static struct str cut_url(struct str_list *rest)
{
	struct str url = STR_NONE;
	size_t n = 0;

	for (size_t i = 0; i < rest->n; i++) {
		if (!url.ptr && strstr(rest->items[i].ptr, "://"))
			url = rest->items[i];
		else
			rest->items[n++] = rest->items[i];
	}
	rest->n = n;
	return url;
}

static int answer_object(struct offline *self, const char *name)
{
	int status;

	self->keep_reports = true;
	cli_offline_translate(self, false);
	status = (int)cli_explain_object(self, name, as_json);
	return self->unreadable ? CLI_UNREADABLE : status;
}

static int list_all(struct offline *self, int status)
{
	cJSON *doc = collect(self);

	print(&doc);
	return status;
}

static int explain_url(struct str url)
{
	const struct str_list files = cli_offline_settings.files;
	struct err err;

	if (!url.ptr)
		return cli_usage("explain", "--from is for a URL: name one");
	if (files.n && from.len)
		return cli_usage("explain", "manifests are a side of their own; leave --from out");
	if (cli_side_check(from, &files, &err))
		return cli_usage("explain", err.text);
	return (int)cli_explain_url_from(url, as_json, from, &files);
}

/* What has a dot, and is neither there nor called as a manifest would be. */
static bool is_host(struct str name)
{
	return str_find(name, '.') > 0 && !str_ends(name, ".yaml") && !str_ends(name, ".yml") &&
	       !str_ends(name, ".json") && access(name.ptr, F_OK);
}

static int check_files(int rc, struct err *err)
{
	const struct str_list *files = &cli_offline_settings.files;

	if (rc)
		return err_set(err, "name a URL, manifests with -f, or an Ingress: sluice explain "
				    "ingress NAMESPACE/NAME");
	for (size_t i = 0; i < files->n; i++)
		if (is_host(files->items[i]))
			return err_set(err,
				       "%s is neither a file nor a URL; did you mean "
				       "https://" STR_FMT "?",
				       err_quote(files->items[i]), STR_ARG(files->items[i]));
	return 0;
}

/* Whether an object is named and no manifests, so that a running pipeline is asked. */
static bool is_live(int argc, char **argv)
{
	int n = 0;

	if (argc < 2)
		return false;
	if (!strcmp(argv[1], "ingress"))
		return true;
	if (cli_explain_object_kind(str_from(argv[1])) == MSG_KIND_NONE)
		return false;
	for (int i = 1; i < argc; i++) {
		struct str arg = str_from(argv[i]);

		if (str_is(arg, "--run-dir"))
			i++;
		else if (!str_is(arg, "--json") && !str_starts(arg, "--run-dir="))
			n += str_starts(arg, "-") ? argc : 1;
	}
	return n == 2;
}

int cli_explain(int argc, char **argv)
{
	const struct conf_option *const tables[] = { cli_offline_options,
						     resolver_limits_options,
						     cli_input_options,
						     cli_view_options,
						     cli_side_options,
						     cli_side_databroker_options,
						     options,
						     NULL };
	struct str_list rest = { 0 };
	const char *object;
	struct str url;
	struct err err = { "" };
	struct offline self;
	struct pool pool;
	int status, rc;

	if (is_live(argc, argv))
		return cli_explain_live(argc, argv);
	if (argc == 2 && cli_explain_rule_is_code(str_from(argv[1])))
		return cli_explain_rule(str_from(argv[1]));
	rc = conf_read(tables, "sluice explain", "say what becomes of each Ingress", argc, argv,
		       &rest, &err);
	if (rc)
		return rc > 0 ? CLI_GOOD : cli_usage("explain", err.text);
	pool_init(&pool);
	object = cli_explain_object_cut(&rest, &pool);
	url = object ? STR_NONE : cut_url(&rest);
	rc = cli_offline_add_files(&rest);
	if (url.ptr || from.len) {
		status = explain_url(url);
		pool_clear(&pool);
		return status;
	}
	rc = check_files(rc, &err);
	if (rc) {
		pool_clear(&pool);
		return cli_usage("explain", err.text);
	}

	cli_offline_load(&self);
	if (object) {
		status = answer_object(&self, object);
	} else {
		cli_offline_translate(&self, false);
		status = list_all(&self, cli_offline_report(&self));
	}
	cli_offline_clear(&self);
	pool_clear(&pool);
	return status;
}
