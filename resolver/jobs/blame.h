/* blame: which owners have killed translators or held them up, and when those that were set aside
 * for it are tried again. */
#ifndef RESOLVER_BLAME_H
#define RESOLVER_BLAME_H

#include "base/heap.h"
#include "resolver/jobs/workers.h"

#define BLAME_STRIKES 2       /* before an owner is set aside */
#define BLAME_DOUBT_MS 60000  /* it stays alone for so long, whatever it did well meanwhile */
#define BLAME_MINUTE_MS 60000 /* an owner is set aside for 1, 2, 4 ... minutes, ... */
#define BLAME_MINUTES_MAX 60  /* ... and for no more than these */
#define BLAME_GRACE_MS 3000   /* a process that was only cut off is back by then */
#define BLAME_LOSSES_MAX 16   /* workers that are remembered in case it was a cut connection */

/* The connection of a worker is gone. If the same process comes back, nobody has died. */
struct blame_loss {
	uint64_t epoch;            /* of the worker */
	struct queue_owner *owner; /* it got a strike; NULL: nobody did */
};

struct blame {
	struct heap aside; /* owners, by when they are tried again */
	size_t n_aside;
	TAILQ_HEAD(, queue_owner) untold; /* of them, the publisher hears of them soon */
	struct blame_loss losses[BLAME_LOSSES_MAX];
	size_t n_losses;      /* ever written there; the newest are kept */
	uint64_t n_set_aside; /* ever */
};

void resolver_blame_init(struct blame *blame);
void resolver_blame_clear(struct blame *blame);

/* It was with others when a worker died: it goes out alone from now on. */
void resolver_blame_suspect(struct queue_owner *owner);
/* A worker was at it when it died. */
void resolver_blame_doubt(struct queue_owner *owner, uint64_t now_ms);
/* A worker with this key died of it, or was held up by it: nothing else can have done it. True: it
 * is set aside. */
bool resolver_blame_strike(struct blame *blame, const struct workers *workers,
			   struct queue_owner *owner, const struct worker_key *key,
			   uint64_t now_ms);
/* The key that it should not go to, if there is another; 0: none. */
uint64_t resolver_blame_key(const struct queue_owner *owner);
/* It was acknowledged. */
void resolver_blame_absolve(struct queue_owner *owner, uint64_t now_ms);

/* A worker was lost, and this owner got a strike for it (or NULL). */
void resolver_blame_note_loss(struct blame *blame, const struct worker *worker,
			      struct queue_owner *owner);
/* Whether this is a process that was lost. */
bool resolver_blame_is_back(const struct blame *blame, const struct worker *worker);
/* It is: the strikes for its loss are taken back. The next owner that is not set aside any more;
 * NULL: there is none. */
struct queue_owner *resolver_blame_revoke(struct blame *blame, const struct worker *worker);

/* The next one that was set aside so long ago that it is no mistake; NULL: there is none. */
struct queue_owner *resolver_blame_tell(struct blame *blame, uint64_t now_ms);
/* An owner that was set aside has changed: it need not wait any longer than a minute. */
void resolver_blame_hurry(struct blame *blame, struct queue_owner *owner);
/* The next one whose time has come and that no worker holds: it is not set aside any more. NULL:
 * there is none. */
struct queue_owner *resolver_blame_next(struct blame *blame, uint64_t now_ms);
uint64_t resolver_blame_deadline(const struct blame *blame); /* of both; UINT64_MAX: none */
/* A worker has given back a job of it. */
void resolver_blame_released(struct blame *blame, struct queue_owner *owner);
/* It is gone: whatever is written down of it goes, too. */
void resolver_blame_forget(struct blame *blame, struct queue_owner *owner);

#endif
