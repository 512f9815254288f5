/* translate_once: translates manifests once, with no cluster and no sockets.
 *
 *   in     -f FILE|DIR...
 *   out    the merged configuration or the bootstrap part; on stderr rejections and warnings; the
 *          statuses of the Gateway API's objects
 *   owns   nothing
 *   never  opens a socket
 */
#include "cli/cli.h"
#include "cli/offline/offline.h"
#include "cli/offline/status_file.h"
#include "publisher/bootstrap/bootstrap_text.h"
#include "publisher/wanted/render.h"

static struct str format, status_path;
static bool bootstrap;
static struct addresses addresses;

static const struct conf_option options[] = {
	{ "format", CONF_TEXT, &format, "json", 0, 0,
	  "json: protobuf-JSON of the Config; yaml: Pomerium's config.yaml", 0 },
	{ "bootstrap", CONF_BOOL, &bootstrap, "false", 0, 0,
	  "print what Pomerium needs before it starts instead of routes and settings", 0 },
	{ "status", CONF_TEXT, &status_path, "", 0, 0,
	  "file for the statuses of the Gateway API's objects, as JSON", 0 },
	{ "update-status-from-service", CONF_TEXT, &addresses.service, "", 0, 0,
	  "namespace/name of the Service whose address our Gateways get as their status", 0 },
	{ "status-address", CONF_LIST, &addresses.fixed, "", 0, 0,
	  "IP addresses or host names that they get instead, comma separated", 0 },
	{ 0 },
};

static int render(struct offline *self, struct err *err)
{
	enum wanted_format as = str_is(format, "yaml") ? WANTED_YAML : WANTED_JSON;
	struct buf out;
	int rc;

	buf_init(&out, BUF_MAX_OUTPUT);
	rc = bootstrap ? publisher_bootstrap_text_render(self->wanted, as, "${TMPDIR}", &out, err)
		       : publisher_render_all(self->wanted, as, &out, err);
	if (!rc && out.len)
		fwrite(out.ptr, 1, out.len, stdout);
	buf_wipe(&out);
	return rc;
}

int cli_translate_once(int argc, char **argv)
{
	const struct conf_option *const tables[] = { cli_offline_options, resolver_limits_options,
						     options, translator_pomerium_flags_options,
						     NULL };
	struct str_list rest = { 0 };
	struct err err = { "" };
	struct offline self;
	int status, rc;

	rc = conf_read(tables, "sluice translate", "translate manifests once, offline", argc, argv,
		       &rest, &err);
	if (rc)
		return rc > 0 ? CLI_GOOD : cli_usage("translate", err.text);
	if (cli_offline_add_files(&rest))
		return cli_usage("translate", "name at least one manifest file or folder with -f");
	if (resolver_addresses_check(&addresses, &err))
		return cli_usage("translate", err.text);
	if (!str_is(format, "json") && !str_is(format, "yaml"))
		return cli_usage("translate", "--format must be json or yaml");

	cli_offline_settings.bootstrap_only = bootstrap;
	cli_offline_load(&self);
	self.keep_reports = status_path.len > 0;
	publisher_wanted_need(self.wanted,
			      (struct wanted_needs){ str_is(format, "yaml"), bootstrap });
	cli_offline_translate(&self, bootstrap);
	status = cli_offline_report(&self);
	/* a bootstrap part that was rejected is not printed: there is nothing good to print */
	if (!(bootstrap && status == CLI_REJECTED) && render(&self, &err)) {
		fprintf(stderr, "sluice translate: %s\n", err.text);
		status = CLI_SYSTEM;
	}
	if (self.keep_reports && cli_status_file_write(&self, &addresses, status_path.ptr, &err)) {
		fprintf(stderr, "sluice translate: %s\n", err.text);
		status = CLI_SYSTEM;
	}
	cli_offline_clear(&self);
	return status;
}
