/* ppl_compile: compiles Pomerium Policy Language (YAML or JSON text) to Rego, byte for byte as
 * Pomerium's compiler does. */
#ifndef TRANSLATOR_PPL_COMPILE_H
#define TRANSLATOR_PPL_COMPILE_H

#include "base/err.h"
#include "base/pool.h"

/* The sentence of an error does not say which policy it is about. */
int translator_ppl_compile(struct str text, struct pool *pool, struct str *rego, struct err *err);

#endif
