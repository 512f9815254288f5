/* source_kube: a cluster as a source: the same messages as from a folder of manifests.
 *
 * One reflector a kind, or a kind and namespace; all on one connection where the server speaks HTTP/2. */
#ifndef WATCHER_SOURCE_KUBE_H
#define WATCHER_SOURCE_KUBE_H

#include "kube/kube.h"
#include "msg/msg.h"

struct source_kube;

struct source_kube_sink {
	void *self;
	/* OBJECT_PUT, OBJECT_DELETE, KIND_STATE or SECRET_VALUE for the resolver; borrowed during the call. */
	void (*send)(void *self, enum msg_type type, const void *body);
	bool (*has_room)(void *self); /* the resolver takes more */
};

struct source_kube *watcher_source_kube_new(struct kube *kube, const struct str_list *namespaces, const struct source_kube_sink *sink);
void watcher_source_kube_destroy(struct source_kube **self_p); /* and the kube client */
/* The resolver holds nothing: tells everything, from a new list of each kind. */
void watcher_source_kube_begin(struct source_kube *self);
void watcher_source_kube_want(struct source_kube *self, const struct msg_key *secret, bool wanted);
int watcher_source_kube_fd(const struct source_kube *self);
void watcher_source_kube_on_fd(struct source_kube *self);
uint64_t watcher_source_kube_tick(struct source_kube *self, uint64_t now_ms);
bool watcher_source_kube_synced(const struct source_kube *self); /* every kind is settled, one way or another */

#endif
