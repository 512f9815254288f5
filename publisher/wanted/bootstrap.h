/* bootstrap: the part of the configuration that Pomerium needs to start. */
#ifndef PUBLISHER_BOOTSTRAP_H
#define PUBLISHER_BOOTSTRAP_H

#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"
#include "publisher/wanted/snapshot.h"

bool publisher_bootstrap_is_there(const struct snapshot *snapshot);
/* As a message, with the names of its files in `files_dir` (NULL: in "${TMPDIR}", for whoever reads
 * it to fill in); NULL and a sentence if there is none. Lives in the pool. */
Pomerium__Config__Settings *publisher_bootstrap_settings(const struct snapshot *snapshot,
							 const char *files_dir, struct pool *pool,
							 struct err *err);
/* The shared secret in it; -1 and a sentence if it has none. */
int publisher_bootstrap_secret(const struct good *good, struct hash *out, struct err *err);

#endif
