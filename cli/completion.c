/* completion: what a shell needs to complete the command line of sluice.
 *
 *   in     bash, zsh or fish
 *   out    a script, which asks `sluice --help=table` and `sluice VERB --help=table` when it runs
 *   owns   the scripts
 *   never  knows a verb or a flag: a new one is completed without a change here
 */
#include "cli/cli.h"

#include <stdio.h>

#include "actor/conf.h"

static const struct conf_option options[] = {
	{ "bash|zsh|fish", CONF_REST, NULL, "", 0, 0, "which shell", 0 },
	{ 0 },
};

/* A row of a table: letter, name, value, default, variable, help, with tabs between them. The words
 * that follow a flag without a value are no value of it. */
static const char bash[] =
	"# bash completion for sluice: source <(sluice completion bash)\n"
	"_sluice() {\n"
	"\tlocal current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
	"\tlocal verb=${COMP_WORDS[1]} value\n"
	"\tif [ \"$COMP_CWORD\" = 1 ]; then\n"
	"\t\tCOMPREPLY=($(compgen -W \"$(sluice --help=table | tail -n +2 | cut -f2) help "
	"version\" -- \"$current\"))\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tcase $verb in\n"
	"\thelp) COMPREPLY=($(compgen -W \"$(sluice --help=table | tail -n +2 | cut -f2)\" -- "
	"\"$current\")); return ;;\n"
	"\tcompletion) COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$current\")); return ;;\n"
	"\tesac\n"
	"\tvalue=$(sluice \"$verb\" --help=table 2>/dev/null | awk -F '\\t' -v flag=\"$previous\" "
	"'NR > 1 && $5 && (\"--\" $2 == flag || $1 && \"-\" $1 == flag) { print $3 }')\n"
	"\tif [ -z \"$value\" ] && [ \"${current#-}\" != \"$current\" ]; then\n"
	"\t\tCOMPREPLY=($(compgen -W \"$(sluice \"$verb\" --help=table 2>/dev/null | awk -F "
	"'\\t' 'NR > 1 && $5 { print \"--\" $2 }') --help\" -- \"$current\"))\n"
	"\telse\n"
	"\t\tCOMPREPLY=($(compgen -f -- \"$current\"))\n"
	"\tfi\n"
	"}\n"
	"complete -o filenames -F _sluice sluice\n";

static const char zsh[] =
	"#compdef sluice\n"
	"# zsh completion for sluice: sluice completion zsh >\"${fpath[1]}/_sluice\"\n"
	"_sluice() {\n"
	"\tlocal -a verbs flags\n"
	"\tverbs=(${(f)\"$(sluice --help=table | awk -F '\\t' 'NR > 1 { gsub(/:/, \"\\\\:\"); "
	"print "
	"$2 \":\" $6 }')\"} 'help:explain a verb' 'version:print the version')\n"
	"\tif (( CURRENT == 2 )); then\n"
	"\t\t_describe verb verbs\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tcase $words[2] in\n"
	"\thelp) _describe verb verbs; return ;;\n"
	"\tcompletion) _values shell bash zsh fish; return ;;\n"
	"\tesac\n"
	"\tif [[ $words[CURRENT] == -* ]]; then\n"
	"\t\tflags=(${(f)\"$(sluice $words[2] --help=table 2>/dev/null | awk -F '\\t' 'NR > 1 && "
	"$5 "
	"{ gsub(/:/, \"\\\\:\"); print \"--\" $2 \":\" $6 }')\"})\n"
	"\t\t_describe flag flags\n"
	"\telse\n"
	"\t\t_files\n"
	"\tfi\n"
	"}\n"
	"_sluice \"$@\"\n";

static const char fish[] =
	"# fish completion for sluice: sluice completion fish | source\n"
	"function __sluice_flags\n"
	"\tset -l words (commandline -opc)\n"
	"\tsluice $words[2] --help=table 2>/dev/null | awk -F '\\t' 'NR > 1 && $5 { print \"--\" "
	"$2 "
	"\"\\t\" $6 }'\n"
	"end\n"
	"complete -c sluice -n __fish_use_subcommand -f -a \"(sluice --help=table | awk -F '\\t' "
	"'NR > 1 { print \\$2 \\\"\\\\t\\\" \\$6 }')\"\n"
	"complete -c sluice -n __fish_use_subcommand -f -a 'help version'\n"
	"complete -c sluice -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n"
	"complete -c sluice -n 'not __fish_use_subcommand; and string match -q -- \"-*\" "
	"(commandline -ct)' -f -a '(__sluice_flags)'\n";

static const struct {
	const char *name, *script;
} shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };

int cli_completion(int argc, char **argv)
{
	static const struct conf_option *const tables[] = { options, NULL };
	struct str_list rest = { 0 };
	struct err err = { "" };
	int rc = conf_read(tables, "sluice completion", "print a completion script for a shell",
			   argc, argv, &rest, &err);

	if (rc)
		return rc > 0 ? CLI_GOOD : cli_usage("completion", err.text);
	for (size_t i = 0; rest.n == 1 && i < sizeof(shells) / sizeof(shells[0]); i++)
		if (str_is(rest.items[0], shells[i].name)) {
			fputs(shells[i].script, stdout);
			return fflush(stdout) ? CLI_SYSTEM : CLI_GOOD;
		}
	return cli_usage("completion", "name one shell: bash, zsh or fish");
}
