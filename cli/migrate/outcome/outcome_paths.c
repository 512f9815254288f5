/* outcome_paths: which requests a route gets, and what nginx answers by itself.
 *
 *   in     use-regex, rewrite-target, redirects, server-alias, canary, ssl-passthrough
 *   out    findings; the backends of canaries that get all requests
 *   never  makes a path: migrate_route.c does
 */
#include "cli/migrate/outcome/outcome_table.h"

#include "cli/migrate/nginx/nginx_server.h"

#define ELSEWHERE "redirect before Pomerium, at the load balancer or the DNS provider"

static const struct msg_rule_list *rules_of(const struct migrate_source *source)
{
	return &source->ingress->spec.rules;
}

static struct nginx_server *server_of(const struct outcome_job *job, size_t rule)
{
	return cli_nginx_server_get(job->migrate, rules_of(job->source)->items[rule].host);
}

static void say_off(struct outcome_job *job)
{
	cli_outcome_say(job, OUTCOME_UNNEEDED, "it is off");
}

/* ---- expressions ---- */

void cli_outcome_regex(struct outcome_job *job)
{
	if (!cli_migrate_source_is_true(job->value)) {
		say_off(job);
		return;
	}
	cli_outcome_say(job, OUTCOME_REWRITTEN,
			"every path of the host becomes an expression that ignores case and only "
			"has to match the beginning, as nginx does it");
}

bool cli_outcome_paths_rewrites(const struct migrate *migrate, const struct migrate_source *source)
{
	const struct msg_rule_list *rules = rules_of(source);

	for (size_t i = 0; i < rules->n; i++) {
		const struct nginx_server *server =
			cli_nginx_server_get(migrate, rules->items[i].host);

		for (size_t k = 0; server && k < server->n_locations; k++)
			if (server->locations[k]->owner == source &&
			    server->locations[k]->backend && server->locations[k]->rewrites)
				return true;
	}
	return false;
}

void cli_outcome_rewrite(struct outcome_job *job)
{
	if (cli_outcome_paths_rewrites(job->migrate, job->source)) {
		cli_outcome_say(job, OUTCOME_REWRITTEN,
				"becomes regex_rewrite_pattern and regex_rewrite_substitution; "
				"every path of the host becomes an expression, as in nginx");
	} else if (!job->value.len || str_is(job->value, "/")) {
		cli_outcome_say(job, OUTCOME_UNNEEDED, "it equals the path");
	} else {
		cli_outcome_say(job, OUTCOME_DECIDE,
				"is anything rewritten? ingress-nginx 1.12 and later ignore this "
				"value, and nothing is written for it");
		cli_migrate_source_choice(job->migrate, job->finding, "no, leave it as it is");
		cli_migrate_source_choice(
			job->migrate, job->finding,
			"yes: set regex_rewrite_pattern and regex_rewrite_substitution");
	}
}

/* ---- redirects ---- */

static void note_app_root(struct outcome_job *job, const struct nginx_server *server)
{
	for (size_t i = 0; i <= server->aliases.n; i++)
		cli_migrate_source_note(job->migrate, job->source, "app-root",
					i ? server->aliases.items[i - 1] : server->host, STR("/"),
					"nginx redirects to %s with 302; here the path is served",
					err_quote(job->value));
}

void cli_outcome_app_root(struct outcome_job *job)
{
	const size_t n_rules = rules_of(job->source)->n;

	if (!str_starts(job->value, "/") || !n_rules) {
		cli_outcome_say(job, OUTCOME_UNNEEDED, "nginx ignores it: %s",
				n_rules ? "it is not a path" : "there is no rule");
		return;
	}
	cli_outcome_say(job, OUTCOME_DECIDE,
			"who redirects from / to %s? An Ingress for Pomerium cannot",
			err_quote(job->value));
	cli_migrate_source_choice(job->migrate, job->finding, "let the upstream redirect");
	cli_migrate_source_choice(
		job->migrate, job->finding,
		"serve it at /: add an Ingress for the exact path / with "
		"regex_rewrite_pattern: ^/$ and regex_rewrite_substitution: " STR_FMT,
		STR_ARG(job->value));
	for (size_t i = 0; i < n_rules; i++)
		note_app_root(job, server_of(job, i));
}

void cli_outcome_redirect(struct outcome_job *job)
{
	if (str_is(job->finding->name, "permanent-redirect") &&
	    cli_migrate_source_get(job->source, "temporal-redirect").len) {
		cli_outcome_say(job, OUTCOME_UNNEEDED, "nginx uses temporal-redirect instead");
		return;
	}
	if (!rules_of(job->source)->n) {
		cli_outcome_say(job, OUTCOME_UNNEEDED, "nginx ignores it: there is no rule");
		return;
	}
	cli_outcome_say(
		job, OUTCOME_DECIDE,
		"who redirects? An Ingress for Pomerium cannot, so this one is not written");
	cli_migrate_source_choice(job->migrate, job->finding,
				  "use a Service that answers with the redirect as the backend");
	cli_migrate_source_choice(job->migrate, job->finding, ELSEWHERE);
	cli_migrate_source_off(job->migrate, job->source, "it only redirects to %s",
			       err_quote(job->value));
}

