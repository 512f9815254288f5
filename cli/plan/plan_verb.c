/* plan_verb: `sluice plan`: what would change.
 *
 *   in     two sides, each of them manifests, a cluster, a running pipeline or a databroker
 *   out    what differs, for a person or as JSON
 *   owns   nothing
 *   never  changes anything
 */
#include "cli/cli.h"

#include <stdio.h>

#include "base/mem.h"
#include "cli/offline/input.h"
#include "cli/plan/forecast.h"
#include "cli/view/side.h"
#include "cli/view/view_options.h"

static struct str from, to, output;
static long max_delete_share;

static const struct conf_option options[] = {
	{ "from", CONF_TEXT, &from, "pipeline", 0, 0,
	  "what is there now: pipeline, cluster, databroker, or a file or folder", 0 },
	{ "to", CONF_TEXT, &to, "", 0, 0,
	  "what would be there: the same; empty: the manifests laid over what is there now", 0 },
	{ "max-delete-share", CONF_INT, &max_delete_share, "50", 1, 100,
	  "of the publisher: percent of the routes from which on they are not removed at once", 0 },
	{ "output", CONF_TEXT, &output, "text", 0, 0, "text or json", 'o' },
	{ 0 },
};

static int check(const struct str_list *files, struct err *err)
{
	const struct str_list none = { NULL, 0 };

	if (!str_is(output, "text") && !str_is(output, "json"))
		return err_set(err, "--output must be text or json");
	if (!to.len && !files->n)
		return err_set(err, "name manifests, or the other side with --to");
	if (to.len && files->n)
		return err_set(err, "with --to no other manifests can be named");
	return cli_side_check(from, files, err) || cli_side_check(to, &none, err) ? -1 : 0;
}

static enum cli_status show(struct view *before, struct view *after)
{
	struct forecast forecast;
	enum cli_status status;
	struct buf text;

	buf_init(&text, BUF_MAX_OUTPUT);
	cli_forecast_make(&forecast, before, after, (unsigned)max_delete_share);
	(str_is(output, "json") ? cli_forecast_json : cli_forecast_print)(&forecast, &text);
	(void)fwrite(text.ptr, 1, text.len, stdout);
	status = fflush(stdout) ? CLI_SYSTEM : cli_forecast_status(&forecast);
	cli_forecast_clear(&forecast);
	buf_clear(&text);
	return status;
}

static enum cli_status plan(const struct str_list *files)
{
	const struct view_wish whole = { .whole = true };
	const struct str_list none = { NULL, 0 };
	struct side *sides = mem_alloc(2 * sizeof(*sides)), *before = sides, *after = sides + 1;
	enum cli_status status = cli_side_open(before, &whole, from, &none, "plan");

	if (status == CLI_GOOD) {
		status = cli_side_open(after, &whole, to.len ? to : from, files, "plan");
		if (status == CLI_GOOD)
			status = show(&before->view, &after->view);
		cli_side_close(after);
	}
	cli_side_close(before);
	mem_free(sides);
	return status;
}

int cli_plan(int argc, char **argv)
{
	const struct conf_option *const tables[] = { options,
						     cli_view_options,
						     cli_side_options,
						     cli_side_databroker_options,
						     cli_input_options,
						     cli_offline_options,
						     resolver_limits_options,
						     NULL };
	struct str_list rest = { 0 };
	struct err err = { "" };
	struct str_list files;
	int rc = conf_read(tables, "sluice plan", "say what would change", argc, argv, &rest, &err);

	if (rc > 0)
		return CLI_GOOD;
	if (rc == 0) {
		(void)cli_offline_add_files(&rest);
		files = cli_offline_settings.files;
		rc = check(&files, &err);
	}
	if (rc < 0)
		return cli_usage("plan", err.text);
	return (int)plan(&files);
}
