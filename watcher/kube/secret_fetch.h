/* secret_fetch: values of the Secrets that are wanted, one GET each, a bounded number at once.
 *
 * A wanted Secret is answered once at first, and again whenever it changes: found, absent,
 * forbidden, or unavailable if there is no answer for SECRET_UNAVAILABLE_MS (then tried again).
 * A ConfigMap is the same, but that it is read again from time to time, for want of a watch. */
#ifndef WATCHER_SECRET_FETCH_H
#define WATCHER_SECRET_FETCH_H

#include "base/map.h"
#include "kube/kube.h"
#include "msg/secret.h"

#define SECRET_PARALLEL 16
#define SECRET_UNAVAILABLE_MS 10000

struct secret_fetch;

struct secret_fetch_sink {
	void *self;
	void (*answer)(void *self, const struct msg_secret_value *value);
	bool (*has_credit)(void *self); /* the next one may be asked for */
};

struct secret_fetch *watcher_secret_fetch_new(struct kube *kube,
					      const struct secret_fetch_sink *sink);
void watcher_secret_fetch_destroy(struct secret_fetch **self_p);
void watcher_secret_fetch_forget_all(struct secret_fetch *self);
/* All that is wanted is fetched anew: the reader lost the answers, or no watch says what has
 * changed. */
void watcher_secret_fetch_again(struct secret_fetch *self);
/* Wanted from now on: fetched, or answered as absent right away if that is known. */
void watcher_secret_fetch_want(struct secret_fetch *self, const struct msg_key *key, bool absent);
void watcher_secret_fetch_forget(struct secret_fetch *self, const struct msg_key *key);
/* It has changed, is new, or is gone: nothing happens if it is not wanted. */
void watcher_secret_fetch_touched(struct secret_fetch *self, const struct msg_key *key);
void watcher_secret_fetch_gone(struct secret_fetch *self, const struct msg_key *key);
uint64_t watcher_secret_fetch_tick(struct secret_fetch *self, uint64_t now_ms); /* next deadline */

#endif
