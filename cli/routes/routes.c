/* routes: lists the routes, in the order in which the proxy tries them, and what has none.
 *
 *   in     manifests, a cluster, a running pipeline or a databroker
 *   out    a table, JSON or YAML; with --watch again whenever it has changed
 *   owns   nothing
 *   never  changes anything
 */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/offline/input.h"
#include "cli/routes/routes_print.h"
#include "cli/terminal.h"
#include "cli/view/side.h"
#include "cli/view/view_options.h"

static struct routes_filter filter;
static struct str from, output;
static bool watch;
static uint64_t interval_ms;

static const struct conf_option options[] = {
	{ "from", CONF_TEXT, &from, "", 0, 0,
	  "pipeline, cluster or databroker; empty: the manifests, or without any the pipeline", 0 },
	{ "namespace", CONF_LIST, &filter.namespaces, "", 0, 0,
	  "show these namespaces only, comma separated", 'n' },
	{ "host", CONF_TEXT, &filter.host, "", 0, 0, "show the routes of this host only", 0 },
	{ "rejected", CONF_BOOL, &filter.rejected_only, "false", 0, 0,
	  "show what is rejected, and why", 0 },
	{ "output", CONF_TEXT, &output, "table", 0, 0, "table, wide: nothing is cut, json or yaml",
	  'o' },
	{ "watch", CONF_BOOL, &watch, "false", 0, 0, "print it again whenever it has changed",
	  'w' },
	{ "interval", CONF_DURATION, &interval_ms, "1s", 100, 60000,
	  "time between two looks of --watch", 0 },
	{ 0 },
};

static int form_of(struct str name, enum routes_form *form)
{
	static const char *const names[] = { [ROUTES_TABLE] = "table",
					     [ROUTES_WIDE] = "wide",
					     [ROUTES_JSON] = "json",
					     [ROUTES_YAML] = "yaml" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_is(name, names[i])) {
			*form = (enum routes_form)i;
			return 0;
		}
	return -1;
}

/* One look; its text into `out`. */
static enum cli_status look(const struct str_list *files, enum routes_form form, struct buf *out)
{
	struct side *side = mem_alloc(sizeof(*side));
	enum cli_status status;

	buf_init(out, BUF_MAX_OUTPUT);
	status = cli_side_open(side, &(struct view_wish){ 0 }, from, files, "routes");
	cli_routes_print(&side->view, &filter, form, cli_terminal_columns(), out);
	if (status == CLI_GOOD && cli_routes_has_rejected(&side->view, &filter))
		status = CLI_REJECTED;
	cli_side_close(side);
	mem_free(side);
	return status;
}

static void show(struct str text)
{
	(void)fwrite(text.ptr, 1, text.len, stdout);
	(void)fflush(stdout);
}

static void sleep_for(uint64_t ms)
{
	struct timespec wait = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

	(void)nanosleep(&wait, NULL);
}

/* Until a signal ends us, or nobody reads any more. */
static enum cli_status follow(const struct str_list *files, enum routes_form form,
			      struct buf *shown)
{
	struct buf next, clear;

	buf_init(&clear, BUF_MAX_TEXT);
	if (isatty(STDOUT_FILENO))
		cli_terminal_clear(&clear);
	show(buf_view(&clear));
	show(buf_view(shown));
	while (!ferror(stdout)) {
		sleep_for(interval_ms);
		if (look(files, form, &next) <= CLI_REJECTED &&
		    !str_eq(buf_view(&next), buf_view(shown))) {
			show(buf_view(&clear));
			show(buf_view(&next));
			buf_clear(shown);
			*shown = next;
		} else {
			buf_clear(&next);
		}
	}
	buf_clear(&clear);
	return CLI_SYSTEM;
}

int cli_routes(int argc, char **argv)
{
	const struct conf_option *const tables[] = { cli_offline_options,
						     resolver_limits_options,
						     cli_input_options,
						     cli_view_options,
						     cli_side_options,
						     cli_side_databroker_options,
						     options,
						     NULL };
	struct str_list rest = { 0 }, files;
	enum routes_form form = ROUTES_TABLE;
	enum cli_status status;
	struct err err = { "" };
	struct buf text;
	int rc = conf_read(tables, "sluice routes", "list the routes in the proxy's order", argc,
			   argv, &rest, &err);

	if (rc > 0)
		return CLI_GOOD;
	if (rc < 0)
		return cli_usage("routes", err.text);
	if (form_of(output, &form))
		return cli_usage("routes", "--output must be table, wide, json or yaml");
	(void)cli_offline_add_files(&rest);
	files = cli_offline_settings.files;
	if (files.n && from.len)
		return cli_usage("routes", "manifests are a side of their own; leave --from out");
	if (cli_side_check(from, &files, &err))
		return cli_usage("routes", err.text);
	status = look(&files, form, &text);
	if (watch && status <= CLI_REJECTED)
		status = follow(&files, form, &text);
	else if (status <= CLI_REJECTED || files.n)
		show(buf_view(&text));
	buf_clear(&text);
	return (int)status;
}
