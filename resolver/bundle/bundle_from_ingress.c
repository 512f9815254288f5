/* bundle_from_ingress: an Ingress with its Secrets, its Services and their ready addresses.
 *
 *   in     one Ingress, the store
 *   out    a bundle and what it costs, or the sentence that names what is missing or too much
 *   never  judges rules or annotations: that is the translator's work
 */
#include "resolver/bundle/bundle_parts.h"

#include "base/text/text_set.h"
#include "net/hostname.h"
#include "resolver/bundle/endpoints.h"
#include "rules/rules.h"

#define URL_BYTES 32 /* of an upstream, about */

/* Slices refer to this key of the Service that they belong to; see changes.c. */
static struct msg_key provider_key(const struct msg_key *service)
{
	return (struct msg_key){ .kind = MSG_KIND_ENDPOINTS,
				 .namespace = service->namespace,
				 .name = service->name };
}

static struct msg_bundle_endpoint_list gather_endpoints(const struct bundle_source *source,
							const struct msg_key *service,
							struct pool *pool)
{
	struct msg_key provider = provider_key(service);
	struct key_list slices = resolver_graph_referrers(source->graph, &provider, pool);
	struct endpoints endpoints = { .pool = pool };
	struct msg_object object;

	for (size_t i = 0; i < slices.n; i++)
		if (resolver_store_get(source->store, &slices.items[i], pool, &object) == 0)
			resolver_endpoints_add_slice(&endpoints, object.endpoint_slice);
	if (slices.n == 0 && resolver_store_get(source->store, &provider, pool, &object) == 0)
		resolver_endpoints_add_endpoints(&endpoints, object.endpoints);
	return resolver_endpoints_finish(&endpoints);
}

static int add_service(const struct bundle_source *source, const struct reference *ref,
		       struct pool *pool, struct msg_bundle *out, struct err *err)
{
	struct msg_bundle_service *service;
	struct msg_object object;

	if (ref->key.kind == MSG_KIND_NONE)
		return err_rule(err, RULE_SERVICE_MISSING,
				STR_FMT ": Service %s not found: no object can have this name",
				STR_ARG(ref->where), err_quote(ref->text));
	if (resolver_store_get(source->store, &ref->key, pool, &object) < 0) {
		if (source->settings->lenient)
			return 0;
		return err_rule(err, RULE_SERVICE_MISSING,
				STR_FMT ": Service \"" STR_FMT "/" STR_FMT "\" not found%s",
				STR_ARG(ref->where), STR_ARG(ref->key.namespace),
				STR_ARG(ref->key.name),
				resolver_bundle_parts_why_unread(source, MSG_KIND_SERVICE, pool));
	}
	service = pool_push(pool, &out->services.items, &out->services.n, sizeof(*service));
	service->namespace = ref->key.namespace;
	service->name = ref->key.name;
	service->spec = object.service->spec;
	if (!str_is(service->spec.type, "ExternalName"))
		service->endpoints = gather_endpoints(source, &ref->key, pool);
	return 0;
}

/* ---- hosts ---- */

/* Those that its routes may have; the default backend has the host of spec.tls. */
static struct str_list list_hosts(const struct msg_ingress_spec *spec, struct pool *pool)
{
	struct text_set hosts;

	text_set_init(&hosts, pool);
	for (size_t i = 0; i < spec->rules.n; i++)
		text_set_add(&hosts, hostname_of_rule(spec->rules.items[i].host, pool));
	if (spec->defaultBackend && spec->tls.n && spec->tls.items[0].hosts.n)
		text_set_add(&hosts, hostname_of_rule(spec->tls.items[0].hosts.items[0], pool));
	text_set_clear(&hosts);
	return hosts.list;
}

/* ---- what it costs ---- */

/* Upstreams of a path to this Service, at most: the endpoints of one of its ports. */
static uint64_t upstreams_of(const struct msg_bundle_service *service)
{
	const struct msg_bundle_endpoint_list *list = &service->endpoints;
	uint64_t n = 0, most = 1;

	for (size_t i = 0; i < list->n; i++) {
		if (i && !str_eq(list->items[i].port_name, list->items[i - 1].port_name))
			n = 0;
		n += list->items[i].addresses.n;
		most = n > most ? n : most;
	}
	return most;
}

