/* queue: which owner is translated next, by which worker, and what is not acknowledged yet.
 *
 * An owner waits at most once, and has at most one job that counts. Namespaces take turns. A worker
 * holds a job until its credit for it is back. What is not acknowledged in time after that is lost
 * and goes out again; of what is held for too long a copy goes to another worker, and whichever
 * answer comes first counts. Owners that kill workers, or hold them up, are set aside and tried
 * again after some minutes. Pure: no sockets, no clock. */
#ifndef RESOLVER_QUEUE_H
#define RESOLVER_QUEUE_H

#include "msg/object.h"
#include "resolver/jobs/blame.h"
#include "resolver/jobs/workers.h"
#include "resolver/owners/news.h"

#define QUEUE_ACK_MS 3000   /* after the credit for a job: the longest wait for the publisher */
#define QUEUE_LATE_MS 3000  /* a worker that is at one job for longer gets no other, ... */
#define QUEUE_COPY_MS 10000 /* ... and then a copy of it goes to another one */
#define QUEUE_BIG 20000     /* units of work, of about a microsecond: more is big */

struct queue_start {
	uint64_t number;  /* of the stamp */
	uint64_t seen_ns; /* of the oldest change behind it; 0: unknown */
};

TAILQ_HEAD(queue_owners, queue_owner);

struct queue {
	struct map owners; /* key text -> struct queue_owner */
	struct turns turns;
	struct workers workers;
	struct blame blame;
	struct queue_owners
		unacked; /* their job is done, or is the publisher's; the oldest first */
	size_t n_owed;   /* small turns before the next job that is big, or alone */
	bool direct_is_next;
	uint64_t number;   /* of the last stamp */
	uint64_t woke_ms;  /* when we last ran again after we had not */
	uint64_t spoke_ms; /* when the publisher last spoke again after a silence */
	uint64_t due_ms;   /* of tick, as it was when asked last */
	bool is_silent;    /* the publisher says nothing */
	size_t n_in_flight;
	uint64_t n_late, n_lost, n_deaths, n_turns[N_TURNS_LANES]; /* ever */
};

/* The next thing to do. */
struct queue_turn {
	struct msg_key key; /* borrowed from the owner */
	struct queue_owner *owner;
	struct worker *worker; /* it has credit for the job; NULL: none is needed */
	bool is_set_aside;     /* reject it: it has killed workers, or held them up */
};

void resolver_queue_init(struct queue *queue, long (*credit)(const void *peer));
void resolver_queue_clear(struct queue *queue);

/* Something changed. */
void resolver_queue_mark(struct queue *queue, const struct msg_key *owner,
			 const struct owner_news *news);
/* The publisher is a new one: nothing is in flight any more, all owners wait again, deletions are
 * due again. */
void resolver_queue_restart(struct queue *queue);
/* After a restart, for each owner: its number for INVENTORY. The owner waits. */
uint64_t resolver_queue_announce(struct queue *queue, const struct msg_key *owner);

/* False if nothing can be done now. Takes the owner out of its lane: call start, leave or reckon
 * next. */
bool resolver_queue_next(struct queue *queue, uint64_t now_ms, struct queue_turn *turn);
/* What its work is is known now. False: it is big, and waits for its turn as such. */
bool resolver_queue_reckon(struct queue *queue, struct queue_owner *owner, uint64_t work);
/* It goes out now, to a worker or (NULL) to the publisher; it may be started again if it could not
 * be sent. */
struct queue_start resolver_queue_start(struct queue *queue, struct queue_owner *owner,
					struct worker *worker, uint64_t now_ms);
/* It waits for something else; a later mark brings it back. */
void resolver_queue_leave(struct queue *queue, struct queue_owner *owner);
/* The publisher has taken it, or something newer. */
void resolver_queue_ack(struct queue *queue, const struct msg_key *owner, uint64_t number,
			uint64_t now_ms);
/* What is lost or late goes out again, what was set aside is tried again. `heard_ms`: when the
 * publisher last said anything; 0: it is down. */
void resolver_queue_tick(struct queue *queue, uint64_t now_ms, uint64_t heard_ms);
uint64_t resolver_queue_deadline(struct queue *queue); /* of tick; UINT64_MAX: none */

/* The settings wait, and no worker is there for them. */
bool resolver_queue_lacks_settings(const struct queue *queue);
/* The state of an owner, in a word or two for people. */
const char *resolver_queue_state(const struct queue *queue, const struct msg_key *owner);

struct worker *resolver_queue_add_worker(struct queue *queue, const struct worker_hello *hello);
/* Its link started over: what it had goes out again, without suspicion. */
void resolver_queue_reset_worker(struct queue *queue, struct worker *worker, uint64_t now_ms);
/* It is gone, perhaps dead: what it had is suspect. */
void resolver_queue_lose_worker(struct queue *queue, struct worker *worker, uint64_t now_ms);
/* Its credit has changed: it gives the jobs back that it was given first. */
void resolver_queue_credit(struct queue *queue, struct worker *worker, uint64_t now_ms);
/* No job with this number or a smaller one is in the hands of a worker. */
uint64_t resolver_queue_flushed(const struct queue *queue);

#endif
