/* kube_inside: what the files of the client share. Others see kube.h only.
 *
 *   kube.c           the connections, the loop's side, starting and cancelling
 *   kube_request.c   one request as libcurl sees it
 *   kube_identity.c  what is shown to the server, and when it is read again */
#ifndef KUBE_KUBE_INSIDE_H
#define KUBE_KUBE_INSIDE_H

#include <sys/queue.h>

#include "base/buf.h"
#include "http/http_loop.h"
#include "http/http_origin.h"
#include "kube/kube.h"
#include "kube/kube_exec.h"

struct kube_request {
	struct kube *kube;
	LIST_ENTRY(kube_request) link;
	CURL *easy;
	struct curl_slist *headers;
	struct kube_call call;
	struct buf body;
	char *path, *sent; /* copies of what the call said */
	char error[CURL_ERROR_SIZE];
	uint64_t retry_after_ms;
	unsigned identity; /* which credentials it showed */
	bool added;        /* libcurl has it */
	bool cancelled;    /* nobody waits for it any more */
	bool lost;         /* its connection was given up */
	bool anonymous;    /* it ended for want of credentials */
};

struct kube_identity {
	struct http_loop *loop; /* that waits for the plugin */
	struct kube_credentials credentials;
	bool known;           /* else there are none yet */
	struct retry reading; /* only its lines in the log */
	unsigned number;      /* counts the readings */
	uint64_t read_ms;     /* of the last try */
	bool refused;         /* these are no good: read again soon */
	struct err failure;   /* why there are none */
	struct kube_exec_run plugin;
	struct kube_credentials fresh; /* while it runs: to which its answer will be added */
};

enum kube_identity_state {
	KUBE_IDENTITY_KNOWN,
	KUBE_IDENTITY_COMING, /* wait for the plugin: what there is, if anything, is no good */
	KUBE_IDENTITY_FAILED  /* there is nothing to show; `failure` says why */
};

struct kube {
	struct kube_config config;
	struct kube_identity identity;
	struct http_loop loop;
	LIST_HEAD(kube_requests, kube_request) requests; /* newest first */
	struct http_origin origin;
	bool in_curl; /* libcurl is at work: it can neither take nor give back a request */
	bool pending; /* some request waits for that */
	uint64_t silence_ms, heard_ms; /* when to ask whether the server is there; its last word */
	uint64_t asked_ms;             /* when it was asked; 0: it was not */
	struct kube_request *question;
	bool is_dead; /* there was no answer */
	uint64_t backoff_ms;
	uint64_t n_requests;
	uint64_t n_by_class[KUBE_CLASSES];
};

/* ---- kube_identity.c ---- */
/* Reads the credentials; a plugin is started and answers later. */
int kube_identity_read(struct kube_identity *identity, const struct kube_config *config,
		       struct err *err);
/* The same if it is time; the old ones stay if that fails. */
void kube_identity_refresh(struct kube_identity *identity, const struct kube_config *config);
/* Looks after the plugin, if one runs. */
void kube_identity_step(struct kube_identity *identity, const struct kube_config *config);
uint64_t kube_identity_due(const struct kube_identity *identity); /* when to step at the latest */
enum kube_identity_state kube_identity_state(const struct kube_identity *identity);
void kube_identity_clear(struct kube_identity *identity);
/* The server refused the credentials of that number, or was not recognized with them. */
void kube_identity_refused(struct kube_identity *identity, unsigned number);

/* ---- kube_request.c ---- */
struct kube_request *kube_request_new(struct kube *kube, const struct kube_call *call);
/* Shows the credentials that are in use now; once, before libcurl gets it. */
void kube_request_identify(struct kube_request *request);
void kube_request_destroy(struct kube_request *request);
/* It has ended with this code: what to tell of it; the sentence goes to err. */
struct kube_result kube_request_result(struct kube_request *request, CURLcode code,
				       struct err *err);

#endif
