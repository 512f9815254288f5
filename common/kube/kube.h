/* kube: requests to a Kubernetes API server, over libcurl multi inside an event loop.
 *
 * HTTP/2 with one connection for everything where the server speaks it, HTTP/1.1 where it does not.
 * Requests do not block: wait on kube_fd() and until the deadline, and the callbacks come from
 * kube_on_fd and kube_tick. Tokens and certificates are read again each minute, when they expire,
 * and after a 401; while a plugin is asked, requests wait only if there is nothing good to show. A
 * dead connection is found by TCP keepalive, by unacknowledged data
 * (TCP_USER_TIMEOUT), and by a small GET after a long silence. */
#ifndef KUBE_KUBE_H
#define KUBE_KUBE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/retry.h"
#include "base/str.h"
#include "kube/kube_config.h"

struct confine;
struct kube;
struct kube_request;

struct kube_result {
	long status;     /* HTTP status; 0: there was no answer, see `sentence` */
	struct str body; /* of a request without on_data, and of any error answer; borrowed */
	uint64_t retry_after_ms; /* as the server wishes; 0: none given */
	const char *sentence;    /* what went wrong, for a person; "" if status is 2xx */
};

struct kube_call {
	const char *method;       /* GET, POST, PATCH, PUT, DELETE */
	struct str path;          /* with query: /api/v1/services?limit=500; copied */
	struct str body;          /* ptr NULL: none; copied */
	const char *content_type; /* NULL: application/json */
	const char *accept;       /* NULL: application/json */
	uint64_t timeout_ms;      /* of the whole call; 0: none */
	/* Pieces of a 2xx answer as they come, instead of `body`; -1 ends the call. */
	int (*on_data)(void *self, struct str piece);
	/* Exactly once, unless it was cancelled; the request is gone with it. */
	void (*on_done)(void *self, const struct kube_result *result);
	void *self;
};

#define KUBE_BODY_MAX (64u << 20) /* bytes of a collected answer */
#define KUBE_TIMEOUT_MS 30000     /* for calls that are not watches */
#define KUBE_SILENCE_MS 60000     /* longer than a watch is without a bookmark, mostly */
#define KUBE_BACKOFF_MS 800       /* as client-go's */
#define KUBE_BACKOFF_MAX_MS 30000

struct kube *kube_new(struct kube_config *config, struct err *err); /* takes what config holds */
/* Of a kubeconfig; empty: of the pod that this process runs in. */
struct kube *kube_open(struct str kubeconfig, struct str context, struct err *err);
/* What a process that confines itself needs for it: files and a port. */
void kube_confine(const struct kube *kube, struct confine *needs);
void kube_destroy(struct kube **self_p); /* cancels everything */
/* How long the server may say nothing while it is asked for something; the first wait after a
 * failure. */
void kube_set_pace(struct kube *self, uint64_t silence_ms, uint64_t backoff_ms);
/* For the waits between tries of what fails: x2, up to KUBE_BACKOFF_MAX_MS. */
void kube_retry_init(const struct kube *self, struct retry *retry);
/* That of the context, or of the pod; empty: none is known. */
struct str kube_namespace(const struct kube *self);
int kube_fd(const struct kube *self);
void kube_on_fd(struct kube *self);
uint64_t kube_tick(struct kube *self, uint64_t now_ms); /* next deadline, UINT64_MAX: none */
uint64_t kube_due(struct kube *self);                   /* the same, after requests were started */
void kube_rest(struct kube *self); /* kube_fd is not waited on for now: silence proves nothing */

/* Both from anywhere, callbacks included. After kube_cancel no callback comes any more. */
struct kube_request *kube_start(struct kube *self, const struct kube_call *call);
void kube_cancel(struct kube_request **request_p);
/* Appends a piece of a path or a query: what has a meaning in a URL is escaped. */
void kube_add_escaped(struct buf *url, struct str text);
/* For metrics: requests made since the start; those that have ended, by the first digit of their
 * status, 0: without an answer. */
#define KUBE_CLASSES 6
uint64_t kube_n_requests(const struct kube *self);
const uint64_t *kube_n_by_class(const struct kube *self);

#endif
