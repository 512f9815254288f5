/* queue: which owner is translated next, by which worker, and what is not acknowledged yet.
 *
 * An owner has at most one job in flight and waits at most once. What is in flight and not
 * acknowledged in time goes out again. The jobs of a worker that died are suspects: they go out one
 * at a time, each alone on a worker; one that kills QUEUE_DEATHS_MAX workers while alone is crashed
 * until its next change. Pure: no sockets, no clock. */
#ifndef RESOLVER_QUEUE_H
#define RESOLVER_QUEUE_H

#include <sys/queue.h>
#include "base/map.h"
#include "msg/bundle.h"

#define QUEUE_ACK_MS 3000 /* the longest wait for an acknowledgement */
#define QUEUE_DEATHS_MAX 3
#define QUEUE_DEATHS_KEPT 8 /* deaths that are remembered in case it was only a cut connection */

struct queue_job;

struct queue_list {
	TAILQ_HEAD(, queue_job) jobs;
	size_t n;
};

/* A translator. */
struct queue_worker {
	SLIST_ENTRY(queue_worker) entry;
	void *peer; /* the caller's; the queue hands it to `credit` only */
	uint64_t epoch;
	size_t n_in_flight;      /* jobs that it was given and that are not acknowledged */
	uint64_t oldest;         /* no job with a smaller number is in it; 0: none at all */
	uint64_t newest;         /* of the jobs it was given */
	struct queue_job *alone; /* a suspect runs here: it gets no other job meanwhile */
	bool late; /* a job of it was not acknowledged in time, and none since: others first */
};

/* A worker that died while it had this job alone. If the same process comes back, it was a cut
 * connection and no death. */
struct queue_death {
	uint64_t epoch; /* of the worker */
	struct queue_job *job;
};

struct queue {
	struct map jobs; /* owner's key text -> struct queue_job */
	struct queue_list waiting, direct, suspects, in_flight;
	SLIST_HEAD(, queue_worker) workers;
	struct queue_job *suspect; /* the one in flight */
	struct queue_death deaths[QUEUE_DEATHS_KEPT];
	size_t n_blamed;           /* ever written there; the newest ones are kept */
	uint64_t number;           /* of the last stamp */
	uint64_t n_late, n_deaths; /* ever: jobs not acknowledged in time, workers that died */
	uint64_t n_crashed;        /* ever: jobs that were given up */
	long (*credit)(const void *peer);
};

/* The next thing to do. */
struct queue_turn {
	struct msg_key owner; /* borrowed from the job */
	struct queue_job *job;
	struct queue_worker *worker; /* it has credit for the job; NULL: none is needed */
	bool crashed;                /* reject it: it kills workers */
};

/* What a job goes out with. */
struct queue_start {
	uint64_t number;  /* of the stamp */
	uint64_t seen_ns; /* when the oldest change behind it was seen */
};

void resolver_queue_init(struct queue *queue, long (*credit)(const void *peer));
void resolver_queue_clear(struct queue *queue);

/* Something changed. `exists`: there is such an owner now; else the publisher has to hear of its
 * deletion. */
void resolver_queue_mark(struct queue *queue, const struct msg_key *owner, bool exists,
			 uint64_t seen_ns);
/* The publisher is a new one: nothing is in flight any more, all owners wait again, deletions are
 * due again. */
void resolver_queue_restart(struct queue *queue);
/* After a restart, for each owner: its number for INVENTORY. The owner waits. */
uint64_t resolver_queue_announce(struct queue *queue, const struct msg_key *owner);

/* False if nothing can be done now. Takes the job out of its list: call start or leave next. */
bool resolver_queue_next(struct queue *queue, struct queue_turn *turn);
/* The same for what needs no worker: deletes, and owners that crash workers. */
bool resolver_queue_next_direct(struct queue *queue, struct queue_turn *turn);
/* The job goes out now, to a worker or (NULL) to the publisher; it may be started again if it could
 * not be sent. Returns its stamp but for the epoch. */
struct queue_start resolver_queue_start(struct queue *queue, struct queue_job *job,
					struct queue_worker *worker, uint64_t now_ms);
/* It waits for something else; a later mark brings it back. */
void resolver_queue_leave(struct queue *queue, struct queue_job *job);
/* The publisher has it. Numbers that are not in flight any more are stale and ignored. */
void resolver_queue_ack(struct queue *queue, const struct msg_key *owner, uint64_t number);
/* Sends again what was not acknowledged in time; returns the next deadline, UINT64_MAX: none. */
uint64_t resolver_queue_tick(struct queue *queue, uint64_t now_ms);

/* The state of an owner's job, in a word or two for people. */
const char *resolver_queue_state(const struct queue *queue, const struct msg_key *owner);

struct queue_worker *resolver_queue_add_worker(struct queue *queue, void *peer, uint64_t epoch);
/* Its link started over: what it had goes out again, without suspicion. */
void resolver_queue_reset_worker(struct queue *queue, struct queue_worker *worker);
/* It is gone, perhaps dead: what it had is suspect. */
void resolver_queue_lose_worker(struct queue *queue, struct queue_worker *worker);
/* No job with this number or a smaller one can still bring a CONFIG. */
uint64_t resolver_queue_flushed(const struct queue *queue);

#endif
