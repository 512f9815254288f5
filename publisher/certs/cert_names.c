/* cert_names: names of certificates and hosts of routes, by name and by what stands behind the
 * first dot.
 *
 *   in     certificates that are offered and withdrawn, hosts that come and go
 *   out    what has to be chosen again
 *   owns   the index; it drops what has neither a host nor a certificate in cert_choice
 *   never  chooses
 */
#include "publisher/certs/certs_inside.h"

#include "base/mem.h"

struct cert_label publisher_cert_names_label(struct str name, struct pool *pool)
{
	long dot = str_find(name, '.');
	struct str domain;

	if (dot < 0) {
		name = pool_printf(pool, STR_FMT ".", STR_ARG(name));
		dot = (long)name.len - 1;
	}
	domain = str_slice(name, (size_t)dot + 1, name.len);
	return (struct cert_label){ name, domain,
				    pool_printf(pool, "*." STR_FMT, STR_ARG(domain)) };
}

static struct cert_name *name_of(struct certs *certs, struct str key)
{
	return map_get_or_make(&certs->names, key, sizeof(struct cert_name));
}

static struct cert_domain *domain_of(struct certs *certs, struct str key)
{
	return map_get_or_make(&certs->domains, key, sizeof(struct cert_domain));
}

/* A host, or what is offered under a name, is different. */
static void change(struct certs *certs, const struct cert_label *label)
{
	const struct cert_domain *domain = map_get(&certs->domains, label->domain);

	map_put(&certs->changed, label->name, certs);
	if (str_eq(label->name, label->wildcard) || (domain && domain->contested))
		map_put(&certs->wildcards, label->domain, certs);
}

void publisher_cert_names_offer(struct certs *certs, struct cert *cert, struct str dns_name)
{
	struct pool pool;
	struct cert_label label;
	struct cert_name *name;
	size_t at = 0;

	pool_init(&pool);
	label = publisher_cert_names_label(dns_name, &pool);
	name = name_of(certs, label.name);
	while (at < name->n_offers && publisher_certs_compare(name->offers[at].cert, cert) < 0)
		at++;
	if (at == name->n_offers ||
	    name->offers[at].cert != cert) { /* one name may stand twice in a certificate */
		name->offers =
			mem_realloc(name->offers, (name->n_offers + 1) * sizeof(*name->offers));
		memmove(name->offers + at + 1, name->offers + at,
			(name->n_offers - at) * sizeof(*name->offers));
		name->offers[at] = (struct cert_offer){ cert, false };
		name->n_offers++;
	}
	change(certs, &label);
	pool_clear(&pool);
}

void publisher_cert_names_drop(struct certs *certs, struct cert *cert, struct str dns_name)
{
	struct pool pool;
	struct cert_label label;
	struct cert_name *name;
	struct cert_domain *domain;
	size_t at = 0;

	pool_init(&pool);
	label = publisher_cert_names_label(dns_name, &pool);
	name = map_get(&certs->names, label.name);
	domain = map_get(&certs->domains, label.domain);
	while (name && at < name->n_offers && name->offers[at].cert != cert)
		at++;
	if (name && at < name->n_offers) {
		publisher_cert_choice_forget(certs, name, at, domain);
		name->n_offers--;
		memmove(name->offers + at, name->offers + at + 1,
			(name->n_offers - at) * sizeof(*name->offers));
		change(certs, &label);
	}
	pool_clear(&pool);
}

void publisher_cert_names_renew(struct certs *certs, const struct cert *cert)
{
	struct pool pool;

	pool_init(&pool);
	for (size_t i = 0; i < cert->info.names.n; i++) {
		const struct cert_label label =
			publisher_cert_names_label(cert->info.names.items[i], &pool);

		change(certs, &label);
	}
	pool_clear(&pool);
}

void publisher_certs_add_host(struct certs *certs, struct str host)
{
	struct pool pool;
	struct cert_label label;
	struct cert_name *name;

	pool_init(&pool);
	label = publisher_cert_names_label(host, &pool);
	name = name_of(certs, label.name);
	if (name->n_routes++ == 0) {
		struct cert_domain *domain = domain_of(certs, label.domain);
		const struct str kept = { mem_dup(label.name.ptr, label.name.len), label.name.len };

		if (!domain->n_hosts) /* what the wildcard is, is not known yet */
			map_put(&certs->wildcards, label.domain, certs);
		domain->hosts =
			mem_realloc(domain->hosts, (domain->n_hosts + 1) * sizeof(*domain->hosts));
		name->at = domain->n_hosts;
		domain->hosts[domain->n_hosts++] = kept;
		change(certs, &label);
		publisher_cert_choice_settle(certs);
	}
	pool_clear(&pool);
}

static void drop_from_domain(struct certs *certs, struct cert_domain *domain,
			     struct cert_name *name)
{
	const size_t last = domain->n_hosts - 1;
	struct cert_name *moved = map_get(&certs->names, domain->hosts[last]);

	mem_free((char *)domain->hosts[name->at].ptr);
	domain->hosts[name->at] = domain->hosts[last];
	moved->at = name->at;
	domain->n_hosts--;
	domain->n_falls -= name->falls;
	name->falls = false;
}

void publisher_certs_drop_host(struct certs *certs, struct str host)
{
	struct pool pool;
	struct cert_label label;
	struct cert_name *name;

	pool_init(&pool);
	label = publisher_cert_names_label(host, &pool);
	name = map_get(&certs->names, label.name);
	if (name && name->n_routes && --name->n_routes == 0) {
		drop_from_domain(certs, map_get(&certs->domains, label.domain), name);
		change(certs, &label);
		publisher_cert_choice_settle(certs);
	}
	pool_clear(&pool);
}

void publisher_certs_count_foreign(struct certs *certs, struct str host, int step)
{
	struct pool pool;
	struct cert_label label;
	struct cert_name *name;

	pool_init(&pool);
	label = publisher_cert_names_label(host, &pool);
	name = name_of(certs, label.name);
	name->n_foreign += (size_t)step;
	if (name->n_foreign == (step > 0)) {
		change(certs, &label);
		publisher_cert_choice_settle(certs);
	}
	pool_clear(&pool);
}

void publisher_certs_host_changed(struct certs *certs, struct str host)
{
	const struct cert_name *name;
	struct pool pool;
	struct cert_label label;

	pool_init(&pool);
	label = publisher_cert_names_label(host, &pool);
	name = map_get(&certs->names, label.name);
	if (name && name->n_routes) {
		change(certs, &label);
		publisher_cert_choice_settle(certs);
	}
	pool_clear(&pool);
}

/* ---- for people ---- */

const struct cert *publisher_certs_for_host(const struct certs *certs, struct str host, size_t i)
{
	const struct cert_name *name, *wildcard;
	const struct cert *serving;
	const struct cert_name *lists[2];
	struct cert_label label;
	struct pool pool;

	pool_init(&pool);
	label = publisher_cert_names_label(host, &pool);
	name = map_get(&certs->names, label.name);
	wildcard = map_get(&certs->names, label.wildcard);
	pool_clear(&pool);
	serving = name && name->exact ? name->exact : wildcard ? wildcard->wild : NULL;
	if (!i)
		return serving;
	lists[0] = name;
	lists[1] = wildcard != name ? wildcard : NULL;
	i -= serving != NULL;
	for (size_t k = 0; k < 2; k++)
		for (size_t at = 0; lists[k] && at < lists[k]->n_offers; at++)
			if (lists[k]->offers[at].cert != serving && i-- == 0)
				return lists[k]->offers[at].cert;
	return NULL;
}
