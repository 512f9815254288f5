/* certs: which certificates Pomerium needs.
 *
 *   in     certificates that owners offer, hosts of their routes
 *   out    the certificates to publish
 *   owns   certificates and their keys, once per Secret and content; keys are wiped when they go
 *   never  scans all hosts or all certificates for one change: a change touches its own names, and
 *          the wildcard one label above them
 *
 * Of two certificates with one name and one end of validity the first by bytes serves, so that the
 * choice does not hang on who came first.
 */
#include "publisher/certs/certs.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/vault/vault.h"

struct cert {
	struct str secret, pem, key;
	struct str place; /* in the map of certificates */
	struct x509_pair info;
	size_t n_holders, n_offers, n_always;
	size_t n_names; /* names it serves now */
};

/* A host, a DNS name of a certificate, or both. */
struct cert_name {
	size_t n_routes;
	struct cert **offers; /* best first */
	size_t n_offers;
	struct cert *serving; /* what it adds to n_names of, or NULL */
};

/* How many hosts stand right below a domain, and how many of them have a certificate of their own
 * name. */
struct cert_domain {
	size_t n_hosts, n_covered;
};

/* A name with its dot: one without any gets one at its end, so that "*" covers single labels. */
struct label {
	struct str name, domain;
};

static void free_cert(void *ptr)
{
	struct cert *cert = ptr;

	vault_free((char *)cert->key.ptr, cert->key.len + 1);
	mem_free((char *)cert->pem.ptr);
	mem_free((char *)cert->secret.ptr);
	mem_free((char *)cert->place.ptr);
	for (size_t i = 0; i < cert->info.names.n; i++)
		mem_free((char *)cert->info.names.items[i].ptr);
	mem_free(cert->info.names.items);
	mem_free(cert);
}

static void free_name(void *ptr)
{
	struct cert_name *name = ptr;

	mem_free(name->offers);
	mem_free(name);
}

void publisher_certs_init(struct certs *certs)
{
	*certs = (struct certs){ 0 };
	map_init(&certs->certs, free_cert);
	map_init(&certs->names, free_name);
	map_init(&certs->domains, mem_free);
}

void publisher_certs_clear(struct certs *certs)
{
	map_clear(&certs->names);
	map_clear(&certs->domains);
	map_clear(&certs->certs);
}

static struct label label_of(struct str name, struct pool *pool)
{
	long dot = str_find(name, '.');

	if (dot < 0) {
		name = pool_printf(pool, STR_FMT ".", STR_ARG(name));
		dot = (long)name.len - 1;
	}
	return (struct label){ name, str_slice(name, (size_t)dot + 1, name.len) };
}

bool publisher_certs_is_published(const struct cert *cert)
{
	return cert->n_always || cert->n_names;
}

/* Best first. */
static int compare(const struct cert *a, const struct cert *b)
{
	int order =
		(a->info.not_after < b->info.not_after) - (a->info.not_after > b->info.not_after);

	if (!order)
		order = str_cmp(a->pem, b->pem);
	if (!order)
		order = str_cmp(a->key, b->key);
	return order ? order : str_cmp(a->secret, b->secret);
}

static struct str dup(struct str s)
{
	return (struct str){ mem_dup(s.ptr ? s.ptr : "", s.len), s.len };
}

/* ---- names ---- */

static struct cert_domain *domain_of(struct certs *certs, struct str domain)
{
	struct cert_domain *d = map_get(&certs->domains, domain);

	if (!d) {
		d = mem_alloc(sizeof(*d));
		map_put(&certs->domains, domain, d);
	}
	return d;
}

static struct cert_name *name_of(struct certs *certs, struct str key)
{
	struct cert_name *name = map_get(&certs->names, key);

	if (!name) {
		name = mem_alloc(sizeof(*name));
		map_put(&certs->names, key, name);
	}
	return name;
}

