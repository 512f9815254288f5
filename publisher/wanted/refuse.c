/* refuse: who may not stand beside others is rejected.
 *
 *   in     the hosts that an owner names, whose they are, the authenticate host, the flags; routes
 *          that others have, too
 *   out    the reason that it is rejected for, also when others come and go; a warning where nobody
 *          says who may have the authenticate host
 *   owns   nothing
 *   never  looks at other owners than those that name the same hosts
 */
#include "publisher/wanted/refuse.h"

#include "base/hash.h"
#include "net/hostname.h"
#include "publisher/wanted/access.h"
#include "rules/rules.h"

#define CHALLENGES "/.well-known/acme-challenge/" /* RFC 8555 8.3 */

static bool is_public(const struct route *route)
{
	const Pomerium__Config__Route *message;
	struct pool pool;
	bool yes;

	pool_init(&pool);
	message = publisher_access_unpack(route, &pool);
	yes = message && message->has_allow_public_unauthenticated_access &&
	      message->allow_public_unauthenticated_access;
	pool_wipe(&pool);
	return yes;
}

/* Whose route it is that this one would answer challenges for; NULL: its own, or there is none. */
static const struct owner *challenged(const struct wanted *self, const struct route *route)
{
	const struct str namespace = route->owner->key.namespace;
	const struct owner *other = NULL;
	struct pool pool;
	struct str host;

	if (!str_starts(publisher_route_path(route), CHALLENGES))
		return NULL;
	pool_init(&pool);
	host = hostname_normal(publisher_route_host(route), &pool);
	if (!self->policy || !publisher_host_policy_is_shared(self->policy, host, namespace))
		other = publisher_host_owner_before(&self->claims, host, namespace);
	pool_clear(&pool);
	return other && is_public(route) ? other : NULL;
}

void publisher_refuse_look(struct owner *owner)
{
	owner->is_solver = owner->has_capitals = false;
	for (size_t i = 0; owner->whole && i < owner->whole->n_routes; i++) {
		const struct route *route = &owner->whole->routes[i];

		owner->is_solver |= str_starts(publisher_route_path(route), CHALLENGES);
		owner->has_capitals |= hostname_has_capitals(publisher_route_host(route));
	}
}

/* ---- hosts that differ in case only ---- */

struct str publisher_refuse_spelling(const struct owner *owner, struct str host)
{
	for (size_t i = 0; owner->whole && i < owner->whole->n_routes; i++) {
		const struct str own = publisher_route_host(&owner->whole->routes[i]);

		if (str_eq_nocase(own, host))
			return own;
	}
	return STR_NONE;
}

struct speller {
	struct str host;
	const struct owner *first; /* that has a route of it */
};

static void find_first(void *arg, struct owner *owner)
{
	struct speller *speller = arg;

	if (speller->first && publisher_host_owner_compare(owner, speller->first) > 0)
		return;
	if (publisher_refuse_spelling(owner, speller->host).len)
		speller->first = owner;
}

/* Envoy takes one spelling: that of the first. `written`: the host, or the host with a dot, which
 * is another one for Envoy. */
static bool refuse_written(const struct wanted *self, const struct owner *owner, struct str host,
			   struct str written, struct err *why)
{
	const struct str own = publisher_refuse_spelling(owner, written);
	struct speller speller = { .host = written };
	struct str other;
	struct pool pool;

	if (!own.len)
		return false;
	publisher_host_owner_each(&self->claims, host, &speller, find_first);
	if (!speller.first)
		return false;
	other = publisher_refuse_spelling(speller.first, written);
	if (str_eq(own, other))
		return false;
	pool_init(&pool);
	err_rule(why, RULE_HOST_CASE,
		 "host %s differs in case only from %s of " STR_FMT
		 ", which comes first, and Envoy takes one of them: write both in lower case",
		 err_quote(own), err_quote(other),
		 STR_ARG(publisher_owner_title(speller.first, &pool)));
	pool_clear(&pool);
	return true;
}

static bool refuse_spelling(const struct wanted *self, const struct owner *owner, struct str host,
			    struct err *why)
{
	struct pool pool;
	bool refused;

	pool_init(&pool);
	refused = refuse_written(self, owner, host, host, why) ||
		  refuse_written(self, owner, host, pool_printf(&pool, STR_FMT ".", STR_ARG(host)),
				 why);
	pool_clear(&pool);
	return refused;
}

/* Pomerium has the authenticate host for itself, as the Pomerium object spells it. */
static bool refuse_beside_login(const struct wanted *self, const struct owner *owner,
				struct err *why)
{
	const struct str own = publisher_refuse_spelling(owner, self->login);

	if (!own.len || str_eq(own, self->login))
		return false;
	err_rule(why, RULE_HOST_CASE,
		 "host %s differs in case only from %s of spec.authenticate.url, and Envoy takes "
		 "one of them: write both in lower case",
		 err_quote(own), err_quote(self->login));
	return true;
}

static bool refuse_case(const struct wanted *self, const struct owner *owner, struct str host,
			struct err *why)
{
	if (self->login.len && str_eq(host, self->authenticate))
		return refuse_beside_login(self, owner, why);
	return self->n_capitals && refuse_spelling(self, owner, host, why);
}

/* ---- routes ---- */

/* Whoever answers a challenge under a host gets certificates for it. */
static bool refuse_solver(const struct wanted *self, const struct route *route, struct err *why)
{
	const struct owner *other = challenged(self, route);
	struct pool pool;

	if (!other)
		return false;
	pool_init(&pool);
	err_rule(why, RULE_SOLVER_FOREIGN,
		 "from %s, path %s: challenges of a certificate are answered in the namespace "
		 "of " STR_FMT
		 ", whose host this is; --shared-host can let this namespace do so, too",
		 err_quote(route->from), err_quote(publisher_route_path(route)),
		 STR_ARG(publisher_owner_title(other, &pool)));
	pool_clear(&pool);
	return true;
}

