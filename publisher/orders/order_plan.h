/* order_plan: which Certificates to order, and which to take back. No I/O, and no clock but the
 * one that is given.
 *
 * A host is ordered when it has been without a certificate for a while, and a Certificate is taken
 * back when no host has needed it for as long: what comes and goes costs nobody an order. */
#ifndef PUBLISHER_ORDER_PLAN_H
#define PUBLISHER_ORDER_PLAN_H

#include "msg/config.h"
#include "publisher/orders/order_names.h"

#define ORDER_NAME_MAX 64

/* What is said of a Certificate that there is. */
struct order_facts {
	struct msg_key key;
	struct msg_issuer issuer;
	struct str uid;
	struct str secret; /* beside the Certificate; absent: it names none that can be */
	struct str_list hosts;
};

struct order {
	struct order_facts facts;
	struct str text;          /* its msg_key_text */
	struct order_link *links; /* one a host */
	bool vague;               /* it is there, and nothing else is known of it */
	struct heap_node due;     /* since nobody needs it: when it may go */
	uint64_t due_ms;
	struct pool pool;
};

struct order_plan {
	struct order_names names;
	struct map orders;             /* msg_key_text -> struct order */
	struct heap missing, needless; /* names, orders; by when something is to be done */
	struct pool pool;              /* of the issuer */
	struct msg_issuer issuer;      /* no name: nobody */
	bool known;                    /* what the settings say of it */
	uint64_t wait_ms, now_ms;      /* now: set before anything is told */
	size_t n_vague;
};

enum order_step { ORDER_NOTHING, ORDER_CREATE, ORDER_DELETE };
struct order_action {
	enum order_step step;
	struct str text; /* a host, or the msg_key_text of a Certificate; borrowed */
	const struct order_facts *facts; /* of that Certificate */
};

void publisher_order_plan_init(struct order_plan *plan, uint64_t wait_ms);
void publisher_order_plan_clear(struct order_plan *plan);
/* Who shall make them, with a namespace; NULL: nobody, and all that was told of names is
 * forgotten. */
void publisher_order_plan_issuer(struct order_plan *plan, const struct msg_issuer *issuer);
/* Only with an issuer names have to be told. */
bool publisher_order_plan_is_on(const struct order_plan *plan);
/* A Certificate as it is now. */
void publisher_order_plan_put(struct order_plan *plan, const struct order_facts *facts);
/* It is there, and what it says cannot be known just now. */
void publisher_order_plan_put_vague(struct order_plan *plan, const struct msg_key *key);
void publisher_order_plan_gone(struct order_plan *plan, const struct msg_key *key);

/* What is to be done now; the same again, until it is put off. */
struct order_action publisher_order_plan_next(const struct order_plan *plan);
/* It is tried: not again before so long, unless it is seen to be done. */
void publisher_order_plan_put_off(struct order_plan *plan, enum order_step step, struct str text,
				  uint64_t wait_ms);
/* What is known of a Certificate; NULL: it is not there. */
const struct order_facts *publisher_order_plan_get(const struct order_plan *plan,
						   const struct msg_key *key);
/* When something has to be done; UINT64_MAX: never, as it is. */
uint64_t publisher_order_plan_due(const struct order_plan *plan);

/* The name of a Certificate and of its Secret: always the same for a host and an issuer, so that
 * nothing is ordered twice, whatever is not seen. */
void publisher_order_plan_name(const struct msg_issuer *issuer, struct str host,
			       char out[ORDER_NAME_MAX]);
/* Whether it is of that form: the Go controller gives such names too. */
bool publisher_order_plan_is_name(struct str name);

#endif
