/* up_flags: reads the flags of `sluice up` and its kin, and hands them on to the rooms. A new flag
 * of a room needs one row in the table of up_flags.c, and nothing else here. */
#ifndef CLI_UP_FLAGS_H
#define CLI_UP_FLAGS_H

#include "actor/conf.h"
#include "msg/msg.h"

#define UP_FLAGS_MAX_WORKERS 64
#define UP_FLAGS_PLACES \
	3 /* watcher, resolver, publisher; then the translators, the one for settings last */

/* What the supervisor itself looks at; filled in by cli_up_flags_read. */
struct up_flags {
	struct str out, bootstrap_out, format, run_dir, kubeconfig, context, metrics, probes,
		log_format, log_level;
	struct str databroker_url, shared_secret, shared_secret_file;
	struct str replay_speed;
	struct str record, replay; /* recordings, to be made and to be played; empty: none */
	struct str web;            /* address of the page; empty or 0: none */
	struct str_list web_hosts;
	struct str pomerium; /* a program that we start; empty: none */
	long n_workers;
	uint64_t drain_ms, once_ms;
	bool report, once, table, debug, databroker_insecure;
};
extern struct up_flags cli_up_flags;

/* One of the verbs that run the pipeline. */
struct up_verb {
	const char *name, *summary;
	bool one_address; /* one process answers for all at the addresses of metrics and probes */
	struct str *argument; /* what its first argument is; NULL: a manifest, as the others */
	bool is_silent;       /* nobody wants to see the file that it writes */
	struct {
		const char *name, *fallback;
	} defaults[6]; /* of flags, where they are others than those of `up`; ends with NULL */
};

/* As conf_read. */
int cli_up_flags_read(const struct up_verb *verb, int argc, char **argv, struct str_list *rest,
		      struct err *err);
/* Neither manifests are read nor a recording. */
bool cli_up_flags_watch_cluster(void);
/* Hands over a room's command line, flag by flag ("--name=value"), without the program. `place`:
 * its number among the processes, from 0. */
typedef void cli_up_flags_fn(void *arg, struct str flag);
void cli_up_flags_each(enum msg_room room, unsigned place, cli_up_flags_fn *each, void *arg);
/* A line for each flag that was given and has no effect. */
void cli_up_flags_warn(void);
/* In a child that is about to become this room: secrets stay in its environment if they are its
 * own, and in no other's. */
void cli_up_flags_set_secrets(enum msg_room room);
/* In one that is about to become no room: what was said to us by the environment was not said to
 * it. */
void cli_up_flags_clear_environment(void);

#endif
