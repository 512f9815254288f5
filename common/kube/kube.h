/* kube: requests to a Kubernetes API server, over libcurl multi inside an event loop.
 *
 * HTTP/2 with one connection for everything where the server speaks it, HTTP/1.1 where it does not. Requests do not
 * block: wait on kube_fd() and until kube_tick()'s deadline, and the callbacks come from kube_on_fd and kube_tick. Tokens and
 * certificates are read again each minute, when they expire, and after a 401.
 * A dead connection is found by TCP keepalive and by unacknowledged data (TCP_USER_TIMEOUT). */
#ifndef KUBE_KUBE_H
#define KUBE_KUBE_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "kube/kube_config.h"

struct kube;
struct kube_request;

struct kube_result {
	long status;          /* HTTP status; 0: there was no answer, see `sentence` */
	struct str body;      /* of a request without on_data, and of any error answer; borrowed */
	uint64_t retry_after_ms; /* of 429 and 5xx answers; 0: none given */
	const char *sentence; /* what went wrong, for a person; "" if status is 2xx */
};

struct kube_call {
	const char *method;       /* GET, POST, PATCH, PUT, DELETE */
	struct str path;          /* with query: /api/v1/services?limit=500; copied */
	struct str body;          /* ptr NULL: none; copied */
	const char *content_type; /* NULL: application/json */
	const char *accept;       /* NULL: application/json */
	uint64_t timeout_ms;      /* of the whole call; 0: none, for watches */
	/* Pieces of a 2xx answer as they come, instead of `body`; -1 ends the call. */
	int (*on_data)(void *self, struct str piece);
	void (*on_done)(void *self, const struct kube_result *result); /* exactly once, unless cancelled */
	void *self;
};

#define KUBE_BODY_MAX (64u << 20) /* bytes of a collected answer */
#define KUBE_TIMEOUT_MS 30000     /* for calls that are not watches */

struct kube *kube_new(struct kube_config *config, struct err *err); /* takes what config holds */
void kube_destroy(struct kube **self_p);                             /* cancels everything */
int kube_fd(const struct kube *self);
void kube_on_fd(struct kube *self);
uint64_t kube_tick(struct kube *self, uint64_t now_ms);              /* next deadline, UINT64_MAX: none */

struct kube_request *kube_start(struct kube *self, const struct kube_call *call);
void kube_cancel(struct kube_request **request_p);                   /* no callback any more; not from within on_data */
/* Requests made since the start, for metrics. */
uint64_t kube_n_requests(const struct kube *self);

#endif
