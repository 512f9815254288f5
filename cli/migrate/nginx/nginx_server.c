/* nginx_server: models the hosts and locations that ingress-nginx makes of a set of Ingresses.
 *
 *   in     sources, the oldest first
 *   out    servers, with their locations in the order of nginx.conf
 *   owns   the surprises: one expression turns every path of the host into one, and a "/" that no
 *          Ingress asked for has the annotations of the first Ingress
 *   never  knows Pomerium
 *
 * It follows ingress-nginx 1.13 to 1.15. */
#include "cli/migrate/nginx/nginx_server.h"

#include <ctype.h>

#include "cli/migrate/migrate_source.h"

#define ANY_HOST STR("_") /* its name in nginx.conf */

/* ---- servers ---- */

static struct str location_key(struct migrate *migrate, const struct nginx_server *server,
			       struct str path, bool exact)
{
	return pool_printf(&migrate->pool, STR_FMT "%c" STR_FMT, STR_ARG(server->host),
			   exact ? '=' : ' ', STR_ARG(path));
}

static struct nginx_location *find(struct migrate *migrate, const struct nginx_server *server,
				   struct str path, bool exact)
{
	return map_get(&migrate->by_path, location_key(migrate, server, path, exact));
}

/* ingress-nginx ignores any other value. */
static bool is_target(struct str target)
{
	for (size_t i = 0; i < target.len; i++)
		if (!isalnum((unsigned char)target.ptr[i]) && !strchr("-._~/:$", target.ptr[i]))
			return false;
	return target.len > 0;
}

static void set_owner(struct nginx_location *location, struct migrate_source *owner)
{
	const struct str target =
		owner ? cli_migrate_source_get(owner, "rewrite-target") : STR_NONE;

	location->owner = owner;
	location->rewrites = is_target(target) && !str_eq(target, location->path);
	location->is_regex =
		location->rewrites || (owner && cli_migrate_source_flag(owner, "use-regex"));
}

static struct nginx_location *add_location(struct migrate *migrate, struct nginx_server *server,
					   struct str path, bool exact)
{
	struct nginx_location *location = pool_alloc(&migrate->pool, sizeof(*location));

	location->path = path;
	location->exact = exact;
	*(struct nginx_location **)pool_push(&migrate->pool, &server->locations,
					     &server->n_locations, sizeof(location)) = location;
	map_put(&migrate->by_path, location_key(migrate, server, path, exact), location);
	return location;
}

struct nginx_server *cli_nginx_server_get(const struct migrate *migrate, struct str host)
{
	return map_get(&migrate->by_host, host.len ? host : ANY_HOST);
}

struct nginx_location *cli_nginx_server_location(struct migrate *migrate, struct str host,
						 struct str path, bool exact)
{
	const struct nginx_server *server = cli_nginx_server_get(migrate, host);

	return server ? find(migrate, server, path.len ? path : STR("/"), exact) : NULL;
}

/* A new host has a "/", with the annotations and the default backend of its first Ingress. */
static struct nginx_server *make_server(struct migrate *migrate, struct str host,
					struct migrate_source *first)
{
	struct nginx_server *server = cli_nginx_server_get(migrate, host);
	struct nginx_location *location;

	if (server)
		return server;
	server = pool_alloc(&migrate->pool, sizeof(*server));
	server->host = host;
	location = add_location(migrate, server, STR("/"), false);
	location->by_itself = true;
	set_owner(location, host.len ? first : NULL);
	if (host.len && first->ingress->spec.defaultBackend)
		location->backend = first->ingress->spec.defaultBackend;
	map_put(&migrate->by_host, host.len ? host : ANY_HOST, server);
	*(struct nginx_server **)pool_push(&migrate->pool, &migrate->servers, &migrate->n_servers,
					   sizeof(server)) = server;
	return server;
}

static void make_servers(struct migrate *migrate, struct migrate_source *source)
{
	const struct msg_ingress_spec *spec = &source->ingress->spec;

	if (spec->defaultBackend && !spec->rules.n) {
		struct nginx_location *all = make_server(migrate, STR(""), source)->locations[0];

		if (all->by_itself) {
			all->by_itself = false;
			all->owner = source; /* but not its rewrite-target and use-regex */
			all->backend = spec->defaultBackend;
		}
	}
	for (size_t i = 0; i < spec->rules.n; i++)
		make_server(migrate, spec->rules.items[i].host, source);
}

/* ---- locations ---- */

static void lose(struct migrate *migrate, struct migrate_source *source,
		 const struct nginx_server *server, const struct nginx_location *winner)
{
	cli_migrate_source_note(
		migrate, source, "left-out", server->host, winner->path,
		"it is left out: nginx takes this path from " STR_FMT,
		STR_ARG(winner->owner == source ? STR("an earlier rule") : winner->owner->key));
}

static void take_path(struct migrate *migrate, struct migrate_source *source,
		      struct nginx_server *server, const struct msg_path *path)
{
	const struct str where = path->path.len ? path->path : STR("/");
	const bool exact = str_is(path->pathType, "Exact");
	struct nginx_location *there;

	if (!path->backend.service) {
		cli_migrate_source_note(
			migrate, source, "resource", server->host, where,
			"it is left out: nginx ignores a backend that is not a Service");
		return;
	}
	there = find(migrate, server, where, exact);
	if (there && !there->by_itself) {
		lose(migrate, source, server, there);
		return;
	}
	if (!there)
		there = add_location(migrate, server, where, exact);
	there->by_itself = false;
	there->backend = &path->backend;
	set_owner(there, source);
}

