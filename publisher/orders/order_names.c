/* order_names: the hosts that are served over TLS, and which of them have no certificate.
 *
 *   in     routes, promises, certificates of others and of ours: one more, or one less
 *   out    whether a host needs a certificate; which names a change touches
 *   owns   an entry for each name, as long as something is said of it
 *   never  looks at other names than those that a change touches: the name itself, and for a
 *          wildcard the hosts below it
 */
#include "publisher/orders/order_names.h"

#include "base/mem.h"

LIST_HEAD(order_domain, order_name);

void publisher_order_names_init(struct order_names *names)
{
	*names = (struct order_names){ 0 };
	map_init(&names->names, mem_free);
	map_init(&names->domains, mem_free);
}

void publisher_order_names_clear(struct order_names *names)
{
	map_clear(&names->names);
	map_clear(&names->domains);
}

/* What stands behind the first dot; absent: there is none. */
static struct str domain_of(struct str name)
{
	const long dot = str_find(name, '.');

	return dot < 0 ? STR_NONE : str_slice(name, (size_t)dot + 1, name.len);
}

static struct str text_of(const struct order_name *name)
{
	return (struct str){ name->text, name->len };
}

static struct order_name *find_or_add(struct order_names *names, struct str text)
{
	struct order_name *name = map_get(&names->names, text);
	struct str domain = domain_of(text);
	struct order_domain *list;

	if (name)
		return name;
	name = mem_alloc(sizeof(*name) + text.len + 1);
	name->len = text.len;
	memcpy(name->text, text.ptr, text.len);
	LIST_INIT(&name->orders);
	map_put(&names->names, text, name);
	if (!domain.ptr)
		return name;
	list = map_get_or_make(&names->domains, domain, sizeof(*list));
	LIST_INSERT_HEAD(list, name, of_domain);
	return name;
}

static void drop_if_idle(struct order_names *names, struct order_name *name)
{
	struct str domain = domain_of(text_of(name));
	struct order_domain *list;

	if (name->n_routes || name->n_promised || name->n_there || !LIST_EMPTY(&name->orders))
		return;
	list = domain.ptr ? map_get(&names->domains, domain) : NULL;
	if (list)
		LIST_REMOVE(name, of_domain);
	if (list && LIST_EMPTY(list))
		map_del(&names->domains, domain);
	map_del(&names->names, text_of(name));
}

static bool has_wildcard(const struct order_names *names, const struct order_name *name)
{
	struct str domain = domain_of(text_of(name));
	const struct order_name *wildcard;
	struct pool pool;

	if (!domain.ptr)
		return false;
	pool_init(&pool);
	wildcard = map_get(&names->names, pool_printf(&pool, "*." STR_FMT, STR_ARG(domain)));
	pool_clear(&pool);
	return wildcard && wildcard->n_there;
}

enum order_need publisher_order_names_need(const struct order_names *names,
					   const struct order_name *name)
{
	if (!name->n_routes || name->n_there || has_wildcard(names, name))
		return ORDER_NEEDLESS;
	return name->n_promised ? ORDER_PROMISED : ORDER_NEEDED;
}

static void tell(struct order_names *names, struct order_name *name)
{
	if (names->changed)
		names->changed(names->self, name);
}

/* A count of one name, which is forgotten when nothing is left of it. */
static void count(struct order_names *names, struct str text, size_t offset, int step)
{
	struct order_name *name = find_or_add(names, text);
	size_t *n = (size_t *)((char *)name + offset);
	const bool was = *n > 0;

	if (step > 0 || was)
		*n += (size_t)step;
	if (was == (*n > 0))
		return;
	tell(names, name);
	drop_if_idle(names, name);
}

void publisher_order_names_route(struct order_names *names, struct str host, int step)
{
	count(names, host, offsetof(struct order_name, n_routes), step);
}

void publisher_order_names_promise(struct order_names *names, struct str host, int step)
{
	count(names, host, offsetof(struct order_name, n_promised), step);
}

void publisher_order_names_there(struct order_names *names, struct str dns_name, int step)
{
	struct order_domain *list;
	struct order_name *name;

	count(names, dns_name, offsetof(struct order_name, n_there), step);
	if (!str_starts(dns_name, "*."))
		return;
	list = map_get(&names->domains, domain_of(dns_name));
	if (!list)
		return;
	LIST_FOREACH(name, list, of_domain)
	if (name->n_routes)
		tell(names, name);
}

void publisher_order_names_link(struct order_names *names, struct str host, struct order_link *link)
{
	link->name = find_or_add(names, host);
	LIST_INSERT_HEAD(&link->name->orders, link, of_name);
	tell(names, link->name);
}

void publisher_order_names_unlink(struct order_names *names, struct order_link *link)
{
	struct order_name *name = link->name;

	link->name = NULL;
	LIST_REMOVE(link, of_name);
	tell(names, name);
	drop_if_idle(names, name);
}
