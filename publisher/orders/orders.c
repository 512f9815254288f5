/* orders: certificates for hosts that have none, ordered from cert-manager.
 *
 *   in     owners with what they promise, Certificates, settings, what is wanted, what others have
 *          stored where we do
 *   out    the plan knows which hosts lack a certificate, and its requests are sent
 *   owns   the plan and its requests, what each owner promises, what others have stored
 *   never  takes a certificate of ours for one of somebody else
 */
#include "publisher/orders/orders.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text/text_list.h"
#include "net/hostname.h"
#include "net/url.h"
#include "publisher/orders/order_requests.h"

#define FOREIGN_MAX (32u << 20) /* bytes: some 100 000 names */

struct orders {
	struct wanted *wanted;
	char *namespace;
	struct order_plan plan;
	struct order_requests requests;
	struct foreign foreign; /* what others have stored */
	struct map promises;    /* msg_key_text of an owner -> struct text_list */
};

static void on_foreign(void *arg, const struct foreign_facts *facts, int step)
{
	struct orders *self = arg;

	self->plan.now_ms = clock_ms();
	for (size_t i = 0; i < facts->hosts.n; i++)
		publisher_wanted_count_foreign(self->wanted, facts->hosts.items[i], step);
	if (publisher_order_plan_is_on(&self->plan))
		publisher_foreign_count(facts, &self->plan.names, step);
}

static void begin_foreign(void *arg, const struct foreign_facts *facts)
{
	struct orders *self = arg;

	publisher_foreign_count(facts, &self->plan.names, 1);
}

struct orders *publisher_orders_new(struct kube *kube, struct wanted *wanted,
				    const struct orders_settings *settings)
{
	struct orders *self = mem_alloc(sizeof(*self));

	self->wanted = wanted;
	self->namespace = mem_dup(settings->namespace.ptr ? settings->namespace.ptr : "",
				  settings->namespace.len);
	publisher_order_plan_init(&self->plan, settings->wait_ms);
	publisher_order_requests_init(&self->requests, kube, &self->plan);
	publisher_foreign_init(&self->foreign, FOREIGN_MAX);
	self->foreign.self = self;
	self->foreign.changed = on_foreign;
	map_init(&self->promises, mem_free);
	return self;
}

void publisher_orders_destroy(struct orders **self_p)
{
	struct orders *self = *self_p;

	*self_p = NULL;
	if (!self)
		return;
	publisher_order_requests_clear(&self->requests);
	publisher_foreign_clear(&self->foreign);
	publisher_order_plan_clear(&self->plan);
	map_clear(&self->promises);
	mem_free(self->namespace);
	mem_free(self);
}

/* ---- what comes ---- */

static void tell_promises(struct orders *self, const struct text_list *promised, int step)
{
	for (size_t i = 0; promised && i < promised->n; i++)
		publisher_order_names_promise(&self->plan.names, promised->items[i], step);
}

/* The new ones are told before the old ones cease, so that what both have never does. */
static void set_promises(struct orders *self, const struct msg_key *owner,
			 const struct str_list *hosts)
{
	struct text_list *next = NULL, *old;
	struct pool pool;
	struct str text;

	pool_init(&pool);
	text = msg_key_text(owner, &pool);
	old = map_take(&self->promises, text);
	if (hosts && hosts->n) {
		next = text_list_new(hosts);
		map_put(&self->promises, text, next);
	}
	if (publisher_order_plan_is_on(&self->plan)) {
		tell_promises(self, next, 1);
		tell_promises(self, old, -1);
	}
	mem_free(old);
	pool_clear(&pool);
}

static void set_order(struct orders *self, const struct msg_ticket *ticket,
		      const struct msg_issuer *issuer)
{
	struct order_facts facts = {
		.key = ticket->owner, .uid = ticket->uid, .secret = STR_NONE, .hosts = ticket->hosts
	};

	if (!issuer) {
		publisher_order_plan_put_vague(&self->plan, &ticket->owner);
		return;
	}
	facts.issuer = *issuer;
	if (ticket->secrets.n)
		facts.secret = ticket->secrets.items[0].name;
	publisher_order_plan_put(&self->plan, &facts);
}

