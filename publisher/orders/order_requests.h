/* order_requests: what the plan wants done, as requests to the API server. */
#ifndef PUBLISHER_ORDER_REQUESTS_H
#define PUBLISHER_ORDER_REQUESTS_H

#include "kube/kube.h"
#include "publisher/orders/order_plan.h"
#include "publisher/report/api_retry.h"

#define ORDER_REQUESTS_MAX 4 /* at a time */

/* One request. */
struct order_flight {
	struct order_requests *of;
	struct kube_request *request;
	enum order_step step; /* ORDER_NOTHING: the Secret of one that is gone */
	char *text;           /* of the action, or "namespace/name" of the Secret; NULL: free */
	char *secret, *uid;   /* of a Certificate that is taken back: its Secret, the same, or
				 NULL; itself */
};

struct order_requests {
	struct kube *kube;
	struct order_plan *plan;
	struct map orphans; /* "namespace/name" of Secrets that have to go -> uid of the Certificate
				that each was of */
	struct order_flight flights[ORDER_REQUESTS_MAX];
	struct api_retry retry;
	uint64_t hold_ms; /* not before */
};

void publisher_order_requests_init(struct order_requests *self, struct kube *kube,
				   struct order_plan *plan);
void publisher_order_requests_clear(struct order_requests *self);
/* Sends what is due; when to call it again. */
uint64_t publisher_order_requests_tick(struct order_requests *self, uint64_t now_ms);

#endif
