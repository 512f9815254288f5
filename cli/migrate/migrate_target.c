/* migrate_target: distributes the routes of a source to output Ingresses.
 *
 *   in     sources, and the routes of their hosts
 *   out    one target, or several if paths are rewritten differently: an Ingress for Pomerium has
 *          one rewrite for all of its paths
 *   owns   the names of targets
 *   never  writes YAML
 */
#include "cli/migrate/migrate_source.h"

#include "cli/migrate/nginx/nginx_server.h"

#define NAME_MAX_BYTES 253

static struct migrate_target *target_for(struct migrate *migrate, struct migrate_source *source,
					 const struct migrate_route *route)
{
	struct migrate_target *target;

	for (size_t i = 0; i < source->n_targets; i++)
		if (str_eq(source->targets[i].pattern, route->pattern) &&
		    str_eq(source->targets[i].substitution, route->substitution))
			return &source->targets[i];
	target = pool_push(&migrate->pool, &source->targets, &source->n_targets, sizeof(*target));
	target->pattern = route->pattern;
	target->substitution = route->substitution;
	return target;
}

/* Undecided routes go to the first target, where they are comments beside the others. */
static void add_route(struct migrate *migrate, struct migrate_source *source,
		      const struct migrate_route *route, struct str host)
{
	struct migrate_target *target = route->decide.len && source->n_targets
						? &source->targets[0]
						: target_for(migrate, source, route);
	struct migrate_route *mine = pool_alloc(&migrate->pool, sizeof(*mine));

	*mine = *route;
	mine->host = host;
	*(struct migrate_route **)pool_push(&migrate->pool, &target->routes, &target->n_routes,
					    sizeof(mine)) = mine;
	target->has_empty_host |= !host.len;
	target->has_regex |= !strcmp(route->type, "ImplementationSpecific") && !route->decide.len;
	target->n_served += !route->decide.len;
}

/* The routes of a host, then the same for each of its aliases. */
static void add_host(struct migrate *migrate, struct migrate_source *source,
		     const struct nginx_server *server, bool decided)
{
	for (size_t a = 0; a <= server->aliases.n; a++)
		for (size_t i = 0; i < source->n_routes; i++)
			if (str_eq(source->routes[i]->host, server->host) &&
			    !source->routes[i]->decide.len == decided)
				add_route(migrate, source, source->routes[i],
					  a ? server->aliases.items[a - 1] : server->host);
}

static bool is_first(const struct msg_rule_list *rules, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (str_eq(rules->items[i].host, rules->items[at].host))
			return false;
	return true;
}

static void add_hosts(struct migrate *migrate, struct migrate_source *source, bool decided)
{
	const struct msg_rule_list *rules = &source->ingress->spec.rules;
	const struct nginx_server *all = cli_nginx_server_get(migrate, STR(""));

	for (size_t i = 0; i < rules->n; i++)
		if (is_first(rules, i))
			add_host(migrate, source,
				 cli_nginx_server_get(migrate, rules->items[i].host), decided);
	if (!rules->n && all)
		add_host(migrate, source, all, decided);
}

/* NAME, NAME-2, NAME-3 and so on, without the names of other Ingresses. */
static struct str name_for(struct migrate *migrate, const struct migrate_source *source, size_t n)
{
	const struct msg_meta *meta = &source->ingress->metadata;
	struct str name = pool_printf(&migrate->pool, STR_FMT STR_FMT, STR_ARG(meta->name),
				      STR_ARG(cli_migrate_settings.suffix));

	if (!n)
		return name;
	do {
		name = pool_printf(&migrate->pool, STR_FMT STR_FMT "-%zu", STR_ARG(meta->name),
				   STR_ARG(cli_migrate_settings.suffix), ++n);
	} while (cli_migrate_set_find(migrate, "Ingress", meta->namespace, name));
	return name;
}

static void decide_routes(struct migrate *migrate, struct migrate_source *source)
{
	for (size_t i = 0; i < source->n_targets; i++) {
		for (size_t k = 0; k < source->targets[i].n_routes; k++) {
			const struct migrate_route *route = source->targets[i].routes[k];
			struct migrate_finding *finding;

			if (!route->decide.len)
				continue;
			finding = cli_migrate_source_finding(
				migrate, source, STR(""),
				pool_printf(&migrate->pool, STR_FMT STR_FMT, STR_ARG(route->host),
					    STR_ARG(route->location->path)));
			finding->outcome = OUTCOME_DECIDE;
			finding->silent = true; /* the comment is beside the path */
			finding->sentence = route->decide;
			finding->choices = route->choices;
			cli_migrate_source_note(migrate, source, "undecided", route->host,
						route->location->path,
						"it is not served until this is decided");
		}
	}
}

static void make_targets(struct migrate *migrate, struct migrate_source *source)
{
	add_hosts(migrate, source, true);
	add_hosts(migrate, source, false);
	for (size_t i = 0; i < source->n_targets; i++) {
		source->targets[i].name = name_for(migrate, source, i);
		if (source->targets[i].name.len > NAME_MAX_BYTES)
			cli_migrate_source_off(migrate, source,
					       "its name would be longer than %d bytes",
					       NAME_MAX_BYTES);
	}
	decide_routes(migrate, source);
	if (!source->n_targets)
		cli_migrate_source_off(migrate, source, "nginx serves none of its paths");
}

/* ---- hosts without a route ---- */

static bool is_served(const struct nginx_server *server)
{
	for (size_t i = 0; i < server->n_routes; i++)
		if (!server->routes[i]->decide.len && !server->routes[i]->location->owner->off.len)
			return true;
	return false;
}

static struct migrate_source *owner_of(const struct nginx_server *server)
{
	for (size_t i = 0; i < server->n_locations; i++)
		if (server->locations[i]->owner)
			return server->locations[i]->owner;
	return NULL;
}

/* nginx never serves a host that has an Ingress from a wildcard. Pomerium only knows the hosts that
 * are written. */
static void look_for_wildcard(struct migrate *migrate, const struct nginx_server *server,
			      struct str host)
{
	struct migrate_source *owner = owner_of(server);

	for (size_t i = 0; owner && i < migrate->n_servers; i++) {
		const struct nginx_server *wider = migrate->servers[i];

		if (wider == server || !is_served(wider) ||
		    !cli_migrate_route_is_below(host, wider->host))
			continue;
		cli_migrate_source_note(migrate, owner, "falls-through", host, STR(""),
					"no route of this host is written, so %s serves it",
					wider->host.len ? wider->host.ptr
							: "the rule without a host");
	}
}

static void look_at_unserved(struct migrate *migrate, const struct nginx_server *server)
{
	if (!server->host.len || is_served(server))
		return;
	look_for_wildcard(migrate, server, server->host);
	for (size_t i = 0; i < server->aliases.n; i++)
		look_for_wildcard(migrate, server, server->aliases.items[i]);
}

void cli_migrate_target_make(struct migrate *migrate)
{
	for (size_t i = 0; i < migrate->n_sources; i++)
		if (!migrate->sources[i]->is_canary)
			make_targets(migrate, migrate->sources[i]);
	for (size_t i = 0; i < migrate->n_servers; i++)
		look_at_unserved(migrate, migrate->servers[i]);
}
