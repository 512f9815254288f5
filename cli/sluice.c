/* sluice: the command a person types.
 *
 *   in     a verb and its arguments
 *   out    what the verb prints; an exit status (cli.h)
 *   owns   the table of verbs
 *   never  is needed by the pipeline in a cluster
 */
#include "cli/cli.h"

#include "base/log.h"
#include "base/mem.h"

static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} verbs[] = {
	{ "up", cli_up,
	  "run the pipeline on this machine: manifests in, Pomerium configuration out" },
	{ "translate", cli_translate,
	  "translate manifests once, offline, and print the configuration" },
	{ "explain", cli_explain,
	  "say which Ingresses are ours, which are not and which are rejected" },
	{ "ppl", cli_ppl, "compile a Pomerium policy to Rego" },
	{ "tap", cli_tap, "follow the messages between the processes of a running pipeline" },
};

static void usage(FILE *out)
{
	fprintf(out, "usage: sluice VERB [OPTION...]\n\n");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		fprintf(out, "  %-10s %s\n", verbs[i].name, verbs[i].help);
	fprintf(out, "\n`sluice VERB --help` lists the options of a verb.\n");
}

int main(int argc, char **argv)
{
	mem_protect_process();
	log_open("sluice");
	if (argc < 2) {
		usage(stderr);
		return CLI_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return CLI_GOOD;
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(argv[1], verbs[i].name))
			return verbs[i].run(argc - 1, argv + 1);
	fprintf(stderr, "sluice: there is no verb \"%s\"; `sluice --help` lists them\n", argv[1]);
	return CLI_USAGE;
}
