/* rule_backends: where a rule sends its requests.
 *
 *   in     the backendRefs of a rule, the Services, grants and BackendTLSPolicies of the bundle
 *   out    `to` and weights of its routes, or the answer of a rule that has nobody to ask
 *   owns   nothing
 *   never  looks at endpoints: backends are addressed by the name of their Service
 */
#include "translator/gateway/rule.h"

#include "rules/rules.h"
#include "translator/gateway/backend_tls.h"
#include "translator/gateway/grant.h"

enum protocol { PROTOCOL_HTTP, PROTOCOL_H2C, PROTOCOL_WS, PROTOCOL_UNSUPPORTED };

/* A backendRef that can be served. */
struct backend {
	const struct msg_bundle_service *service;
	const struct msg_service_port *spec; /* NULL: the Service has no such port */
	int64_t port;
	enum protocol protocol;
	const struct backend_tls *tls; /* NULL: it is spoken to without */
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

	if (q.to_group.len || !str_is(q.to_kind, "Service"))
		return "InvalidKind";
	if (!translator_grant_allows(job->bundle, &q))
		return "RefNotPermitted";
	out->service = service_of(job->bundle, q.to_namespace, q.to_name);
	if (!out->service && job->settings->lenient)
		out->service = assume(job->pool, &q);
	if (!out->service || ref->port < 0)
		return "BackendNotFound";
	out->spec = port_of(out->service, ref->port);
	out->port = ref->port;
	out->protocol = protocol_of(out->spec);
	if (out->protocol == PROTOCOL_UNSUPPORTED)
		return "UnsupportedProtocol";
	if (str_is(out->service->spec.clusterIP, "None") && out->spec &&
	    out->spec->targetPort.is_int)
		out->port =
			out->spec->targetPort.number; /* its name is that of the Pods themselves */
	return NULL;
}

static void add(struct gateway_job *job, Pomerium__Config__Route *route,
		const struct backend *backend, int64_t weight)
{
	struct str url =
		pool_printf(job->pool, "%s://" STR_FMT "." STR_FMT ".svc." STR_FMT ":%lld",
			    backend->tls                        ? "https"
			    : backend->protocol == PROTOCOL_H2C ? "h2c"
								: "http",
			    STR_ARG(backend->service->name), STR_ARG(backend->service->namespace),
			    STR_ARG(job->settings->cluster_domain), (long long)backend->port);

	PB_PUSH(job->pool, route, to, pb_bytes(url));
	PB_PUSH(job->pool, route, load_balancing_weights, (uint32_t)weight);
	if (backend->protocol == PROTOCOL_WS)
		PB_SET(route, allow_websockets, 1);
	if (backend->tls && route->n_to == 1)
		translator_backend_tls_apply(backend->tls, route);
}

/* ---- what all backends of a rule share ---- */

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

/* So is TLS. */
static int check_tls(struct http_rule *rule, const struct backend *first,
		     const struct backend *next, struct err *err)
{
	if (next->tls && next->protocol == PROTOCOL_H2C)
		err_set(err, "appProtocol kubernetes.io/h2c is without TLS, and there is a "
			     "BackendTLSPolicy");
	else if (first->service && !translator_backend_tls_is_same(first->tls, next->tls))
		err_set(err, "its backends have BackendTLSPolicies that differ, which one route "
			     "cannot have");
	else
		return 0;
	return translator_rule_refuse(rule, "UnsupportedValue");
}

/* -1: the policy of the backend cannot be held. */
static int find_tls(struct gateway_job *job, struct http_rule *rule, struct backend *backend,
		    struct err *err)
{
	const struct msg_backend_tls_policy *policy =
		translator_backend_tls_find(job->bundle, backend->service, backend->spec);

	if (!policy)
		return 0;
	backend->tls = translator_backend_tls_judge(job, policy);
	if (!backend->tls->reason)
		return 0;
	rule->code = RULE_BACKEND_TLS;
	return err_set(err, "BackendTLSPolicy \"" STR_FMT "/" STR_FMT "\": %s",
		       STR_ARG(policy->metadata.namespace), STR_ARG(policy->metadata.name),
		       backend->tls->sentence.text);
}

static void break_rule(struct gateway_job *job, struct http_rule *rule, const struct err *why)
{
	Pomerium__Config__Route *route = rule->route;

	route->n_to = route->n_load_balancing_weights = 0;
	route->has_tls_upstream_server_name = route->has_tls_custom_ca = 0;
	translator_rule_break(job, rule, rule->reason, why);
	translator_rule_respond(job, route, 500, "invalid backend");
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
		if (find_tls(job, rule, &backend, &err) ||
		    check_protocol(rule, &first, &backend, &err) ||
		    check_tls(rule, &first, &backend, &err)) {
			break_rule(job, rule, &err);
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
