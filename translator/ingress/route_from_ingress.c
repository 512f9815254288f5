/* route_from_ingress: makes the routes of rules, paths and the default backend.
 *
 *   in     the Ingress, the route that its annotations make
 *   out    one route a path, in the reference's order: by `from` ascending, then by path, regex and
 *          prefix descending, then by id
 *   owns   nothing
 *   never  makes two routes with the same id
 */
#include "translator/ingress/ingress.h"

#include "net/hostname.h"
#include "net/url.h"
#include "rules/rules.h"
#include "translator/answer.h"
#include "translator/ingress/names.h"
#include "translator/validate/spelling.h"

#define NO_RULE SIZE_MAX

/* A path with what its rule says. */
struct place {
	struct str host;
	const struct msg_path *path;
	size_t rule, index;             /* where it stands; NO_RULE: the default backend */
	Pomerium__Config__Route *route; /* NULL: it is refused */
	bool exact;
};

struct route_places {
	struct place *items;
	size_t n;
};

/* ---- what is wrong, and where ---- */

static void refuse_rule(struct ingress_job *job, size_t rule, const char *part,
			const struct err *why)
{
	translator_answer_refuse(job->out, job->pool,
				 rule == NO_RULE
					 ? STR("spec.defaultBackend")
					 : pool_printf(job->pool, "spec.rules[%zu].%s", rule, part),
				 why);
}

static struct str field_of(const struct place *place, const char *part, struct pool *pool)
{
	if (place->rule == NO_RULE)
		return STR("spec.defaultBackend");
	return pool_printf(pool, "spec.rules[%zu].http.paths[%zu].%s", place->rule, place->index,
			   part);
}

static int refuse_path(struct ingress_job *job, const struct place *place, const char *part,
		       struct err *why)
{
	err_wrap(why, "path %s of host %s", err_quote(place->path->path), err_quote(place->host));
	translator_answer_refuse(job->out, job->pool, field_of(place, part, job->pool), why);
	return -1;
}

struct str translator_route_from_ingress_field(const struct ingress_job *job,
					       const Pomerium__Config__Route *route,
					       const char *part)
{
	const struct place *place = job->places->items;

	while (place->route != route)
		place++;
	if (strcmp(part, "host") == 0 && place->rule != NO_RULE)
		return pool_printf(job->pool, "spec.rules[%zu].host", place->rule);
	return field_of(place, part, job->pool);
}

/* ---- places ---- */

static int add_places(struct ingress_job *job, struct str host, const struct msg_http_rule *http,
		      size_t rule, struct route_places *out, struct err *err)
{
	if (!host.len && !(job->flags & INGRESS_EMPTY_HOST))
		return err_rule(err, RULE_HOST_EMPTY,
				"a rule has an empty host; if it is meant to serve every host, set "
				"the annotation " STR_FMT "/subtle_allow_empty_host to true",
				STR_ARG(job->settings->prefix));
	if (hostname_has_capitals(host) && str_find(host, '*') >= 0)
		return err_rule(err, RULE_HOST_CASE,
				"the host %s should be in lower case: a wildcard is matched as it "
				"is written",
				err_quote(host));
	if (!http)
		return err_rule(err, RULE_HOST_HTTP, "the rule for host %s has no http",
				err_quote(host));
	for (size_t i = 0; i < http->paths.n; i++) {
		struct place *place = pool_push(job->pool, &out->items, &out->n, sizeof(*place));

		place->host = host.len ? host : STR("*");
		place->path = &http->paths.items[i];
		place->rule = rule;
		place->index = i;
		place->exact = str_is(place->path->pathType, "Exact");
	}
	return 0;
}

/* The default backend serves every path of the one host that spec.tls names. */
static int add_default(struct ingress_job *job, struct route_places *out, struct err *err)
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
	if (add_places(job, spec->tls.items[0].hosts.items[0], http, NO_RULE, out, err))
		return err_wrap(err, "spec.defaultBackend");
	return 0;
}

/* That of the default backend; NULL: it has none. */
static struct str *default_host(struct ingress_job *job)
{
	const struct msg_ingress_spec *spec = &job->ingress->spec;

	return spec->defaultBackend && spec->tls.n == 1 && spec->tls.items[0].hosts.n == 1
		       ? &spec->tls.items[0].hosts.items[0]
		       : NULL;
}

static void check_spellings(struct ingress_job *job)
{
	const struct msg_rule_list *rules = &job->ingress->spec.rules;
	struct map spellings;
	struct str *by_default = default_host(job);
	size_t n_capitals = by_default && hostname_has_capitals(*by_default);
	struct err err;

	for (size_t i = 0; i < rules->n; i++)
		n_capitals += hostname_has_capitals(rules->items[i].host);
	map_init(&spellings, NULL);
	if (n_capitals && by_default)
		map_put(&spellings, hostname_of_rule(*by_default, job->pool), by_default);
	for (size_t i = 0; n_capitals && i < rules->n; i++) {
		struct str *host = &rules->items[i].host;
		const struct str lower = hostname_of_rule(*host, job->pool);

		if (translator_spelling_check(&spellings, lower, host, &err))
			refuse_rule(job, i, "host", &err);
	}
	map_clear(&spellings);
}

