/* sluice: the command that a person types.
 *
 *   in     a verb and its arguments
 *   out    what the verb prints; an exit status (cli.h)
 *   owns   the table of verbs
 *   never  is needed by the pipeline in a cluster
 */
#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "actor/conf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text/nearest.h"

static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} verbs[] = {
	{ "up", cli_up,
	  "run the pipeline on this machine: manifests in, Pomerium configuration out" },
	{ "controller", cli_controller,
	  "the same with the flags and defaults of the Go controller's command of this name" },
	{ "all-in-one", cli_all_in_one,
	  "the same, and Pomerium too; as the Go controller's command of this name" },
	{ "translate", cli_translate_once,
	  "translate manifests once, offline, and print the configuration" },
	{ "explain", cli_explain,
	  "say which Ingresses are ours, which are not and which are rejected; `explain URL`: "
	  "which route serves it; `explain ingress NAMESPACE/NAME`: what a running pipeline makes "
	  "of one" },
	{ "lint", cli_lint,
	  "say what is wrong with the manifests of an application, and what in them has no "
	  "effect" },
	{ "routes", cli_routes,
	  "list the routes of manifests or of a running pipeline, and what is rejected" },
	{ "plan", cli_plan, "say what would change if manifests were applied" },
	{ "check", cli_check,
	  "look whether everything is there that Sluice needs, and what to do if not" },
	{ "migrate", cli_migrate, "turn Ingresses for ingress-nginx into Ingresses for Pomerium" },
	{ "record", cli_record,
	  "keep the objects that a cluster or manifests have, as they come, in one file for a "
	  "report of a fault; values of Secrets are replaced" },
	{ "replay", cli_replay, "run the pipeline on a recording" },
	{ "gen-secrets", cli_gen_secrets,
	  "make the Secrets that Pomerium and the links between pods start with" },
	{ "keep-token", cli_keep_token,
	  "keep a token of another account in a folder, renewed before it ends" },
	{ "ppl", cli_ppl, "compile a Pomerium policy to Rego" },
	{ "tap", cli_tap, "follow the messages between the processes of a running pipeline" },
	{ "top", cli_top, "show what every process of a running pipeline does, live" },
	{ "metrics", cli_metrics,
	  "gather the metrics of all processes of a running pipeline, once or as a server" },
	{ "web", cli_web, "serve a page about a running pipeline, for a browser" },
	{ "dump", cli_dump, "print what a running pipeline holds, as JSON" },
	{ "completion", cli_completion, "print a completion script for bash, zsh or fish" },
};

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void usage(FILE *out)
{
	fprintf(out, "sluice: an ingress controller for Pomerium\n\n"
		     "usage: sluice VERB [OPTION...]\n\n");
	for (size_t i = 0; i < N_VERBS; i++)
		fprintf(out, "  %-12s %s\n", verbs[i].name, verbs[i].help);
	fprintf(out,
		"\n`sluice help VERB` lists the options of a verb; `sluice version` prints the "
		"version.\n"
		"Exit status: 0 good, 1 something was rejected, 2 usage, 3 unreadable input, "
		"4 `plan`: changes, 111 system.\n");
}

/* As --help=table of a verb, see conf.h. */
static void print_table(void)
{
	printf("sluice\tan ingress controller for Pomerium\n");
	for (size_t i = 0; i < N_VERBS; i++)
		printf("\t%s\t\t\t\t%s\n", verbs[i].name, verbs[i].help);
}

/* Answers what is asked of sluice itself; false: the word is none of these. */
static bool answer(const char *word)
{
	if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help"))
		usage(stdout);
	else if (!strcmp(word, "--help=table"))
		print_table();
	else if (!strcmp(word, "--version") || !strcmp(word, "version"))
		printf("sluice %s\n", conf_version);
	else
		return false;
	return true;
}

/* Who read what we print has gone. */
static void on_closed_pipe(int signal)
{
	static const char text[] = "sluice: nobody reads what it prints any more\n";
	const ssize_t n = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)signal, (void)n;
	_exit(CLI_SYSTEM);
}

/* What was printed has arrived, or the status says that it has not. */
static int finish(int status)
{
	const bool failed = fflush(stdout) != 0;

	if (!failed && !ferror(stdout))
		return status;
	fprintf(stderr, "sluice: what it printed could not be written to stdout%s%s\n",
		failed ? ": " : "", failed ? strerror(errno) : "");
	return CLI_SYSTEM;
}

static const struct verb *find(const char *word)
{
	for (size_t i = 0; i < N_VERBS; i++)
		if (!strcmp(word, verbs[i].name))
			return &verbs[i];
	return NULL;
}

static int refuse(const char *word)
{
	struct nearest nearest;

	nearest_open(&nearest, str_from(word));
	for (size_t i = 0; i < N_VERBS; i++)
		nearest_offer(&nearest, str_from(verbs[i].name));
	if (nearest.found.ptr)
		fprintf(stderr, "sluice: there is no verb %s; did you mean " STR_FMT "?\n",
			err_quote(str_from(word)), STR_ARG(nearest.found));
	else
		fprintf(stderr, "sluice: there is no verb %s; `sluice --help` lists them\n",
			err_quote(str_from(word)));
	return CLI_USAGE;
}

/* help VERB [WORD] is VERB [WORD] --help. */
static int help(int argc, char **argv)
{
	const struct verb *verb = find(argv[0]);
	char *words[] = { argv[0], argc > 1 ? argv[1] : "--help", "--help", NULL };

	return verb ? verb->run(argc > 1 ? 3 : 2, words) : refuse(argv[0]);
}

int main(int argc, char **argv)
{
	const struct verb *verb;

	mem_protect_process();
	log_open("sluice");
	(void)signal(SIGPIPE, on_closed_pipe);
	if (argc < 2) {
		usage(stderr);
		return CLI_USAGE;
	}
	if (argc > 2 && !strcmp(argv[1], "help"))
		return finish(help(argc - 2, argv + 2));
	if (answer(argv[1]))
		return finish(CLI_GOOD);
	verb = find(argv[1]);
	return verb ? finish(verb->run(argc - 1, argv + 1)) : refuse(argv[1]);
}
