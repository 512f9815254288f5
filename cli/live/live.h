/* live: asks the processes of a running pipeline over their web sockets in the run folder
 * (actor/web/web.h). */
#ifndef CLI_LIVE_H
#define CLI_LIVE_H

#include "actor/conf.h"
#include "base/buf.h"
#include "base/cjson.h"
#include "base/err.h"
#include "base/pool.h"
#include "cli/cli.h"
#include "msg/msg.h"

struct live_process {
	struct str room, path; /* path: of its socket */
	long pid;
};

struct live_list {
	struct live_process *items; /* by room in the order of the pipeline, then by pid */
	size_t n;
};

/* The run folder, and those below it of translators which have one of their own. */
#define LIVE_FOLDERS 3
void cli_live_folders(struct str run_dir, struct pool *pool, struct str out[LIVE_FOLDERS]);

/* The row of --run-dir in the options of a verb. */
#define CLI_LIVE_RUN_DIR(var)                                                                 \
	{                                                                                     \
		"run-dir", CONF_TEXT, var, "", 0, 0,                                          \
			"folder of the sockets between processes; empty: that of the only "   \
			"pipeline that runs under $XDG_RUNTIME_DIR, else under /run or /tmp", \
			0                                                                     \
	}
/* Fills in an empty run_dir: the folder of the only pipeline that runs. CLI_USAGE: there are
 * several, and the sentence lists them; CLI_UNREADABLE: there is none. Lives in the pool. */
enum cli_status cli_live_locate(struct str *run_dir, struct pool *pool, struct err *err);
/* The processes that accept connections; sockets that a killed process left behind are skipped. -1:
 * the folder cannot be read, or no process runs. Lives in the pool. */
int cli_live_find(struct str run_dir, struct pool *pool, struct live_list *out, struct err *err);
/* Both. */
enum cli_status cli_live_open(struct str *run_dir, struct pool *pool, struct live_list *list,
			      struct err *err);
/* The process of that room, NULL: none. */
const struct live_process *cli_live_first(const struct live_list *list, const char *room);

/* What a room explains of an object, as JSON; the caller frees it. NULL: nothing. */
cJSON *cli_live_explain(const struct live_list *list, const char *room, const struct msg_key *key);

struct live_answer {
	long status; /* of HTTP */
	/* Called with each piece as it comes. */
	void (*on_piece)(void *arg, struct str piece);
	void *arg;
};
/* Appends text as a value of a query. */
void cli_live_escape(struct buf *out, struct str text);
/* GET; -1: there was no whole answer. */
int cli_live_get(const struct live_process *process, const char *path, struct live_answer *answer,
		 struct err *err);
/* The same, all of it in `out`; returns the status or -1. */
long cli_live_get_all(const struct live_process *process, const char *path, struct buf *out,
		      struct err *err);

/* The path that asks a room about one object. */
void cli_live_explain_path(struct str kind, struct str namespace, struct str name, struct buf *out);

#endif
