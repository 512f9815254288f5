/* validate: what Pomerium refuses. It refuses its whole configuration if one route is bad, so no
 * such route may get out. docs/validation.md explains each rule; tests compare it with the
 * table. */
#ifndef TRANSLATOR_VALIDATE_H
#define TRANSLATOR_VALIDATE_H

#include "translator/ingress/ingress.h"

/* A value that a rule looks at. */
struct validate_value {
	struct ingress_job *job;
	const Pomerium__Config__Route *route;
	const ProtobufCMessage *message; /* the value, if it is a message */
	struct str key;                  /* of a map's entry */
	struct str text;                 /* of a text or a map's entry */
	int64_t number; /* of a number or a wrapped one; nanoseconds of a duration, capped */
};

struct validate_rule {
	const char *path; /* of the value in a route: proto names, [] for each item, {} for each
			     entry; "" for the route */
	unsigned code;    /* enum rule_code, unless the sentence names another */
	int (*check)(const struct validate_value *v, struct err *err);
	bool each;              /* of each route, not only of what the annotations say */
	const char *annotation; /* that says the value; NULL: the one called as the path begins */
};

extern const struct validate_rule
	translator_validate_rules[]; /* ends with a NULL path; validate_rules.c */

/* Every rule on every route of an Ingress: errors, and warnings for what Pomerium accepts but does
 * not use. */
void translator_validate_ingress(struct ingress_job *job, const Pomerium__Config__Config *config);
/* Every rule on a field of one route that no annotation made. */
int translator_validate_fields(struct ingress_job *job, const Pomerium__Config__Route *route,
			       struct err *err);

#endif
