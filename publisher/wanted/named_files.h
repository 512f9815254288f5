/* named_files: the files that Pomerium's config.yaml names: those of its storage, and certificates
 * where there are several. */
#ifndef PUBLISHER_NAMED_FILES_H
#define PUBLISHER_NAMED_FILES_H

#include "publisher/wanted/snapshot.h"

#define NAMED_FILES_CERT "tls.crt"
#define NAMED_FILES_KEY "tls.key"

/* What a file is called: its content is in the name, so that a changed file is another one and
 * Pomerium sees it. */
struct str publisher_named_files_name(struct str name, struct str bytes, struct pool *pool);
/* Whether certificates are files: one pair has keys of its own in config.yaml, several are a list,
 * in which Pomerium reads names of files only. */
bool publisher_named_files_has_certs(const struct snapshot *snapshot);

typedef void named_files_each(void *arg, struct str name, struct str bytes);
void publisher_named_files_each_storage(const struct snapshot *snapshot, named_files_each *each,
					void *arg);
void publisher_named_files_each(const struct snapshot *snapshot, named_files_each *each, void *arg);

#endif
