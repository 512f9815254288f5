/* gen_secrets: makes the Secrets that Pomerium and the links between pods start with.
 *
 *   in     names; with --apply what the cluster has of them
 *   out    YAML on stdout, or new Secrets in the cluster
 *   owns   which Secrets there are, and that the two of CURVE are made together or not at all
 *   never  overwrites a Secret, puts a value into a log or an argv
 */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>

#include "actor/conf.h"
#include "base/log.h"
#include "cli/process.h"
#include "cli/secrets/secret_store.h"
#include "net/hostname.h"

#define SUFFIX "-translator"
#define NAME_MAX_BYTES 253
#define NAMESPACE_MAX_BYTES 63

static struct str namespace, bootstrap_name, curve_name, secrets, only, kubeconfig, context;
static bool apply, debug;

static const struct conf_option options[] = {
	{ "namespace", CONF_TEXT, &namespace, "pomerium", 0, 0, "namespace of the Secrets", 0 },
	{ "bootstrap-name", CONF_TEXT, &bootstrap_name, "bootstrap", 0, 0,
	  "name of the Secret that Pomerium starts with", 0 },
	{ "curve-name", CONF_TEXT, &curve_name, "sluice-curve", 0, 0,
	  "name of the Secret with the CURVE keys of the pods whose rooms bind; the name "
	  "of that for translators elsewhere ends in -translator",
	  0 },
	{ "secrets", CONF_TEXT, &secrets, "", 0, 0,
	  "NAMESPACE/NAME of the Secret that Pomerium starts with, in the place of --namespace and "
	  "--bootstrap-name; implies --apply, as manifests that carry this flag expect",
	  0 },
	{ "only", CONF_TEXT, &only, "", 0, 0,
	  "bootstrap: only the Secret that Pomerium starts with; curve: only those with CURVE keys",
	  0 },
	{ "apply", CONF_BOOL, &apply, "false", 0, 0,
	  "make them in the cluster instead of printing them; existing Secrets stay as they are",
	  0 },
	{ "kubeconfig", CONF_TEXT, &kubeconfig, "", 0, 0,
	  "the cluster for --apply; in a pod: the cluster it runs in", 0 },
	{ "context", CONF_TEXT, &context, "", 0, 0,
	  "context of the kubeconfig; empty: its current one", 0 },
	{ "debug", CONF_BOOL, &debug, "false", 0, 0, "show debug lines in the log", 0 },
	{ 0 },
};

struct set {
	struct made_secret bootstrap, pod, translator;
	bool with_bootstrap, with_curve;
	struct buf translator_name;
};

/* ---- flags ---- */

static int check_name(const char *flag, struct str name, size_t max, struct err *err)
{
	if (name.len <= max && hostname_is_dns_name(name, max > NAMESPACE_MAX_BYTES))
		return 0;
	return err_set(err,
		       "--%s is %s; it must be a name that Kubernetes accepts: small letters, "
		       "digits and '-', at most %zu characters",
		       flag, err_quote(name), max);
}

static int check_flags(struct err *err)
{
	if (secrets.len && !str_cut(secrets, '/', &namespace, &bootstrap_name))
		return err_set(err, "--secrets is %s; it must be NAMESPACE/NAME",
			       err_quote(secrets));
	apply = apply || secrets.len;
	if (only.len && !str_is(only, "bootstrap") && !str_is(only, "curve"))
		return err_set(err, "--only is %s; it must be bootstrap or curve", err_quote(only));
	if (apply && !kubeconfig.len && !getenv("KUBERNETES_SERVICE_HOST"))
		return err_set(err, "name the cluster with --kubeconfig; it can only be left out "
				    "in a pod");
	if (check_name(secrets.len ? "secrets" : "namespace", namespace, NAMESPACE_MAX_BYTES,
		       err) ||
	    check_name(secrets.len ? "secrets" : "bootstrap-name", bootstrap_name, NAME_MAX_BYTES,
		       err))
		return -1;
	return check_name("curve-name", curve_name, NAME_MAX_BYTES - (sizeof(SUFFIX) - 1), err);
}

/* ---- the set ---- */

static int make(struct set *set, struct err *err)
{
	set->with_bootstrap = !str_is(only, "curve");
	set->with_curve = !str_is(only, "bootstrap");
	buf_init(&set->translator_name, BUF_MAX_TEXT);
	buf_printf(&set->translator_name, STR_FMT SUFFIX, STR_ARG(curve_name));
	set->bootstrap = (struct made_secret){ .namespace = namespace, .name = bootstrap_name };
	set->pod = (struct made_secret){ .namespace = namespace, .name = curve_name };
	set->translator = (struct made_secret){ .namespace = namespace,
						.name = buf_view(&set->translator_name) };
	if (set->with_bootstrap && cli_made_secret_bootstrap(&set->bootstrap, err))
		return -1;
	return set->with_curve ? cli_made_secret_curve(&set->pod, &set->translator, err) : 0;
}

static void clear(struct set *set)
{
	cli_made_secret_clear(&set->bootstrap);
	cli_made_secret_clear(&set->pod);
	cli_made_secret_clear(&set->translator);
	buf_clear(&set->translator_name);
}

