/* pending: configurations whose secret values have not come, one for each owner, and which Secrets
 * were asked for. Who is not believed fills no memory with them: there are so many at most. */
#ifndef PUBLISHER_PENDING_H
#define PUBLISHER_PENDING_H

#include <sys/queue.h>
#include "actor/link/curve_text.h"
#include "base/map.h"
#include "msg/msg.h"

#define PENDING_MAX 256           /* in all */
#define PENDING_BYTES (64u << 20) /* of all */
#define PENDING_LATE_MS 30000     /* then its owner is told, and it goes on waiting */

/* A packed CONFIG, when the oldest change behind it was seen, and with which key it came. */
struct pending_config {
	struct str raw;
	uint64_t seen_ns;
	char maker[CURVE_KEY_LEN + 1];
};

struct pending {
	struct map owners;                  /* msg_key_text -> struct pending_owner */
	struct map asked;                   /* msg_key_text of a Secret -> struct pending_secret */
	TAILQ_HEAD(, pending_secret) queue; /* of these, by when they were asked for */
	TAILQ_HEAD(, pending_owner) untold; /* of owners, by since when they wait */
	size_t bytes;                       /* of their CONFIGs */
	struct pending_hooks {
		void *self;
		int (*ask)(void *self, const struct msg_key *secret); /* -1: no resolver */
		/* It waits for very long. May not change what is pending. */
		void (*late)(void *self, const struct pending_config *config,
			     const struct msg_key *secret);
	} hooks;
};

void publisher_pending_init(struct pending *pending, const struct pending_hooks *hooks);
void publisher_pending_clear(struct pending *pending); /* usable again */
/* Keeps a copy of a CONFIG of an owner instead of its earlier one, and asks for the Secret unless
 * that was done lately. */
void publisher_pending_put(struct pending *pending, const struct msg_key *owner,
			   const struct pending_config *config, const struct msg_key *secret);
/* False: one of this owner that is so long cannot wait now. */
bool publisher_pending_has_room(const struct pending *pending, const struct msg_key *owner,
				size_t len);
void publisher_pending_drop(struct pending *pending, const struct msg_key *owner);
/* A Secret has come: hands each CONFIG that waited for it to `again`, which may put it back. */
void publisher_pending_release(struct pending *pending, const struct msg_key *secret,
			       void (*again)(void *self, const struct pending_config *config));
size_t publisher_pending_n(const struct pending *pending);
/* The Secret that this owner (msg_key_text) waits for, as "Secret/namespace/name"; absent: none. */
struct str publisher_pending_for(const struct pending *pending, struct str owner);
/* Asks again for what has not come, and tells who waits for long. Returns when to call next,
 * UINT64_MAX: never. */
uint64_t publisher_pending_tick(struct pending *pending, uint64_t now_ms);

#endif
