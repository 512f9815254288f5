/* upstream_from_service: says where a route sends its requests.
 *
 *   in     the backend of a path, the Service with its ready endpoints
 *   out    `to` of the route, sorted, and the TLS server name that follows from the Service
 *   owns   nothing
 *   never  drops a route because no endpoint is ready: the Service's cluster DNS name is used then
 */
#include "translator/ingress/ingress.h"

#include "net/url.h"
#include "rules/rules.h"

void translator_upstreams_init(struct ingress_job *job)
{
	const struct msg_bundle_service_list *services = &job->bundle->services;

	map_init(&job->services, NULL);
	map_init(&job->upstreams, NULL);
	for (size_t i = services->n; i-- > 0;) /* of two with one name the first counts */
		map_put(&job->services, services->items[i].name, &services->items[i]);
}

void translator_upstreams_clear(struct ingress_job *job)
{
	map_clear(&job->services);
	map_clear(&job->upstreams);
}

static const struct msg_bundle_service *service_of(const struct ingress_job *job, struct str name)
{
	return map_get(&job->services, name);
}

/* The port of the Service that the backend names or numbers, NULL if there is none. Of two ports
 * with one number the one of our protocol counts. */
static const struct msg_service_port *port_of(const struct ingress_job *job,
					      const struct msg_bundle_service *service,
					      const struct msg_service_port_ref *ref)
{
	const struct msg_service_port *found = NULL;
	bool udp = (job->flags & INGRESS_UDP) != 0;

	for (size_t i = 0; i < service->spec.ports.n; i++) {
		const struct msg_service_port *port = &service->spec.ports.items[i];

		if (ref->name.len ? str_eq(port->name, ref->name) : port->port == ref->number) {
			if (str_is(port->protocol, "UDP") == udp)
				return port;
			if (!found)
				found = port;
		}
	}
	return found;
}

/* A port that only the Service could number. */
static int64_t unknown_port(const struct ingress_job *job)
{
	return job->flags & INGRESS_SECURE_UPSTREAM ? 443 : 80;
}

int translator_upstream_from_service_port(struct ingress_job *job,
					  const struct msg_service_ref *ref, int64_t *number,
					  struct err *err)
{
	const struct msg_bundle_service *service = service_of(job, ref->name);
	const struct msg_service_port *port;

	if (!service && job->settings->lenient) {
		*number = ref->port.name.len ? unknown_port(job) : ref->port.number;
		return 0;
	}
	if (!service)
		return err_rule(err, RULE_SERVICE_MISSING, "Service %s does not exist",
				err_quote(ref->name));
	port = port_of(job, service, &ref->port);
	if (!port && ref->port.name.len)
		return err_rule(err, RULE_SERVICE_PORT,
				"Service " STR_FMT " has no port with the name %s",
				STR_ARG(ref->name), err_quote(ref->port.name));
	*number = port ? port->port : ref->port.number;
	return 0;
}

static const char *scheme_of(const struct ingress_job *job)
{
	if (job->flags & INGRESS_SSH)
		return "ssh";
	if (job->flags & INGRESS_TCP)
		return "tcp";
	if (job->flags & INGRESS_UDP)
		return "udp";
	return job->flags & INGRESS_SECURE_UPSTREAM ? "https" : "http";
}

static void add_url(struct ingress_job *job, struct str_list *urls, struct str host, int64_t port)
{
	struct str *url = pool_push(job->pool, &urls->items, &urls->n, sizeof(*url));

	host = url_escape(url_join(host, port, job->pool), URL_HOST, job->pool);
	*url = pool_printf(job->pool, "%s://" STR_FMT, scheme_of(job), STR_ARG(host));
}

enum match { MATCH_NAME, MATCH_NAME_AND_NUMBER, MATCH_NUMBER };

static bool port_matches(const struct msg_bundle_endpoint *endpoint,
			 const struct msg_service_port *port, enum match match)
{
	bool name = str_eq(endpoint->port_name, port->name);
	bool number = !port->targetPort.is_int || port->targetPort.number == endpoint->port;

	switch (match) {
	case MATCH_NAME:
		return name;
	case MATCH_NAME_AND_NUMBER:
		return name && number;
	case MATCH_NUMBER:
		return port->targetPort.is_int && number;
	}
	return false;
}

