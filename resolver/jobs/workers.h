/* workers: the translators, the keys that they came with, and who of them gets the next job. */
#ifndef RESOLVER_WORKERS_H
#define RESOLVER_WORKERS_H

#include <sys/queue.h>
#include "base/map.h"
#include "resolver/jobs/turns.h"

struct queue;
struct queue_job;
struct queue_owner;

#define WORKERS_JOBS_MAX 64      /* that one holds, whatever its credit */
#define WORKERS_LOAD_MAX 20000   /* units of work of one that gets no more for now */
#define WORKERS_NEWCOMER_MS 1000 /* between two of one key that are new */
#define WORKERS_MOMENT_MS 10000  /* a key counts as there for so long after it has gone, ... */
#define WORKERS_FAILED_MS 10000  /* ... and comes last for so long after it has failed */

/* What a worker may get: a set. */
enum worker_takes { WORKER_TAKES_OWNERS = 1, WORKER_TAKES_SETTINGS = 2 };

/* Who connects to the jobs link. */
struct worker_hello {
	void *peer;     /* the caller's */
	uint64_t epoch; /* of its boot */
	struct str
		key; /* public CURVE key; empty: over ipc, where each process is one of its own */
	unsigned takes; /* enum worker_takes */
};

/* A CURVE key, or a process on ipc. What its workers do is laid at its door. */
struct worker_key {
	TAILQ_ENTRY(worker_key) entry; /* in workers->leaving */
	uint64_t id;                   /* never 0 */
	size_t n_workers;
	size_t n_able;        /* of them, that take owners and are not late */
	bool is_there;        /* some are able, or were a moment ago */
	uint64_t left_ms;     /* when the last one ceased to be able */
	uint64_t failed_ms;   /* when a job of it was last lost or late; 0: never */
	uint64_t newcomer_ms; /* when a newcomer last got a job; 0: never */
	bool is_process;      /* on ipc: it has no newcomers but itself */
	size_t text_len;
	char text[];
};

/* A translator. */
struct worker {
	TAILQ_ENTRY(worker) entry;
	TAILQ_ENTRY(worker) watch; /* in workers->busy or workers->slow */
	void *peer;
	uint64_t epoch;
	struct worker_key *key;
	unsigned takes;
	long window;                      /* jobs that it takes, as it said when it came up */
	TAILQ_HEAD(, queue_job) jobs;     /* that it holds, in the order in which it does them */
	LIST_HEAD(, queue_owner) answers; /* what it was given and is not acknowledged */
	size_t n_jobs, n_big;
	uint64_t load;           /* units of work of what it holds */
	uint64_t head_ms;        /* since when it is at the first job */
	uint64_t newest;         /* number of the last job that it was given */
	struct queue_job *alone; /* it gets no other meanwhile */
	bool is_new;             /* it has answered nothing yet, so one job is enough */
	bool may_hold;           /* its link was cut: it may be at a job from before */
	bool late;               /* it gets no job until it has given back all that it holds */
	enum { WATCH_NONE, WATCH_BUSY, WATCH_SLOW } watched;
};

TAILQ_HEAD(worker_list, worker);

struct workers {
	struct worker_list all;
	struct worker_list busy; /* at a job and not late, by head_ms */
	struct worker_list slow; /* late, and no copy of their first job has gone out, by head_ms */
	size_t n_able;           /* that take owners and are not late */
	size_t n_seasoned;       /* of them, that are not new */
	struct map keys;         /* text -> struct worker_key */
	TAILQ_HEAD(, worker_key) leaving;
	size_t n_keys_there;
	size_t n_big, n_big_stuck; /* jobs in the hands of workers, of late ones */
	struct queue_job *alone;   /* the one in flight */
	struct worker *reserved;   /* it gets no other job before it is idle */
	uint64_t pace_ms;          /* when a newcomer may get a job; UINT64_MAX: none waits */
	long (*credit)(const void *peer);
};

void resolver_workers_init(struct workers *workers, long (*credit)(const void *peer));
void resolver_workers_clear(struct workers *workers);

struct worker *resolver_workers_add(struct workers *workers, const struct worker_hello *hello);
/* It holds nothing any more. */
void resolver_workers_remove(struct workers *workers, struct worker *worker, uint64_t now_ms);
/* Its link has started over, and it holds nothing. */
void resolver_workers_reset(struct workers *workers, struct worker *worker);
/* It has answered: more than one job may go to it from now on. */
void resolver_workers_season(struct workers *workers, struct worker *worker);
/* It is at its first job for too long, or has given all back. */
void resolver_workers_set_late(struct workers *workers, struct worker *worker, bool late,
			       uint64_t now_ms);
/* From now on among those whose first job is to be copied, and among none. */
void resolver_workers_watch_slow(struct workers *workers, struct worker *worker);
void resolver_workers_unwatch(struct workers *workers, struct worker *worker);
/* Keys that were there a moment ago and are not back count no longer. */
void resolver_workers_forget_keys(struct workers *workers, uint64_t now_ms);
/* A key but this one has a worker that could take an owner, or had one a moment ago. */
bool resolver_workers_has_other_key(const struct workers *workers, const struct worker_key *key);

/* The job joins those that the worker holds, and leaves them again. */
void resolver_workers_give(struct workers *workers, struct worker *worker, struct queue_job *job,
			   uint64_t now_ms);
void resolver_workers_take(struct workers *workers, struct queue_job *job, uint64_t now_ms);

/* Who gets the job of this owner; NULL: nobody now. *is_capped: because its namespace has as many
 * workers as one may have. */
struct worker *resolver_workers_pick(struct workers *workers, const struct turns *turns,
				     const struct queue_owner *owner, enum turns_lane lane,
				     uint64_t now_ms, bool *is_capped);

#endif