static void take_paths(struct migrate *migrate, struct migrate_source *source)
{
	const struct msg_rule_list *rules = &source->ingress->spec.rules;

	for (size_t i = 0; i < rules->n; i++) {
		const struct msg_rule *rule = &rules->items[i];
		struct nginx_server *server = cli_nginx_server_get(migrate, rule->host);

		if (!server->certificate_of &&
		    cli_migrate_source_get(source, "auth-tls-secret").len)
			server->certificate_of = source;
		if (!server->aliases_of && cli_migrate_source_get(source, "server-alias").len)
			server->aliases_of = source;
		for (size_t k = 0; rule->http && k < rule->http->paths.n; k++)
			take_path(migrate, source, server, &rule->http->paths.items[k]);
	}
}

/* ---- nginx.conf ---- */

static int location_cmp(const void *a, const void *b)
{
	const struct nginx_match *x = a, *y = b;

	if (x->path.len != y->path.len)
		return x->path.len > y->path.len ? -1 : 1;
	return str_cmp(y->path, x->path);
}

/* A merge sort: it keeps the order of equal items, which qsort need not. */
static void sort_matches(struct nginx_match *items, size_t n, struct nginx_match *scratch)
{
	size_t half = n / 2, i = 0, k = half, out = 0;

	if (n < 2)
		return;
	sort_matches(items, half, scratch);
	sort_matches(items + half, n - half, scratch);
	while (i < half || k < n)
		scratch[out++] = k >= n || (i < half && location_cmp(&items[i], &items[k]) <= 0)
					 ? items[i++]
					 : items[k++];
	memcpy(items, scratch, n * sizeof(*items));
}

static void add_match(struct migrate *migrate, struct nginx_server *server, struct str path,
		      bool exact, struct nginx_location *location)
{
	struct nginx_match *match =
		pool_push(&migrate->pool, &server->matches, &server->n_matches, sizeof(*match));

	*match = (struct nginx_match){ path, exact, location };
}

/* A prefix becomes "/shop/" and "= /shop", unless its Ingress uses expressions. */
static void take_match(struct migrate *migrate, struct nginx_server *server,
		       const struct nginx_match *from)
{
	struct nginx_location *location = from->location;
	const struct str path = location->path;

	if (str_is(path, "/") || location->exact || location->is_regex) {
		add_match(migrate, server, path, location->exact, location);
		return;
	}
	add_match(migrate, server,
		  str_ends(path, "/") ? path
				      : pool_printf(&migrate->pool, STR_FMT "/", STR_ARG(path)),
		  false, location);
	if (!find(migrate, server, path, true))
		add_match(migrate, server, path, true, location);
}

static void make_matches(struct migrate *migrate, struct nginx_server *server)
{
	struct nginx_match *sorted =
		pool_array(&migrate->pool, 2 * server->n_locations, sizeof(*sorted));

	for (size_t i = 0; i < server->n_locations; i++) {
		struct nginx_location *location = server->locations[i];

		sorted[i] = (struct nginx_match){ location->path, location->exact, location };
		server->is_regex |= location->is_regex;
	}
	sort_matches(sorted, server->n_locations, sorted + server->n_locations);
	for (size_t i = 0; i < server->n_locations; i++)
		take_match(migrate, server, &sorted[i]);
}

/* ---- aliases ---- */

/* Can it be the host of a rule? */
static bool is_host(struct str alias)
{
	for (size_t i = 0; i < alias.len; i++)
		if (!isalnum((unsigned char)alias.ptr[i]) && !strchr("-.", alias.ptr[i]) &&
		    !(i == 0 && alias.ptr[i] == '*'))
			return false;
	return alias.len && alias.ptr[0] != '.';
}

static void take_aliases(struct migrate *migrate, struct nginx_server *server, struct map *taken)
{
	struct str rest = server->aliases_of
				  ? cli_migrate_source_get(server->aliases_of, "server-alias")
				  : STR_NONE;
	struct str one;

	while (rest.len) {
		if (!str_cut(rest, ',', &one, &rest)) {
			one = rest;
			rest = STR_NONE;
		}
		one = str_trim(one);
		if (!is_host(one) || cli_nginx_server_get(migrate, one) || map_get(taken, one))
			continue;
		map_put(taken, one, server);
		cli_migrate_source_add(migrate, &server->aliases, one);
	}
}

/* The order of nginx.conf, where the first of two equal names counts. */
static int server_cmp(const void *a, const void *b)
{
	const struct str x = (*(struct nginx_server *const *)a)->host;
	const struct str y = (*(struct nginx_server *const *)b)->host;

	return str_cmp(x.len ? x : ANY_HOST, y.len ? y : ANY_HOST);
}

void cli_nginx_server_make(struct migrate *migrate)
{
	struct map taken;

	for (size_t i = 0; i < migrate->n_sources; i++)
		if (!migrate->sources[i]->is_canary)
			make_servers(migrate, migrate->sources[i]);
	for (size_t i = 0; i < migrate->n_sources; i++)
		if (!migrate->sources[i]->is_canary)
			take_paths(migrate, migrate->sources[i]);
	if (migrate->n_servers)
		qsort(migrate->servers, migrate->n_servers, sizeof(struct nginx_server *),
		      server_cmp);
	map_init(&taken, NULL);
	for (size_t i = 0; i < migrate->n_servers; i++) {
		make_matches(migrate, migrate->servers[i]);
		take_aliases(migrate, migrate->servers[i], &taken);
	}
	map_clear(&taken);
}
