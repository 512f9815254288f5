/* bootstrap: the part of the configuration that Pomerium needs to start: its own secrets and its
 * storage.
 *
 *   in    the bootstrap settings of the Pomerium object, its storage files
 *   out   JSON with the names that the reference's options have, or Pomerium's config.yaml
 *   never opens a file: the caller writes those that the connection string names
 */
#include "publisher/bootstrap.h"

#include "publisher/folder.h"
#include "publisher/pgurl.h"
#include "publisher/render.h"

/* The one that has a bootstrap part: only the Pomerium object does. */
static const struct good *find_good(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->n_goods; i++)
		if (snapshot->goods[i]->bootstrap.ptr)
			return snapshot->goods[i];
	return NULL;
}

bool publisher_bootstrap_is_there(const struct snapshot *snapshot)
{
	return find_good(snapshot) != NULL;
}

static struct str file_name(const struct good_file *file, struct pool *pool)
{
	return publisher_folder_name(file->name, file->bytes, pool);
}

void publisher_bootstrap_each_file(const struct snapshot *snapshot,
				   void (*each)(void *arg, struct str name, struct str bytes),
				   void *arg)
{
	const struct good *good = find_good(snapshot);
	struct pool pool;

	pool_init(&pool);
	for (size_t i = 0; good && i < good->n_files; i++)
		each(arg, file_name(&good->files[i], &pool), good->files[i].bytes);
	pool_clear(&pool);
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
				    STR_ARG(file_name(&good->files[params.n], pool)))
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
	const struct good *good = find_good(snapshot);
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

/* ---- JSON ---- */

static void json_text(struct buf *out, const char *name, bool has, ProtobufCBinaryData text)
{
	buf_printf(out, "  \"%s\": ", name);
	buf_json(out, has && text.len ? pb_str(text) : STR(""));
	buf_puts(out, ",\n");
}

static void json_flags(struct buf *out, const Pomerium__Config__Settings *s)
{
	buf_puts(out, "  \"runtime_flags\": {");
	for (size_t i = 0; i < s->n_runtime_flags; i++) {
		buf_puts(out, i ? ",\n    " : "\n    ");
		buf_json(out, pb_str(s->runtime_flags[i]->key));
		buf_printf(out, ": %s", s->runtime_flags[i]->value ? "true" : "false");
	}
	buf_puts(out, s->n_runtime_flags ? "\n  },\n" : "},\n");
}

struct file_list {
	struct buf *out;
	size_t n;
};

static void json_file(void *arg, struct str name, struct str bytes)
{
	struct file_list *list = arg;

	buf_puts(list->out, list->n++ ? ",\n    " : "  \"storage_files\": {\n    ");
	buf_json(list->out, name);
	buf_puts(list->out, ": ");
	buf_json(list->out, bytes);
}

static void render_json(const struct snapshot *snapshot, const Pomerium__Config__Settings *s,
			struct buf *out)
{
	struct file_list files = { out, 0 };

	buf_puts(out, "{\n");
	json_text(out, "authenticate_internal_url", s->has_authenticate_internal_service_url,
		  s->authenticate_internal_service_url);
	json_text(out, "cookie_secret", s->has_cookie_secret, s->cookie_secret);
	if (s->has_databroker_cluster_leader_id)
		json_text(out, "databroker_cluster_leader_id", true,
			  s->databroker_cluster_leader_id);
	else
		buf_puts(out, "  \"databroker_cluster_leader_id\": null,\n");
	json_text(out, "databroker_storage_connection", s->has_databroker_storage_connection_string,
		  s->databroker_storage_connection_string);
	json_text(out, "databroker_storage_type", s->has_databroker_storage_type,
		  s->databroker_storage_type);
	json_flags(out, s);
	json_text(out, "shared_key", s->has_shared_secret, s->shared_secret);
	publisher_bootstrap_each_file(snapshot, json_file, &files);
	if (files.n)
		buf_puts(out, "\n  },\n");
	buf_puts(out, "  \"signing_key\": ");
	buf_json(out, s->has_signing_key ? pb_str(s->signing_key) : STR(""));
	buf_puts(out, "\n}\n");
}

int publisher_wanted_render_bootstrap(struct wanted *self, enum wanted_format format,
				      const char *files_dir, struct buf *out, struct err *err)
{
	struct pool pool;
	struct snapshot snapshot;
	Pomerium__Config__Settings *settings;
	int rc = -1;

	pool_init(&pool);
	publisher_snapshot_take(&snapshot, self);
	settings = publisher_bootstrap_settings(&snapshot, files_dir, &pool, err);
	if (!settings)
		goto out;
	if (format == WANTED_JSON) {
		render_json(&snapshot, settings, out);
		rc = out->full ? err_set(err, "the bootstrap configuration is too large") : 0;
	} else {
		rc = publisher_render_settings(settings, out, err);
	}
out:
	publisher_snapshot_let_go(&snapshot, self);
	pool_wipe(&pool);
	return rc;
}
