/* record: which records make up what is wanted, and what a record that was read says.
 *
 *   in     what is wanted; the bytes of a record
 *   out    the bytes of a record; its digest; a last good configuration
 *   owns   an index of the certificates to publish, by Secret
 *   never  packs one configuration in two ways: what was read is packed again before it is compared
 */
#include "publisher/databroker/record.h"

#include "base/mem.h"
#include "publisher/databroker/parts.h"

#define INGRESS "sluice/ingress/"
#define HTTP_ROUTE "sluice/gateway/"
#define SETTINGS "sluice/settings"
#define NOTHING "sluice/nothing"
#define CERT "sluice/cert/"
#define ORDERED "pomerium-certificate-controller-config"
#define ORDERED_MAX (2u << 20) /* bytes in one record, far below what a databroker takes */

struct record_certs {
	struct cert **items;
	size_t n;
	size_t bytes;
};

/* ---- ids ---- */

struct str publisher_record_id(const struct msg_key *owner, struct pool *pool)
{
	const char *prefix = owner->kind == MSG_KIND_SECRET       ? CERT
			     : owner->kind == MSG_KIND_INGRESS    ? INGRESS
			     : owner->kind == MSG_KIND_HTTP_ROUTE ? HTTP_ROUTE
								  : NULL;

	if (owner->kind == MSG_KIND_POMERIUM)
		return STR(SETTINGS);
	if (owner->kind == MSG_KIND_CERTIFICATE)
		return STR(ORDERED);
	if (!prefix)
		return STR(NOTHING);
	return pool_printf(pool, "%s" STR_FMT "/" STR_FMT, prefix, STR_ARG(owner->namespace),
			   STR_ARG(owner->name));
}

static bool cut_id(struct str id, const char *prefix, struct msg_key *owner)
{
	if (!str_starts(id, prefix))
		return false;
	id = str_slice(id, strlen(prefix), id.len);
	return str_cut(id, '/', &owner->namespace, &owner->name) && owner->namespace.len &&
	       owner->name.len && str_find(owner->name, '/') < 0;
}

bool publisher_record_owner(struct str id, struct msg_key *owner)
{
	const unsigned part = publisher_parts_cut(&id);

	*owner = (struct msg_key){ MSG_KIND_POMERIUM, STR(""), STR("") };
	if (part == 1 && str_is(id, SETTINGS))
		return true;
	if (str_is(id, ORDERED)) {
		*owner = (struct msg_key){ MSG_KIND_CERTIFICATE, STR("pomerium"), STR(ORDERED) };
		return true;
	}
	owner->kind = str_starts(id, CERT)         ? MSG_KIND_SECRET
		      : str_starts(id, HTTP_ROUTE) ? MSG_KIND_HTTP_ROUTE
						   : MSG_KIND_INGRESS;
	return (part == 1 && cut_id(id, CERT, owner)) ||
	       (part && (cut_id(id, HTTP_ROUTE, owner) || cut_id(id, INGRESS, owner)));
}

/* ---- certificates by Secret ---- */

static void free_certs(void *ptr)
{
	struct record_certs *certs = ptr;

	mem_free(certs->items);
	mem_free(certs);
}

static size_t size_of(const struct cert *cert)
{
	return publisher_certs_pem(cert).len + publisher_certs_key(cert).len;
}

static void push_cert(struct record_certs *certs, struct cert *cert)
{
	certs->items = mem_realloc(certs->items, (certs->n + 1) * sizeof(*certs->items));
	certs->items[certs->n++] = cert;
	certs->bytes += size_of(cert);
}

static bool remove_cert(struct record_certs *certs, const struct cert *cert)
{
	for (size_t i = 0; certs && i < certs->n; i++)
		if (certs->items[i] == cert) {
			certs->items[i] = certs->items[--certs->n];
			certs->bytes -= size_of(cert);
			return true;
		}
	return false;
}

/* True: into the record of all that were ordered. */
static bool add_cert(struct record_source *source, struct cert *cert)
{
	const struct str secret = publisher_certs_secret(cert);

	if (publisher_certs_is_ordered(cert) &&
	    source->ordered->bytes + size_of(cert) <= ORDERED_MAX) {
		push_cert(source->ordered, cert);
		return true;
	}
	push_cert(map_get_or_make(&source->certs, secret, sizeof(struct record_certs)), cert);
	return false;
}

