/* endpoints: ready addresses of a Service by port.
 *
 *   in     the EndpointSlices of one Service, or its Endpoints object
 *   out    one entry a port (name, number, protocol), addresses in byte order, each once
 *   never  falls back to DNS: the translator does, where the list is empty
 */
#include "resolver/bundle/endpoints.h"

static const char SERVICE_LABEL[] = "kubernetes.io/service-name";

/* Kubernetes' own limits for one slice, and ours for one Service. What exceeds them is not
 * served. */
#define SLICE_PORTS_MAX 100
#define SLICE_ENDPOINTS_MAX 1000
#define SERVICE_PORTS_MAX 1000
#define SERVICE_ADDRESSES_MAX 100000

struct str resolver_endpoints_service_of(const struct msg_endpoint_slice *slice)
{
	return str_map_get(&slice->metadata.labels, SERVICE_LABEL);
}

static size_t at_most(size_t n, size_t max)
{
	return n < max ? n : max;
}

/* NULL for a port without a number: it cannot be used. */
static struct msg_bundle_endpoint *port_entry(struct endpoints *e,
					      const struct msg_endpoint_port *port)
{
	struct str protocol = port->protocol.len > 0 ? port->protocol : STR("TCP");
	struct msg_bundle_endpoint *entry;

	if (port->port == 0)
		return NULL;
	for (size_t i = 0; i < e->list.n; i++) {
		entry = &e->list.items[i];
		if (entry->port == port->port && str_eq(entry->port_name, port->name) &&
		    str_eq(entry->protocol, protocol))
			return entry;
	}
	if (e->list.n == SERVICE_PORTS_MAX)
		return NULL;
	entry = pool_push(e->pool, &e->list.items, &e->list.n, sizeof(*entry));
	entry->port_name = port->name;
	entry->port = port->port;
	entry->protocol = protocol;
	return entry;
}

static void add_address(struct endpoints *e, struct msg_bundle_endpoint *entry, struct str address)
{
	struct str *item;

	if (!entry || address.len == 0 || e->n_addresses == SERVICE_ADDRESSES_MAX)
		return;
	e->n_addresses++;
	item = pool_push(e->pool, &entry->addresses.items, &entry->addresses.n, sizeof(*item));
	*item = address;
}

void resolver_endpoints_add_slice(struct endpoints *endpoints,
				  const struct msg_endpoint_slice *slice)
{
	/* Other address types have no defined meaning. */
	if (!str_is(slice->addressType, "IPv4") && !str_is(slice->addressType, "IPv6"))
		return;
	for (size_t i = 0; i < at_most(slice->ports.n, SLICE_PORTS_MAX); i++) {
		struct msg_bundle_endpoint *entry = port_entry(endpoints, &slice->ports.items[i]);

		for (size_t j = 0; j < at_most(slice->endpoints.n, SLICE_ENDPOINTS_MAX); j++) {
			const struct msg_endpoint *endpoint = &slice->endpoints.items[j];

			/* Unknown counts as ready. */
			for (size_t k = 0;
			     endpoint->conditions.ready != 0 && k < endpoint->addresses.n; k++)
				add_address(endpoints, entry, endpoint->addresses.items[k]);
		}
	}
}

void resolver_endpoints_add_endpoints(struct endpoints *endpoints,
				      const struct msg_endpoints *object)
{
	for (size_t i = 0; i < object->subsets.n; i++) {
		const struct msg_endpoint_subset *subset = &object->subsets.items[i];

		for (size_t j = 0; j < at_most(subset->ports.n, SLICE_PORTS_MAX); j++) {
			struct msg_bundle_endpoint *entry =
				port_entry(endpoints, &subset->ports.items[j]);

			for (size_t k = 0; k < subset->addresses.n; k++)
				add_address(endpoints, entry, subset->addresses.items[k].ip);
		}
	}
}

static int compare_ports(const void *a, const void *b)
{
	const struct msg_bundle_endpoint *x = a, *y = b;
	int order = str_cmp(x->port_name, y->port_name);

	if (order == 0)
		order = (x->port > y->port) - (x->port < y->port);
	return order != 0 ? order : str_cmp(x->protocol, y->protocol);
}

static int compare_texts(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void sort_addresses(struct str_list *list)
{
	size_t kept = 0;

	if (list->n > 1)
		qsort(list->items, list->n, sizeof(*list->items), compare_texts);
	for (size_t i = 0; i < list->n; i++)
		if (kept == 0 || !str_eq(list->items[kept - 1], list->items[i]))
			list->items[kept++] = list->items[i];
	list->n = kept;
}

struct msg_bundle_endpoint_list resolver_endpoints_finish(struct endpoints *endpoints)
{
	struct msg_bundle_endpoint_list *list = &endpoints->list;
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++) {
		sort_addresses(&list->items[i].addresses);
		if (list->items[i].addresses.n > 0)
			list->items[kept++] = list->items[i];
	}
	list->n = kept;
	if (list->n > 1)
		qsort(list->items, list->n, sizeof(*list->items), compare_ports);
	return *list;
}
