/* cert_choice: which certificate serves a host, and which ones would take a host from another.
 *
 *   in     names and domains that changed, who owns a host
 *   out    which certificates serve; which are withheld
 *   owns   nothing: cert_names has the index
 *   never  looks at hosts that a change has nothing to do with: a change touches its own names, and
 *          the hosts right below a wildcard when the wildcard changes or several contend for it
 *
 * First it is decided who should serve each host, whatever else there is; then who would take it
 * away is withheld as a whole; then the hosts are given to those that are left.
 */
#include "publisher/certs/certs_inside.h"

#include "base/mem.h"

/* ---- whose is it ---- */

/* Without the dot that a single label gets. */
static struct str host_of(struct str name)
{
	return str_ends(name, ".") ? str_slice(name, 0, name.len - 1) : name;
}

/* Whether one of its Secrets is in a namespace that the host belongs to. */
static bool is_own(const struct certs *certs, const struct cert *cert, struct str host)
{
	struct str namespace;

	if (!certs->owner)
		return false;
	for (size_t i = 0; (namespace = certs->owner(certs->self_owner, host_of(host), i)).ptr; i++)
		if (map_get(&cert->content->namespaces, namespace))
			return true;
	return false;
}

static bool is_first(const struct cert *cert)
{
	return cert->content->n_first > 0;
}

static bool is_same(const struct cert *a, const struct cert *b)
{
	return a && b && a->content == b->content;
}

/* The next offer after `i` that is another certificate; equal ones stand in a row. */
static size_t next_of(const struct cert_name *name, size_t i)
{
	size_t k = i + 1;

	while (k < name->n_offers && is_same(name->offers[k].cert, name->offers[i].cert))
		k++;
	return k;
}

/* The best that is the Pomerium object's, else the best of the host's own namespaces. `left`: of
 * those that are not withheld. */
static struct cert *best_own(const struct certs *certs, const struct cert_name *name,
			     struct str host, bool left)
{
	struct cert *own = NULL;

	for (size_t i = 0; name && i < name->n_offers; i = next_of(name, i)) {
		struct cert *cert = name->offers[i].cert;

		if (left && publisher_certs_is_withheld(cert))
			continue;
		if (is_first(cert))
			return cert;
		if (!own && is_own(certs, cert, host))
			own = cert;
	}
	return own;
}

static struct cert *best_of(const struct cert_name *name, bool left)
{
	for (size_t i = 0; name && i < name->n_offers; i = next_of(name, i))
		if (!left || !publisher_certs_is_withheld(name->offers[i].cert))
			return name->offers[i].cert;
	return NULL;
}

/* ---- who should serve ---- */

static const struct cert_name *wildcard_of(const struct certs *certs,
					   const struct cert_label *label)
{
	const struct cert_name *name = map_get(&certs->names, label->wildcard);

	return name && name->n_offers ? name : NULL;
}

/* Who should serve the host; NULL: nobody has a right to, anybody may. */
static struct cert *rightful(const struct certs *certs, const struct cert_label *label)
{
	const struct cert_name *name = map_get(&certs->names, label->name),
			       *wildcard = wildcard_of(certs, label);
	const struct cert_domain *domain = map_get(&certs->domains, label->domain);
	struct cert *own = best_own(certs, name, label->name, false);

	if (own || !domain || !best_own(certs, wildcard, label->name, false))
		return own;
	return domain->chosen;
}

/* Of two equal wildcards the one with the older host below it serves both. */
static struct cert *choose_contested(const struct certs *certs, const struct cert_domain *domain,
				     const struct cert_name *wildcard)
{
	struct cert *chosen = NULL;
	int64_t oldest = 0;

	for (size_t i = 0; i < domain->n_hosts; i++) {
		const struct str host = domain->hosts[i];
		struct cert *own;
		int64_t age;

		if (best_own(certs, map_get(&certs->names, host), host, false))
			continue; /* it has one under its own name */
		own = best_own(certs, wildcard, host, false);
		if (!own)
			continue;
		if (is_first(own))
			return own;
		age = certs->age(certs->self_owner, host_of(host));
		if (!chosen || (age && (!oldest || age < oldest)) ||
		    (age == oldest && publisher_certs_compare(own, chosen) < 0)) {
			chosen = own;
			oldest = age;
		}
	}
	return chosen ? chosen : best_of(wildcard, false);
}

/* ---- who would take a host away ---- */

