/* job: one owner, and one bundle of it in the hands of a worker, as the files of this floor see
 * them. */
#ifndef RESOLVER_JOB_H
#define RESOLVER_JOB_H

#include "resolver/jobs/blame.h"
#include "resolver/jobs/workers.h"

/* What is known of one owner, from its first change until its deletion is acknowledged. */
struct queue_owner {
	struct turns_item item; /* it waits */
	struct turns_namespace *namespace;
	LIST_HEAD(, queue_job) jobs; /* that workers hold: of what it said last, or before */
	/* ---- what is to be done ---- */
	bool exists;  /* else the publisher has to hear of its deletion */
	bool refused; /* it needs no translator to be rejected */
	bool settings;
	bool direct; /* it needs no translator at all */
	bool again;  /* it has changed while in flight */
	uint64_t work;
	uint64_t waiting_seen_ns, sent_seen_ns; /* the oldest change that waits, in flight */
	/* ---- what is in flight ---- */
	uint64_t number;       /* 0: nothing */
	uint64_t since;        /* first number of what it says now; 0: it has not gone out */
	struct worker *worker; /* that got it; NULL: the publisher, or one that is gone */
	LIST_ENTRY(queue_owner) answers; /* of that worker */
	TAILQ_ENTRY(queue_owner) unacked;
	bool is_unacked; /* its job is done: nothing but the acknowledgement is missing */
	uint64_t done_ms;
	/* ---- blame ---- */
	bool suspect;                   /* it goes out alone */
	uint64_t doubt_ms;              /* and does so until then, whatever is acknowledged */
	unsigned n_strikes;             /* workers that died of it, or were held up by it, ... */
	uint64_t struck[BLAME_STRIKES]; /* ... and their keys */
	uint64_t failed_key; /* whose worker did not answer, if that was the last thing; else 0 */
	bool is_aside, may_tell, is_told; /* set aside; the publisher may know; it knows */
	TAILQ_ENTRY(queue_owner) untold;
	unsigned n_aside;            /* how often in a row */
	uint64_t aside_ms, again_ms; /* since when; when it is tried again */
	struct heap_node aside;      /* until then */
	size_t text_len;
	char text[];
};

/* One bundle, until the credit for it is back. */
struct queue_job {
	TAILQ_ENTRY(queue_job) of_worker;
	LIST_ENTRY(queue_job) of_owner;
	struct worker *worker;
	struct queue_owner *owner; /* NULL: forgotten meanwhile */
	struct turns_namespace *namespace;
	uint64_t number, work;
	bool is_big;
	bool is_alone;  /* nobody else can be to blame for what becomes of the worker */
	bool has_place; /* it is counted among the places of its namespace */
};

#endif