void cli_outcome_redirect_code(struct outcome_job *job)
{
	job->finding->silent = true;
	if (cli_migrate_source_get(job->source, "temporal-redirect").len ||
	    cli_migrate_source_get(job->source, "permanent-redirect").len)
		cli_outcome_say(job, OUTCOME_DECIDE, "see the redirect");
	else
		cli_outcome_say(job, OUTCOME_UNNEEDED, "without a redirect it has no effect");
}

/* example.com for www.example.com, and the other way round. */
static struct str www_of(struct migrate *migrate, struct str host)
{
	if (str_starts(host, "www."))
		return str_slice(host, 4, host.len);
	return pool_printf(&migrate->pool, "www." STR_FMT, STR_ARG(host));
}

void cli_outcome_www(struct outcome_job *job)
{
	const struct msg_rule_list *rules = rules_of(job->source);

	cli_outcome_say(job, OUTCOME_UNNEEDED, "it is off, or there is an Ingress for both hosts");
	for (size_t i = 0; cli_migrate_source_is_true(job->value) && i < rules->n; i++) {
		const struct str host = rules->items[i].host;
		const struct str other = www_of(job->migrate, host);

		if (!host.len || str_starts(host, "*") || cli_nginx_server_get(job->migrate, other))
			continue;
		cli_outcome_say(job, OUTCOME_DECIDE,
				"who redirects from " STR_FMT " to " STR_FMT
				"? An Ingress for Pomerium cannot",
				STR_ARG(other), STR_ARG(host));
		cli_migrate_source_choice(job->migrate, job->finding,
					  "serve " STR_FMT ", too: add a rule with the same paths",
					  STR_ARG(other));
		cli_migrate_source_note(job->migrate, job->source, "www", other, STR(""),
					"nginx redirects to " STR_FMT
					" with 308; here nothing answers",
					STR_ARG(host));
	}
	if (job->finding->outcome == OUTCOME_DECIDE)
		cli_migrate_source_choice(job->migrate, job->finding, ELSEWHERE);
}

/* ---- aliases ---- */

static bool is_served(const struct outcome_job *job, struct str alias)
{
	for (size_t i = 0; i < rules_of(job->source)->n; i++) {
		const struct nginx_server *server = server_of(job, i);

		for (size_t k = 0; server && k < server->aliases.n; k++)
			if (str_eq(server->aliases.items[k], alias))
				return true;
	}
	return cli_nginx_server_get(job->migrate, alias) != NULL;
}

void cli_outcome_alias(struct outcome_job *job)
{
	struct str rest = job->value, alias;

	cli_outcome_say(job, OUTCOME_WRITTEN,
			"each alias gets a rule with the same paths, in every Ingress of the host");
	while (cli_migrate_source_next(&rest, &alias)) {
		if (!alias.len || is_served(job, alias))
			continue;
		cli_outcome_say(job, OUTCOME_DECIDE,
				"which hosts does the alias %s stand for? It cannot be the host of "
				"an Ingress, or another Ingress has it",
				err_quote(alias));
		cli_migrate_source_choice(job->migrate, job->finding,
					  "add a rule for each of the hosts");
	}
}

/* ---- canaries ---- */

enum canary_share { CANARY_NOTHING, CANARY_ALL, CANARY_SOME };

static enum canary_share share_of(const struct migrate_source *source)
{
	long long weight = 0, total = 100;

	if (cli_migrate_source_get(source, "canary-by-header").len ||
	    cli_migrate_source_get(source, "canary-by-cookie").len)
		return CANARY_SOME;
	if (!str_to_int(cli_migrate_source_get(source, "canary-weight"), &weight))
		weight = 0;
	if (!str_to_int(cli_migrate_source_get(source, "canary-weight-total"), &total) ||
	    total < 100)
		total = 100;
	return weight <= 0 ? CANARY_NOTHING : weight >= total ? CANARY_ALL : CANARY_SOME;
}

static bool same_namespace(const struct migrate_source *a, const struct migrate_source *b)
{
	return str_eq(a->ingress->metadata.namespace, b->ingress->metadata.namespace);
}

/* The location of another Ingress that the canary takes its share from, or NULL. */
static struct nginx_location *main_of(const struct outcome_job *job, const struct msg_rule *rule,
				      const struct msg_path *path)
{
	struct nginx_location *location = cli_nginx_server_location(
		job->migrate, rule->host, path->path, str_is(path->pathType, "Exact"));

	return location && location->backend && location->owner && path->backend.service ? location
											 : NULL;
}

