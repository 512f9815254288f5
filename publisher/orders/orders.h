/* orders: certificates for hosts that have none, ordered from cert-manager: its Certificates are
 * made, and taken back with their Secrets when no host needs them.
 *
 * All of these but _new accept NULL: nothing is ordered. */
#ifndef PUBLISHER_ORDERS_H
#define PUBLISHER_ORDERS_H

#include "kube/kube.h"
#include "publisher/orders/foreign.h"
#include "publisher/wanted/arrival.h"
#include "publisher/wanted/wanted.h"

struct orders;

struct orders_settings {
	struct str namespace; /* where a ClusterIssuer's are ordered; empty: not known */
	uint64_t wait_ms;     /* how long a host has to be without, or a Certificate needless */
};

/* `kube` and `wanted` are borrowed. */
struct orders *publisher_orders_new(struct kube *kube, struct wanted *wanted,
				    const struct orders_settings *settings);
void publisher_orders_destroy(struct orders **self_p);

/* What is vouched for of an owner has come, whatever becomes of the rest; `issuer`: of a
 * Certificate, NULL: it is not known. */
void publisher_orders_owner(struct orders *self, const struct msg_ticket *ticket,
			    const struct msg_issuer *issuer);
void publisher_orders_gone(struct orders *self, const struct msg_key *owner);
/* The settings that hold now. */
void publisher_orders_settings(struct orders *self, const struct arrival *arrival);
/* What is wanted of an owner begins (1) or ceases (-1) to be. */
void publisher_orders_good(struct orders *self, const struct good *good, int step);
/* Whether somebody is to make certificates. */
bool publisher_orders_is_on(const struct orders *self);
/* Where what others have stored goes; NULL: nobody asks for it, and what is there is cleared. */
struct foreign *publisher_orders_foreign(struct orders *self);
/* `may_write`: everything is known, and this process is the one that writes. */
uint64_t publisher_orders_tick(struct orders *self, uint64_t now_ms, bool may_write);
/* Hosts that have no certificate, and are waited with or ordered for. */
size_t publisher_orders_n_missing(const struct orders *self);

#endif