static void tell_if_changed(struct certs *certs, struct cert *cert, bool was)
{
	if (was == publisher_certs_is_published(cert))
		return;
	certs->n_changes++;
	if (certs->on_change)
		certs->on_change(certs->self, cert, !was);
}

static void count_serving(struct certs *certs, struct cert *cert, long step)
{
	bool was;

	if (!cert)
		return;
	was = publisher_certs_is_published(cert);
	cert->n_names += (size_t)step;
	tell_if_changed(certs, cert, was);
}

/* Which certificate a name needs now. */
static struct cert *choose(const struct certs *certs, const struct label *label,
			   const struct cert_name *name)
{
	const struct cert_domain *domain;

	if (!name->n_offers)
		return NULL;
	if (name->n_routes)
		return name->offers[0];
	if (!str_starts(label->name, "*."))
		return NULL;
	domain = map_get(&certs->domains, label->domain);
	return domain && domain->n_hosts > domain->n_covered ? name->offers[0] : NULL;
}

static void choose_for_name(struct certs *certs, const struct label *label)
{
	struct cert_name *name = map_get(&certs->names, label->name);
	struct cert *next, *prev;

	if (!name)
		return;
	prev = name->serving;
	next = choose(certs, label, name);
	name->serving = next;
	if (next != prev) {
		count_serving(certs, next, 1);
		count_serving(certs, prev, -1);
	}
	if (!name->n_routes && !name->n_offers)
		map_del(&certs->names, label->name);
}

/* After a change of a name: the name itself and the wildcard that covers it. */
static void choose_again(struct certs *certs, const struct label *label, struct pool *pool)
{
	struct cert_domain *domain = map_get(&certs->domains, label->domain);
	struct label wildcard = { pool_printf(pool, "*." STR_FMT, STR_ARG(label->domain)),
				  label->domain };

	choose_for_name(certs, label);
	choose_for_name(certs, &wildcard);
	if (domain && !domain->n_hosts)
		map_del(&certs->domains, label->domain);
}

static void add_offer(struct certs *certs, struct cert *cert, struct str dns_name)
{
	struct pool pool;
	struct label label;
	struct cert_name *name;
	size_t at = 0;

	pool_init(&pool);
	label = label_of(dns_name, &pool);
	name = name_of(certs, label.name);
	while (at < name->n_offers && compare(name->offers[at], cert) < 0)
		at++;
	if (at == name->n_offers ||
	    name->offers[at] != cert) { /* one name may stand twice in a certificate */
		name->offers = mem_realloc(name->offers, (name->n_offers + 1) * sizeof(cert));
		memmove(name->offers + at + 1, name->offers + at,
			(name->n_offers - at) * sizeof(cert));
		name->offers[at] = cert;
		if (name->n_offers++ == 0 && name->n_routes)
			domain_of(certs, label.domain)->n_covered++;
		choose_again(certs, &label, &pool);
	}
	pool_clear(&pool);
}

static void drop_offer(struct certs *certs, struct cert *cert, struct str dns_name)
{
	struct pool pool;
	struct label label;
	struct cert_name *name;
	size_t at = 0;

	pool_init(&pool);
	label = label_of(dns_name, &pool);
	name = map_get(&certs->names, label.name);
	while (name && at < name->n_offers && name->offers[at] != cert)
		at++;
	if (name && at < name->n_offers) {
		name->n_offers--;
		memmove(name->offers + at, name->offers + at + 1,
			(name->n_offers - at) * sizeof(cert));
		if (!name->n_offers && name->n_routes)
			domain_of(certs, label.domain)->n_covered--;
		choose_again(certs, &label, &pool);
	}
	pool_clear(&pool);
}

void publisher_certs_add_host(struct certs *certs, struct str host)
{
	struct pool pool;
	struct label label;
	struct cert_name *name;

	pool_init(&pool);
	label = label_of(host, &pool);
	name = name_of(certs, label.name);
	if (name->n_routes++ == 0) {
		struct cert_domain *domain = domain_of(certs, label.domain);

		domain->n_hosts++;
		domain->n_covered += name->n_offers > 0;
		choose_again(certs, &label, &pool);
	}
	pool_clear(&pool);
}

