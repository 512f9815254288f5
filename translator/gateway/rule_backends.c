/* rule_backends: where a rule sends its requests.
 *
 *   in     the backendRefs of a rule, the Services and grants of the bundle
 *   out    `to` and weights of its routes, or the answer of a rule that has nobody to ask
 *   owns   nothing
 *   never  looks at endpoints: backends are addressed by the name of their Service
 */
#include "translator/gateway/rule.h"

#include "translator/gateway/grant.h"

enum protocol { PROTOCOL_HTTP, PROTOCOL_H2C, PROTOCOL_WS, PROTOCOL_UNSUPPORTED };

/* A backendRef that can be served. */
struct backend {
	const struct msg_bundle_service *service;
	int64_t port;
	enum protocol protocol;
};

static const struct msg_bundle_service *service_of(const struct msg_bundle *bundle,
						   struct str namespace, struct str name)
{
	for (size_t i = 0; i < bundle->services.n; i++) {
		const struct msg_bundle_service *service = &bundle->services.items[i];

		if (str_eq(service->namespace, namespace) && str_eq(service->name, name))
			return service;
	}
	return NULL;
}

static const struct msg_service_port *port_of(const struct msg_bundle_service *service,
					      int64_t number)
{
	for (size_t i = 0; i < service->spec.ports.n; i++)
		if (service->spec.ports.items[i].port == number)
			return &service->spec.ports.items[i];
	return NULL;
}

static enum protocol protocol_of(const struct msg_service_port *port)
{
	struct str name = port ? port->appProtocol : STR_NONE;

	if (str_is(name, "kubernetes.io/h2c"))
		return PROTOCOL_H2C;
	if (str_is(name, "kubernetes.io/ws"))
		return PROTOCOL_WS;
	return str_starts(name, "kubernetes.io/") ? PROTOCOL_UNSUPPORTED : PROTOCOL_HTTP;
}

/* One that is not in the manifests, as if it were. */
static const struct msg_bundle_service *assume(struct pool *pool, const struct grant_question *q)
{
	struct msg_bundle_service *service = pool_alloc(pool, sizeof(*service));

	service->namespace = q->to_namespace;
	service->name = q->to_name;
	return service;
}

/* NULL, or the reason why it is not valid. */
static const char *judge(const struct gateway_job *job, const struct msg_http_backend_ref *ref,
			 struct backend *out)
{
	struct str own = job->bundle->http_route->metadata.namespace;
	const struct grant_question q = {
		.from_kind = "HTTPRoute",
		.from_namespace = own,
		.to_group = ref->group,
		.to_kind = gateway_default(ref->kind, "Service"),
		.to_namespace = ref->namespace.len ? ref->namespace : own,
		.to_name = ref->name,
	};
	const struct msg_service_port *port;

	if (q.to_group.len || !str_is(q.to_kind, "Service"))
		return "InvalidKind";
	if (!translator_grant_allows(job->bundle, &q))
		return "RefNotPermitted";
	out->service = service_of(job->bundle, q.to_namespace, q.to_name);
	if (!out->service && job->settings->lenient)
		out->service = assume(job->pool, &q);
	if (!out->service || ref->port < 0)
		return "BackendNotFound";
	port = port_of(out->service, ref->port);
	out->port = ref->port;
	out->protocol = protocol_of(port);
	if (out->protocol == PROTOCOL_UNSUPPORTED)
		return "UnsupportedProtocol";
	if (str_is(out->service->spec.clusterIP, "None") && port && port->targetPort.is_int)
		out->port = port->targetPort.number; /* its name is that of the Pods themselves */
	return NULL;
}

static void add(struct gateway_job *job, Pomerium__Config__Route *route,
		const struct backend *backend, int64_t weight)
{
	struct str url =
		pool_printf(job->pool, "%s://" STR_FMT "." STR_FMT ".svc." STR_FMT ":%lld",
			    backend->protocol == PROTOCOL_H2C ? "h2c" : "http",
			    STR_ARG(backend->service->name), STR_ARG(backend->service->namespace),
			    STR_ARG(job->settings->cluster_domain), (long long)backend->port);

	PB_PUSH(job->pool, route, to, pb_bytes(url));
	PB_PUSH(job->pool, route, load_balancing_weights, (uint32_t)weight);
	if (backend->protocol == PROTOCOL_WS)
		PB_SET(route, allow_websockets, 1);
}

/* The protocol is one of the route, not of an upstream. */
static int check_protocol(struct http_rule *rule, const struct backend *first,
			  const struct backend *next, struct err *err)
{
	if (!first->service || first->protocol == next->protocol)
		return 0;
	err_set(err, "its backends have different values of appProtocol, which one route "
		     "cannot have");
	return translator_rule_refuse(rule, "UnsupportedValue");
}

void translator_rule_backends_apply(struct gateway_job *job, struct http_rule *rule,
				    struct refusals *refusals)
{
	const struct msg_http_backend_ref_list *refs = &rule->spec->backendRefs;
	Pomerium__Config__Route *route = rule->route;
	struct backend first = { 0 };
	struct err err = { "" };

	for (size_t i = 0; i < refs->n; i++) {
		const struct msg_http_backend_ref *ref = &refs->items[i];
		struct backend backend = { 0 };
		const char *reason = judge(job, ref, &backend);

		if (reason)
			translator_condition_refuse(refusals, reason, ref->name, job->pool);
		if (reason || rule->is_broken || ref->weight == 0)
			continue;
		if (check_protocol(rule, &first, &backend, &err)) {
			route->n_to = route->n_load_balancing_weights = 0;
			translator_rule_break(job, rule, rule->reason, &err);
			continue;
		}
		first = backend;
		add(job, route, &backend, ref->weight < 0 ? 1 : ref->weight);
	}
	if (rule->is_broken || route->redirect)
		return;
	if (!refs->n)
		translator_rule_respond(job, route, job->settings->no_backend_status,
					"no backend specified");
	else if (!route->n_to)
		translator_rule_respond(job, route, 500, "no valid backend");
}
