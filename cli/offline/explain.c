/* explain: says which Ingresses are ours, which are not and why, and which are rejected and why.
 *
 *   in     -f FILE|DIR...
 *   out    {"managed":[...],"ignored":[{name,reason}],"rejected":[{name,reason}]}, or lines
 *   owns   nothing
 *   never  changes or publishes anything
 */
#include "cli/cli.h"
#include "cli/offline/offline.h"

static bool as_json;

static const struct conf_option options[] = {
	{ "json", CONF_BOOL, &as_json, "false", 0, 0, "print one JSON object instead of lines", 0 },
	{ 0 },
};

struct listing {
	struct pool pool;
	struct buf managed, ignored, rejected; /* JSON list items, or lines */
};

static void add_item(struct buf *list, struct str name, struct str reason)
{
	struct err line; /* without anything that a terminal would obey */

	if (!as_json) {
		err_set(&line, STR_FMT "%s" STR_FMT, STR_ARG(name), reason.ptr ? ": " : "",
			STR_ARG(reason));
		buf_printf(list, "  %s\n", line.text);
		return;
	}
	if (list->len)
		buf_putc(list, ',');
	if (!reason.ptr) {
		buf_json(list, name);
		return;
	}
	buf_puts(list, "{\"name\":");
	buf_json(list, name);
	buf_puts(list, ",\"reason\":");
	buf_json(list, reason);
	buf_putc(list, '}');
}

static void on_ingress(void *arg, const struct msg_key *key, const char *why_not)
{
	struct listing *list = arg;

	add_item(why_not ? &list->ignored : &list->managed, msg_key_for_people(key, &list->pool),
		 str_from(why_not));
}

static void print_list(const char *title, const struct buf *list, const char *json_end)
{
	if (as_json)
		printf("\"%s\":[" STR_FMT "]%s", title, STR_ARG(buf_view(list)), json_end);
	else
		printf("%s:\n" STR_FMT, title, STR_ARG(buf_view(list)));
}

int cli_explain(int argc, char **argv)
{
	const struct conf_option *const tables[] = { cli_offline_options, options, NULL };
	struct str_list rest = { 0 };
	struct listing list;
	struct err err = { "" };
	struct offline self;
	int status, rc;

	if (argc > 1 && !strcmp(argv[1], "ingress"))
		return cli_explain_live(argc, argv);
	rc = conf_read(tables, "sluice explain", "say what becomes of each Ingress", argc, argv,
		       &rest, &err);
	if (rc)
		return rc > 0 ? CLI_GOOD : cli_offline_usage("explain", err.text);
	if (cli_offline_add_files(&rest))
		return cli_offline_usage("explain",
					 "name at least one manifest file or folder with -f");

	pool_init(&list.pool);
	buf_init(&list.managed, BUF_MAX_OUTPUT);
	buf_init(&list.ignored, BUF_MAX_OUTPUT);
	buf_init(&list.rejected, BUF_MAX_OUTPUT);
	cli_offline_load(&self);
	cli_offline_translate(&self, false);
	status = cli_offline_report(&self);
	resolver_resolve_each_ingress(self.resolve, on_ingress, &list);
	for (size_t i = 0; i < self.n_lines; i++)
		if (!self.lines[i].is_warning)
			add_item(&list.rejected, self.lines[i].name, self.lines[i].text);
	fputs(as_json ? "{" : "", stdout);
	print_list("managed", &list.managed, ",");
	print_list("ignored", &list.ignored, ",");
	print_list("rejected", &list.rejected, "}\n");
	cli_offline_clear(&self);
	buf_clear(&list.managed);
	buf_clear(&list.ignored);
	buf_clear(&list.rejected);
	pool_clear(&list.pool);
	return status;
}