void publisher_certs_drop_host(struct certs *certs, struct str host)
{
	struct pool pool;
	struct label label;
	struct cert_name *name;

	pool_init(&pool);
	label = label_of(host, &pool);
	name = map_get(&certs->names, label.name);
	if (name && name->n_routes && --name->n_routes == 0) {
		struct cert_domain *domain = domain_of(certs, label.domain);

		domain->n_hosts--;
		domain->n_covered -= name->n_offers > 0;
		choose_again(certs, &label, &pool);
	}
	pool_clear(&pool);
}

/* ---- certificates ---- */

static struct str place_of(struct str secret, const struct str pair[2], struct pool *pool)
{
	struct hash pem = hash_of(pair[0]), key = hash_of(pair[1]);
	char *place = pool_alloc(pool, secret.len + 2 * HASH_LEN);

	memcpy(place, pem.bytes, HASH_LEN);
	memcpy(place + HASH_LEN, key.bytes, HASH_LEN);
	memcpy(place + 2 * HASH_LEN, secret.ptr, secret.len);
	return (struct str){ place, secret.len + 2 * HASH_LEN };
}

static struct cert *new_cert(struct str secret, const struct str pair[2],
			     const struct x509_pair *info)
{
	struct cert *cert = mem_alloc(sizeof(*cert));
	struct str_list *names = &cert->info.names;

	cert->secret = dup(secret);
	cert->pem = dup(pair[0]);
	cert->key = (struct str){ vault_dup(pair[1].ptr, pair[1].len), pair[1].len };
	cert->info.not_after = info->not_after;
	names->items = mem_alloc((info->names.n + 1) * sizeof(struct str));
	for (; names->n < info->names.n; names->n++)
		names->items[names->n] = dup(info->names.items[names->n]);
	return cert;
}

struct cert *publisher_certs_hold(struct certs *certs, struct str secret, const struct str pair[2],
				  struct err *err)
{
	struct x509_pair info;
	struct pool pool;
	struct cert *cert;
	struct str place;

	pool_init(&pool);
	place = place_of(secret, pair, &pool);
	cert = map_get(&certs->certs, place);
	if (!cert && x509_pair_read(pair[0], pair[1], &pool, &info, err) == 0) {
		cert = new_cert(secret, pair, &info);
		cert->place = dup(place);
		map_put(&certs->certs, place, cert);
	}
	if (cert)
		cert->n_holders++;
	pool_clear(&pool);
	return cert;
}

void publisher_certs_let_go(struct certs *certs, struct cert *cert)
{
	struct str place = cert->place;

	if (--cert->n_holders)
		return;
	cert->place = STR_NONE;
	map_del(&certs->certs, place);
	mem_free((char *)place.ptr);
}

static void count_always(struct certs *certs, struct cert *cert, long step)
{
	bool was = publisher_certs_is_published(cert);

	cert->n_always += (size_t)step;
	tell_if_changed(certs, cert, was);
}

void publisher_certs_offer(struct certs *certs, struct cert *cert, bool always)
{
	if (always)
		count_always(certs, cert, 1);
	else if (cert->n_offers++ == 0)
		for (size_t i = 0; i < cert->info.names.n; i++)
			add_offer(certs, cert, cert->info.names.items[i]);
}

void publisher_certs_withdraw(struct certs *certs, struct cert *cert, bool always)
{
	if (always)
		count_always(certs, cert, -1);
	else if (--cert->n_offers == 0)
		for (size_t i = 0; i < cert->info.names.n; i++)
			drop_offer(certs, cert, cert->info.names.items[i]);
}

bool publisher_certs_is_for(const struct cert *cert, struct str host)
{
	struct str head, domain, wildcard_head, wildcard_domain;
	bool has_domain = str_cut(host, '.', &head, &domain);

	for (size_t i = 0; i < cert->info.names.n; i++) {
		struct str name = cert->info.names.items[i];

		if (str_eq(name, host))
			return true;
		if (has_domain && str_cut(name, '.', &wildcard_head, &wildcard_domain) &&
		    str_is(wildcard_head, "*") && str_eq(wildcard_domain, domain))
			return true;
	}
	return false;
}

