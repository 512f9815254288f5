/* claim: which Ingresses are ours. */
#ifndef RESOLVER_CLASS_H
#define RESOLVER_CLASS_H

#include "base/map.h"
#include "resolver/owners/resolve.h"

/* The class node that an Ingress without a class depends on: no IngressClass can have this name. */
#define CLAIM_DEFAULT_CLASS "*"

enum claim_change { CLAIM_CLASS = 1, CLAIM_DEFAULT = 2 };

struct claim {
	const struct resolve_settings *settings;
	struct map classes; /* names of the IngressClasses with our controller */
	size_t n_defaults;  /* of them, marked as default */
};

void resolver_claim_init(struct claim *claim, const struct resolve_settings *settings);
void resolver_claim_clear(struct claim *claim);
/* NULL: the class is gone. Returns what changed for Ingresses, a set of enum claim_change. */
unsigned resolver_claim_set_class(struct claim *claim, struct str name,
				  const struct msg_ingress_class *ingress_class);
bool resolver_claim_serves(const struct claim *claim, struct str namespace);
/* The class that an Ingress asks for; empty: the default. Borrowed from the Ingress. */
struct str resolver_claim_class_of(const struct msg_ingress *ingress);
bool resolver_claim_is_ours(const struct claim *claim, const struct msg_ingress *ingress);
/* A sentence in the pool, NULL if it is ours. */
const char *resolver_claim_why_not(const struct claim *claim, const struct msg_ingress *ingress,
				   struct pool *pool);

#endif
