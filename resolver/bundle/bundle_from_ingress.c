/* bundle_from_ingress: an Ingress with its Secrets, its Services and their ready addresses.
 *
 *   in     one Ingress, the store
 *   out    a bundle, or the sentence that names what is missing
 *   never  judges rules or annotations: that is the translator's work
 */
#include "resolver/bundle/bundle_parts.h"

#include "net/hostname.h"
#include "resolver/bundle/endpoints.h"
#include "rules/rules.h"

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
static void list_hosts(const struct msg_ingress_spec *spec, struct pool *pool, struct str_list *out)
{
	struct map seen;

	map_init(&seen, NULL);
	for (size_t i = 0; i < spec->rules.n; i++)
		resolver_bundle_parts_add_host(
			&seen, hostname_of_rule(spec->rules.items[i].host, pool), pool, out);
	if (spec->defaultBackend && spec->tls.n && spec->tls.items[0].hosts.n)
		resolver_bundle_parts_add_host(
			&seen, hostname_of_rule(spec->tls.items[0].hosts.items[0], pool), pool,
			out);
	map_clear(&seen);
}

enum resolve_outcome resolver_bundle_from_ingress(const struct bundle_source *source,
						  struct msg_ingress *ingress, struct pool *pool,
						  struct resolved *out, struct err *err)
{
	struct reference_list refs;
	enum resolve_outcome outcome;

	out->bundle.ingress = ingress;
	out->ticket.status = ingress->status.loadBalancer;
	list_hosts(&ingress->spec, pool, &out->ticket.hosts);
	resolver_references_from_ingress(ingress, source->settings->prefix, pool, &refs);
	outcome = resolver_bundle_parts_add_secrets(source, &refs, pool, out, err);
	if (outcome == RESOLVE_REJECT)
		return outcome;
	for (size_t i = 0; i < refs.n; i++)
		if (refs.items[i].kind == MSG_KIND_SERVICE &&
		    add_service(source, &refs.items[i], pool, &out->bundle, err) < 0)
			return RESOLVE_REJECT;
	return outcome;
}
