/* migrate_route: turns the locations of nginx into paths that Pomerium matches in the same way.
 *
 *   in     servers with their locations
 *   out    routes, and notes about requests that are answered differently
 *   owns   what an exact path, a prefix and an expression become
 *   never  writes YAML
 *
 * A prefix of nginx ends at a slash, one of Pomerium anywhere, so that a prefix becomes two paths:
 * /shop, exactly, and the prefix /shop/. If one location of a host is an expression, all are. */
#include "cli/migrate/migrate_source.h"

#include <ctype.h>

#include "cli/migrate/nginx/nginx_regex.h"
#include "cli/migrate/nginx/nginx_server.h"

#define EXACT "Exact"
#define PREFIX "Prefix"
#define REGEX "ImplementationSpecific"

/* Percent-encodes what clients encode in a path, because Pomerium compares it as it is sent. */
static struct str escape(struct migrate *migrate, struct str path)
{
	struct buf out;
	struct str escaped;

	buf_init(&out, BUF_MAX_TEXT);
	for (size_t i = 0; i < path.len; i++) {
		const unsigned char c = (unsigned char)path.ptr[i];

		if (c <= ' ' || c >= 0x7f || strchr("\"%<>?#^`{}\\", c))
			buf_printf(&out, "%%%02X", c);
		else
			buf_putc(&out, (char)c);
	}
	escaped = pool_str(&migrate->pool, buf_view(&out));
	buf_clear(&out);
	return escaped;
}

static struct migrate_route *add(struct migrate *migrate, struct nginx_server *server,
				 const struct nginx_location *location, const char *type,
				 struct str path)
{
	struct migrate_route *route = pool_alloc(&migrate->pool, sizeof(*route));

	*route = (struct migrate_route){
		.location = location, .type = type, .host = server->host, .path = path
	};
	*(struct migrate_route **)pool_push(&migrate->pool, &server->routes, &server->n_routes,
					    sizeof(route)) = route;
	*(struct migrate_route **)pool_push(&migrate->pool, &location->owner->routes,
					    &location->owner->n_routes, sizeof(route)) = route;
	return route;
}

/* False if the host has this path of this type already; remembers it otherwise. */
static bool is_new(struct migrate *migrate, const struct nginx_server *server,
		   const struct nginx_location *location, const char *type, struct str path)
{
	const struct str key = pool_printf(&migrate->pool, STR_FMT ">%s" STR_FMT,
					   STR_ARG(server->host), type, STR_ARG(path));

	if (map_get(&migrate->by_path, key))
		return false;
	map_put(&migrate->by_path, key, (void *)location);
	return true;
}

/* ---- a host without expressions ---- */

/* nginx answers 301 to "/shop" if there is "/shop/" and nothing for "/shop" itself. */
static void stand_in(struct migrate *migrate, struct nginx_server *server,
		     const struct nginx_location *location)
{
	const struct str bare = str_slice(location->path, 0, location->path.len - 1);
	const struct str path = escape(migrate, bare);

	if (location->path.len < 2 || !str_ends(location->path, "/") ||
	    cli_nginx_server_location(migrate, server->host, bare, true) ||
	    cli_nginx_server_location(migrate, server->host, bare, false) ||
	    !is_new(migrate, server, location, EXACT, path))
		return;
	add(migrate, server, location, EXACT, path);
	cli_migrate_source_note(migrate, location->owner, "no-301", server->host, bare,
				"nginx redirects to " STR_FMT
				" with 301; here the Service gets the request",
				STR_ARG(location->path));
}

static void plain_routes(struct migrate *migrate, struct nginx_server *server)
{
	for (size_t i = 0; i < server->n_matches; i++) {
		const struct nginx_match *match = &server->matches[i];
		const struct nginx_location *location = match->location;
		const char *type = match->exact ? EXACT : PREFIX;
		const struct str path = escape(migrate, match->path);

		if (!location->backend ||
		    (match->exact && !location->exact && str_ends(match->path, "/")))
			continue; /* a 404, or covered by the prefix */
		if (is_new(migrate, server, location, type, path))
			add(migrate, server, location, type, path);
		else
			cli_migrate_source_note(
				migrate, location->owner, "left-out", server->host, location->path,
				"it is left out: another path of this host is the same, "
				"and nginx refuses both together");
		stand_in(migrate, server, location);
	}
}

/* ---- a host with expressions ---- */

static void decide(struct migrate *migrate, struct migrate_route *route, const struct err *why)
{
	const struct str choices[] = {
		STR("replace it by an RE2 expression or by several paths"),
		STR("leave it out"),
	};

	route->decide = pool_str(&migrate->pool, str_from(why->text));
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		cli_migrate_source_add(migrate, &route->choices, choices[i]);
}

