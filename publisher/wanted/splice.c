/* splice: fills secret values into an unpacked configuration.
 *
 *   in     a CONFIG with its ticket, the secret cache
 *   out    the configuration with its secrets
 *   owns   nothing
 *   never  takes a value that the ticket does not name, or puts one where no row of splice_table.c
 *          sends it; quotes a value in a sentence
 */
#include "publisher/wanted/splice.h"

#include "msg/splice_table.h"
#include "publisher/wanted/owner.h"
#include "publisher/wanted/pgurl.h"
#include "rules/rules.h"
#include "rules/rules_header.h"

/* ---- which values ---- */

static const struct msg_ticket_secret *secret_of(const struct arrival *arrival, uint64_t i)
{
	const struct msg_ticket_secret_list *list = &arrival->ticket.secrets;

	return i < list->n ? &list->items[i] : NULL;
}

static bool has_reference(const struct msg_ticket_secret *secret, const char *reference)
{
	for (size_t i = 0; i < secret->references.n; i++)
		if (str_is(secret->references.items[i], reference))
			return true;
	return false;
}

static const struct hash *fingerprint_of(const struct msg_ticket_secret *secret, struct str key)
{
	for (size_t i = 0; i < secret->values.n; i++)
		if (str_eq(secret->values.items[i].key, key))
			return &secret->values.items[i].fingerprint;
	return NULL;
}

static int check_splice(const struct arrival *arrival, const struct msg_splice *splice,
			struct err *err)
{
	const struct msg_ticket_secret *secret = secret_of(arrival, splice->secret);
	const struct msg_splice_row *row = msg_splice_row(splice->row);

	if (!secret)
		return err_rule(err, RULE_SPLICE,
				"a splice names Secret %llu of a ticket that has %zu",
				(unsigned long long)splice->secret, arrival->ticket.secrets.n);
	if (row && fingerprint_of(secret, splice->key) &&
	    msg_splice_fits(row, (enum msg_kind)arrival->ticket.owner.kind, secret, splice->key,
			    splice->at))
		return 0;
	return err_rule(err, RULE_SPLICE,
			"Secret " STR_FMT "/" STR_FMT
			", key %s: this value may not go where splice row %llu sends it",
			STR_ARG(secret->namespace), STR_ARG(secret->name), err_quote(splice->key),
			(unsigned long long)splice->row);
}

/* Where an owner of this kind names certificates to serve with. */
static const char *reference_of(enum msg_kind owner)
{
	if (owner == MSG_KIND_POMERIUM)
		return MSG_TICKET_CERTIFICATES;
	if (owner == MSG_KIND_CERTIFICATE)
		return MSG_TICKET_ORDERED;
	return owner == MSG_KIND_GATEWAY || owner == MSG_KIND_LISTENER_SET ? MSG_TICKET_LISTENERS
									   : MSG_TICKET_TLS;
}

static int check_certificate(const struct arrival *arrival,
			     const struct msg_certificate *certificate, struct err *err)
{
	const struct msg_ticket_secret *secret = secret_of(arrival, certificate->secret);
	const char *reference = reference_of((enum msg_kind)arrival->ticket.owner.kind);

	if (!secret)
		return err_rule(err, RULE_SPLICE,
				"a certificate names Secret %llu of a ticket that has %zu",
				(unsigned long long)certificate->secret, arrival->ticket.secrets.n);
	if (str_is(secret->type, "kubernetes.io/tls") && has_reference(secret, reference))
		return 0;
	return err_rule(err, RULE_SPLICE,
			"Secret " STR_FMT "/" STR_FMT
			" is not one of type kubernetes.io/tls under %s",
			STR_ARG(secret->namespace), STR_ARG(secret->name), reference);
}

/* One value into the list. False: it has not come. */
static bool find(const struct secret_cache *cache, const struct msg_ticket_secret *secret,
		 struct str key, struct splice_values *out)
{
	const struct hash *fingerprint = fingerprint_of(secret, key);
	const struct secret_ref ref = { secret->namespace, secret->name, key, fingerprint };
	struct cached_value *value = NULL;

	if (fingerprint)
		value = publisher_secret_cache_get(cache, &ref);
	out->items[out->n++] = value;
	return value || !fingerprint;
}

static enum splice_found tell_missing(const struct msg_ticket_secret *secret,
				      struct msg_key *missing)
{
	if (missing)
		*missing = (struct msg_key){ MSG_KIND_SECRET, secret->namespace, secret->name };
	return SPLICE_MISSING;
}

enum splice_found publisher_splice_find(const struct secret_cache *cache,
					const struct arrival *arrival, struct pool *pool,
					struct splice_values *out, struct msg_key *missing,
					struct err *err)
{
	const struct msg_splice_list *splices = &arrival->config.splices;
	const struct msg_certificate_list *certificates = &arrival->config.certificates;
	const struct msg_ticket_secret *secret;

