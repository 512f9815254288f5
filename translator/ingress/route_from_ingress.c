/* route_from_ingress: makes the routes of rules, paths and the default backend.
 *
 *   in     the Ingress, the route that its annotations make
 *   out    one route a path, in the reference's order: by `from` ascending, then by path, regex and
 *          prefix descending, then by id
 *   owns   nothing
 *   never  makes two routes with the same id
 */
#include "translator/ingress/ingress.h"

#include "net/url.h"
#include "rules/rules.h"
#include "translator/ingress/names.h"

#define MAX_ROUTES 10000 /* of one Ingress: far above any real one, and memory stays bounded */

/* A path with what its rule says. */
struct place {
	struct str host;
	const struct msg_path *path;
	const Pomerium__Config__Route *route;
	bool exact;
};

struct place_list {
	struct place *items;
	size_t n;
};

/* ---- places ---- */

static int add_places(struct ingress_job *job, struct str host, const struct msg_http_rule *http,
		      struct place_list *out, struct err *err)
{
	if (!host.len && !(job->flags & INGRESS_EMPTY_HOST))
		return err_rule(err, RULE_HOST_EMPTY,
				"a rule has an empty host; if it is meant to serve every host, set "
				"the annotation " STR_FMT "/subtle_allow_empty_host to true",
				STR_ARG(job->settings->prefix));
	for (size_t i = 0; i < host.len; i++)
		if (host.ptr[i] >= 'A' && host.ptr[i] <= 'Z')
			return err_rule(
				err, RULE_HOST_CASE,
				"the host %s should be in lower case, as an API server wants it",
				err_quote(host));
	if (!http)
		return err_rule(err, RULE_HOST_HTTP, "the rule for host %s has no http",
				err_quote(host));
	if (out->n + http->paths.n > MAX_ROUTES)
		return err_rule(err, RULE_PATHS_MAX,
				"the rules have more than %d paths: split the Ingress", MAX_ROUTES);
	for (size_t i = 0; i < http->paths.n; i++) {
		struct place *place = pool_push(job->pool, &out->items, &out->n, sizeof(*place));

		place->host = host.len ? host : STR("*");
		place->path = &http->paths.items[i];
		place->exact = str_is(place->path->pathType, "Exact");
	}
	return 0;
}

/* The default backend serves every path of the one host that spec.tls names. */
static int add_default(struct ingress_job *job, struct place_list *out, struct err *err)
{
	const struct msg_ingress_spec *spec = &job->ingress->spec;
	struct msg_http_rule *http = pool_alloc(job->pool, sizeof(*http));
	struct msg_path *path = pool_alloc(job->pool, sizeof(*path));

	if (!spec->defaultBackend)
		return 0;
	if (spec->tls.n != 1)
		return err_rule(err, RULE_DEFAULT_HOST,
				"spec.defaultBackend takes its host from spec.tls, which should "
				"have one entry, but has %zu",
				spec->tls.n);
	if (spec->tls.items[0].hosts.n != 1)
		return err_rule(err, RULE_DEFAULT_HOST,
				"spec.defaultBackend takes its host from spec.tls[0].hosts, which "
				"should have one host, "
				"but has %zu",
				spec->tls.items[0].hosts.n);
	path->path = STR("/");
	path->pathType = STR("Prefix");
	path->backend = *spec->defaultBackend;
	http->paths.items = path;
	http->paths.n = 1;
	if (add_places(job, spec->tls.items[0].hosts.items[0], http, out, err))
		return err_wrap(err, "spec.defaultBackend");
	return 0;
}

/* ---- one route ---- */

static int set_from(struct ingress_job *job, const struct place *place,
		    Pomerium__Config__Route *route, struct err *err)
{
	struct str host = place->host;
	const char *scheme = job->flags & INGRESS_SSH ? "ssh" : "https";
	int64_t port;

	if (job->flags & (INGRESS_TCP | INGRESS_UDP)) {
		if ((job->flags & INGRESS_TCP) && (job->flags & INGRESS_UDP))
			return err_rule(
				err, RULE_TUNNEL_KINDS,
				"annotations tcp_upstream and udp_upstream cannot both be true");
		if (translator_upstream_from_service_port(job, place->path->backend.service, &port,
							  err))
			return -1;
		host = url_join(host, port, job->pool);
		scheme = job->flags & INGRESS_TCP ? "tcp+https" : "udp+https";
	}
	PB_SET_TEXT(route, from,
		    pool_printf(job->pool, "%s://" STR_FMT, scheme,
				STR_ARG(url_escape(host, URL_HOST, job->pool))));
	return 0;
}

static int set_tunnel_path(const struct ingress_job *job, const struct msg_path *path,
			   struct err *err)
{
	const char *what = job->flags & INGRESS_TCP   ? "TCP"
			   : job->flags & INGRESS_UDP ? "UDP"
						      : "SSH";

	if (!str_is(path->pathType, "ImplementationSpecific"))
		return err_rule(err, RULE_TUNNEL_PATH,
				"%s routes need the path type ImplementationSpecific, got %s", what,
				err_quote(path->pathType));
	if (path->path.len)
		return err_rule(err, RULE_TUNNEL_PATH, "%s routes have no path, got %s", what,
				err_quote(path->path));
	return 0;
}