static void lose(struct migrate *migrate, const struct nginx_server *server,
		 const struct nginx_match *match)
{
	cli_migrate_source_note(
		migrate, match->location->owner, "left-out", server->host, match->path,
		"it is left out: nginx tries another location that matches the same first");
}

static void regex_route(struct migrate *migrate, struct nginx_server *server,
			const struct nginx_match *match)
{
	const struct nginx_location *location = match->location;
	struct str text = match->path, target;
	struct migrate_route *route;
	struct err err;

	if (cli_nginx_regex_path(match->path, &migrate->pool, &text, &err)) {
		route = add(migrate, server, location, REGEX, match->path);
		decide(migrate, route, &err);
		return;
	}
	if (!is_new(migrate, server, location, REGEX, text)) {
		lose(migrate, server, match);
		return;
	}
	route = add(migrate, server, location, REGEX, text);
	route->literal = cli_nginx_regex_literal(match->path, &migrate->pool);
	if (!location->rewrites)
		return;
	target = cli_migrate_source_get(location->owner, "rewrite-target");
	if (cli_nginx_regex_rewrite(location->path, target, &migrate->pool, &route->pattern,
				    &route->substitution, &err))
		decide(migrate, route, &err);
}

static void regex_routes(struct migrate *migrate, struct nginx_server *server)
{
	bool is_over = false; /* a "^/" that answers 404 */

	for (size_t i = 0; i < server->n_matches; i++) {
		const struct nginx_match *match = &server->matches[i];
		const struct nginx_match *following = match + 1;

		is_over |= !match->location->backend;
		if (is_over && match->location->backend)
			lose(migrate, server, match);
		if (is_over)
			continue;
		/* of "^/shop/" and "^/shop" the second is enough */
		if (i + 1 < server->n_matches && following->location == match->location)
			continue;
		regex_route(migrate, server, match);
	}
	cli_migrate_order(migrate, server);
}

/* ---- hosts with a wildcard ---- */

bool cli_migrate_route_is_below(struct str b, struct str a)
{
	if (!a.len)
		return b.len > 0;
	return str_starts(a, "*.") && b.len >= a.len && !str_eq(a, b) &&
	       str_eq(str_slice(b, b.len - a.len + 1, b.len), str_slice(a, 1, a.len));
}

/* Pomerium tries the routes of the wider host first, nginx only those of the narrower one. */
static void decide_order(struct migrate *migrate, const struct nginx_server *server,
			 const struct nginx_server *wider)
{
	struct migrate_source *owner = server->routes[0]->location->owner;
	struct migrate_finding *finding =
		cli_migrate_source_finding(migrate, owner, STR(""), server->host);

	finding->outcome = OUTCOME_DECIDE;
	finding->sentence = pool_printf(
		&migrate->pool,
		"which host serves a path that both have? Pomerium tries %s before " STR_FMT
		", nginx never",
		wider->host.len ? wider->host.ptr : "the rule without a host",
		STR_ARG(server->host));
	cli_migrate_source_choice(
		migrate, finding,
		"this one: list its hosts one by one, because a host without * comes first");
	cli_migrate_source_choice(migrate, finding, "the wider one, as it is written now");
	cli_migrate_source_note(migrate, owner, "wildcard-order", server->host, STR(""),
				"%s serves a path that both have",
				wider->host.len ? wider->host.ptr : "the rule without a host");
}

static void look_at_wildcard(struct migrate *migrate, struct nginx_server *server)
{
	cli_migrate_source_note(migrate, server->routes[0]->location->owner, "wildcard-depth",
				server->host, STR(""),
				"in nginx the * matches one label, in Pomerium any number of them");
	for (size_t i = 0; i < migrate->n_servers; i++) {
		const struct nginx_server *wider = migrate->servers[i];

		if (wider != server && wider->n_routes &&
		    cli_migrate_route_is_below(server->host, wider->host))
			decide_order(migrate, server, wider);
	}
}

void cli_migrate_route_make(struct migrate *migrate)
{
	for (size_t i = 0; i < migrate->n_servers; i++) {
		struct nginx_server *server = migrate->servers[i];

		if (server->is_regex)
			regex_routes(migrate, server);
		else
			plain_routes(migrate, server);
	}
	for (size_t i = 0; i < migrate->n_servers; i++) {
		struct nginx_server *server = migrate->servers[i];

		if (server->n_routes && str_starts(server->host, "*"))
			look_at_wildcard(migrate, server);
	}
}
