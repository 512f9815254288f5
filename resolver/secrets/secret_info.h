/* secret_info: what a process that must not see a secret value may know of it. */
#ifndef RESOLVER_SECRET_INFO_H
#define RESOLVER_SECRET_INFO_H

#include "msg/bundle.h"

/* One info an entry of data, in its order; names and public parts are borrowed from data, the list
 * lives in the pool. */
void resolver_secret_info_from_data(const struct str_map *data, struct pool *pool,
				    struct msg_secret_info_list *out);

#endif
