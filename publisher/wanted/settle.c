/* settle: what of each owner may be published beside the others.
 *
 *   in     what each owner would publish if it were alone, the hosts that it names, its age
 *   out    what is published of it; warnings of routes that others have, too
 *   owns   the list of owners whose lot others have changed
 *   never  looks at an owner that shares nothing with the one that has changed
 *
 * The end does not hang on who came first: it follows from what all have and from their ages.
 */
#include "publisher/wanted/settle.h"

#include "base/mem.h"
#include "net/hostname.h"
#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"
#include "publisher/wanted/claim.h"
#include "publisher/wanted/refuse.h"
#include "rules/rules.h"

/* ---- what others change ---- */

void publisher_settle_mark(void *arg, struct owner *owner)
{
	struct wanted *self = arg;

	map_put(&self->unsettled, owner->text, owner);
}

static void conflict_changed(void *arg, struct owner *owner, bool verdict)
{
	struct wanted *self = arg;

	if (verdict)
		publisher_settle_mark(self, owner);
	/* The ids of others are their own. */
	if (self->listener.changed && owner->key.kind == MSG_KIND_HTTP_ROUTE)
		self->listener.changed(self->listener.self, &owner->key);
}

/* Whose lot hangs on who was the first to name its hosts. */
static void mark_hanging(void *arg, struct owner *owner)
{
	struct wanted *self = arg;

	if (owner->is_solver || self->n_capitals || (self->policy && self->policy->by_namespace))
		publisher_settle_mark(self, owner);
}

static void host_changed(void *arg, struct str host)
{
	struct wanted *self = arg;

	if (!self->waits) /* else all are settled again */
		publisher_host_owner_each(&self->claims, host, self, mark_hanging);
	publisher_certs_host_changed(&self->certs, host);
}

/* ---- certificates ---- */

static struct str owner_of_host(void *arg, struct str host, size_t i)
{
	const struct wanted *self = arg;

	return publisher_host_owner_nth(&self->claims, host, i);
}

static int64_t age_of_host(void *arg, struct str host)
{
	const struct wanted *self = arg;
	const struct owner *oldest = publisher_host_owner_oldest(&self->claims, host);

	return oldest ? oldest->created : 0;
}

static void warn_secret(struct wanted *self, struct str secret, const struct err *why)
{
	struct msg_key key = { .kind = MSG_KIND_SECRET };
	struct pool pool;

	pool_init(&pool);
	if (self->listener.warn && str_cut(secret, '/', &key.namespace, &key.name))
		self->listener.warn(self->listener.self, &key, rules_sentence(why, &pool).ptr);
	pool_clear(&pool);
}

static void cert_withheld(void *arg, struct str secret, struct str host, struct str by)
{
	struct wanted *self = arg;
	struct err why;

	err_rule(
		&why, RULE_CERT_WITHHELD,
		"its certificate is not published: it would be served for %s, which Secret " STR_FMT
		" has a certificate for, and which is not of this namespace",
		err_quote(host), STR_ARG(by));
	warn_secret(self, secret, &why);
	err_rule(&why, RULE_CERT_WITHHELD,
		 "the certificate of Secret " STR_FMT
		 " is for %s, too, which is not of its namespace; so that one is not published",
		 STR_ARG(secret), err_quote(host));
	warn_secret(self, by, &why);
}

void publisher_settle_init(struct wanted *self)
{
	map_init(&self->unsettled, NULL);
	publisher_host_owner_init(&self->claims);
	self->claims.self = self;
	self->claims.changed = host_changed;
	publisher_conflicts_init(&self->conflicts, self, conflict_changed);
	publisher_conflicts_init(&self->likenesses, self, conflict_changed);
	self->likenesses.by_likeness = true;
	self->certs.self_owner = self;
	self->certs.owner = owner_of_host;
	self->certs.age = age_of_host;
	self->certs.withheld = cert_withheld;
}

/* ---- what is published ---- */

static enum cert_use use_of(const struct good *good, size_t i)
{
	if (!good->certs[i].always)
		return CERT_SERVES;
	return good->owner.kind == MSG_KIND_POMERIUM ? CERT_FIRST : CERT_ALWAYS;
}

static void each_host(struct wanted *self, const struct good *good,
		      void (*call)(struct certs *certs, struct str host))
{
	for (size_t i = 0; i < good->n_routes; i++) {
		struct pool pool;

		pool_init(&pool);
		call(&self->certs, hostname_normal(publisher_route_host(&good->routes[i]), &pool));
		pool_clear(&pool);
	}
}

static void tell_good(const struct wanted *self, const struct good *good, int step)
{
	if (self->listener.good)
		self->listener.good(self->listener.self, good, step);
}