static int set_path(const struct ingress_job *job, const struct msg_path *path,
		    Pomerium__Config__Route *route, struct err *err)
{
	if (!path->pathType.ptr)
		return err_rule(err, RULE_PATH_TYPE,
				"pathType is missing: it should be Exact, Prefix or "
				"ImplementationSpecific");
	if (job->flags & (INGRESS_TCP | INGRESS_UDP | INGRESS_SSH))
		return set_tunnel_path(job, path, err);
	if (str_is(path->pathType, "Exact")) {
		PB_SET_TEXT(route, path, path->path);
	} else if (str_is(path->pathType, "ImplementationSpecific") &&
		   (job->flags & INGRESS_PATH_REGEX)) {
		PB_SET_TEXT(route, regex, path->path);
	} else if (str_is(path->pathType, "ImplementationSpecific") ||
		   str_is(path->pathType, "Prefix")) {
		PB_SET_TEXT(route, prefix, path->path);
	} else {
		return err_rule(
			err, RULE_PATH_TYPE,
			"pathType should be Exact, Prefix or ImplementationSpecific, got %s",
			err_quote(path->pathType));
	}
	return 0;
}

static void set_names(struct ingress_job *job, const struct place *place,
		      Pomerium__Config__Route *route)
{
	const struct msg_meta *meta = &job->ingress->metadata;
	const struct translator_route_name name = { meta->namespace, meta->name, place->host,
						    place->path->path };
	struct str stat = translator_names_stat(&name, job->pool);

	PB_SET_TEXT(route, id, translator_names_id(&name, false, job->pool));
	PB_SET_TEXT(route, stat_name, stat);
	if (!route->has_name || !pb_str(route->name).len)
		PB_SET_TEXT(route, name, stat);
}

static int fill_route(struct ingress_job *job, const struct place *place,
		      Pomerium__Config__Route *route, struct err *err)
{
	if (!place->path->backend.service)
		return err_rule(
			err, RULE_BACKEND_SERVICE,
			"the backend is not a Service: resource backends are not supported");
	if (set_from(job, place, route, err) || set_path(job, place->path, route, err))
		return -1;
	set_names(job, place, route);
	return translator_upstream_from_service(job, place->path->backend.service, route, err);
}

/* ---- all of them ---- */

static int id_cmp(const void *a, const void *b)
{
	const struct place *x = *(struct place *const *)a, *y = *(struct place *const *)b;
	int order = str_cmp(pb_str(x->route->id), pb_str(y->route->id));

	return order ? order : (int)y->exact - (int)x->exact;
}

static int refuse_double(const struct ingress_job *job, const struct place *place, struct err *err)
{
	if (job->flags & (INGRESS_TCP | INGRESS_UDP | INGRESS_SSH))
		return err_rule(err, RULE_TUNNEL_HOST,
				"host %s has several TCP, UDP or SSH routes: a host can have one, "
				"whatever the port",
				err_quote(place->host));
	return err_rule(err, RULE_PATH_TWICE,
			"path %s of host %s is listed twice with path type %s: keep one of them",
			err_quote(place->path->path), err_quote(place->host),
			err_quote(place->path->pathType));
}

/* If an exact and another path would have the same id, the id of the exact one says so. Two of the
 * same kind are an error. */
static int make_ids_unique(struct ingress_job *job, struct place_list *places,
			   Pomerium__Config__Route **routes, struct err *err)
{
	struct place **sorted = pool_array(job->pool, places->n, sizeof(*sorted));

	for (size_t i = 0; i < places->n; i++) {
		places->items[i].route = routes[i];
		sorted[i] = &places->items[i];
	}
	if (places->n)
		qsort(sorted, places->n, sizeof(*sorted), id_cmp);
	for (size_t i = 0; i + 1 < places->n; i++) {
		struct place *a = sorted[i], *b = sorted[i + 1];
		const struct msg_meta *meta = &job->ingress->metadata;
		const struct translator_route_name name = { meta->namespace, meta->name, a->host,
							    a->path->path };

		if (!str_eq(pb_str(a->route->id), pb_str(b->route->id)))
			continue;
		if (a->exact == b->exact)
			return refuse_double(job, a, err);
		PB_SET_TEXT(routes[a - places->items], id,
			    translator_names_id(&name, true, job->pool));
	}
	return 0;
}

static int route_cmp(const void *a, const void *b)
{
	const Pomerium__Config__Route *x = *(Pomerium__Config__Route *const *)a;
	const Pomerium__Config__Route *y = *(Pomerium__Config__Route *const *)b;
	int order = str_cmp(pb_str(x->from), pb_str(y->from));

	if (!order)
		order = str_cmp(pb_str(y->path), pb_str(x->path));
	if (!order)
		order = str_cmp(pb_str(y->regex), pb_str(x->regex));
	if (!order)
		order = str_cmp(pb_str(y->prefix), pb_str(x->prefix));
	return order ? order : str_cmp(pb_str(x->id), pb_str(y->id));
}

int translator_route_from_ingress(struct ingress_job *job, Pomerium__Config__Config *config,
				  struct err *err)
{
	const struct msg_rule_list *rules = &job->ingress->spec.rules;
	struct place_list places = { NULL, 0 };

	if (add_default(job, &places, err))
		return -1;
	for (size_t i = 0; i < rules->n; i++)
		if (add_places(job, rules->items[i].host, rules->items[i].http, &places, err))
			return -1;
	config->routes = pool_array(job->pool, places.n, sizeof(*config->routes));
	for (size_t i = 0; i < places.n; i++) {
		Pomerium__Config__Route *route = pool_alloc(job->pool, sizeof(*route));

		*route = *job->route; /* shares what the annotations say */
		config->routes[config->n_routes++] = route;
		if (fill_route(job, &places.items[i], route, err))
			return err_wrap(err, "path %s of host %s",
					err_quote(places.items[i].path->path),
					err_quote(places.items[i].host));
	}
	if (make_ids_unique(job, &places, config->routes, err))
		return -1;
	if (config->n_routes)
		qsort(config->routes, config->n_routes, sizeof(*config->routes), route_cmp);
	return 0;
}
