/* tls_order: which BackendTLSPolicy of several with one target is the oldest. */
#ifndef RESOLVER_TLS_ORDER_H
#define RESOLVER_TLS_ORDER_H

#include "base/map.h"
#include "msg/gateway.h"

struct tls_order {
	struct map lines;   /* key text of a Service, a slash, the section -> struct tls_line */
	struct map members; /* key texts of policies -> struct tls_member */
};

void resolver_tls_order_init(struct tls_order *order);
void resolver_tls_order_clear(struct tls_order *order);
/* Whether its targets or its age are others than they were; NULL: it is gone. */
bool resolver_tls_order_moves(const struct tls_order *order, const struct msg_key *key,
			      const struct msg_backend_tls_policy *policy);
/* Its targets and its age from now on. */
void resolver_tls_order_set(struct tls_order *order, const struct msg_key *key,
			    const struct msg_backend_tls_policy *policy);
/* The key text of the one that counts for this target; absent: there is none. */
struct str resolver_tls_order_oldest(const struct tls_order *order, const struct msg_key *service,
				     struct str section);
/* The Services that it counts for: it is the oldest of one of their targets. Not each once. */
void resolver_tls_order_each_service(const struct tls_order *order, const struct msg_key *key,
				     void (*call)(void *arg, const struct msg_key *service),
				     void *arg);
/* Those that come after it for one of its targets. Not each once. */
void resolver_tls_order_each_after(const struct tls_order *order, const struct msg_key *key,
				   void (*call)(void *arg, const struct msg_key *policy),
				   void *arg);

#endif
