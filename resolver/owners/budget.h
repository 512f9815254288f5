/* budget: what the Ingresses and HTTPRoutes of one namespace may cost together. The oldest come
 * first: each that still fits is served. */
#ifndef RESOLVER_BUDGET_H
#define RESOLVER_BUDGET_H

#include <sys/queue.h>
#include "base/map.h"
#include "resolver/owners/limits.h"

struct budget_namespace;

/* An owner; those with routes are in a budget. */
struct owned {
	TAILQ_ENTRY(owned) entry;
	struct budget_namespace *namespace; /* NULL: it is in none */
	struct msg_cost cost;               /* as far as it is known */
	int64_t created;                    /* seconds since 1970; 0: unknown */
	bool is_over;                       /* there is no room for it */
	struct str text;                    /* its key */
};

struct budget {
	const struct limits *limits;
	struct map namespaces; /* name -> struct budget_namespace */
	TAILQ_HEAD(, budget_namespace) stale;
};

void resolver_budget_init(struct budget *budget, const struct limits *limits);
void resolver_budget_clear(struct budget *budget); /* those in it stay the caller's */
void resolver_budget_enter(struct budget *budget, struct str namespace, struct owned *owned);
void resolver_budget_leave(struct budget *budget, struct owned *owned);
/* Looks who fits, where anything has changed. `each` hears of those for which there is room now and
 * was none, or the other way round. */
void resolver_budget_settle(struct budget *budget,
			    void (*each)(void *arg, const struct owned *owned), void *arg);
/* -1 with a sentence: there is no room for it. */
int resolver_budget_check(const struct budget *budget, const struct owned *owned, struct err *err);

#endif
