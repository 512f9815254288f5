/* plan_verb: `sluice plan`: what would change.
 *
 *   in     two sides, each of them manifests, a cluster or a running pipeline
 *   out    what differs, for a person or as JSON
 *   owns   how a side becomes a view
 *   never  changes anything
 */
#include "cli/cli.h"

#include <stdio.h>

#include "cli/ground/ground.h"
#include "cli/offline/input.h"
#include "cli/plan/forecast.h"
#include "cli/view/view_options.h"

static struct str from, to, output, kubeconfig, context;
static long max_delete_share;

static const struct conf_option options[] = {
	{ "from", CONF_TEXT, &from, "pipeline", 0, 0,
	  "what is there now: pipeline, cluster, or a file or folder", 0 },
	{ "to", CONF_TEXT, &to, "", 0, 0,
	  "what would be there: the same; empty: the manifests laid over what is there now", 0 },
	{ "kubeconfig", CONF_TEXT, &kubeconfig, "", 0, 0,
	  "for cluster, where empty is the one of the pod; for pipeline: where Secrets are looked "
	  "up "
	  "that it has not asked for so far",
	  0 },
	{ "context", CONF_TEXT, &context, "", 0, 0,
	  "context of the kubeconfig; empty: its current one", 0 },
	{ "max-delete-share", CONF_INT, &max_delete_share, "50", 1, 100,
	  "of the publisher: percent of the routes from which on they are not removed at once", 0 },
	{ "output", CONF_TEXT, &output, "text", 0, 0, "text or json", 'o' },
	{ 0 },
};

static const struct view_wish whole = { .whole = true };

/* ---- sides ---- */

/* Manifests over a ground, NULL: nothing. A Service that a real cluster has not is missing there,
 * too; of manifests alone nobody knows. */
static enum cli_status take_manifests(struct view *view, const struct str_list *files,
				      const struct offline_ground *ground)
{
	struct offline offline;
	struct err err = { "" };
	enum cli_status status = CLI_GOOD;

	cli_offline_settings.files = *files;
	cli_offline_settings.classes = (struct str_list){ NULL, 0 };
	cli_offline_settings.resolve.lenient = false;
	cli_offline_settings.resolve.guesses = ground;
	if (!ground)
		(void)cli_input_settle();
	cli_view_init(view, &whole);
	if (cli_offline_load_over(&offline, ground, &err)) {
		fprintf(stderr, "sluice plan: %s\n", err.text);
		status = CLI_UNREADABLE;
	} else {
		cli_offline_translate(&offline, false);
		cli_view_add_offline(view, &offline);
		status = offline.unreadable ? CLI_UNREADABLE : CLI_GOOD;
	}
	cli_offline_clear(&offline);
	cli_view_sort(view);
	return status;
}

static enum cli_status take_cluster(struct view *view, const struct str_list *files)
{
	struct cluster_ground ground;
	struct err err = { "" };
	enum cli_status status;

	if (cli_ground_cluster_open(&ground, kubeconfig, context, &err)) {
		fprintf(stderr, "sluice plan: %s\n", err.text);
		cli_view_init(view, &whole);
		return CLI_UNREADABLE;
	}
	status = take_manifests(view, files, &ground.ground);
	cli_ground_cluster_close(&ground);
	return status;
}

static enum cli_status take_over_pipeline(struct view *view, const struct str_list *files,
					  const struct offline_ground *more)
{
	struct pipeline_ground ground;
	enum cli_status status;

	cli_ground_pipeline_open(&ground, cli_view_settings.run_dir, more);
	status = take_manifests(view, files, &ground.ground);
	cli_ground_pipeline_close(&ground);
	return status;
}

/* Without manifests: what the publisher has, last good routes included. A cluster knows Secrets
 * that the pipeline has not asked for. */
static enum cli_status take_pipeline(struct view *view, const struct str_list *files)
{
	struct cluster_ground cluster;
	enum cli_status status;
	struct err err = { "" };

	if (!files->n) {
		cli_offline_settings.files = *files;
		return cli_view_open(view, &whole, "plan");
	}
	if (!kubeconfig.len)
		return take_over_pipeline(view, files, NULL);
	if (cli_ground_cluster_open(&cluster, kubeconfig, context, &err)) {
		fprintf(stderr, "sluice plan: %s\n", err.text);
		cli_view_init(view, &whole);
		return CLI_UNREADABLE;
	}
	status = take_over_pipeline(view, files, &cluster.ground);
	cli_ground_cluster_close(&cluster);
	return status;
}

/* `files`: what is laid over it, for a cluster or a pipeline. */
static enum cli_status take_side(struct view *view, struct str side, const struct str_list *files)
{
	if (str_is(side, "pipeline"))
		return take_pipeline(view, files);
	if (str_is(side, "cluster"))
		return take_cluster(view, files);
	return take_manifests(view, &(struct str_list){ &side, 1 }, NULL);
}

/* ---- the verb ---- */

static int check(const struct str_list *files, struct err *err)
{
	if (str_is(from, "databroker") || str_is(to, "databroker"))
		return err_set(err, "the records of a databroker cannot be read here; name "
				    "pipeline, whose publisher knows what is stored");
	if (!str_is(output, "text") && !str_is(output, "json"))
		return err_set(err, "--output must be text or json");
	if (!to.len && !files->n)
		return err_set(err, "name manifests, or the other side with --to");
	if (to.len && files->n)
		return err_set(err, "with --to no other manifests can be named");
	if (!to.len && !str_is(from, "pipeline") && !str_is(from, "cluster"))
		return err_set(err,
			       "manifests are laid over a pipeline or a cluster; name the "
			       "other side of %s with --to",
			       err_quote(from));
	return 0;
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
	const struct str_list none = { NULL, 0 };
	struct view before, after;
	enum cli_status status = take_side(&before, from, &none);

	if (status == CLI_GOOD) {
		status = take_side(&after, to.len ? to : from, files);
		if (status == CLI_GOOD)
			status = show(&before, &after);
		cli_view_close(&after);
	}
	cli_view_close(&before);
	return status;
}

int cli_plan(int argc, char **argv)
{
	const struct conf_option *const tables[] = { options, cli_view_options, cli_input_options,
						     cli_offline_options, NULL };
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
