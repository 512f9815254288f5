/* bootstrap_text: what Pomerium needs to start, as text for a person or a script.
 *
 *   in     what is wanted
 *   out    JSON with the names that the reference's options have, or Pomerium's config.yaml
 *   never  writes a file
 */
#include "publisher/bootstrap/bootstrap_text.h"

#include "publisher/wanted/bootstrap.h"
#include "publisher/wanted/named_files.h"
#include "publisher/wanted/render.h"
#include "publisher/wanted/snapshot.h"

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
	publisher_named_files_each_storage(snapshot, json_file, &files);
	if (files.n)
		buf_puts(out, "\n  },\n");
	buf_puts(out, "  \"signing_key\": ");
	buf_json(out, s->has_signing_key ? pb_str(s->signing_key) : STR(""));
	buf_puts(out, "\n}\n");
}

int publisher_bootstrap_text_render(struct wanted *self, enum wanted_format format,
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