static uint64_t addresses_of(const struct msg_bundle_service *service)
{
	uint64_t n = 0;

	for (size_t i = 0; i < service->endpoints.n; i++)
		n += service->endpoints.items[i].addresses.n;
	return n;
}

/* Each port of each Service is gathered, whether a path leads there or not. */
static int check_addresses(uint64_t n, struct err *err)
{
	if (n <= 2 * MSG_COST_URLS_MAX)
		return 0;
	return err_rule(err, RULE_UPSTREAMS_MAX,
			"its Services have %llu addresses, each port counted, but may have %d: "
			"split the Ingress",
			(unsigned long long)n, 2 * MSG_COST_URLS_MAX);
}

static int check_ports(const struct msg_bundle_service *service, struct err *err)
{
	const uint64_t n = upstreams_of(service);

	if (n <= MSG_COST_ADDRESSES_MAX)
		return 0;
	return err_rule(err, RULE_UPSTREAMS_MAX,
			"its Service \"" STR_FMT "\" has %llu addresses at one port, but may have "
			"%d",
			STR_ARG(service->name), (unsigned long long)n, MSG_COST_ADDRESSES_MAX);
}

static int add_services(const struct bundle_source *source, const struct reference_list *refs,
			struct pool *pool, struct resolved *out, struct err *err)
{
	const struct msg_cost_limits *limits = &source->settings->limits.owner;
	struct msg_bundle_service_list *services = &out->bundle.services;
	struct msg_cost *cost = &out->cost;
	uint64_t n_addresses = 0;

	for (size_t i = 0; i < refs->n; i++) {
		const struct reference *ref = &refs->items[i];
		const struct msg_bundle_service *service;
		const size_t n = services->n;

		if (ref->kind != MSG_KIND_SERVICE)
			continue;
		if (add_service(source, ref, pool, &out->bundle, err) < 0)
			return -1;
		if (services->n == n)
			continue;
		service = &services->items[n];
		n_addresses += addresses_of(service);
		if (check_ports(service, err))
			return -1;
		if (!cost->is_proxied)
			cost->urls += ref->n_paths * (upstreams_of(service) - 1);
		cost->url_bytes = cost->urls * URL_BYTES;
		if (msg_cost_check(cost, limits, err) || check_addresses(n_addresses, err))
			return -1;
	}
	return 0;
}

/* Whose certificate somebody provides, whether it is there yet or not. */
static struct str_list list_promised(const struct msg_ingress_spec *spec, struct pool *pool)
{
	struct text_set hosts;

	text_set_init(&hosts, pool);
	for (size_t i = 0; i < spec->tls.n; i++) {
		const struct msg_tls *tls = &spec->tls.items[i];

		for (size_t k = 0; tls->secretName.len && k < tls->hosts.n; k++)
			text_set_add(&hosts, hostname_of_rule(tls->hosts.items[k], pool));
	}
	text_set_clear(&hosts);
	return hosts.list;
}

enum resolve_outcome resolver_bundle_from_ingress(const struct bundle_source *source,
						  struct msg_ingress *ingress, struct pool *pool,
						  struct resolved *out, struct err *err)
{
	struct reference_list refs;
	enum resolve_outcome outcome;

	out->bundle.ingress = ingress;
	out->ticket.status = ingress->status.loadBalancer;
	out->ticket.hosts = list_hosts(&ingress->spec, pool);
	out->ticket.promised = list_promised(&ingress->spec, pool);
	out->cost = msg_cost_of(ingress, source->settings->prefix);
	if (msg_cost_check(&out->cost, &source->settings->limits.owner, err))
		return RESOLVE_REJECT;
	resolver_references_from_ingress(ingress, source->settings->prefix, pool, &refs);
	outcome = resolver_bundle_parts_add_secrets(source, &refs, pool, out, err);
	if (outcome == RESOLVE_REJECT)
		return outcome;
	return add_services(source, &refs, pool, out, err) ? RESOLVE_REJECT : outcome;
}
