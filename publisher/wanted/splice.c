/* splice: fills secret values into an unpacked configuration.
 *
 *   in     a CONFIG, the secret cache
 *   out    the configuration with its secrets
 *   never  takes another value than the one that the HMAC names; quotes a value in a sentence
 */
#include "publisher/wanted/splice.h"

#include "publisher/wanted/pgurl.h"
#include "rules/rules.h"

static const struct hash none; /* of a value that is not there */

static bool is_unset(const struct hash *hmac)
{
	return memcmp(hmac, &none, sizeof(none)) == 0;
}

/* One value into the list. -1: it has not come. */
static int find(const struct secret_cache *cache, const struct secret_ref *ref,
		struct splice_values *out, struct msg_key *missing)
{
	struct cached_value *value =
		is_unset(ref->hmac) ? NULL : publisher_secret_cache_get(cache, ref);

	out->items[out->n++] = value;
	if (value || is_unset(ref->hmac))
		return 0;
	if (missing)
		*missing = (struct msg_key){ MSG_KIND_SECRET, ref->namespace, ref->name };
	return -1;
}

int publisher_splice_find(const struct secret_cache *cache, const struct msg_config *config,
			  struct pool *pool, struct splice_values *out, struct msg_key *missing)
{
	int rc = 0;

	out->n = 0;
	out->items =
		pool_array(pool, config->splices.n + config->certificates.n + config->files.n + 1,
			   sizeof(*out->items));
	for (size_t i = 0; !rc && i < config->splices.n; i++) {
		const struct msg_splice *s = &config->splices.items[i];
		struct secret_ref ref = { s->secret_namespace, s->secret_name, s->secret_key,
					  &s->hmac };

		rc = find(cache, &ref, out, missing);
	}
	for (size_t i = 0; !rc && i < config->certificates.n; i++) {
		const struct msg_certificate *c = &config->certificates.items[i];
		struct secret_ref ref = { c->secret_namespace, c->secret_name, STR("tls.key"),
					  &c->key_hmac };

		rc = find(cache, &ref, out, missing);
	}
	for (size_t i = 0; !rc && i < config->files.n; i++) {
		const struct msg_file *f = &config->files.items[i];
		struct secret_ref ref = { f->secret_namespace, f->secret_name, f->secret_key,
					  &f->hmac };

		rc = find(cache, &ref, out, missing);
	}
	return rc;
}

struct str publisher_splice_value(const struct splice_values *values, size_t i)
{
	return values->items[i] ? publisher_secret_cache_bytes(values->items[i]) : STR_NONE;
}

/* Would the names of its files fit into this connection string? */
static int check_postgres(struct str text, const struct msg_file_list *files, struct pool *pool,
			  struct err *err)
{
	struct str_map params = { 0 };
	struct str out;

	if (!files->n)
		return 0;
	for (size_t i = 0; i < files->n; i++)
		*(struct str_pair *)pool_push(pool, &params.items, &params.n,
					      sizeof(*params.items)) =
			(struct str_pair){ files->items[i].name, STR("/file") };
	return publisher_pgurl_add(text, &params, pool, &out, err);
}

static int encode(const struct msg_splice *splice, const struct msg_config *config,
		  struct pool *pool, struct str *bytes, struct err *err)
{
	struct buf buf;

	switch (splice->encoding) {
	case MSG_SPLICE_RAW:
		return 0;
	case MSG_SPLICE_BASE64:
		buf_init(&buf, BUF_MAX_TEXT);
		buf_base64(&buf, *bytes);
		*bytes = pool_str(pool, buf.len ? buf_view(&buf) : STR(""));
		buf_wipe(&buf);
		return 0;
	case MSG_SPLICE_POSTGRES_URL:
		return check_postgres(*bytes, &config->files, pool, err);
	}
	return err_rule(err, RULE_SPLICE, "encoding %llu of a splice is unknown",
			(unsigned long long)splice->encoding);
}

static int fill_routes(const struct splice_target *target, const struct msg_splice *splice,
		       struct str bytes, struct err *err)
{
	size_t n_filled = 0;

	for (size_t i = 0; i < target->config->n_routes; i++) {
		Pomerium__Config__Route *route = target->config->routes[i];

		if (splice->route_id.len && !str_eq(splice->route_id, pb_str(route->id)))
			continue;
		if (pb_set_path(&route->base, splice->path, bytes, target->pool, err) < 0)
			return -1;
		n_filled++;
	}
	if (splice->route_id.len && !n_filled)
		return err_rule(err, RULE_SPLICE, "there is no route %s",
				err_quote(splice->route_id));
	return 0;
}

static int fill(const struct splice_target *target, const struct msg_splice *splice,
		struct str bytes, struct err *err)
{
	if (splice->bootstrap)
		return pb_set_path(&target->bootstrap->base, splice->path, bytes, target->pool,
				   err);
	if (str_starts(splice->path, "settings."))
		return pb_set_path(&target->config->base, splice->path, bytes, target->pool, err);
	return fill_routes(target, splice, bytes, err);
}

int publisher_splice_fill(const struct splice_target *target, const struct msg_config *config,
			  const struct splice_values *values, bool bootstrap, struct err *err)
{
	for (size_t i = 0; i < config->splices.n; i++) {
		const struct msg_splice *splice = &config->splices.items[i];
		struct str bytes = publisher_splice_value(values, i);

		if (splice->bootstrap != bootstrap)
			continue;
		if (!bytes.ptr)
			bytes = STR("");
		if (encode(splice, config, target->pool, &bytes, err) < 0 ||
		    fill(target, splice, bytes, err) < 0)
			return err_wrap(err, "Secret " STR_FMT "/" STR_FMT ", key " STR_FMT,
					STR_ARG(splice->secret_namespace),
					STR_ARG(splice->secret_name), STR_ARG(splice->secret_key));
	}
	return 0;
}
