/* cli: the `sluice` command that a person types. Each verb is one function in a file of its own.
 * The verbs may include every room, and no room includes them.
 *
 * Exit status of all verbs: 0 good, 1 something was rejected, 2 usage, 3 unreadable input, 111
 * system. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

enum cli_status {
	CLI_GOOD = 0,
	CLI_REJECTED = 1,
	CLI_USAGE = 2,
	CLI_UNREADABLE = 3,
	CLI_CHANGES = 4, /* `plan`: something would be different */
	CLI_SYSTEM = 111
};

/* usage.c: prints "sluice VERB: sentence" and where help is; returns CLI_USAGE. */
int cli_usage(const char *verb, const char *sentence);

/* argv[0] is the verb. */
int cli_up(int argc, char **argv);
int cli_controller(int argc, char **argv);
int cli_all_in_one(int argc, char **argv);
int cli_record(int argc, char **argv);
int cli_replay(int argc, char **argv);
int cli_translate_once(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_explain_live(int argc, char **argv); /* explain ingress NAMESPACE/NAME */
int cli_gen_secrets(int argc, char **argv);
int cli_keep_token(int argc, char **argv);
int cli_lint(int argc, char **argv);
int cli_migrate(int argc, char **argv);
int cli_routes(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_plan(int argc, char **argv);
int cli_ppl(int argc, char **argv);
int cli_tap(int argc, char **argv);
int cli_metrics(int argc, char **argv);
int cli_web(int argc, char **argv);
int cli_top(int argc, char **argv);
int cli_dump(int argc, char **argv);
int cli_completion(int argc, char **argv);

#endif