/* Calls `each` for every location that the canary shares; returns their number. */
static size_t each_main(struct outcome_job *job,
			void (*each)(struct outcome_job *job, struct nginx_location *location,
				     const struct msg_rule *rule, const struct msg_path *path))
{
	const struct msg_rule_list *rules = rules_of(job->source);
	size_t n = 0;

	for (size_t i = 0; i < rules->n; i++) {
		const struct msg_rule *rule = &rules->items[i];

		for (size_t k = 0; rule->http && k < rule->http->paths.n; k++) {
			const struct msg_path *path = &rule->http->paths.items[k];
			struct nginx_location *location = main_of(job, rule, path);

			if (location)
				each(job, location, rule, path);
			n += location != NULL;
		}
	}
	return n;
}

static void take_all(struct outcome_job *job, struct nginx_location *location,
		     const struct msg_rule *rule, const struct msg_path *path)
{
	(void)rule;
	if (same_namespace(location->owner, job->source))
		location->backend = &path->backend;
	else
		cli_migrate_source_note(job->migrate, location->owner, "canary", rule->host,
					location->path,
					"all requests went to the canary " STR_FMT
					", whose Service is in another namespace; here none do",
					STR_ARG(job->source->key));
}

static void note_share(struct outcome_job *job, struct nginx_location *location,
		       const struct msg_rule *rule, const struct msg_path *path)
{
	(void)path;
	cli_migrate_source_note(job->migrate, location->owner, "canary", rule->host, location->path,
				"some of the requests went to the canary " STR_FMT "; here none do",
				STR_ARG(job->source->key));
}

static void take_nothing(struct outcome_job *job, struct nginx_location *location,
			 const struct msg_rule *rule, const struct msg_path *path)
{
	(void)job, (void)location, (void)rule, (void)path;
}

static void decide_canary(struct outcome_job *job)
{
	cli_outcome_say(
		job, OUTCOME_DECIDE,
		"which requests go to the canary? A path of an Ingress for Pomerium has one "
		"Service and no weights, so this one is not written");
	cli_migrate_source_choice(
		job->migrate, job->finding,
		"let one Service select the pods of both versions; their numbers are the "
		"weights");
	cli_migrate_source_choice(job->migrate, job->finding,
				  "give the canary a host or a path of its own");
}

void cli_outcome_canary(struct outcome_job *job)
{
	const enum canary_share share = share_of(job->source);
	size_t n;

	if (!job->source->is_canary) {
		say_off(job);
		return;
	}
	cli_migrate_source_off(job->migrate, job->source, "it is a canary");
	n = each_main(job, share == CANARY_ALL    ? take_all
			   : share == CANARY_SOME ? note_share
						  : take_nothing);
	if (!n)
		cli_outcome_say(job, OUTCOME_UNNEEDED,
				"nginx ignores it: no other Ingress has its hosts and paths");
	else if (share == CANARY_NOTHING)
		cli_outcome_say(job, OUTCOME_REWRITTEN, "it gets no requests, so it is left out");
	else if (share == CANARY_ALL)
		cli_outcome_say(job, OUTCOME_REWRITTEN,
				"it gets all requests, so its Services replace those of the main "
				"Ingress");
	else
		decide_canary(job);
}

void cli_outcome_canary_rule(struct outcome_job *job)
{
	job->finding->silent = true;
	if (!job->source->is_canary)
		cli_outcome_say(job, OUTCOME_UNNEEDED, "without canary: \"true\" it has no effect");
	else
		cli_outcome_say(job,
				share_of(job->source) == CANARY_SOME ? OUTCOME_DECIDE
								     : OUTCOME_REWRITTEN,
				"see canary");
}

/* ---- TLS that nginx does not terminate ---- */

void cli_outcome_passthrough(struct outcome_job *job)
{
	if (!cli_migrate_source_is_true(job->value)) {
		say_off(job);
		return;
	}
	cli_outcome_say(job, OUTCOME_DECIDE,
			"who terminates TLS? Pomerium does for browsers, so the upstream cannot; "
			"this one is not written");
	cli_migrate_source_choice(job->migrate, job->finding,
				  "Pomerium: set secure_upstream: 'true' and a policy");
	cli_migrate_source_choice(
		job->migrate, job->finding,
		"the upstream, for clients with pomerium-cli or Pomerium Desktop: set "
		"tcp_upstream: 'true'");
	cli_migrate_source_choice(
		job->migrate, job->finding,
		"the upstream: keep a load balancer in front that passes TLS through");
	cli_migrate_source_off(job->migrate, job->source, "nginx passes its TLS through");
}
