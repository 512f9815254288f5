/* migrate: turns a set of Ingresses for ingress-nginx into Ingresses for Pomerium.
 *
 *   in     files, folders, standard input or a cluster
 *   out    YAML and a report; status 1 if there is something to decide or something was refused
 *   owns   the flags
 *   never  changes its input or a cluster
 */
#include "cli/migrate/migrate.h"

#include <errno.h>
#include <stdlib.h>

#include "actor/conf.h"
#include "cli/cli.h"
#include "cli/migrate/outcome/outcome_table.h"
#include "cli/offline/offline.h"

struct migrate_settings cli_migrate_settings;
static struct str out_file, report;
static bool list;

static const struct conf_option options[] = {
	{ "class", CONF_TEXT, &cli_migrate_settings.class, "pomerium", 0, 0,
	  "ingressClassName of the output", 0 },
	{ "from-class", CONF_LIST, &cli_migrate_settings.from_classes, "nginx", 0, 0,
	  "classes of ingress-nginx, comma separated; Ingresses without a class are converted, "
	  "too, and those of an IngressClass with the controller k8s.io/ingress-nginx",
	  0 },
	{ "from-prefix", CONF_TEXT, &cli_migrate_settings.from_prefix,
	  "nginx.ingress.kubernetes.io", 0, 0, "prefix of the annotations of ingress-nginx", 0 },
	{ "prefix", CONF_TEXT, &cli_migrate_settings.prefix, "ingress.pomerium.io", 0, 0,
	  "prefix of our annotations", 0 },
	{ "suffix", CONF_TEXT, &cli_migrate_settings.suffix, "", 0, 0,
	  "appended to every name, to run both Ingresses side by side", 0 },
	{ "drop", CONF_LIST, &cli_migrate_settings.drop, "", 0, 0,
	  "annotations of ingress-nginx, without prefix, that need no replacement, comma separated",
	  0 },
	{ "report", CONF_TEXT, &report, "text", 0, 0,
	  "format of the report: text, markdown, json or none", 0 },
	{ "out", CONF_TEXT, &out_file, "", 0, 0,
	  "file for the YAML; the report goes to stdout then, otherwise to stderr", 'o' },
	{ "kubeconfig", CONF_TEXT, &cli_migrate_settings.kubeconfig, "", 0, 0,
	  "read the Ingresses of this cluster, in addition to files", 0 },
	{ "context", CONF_TEXT, &cli_migrate_settings.context, "", 0, 0,
	  "context of the kubeconfig; empty: its current one", 0 },
	{ "namespaces", CONF_LIST, &cli_migrate_settings.namespaces, "", 0, 0,
	  "namespaces of the cluster to read, comma separated; empty means all", 0 },
	{ "list", CONF_BOOL, &list, "false", 0, 0,
	  "print what becomes of each annotation, as a Markdown table", 0 },
	{ "[FILE...]", CONF_REST, NULL, "", 0, 0,
	  "manifest files and folders, - for stdin: all Ingresses of one ingress-nginx, because "
	  "they affect each other",
	  0 },
	{ 0 },
};

static const struct report_form {
	const char *name;
	void (*print)(const struct migrate *migrate, struct buf *out);
} forms[] = {
	{ "text", cli_migrate_report_text },
	{ "markdown", cli_migrate_report_markdown },
	{ "json", cli_migrate_report_json },
	{ "none", NULL },
};

static const struct report_form *form_of(struct str name)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (str_is(name, forms[i].name))
			return &forms[i];
	return NULL;
}

/* ---- flags ---- */

static int check_drop(struct err *err)
{
	for (size_t i = 0; i < cli_migrate_settings.drop.n; i++) {
		const struct str name = cli_migrate_settings.drop.items[i];
		const struct outcome_row *row = cli_outcome_table_row(name);

		if (!row)
			return err_set(err,
				       "--drop names %s, which is not an annotation of "
				       "ingress-nginx; see `sluice migrate --list`",
				       err_quote(name));
		if (row->place == PLACE_ACCESS)
			return err_set(err,
				       "--drop names %s, which restricts access; add a Pomerium "
				       "annotation such as " STR_FMT "/policy to the Ingress "
				       "instead",
				       err_quote(name), STR_ARG(cli_migrate_settings.prefix));
	}
	return 0;
}