	out->n = 0;
	out->items = pool_array(pool, splices->n + 2 * certificates->n + 1, sizeof(*out->items));
	for (size_t i = 0; i < splices->n; i++) {
		if (check_splice(arrival, &splices->items[i], err) < 0)
			return SPLICE_REFUSED;
		secret = secret_of(arrival, splices->items[i].secret);
		if (!find(cache, secret, splices->items[i].key, out))
			return tell_missing(secret, missing);
	}
	for (size_t i = 0; i < certificates->n; i++) {
		if (check_certificate(arrival, &certificates->items[i], err) < 0)
			return SPLICE_REFUSED;
		secret = secret_of(arrival, certificates->items[i].secret);
		if (!find(cache, secret, STR("tls.crt"), out) ||
		    !find(cache, secret, STR("tls.key"), out))
			return tell_missing(secret, missing);
	}
	return SPLICE_FOUND;
}

struct str publisher_splice_value(const struct splice_values *values, size_t i)
{
	return values->items[i] ? publisher_secret_cache_bytes(values->items[i]) : STR_NONE;
}

size_t publisher_splice_files(const struct arrival *arrival, const struct splice_values *values,
			      struct pool *pool, struct good_file **out)
{
	const struct msg_splice_list *splices = &arrival->config.splices;
	size_t n = 0;

	*out = pool_array(pool, splices->n + 1, sizeof(**out));
	for (size_t i = 0; i < splices->n; i++) {
		const struct msg_splice_row *row = msg_splice_row(splices->items[i].row);

		if (row && row->target == MSG_SPLICE_FILE)
			(*out)[n++] = (struct good_file){ str_from(row->field),
							  publisher_splice_value(values, i) };
	}
	return n;
}

/* ---- filling in ---- */

/* Would the names of its files fit into this connection string? */
static int check_postgres(struct str text, const struct arrival *arrival,
			  const struct splice_values *values, struct pool *pool, struct err *err)
{
	struct str_map params = { 0 };
	struct good_file *files;
	struct str out;
	size_t n = publisher_splice_files(arrival, values, pool, &files);

	if (!n)
		return 0;
	params.items = pool_array(pool, n, sizeof(*params.items));
	for (; params.n < n; params.n++)
		params.items[params.n] = (struct str_pair){ files[params.n].name, STR("/file") };
	return publisher_pgurl_add(text, &params, pool, &out, err);
}

static struct str base64(struct str bytes, struct pool *pool)
{
	struct buf buf;
	struct str text;

	buf_init(&buf, BUF_MAX_TEXT);
	buf_base64(&buf, bytes);
	text = pool_str(pool, buf.len ? buf_view(&buf) : STR(""));
	buf_wipe(&buf);
	return text;
}

/* Into what all routes share. */
static int fill_routes(const struct splice_target *target, struct str path, struct str bytes,
		       struct err *err)
{
	const struct route_parts *routes = &target->routes;

	for (size_t i = 0; i < routes->config->templates.n; i++)
		if (pb_set_path(&routes->templates[i]->base, path, bytes, target->pool, err) < 0)
			return -1;
	return 0;
}

static int fill(const struct splice_target *target, const struct msg_splice_row *row,
		struct str path, struct str bytes, struct err *err)
{
	Pomerium__Config__Config *config =
		row->target == MSG_SPLICE_BOOTSTRAP ? target->bootstrap : target->config;

	/* the translator sees no values, so their commands are read here */
	if (str_starts(path, "set_response_headers[") &&
	    rules_header_check_commands(bytes, err) < 0)
		return -1;
	if (row->encoding == MSG_SPLICE_BASE64)
		bytes = base64(bytes, target->pool);
	if (row->target == MSG_SPLICE_ROUTES)
		return fill_routes(target, path, bytes, err);
	path = pool_printf(target->pool, "settings." STR_FMT, STR_ARG(path));
	return pb_set_path(&config->base, path, bytes, target->pool, err);
}

static bool is_of_bootstrap(const struct msg_splice_row *row)
{
	return row->target == MSG_SPLICE_BOOTSTRAP;
}

int publisher_splice_fill(const struct splice_target *target, const struct arrival *arrival,
			  const struct splice_values *values, bool bootstrap, struct err *err)
{
	for (size_t i = 0; i < arrival->config.splices.n; i++) {
		const struct msg_splice *splice = &arrival->config.splices.items[i];
		const struct msg_splice_row *row = msg_splice_row(splice->row);
		const struct msg_ticket_secret *secret = secret_of(arrival, splice->secret);
		struct str bytes = publisher_splice_value(values, i);

		if (row->target == MSG_SPLICE_FILE || is_of_bootstrap(row) != bootstrap)
			continue;
		if ((row->encoding == MSG_SPLICE_POSTGRES_URL &&
		     check_postgres(bytes, arrival, values, target->pool, err) < 0) ||
		    fill(target, row, msg_splice_path(row, splice->at, target->pool), bytes, err) <
			    0)
			return err_wrap(err, "Secret " STR_FMT "/" STR_FMT ", key " STR_FMT,
					STR_ARG(secret->namespace), STR_ARG(secret->name),
					STR_ARG(splice->key));
	}
	return 0;
}