/* True: it was in that record. */
static bool drop_cert(struct record_source *source, const struct cert *cert)
{
	struct str secret = publisher_certs_secret(cert);
	struct record_certs *certs = map_get(&source->certs, secret);

	if (remove_cert(source->ordered, cert))
		return true;
	remove_cert(certs, cert);
	if (certs && !certs->n)
		map_del(&source->certs, secret);
	return false;
}

static void on_cert(void *self, struct cert *cert, bool published)
{
	struct record_source *source = self;
	const bool ordered = published ? add_cert(source, cert) : drop_cert(source, cert);
	struct pool pool;

	pool_init(&pool);
	source->touch(source->self, ordered ? STR(ORDERED)
					    : pool_printf(&pool, CERT STR_FMT,
							  STR_ARG(publisher_certs_secret(cert))));
	pool_clear(&pool);
}

void publisher_record_open(struct record_source *source, struct wanted *wanted)
{
	source->wanted = wanted;
	source->ordered = mem_alloc(sizeof(*source->ordered));
	map_init(&source->certs, free_certs);
	publisher_wanted_on_cert(wanted, source, on_cert);
}

void publisher_record_close(struct record_source *source)
{
	publisher_wanted_on_cert(source->wanted, NULL, NULL);
	map_clear(&source->certs);
	free_certs(source->ordered);
}

/* ---- what is wanted ---- */

/* The pieces share a field: rare, and slow. */
static bool decode_route(const struct route *route, struct str id, struct pool *pool,
			 struct buf *out)
{
	struct buf packed;
	Pomerium__Config__Route *decoded;

	buf_init(&packed, BUF_MAX_MESSAGE);
	publisher_route_put(&route->packed, &packed);
	decoded = (void *)pb_unpack(&pomerium__config__route__descriptor, buf_view(&packed), pool,
				    NULL);
	buf_wipe(&packed);
	if (!decoded)
		return false; /* it did decode when it was applied */
	if (id.ptr)
		PB_SET_TEXT(decoded, id, id);
	pb_pack(&decoded->base, out);
	return true;
}

static bool put_route(const struct wanted *wanted, const struct route *route, struct pool *pool,
		      struct buf *out)
{
	const struct str id = publisher_wanted_twin_id(wanted, route, pool);
	struct str pieces[] = { route->packed.shared, route->packed.policies, route->packed.own,
				STR("") };
	struct buf own_id;
	bool merged;

	buf_init(&own_id, BUF_MAX_TEXT);
	if (id.ptr) {
		pb_put_bytes(&pomerium__config__route__descriptor, "id", id, &own_id);
		pieces[3] = buf_view(&own_id);
	}
	merged = pb_merge(pieces, sizeof(pieces) / sizeof(pieces[0]), out);
	buf_clear(&own_id);
	return merged || decode_route(route, id, pool, out);
}

static size_t put_routes(const struct wanted *wanted, const struct good *good, struct part part,
			 struct pool *pool, struct buf *out)
{
	struct buf packed;
	size_t n = 0;

	buf_reserve(out, publisher_parts_size(good, part));
	buf_init(&packed, BUF_MAX_MESSAGE);
	for (size_t i = part.from; i < part.to; i++) {
		buf_reset(&packed);
		if (!put_route(wanted, &good->routes[i], pool, &packed))
			continue;
		pb_put_bytes(&pomerium__config__config__descriptor, "routes", buf_view(&packed),
			     out);
		n++;
	}
	buf_wipe(&packed);
	return n;
}

static int by_bytes(const void *a, const void *b)
{
	const struct cert *x = *(struct cert *const *)a, *y = *(struct cert *const *)b;
	int order = str_cmp(publisher_certs_pem(x), publisher_certs_pem(y));

	return order ? order : str_cmp(publisher_certs_key(x), publisher_certs_key(y));
}

static void add_certs(struct record_certs *certs, Pomerium__Config__Config *config,
		      struct pool *pool)
{
	config->settings = PB_NEW(pool, pomerium__config__settings);
	qsort(certs->items, certs->n, sizeof(*certs->items), by_bytes);
	for (size_t i = 0; i < certs->n; i++) {
		Pomerium__Config__Settings__Certificate *c =
			PB_NEW(pool, pomerium__config__settings__certificate);

		PB_SET_TEXT(c, cert_bytes, publisher_certs_pem(certs->items[i]));
		PB_SET_TEXT(c, key_bytes, publisher_certs_key(certs->items[i]));
		PB_PUSH(pool, config->settings, certificates, c);
	}
}

