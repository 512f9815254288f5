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
#include "publisher/certs/certs_inside.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/vault/vault.h"

static void free_cert(void *ptr)
{
	struct cert *cert = ptr;

	vault_free((char *)cert->key.ptr, cert->key.len + 1);
	mem_free((char *)cert->pem.ptr);
	mem_free((char *)cert->secret.ptr);
	mem_free((char *)cert->place.ptr);
	mem_free((char *)cert->hurt_host.ptr);
	mem_free((char *)cert->hurt_by.ptr);
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

static void free_content(void *ptr)
{
	struct cert_content *content = ptr;

	map_clear(&content->namespaces);
	mem_free(content);
}

static void free_domain(void *ptr)
{
	struct cert_domain *domain = ptr;

	for (size_t i = 0; i < domain->n_hosts; i++)
		mem_free((char *)domain->hosts[i].ptr);
	mem_free(domain->hosts);
	mem_free(domain);
}

void publisher_certs_init(struct certs *certs)
{
	*certs = (struct certs){ 0 };
	map_init(&certs->certs, free_cert);
	map_init(&certs->names, free_name);
	map_init(&certs->domains, free_domain);
	map_init(&certs->contents, free_content);
	map_init(&certs->changed, NULL);
	map_init(&certs->touched, NULL);
	map_init(&certs->wildcards, NULL);
}

void publisher_certs_clear(struct certs *certs)
{
	map_clear(&certs->names);
	map_clear(&certs->domains);
	map_clear(&certs->certs);
	map_clear(&certs->contents);
	map_clear(&certs->changed);
	map_clear(&certs->touched);
	map_clear(&certs->wildcards);
}

bool publisher_certs_is_published(const struct cert *cert)
{
	return !cert->n_hurts && (cert->n_always || cert->n_names);
}

bool publisher_certs_is_withheld(const struct cert *cert)
{
	return cert->n_hurts > 0;
}

int publisher_certs_compare(const struct cert *a, const struct cert *b)
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

static void tell_if_changed(struct certs *certs, struct cert *cert, bool was)
{
	if (was == publisher_certs_is_published(cert))
		return;
	certs->n_changes++;
	if (certs->on_change)
		certs->on_change(certs->self, cert, !was);
}

void publisher_certs_count_name(struct certs *certs, struct cert *cert, long step)
{
	const bool was = publisher_certs_is_published(cert);

	cert->n_names += (size_t)step;
	tell_if_changed(certs, cert, was);
}

static void keep(struct str *to, struct str text)
{
	mem_free((char *)to->ptr);
	*to = dup(text);
}

void publisher_certs_count_hurt(struct certs *certs, struct cert *cert, bool hurts, struct str host,
				const struct cert *by)
{
	const bool was = publisher_certs_is_published(cert);

	if (hurts && !cert->n_hurts) {
		keep(&cert->hurt_host, host);
		keep(&cert->hurt_by, by->secret);
	}
	cert->n_hurts += hurts ? 1 : (size_t)-1;
	if (!cert->n_hurts)
		cert->told = false;
	tell_if_changed(certs, cert, was);
}

void publisher_certs_tell_withheld(struct certs *certs, struct cert *cert)
{
	if (!cert || cert->told || !cert->n_hurts || !certs->withheld)
		return;
	cert->told = true;
	certs->withheld(certs->self_owner, cert->secret, cert->hurt_host, cert->hurt_by);
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
			     const struct x509_leaf *info)
{
	struct cert *cert = mem_alloc(sizeof(*cert));
	struct str rest;
	struct str_list *names = &cert->info.names;

	cert->secret = dup(secret);
	if (!str_cut(cert->secret, '/', &cert->namespace, &rest))
		cert->namespace = STR("");
	cert->pem = dup(pair[0]);
	cert->key = (struct str){ vault_dup(pair[1].ptr, pair[1].len), pair[1].len };
	cert->info.not_after = info->not_after;
	names->items = mem_alloc((info->names.n + 1) * sizeof(struct str));
	for (; names->n < info->names.n; names->n++)
		names->items[names->n] = dup(info->names.items[names->n]);
	return cert;
}

/* What is before the Secret in a place. */
static struct str content_key(const struct cert *cert)
{
	return str_slice(cert->place, 0, 2 * (size_t)HASH_LEN);
}

static void join_content(struct certs *certs, struct cert *cert)
{
	struct cert_content *content = map_get(&certs->contents, content_key(cert));

	if (!content) {
		content = mem_alloc(sizeof(*content));
		map_init(&content->namespaces, mem_free);
		map_put(&certs->contents, content_key(cert), content);
	}
	content->n_certs++;
	cert->content = content;
}

static void leave_content(struct certs *certs, const struct cert *cert)
{
	if (--cert->content->n_certs == 0)
		map_del(&certs->contents, content_key(cert));
}

struct cert *publisher_certs_hold(struct certs *certs, struct str secret, const struct str pair[2],
				  struct err *err)
{
	struct x509_leaf info;
	struct pool pool;
	struct cert *cert;
	struct str place;

	pool_init(&pool);
	place = place_of(secret, pair, &pool);
	cert = map_get(&certs->certs, place);
	if (!cert && x509_pair_read(pair[0], pair[1], &pool, &info, err) == 0) {
		cert = new_cert(secret, pair, &info);
		cert->place = dup(place);
		join_content(certs, cert);
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
	leave_content(certs, cert);
	cert->place = STR_NONE;
	map_del(&certs->certs, place);
	mem_free((char *)place.ptr);
}

static void count_space(struct cert *cert, bool more)
{
	struct cert_space *space =
		map_get_or_make(&cert->content->namespaces, cert->namespace, sizeof(*space));

	space->n += more ? 1 : (size_t)-1;
	if (!space->n)
		map_del(&cert->content->namespaces, cert->namespace);
}

static void count_use(struct certs *certs, struct cert *cert, enum cert_use use, long step)
{
	const bool was = publisher_certs_is_published(cert);

	cert->n_always += use == CERT_SERVES ? 0 : (size_t)step;
	cert->content->n_first += use == CERT_FIRST ? (size_t)step : 0;
	tell_if_changed(certs, cert, was);
	if (use == CERT_FIRST)
		publisher_cert_names_renew(certs, cert);
}

void publisher_certs_offer(struct certs *certs, struct cert *cert, enum cert_use use)
{
	count_use(certs, cert, use, 1);
	if (cert->n_offers++ == 0) {
		count_space(cert, true);
		for (size_t i = 0; i < cert->info.names.n; i++)
			publisher_cert_names_offer(certs, cert, cert->info.names.items[i]);
	}
	publisher_cert_choice_settle(certs);
}

void publisher_certs_withdraw(struct certs *certs, struct cert *cert, enum cert_use use)
{
	count_use(certs, cert, use, -1);
	if (--cert->n_offers == 0) {
		count_space(cert, false);
		for (size_t i = 0; i < cert->info.names.n; i++)
			publisher_cert_names_drop(certs, cert, cert->info.names.items[i]);
	}
	publisher_cert_choice_settle(certs);
}

void publisher_certs_gather(struct certs *certs, bool gather)
{
	certs->waits = gather;
	publisher_cert_choice_settle(certs);
}

void publisher_certs_count_ordered(struct cert *cert, long step)
{
	cert->n_ordered += (size_t)step;
}

bool publisher_certs_is_ordered(const struct cert *cert)
{
	return cert->n_ordered > 0;
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