static void link_good(struct wanted *self, const struct good *good)
{
	for (size_t i = 0; i < good->n_certs; i++) {
		if (good->owner.kind == MSG_KIND_CERTIFICATE)
			publisher_certs_count_ordered(good->certs[i].cert, 1);
		publisher_certs_offer(&self->certs, good->certs[i].cert, use_of(good, i));
	}
	each_host(self, good, publisher_certs_add_host);
	self->n_routes += good->n_routes;
	tell_good(self, good, 1);
}

static void unlink_good(struct wanted *self, const struct good *good)
{
	each_host(self, good, publisher_certs_drop_host);
	for (size_t i = 0; i < good->n_certs; i++) {
		publisher_certs_withdraw(&self->certs, good->certs[i].cert, use_of(good, i));
		if (good->owner.kind == MSG_KIND_CERTIFICATE)
			publisher_certs_count_ordered(good->certs[i].cert, -1);
	}
	self->n_routes -= good->n_routes;
	tell_good(self, good, -1);
}

/* Those that have the host, or a wildcard above it. */
static void mark_around(struct wanted *self, struct str host)
{
	struct str rest = host, label;
	struct pool pool;

	if (!host.len)
		return;
	pool_init(&pool);
	publisher_host_owner_each(&self->claims, host, self, publisher_settle_mark);
	publisher_host_owner_each(&self->claims, STR("*"), self, publisher_settle_mark);
	while (str_cut(rest, '.', &label, &rest))
		publisher_host_owner_each(&self->claims,
					  pool_printf(&pool, "*." STR_FMT, STR_ARG(rest)), self,
					  publisher_settle_mark);
	pool_clear(&pool);
}

static void set_authenticate(struct wanted *self, struct str written, struct pool *pool)
{
	const struct str host = hostname_normal(written, pool);

	mark_around(self, self->authenticate);
	mem_free((char *)self->authenticate.ptr);
	mem_free((char *)self->login.ptr);
	self->authenticate = (struct str){ mem_dup(host.ptr, host.len), host.len };
	self->login = (struct str){ mem_dup(written.ptr, written.len), written.len };
	mark_around(self, self->authenticate);
}

/* The Pomerium object says where people log in. */
static void read_authenticate(struct wanted *self, const struct good *good)
{
	Pomerium__Config__Settings *settings = NULL;
	struct str written = STR("");
	struct pool pool;

	pool_init(&pool);
	if (good && good->settings.ptr)
		settings = (void *)pb_unpack(&pomerium__config__settings__descriptor,
					     good->settings, &pool, NULL);
	if (settings)
		written = hostname_of_url(pb_str(settings->authenticate_service_url));
	if (!str_eq(written, self->login))
		set_authenticate(self, written, &pool);
	pool_wipe(&pool);
}

/* The new one goes in before the old one goes out, so that what both share never ceases. */
static void swap_good(struct wanted *self, struct owner *owner, struct good *next)
{
	struct good *old = owner->good;

	owner->good = next;
	if (next)
		link_good(self, next);
	if (old)
		unlink_good(self, old);
	if (owner->key.kind == MSG_KIND_POMERIUM)
		read_authenticate(self, next);
	publisher_wanted_let_go(self, &old);
}

void publisher_settle_forget(struct wanted *self, struct owner *owner)
{
	publisher_claim_drop(self, owner);
	swap_good(self, owner, NULL);
	map_del(&self->unsettled, owner->text);
}

/* ---- the lot of one owner ---- */

static bool is_withheld(enum conflict_verdict verdict)
{
	return verdict == CONFLICT_YOUNGER || verdict == CONFLICT_NEITHER;
}

static void warn_conflict(struct wanted *self, const struct route *route,
			  enum conflict_verdict verdict, const struct owner *other)
{
	static const char *const ends[] = {
		[CONFLICT_SHARED] =
			"both are published, and the one whose id comes first is served",
		[CONFLICT_ALONE] = "that one is rejected, so this one is published alone",
		[CONFLICT_YOUNGER] =
			"that one is older and of another namespace, so it is published alone",
		[CONFLICT_NEITHER] = "that one is older, though rejected: neither is published",
	};
	const struct str host = publisher_route_host(route);
	struct pool pool;
	struct err why;