/* Its other names are looked at again, since it is given to hosts no more, or again. */
static void touch_names(struct certs *certs, const struct cert *cert)
{
	struct pool pool;

	pool_init(&pool);
	for (size_t i = 0; i < cert->info.names.n; i++)
		map_put(&certs->touched,
			publisher_cert_names_label(cert->info.names.items[i], &pool).name, certs);
	pool_clear(&pool);
}

static void set_hurts(struct certs *certs, struct cert_offer *offer, struct str host,
		      const struct cert *by)
{
	const bool hurts = host.ptr != NULL;

	if (offer->hurts == hurts)
		return;
	offer->hurts = hurts;
	publisher_certs_count_hurt(certs, offer->cert, hurts, host_of(host), by);
	if (offer->cert->n_hurts == (size_t)hurts)
		touch_names(certs, offer->cert);
}

/* Whether it would take the host from the one that should serve it. */
static bool takes(const struct certs *certs, const struct cert *cert, const struct cert *from,
		  struct str host)
{
	if (!from || is_same(cert, from) || is_first(cert))
		return false;
	return is_first(from) || !is_own(certs, cert, host);
}

/* The first host below the wildcard that it would take. */
static struct str taken_below(const struct certs *certs, const struct cert_domain *domain,
			      const struct cert_name *wildcard, const struct cert *cert)
{
	for (size_t i = 0; !is_same(cert, domain->chosen) && i < domain->n_hosts; i++) {
		const struct str host = domain->hosts[i];

		if (!best_own(certs, map_get(&certs->names, host), host, false) &&
		    best_own(certs, wildcard, host, false) &&
		    takes(certs, cert, domain->chosen, host))
			return host;
	}
	return STR_NONE;
}

/* Of equal certificates all take what one of them takes. */
static void judge(struct certs *certs, struct cert_name *name, const struct cert_label *label)
{
	const struct cert_domain *domain = map_get(&certs->domains, label->domain);
	const bool contested = domain && domain->contested && str_eq(label->name, label->wildcard);
	const struct cert *from = name->n_routes ? rightful(certs, label) : NULL;

	for (size_t i = 0; i < name->n_offers;) {
		const struct cert *cert = name->offers[i].cert, *by = from;
		const size_t end = next_of(name, i);
		struct str host = takes(certs, cert, from, label->name) ? label->name : STR_NONE;

		if (!host.ptr && contested) {
			host = taken_below(certs, domain, name, cert);
			by = domain->chosen;
		}
		for (; i < end; i++)
			set_hurts(certs, &name->offers[i], host, by);
	}
}

/* ---- who serves ---- */

static void set_serving(struct certs *certs, struct cert **serving, struct cert *next)
{
	struct cert *prev = *serving;

	if (next == prev)
		return;
	*serving = next;
	if (next)
		publisher_certs_count_name(certs, next, 1);
	if (prev)
		publisher_certs_count_name(certs, prev, -1);
}

static struct cert *left_below(const struct cert_domain *domain, const struct cert_name *wildcard)
{
	if (!wildcard || !domain)
		return NULL;
	return domain->chosen && !publisher_certs_is_withheld(domain->chosen)
		       ? domain->chosen
		       : best_of(wildcard, true);
}

/* NULL: it falls to the wildcard, if there is one. */
static struct cert *pick(struct certs *certs, const struct cert_name *name,
			 const struct cert_label *label)
{
	const struct cert_name *wildcard = map_get(&certs->names, label->wildcard);
	const struct cert_domain *domain = map_get(&certs->domains, label->domain);
	struct cert *own = best_own(certs, name, label->name, true);

	if (own)
		return own;
	publisher_certs_tell_withheld(certs, best_own(certs, name, label->name, false));
	own = best_own(certs, wildcard, label->name, false);
	publisher_certs_tell_withheld(certs, own);
	if (own && left_below(domain, wildcard))
		return NULL;
	return best_of(name, true);
}

/* Who serves a host of other programs: no tenant's certificate may. */
static struct cert *ordered_of(const struct cert_name *name)
{
	for (size_t i = 0; i < name->n_offers; i++) {
		struct cert *cert = name->offers[i].cert;

		if (publisher_certs_is_ordered(cert) && !publisher_certs_is_withheld(cert))
			return cert;
	}
	return NULL;
}

static void give_below(struct certs *certs, const struct cert_label *label)
{
	struct cert_domain *domain = map_get(&certs->domains, label->domain);
	struct cert_name *wildcard = map_get(&certs->names, label->wildcard);
	const bool falls = domain && domain->n_falls;

	if (falls)
		publisher_certs_tell_withheld(certs, domain->chosen);
	if (wildcard)
		set_serving(certs, &wildcard->wild, falls ? left_below(domain, wildcard) : NULL);
	if (domain && !domain->n_hosts)
		map_del(&certs->domains, label->domain);
}