void publisher_orders_owner(struct orders *self, const struct msg_ticket *ticket,
			    const struct msg_issuer *issuer)
{
	if (!self)
		return;
	self->plan.now_ms = clock_ms();
	if (ticket->owner.kind == MSG_KIND_CERTIFICATE)
		set_order(self, ticket, issuer);
	else
		set_promises(self, &ticket->owner, &ticket->promised);
}

void publisher_orders_gone(struct orders *self, const struct msg_key *owner)
{
	if (!self)
		return;
	self->plan.now_ms = clock_ms();
	if (owner->kind == MSG_KIND_CERTIFICATE)
		publisher_order_plan_gone(&self->plan, owner);
	else
		set_promises(self, owner, NULL);
}

/* ---- what is wanted ---- */

static void tell_route(struct orders *self, const struct route *route, int step, struct pool *pool)
{
	if (url_is_tls(route->from))
		publisher_order_names_route(&self->plan.names,
					    hostname_normal(publisher_route_host(route), pool),
					    step);
}

/* That of a Certificate of ours is none of somebody else's, whoever names its Secret. */
static bool is_ours(const struct cert *cert)
{
	struct str namespace, name;

	return str_cut(publisher_certs_secret(cert), '/', &namespace, &name) &&
	       publisher_order_plan_is_name(name);
}

static void tell_cert(struct orders *self, const struct cert *cert, int step, struct pool *pool)
{
	const struct str_list *names = publisher_certs_names(cert);

	for (size_t i = 0; !is_ours(cert) && i < names->n; i++)
		publisher_order_names_there(&self->plan.names,
					    hostname_normal(names->items[i], pool), step);
}

void publisher_orders_good(struct orders *self, const struct good *good, int step)
{
	struct pool pool;

	if (!self || !publisher_order_plan_is_on(&self->plan) ||
	    good->owner.kind == MSG_KIND_CERTIFICATE)
		return;
	self->plan.now_ms = clock_ms();
	pool_init(&pool);
	for (size_t i = 0; i < good->n_certs; i++)
		tell_cert(self, good->certs[i].cert, step, &pool);
	for (size_t i = 0; i < good->n_routes; i++)
		tell_route(self, &good->routes[i], step, &pool);
	pool_clear(&pool);
}

/* Names count from now on: all that are there are told once. */
static void tell_all(struct orders *self)
{
	const struct owner *owner;
	void *promise;

	for (size_t i = 0; map_next(&self->promises, &i, NULL, &promise);)
		tell_promises(self, promise, 1);
	for (size_t i = 0; (owner = publisher_wanted_next(self->wanted, &i));)
		if (owner->good)
			publisher_orders_good(self, owner->good, 1);
	publisher_foreign_each(&self->foreign, self, begin_foreign);
}

/* Without a Pomerium object nobody has said that no certificates are wanted. */
void publisher_orders_settings(struct orders *self, const struct arrival *arrival)
{
	const struct msg_issuer *issuer = arrival->config.issuer;
	struct msg_issuer next;
	bool was;

	if (!self || !arrival->ticket.uid.len)
		return;
	self->plan.now_ms = clock_ms();
	was = publisher_order_plan_is_on(&self->plan);
	if (issuer) {
		next = *issuer;
		if (!next.namespace.len)
			next.namespace = str_from(self->namespace);
		if (!next.namespace.len) {
			log_error("no certificate is ordered: the namespace is not known",
				  "issuer=%s flag=--certificate-namespace",
				  log_value(err_quote(next.name)));
			return;
		}
	}
	publisher_order_plan_issuer(&self->plan, issuer ? &next : NULL);
	if (!was && publisher_order_plan_is_on(&self->plan))
		tell_all(self);
}

/* ---- what is due ---- */

uint64_t publisher_orders_tick(struct orders *self, uint64_t now_ms, bool may_write)
{
	if (!self)
		return UINT64_MAX;
	self->plan.now_ms = now_ms;
	return may_write ? publisher_order_requests_tick(&self->requests, now_ms) : UINT64_MAX;
}

bool publisher_orders_is_on(const struct orders *self)
{
	return self && publisher_order_plan_is_on(&self->plan);
}

struct foreign *publisher_orders_foreign(struct orders *self)
{
	return publisher_orders_is_on(self) ? &self->foreign : NULL;
}

size_t publisher_orders_n_missing(const struct orders *self)
{
	return self ? self->plan.missing.n : 0;
}