const struct cert *publisher_certs_for_host(const struct certs *certs, struct str host, size_t i)
{
	const struct cert_name *name, *wildcard;
	size_t n_own;
	struct label label;
	struct pool pool;

	pool_init(&pool);
	label = label_of(host, &pool);
	name = map_get(&certs->names, label.name);
	wildcard = map_get(&certs->names, pool_printf(&pool, "*." STR_FMT, STR_ARG(label.domain)));
	pool_clear(&pool);
	n_own = name ? name->n_offers : 0;
	if (i < n_own)
		return name->offers[i];
	return wildcard && wildcard != name && i - n_own < wildcard->n_offers
		       ? wildcard->offers[i - n_own]
		       : NULL;
}

size_t publisher_certs_expiring(const struct certs *certs, int64_t before)
{
	size_t n = 0;
	void *value;

	for (size_t i = 0; map_next(&certs->certs, &i, NULL, &value);) {
		const struct cert *cert = value;

		n += publisher_certs_is_published(cert) && cert->info.not_after < before;
	}
	return n;
}

uint64_t publisher_certs_first_expiry(const struct certs *certs)
{
	int64_t first = INT64_MAX;
	void *value;

	for (size_t i = 0; map_next(&certs->certs, &i, NULL, &value);) {
		const struct cert *cert = value;

		if (publisher_certs_is_published(cert) && cert->info.not_after < first)
			first = cert->info.not_after;
	}
	return first == INT64_MAX || first < 0 ? 0 : (uint64_t)first;
}

const struct cert *publisher_certs_next(const struct certs *certs, size_t *i)
{
	void *value = NULL;

	return map_next(&certs->certs, i, NULL, &value) ? value : NULL;
}

int64_t publisher_certs_not_after(const struct cert *cert)
{
	return cert->info.not_after;
}

const struct str_list *publisher_certs_names(const struct cert *cert)
{
	return &cert->info.names;
}

struct str publisher_certs_secret(const struct cert *cert)
{
	return cert->secret;
}

struct str publisher_certs_pem(const struct cert *cert)
{
	return cert->pem;
}

struct str publisher_certs_key(const struct cert *cert)
{
	return cert->key;
}

size_t publisher_certs_n_always(const struct cert *cert)
{
	return cert->n_always;
}

static int by_bytes(const void *a, const void *b)
{
	const struct cert *x = *(struct cert *const *)a, *y = *(struct cert *const *)b;
	int order = str_cmp(x->pem, y->pem);

	if (!order)
		order = str_cmp(x->key, y->key);
	if (!order) /* those that are always there first */
		order = (y->n_always > 0) - (x->n_always > 0);
	return order ? order : str_cmp(x->secret, y->secret);
}

/* Drops what only serves and says the same as the one before it. Returns how many are left. */
static size_t drop_doubles(struct cert **list, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!kept || list[i]->n_always || !str_eq(list[kept - 1]->pem, list[i]->pem) ||
		    !str_eq(list[kept - 1]->key, list[i]->key))
			list[kept++] = list[i];
	return kept;
}

size_t publisher_certs_arrange(struct cert **list, size_t n)
{
	qsort(list, n, sizeof(*list), by_bytes);
	return drop_doubles(list, n);
}

struct cert **publisher_certs_published(const struct certs *certs, size_t *n)
{
	struct cert **list = mem_alloc((certs->certs.n + 1) * sizeof(struct cert *));
	void *cert;

	*n = 0;
	for (size_t i = 0; map_next(&certs->certs, &i, NULL, &cert);)
		if (publisher_certs_is_published(cert))
			list[(*n)++] = cert;
	*n = publisher_certs_arrange(list, *n);
	return list;
}
