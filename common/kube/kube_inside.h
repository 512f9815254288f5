/* kube_inside: what the files of the client share. Others see kube.h only.
 *
 *   kube.c          the connections, the loop's side, starting and cancelling
 *   kube_request.c  one request as libcurl sees it
 *   kube_identity.c what is shown to the server, and when it is read again */
#ifndef KUBE_KUBE_INSIDE_H
#define KUBE_KUBE_INSIDE_H

#include "base/buf.h"
#include "http/http_loop.h"
#include "kube/kube.h"

struct kube_request {
	struct kube *kube;
	struct kube_request *prev, *next;
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
};

struct kube_identity {
	struct kube_credentials credentials;
	unsigned number;  /* counts the readings */
	uint64_t read_ms; /* of the last try */
	bool refused;     /* these are no good: read again soon */
};

struct kube {
	struct kube_config config;
	struct kube_identity identity;
	struct http_loop loop;
	struct kube_request *requests;
	struct curl_slist *connect_to; /* for tls-server-name */
	char *base_url;
	bool in_curl;   /* libcurl is at work: it can neither take nor give back a request */
	bool unsettled; /* some request waits for that */
	uint64_t silence_ms, heard_ms; /* when to ask whether the server is there; its last word */
	uint64_t asked_ms;             /* when it was asked; 0: it was not */
	struct kube_request *question;
	bool is_dead; /* there was no answer */
	uint64_t backoff_ms;
	uint64_t n_requests;
	uint64_t n_by_class[KUBE_CLASSES];
};

/* ---- kube_identity.c ---- */
/* Reads the credentials again if it is time; the old ones stay if that fails. */
void kube_identity_refresh(struct kube_identity *identity, const struct kube_config *config);
/* The server refused the credentials of that number, or was not recognized with them. */
void kube_identity_refused(struct kube_identity *identity, unsigned number);

/* ---- kube_request.c ---- */
struct kube_request *kube_request_new(struct kube *kube, const struct kube_call *call);
void kube_request_destroy(struct kube_request *request);
/* It has ended with this code: what to tell of it; the sentence goes to err. */
struct kube_result kube_request_result(struct kube_request *request, CURLcode code,
				       struct err *err);

#endif