static int check_flags(const struct str_list *rest, struct err *err)
{
	if (!rest->n && !cli_migrate_settings.kubeconfig.len && !getenv("KUBERNETES_SERVICE_HOST"))
		return err_set(err,
			       "name manifest files or folders, - for stdin, or a cluster with "
			       "--kubeconfig");
	if (!form_of(report))
		return err_set(err, "--report is %s; it must be text, markdown, json or none",
			       err_quote(report));
	if (!cli_migrate_settings.class.len)
		return err_set(err, "--class is empty; it must be the name of an IngressClass");
	return check_drop(err);
}

/* ---- the steps ---- */

static int print(const struct buf *text, FILE *out, const char *name, struct err *err)
{
	if ((text->len && fwrite(text->ptr, 1, text->len, out) != text->len) || fflush(out))
		return err_set(err, "%s cannot be written: %s", name, strerror(errno));
	return 0;
}

static int print_yaml(const struct migrate *migrate, struct err *err)
{
	FILE *out = out_file.len ? fopen(out_file.ptr, "w") : stdout;
	struct buf text;
	int rc;

	if (!out)
		return err_set(err, "%s cannot be written: %s", out_file.ptr, strerror(errno));
	buf_init(&text, BUF_MAX_OUTPUT);
	cli_migrate_write(migrate, &text);
	rc = print(&text, out, out_file.len ? out_file.ptr : "stdout", err);
	if (out_file.len && fclose(out) && !rc)
		rc = err_set(err, "%s cannot be written: %s", out_file.ptr, strerror(errno));
	buf_clear(&text);
	return rc;
}

static int print_report(const struct migrate *migrate, struct err *err)
{
	const struct report_form *form = form_of(report);
	struct buf text;
	int rc;

	if (!form->print)
		return 0;
	buf_init(&text, BUF_MAX_OUTPUT);
	form->print(migrate, &text);
	rc = print(&text, out_file.len ? stdout : stderr, "the report", err);
	buf_clear(&text);
	return rc;
}

static int run(struct migrate *migrate, const struct str_list *rest, struct err *err)
{
	const bool from_cluster = cli_migrate_settings.kubeconfig.len || !rest->n;
	struct migrate_counts counts;

	cli_migrate_read(migrate, rest);
	if (from_cluster && cli_migrate_cluster(migrate, err))
		return CLI_UNREADABLE;
	cli_migrate_convert(migrate);
	if (!migrate->n_sources && !migrate->n_findings) {
		if (!migrate->unreadable)
			err_set(err, "there is no Ingress for ingress-nginx in the input; use "
				     "--from-class if its class is not nginx");
		return CLI_UNREADABLE;
	}
	if (cli_migrate_check(migrate, err) || print_yaml(migrate, err) ||
	    print_report(migrate, err))
		return CLI_SYSTEM;
	if (migrate->unreadable)
		return CLI_UNREADABLE;
	counts = cli_migrate_report_count(migrate);
	return counts.n[OUTCOME_DECIDE] || counts.n[OUTCOME_REFUSED] ? CLI_REJECTED : CLI_GOOD;
}

static int print_list(void)
{
	struct buf text;
	struct err err;
	int rc;

	buf_init(&text, BUF_MAX_TEXT);
	cli_outcome_table_print(&text);
	rc = print(&text, stdout, "stdout", &err);
	buf_clear(&text);
	return rc ? CLI_SYSTEM : CLI_GOOD;
}

/* For migrate_check.c. */
static void set_offline(void)
{
	cli_offline_settings.resolve.controller = STR("pomerium.io/ingress-controller");
	cli_offline_settings.resolve.prefix = cli_migrate_settings.prefix;
	cli_offline_settings.resolve.pomerium_config = STR("global");
	cli_offline_settings.resolve.gateway_controller = STR("");
	cli_offline_settings.cluster_domain = STR("cluster.local");
}

int cli_migrate(int argc, char **argv)
{
	static const struct conf_option *const tables[] = { options, NULL };
	struct migrate migrate;
	struct str_list rest = { 0 };
	struct err err = { "" };
	int status, rc;

	rc = conf_read(tables, "sluice migrate",
		       "turn Ingresses for ingress-nginx into Ingresses for Pomerium", argc, argv,
		       &rest, &err);
	if (rc > 0)
		return CLI_GOOD;
	if (!rc && list)
		return print_list();
	if (rc || check_flags(&rest, &err))
		return cli_usage("migrate", err.text);
	set_offline();
	cli_migrate_convert_init(&migrate);
	status = run(&migrate, &rest, &err);
	if (err.text[0])
		fprintf(stderr, "sluice migrate: %s\n", err.text);
	cli_migrate_convert_clear(&migrate);
	return status;
}
