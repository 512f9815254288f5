/* object_reports: the status of the Gateway API's objects, written into the cluster.
 *
 * Of each object of ours there is what its status should say. It is written when what the object
 * makes is stored, if the object says something else: read first, so that nothing of what others
 * write there is lost. */
#ifndef PUBLISHER_OBJECT_REPORTS_H
#define PUBLISHER_OBJECT_REPORTS_H

#include "kube/kube.h"
#include "publisher/gateway/attached.h"
#include "publisher/wanted/arrival.h"

struct object_reports;

struct object_reports *publisher_object_reports_new(struct kube *kube, struct str controller);
void publisher_object_reports_destroy(struct object_reports **self_p);
bool publisher_object_reports_has(const struct msg_key *owner); /* whether it is of such a kind */

void publisher_object_reports_config(struct object_reports *self, const struct arrival *arrival);
/* `report`: the translator's; NULL: there is none. */
void publisher_object_reports_reject(struct object_reports *self, const struct msg_ticket *ticket,
				     struct str reason, const struct value *report);
/* Others have put it in the wrong; empty: they no longer do. */
void publisher_object_reports_judge(struct object_reports *self, const struct msg_key *owner,
				    struct str reason);
void publisher_object_reports_gone(struct object_reports *self, const struct msg_key *owner);
void publisher_object_reports_addresses(struct object_reports *self,
					const struct msg_addresses *addresses);
/* The sink takes what is wanted now; what it took last is stored. */
void publisher_object_reports_take(struct object_reports *self);
void publisher_object_reports_stored(struct object_reports *self);
/* Another process writes: what is under way is dropped, and tried again. */
void publisher_object_reports_stop(struct object_reports *self);
uint64_t publisher_object_reports_tick(struct object_reports *self, uint64_t now_ms);

/* What the object should say, without times; NULL: nothing is known of it. Borrows. */
struct value *publisher_object_reports_status(const struct object_reports *self,
					      const struct msg_key *owner, struct pool *pool);

#endif
