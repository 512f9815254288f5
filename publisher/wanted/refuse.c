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

static bool say_taken(const struct owner *other, struct str host, struct err *why)
{
	struct pool pool;

	pool_init(&pool);
	err_rule(why, RULE_HOST_TAKEN,
		 "host %s belongs to the namespace of %s " STR_FMT
		 ", which is older; --shared-host can let this namespace have it, too",
		 err_quote(host), msg_kind_name((enum msg_kind)other->key.kind),
		 STR_ARG(msg_key_for_people(&other->key, &pool)));
	pool_clear(&pool);
	return true;
}

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

/* Envoy takes one spelling: that of the first. */
static bool refuse_spelling(const struct wanted *self, const struct owner *owner, struct str host,
			    struct err *why)
{
	const struct str own = publisher_refuse_spelling(owner, host);
	struct speller speller = { .host = host };
	struct str other;
	struct pool pool;

	if (!own.len)
		return false;
	publisher_host_owner_each(&self->claims, host, &speller, find_first);
	if (!speller.first)
		return false;
	other = publisher_refuse_spelling(speller.first, host);
	if (str_eq(own, other))
		return false;
	pool_init(&pool);
	err_rule(why, RULE_HOST_CASE,
		 "host %s differs in case only from %s of %s " STR_FMT
		 ", which comes first, and Envoy takes one of them: write both in lower case",
		 err_quote(own), err_quote(other),
		 msg_kind_name((enum msg_kind)speller.first->key.kind),
		 STR_ARG(msg_key_for_people(&speller.first->key, &pool)));
	pool_clear(&pool);
	return true;
}

/* ---- routes ---- */

/* Whoever answers a challenge under a host gets certificates for it. A file that has two routes
 * which are alike is refused as a whole. */
static bool refuse_route(const struct wanted *self, const struct route *route, bool is_alike,
			 struct err *why)
{
	const struct owner *other = is_alike ? publisher_conflicts_first(&self->likenesses, route)
					     : challenged(self, route);
	struct pool pool;

	if (!other)
		return false;
	pool_init(&pool);
	err_rule(why, is_alike ? RULE_ROUTE_ALIKE : RULE_SOLVER_FOREIGN,
		 is_alike ? "from %s, path %s: its name and upstreams are those of a route of "
			    "%s " STR_FMT ", and Pomerium takes no file that has both; give it "
			    "another name, by the annotation name"
			  : "from %s, path %s: challenges of a certificate are answered in the "
			    "namespace of %s " STR_FMT ", whose host this is; --shared-host can "
			    "let this namespace do so, too",
		 err_quote(route->from), err_quote(publisher_route_path(route)),
		 msg_kind_name((enum msg_kind)other->key.kind),
		 STR_ARG(msg_key_for_people(&other->key, &pool)));
	pool_clear(&pool);
	return true;
}

bool publisher_refuse_reason(struct wanted *self, const struct owner *owner, struct err *why)
{
	const struct str namespace = owner->key.namespace;
	const size_t n_routes = owner->whole ? owner->whole->n_routes : 0;

	for (size_t i = 0; i < n_routes; i++)
		if (refuse_route(self, &owner->whole->routes[i], false, why))
			return true;
	for (size_t i = 0; self->needs.yaml && owner->n_contested && i < n_routes; i++)
		if (refuse_route(self, &owner->whole->routes[i], true, why))
			return true;
	for (size_t i = 0; self->n_capitals && i < owner->hosts.n; i++)
		if (refuse_spelling(self, owner, owner->hosts.items[i], why))
			return true;
	for (size_t i = 0; self->policy && i < owner->hosts.n; i++) {
		const struct str host = owner->hosts.items[i];
		const struct owner *other;

		if (publisher_host_policy_reserves(self->policy, self->authenticate, host,
						   namespace)) {
			err_rule(why, RULE_HOST_AUTHENTICATE,
				 "host %s is the authenticate host, or covers it, and this "
				 "namespace is not among --authenticate-namespaces",
				 err_quote(host));
			return true;
		}
		if (!self->policy->by_namespace ||
		    publisher_host_policy_is_shared(self->policy, host, namespace))
			continue;
		other = publisher_host_owner_before(&self->claims, host, namespace);
		if (other)
			return say_taken(other, host, why);
	}
	return false;
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