	if (!self->listener.warn ||
	    (verdict == CONFLICT_ALONE && !str_eq(publisher_refuse_spelling(other, host), host)))
		return; /* the other one has heard how it should spell it */
	pool_init(&pool);
	err_rule(&why, is_withheld(verdict) ? RULE_ROUTE_YOUNGER : RULE_ROUTE_SHARED,
		 "from %s, path %s, is also a route of " STR_FMT "; %s", err_quote(route->from),
		 err_quote(publisher_route_path(route)),
		 STR_ARG(publisher_owner_title(other, &pool)), ends[verdict]);
	self->listener.warn(self->listener.self, &route->owner->key,
			    rules_sentence(&why, &pool).ptr);
	pool_clear(&pool);
}

/* Which routes of the whole are published, and how many are not. */
static size_t judge(struct wanted *self, const struct good *whole, bool *published)
{
	size_t n_withheld = 0;

	for (size_t i = 0; i < whole->n_routes; i++) {
		const struct route *route = &whole->routes[i];
		const struct owner *other;
		const enum conflict_verdict verdict =
			publisher_conflicts_judge(&self->conflicts, route, &other);

		published[i] = !is_withheld(verdict);
		n_withheld += is_withheld(verdict);
		if (publisher_conflicts_is_news(&self->conflicts, route, verdict))
			warn_conflict(self, route, verdict, other);
	}
	return n_withheld;
}

/* The whole without some of its routes. */
static struct good *part_of(struct wanted *self, struct owner *owner, const bool *published,
			    struct pool *pool)
{
	const struct good *whole = owner->whole;
	struct good_parts parts = { .settings = whole->settings,
				    .bootstrap = whole->bootstrap,
				    .files = whole->files,
				    .n_files = whole->n_files,
				    .certs = publisher_good_certs(whole, false, pool),
				    .n_certs = whole->n_certs,
				    .values = whole->values,
				    .n_values = whole->n_values,
				    .was_stored = whole->was_stored,
				    .created = owner->created };
	struct err err = { "" };

	parts.routes = pool_array(pool, whole->n_routes + 1, sizeof(*parts.routes));
	for (size_t i = 0; i < whole->n_routes; i++)
		if (published[i])
			parts.routes[parts.n_routes++] = whole->routes[i].packed;
	return publisher_good_new(&parts, owner, &self->certs, &err);
}

/* Whether others keep it from being published at all. */
static void bar(struct wanted *self, struct owner *owner)
{
	const bool was = owner->is_barred;

	owner->is_barred = publisher_refuse_owner(self, owner);
	if (owner->is_barred == was || !owner->n_contested)
		return;
	for (size_t i = 0; owner->whole && i < owner->whole->n_routes; i++)
		publisher_conflicts_tell(&self->conflicts, &owner->whole->routes[i]);
}

/* What may be published of it, held. */
static struct good *allowed(struct wanted *self, struct owner *owner)
{
	struct good *good = owner->whole;
	struct pool pool;
	bool *published;

	bar(self, owner);
	if (owner->is_barred || !good)
		return NULL;
	publisher_good_hold(good);
	if (self->waits || !owner->n_contested)
		return good;
	pool_init(&pool);
	published = pool_array(&pool, good->n_routes + 1, sizeof(*published));
	if (judge(self, good, published)) {
		publisher_wanted_let_go(self, &good);
		good = part_of(self, owner, published, &pool);
	}
	pool_wipe(&pool);
	return good;
}

bool publisher_settle_owner(struct wanted *self, struct owner *owner)
{
	struct good *next = allowed(self, owner), *old = owner->good;
	const bool changed = next && old ? !hash_equal(&next->digest, &old->digest) : next != old;

	if (self->waits)
		publisher_settle_mark(self, owner);
	else
		map_del(&self->unsettled, owner->text);
	if (next == old)
		publisher_wanted_let_go(self, &next);
	else
		swap_good(self, owner, next);
	return changed;
}

void publisher_settle_bars(struct wanted *self)
{
	struct map batch = self->unsettled;
	void *value;

	if (self->waits)
		return;
	map_init(&self->unsettled, NULL);
	for (size_t i = 0; map_next(&batch, &i, NULL, &value);) {
		bar(self, value);
		publisher_settle_mark(self, value);
	}
	map_clear(&batch);
}

static void settle_each(struct wanted *self)
{
	struct map batch = self->unsettled;
	void *value;

	map_init(&self->unsettled, NULL);
	for (size_t i = 0; map_next(&batch, &i, NULL, &value);) {
		struct owner *owner = value;

		if (publisher_settle_owner(self, owner) && self->listener.changed)
			self->listener.changed(self->listener.self, &owner->key);
		publisher_refuse_tell(self, owner);
	}
	map_clear(&batch);
}

/* Who is barred is known before anybody is told what is published beside it. */
void publisher_settle_others(struct wanted *self)
{
	while (!self->waits && self->unsettled.n) {
		publisher_settle_bars(self);
		settle_each(self);
	}
}
