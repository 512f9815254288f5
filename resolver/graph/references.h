/* references: which other objects an owner names, and where in it. */
#ifndef RESOLVER_REFERENCES_H
#define RESOLVER_REFERENCES_H

#include "msg/object.h"

struct reference {
	enum msg_kind kind; /* MSG_KIND_SECRET or MSG_KIND_SERVICE */
	struct msg_key key; /* its kind is MSG_KIND_NONE if no object can have the name that is
			       written there */
	struct str where;   /* first place that names it, for sentences: spec.tls[0].secretName */
	struct str_list places; /* all that name it, of a Secret, as in a ticket */
	bool is_optional;       /* the owner can do without it, if there is none */
	struct str text; /* as written there; absent: nothing is written where something must be */
	size_t n_paths;  /* that name this Service, the default backend counted */
};

struct reference_list {
	struct reference *items;
	size_t n;
};

/* Secrets first, then Services, each of them once. Lives in the pool, borrows from the object. */
void resolver_references_from_ingress(const struct msg_ingress *ingress, struct str prefix,
				      struct pool *pool, struct reference_list *out);
void resolver_references_from_pomerium(const struct msg_pomerium *pomerium, struct pool *pool,
				       struct reference_list *out);

#endif