static void add_endpoints(struct ingress_job *job, const struct msg_bundle_service *service,
			  const struct msg_service_port *port, enum match match,
			  struct str_list *urls)
{
	for (size_t i = 0; i < service->endpoints.n; i++) {
		const struct msg_bundle_endpoint *endpoint = &service->endpoints.items[i];

		if (!endpoint->port || !port_matches(endpoint, port, match))
			continue;
		for (size_t k = 0; k < endpoint->addresses.n; k++)
			add_url(job, urls, endpoint->addresses.items[k], endpoint->port);
	}
}

static int url_cmp(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Endpoints carry the name of the Service's port. By number, a numeric target port must agree as
 * well; endpoints made by hand under another name are found by that number alone. */
static struct str_list endpoint_urls(struct ingress_job *job,
				     const struct msg_bundle_service *service,
				     const struct msg_service_ref *ref)
{
	const struct msg_service_port *port = port_of(job, service, &ref->port);
	struct str_list urls = { NULL, 0 };
	size_t n = 0;

	if (!port)
		return urls;
	add_endpoints(job, service, port, ref->port.name.len ? MATCH_NAME : MATCH_NAME_AND_NUMBER,
		      &urls);
	if (!urls.n && !ref->port.name.len)
		add_endpoints(job, service, port, MATCH_NUMBER, &urls);
	if (urls.n)
		qsort(urls.items, urls.n, sizeof(*urls.items), url_cmp);
	for (size_t i = 0; i < urls.n; i++)
		if (!n || !str_eq(urls.items[n - 1], urls.items[i]))
			urls.items[n++] = urls.items[i];
	urls.n = n;
	return urls;
}

static struct str dns_name(struct ingress_job *job, const struct msg_service_ref *ref)
{
	return pool_printf(job->pool, STR_FMT "." STR_FMT ".svc." STR_FMT, STR_ARG(ref->name),
			   STR_ARG(job->ingress->metadata.namespace),
			   STR_ARG(job->settings->cluster_domain));
}

static struct upstreams *make(struct ingress_job *job, const struct msg_service_ref *ref,
			      struct err *err)
{
	const struct msg_bundle_service *service = service_of(job, ref->name);
	const bool is_external = service && str_is(service->spec.type, "ExternalName");
	struct upstreams *made = pool_alloc(job->pool, sizeof(*made));
	struct str_list urls = { NULL, 0 };
	int64_t number = 0;

	if (translator_upstream_from_service_port(job, ref, &number, err))
		return NULL;
	if (is_external)
		add_url(job, &urls, service->spec.externalName, number);
	else if (service && !(job->flags & INGRESS_SERVICE_PROXY))
		urls = endpoint_urls(job, service, ref);
	made->are_ready = urls.n && !is_external;
	if (!urls.n)
		add_url(job, &urls, dns_name(job, ref), number);
	made->to = pool_array(job->pool, urls.n, sizeof(*made->to));
	made->n = urls.n;
	for (size_t i = 0; i < urls.n; i++) {
		made->to[i] = pb_bytes(urls.items[i]);
		made->bytes += urls.items[i].len;
	}
	return made;
}

const struct upstreams *translator_upstreams_of(struct ingress_job *job,
						const struct msg_service_ref *ref, struct err *err)
{
	const struct str key =
		pool_printf(job->pool, STR_FMT "/" STR_FMT "/%lld", STR_ARG(ref->name),
			    STR_ARG(ref->port.name), (long long)ref->port.number);
	struct upstreams *known = map_get(&job->upstreams, key);

	if (known)
		return known;
	known = make(job, ref, err);
	if (known)
		map_put(&job->upstreams, key, known);
	return known;
}

int translator_upstream_from_service(struct ingress_job *job, const struct msg_service_ref *ref,
				     Pomerium__Config__Route *route, struct err *err)
{
	const struct upstreams *upstreams = translator_upstreams_of(job, ref, err);

	if (!upstreams)
		return -1;
	if (upstreams->are_ready && (job->flags & INGRESS_SECURE_UPSTREAM) &&
	    !pb_str(route->tls_server_name).len)
		PB_SET_TEXT(route, tls_server_name, dns_name(job, ref));
	route->to = upstreams->to;
	route->n_to = upstreams->n;
	return 0;
}
