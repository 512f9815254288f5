/* check_verb: `sluice check`: whether everything is there that Sluice needs.
 *
 *   in     a cluster, a running pipeline
 *   out    a line for each thing that was looked at, with the remedy if it is not as it should be
 *   owns   the order in which things are looked at
 *   never  changes anything
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cjson.h"
#include "cli/check/check.h"
#include "cli/terminal.h"
#include "cli/view/side.h"
#include "cli/view/view_options.h"

static struct str kubeconfig, context, output;
static bool pre;

static const struct conf_option options[] = {
	{ "kubeconfig", CONF_TEXT, &kubeconfig, "", 0, 0,
	  "the cluster to look at; empty: in a pod its own, else none", 0 },
	{ "context", CONF_TEXT, &context, "", 0, 0,
	  "context of the kubeconfig; empty: its current one", 0 },
	{ "pre", CONF_BOOL, &pre, "false", 0, 0,
	  "before installing: only the API server, its version, the CRD, the clock and what may be "
	  "made there",
	  0 },
	{ "output", CONF_TEXT, &output, "text", 0, 0, "text or json", 'o' },
	{ 0 },
};

void cli_check_add(struct findings *self, bool is_good, const char *what, const char *remedy,
		   const char *fmt, ...)
{
	struct finding *finding = pool_push(&self->pool, &self->items, &self->n, sizeof(*finding));
	char text[ERR_MAX];
	struct err clean;
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	err_set(&clean, "%s", text); /* without anything that a terminal would obey */
	*finding = (struct finding){ is_good, what, pool_printf(&self->pool, "%s", clean.text),
				     remedy };
}

void cli_check_rejected(struct findings *self, size_t n_rejected)
{
	if (n_rejected > CHECK_SHOWN_MAX)
		cli_check_add(self, false, "Ingress", "sluice routes --rejected lists all",
			      "%zu more are rejected", n_rejected - CHECK_SHOWN_MAX);
	if (!n_rejected)
		cli_check_add(self, true, "Ingress", NULL, "none is rejected");
}

static void print_text(const struct findings *self, struct buf *out)
{
	for (size_t i = 0; i < self->n; i++) {
		const struct finding *finding = &self->items[i];

		cli_terminal_paint(finding->is_good ? TERMINAL_GREEN : TERMINAL_RED, out);
		buf_puts(out, finding->is_good ? "✓" : "✗");
		cli_terminal_paint(NULL, out);
		buf_printf(out, " %s: ", finding->what);
		cli_terminal_fold(finding->text, strlen(finding->what) + 4, 4, out);
		buf_putc(out, '\n');
		if (!finding->is_good && finding->remedy) {
			buf_puts(out, "    ");
			cli_terminal_fold(str_from(finding->remedy), 4, 4, out);
			buf_putc(out, '\n');
		}
	}
}

static void print_json(const struct findings *self, struct buf *out)
{
	cJSON *doc = cJSON_CreateObject(), *list = cjson_put_list(doc, "checks"), *item;

	for (size_t i = 0; i < self->n; i++) {
		item = cjson_put_object(list, NULL);
		cjson_put_text(item, "check", str_from(self->items[i].what));
		cjson_put_bool(item, "good", self->items[i].is_good);
		cjson_put_text(item, "text", self->items[i].text);
		if (!self->items[i].is_good)
			cjson_put_filled(item, "remedy", str_from(self->items[i].remedy));
	}
	cjson_print(&doc, out);
	buf_putc(out, '\n');
}

static enum cli_status show(const struct findings *self)
{
	enum cli_status status = CLI_GOOD;
	struct buf text;

	for (size_t i = 0; i < self->n; i++)
		if (!self->items[i].is_good)
			status = CLI_REJECTED;
	buf_init(&text, BUF_MAX_TEXT);
	(str_is(output, "json") ? print_json : print_text)(self, &text);
	(void)fwrite(text.ptr, 1, text.len, stdout);
	buf_clear(&text);
	return status;
}

static bool has_cluster(void)
{
	return kubeconfig.len || getenv("KUBERNETES_SERVICE_HOST");
}

static void look_at_cluster(struct findings *self)
{
	struct cluster_ground cluster;
	struct err err = { "" };

	if (cli_ground_cluster_open(&cluster, kubeconfig, context, &err)) {
		cli_check_add(self, false, "API server", "name a kubeconfig with --kubeconfig",
			      "%s", err.text);
		return;
	}
	if (cli_check_server(self, cluster.kube)) {
		cli_check_clock(self, cluster.kube);
		cli_check_rights(self, cluster.kube, pre);
		if (!pre)
			cli_check_objects(self, &cluster);
	}
	cli_ground_cluster_close(&cluster);
}

int cli_check(int argc, char **argv)
{
	const struct conf_option *const tables[] = { options,
						     cli_view_options,
						     cli_side_databroker_options,
						     cli_offline_options,
						     resolver_limits_options,
						     NULL };
	struct str_list rest = { 0 };
	struct findings findings = { 0 };
	struct err err = { "" };
	enum cli_status status;
	int rc = conf_read(tables, "sluice check", "look whether everything is there", argc, argv,
			   &rest, &err);

	if (rc > 0)
		return CLI_GOOD;
	if (rc == 0 && (rest.n || cli_offline_settings.files.n))
		rc = err_set(&err, "manifests are for `sluice lint`; this looks at a cluster");
	if (rc == 0 && !str_is(output, "text") && !str_is(output, "json"))
		rc = err_set(&err, "--output must be text or json");
	if (rc == 0 && pre && !has_cluster())
		rc = err_set(&err, "--pre wants a cluster; name one with --kubeconfig");
	if (rc < 0)
		return cli_usage("check", err.text);
	pool_init(&findings.pool);
	if (has_cluster())
		look_at_cluster(&findings);
	if (!pre && cli_side_databroker())
		cli_check_databroker(&findings, cli_side_databroker());
	if (!pre)
		cli_check_pipeline(&findings, &cli_view_settings.run_dir, !has_cluster());
	status = show(&findings);
	pool_clear(&findings.pool);
	return (int)status;
}
