/* value_build: makes a tree of untyped data. */
#ifndef BASE_VALUE_BUILD_H
#define BASE_VALUE_BUILD_H

#include "base/value.h"

/* Everything lives in the pool; texts and keys are borrowed. What is returned is a null to be made
 * something, and stays where it is until the next one is added to the same map or list. A null
 * becomes a map or a list by the first call. */
struct value *value_put(struct value *map, const char *key, struct pool *pool);
struct value *value_add(struct value *list, struct pool *pool);
void value_put_text(struct value *map, const char *key, struct str text, struct pool *pool);
/* Does nothing if the text is absent. */
void value_put_nullable(struct value *map, const char *key, struct str text, struct pool *pool);
void value_put_int(struct value *map, const char *key, int64_t number, struct pool *pool);
/* Becomes an empty list, which is something else than none. */
struct value *value_put_list(struct value *map, const char *key, struct pool *pool);

#endif
