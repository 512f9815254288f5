/* sink: where what is wanted is stored, as the publisher sees it: a file, a databroker, or what
 * Pomerium starts with. */
#ifndef PUBLISHER_SINK_H
#define PUBLISHER_SINK_H

#include "base/cjson.h"
#include "publisher/sink/guard.h"
#include "publisher/wanted/wanted.h"

struct foreign;
struct sink;

/* The publisher's side. */
struct sink_listener {
	void *self;
	/* What is wanted now is on its way ... */
	void (*taken)(void *self);
	/* ... and what was taken last is stored. */
	void (*stored)(void *self);
};

/* For readiness, reports and metrics. */
struct sink_state {
	bool has_lease;        /* replicas share it, and one of them writes */
	bool leads;            /* this process is the one that writes, at this moment */
	bool holds_back;       /* the guard against mass deletion does */
	bool standby;          /* nothing to do: another replica writes */
	const uint64_t *calls; /* that have ended, [GRPC_N_STATUS]; NULL: there are no calls */
	/* What others have stored there: when all of it was read, and since when it is followed
	 * without a gap, UINT64_MAX: it is not; 0: there is nothing to follow. */
	uint64_t read_ms, followed_ms;
};

/* All but tick and destroy may be NULL: there is nothing to do. */
struct sink_ops {
	/* An owner may differ from what is stored. */
	void (*touch)(struct sink *sink, const struct msg_key *owner, uint64_t seen_ns);
	/* What Pomerium starts with has come, and is held if it is needed later. -1: it cannot be
	 * used. */
	int (*start_with)(struct sink *sink, struct good *good, struct err *err);
	/* All owners have arrived, and those that are gone are about to be deleted. False: not yet,
	 * since what was stored before this process is not known. */
	bool (*begin)(struct sink *sink);
	int (*fd)(const struct sink *sink); /* to wait on, always the same one */
	void (*on_fd)(struct sink *sink);
	/* Does what is due, but writes nothing before may_ms. The next deadline, or UINT64_MAX. */
	uint64_t (*tick)(struct sink *sink, uint64_t now_ms, uint64_t may_ms);
	/* What others have stored there counts, and goes there; NULL: it does no more. */
	void (*follow_foreign)(struct sink *sink, struct foreign *into);
	void (*look)(const struct sink *sink, struct sink_state *out);
	/* Adds what is stored of an owner. "state" is equal, older, not yet, nothing or not read
	 * yet. */
	void (*explain)(const struct sink *sink, const struct owner *owner, cJSON *out);
	void (*destroy)(struct sink *sink);
};

struct sink {
	const struct sink_ops *ops;
	struct guard *guard;  /* against mass deletion; NULL: nothing is removed here */
	bool waits_for_start; /* start_with has to come before it can do anything */
};

#endif
