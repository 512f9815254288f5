/* class: which Ingresses are ours. */
#ifndef RESOLVER_CLASS_H
#define RESOLVER_CLASS_H

#include "base/map.h"
#include "resolver/owners/resolve.h"

/* The class node that an Ingress without a class depends on: no IngressClass can have this name. */
#define CLASS_OF_NONE "*"

enum class_change { CLASS_OURS = 1, CLASS_DEFAULT = 2 };

struct class
{
	const struct resolve_settings *settings;
	struct map classes; /* names of the IngressClasses with our controller */
	size_t n_defaults;  /* of them, marked as default */
};

void resolver_class_init(struct class *class, const struct resolve_settings *settings);
void resolver_class_clear(struct class *class);
/* NULL: the class is gone. Returns what changed for Ingresses, a set of enum class_change. */
unsigned resolver_class_set(struct class *class, struct str name,
			    const struct msg_ingress_class *ingress_class);
bool resolver_class_serves(const struct class *class, struct str namespace);
/* The class that an Ingress asks for; empty: the default. Borrowed from the Ingress. */
struct str resolver_class_of(const struct msg_ingress *ingress);
bool resolver_class_is_ours(const struct class *class, const struct msg_ingress *ingress);
/* A sentence in the pool, NULL if it is ours. */
const char *resolver_class_why_not(const struct class *class, const struct msg_ingress *ingress,
				   struct pool *pool);

#endif
