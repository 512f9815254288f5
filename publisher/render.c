/* render: the merged configuration as text.
 *
 *   in    what is wanted
 *   out   protobuf-JSON of one Config, a route a line, or Pomerium's config.yaml
 *   never holds all routes unpacked, nor the whole text: a pool lives for one route
 */
#include "publisher/render.h"

#include "base/mem.h"
#include "publisher/wanted_inside.h"

#define CHUNK (256u << 10) /* bytes to gather before they are written */

struct render {
	struct wanted *wanted;
	const struct render_out *out;
	struct buf buf;
};

static int flush(struct render *r, size_t above, struct err *err)
{
	int rc = 0;

	if (r->buf.full)
		return err_set(err, "one route or the settings take more than %u bytes of text",
			       BUF_MAX_FILE);
	if (r->buf.len > above) {
		rc = r->out->write(r->out->self, buf_view(&r->buf), err);
		buf_reset(&r->buf);
	}
	return rc;
}

/* ---- settings ---- */

static void add_certs(const struct wanted *wanted, Pomerium__Config__Settings *settings,
		      struct pool *pool)
{
	size_t n;
	struct cert **certs = publisher_certs_published(&wanted->certs, &n);

	for (size_t i = 0; i < n; i++) {
		Pomerium__Config__Settings__Certificate *c =
			PB_NEW(pool, pomerium__config__settings__certificate);

		PB_SET_TEXT(c, cert_bytes, publisher_certs_pem(certs[i]));
		PB_SET_TEXT(c, key_bytes, publisher_certs_key(certs[i]));
		PB_PUSH(pool, settings, certificates, c);
	}
	mem_free(certs);
}

/* The settings of all owners; only the Pomerium object has any. Packed messages that stand in a row
 * are merged. */
static Pomerium__Config__Settings *merge_settings(const struct wanted *wanted, struct pool *pool,
						  struct err *err)
{
	struct str *keys = map_sorted_keys(&wanted->owners);
	Pomerium__Config__Settings *settings;
	struct buf all;

	buf_init(&all, BUF_MAX_MESSAGE);
	for (size_t i = 0; i < wanted->owners.n; i++) {
		const struct owner *owner = map_get(&wanted->owners, keys[i]);

		if (owner->good && owner->good->settings.ptr)
			buf_str(&all, owner->good->settings);
	}
	mem_free(keys);
	settings = (void *)pb_unpack(&pomerium__config__settings__descriptor, buf_view(&all), pool,
				     err);
	buf_wipe(&all);
	if (settings)
		add_certs(wanted, settings, pool);
	return settings;
}

static Pomerium__Config__Route *unpack_route(const struct route *route, struct pool *pool,
					     struct err *err)
{
	return (void *)pb_unpack(&pomerium__config__route__descriptor, route->packed, pool, err);
}

/* ---- JSON ---- */

static int json_route(struct render *r, const struct route *route, struct err *err)
{
	struct pool pool;
	Pomerium__Config__Route *message;
	int rc = -1;

	pool_init(&pool);
	message = unpack_route(route, &pool, err);
	if (message) {
		pb_to_json(&message->base, 0, &r->buf);
		rc = flush(r, CHUNK, err);
	}
	pool_wipe(&pool);
	return rc;
}

static int json_settings(struct render *r, struct err *err)
{
	struct pool pool;
	Pomerium__Config__Settings *settings;
	int rc = -1;

	pool_init(&pool);
	settings = merge_settings(r->wanted, &pool, err);
	if (settings) {
		pb_to_json(&settings->base, 0, &r->buf);
		rc = 0;
	}
	pool_wipe(&pool);
	return rc;
}

static int render_json(struct render *r, struct err *err)
{
	struct route *const *routes = publisher_wanted_sorted(r->wanted);
	size_t n = publisher_wanted_n_routes(r->wanted);

	buf_puts(&r->buf, n ? "{\"routes\":[\n" : "{");
	for (size_t i = 0; i < n; i++) {
		if (json_route(r, routes[i], err) < 0)
			return -1;
		buf_puts(&r->buf, i + 1 < n ? ",\n" : "\n");
	}
	buf_puts(&r->buf, n ? "],\"settings\":" : "\"settings\":");
	if (json_settings(r, err) < 0)
		return -1;
	buf_puts(&r->buf, "}\n");
	return flush(r, 0, err);
}

/* ---- YAML ---- */

static int render_yaml(struct render *r, const char *files_dir, struct err *err)
{
	struct route *const *routes = publisher_wanted_sorted(r->wanted);
	size_t n = publisher_wanted_n_routes(r->wanted);
	Pomerium__Config__Config *config;
	struct pool pool;
	int rc = -1;

	(void)files_dir;
	pool_init(&pool);
	config = PB_NEW(&pool, pomerium__config__config);
	config->settings = merge_settings(r->wanted, &pool, err);
	if (!config->settings)
		goto out;
	config->routes = pool_array(&pool, n + 1, sizeof(*config->routes));
	for (; config->n_routes < n; config->n_routes++) {
		config->routes[config->n_routes] =
			unpack_route(routes[config->n_routes], &pool, err);
		if (!config->routes[config->n_routes])
			goto out;
	}
	r->buf.max = BUF_MAX_OUTPUT;
	if (pb_to_pomerium_yaml(&config->base, &r->buf, err) == 0)
		rc = flush(r, 0, err);
out:
	pool_wipe(&pool);
	return rc;
}

int publisher_render(struct wanted *wanted, enum wanted_format format, const char *files_dir,
		     const struct render_out *out, struct err *err)
{
	struct render r = { .wanted = wanted, .out = out };
	int rc;

	buf_init(&r.buf, BUF_MAX_FILE);
	rc = format == WANTED_JSON ? render_json(&r, err) : render_yaml(&r, files_dir, err);
	buf_wipe(&r.buf);
	return rc;
}

static int to_buf(void *self, struct str text, struct err *err)
{
	struct buf *buf = self;

	buf_str(buf, text);
	return buf->full ? err_set(err, "the configuration takes more than %zu bytes of text",
				   buf->max)
			 : 0;
}

int publisher_wanted_render(struct wanted *self, enum wanted_format format, struct buf *out,
			    struct err *err)
{
	return publisher_render(self, format, NULL, &(struct render_out){ out, to_buf }, err);
}
