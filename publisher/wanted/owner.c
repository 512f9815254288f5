/* owner: the last good configuration of one owner, packed, with everything it holds elsewhere.
 *
 *   in     packed routes and settings with their secrets, certificates, files
 *   out    the same in one piece of memory, with the sort key of each route and a digest of all
 *   owns   that memory; wiped when it goes
 *   never  keeps an unpacked message: 20 000 routes have to fit into a small process
 */
#include "publisher/wanted/owner.h"

#include "base/mem.h"
#include "net/hostname.h"
#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"
#include "rules/rules.h"

struct owner *publisher_owner_new(struct map *owners, struct str text)
{
	struct owner *owner = mem_alloc(sizeof(*owner));

	owner->text = map_put(owners, text, owner);
	(void)msg_key_from_text(owner->text, &owner->key);
	return owner;
}

void publisher_owner_destroy(struct owner **self_p)
{
	struct owner *owner = *self_p;

	if (!owner)
		return;
	for (size_t i = 0; i < owner->hosts.n; i++)
		mem_free((char *)owner->hosts.items[i].ptr);
	mem_free(owner->hosts.items);
	mem_free(owner->reason);
	mem_free(owner->last_reason);
	mem_free(owner->said);
	mem_free(owner->maker);
	mem_free(owner);
	*self_p = NULL;
}

struct str publisher_owner_title(const struct owner *owner, struct pool *pool)
{
	return pool_printf(pool, "%s " STR_FMT, msg_kind_name((enum msg_kind)owner->key.kind),
			   STR_ARG(msg_key_for_people(&owner->key, pool)));
}

/* Copies into the one piece of memory, which was made large enough. */
static struct str keep(struct good *good, struct str s)
{
	char *at = good->memory + good->memory_used;

	if (!s.ptr)
		return s;
	memcpy(at, s.ptr, s.len);
	good->memory_used += s.len;
	return (struct str){ at, s.len };
}

struct route_place publisher_route_place(const Pomerium__Config__Route *route)
{
	return (struct route_place){ pb_str(route->from), pb_str(route->path), pb_str(route->regex),
				     pb_str(route->prefix), pb_str(route->id) };
}

struct str publisher_route_path(const struct route *route)
{
	return route->path.len ? route->path : route->regex.len ? route->regex : route->prefix;
}

/* The sort key of a route, in the pool. */
static int read_place(struct str own, struct pool *pool, struct route_place *out, struct err *err)
{
	const Pomerium__Config__Route *route =
		(void *)pb_unpack(&pomerium__config__route__descriptor, own, pool, err);

	if (!route)
		return -1;
	*out = publisher_route_place(route);
	return 0;
}

/* Of all routes; NULL and a sentence if one does not decode. */
static const struct route_place *places_of(const struct good_parts *parts, struct pool *pool,
					   struct err *err)
{
	struct route_place *places;

	if (parts->places)
		return parts->places;
	places = pool_array(pool, parts->n_routes + 1, sizeof(*places));
	for (size_t i = 0; i < parts->n_routes; i++)
		if (read_place(parts->routes[i].own, pool, &places[i], err) < 0)
			return NULL;
	return places;
}

static bool is_same(struct str a, struct str b)
{
	return a.ptr == b.ptr && a.len == b.len;
}

static size_t route_size(const struct packed_route *r, const struct packed_route *prev)
{
	size_t size = r->own.len;

	if (!prev || !is_same(r->shared, prev->shared))
		size += r->shared.len;
	if (!prev || !is_same(r->policies, prev->policies))
		size += r->policies.len;
	return size;
}

static struct packed_route keep_packed(struct good *good, const struct packed_route *r,
				       const struct packed_route *prev)
{
	const struct packed_route *kept = prev ? &good->routes[good->n_routes - 1].packed : NULL;

	return (struct packed_route){
		.shared = prev && is_same(r->shared, prev->shared) ? kept->shared
								   : keep(good, r->shared),
		.policies = prev && is_same(r->policies, prev->policies) ? kept->policies
									 : keep(good, r->policies),
		.own = keep(good, r->own),
	};
}

/* The same text in the bytes that it was read from. */
static struct str within(struct str bytes, struct str text)
{
	if (text.len)
		text.ptr = memmem(bytes.ptr, bytes.len, text.ptr, text.len);
	return text.len ? text : STR("");
}