static void add_all(struct ingress_job *job, struct route_places *out)
{
	const struct msg_rule_list *rules = &job->ingress->spec.rules;
	struct err err;

	check_spellings(job);
	if (add_default(job, out, &err))
		refuse_rule(job, NO_RULE, "", &err);
	for (size_t i = 0; i < rules->n; i++) {
		const struct msg_rule *rule = &rules->items[i];

		if (add_places(job, rule->host, rule->http, i, out, &err))
			refuse_rule(job, i, rule->host.len ? "http" : "host", &err);
	}
}

static void check_tunnel(struct ingress_job *job)
{
	struct err err;

	if (!(job->flags & INGRESS_TCP) || !(job->flags & INGRESS_UDP))
		return;
	err_rule(&err, RULE_TUNNEL_KINDS,
		 "annotations tcp_upstream and udp_upstream cannot both be true");
	translator_answer_refuse(job->out, job->pool,
				 translator_annotations_field(job, STR("udp_upstream")), &err);
}

/* ---- one route ---- */

static int set_from(struct ingress_job *job, const struct place *place,
		    Pomerium__Config__Route *route, struct err *err)
{
	struct str host = place->host;
	const char *scheme = job->flags & INGRESS_SSH ? "ssh" : "https";
	int64_t port;

	if (job->flags & (INGRESS_TCP | INGRESS_UDP)) {
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
		      Pomerium__Config__Route *route)
{
	const struct msg_service_ref *service = place->path->backend.service;
	struct err err;
	int rc = 0;

	if (!service) {
		err_rule(&err, RULE_BACKEND_SERVICE,
			 "the backend is not a Service: resource backends are not supported");
		rc = refuse_path(job, place, "backend", &err);
	} else if (set_from(job, place, route, &err) ||
		   translator_upstream_from_service(job, service, route, &err)) {
		rc = refuse_path(job, place, "backend", &err);
	}
	if (set_path(job, place->path, route, &err))
		rc = refuse_path(job, place, "pathType", &err);
	set_names(job, place, route);
	return rc;
}

/* ---- all of them ---- */

static int id_cmp(const void *a, const void *b)
{
	const struct place *x = *(struct place *const *)a, *y = *(struct place *const *)b;
	int order = str_cmp(pb_str(x->route->id), pb_str(y->route->id));

	return order ? order : (int)y->exact - (int)x->exact;
}

static void refuse_double(struct ingress_job *job, const struct place *place)
{
	struct err err;

	if (job->flags & (INGRESS_TCP | INGRESS_UDP | INGRESS_SSH))
		err_rule(&err, RULE_TUNNEL_HOST,
			 "host %s has several TCP, UDP or SSH routes: a host can have one, "
			 "whatever the port",
			 err_quote(place->host));
	else
		err_rule(&err, RULE_PATH_TWICE,
			 "path %s of host %s is listed twice with path type %s: keep one of them",
			 err_quote(place->path->path), err_quote(place->host),
			 err_quote(place->path->pathType));
	translator_answer_refuse(job->out, job->pool, field_of(place, "path", job->pool), &err);
}

/* If an exact and another path would have the same id, the id of the exact one says so. Two of the
 * same kind are an error. */
static void make_ids_unique(struct ingress_job *job, struct route_places *places)
{
	struct place **sorted = pool_array(job->pool, places->n, sizeof(*sorted));
	size_t n = 0;

	for (size_t i = 0; i < places->n; i++)
		if (places->items[i].route)
			sorted[n++] = &places->items[i];
	if (n)
		qsort(sorted, n, sizeof(*sorted), id_cmp);
	for (size_t i = 0; i + 1 < n; i++) {
		struct place *a = sorted[i], *b = sorted[i + 1];
		const struct msg_meta *meta = &job->ingress->metadata;
		const struct translator_route_name name = { meta->namespace, meta->name, a->host,
							    a->path->path };

		if (!str_eq(pb_str(a->route->id), pb_str(b->route->id)))
			continue;
		if (a->exact == b->exact)
			refuse_double(job, a > b ? a : b);
		else
			PB_SET_TEXT(a->route, id, translator_names_id(&name, true, job->pool));
	}
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

void translator_route_from_ingress(struct ingress_job *job, Pomerium__Config__Config *config)
{
	struct route_places *places = pool_alloc(job->pool, sizeof(*places));

	job->places = places;
	add_all(job, places);
	check_tunnel(job);
	config->routes = pool_array(job->pool, places->n, sizeof(*config->routes));
	for (size_t i = 0; i < places->n; i++) {
		Pomerium__Config__Route *route = pool_alloc(job->pool, sizeof(*route));

		*route = *job->route; /* shares what the annotations say */
		if (fill_route(job, &places->items[i], route))
			continue;
		places->items[i].route = route;
		config->routes[config->n_routes++] = route;
	}
	make_ids_unique(job, places);
	if (config->n_routes)
		qsort(config->routes, config->n_routes, sizeof(*config->routes), route_cmp);
}
