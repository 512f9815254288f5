/* kube_ask: one request to an API server, waited for. For commands; a room has a loop instead. */
#ifndef KUBE_KUBE_ASK_H
#define KUBE_KUBE_ASK_H

#include "kube/kube.h"

struct kube_answer {
	long status; /* 0: there was no answer */
	struct err err;
};

/* `call` needs neither on_done nor timeout_ms. The body of the answer is appended to `body`, which
 * may be NULL. Returns 0 if the status is 2xx; else answer->err says why not. */
int kube_ask(struct kube *kube, const struct kube_call *call, struct buf *body,
	     struct kube_answer *answer);

#endif
