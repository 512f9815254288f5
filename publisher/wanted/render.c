/* render: the merged configuration as text.
 *
 *   in     a snapshot of what is wanted
 *   out    protobuf-JSON of one Config, a route a line, or Pomerium's config.yaml
 *   never  holds all routes unpacked, nor the whole text: a pool lives for one route
 */
#include "publisher/wanted/render.h"

#include "base/mem.h"
#include "publisher/wanted/bootstrap.h"
#include "publisher/wanted/named_files.h"

#define CHUNK (256u << 10) /* bytes to gather before they are written */

struct render {
	const struct snapshot *snapshot;
	const struct render_as *as;
	const struct route **routes;
	const struct render_out *out;
	struct buf buf, packed;
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

/* The bytes, or the path of the file that has them: in its config.yaml Pomerium wants a list of
 * certificates as files. */
static struct str cert_text(const struct render *r, const char *name, struct str bytes,
			    struct pool *pool)
{
	if (!r->as->files_dir || r->as->format != WANTED_YAML ||
	    !publisher_named_files_has_certs(r->snapshot))
		return bytes;
	return pool_printf(pool, "%s/" STR_FMT, r->as->files_dir,
			   STR_ARG(publisher_named_files_name(str_from(name), bytes, pool)));
}

static void add_certs(const struct render *r, Pomerium__Config__Settings *settings,
		      struct pool *pool)
{
	for (size_t i = 0; i < r->snapshot->n_certs; i++) {
		const struct cert *cert = r->snapshot->certs[i];
		size_t n = r->as->each_reference ? publisher_certs_n_always(cert) : 1;
		Pomerium__Config__Settings__Certificate *c =
			PB_NEW(pool, pomerium__config__settings__certificate);

		PB_SET_TEXT(c, cert_bytes,
			    cert_text(r, NAMED_FILES_CERT, publisher_certs_pem(cert), pool));
		PB_SET_TEXT(c, key_bytes,
			    cert_text(r, NAMED_FILES_KEY, publisher_certs_key(cert), pool));
		for (size_t k = 0; k == 0 || k < n; k++)
			PB_PUSH(pool, settings, certificates, c);
	}
}

/* Appends the bootstrap part, packed. Without one there is nothing to append. */
static int add_bootstrap(struct render *r, struct pool *pool, struct err *err)
{
	Pomerium__Config__Settings *settings;

	if (r->as->format != WANTED_YAML || !publisher_bootstrap_is_there(r->snapshot))
		return 0;
	settings = publisher_bootstrap_settings(r->snapshot, r->as->files_dir, pool, err);
	if (settings)
		pb_pack(&settings->base, &r->packed);
	return settings ? 0 : -1;
}

/* Only the Pomerium object has settings. Packed messages that stand in a row are merged. */
static Pomerium__Config__Settings *settings_of(struct render *r, struct pool *pool, struct err *err)
{
	Pomerium__Config__Settings *settings;

	buf_reset(&r->packed);
	for (size_t i = 0; i < r->snapshot->n_goods; i++)
		buf_str(&r->packed, r->snapshot->goods[i]->settings);
	if (add_bootstrap(r, pool, err) < 0)
		return NULL;
	settings = (void *)pb_unpack(&pomerium__config__settings__descriptor, buf_view(&r->packed),
				     pool, err);
	if (settings)
		add_certs(r, settings, pool);
	return settings;
}

static Pomerium__Config__Route *route_of(struct render *r, size_t i, struct pool *pool,
					 struct err *err)
{
	buf_reset(&r->packed);
	publisher_route_put(&r->routes[i]->packed, &r->packed);
	return (void *)pb_unpack(&pomerium__config__route__descriptor, buf_view(&r->packed), pool,
				 err);
}

/* ---- JSON ---- */

static int json_route(struct render *r, size_t i, struct err *err)
{
	struct pool pool;
	Pomerium__Config__Route *route;

	pool_init(&pool);
	route = route_of(r, i, &pool, err);
	if (route)
		pb_to_json(&route->base, 0, &r->buf);
	pool_wipe(&pool);
	return route ? flush(r, CHUNK, err) : -1;
}

static int json_settings(struct render *r, struct err *err)
{
	struct pool pool;
	Pomerium__Config__Settings *settings;

	pool_init(&pool);
	settings = settings_of(r, &pool, err);
	if (settings)
		pb_to_json(&settings->base, 0, &r->buf);
	pool_wipe(&pool);
	return settings ? 0 : -1;
}

static int render_json(struct render *r, struct err *err)
{
	size_t n = r->snapshot->n_routes;

	buf_puts(&r->buf, n ? "{\"routes\":[\n" : "{");
	for (size_t i = 0; i < n; i++) {
		if (json_route(r, i, err) < 0)
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

/* The text of a whole Config stands in two halves: settings, then this line and the routes. */
static const char routes_line[] = "routes:\n";
static const char no_routes_line[] = "routes: []\n";

int publisher_render_settings(Pomerium__Config__Settings *settings, struct buf *out,
			      struct err *err)
{
	Pomerium__Config__Config config = POMERIUM__CONFIG__CONFIG__INIT;

	config.settings = settings;
	if (pb_to_pomerium_yaml(&config.base, out, err) < 0)
		return -1;
	if (str_ends(buf_view(out), no_routes_line))
		out->len -= sizeof(no_routes_line) - 1;
	return 0;
}

static int yaml_settings(struct render *r, struct err *err)
{
	struct pool pool;
	Pomerium__Config__Settings *settings;
	int rc = -1;

	pool_init(&pool);
	settings = settings_of(r, &pool, err);
	if (settings)
		rc = publisher_render_settings(settings, &r->buf, err);
	pool_wipe(&pool);
	return rc;
}

/* One route as a Config of its own, without the line that begins the list. */
static int yaml_route(struct render *r, size_t i, struct err *err)
{
	struct pool pool;
	struct buf text;
	Pomerium__Config__Config *config;
	int rc = -1;

	pool_init(&pool);
	buf_init(&text, BUF_MAX_FILE);
	config = PB_NEW(&pool, pomerium__config__config);
	config->routes = (Pomerium__Config__Route *[]){ route_of(r, i, &pool, err) };
	config->n_routes = 1;
	if (config->routes[0] && pb_to_pomerium_yaml(&config->base, &text, err) == 0) {
		r->buf.full |= text.full || !str_starts(buf_view(&text), routes_line);
		buf_str(&r->buf, str_slice(buf_view(&text), sizeof(routes_line) - 1, text.len));
		rc = flush(r, CHUNK, err);
	}
	buf_wipe(&text);
	pool_wipe(&pool);
	return rc;
}

static int render_yaml(struct render *r, struct err *err)
{
	size_t n = r->snapshot->n_routes;

	if (yaml_settings(r, err) < 0)
		return -1;
	buf_puts(&r->buf, n ? routes_line : no_routes_line);
	for (size_t i = 0; i < n; i++)
		if (yaml_route(r, i, err) < 0)
			return -1;
	return flush(r, 0, err);
}

int publisher_render_pieces(const struct snapshot *snapshot, const struct render_as *as,
			    const struct render_out *out, struct err *err)
{
	struct render r = { .snapshot = snapshot, .as = as, .out = out };
	int rc;

	r.routes = publisher_snapshot_routes(snapshot);
	buf_init(&r.buf, BUF_MAX_FILE);
	buf_init(&r.packed, BUF_MAX_MESSAGE);
	rc = as->format == WANTED_JSON ? render_json(&r, err) : render_yaml(&r, err);
	buf_wipe(&r.packed);
	buf_wipe(&r.buf);
	mem_free(r.routes);
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

int publisher_render_all(struct wanted *self, enum wanted_format format, struct buf *out,
			 struct err *err)
{
	struct render_as as = { format, NULL, format == WANTED_JSON };
	struct snapshot snapshot;
	int rc;

	publisher_snapshot_take(&snapshot, self);
	rc = publisher_render_pieces(&snapshot, &as, &(struct render_out){ out, to_buf }, err);
	publisher_snapshot_let_go(&snapshot, self);
	return rc;
}