static void tell_always(struct certs *certs, const struct cert_name *name)
{
	for (size_t i = 0; i < name->n_offers; i++)
		if (name->offers[i].cert->n_always)
			publisher_certs_tell_withheld(certs, name->offers[i].cert);
}

static void give(struct certs *certs, struct str key)
{
	struct cert_name *name = map_get(&certs->names, key);
	struct cert_domain *domain;
	struct cert_label label;
	struct pool pool;

	pool_init(&pool);
	label = publisher_cert_names_label(key, &pool);
	domain = map_get(&certs->domains, label.domain);
	if (name) {
		tell_always(certs, name);
		set_serving(certs, &name->exact,
			    name->n_routes    ? pick(certs, name, &label)
			    : name->n_foreign ? ordered_of(name)
					      : NULL);
		if (domain)
			domain->n_falls -= name->falls;
		name->falls = name->n_routes && !name->exact;
		if (domain)
			domain->n_falls += name->falls;
	}
	give_below(certs, &label);
	if (name && !name->n_routes && !name->n_foreign && !name->n_offers)
		map_del(&certs->names, label.name);
	pool_clear(&pool);
}

/* ---- changes ---- */

/* Calls it for each host below a wildcard that has a certificate under its own name. */
static void touch_below(struct certs *certs, struct str key, struct map *set)
{
	const struct cert_domain *domain = map_get(&certs->domains, key);

	for (size_t i = 0; domain && i < domain->n_hosts; i++) {
		const struct cert_name *name = map_get(&certs->names, domain->hosts[i]);

		if (name->n_offers)
			map_put(set, domain->hosts[i], certs);
	}
}

static void choose_below(struct certs *certs, struct str key)
{
	struct cert_domain *domain = map_get(&certs->domains, key);
	const struct cert_name *wildcard;
	struct pool pool;
	struct str name;

	if (!domain)
		return;
	pool_init(&pool);
	name = pool_printf(&pool, "*." STR_FMT, STR_ARG(key));
	wildcard = map_get(&certs->names, name);
	domain->contested = wildcard && next_of(wildcard, 0) < wildcard->n_offers;
	domain->chosen = domain->contested ? choose_contested(certs, domain, wildcard)
					   : best_of(wildcard, false);
	map_put(&certs->changed, name, certs);
	touch_below(certs, key, &certs->changed);
	pool_clear(&pool);
}

static struct map take(struct map *set)
{
	struct map taken = *set;

	map_init(set, NULL);
	return taken;
}

static void judge_changed(struct certs *certs)
{
	struct map changed = take(&certs->changed);
	struct str key;

	for (size_t i = 0; map_next(&changed, &i, &key, NULL);) {
		struct cert_name *name = map_get(&certs->names, key);
		struct cert_label label;
		struct pool pool;

		map_put(&certs->touched, key, certs);
		if (!name)
			continue;
		pool_init(&pool);
		label = publisher_cert_names_label(key, &pool);
		judge(certs, name, &label);
		pool_clear(&pool);
	}
	map_clear(&changed);
}

static void give_touched(struct certs *certs)
{
	struct map touched = take(&certs->touched), below;
	struct str key;

	map_init(&below, NULL);
	for (size_t i = 0; map_next(&touched, &i, &key, NULL);)
		if (str_starts(key, "*."))
			touch_below(certs, str_slice(key, 2, key.len), &below);
	for (size_t i = 0; map_next(&touched, &i, &key, NULL);)
		give(certs, key);
	for (size_t i = 0; map_next(&below, &i, &key, NULL);)
		give(certs, key);
	map_clear(&below);
	map_clear(&touched);
}

void publisher_cert_choice_settle(struct certs *certs)
{
	struct map wildcards;
	struct str key;

	if (certs->waits)
		return;
	wildcards = take(&certs->wildcards);
	for (size_t i = 0; map_next(&wildcards, &i, &key, NULL);)
		choose_below(certs, key);
	map_clear(&wildcards);
	judge_changed(certs);
	give_touched(certs);
}

void publisher_cert_choice_forget(struct certs *certs, struct cert_name *name, size_t offer,
				  struct cert_domain *domain)
{
	const struct cert *cert = name->offers[offer].cert;

	set_hurts(certs, &name->offers[offer], STR_NONE, NULL);
	if (name->exact == cert)
		set_serving(certs, &name->exact, NULL);
	if (name->wild == cert)
		set_serving(certs, &name->wild, NULL);
	if (domain && domain->chosen == cert)
		domain->chosen = NULL;
}
