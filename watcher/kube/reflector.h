/* reflector: one kind in one namespace (or in all), kept the same as the API server has it: list,
 * then watch.
 *
 * Streaming list where the server has it, pages of 500 where it has not. A watch that ends is
 * resumed from the last resourceVersion; 410 means a new list, of which only the differences are
 * sent. Rules: Kubernetes API concepts, "Efficient detection of changes"; client-go's reflector. */
#ifndef WATCHER_REFLECTOR_H
#define WATCHER_REFLECTOR_H

#include "kube/kube.h"
#include "watcher/kube/sent.h"

struct reflector;

struct reflector_sink {
	struct sent_sink sent;
	/* SYNCED, NOT_INSTALLED, UNAVAILABLE, when it changes; LISTING goes without saying. */
	void (*state)(void *self, struct reflector *from, const char *reason);
	bool (*has_credit)(void *self); /* the next page may be asked for */
};

/* `namespace` empty: all. Does nothing before watcher_reflector_restart. The sink stays the
 * caller's. */
struct reflector *watcher_reflector_new(struct kube *kube, const struct kind_row *row,
					struct str namespace, const struct reflector_sink *sink);
void watcher_reflector_destroy(struct reflector **self_p);
/* Forgets what was sent and lists anew. */
void watcher_reflector_restart(struct reflector *self);
uint64_t watcher_reflector_tick(struct reflector *self, uint64_t now_ms); /* next deadline */
const struct kind_row *watcher_reflector_row(const struct reflector *self);
enum msg_kind_condition watcher_reflector_condition(const struct reflector *self);
/* Whether the object exists, as far as the watcher knows. */
bool watcher_reflector_has(const struct reflector *self, const struct msg_key *key);
uint64_t watcher_reflector_n_lists(const struct reflector *self);

#endif
