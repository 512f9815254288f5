/* yaml_scalar: the type of a scalar, as go-yaml v3 decides it. Only for yaml.c. */
#ifndef BASE_YAML_SCALAR_H
#define BASE_YAML_SCALAR_H

#include "base/value.h"

struct yaml_scalar {
	struct str text; /* in the pool, NUL after it */
	struct str tag;  /* as the event has it, long form; absent if none */
	bool plain;      /* not quoted, no block scalar */
};

/* Fills type, binary, text and content of *out; position stays. */
int yaml_scalar_type(const struct yaml_scalar *scalar, struct pool *pool, struct value *out,
		     struct err *err);

#endif