static void keep_route(struct good *good, struct packed_route packed,
		       const struct route_place *place, struct owner *owner)
{
	const struct str own = str_slice(packed.own, place->at, packed.own.len);

	good->routes[good->n_routes++] = (struct route){
		.owner = owner,
		.good = good,
		.packed = packed,
		.from = within(own, place->from),
		.path = within(own, place->path),
		.regex = within(own, place->regex),
		.prefix = within(own, place->prefix),
		.id = within(own, place->id),
	};
}

/* ---- digest: every part with its length in front ---- */

static void add_part(struct buf *buf, char kind, struct str s)
{
	buf_printf(buf, "%c%zu:", kind, s.len);
	buf_str(buf, s);
}

#define SUM_BYTES (32u << 10)

/* A few at a time: an owner may have 16 MiB. */
static void sum_up(struct hash_sum *sum, struct buf *buf, size_t least)
{
	if (buf->len < least)
		return;
	hash_sum_add(sum, buf_view(buf));
	buf_reset(buf);
}

static struct hash digest_of(const struct good_parts *parts, const struct good *good)
{
	struct hash_sum *sum = hash_sum_new();
	struct hash hash;
	struct buf buf;

	buf_init(&buf, BUF_MAX_OUTPUT);
	for (size_t i = 0; i < parts->n_routes; i++) {
		const struct packed_route *route = &parts->routes[i];

		buf_printf(&buf, "r%zu:", route->shared.len + route->own.len);
		publisher_route_put_head(route, &buf);
		add_part(&buf, 'p', route->policies);
		sum_up(sum, &buf, SUM_BYTES);
	}
	add_part(&buf, parts->settings.ptr ? 's' : '-', parts->settings);
	add_part(&buf, parts->bootstrap.ptr ? 'b' : '-', parts->bootstrap);
	for (size_t i = 0; i < parts->n_files; i++) {
		add_part(&buf, 'f', parts->files[i].name);
		add_part(&buf, '=', parts->files[i].bytes);
	}
	for (size_t i = 0; i < good->n_certs; i++) {
		const struct cert *cert = good->certs[i].cert;

		add_part(&buf, good->certs[i].always ? 'a' : 'c', publisher_certs_secret(cert));
		add_part(&buf, '=', publisher_certs_pem(cert));
		add_part(&buf, '=', publisher_certs_key(cert));
	}
	sum_up(sum, &buf, 0);
	hash = hash_sum_end(&sum);
	buf_wipe(&buf);
	return hash;
}

/* ---- good ---- */

static void *array_of(size_t n, size_t size)
{
	return n ? mem_alloc(n * size) : NULL;
}

/* The memory for everything: what is that of the previous route counts once. */
static size_t size_of(const struct good_parts *parts, const struct owner *owner)
{
	size_t size = parts->settings.len + parts->bootstrap.len + owner->key.namespace.len +
		      owner->key.name.len + 1;

	for (size_t i = 0; i < parts->n_routes; i++)
		size += route_size(&parts->routes[i], i ? &parts->routes[i - 1] : NULL);
	for (size_t i = 0; i < parts->n_files; i++)
		size += parts->files[i].name.len + parts->files[i].bytes.len;
	return size;
}

static struct good *copy(const struct good_parts *parts, const struct route_place *places,
			 struct owner *owner)
{
	struct good *good = mem_alloc(sizeof(*good));

	good->n_holders = 1;
	good->created = parts->created;
	good->memory_len = size_of(parts, owner);
	good->memory = mem_alloc(good->memory_len);
	good->owner = (struct msg_key){ owner->key.kind, keep(good, owner->key.namespace),
					keep(good, owner->key.name) };
	good->routes = array_of(parts->n_routes, sizeof(*good->routes));
	for (size_t i = 0; i < parts->n_routes; i++)
		keep_route(good,
			   keep_packed(good, &parts->routes[i], i ? &parts->routes[i - 1] : NULL),
			   &places[i], owner);
	good->settings = keep(good, parts->settings);
	good->bootstrap = keep(good, parts->bootstrap);
	good->files = array_of(parts->n_files, sizeof(*good->files));
	for (; good->n_files < parts->n_files; good->n_files++) {
		good->files[good->n_files].name = keep(good, parts->files[good->n_files].name);
		good->files[good->n_files].bytes = keep(good, parts->files[good->n_files].bytes);
	}
	return good;
}