/* Only one Pomerium object counts. One without a name is what was read; a real one comes first. */
static const struct good *settings_of(const struct wanted *wanted)
{
	const struct good *found = NULL;
	const struct owner *owner;

	for (size_t i = 0; (owner = publisher_wanted_next(wanted, &i));)
		if (owner->key.kind == MSG_KIND_POMERIUM && owner->good &&
		    (!found || owner->key.name.len))
			found = owner->good;
	return found;
}

/* Where browsers reach it: Pomerium would name the port that it listens on, which a Service hides.
 * config.yaml has no key for this. */
static void say_http3_port(const struct record_source *source, Pomerium__Config__Settings *settings)
{
	settings->has_http3_advertise_port =
		source->http3_port && settings->has_codec_type &&
		settings->codec_type == POMERIUM__CONFIG__CODEC_TYPE__CODEC_TYPE_HTTP3;
	settings->http3_advertise_port = source->http3_port;
}

static const struct good *good_of(const struct record_source *source, const struct msg_key *key)
{
	const struct owner *owner;

	if (key->kind == MSG_KIND_POMERIUM)
		return settings_of(source->wanted);
	owner = publisher_wanted_owner(source->wanted, key);
	return owner ? owner->good : NULL;
}

/* Everything but the routes. */
static void fill(const struct record_source *source, const struct msg_key *key, struct str id,
		 const struct good *good, Pomerium__Config__Config *config, struct pool *pool)
{
	struct record_certs *certs;

	if (key->kind == MSG_KIND_SECRET) {
		certs = map_get(&source->certs, str_slice(id, sizeof(CERT) - 1, id.len));
		if (certs)
			add_certs(certs, config, pool);
	} else if (key->kind == MSG_KIND_CERTIFICATE) {
		if (source->ordered->n)
			add_certs(source->ordered, config, pool);
	} else if (key->kind == MSG_KIND_POMERIUM && good && good->settings.ptr) {
		config->settings = (void *)pb_unpack(&pomerium__config__settings__descriptor,
						     good->settings, pool, NULL);
		if (config->settings)
			say_http3_port(source, config->settings);
	}
}

bool publisher_record_pack(const struct record_source *source, struct str id, struct buf *out,
			   size_t *n_routes)
{
	Pomerium__Config__Config config = POMERIUM__CONFIG__CONFIG__INIT;
	const struct good *good;
	struct msg_key key;
	struct pool pool;
	bool any;

	*n_routes = 0;
	if (!publisher_record_owner(id, &key))
		return false;
	pool_init(&pool);
	good = key.kind == MSG_KIND_SECRET ? NULL : good_of(source, &key);
	fill(source, &key, id, good, &config, &pool);
	if (good)
		*n_routes =
			put_routes(source->wanted, good,
				   publisher_parts_get(good, publisher_parts_cut(&id)), &pool, out);
	pb_pack(&config.base, out);
	any = *n_routes || config.settings;
	pool_wipe(&pool);
	return any;
}

struct str publisher_record_wanted(const struct record_source *source, struct str id,
				   struct pool *pool, size_t *n_routes)
{
	struct str out = STR_NONE;
	struct buf packed;

	buf_init(&packed, BUF_MAX_MESSAGE);
	if (publisher_record_pack(source, id, &packed, n_routes))
		out = pool_bytes(pool, packed.ptr, packed.len);
	buf_wipe(&packed);
	return out;
}

/* ---- what was read ---- */

int publisher_record_read(struct str bytes, struct plan_entry *out, struct err *err)
{
	Pomerium__Config__Config *config;
	struct pool pool;

	pool_init(&pool);
	config = (void *)pb_unpack(&pomerium__config__config__descriptor, bytes, &pool, err);
	if (config) {
		out->n_routes = config->n_routes;
		out->digest = hash_of(pb_pack_to_pool(&config->base, &pool));
	}
	pool_wipe(&pool);
	return config ? 0 : -1;
}

