/* sent: a hash of each object of a kind that was sent, so that only differences go out. */
#ifndef WATCHER_SENT_H
#define WATCHER_SENT_H

#include "base/map.h"
#include "msg/object.h"
#include "watcher/kube/kinds.h"

struct sent_sink {
	void *self;
	/* The object, packed, is new or differs from what was sent last. seen_ns: now; 0: who knows
	 * when that was. */
	void (*put)(void *self, const struct msg_key *key, struct str object, uint64_t seen_ns);
	void (*del)(void *self, const struct msg_key *key, uint64_t seen_ns);
	/* A Secret has another resourceVersion than before: its values may be others. */
	void (*touched)(void *self, const struct msg_key *key);
};

struct sent {
	const struct kind_row *row;
	const struct sent_sink *sink;
	struct map objects; /* by namespace/name */
	struct buf packed;  /* of the present object */
	uint64_t list;      /* number of the present list */
	bool live;          /* changes happen now, and get a time stamp */
};

void watcher_sent_init(struct sent *sent, const struct kind_row *row, const struct sent_sink *sink);
void watcher_sent_clear(struct sent *sent);
void watcher_sent_forget(struct sent *sent); /* the reader has nothing */
void watcher_sent_begin_list(struct sent *sent);
/* What was not in the list that began last is gone. */
void watcher_sent_end_list(struct sent *sent);
void watcher_sent_put(struct sent *sent, const struct msg_object *object, struct str version);
void watcher_sent_del(struct sent *sent, const struct msg_key *key);
/* It is there, but cannot be used: what was sent of it stays. */
void watcher_sent_keep(struct sent *sent, const struct msg_key *key);
bool watcher_sent_has(const struct sent *sent, const struct msg_key *key);

#endif
