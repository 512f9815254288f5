/* named_files: the files that Pomerium's config.yaml names.
 *
 *   in     a snapshot with the storage files of the Pomerium object and the certificates
 *   out    each of them with the name that its content gives it
 *   never  writes one
 */
#include "publisher/wanted/named_files.h"

#include <stdio.h>

#include "base/hash.h"

struct str publisher_named_files_name(struct str name, struct str bytes, struct pool *pool)
{
	struct hash hash = hash_of(bytes);
	char hex[33];

	for (size_t i = 0; i < 16; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash.bytes[i]);
	return pool_printf(pool, STR_FMT "-%s", STR_ARG(name), hex);
}

bool publisher_named_files_has_certs(const struct snapshot *snapshot)
{
	return snapshot->n_certs > 1;
}

static void pass(struct str name, struct str bytes, named_files_each *each, void *arg)
{
	struct pool pool;

	pool_init(&pool);
	each(arg, publisher_named_files_name(name, bytes, &pool), bytes);
	pool_clear(&pool);
}

void publisher_named_files_each_storage(const struct snapshot *snapshot, named_files_each *each,
					void *arg)
{
	const struct good *good = publisher_snapshot_bootstrap(snapshot);

	for (size_t i = 0; good && i < good->n_files; i++)
		pass(good->files[i].name, good->files[i].bytes, each, arg);
}

void publisher_named_files_each(const struct snapshot *snapshot, named_files_each *each, void *arg)
{
	publisher_named_files_each_storage(snapshot, each, arg);
	if (!publisher_named_files_has_certs(snapshot))
		return;
	for (size_t i = 0; i < snapshot->n_certs; i++) {
		const struct cert *cert = snapshot->certs[i];

		pass(STR(NAMED_FILES_CERT), publisher_certs_pem(cert), each, arg);
		pass(STR(NAMED_FILES_KEY), publisher_certs_key(cert), each, arg);
	}
}
