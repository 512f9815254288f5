/* gather: asks every process of a running pipeline the same, all at once, without waiting for any:
 * for whoever has a loop of its own. */
#ifndef CLI_GATHER_H
#define CLI_GATHER_H

#include "base/buf.h"
#include "base/err.h"
#include "base/pool.h"
#include "http/http_loop.h"

#define GATHER_ANSWER_MAX (64ul << 20) /* bytes of one answer; Envoy has many metrics */

struct gather_answer {
	struct str room; /* or the name of what was asked besides */
	long pid;        /* 0: of no room */
	long status;     /* of HTTP; 0: there was no whole answer */
	const char *why; /* then */
	struct buf body;
};

struct gather_round;

struct gather {
	struct http_loop http;
};

/* What is asked. */
struct gather_ask {
	struct str run_dir; /* of the rooms; empty: none of them */
	const char *path;
	struct str also_url, also_name; /* one more, not of the rooms; empty: none */
	long longest_ms;                /* that an answer may take */
	/* Called once with what came, rooms in the order of the pipeline; the answers are gone
	 * after return. None: no pipeline runs there. */
	void (*on_done)(void *self, const struct gather_answer *answers, size_t n);
	void *self;
};

void cli_gather_open(struct gather *gather);
void cli_gather_close(struct gather *gather); /* after the last round */
/* Wait on http_loop_fd and until http_loop_tick's deadline. on_done comes from within these, or at
 * once if there is nobody to ask. */
void cli_gather_start(struct gather *gather, const struct gather_ask *ask);

/* All metrics in one text: those of rooms with the label `room`, and translators, of which there
 * may be several, with `pid` too; those of the other one as they are. */
void cli_gather_metrics(const struct gather_answer *answers, size_t n, struct buf *out);
/* What a probe of all says: true if each room is there and all say yes. Else a line for each that
 * does not. */
bool cli_gather_probe(const struct gather_answer *answers, size_t n, struct buf *out);
/* The same of him alone who was asked besides. */
bool cli_gather_probe_other(const struct gather_answer *answers, size_t n, struct buf *out);

#endif
