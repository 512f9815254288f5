/* facts: what may be told of a secret value. */
#ifndef RESOLVER_FACTS_H
#define RESOLVER_FACTS_H

#include "msg/bundle.h"

/* One fact an entry of data, in its order; names and public parts are borrowed from data, the list
 * lives in the pool. */
void resolver_facts_of(const struct str_map *data, const struct hash *boot_key, struct pool *pool,
		       struct msg_secret_fact_list *out);

#endif