static int hold_certs(struct good *good, const struct good_parts *parts, struct certs *certs,
		      struct err *err)
{
	good->certs = array_of(parts->n_certs, sizeof(*good->certs));
	for (size_t i = 0; i < parts->n_certs; i++) {
		const struct part_cert *part = &parts->certs[i];
		const struct str pair[2] = { part->pem, part->key };
		struct err why = { "it has no key tls.key; a TLS Secret needs one" };
		struct cert *cert = NULL;

		if (part->key.ptr)
			cert = publisher_certs_hold(certs, part->secret, pair, &why);
		if (!cert && !part->optional)
			return err_rule(err, why.code ? why.code : RULE_KEY_MATCHES,
					"TLS Secret " STR_FMT ": %s", STR_ARG(part->secret),
					why.text);
		if (cert)
			good->certs[good->n_certs++] = (struct good_cert){ cert, part->always };
	}
	return 0;
}

struct good *publisher_good_new(const struct good_parts *parts, struct owner *owner,
				struct certs *certs, struct err *err)
{
	const struct route_place *places;
	struct good *good = NULL;
	struct pool pool;

	pool_init(&pool);
	places = places_of(parts, &pool, err);
	if (!places)
		goto out;
	good = copy(parts, places, owner);
	if (hold_certs(good, parts, certs, err) < 0) {
		publisher_good_let_go(&good, NULL, certs);
		goto out;
	}
	good->digest = digest_of(parts, good);
	good->was_stored = parts->was_stored;
	publisher_good_hold_values(good, NULL, parts->values, parts->n_values);
out:
	pool_wipe(&pool);
	return good;
}

void publisher_good_hold_values(struct good *good, struct secret_cache *cache,
				struct cached_value **values, size_t n)
{
	struct cached_value **old = good->values;
	size_t n_old = good->n_values;

	good->values = array_of(n, sizeof(*good->values));
	good->n_values = 0;
	for (size_t i = 0; i < n; i++)
		if (values[i]) {
			publisher_secret_cache_hold(values[i]);
			good->values[good->n_values++] = values[i];
		}
	for (size_t i = 0; i < n_old; i++)
		publisher_secret_cache_let_go(cache, old[i]);
	mem_free(old);
}

struct part_cert *publisher_good_certs(const struct good *good, bool optional, struct pool *pool)
{
	struct part_cert *certs = pool_array(pool, good->n_certs + 1, sizeof(*certs));

	for (size_t i = 0; i < good->n_certs; i++) {
		const struct good_cert *from = &good->certs[i];

		certs[i] = (struct part_cert){ .secret = publisher_certs_secret(from->cert),
					       .pem = publisher_certs_pem(from->cert),
					       .key = publisher_certs_key(from->cert),
					       .always = from->always,
					       .optional = optional };
	}
	return certs;
}

void publisher_good_hold(struct good *good)
{
	good->n_holders++;
}

void publisher_good_let_go(struct good **self_p, struct secret_cache *cache, struct certs *certs)
{
	struct good *good = *self_p;

	*self_p = NULL;
	if (!good || --good->n_holders)
		return;
	for (size_t i = 0; i < good->n_values; i++)
		publisher_secret_cache_let_go(cache, good->values[i]);
	for (size_t i = 0; i < good->n_certs; i++)
		publisher_certs_let_go(certs, good->certs[i].cert);
	mem_wipe(good->memory, good->memory_len);
	mem_free(good->memory);
	mem_free(good->routes);
	mem_free(good->files);
	mem_free(good->certs);
	mem_free(good->values);
	mem_free(good);
}

/* ---- routes ---- */

size_t publisher_route_index(const struct route *route)
{
	return (size_t)(route - route->good->routes);
}

void publisher_route_put_head(const struct packed_route *route, struct buf *out)
{
	buf_str(out, route->shared);
	buf_str(out, route->own);
}

void publisher_route_put(const struct packed_route *route, struct buf *out)
{
	publisher_route_put_head(route, out);
	buf_str(out, route->policies);
}

int publisher_route_compare(const struct route *a, const struct route *b)
{
	int order = str_cmp(a->from, b->from);

	if (!order)
		order = str_cmp(b->path, a->path);
	if (!order)
		order = str_cmp(b->regex, a->regex);
	if (!order)
		order = str_cmp(b->prefix, a->prefix);
	if (!order)
		order = str_cmp(a->id, b->id);
	if (!order)
		order = (a->good->created > b->good->created) -
			(a->good->created < b->good->created);
	if (!order)
		order = msg_key_cmp(&a->good->owner, &b->good->owner);
	return order ? order : (a > b) - (a < b);
}

struct str publisher_route_host(const struct route *route)
{
	return hostname_of_url(route->from);
}
