/* told: what was told of a kind: a hash an object, so that a list tells only what differs. */
#ifndef WATCHER_SENT_H
#define WATCHER_SENT_H

#include "base/map.h"
#include "msg/object.h"
#include "watcher/kube/kinds.h"

struct told_sink {
	void *self;
	/* The object is new or another than was told last. */
	void (*put)(void *self, const struct msg_object *object);
	void (*del)(void *self, const struct msg_object_delete *gone);
	/* A Secret has another resourceVersion than before: its values may be others. */
	void (*touched)(void *self, const struct msg_key *key);
};

struct told {
	const struct kind_row *row;
	const struct told_sink *sink;
	struct map objects; /* by namespace/name */
	struct buf packed;  /* of the present object */
	uint64_t list;      /* number of the present list */
	bool live;          /* what is told happens now: it gets a time stamp */
};

void watcher_told_init(struct told *told, const struct kind_row *row, const struct told_sink *sink);
void watcher_told_clear(struct told *told);
void watcher_told_forget(struct told *told); /* the reader has nothing */
void watcher_told_begin_list(struct told *told);
/* What the list that began last did not have is gone. */
void watcher_told_end_list(struct told *told);
void watcher_told_put(struct told *told, struct msg_object *object, struct str version);
void watcher_told_del(struct told *told, const struct msg_key *key);
/* It is there, but cannot be used: what was told of it stays. */
void watcher_told_keep(struct told *told, const struct msg_key *key);
bool watcher_told_has(const struct told *told, const struct msg_key *key);

#endif