static void print(const struct set *set)
{
	struct buf out;

	buf_init(&out, MADE_SECRET_MAX);
	if (set->with_bootstrap)
		cli_made_secret_print_yaml(&set->bootstrap, &out);
	if (set->with_bootstrap && set->with_curve)
		buf_puts(&out, "---\n");
	if (set->with_curve) {
		cli_made_secret_print_yaml(&set->pod, &out);
		buf_puts(&out, "---\n");
		cli_made_secret_print_yaml(&set->translator, &out);
	}
	setvbuf(stdout, NULL, _IONBF, 0);    /* no copy is left in its buffer */
	fwrite(out.ptr, 1, out.len, stdout); /* whether it arrived sluice.c finds out */
	buf_wipe(&out);
}

/* ---- the cluster ---- */

static void report(const struct made_secret *secret, const char *what)
{
	printf(STR_FMT "/" STR_FMT ": %s\n", STR_ARG(secret->namespace), STR_ARG(secret->name),
	       what);
}

/* 1: made, 0: kept. */
static int put(struct kube *kube, const struct made_secret *secret, struct err *err)
{
	int rc = cli_secret_store_put(kube, secret, err);

	if (rc >= 0)
		report(secret, rc ? "made" : "kept");
	return rc;
}

/* The keys of two sets do not fit each other, so one Secret alone is of no use. */
static int fail_on_half(const struct made_secret *there, const struct made_secret *gone,
			struct err *err)
{
	err_set(err,
		"only one of the CURVE Secrets exists: " STR_FMT "/" STR_FMT " is, " STR_FMT
		"/" STR_FMT
		" is not, and keys made now would not fit; delete the one with `kubectl -n " STR_FMT
		" delete secret " STR_FMT "` and run this again",
		STR_ARG(there->namespace), STR_ARG(there->name), STR_ARG(gone->namespace),
		STR_ARG(gone->name), STR_ARG(there->namespace), STR_ARG(there->name));
	return CLI_REJECTED;
}

/* Another process made one between our GET and our POST. */
static int fail_on_race(const struct set *set, struct err *err)
{
	err_set(err,
		"another process is making the CURVE Secrets at this moment; run this again when "
		"it is done, and if a link then finds no good key, delete both with `kubectl "
		"-n " STR_FMT " delete secret " STR_FMT " " STR_FMT "` and run it once more",
		STR_ARG(namespace), STR_ARG(set->pod.name), STR_ARG(set->translator.name));
	return CLI_REJECTED;
}

static int apply_curve(struct kube *kube, const struct set *set, struct err *err)
{
	const int pod = cli_secret_store_has(kube, &set->pod, err);
	const int translator = pod < 0 ? -1 : cli_secret_store_has(kube, &set->translator, err);
	int rc;

	if (pod < 0 || translator < 0)
		return CLI_SYSTEM;
	if (pod && translator) {
		report(&set->pod, "kept");
		report(&set->translator, "kept");
		return CLI_GOOD;
	}
	if (pod || translator)
		return fail_on_half(pod ? &set->pod : &set->translator,
				    pod ? &set->translator : &set->pod, err);
	rc = put(kube, &set->pod, err);
	if (rc == 1)
		rc = put(kube, &set->translator, err);
	if (rc < 0)
		return CLI_SYSTEM;
	return rc ? CLI_GOOD : fail_on_race(set, err);
}

static int apply_all(const struct set *set, struct err *err)
{
	struct kube_config config;
	struct kube *kube;
	int status = CLI_GOOD;
	int rc = kubeconfig.len ? kube_config_load(&config, kubeconfig, context, err)
				: kube_config_in_cluster(&config, err);

	kube = rc ? NULL : kube_new(&config, err);
	if (!kube)
		return CLI_UNREADABLE;
	if (set->with_bootstrap && put(kube, &set->bootstrap, err) < 0)
		status = CLI_SYSTEM;
	if (status == CLI_GOOD && set->with_curve)
		status = apply_curve(kube, set, err);
	kube_destroy(&kube);
	return status;
}

int cli_gen_secrets(int argc, char **argv)
{
	static const struct conf_option *const tables[] = { options, NULL };
	struct set set = { 0 };
	struct err err = { "" };
	int status, rc;

	rc = cli_process_read_flags(
		tables, "sluice gen-secrets",
		"make the Secrets that Pomerium and the links between pods start with", argc, argv,
		&err);
	if (rc > 0)
		return CLI_GOOD;
	if (rc || check_flags(&err))
		return cli_usage("gen-secrets", err.text);
	if (debug)
		log_set_level(LOG_LEVEL_DEBUG);
	status = make(&set, &err) ? CLI_SYSTEM : CLI_GOOD;
	if (!status && apply)
		status = apply_all(&set, &err);
	else if (!status)
		print(&set);
	if (status != CLI_GOOD)
		fprintf(stderr, "sluice gen-secrets: %s\n", err.text);
	clear(&set);
	return status;
}
