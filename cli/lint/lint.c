/* lint: says what is wrong with the manifests of an application, and what in them has no effect.
 *
 *   in     files, folders, `-`, pipes
 *   out    findings, each with its file and line; status 1 if there is an error
 *   owns   the flags
 *   never  needs a cluster
 */
#include "cli/lint/lint.h"

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/offline/input.h"

static struct str format, fail_on;

static const struct conf_option options[] = {
	{ "output", CONF_TEXT, &format, "text", 0, 0,
	  "text, json, github (annotations of a workflow), sarif or junit", 'o' },
	{ "fail-on", CONF_TEXT, &fail_on, "error", 0, 0,
	  "error or warning: what makes the exit status 1", 0 },
	{ 0 },
};

static const struct form {
	const char *name;
	void (*print)(const struct lint *lint, struct buf *out);
} forms[] = {
	{ "text", cli_lint_print_text },     { "json", cli_lint_print_json },
	{ "github", cli_lint_print_github }, { "sarif", cli_lint_print_sarif },
	{ "junit", cli_lint_print_junit },
};

static const struct form *form_of(struct str name)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (str_is(name, forms[i].name))
			return &forms[i];
	return NULL;
}

/* ---- what the offline run shows ---- */

static void on_document(void *arg, const char *path, const struct value *document)
{
	struct lint *lint = arg;

	cli_lint_spot_note(lint, path, document);
	cli_lint_dead_note(lint, document);
	cli_lint_document(lint, path, document);
}

static void on_bundle(void *arg, const struct msg_bundle *bundle)
{
	struct lint *lint = arg;

	cli_lint_dead(lint, bundle);
	cli_lint_gateway(lint, bundle);
	if (lint->strict)
		cli_lint_strict(lint, bundle);
}

/* ---- the run ---- */

static void note_objects(struct lint *lint)
{
	struct msg_key *owners;
	size_t n;

	resolver_resolve_owners(lint->offline.resolve, &lint->pool, &owners, &n);
	for (size_t i = 0; i < n; i++) {
		const char *file = map_get(&lint->files, msg_key_text(&owners[i], &lint->pool));

		if (file) /* the Pomerium object is an owner although there is none */
			*(struct lint_object *)pool_push(
				&lint->pool, &lint->objects, &lint->n_objects,
				sizeof(struct lint_object)) = (struct lint_object){
				str_from(file),
				str_from(msg_kind_name((enum msg_kind)owners[i].kind)),
				msg_key_for_people(&owners[i], &lint->pool)
			};
	}
}

static void run(struct lint *lint)
{
	const struct offline_hooks hooks = { .self = lint,
					     .problem = cli_lint_find_problem,
					     .document = on_document,
					     .loaded = cli_lint_gateway_assume,
					     .bundle = on_bundle };

	cli_offline_load_all(&lint->offline, &hooks);
	cli_offline_translate(&lint->offline, false);
	cli_lint_find_lines(lint);
	note_objects(lint);
	cli_lint_find_sort(lint);
}

static int print(const struct lint *lint)
{
	struct buf text;
	int rc;

	buf_init(&text, BUF_MAX_OUTPUT);
	form_of(format)->print(lint, &text);
	if (text.len)
		fwrite(text.ptr, 1, text.len, stdout);
	rc = fflush(stdout) || text.full ? -1 : 0;
	buf_clear(&text);
	return rc;
}

static int status_of(const struct lint *lint)
{
	const struct lint_counts counts = cli_lint_count(lint);

	if (!lint->n_objects && !lint->unreadable)
		fprintf(stderr,
			"sluice lint: there is no Ingress and no HTTPRoute of ours in the input; "
			"--class names the classes that are\n");
	if (lint->unreadable || !lint->n_objects)
		return CLI_UNREADABLE;
	return counts.errors || (counts.warnings && str_is(fail_on, "warning")) ? CLI_REJECTED
										: CLI_GOOD;
}

static int check_flags(struct err *err)
{
	if (!form_of(format))
		return err_set(err, "--output is %s; it must be text, json, github, sarif or junit",
			       err_quote(format));
	if (!str_is(fail_on, "error") && !str_is(fail_on, "warning"))
		return err_set(err, "--fail-on is %s; it must be error or warning",
			       err_quote(fail_on));
	return cli_offline_settings.files.n
		       ? 0
		       : err_set(err, "name at least one manifest file or folder, or - for stdin");
}

int cli_lint(int argc, char **argv)
{
	const struct conf_option *const tables[] = { cli_offline_options, resolver_limits_options,
						     cli_input_options, options, NULL };
	struct str_list rest = { 0 };
	struct err err = { "" };
	struct lint lint = { 0 };
	int status, rc;

	rc = conf_read(tables, "sluice lint",
		       "say what is wrong with manifests, and what in them has no effect", argc,
		       argv, &rest, &err);
	if (rc)
		return rc > 0 ? CLI_GOOD : cli_usage("lint", err.text);
	(void)cli_offline_add_files(&rest);
	if (check_flags(&err))
		return cli_usage("lint", err.text);
	lint.strict = cli_input_settle();
	cli_offline_settings.resolve.lenient = true; /* a missing Secret must not hide the rest */
	pool_init(&lint.pool);
	map_init(&lint.files, mem_free);
	map_init(&lint.spots, mem_free);
	map_init(&lint.protocols, mem_free);
	run(&lint);
	status = print(&lint) ? CLI_SYSTEM : status_of(&lint);
	cli_offline_clear(&lint.offline);
	map_clear(&lint.files);
	map_clear(&lint.spots);
	map_clear(&lint.protocols);
	pool_clear(&lint.pool);
	return status;
}