/* The certificates of the settings, taken out of them. */
static void move_certs(const struct msg_key *owner, Pomerium__Config__Settings *settings,
		       struct pool *pool, struct good_parts *parts)
{
	const struct str secret = pool_printf(pool, STR_FMT "/" STR_FMT, STR_ARG(owner->namespace),
					      STR_ARG(owner->name));

	parts->certs = pool_array(pool, settings->n_certificates + 1, sizeof(*parts->certs));
	for (; parts->n_certs < settings->n_certificates; parts->n_certs++)
		parts->certs[parts->n_certs] = (struct part_cert){
			.secret = secret,
			.pem = pb_str(settings->certificates[parts->n_certs]->cert_bytes),
			.key = pb_str(settings->certificates[parts->n_certs]->key_bytes),
			.optional = true
		};
	settings->n_certificates = 0;
}

struct good_parts publisher_record_parts_of(const struct good *good, struct pool *pool)
{
	struct good_parts parts = { .settings = good->settings,
				    .bootstrap = good->bootstrap,
				    .certs = publisher_good_certs(good, true, pool),
				    .n_certs = good->n_certs,
				    .was_stored = true };

	parts.routes = pool_array(pool, good->n_routes + 1, sizeof(*parts.routes));
	for (; parts.n_routes < good->n_routes; parts.n_routes++)
		parts.routes[parts.n_routes] = good->routes[parts.n_routes].packed;
	return parts;
}

/* What tells the routes of one owner apart: those of an HTTPRoute may have no id. */
static struct str name_of(struct str id, struct str own)
{
	return id.len ? id : own;
}

/* What is there, and at that place among it those routes of the record that are not. */
static void join(const struct good *good, const Pomerium__Config__Config *config, size_t place,
		 struct pool *pool, struct good_parts *parts)
{
	const struct good_parts old = publisher_record_parts_of(good, pool);
	struct map known;

	*parts = old;
	place = place < old.n_routes ? place : old.n_routes;
	parts->routes =
		pool_array(pool, old.n_routes + config->n_routes + 1, sizeof(*parts->routes));
	memcpy(parts->routes, old.routes, place * sizeof(*old.routes));
	parts->n_routes = place;
	map_init(&known, NULL);
	for (size_t i = 0; i < old.n_routes; i++)
		map_put(&known, name_of(good->routes[i].id, old.routes[i].own), parts);
	for (size_t i = 0; i < config->n_routes; i++) {
		const struct str own = pb_pack_to_pool(&config->routes[i]->base, pool);

		if (!map_get(&known, name_of(pb_str(config->routes[i]->id), own)))
			parts->routes[parts->n_routes++].own = own;
	}
	map_clear(&known);
	memcpy(parts->routes + parts->n_routes, old.routes + place,
	       (old.n_routes - place) * sizeof(*old.routes));
	parts->n_routes += old.n_routes - place;
}

/* The routes and settings of one record. */
static void add_stored(const struct msg_key *owner, const Pomerium__Config__Config *config,
		       struct pool *pool, struct good_parts *parts)
{
	parts->routes = pool_array(pool, config->n_routes + 1, sizeof(*parts->routes));
	for (; parts->n_routes < config->n_routes; parts->n_routes++)
		parts->routes[parts->n_routes] = (struct packed_route){
			.own = pb_pack_to_pool(&config->routes[parts->n_routes]->base, pool)
		};
	if (!config->settings)
		return;
	move_certs(owner, config->settings, pool, parts);
	if (owner->kind == MSG_KIND_POMERIUM)
		parts->settings = pb_pack_to_pool(&config->settings->base, pool);
}

void publisher_record_restore(struct wanted *wanted, const struct msg_key *owner, size_t place,
			      const Pomerium__Config__Config *config)
{
	const struct owner *known = publisher_wanted_owner(wanted, owner);
	const struct good *good = known ? known->good : NULL;
	struct err reason = { "" }, err;
	struct good_parts parts = { .was_stored = true };
	struct pool pool;

	if (good && (place == PARTS_ALONE || !good->was_stored))
		return;
	if (known && known->reason)
		err_set(&reason, "%s", known->reason);
	pool_init(&pool);
	if (good)
		join(good, config, place, &pool, &parts);
	else
		add_stored(owner, config, &pool, &parts);
	publisher_wanted_adopt(wanted, owner, &parts, &err);
	if (reason.text[0])
		publisher_wanted_fault(wanted, owner, reason.text);
	pool_wipe(&pool);
}
