/* report: what became of each owner, for Kubernetes: Events, the status of the Pomerium object, and
 * in the status of each Ingress where Pomerium is reached.
 *
 * Beside publishing and never in its way: requests do not block, wait in a queue with an end, and
 * their failures are only logged. All of these but _new accept NULL: nothing is reported. */
#ifndef PUBLISHER_REPORT_H
#define PUBLISHER_REPORT_H

#include "base/err.h"
#include "publisher/wanted/arrival.h"

struct confine;
struct report;
struct kube;

/* Empty kubeconfig: the cluster that the pod runs in. gateway_controller: whose entries in the
 * status of HTTPRoutes are ours. */
struct report *publisher_report_new(struct str kubeconfig, struct str context,
				    struct str gateway_controller, struct err *err);
void publisher_report_confine(const struct report *report, struct confine *needs);
void publisher_report_destroy(struct report **self_p); /* what was not sent yet is dropped */
int publisher_report_fd(const struct report *self);    /* may be another one after on_fd and tick */
void publisher_report_on_fd(struct report *self);
uint64_t publisher_report_tick(struct report *self, uint64_t now_ms);

/* `changed`: what would be published of it differs from before. */
void publisher_report_config(struct report *self, const struct arrival *arrival, bool changed);
/* Why an owner cannot be published. */
struct report_failure {
	struct str reason;                      /* all errors, as one sentence */
	const struct msg_diagnostic_list *said; /* its warnings count */
	const struct value *wanted;             /* the translator's report; NULL: there is none */
};
void publisher_report_reject(struct report *self, const struct msg_ticket *ticket,
			     const struct report_failure *failure);
/* Others have put it in the wrong, or, without a reason, no longer do; nothing came of it. */
void publisher_report_judge(struct report *self, const struct msg_key *owner,
			    const struct report_failure *failure);
/* `reason`: why it is no longer ours; empty: it was deleted. */
void publisher_report_gone(struct report *self, const struct msg_key *owner, struct str reason);
void publisher_report_addresses(struct report *self, const struct msg_addresses *addresses);
/* Whether this process is the one that writes, which is assumed at first. What happens while
 * another one writes is reported by that one: the Pomerium object says what was. */
void publisher_report_lead(struct report *self, bool leads);
/* All owners have arrived. `complete`: those that have not are gone. */
void publisher_report_open(struct report *self, bool complete);
/* The sink takes what is wanted now; what it took last is stored. */
void publisher_report_take(struct report *self);
void publisher_report_stored(struct report *self);

/* The connection to the API server, for others too; not of NULL. */
struct kube *publisher_report_kube(const struct report *self);
/* Requests that have ended, [KUBE_CLASSES]; NULL of NULL. */
const uint64_t *publisher_report_calls(const struct report *self);
size_t publisher_report_n_queued(const struct report *self); /* Events that wait */

/* What an object of the Gateway API is told; NULL: nothing. Borrows. */
struct value *publisher_report_status(const struct report *self, const struct msg_key *owner,
				      struct pool *pool);

#endif
