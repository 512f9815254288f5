/* bootstrap: the part of the configuration that Pomerium needs to start: its own secrets and its
 * storage.
 *
 *   in     the bootstrap settings of the Pomerium object, its storage files
 *   out    the settings as a message, with the names of the files in the connection string
 *   never  opens a file: the caller writes those that the connection string names
 */
#include "publisher/wanted/bootstrap.h"

#include "publisher/wanted/named_files.h"
#include "publisher/wanted/pgurl.h"

bool publisher_bootstrap_is_there(const struct snapshot *snapshot)
{
	return publisher_snapshot_bootstrap(snapshot) != NULL;
}

static int name_files(const struct good *good, const char *dir,
		      Pomerium__Config__Settings *settings, struct pool *pool, struct err *err)
{
	struct str_map params = { pool_array(pool, good->n_files + 1, sizeof(struct str_pair)), 0 };
	struct str text = pb_str(settings->databroker_storage_connection_string), out;

	for (; params.n < good->n_files; params.n++)
		params.items[params.n] = (struct str_pair){
			good->files[params.n].name,
			pool_printf(pool, "%s/" STR_FMT, dir ? dir : "${TMPDIR}",
				    STR_ARG(publisher_named_files_name(good->files[params.n].name,
								       good->files[params.n].bytes,
								       pool)))
		};
	if (!params.n)
		return 0;
	if (publisher_pgurl_add(text, &params, pool, &out, err) < 0)
		return -1;
	PB_SET_TEXT(settings, databroker_storage_connection_string, out);
	return 0;
}

Pomerium__Config__Settings *publisher_bootstrap_settings(const struct snapshot *snapshot,
							 const char *files_dir, struct pool *pool,
							 struct err *err)
{
	const struct good *good = publisher_snapshot_bootstrap(snapshot);
	Pomerium__Config__Settings *settings;

	if (!good) {
		err_set(err, "there is no bootstrap configuration: the Pomerium object is missing "
			     "or rejected");
		return NULL;
	}
	settings = (void *)pb_unpack(&pomerium__config__settings__descriptor, good->bootstrap, pool,
				     err);
	if (!settings || name_files(good, files_dir, settings, pool, err) < 0)
		return NULL;
	return settings;
}

int publisher_bootstrap_secret(const struct good *good, struct hash *out, struct err *err)
{
	Pomerium__Config__Settings *settings;
	struct buf bytes;
	struct pool pool;
	int rc = -1;

	pool_init(&pool);
	buf_init(&bytes, BUF_MAX_TEXT);
	settings = (void *)pb_unpack(&pomerium__config__settings__descriptor, good->bootstrap,
				     &pool, err);
	if (settings && buf_unbase64(&bytes, pb_str(settings->shared_secret)) == 0 &&
	    bytes.len == HASH_LEN) {
		memcpy(out->bytes, bytes.ptr, HASH_LEN);
		rc = 0;
	} else if (settings) {
		err_set(err, "the shared secret of the Pomerium object is not %d bytes long",
			HASH_LEN);
	}
	buf_wipe(&bytes);
	pool_wipe(&pool);
	return rc;
}
