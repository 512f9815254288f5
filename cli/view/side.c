/* side: a view of one side, by its name.
 *
 *   in     manifests, objects of a cluster, answers of a pipeline, records of a databroker
 *   out    a view
 *   owns   which of them a name means
 *   never  changes anything
 */
#include "cli/view/side.h"

#include <stdio.h>

#include "cli/ground/ground.h"
#include "cli/offline/input.h"
#include "cli/view/view_options.h"

static struct {
	struct str kubeconfig, context; /* of the cluster */
	struct reach reach;             /* of the databroker */
} settings;

const struct conf_option cli_side_options[] = {
	{ "kubeconfig", CONF_TEXT, &settings.kubeconfig, "", 0, 0,
	  "of cluster, where empty is the one of the pod; of pipeline: where Secrets are looked "
	  "up that it has not asked for so far",
	  0 },
	{ "context", CONF_TEXT, &settings.context, "", 0, 0,
	  "context of the kubeconfig; empty: its current one", 0 },
	{ 0 },
};

const struct conf_option cli_side_databroker_options[] = {
	{ "databroker-service-url", CONF_TEXT, &settings.reach.url, "", 0, 0,
	  "of databroker: http:// or https:// and host:port", 0 },
	{ "shared-secret", CONF_TEXT, &settings.reach.secret, "", 0, 0,
	  "of databroker: the secret shared with Pomerium, base64 of 32 bytes; rather in the "
	  "environment than in a flag",
	  0 },
	{ REACH_SECRET_FILE(&settings.reach.secret_file) },
	{ REACH_CA(&settings.reach.ca) },
	{ REACH_CA_FILE(&settings.reach.ca_file) },
	{ REACH_INSECURE(&settings.reach.insecure) },
	{ REACH_OVERRIDE_NAME(&settings.reach.override_name) },
	{ 0 },
};

static enum cli_status translate(struct side *self, const struct offline_ground *ground,
				 struct err *err)
{
	struct offline *offline = &self->offline;

	self->is_translated = true;
	if (cli_offline_load_over(offline, ground, err))
		return CLI_UNREADABLE;
	cli_offline_translate(offline, false);
	cli_view_add_offline(&self->view, offline);
	return offline->unreadable ? CLI_UNREADABLE : CLI_GOOD;
}

/* Manifests over a ground, NULL: nothing. A Service that a real cluster has not is missing there,
 * too; of manifests alone nobody knows. */
static enum cli_status take_manifests(struct side *self, const struct str_list *files,
				      const struct offline_ground *ground, struct err *err)
{
	const struct offline_settings ours = cli_offline_settings;
	enum cli_status status;

	cli_offline_settings.files = *files;
	cli_offline_settings.classes = (struct str_list){ NULL, 0 };
	cli_offline_settings.resolve.lenient = false;
	cli_offline_settings.resolve.guesses = ground;
	if (!ground)
		(void)cli_input_settle();
	status = translate(self, ground, err);
	cli_offline_settings = ours;
	return status;
}

static enum cli_status take_cluster(struct side *self, const struct str_list *files,
				    struct err *err)
{
	struct cluster_ground ground;
	enum cli_status status;

	if (cli_ground_cluster_open(&ground, settings.kubeconfig, settings.context, err))
		return CLI_UNREADABLE;
	status = take_manifests(self, files, &ground.ground, err);
	cli_ground_cluster_close(&ground);
	return status;
}

static enum cli_status take_over_pipeline(struct side *self, const struct str_list *files,
					  const struct offline_ground *more, struct err *err)
{
	const struct resolve_settings ours = cli_offline_settings.resolve;
	struct pipeline_ground ground;
	enum cli_status status;

	status = cli_ground_pipeline_open(&ground, cli_view_settings.run_dir, more, err)
			 ? CLI_UNREADABLE
			 : take_manifests(self, files, &ground.ground, err);
	cli_offline_settings.resolve = ours;
	cli_ground_pipeline_close(&ground);
	return status;
}

/* Without manifests: what the publisher has, last good routes included. A cluster knows Secrets
 * that the pipeline has not asked for. */
static enum cli_status take_pipeline(struct side *self, const struct str_list *files,
				     struct err *err)
{
	struct cluster_ground cluster;
	enum cli_status status;

	if (!files->n)
		return cli_view_add_live(&self->view, &cli_view_settings.run_dir, err);
	if (!settings.kubeconfig.len)
		return take_over_pipeline(self, files, NULL, err);
	if (cli_ground_cluster_open(&cluster, settings.kubeconfig, settings.context, err))
		return CLI_UNREADABLE;
	status = take_over_pipeline(self, files, &cluster.ground, err);
	cli_ground_cluster_close(&cluster);
	return status;
}

static enum cli_status take(struct side *self, struct str name, const struct str_list *files,
			    struct err *err)
{
	if (str_is(name, "cluster"))
		return take_cluster(self, files, err);
	if ((self->is_stored = str_is(name, "databroker")))
		return cli_view_add_databroker(&self->view, &settings.reach, err);
	if (str_is(name, "pipeline") || (!name.len && !files->n))
		return take_pipeline(self, files, err);
	return take_manifests(self, name.len ? &(struct str_list){ &name, 1 } : files, NULL, err);
}

enum cli_status cli_side_open(struct side *self, const struct view_wish *wish, struct str name,
			      const struct str_list *files, const char *verb)
{
	enum cli_status status;
	struct err err = { "" };

	self->is_translated = self->is_stored = false;
	cli_view_init(&self->view, wish);
	status = take(self, name, files, &err);
	if (err.text[0])
		fprintf(stderr, "sluice %s: %s\n", verb, err.text);
	cli_view_sort(&self->view);
	return status;
}

void cli_side_close(struct side *self)
{
	cli_view_close(&self->view);
	if (self->is_translated)
		cli_offline_clear(&self->offline);
}

const struct reach *cli_side_databroker(void)
{
	const struct reach *reach = &settings.reach;

	return reach->url.len && publisher_reach_has_secret(reach) ? reach : NULL;
}

int cli_side_check(struct str name, const struct str_list *files, struct err *err)
{
	if (files->n && name.len && !str_is(name, "pipeline") && !str_is(name, "cluster"))
		return err_set(err, "manifests are laid over a pipeline or a cluster, not over %s",
			       err_quote(name));
	if (!str_is(name, "databroker") || cli_side_databroker())
		return 0;
	if (!settings.reach.url.len)
		return err_set(err, "name the databroker with --databroker-service-url");
	return err_set(err, "the databroker wants a secret: name it with --shared-secret "
			    "or --shared-secret-file");
}