/* A file that has two routes which are alike is refused as a whole. */
static bool refuse_alike(const struct wanted *self, const struct route *route, struct err *why)
{
	const struct owner *other = publisher_conflicts_first(&self->likenesses, route);
	struct pool pool;

	if (!other)
		return false;
	pool_init(&pool);
	err_rule(why, RULE_ROUTE_ALIKE,
		 "from %s, path %s: its name and upstreams are those of a route of " STR_FMT
		 ", and Pomerium takes no file that has both; give it another name, by the "
		 "annotation name",
		 err_quote(route->from), err_quote(publisher_route_path(route)),
		 STR_ARG(publisher_owner_title(other, &pool)));
	pool_clear(&pool);
	return true;
}

static bool refuse_routes(const struct wanted *self, const struct owner *owner, struct err *why)
{
	const size_t n = owner->whole ? owner->whole->n_routes : 0;

	for (size_t i = 0; i < n; i++)
		if (refuse_solver(self, &owner->whole->routes[i], why))
			return true;
	for (size_t i = 0; self->needs.yaml && owner->n_contested && i < n; i++)
		if (refuse_alike(self, &owner->whole->routes[i], why))
			return true;
	return false;
}

/* ---- hosts ---- */

static bool refuse_login(const struct wanted *self, struct str host, struct str namespace,
			 struct err *why)
{
	if (!publisher_host_policy_reserves(self->policy, self->authenticate, host, namespace))
		return false;
	err_rule(why, RULE_HOST_AUTHENTICATE,
		 "host %s is the authenticate host, or covers it, and this namespace is not among "
		 "--authenticate-namespaces",
		 err_quote(host));
	return true;
}

static bool refuse_taken(const struct wanted *self, struct str host, struct str namespace,
			 struct err *why)
{
	const struct owner *other;
	struct pool pool;

	if (!self->policy->by_namespace ||
	    publisher_host_policy_is_shared(self->policy, host, namespace))
		return false;
	other = publisher_host_owner_before(&self->claims, host, namespace);
	if (!other)
		return false;
	pool_init(&pool);
	err_rule(why, RULE_HOST_TAKEN,
		 "host %s belongs to the namespace of " STR_FMT
		 ", which is older; --shared-host can let this namespace have it, too",
		 err_quote(host), STR_ARG(publisher_owner_title(other, &pool)));
	pool_clear(&pool);
	return true;
}

static bool refuse_hosts(const struct wanted *self, const struct owner *owner, struct err *why)
{
	const struct str_list *hosts = &owner->hosts;
	const struct str namespace = owner->key.namespace;

	for (size_t i = 0; i < hosts->n; i++)
		if (refuse_case(self, owner, hosts->items[i], why))
			return true;
	for (size_t i = 0; self->policy && i < hosts->n; i++)
		if (refuse_login(self, hosts->items[i], namespace, why) ||
		    refuse_taken(self, hosts->items[i], namespace, why))
			return true;
	return false;
}

bool publisher_refuse_reason(const struct wanted *self, const struct owner *owner, struct err *why)
{
	return refuse_routes(self, owner, why) || refuse_hosts(self, owner, why);
}

static bool names(const struct owner *owner, struct str host)
{
	for (size_t i = 0; host.len && i < owner->hosts.n; i++)
		if (str_eq(owner->hosts.items[i], host))
			return true;
	return false;
}

/* Where nobody says who may have it. */
static void warn_of_login(struct wanted *self, struct owner *owner)
{
	const bool names_it = self->policy && publisher_host_policy_is_open(self->policy) &&
			      names(owner, self->authenticate);
	struct err why = { "" };
	struct pool pool;

	if (owner->told_login == names_it)
		return;
	owner->told_login = names_it;
	if (!names_it || !self->listener.warn)
		return;
	pool_init(&pool);
	err_rule(&why, RULE_HOST_LOGIN,
		 "host %s is the authenticate host, where people log in; "
		 "--authenticate-namespaces says who may have it",
		 err_quote(self->authenticate));
	self->listener.warn(self->listener.self, &owner->key, rules_sentence(&why, &pool).ptr);
	pool_clear(&pool);
}

/* True: all of it is rejected. Where its newest state is rejected anyhow, that is the reason. */
bool publisher_refuse_owner(struct wanted *self, struct owner *owner)
{
	struct err why = { "" };
	struct pool pool;
	bool refused;

	if (self->waits)
		return false;
	warn_of_login(self, owner);
	refused = publisher_refuse_reason(self, owner, &why);
	if (!refused && !owner->refused)
		return false;
	if (refused && owner->reason && !owner->refused)
		return true;
	pool_init(&pool);
	publisher_wanted_set_reason(self, owner, refused ? rules_sentence(&why, &pool).ptr : NULL);
	pool_clear(&pool);
	owner->refused = refused;
	return refused;
}

bool publisher_refuse_note(struct owner *owner)
{
	const uint64_t before = owner->told_refused;

	owner->told_refused = owner->refused ? hash_fast(str_from(owner->reason)) | 1 : 0;
	return owner->told_refused != before;
}

void publisher_refuse_tell(struct wanted *self, struct owner *owner)
{
	const bool is_news = publisher_refuse_note(owner);
	struct err why;

	if (is_news && self->listener.refused)
		self->listener.refused(
			self->listener.self, &owner->key,
			owner->refused && publisher_refuse_reason(self, owner, &why) ? &why : NULL);
}
