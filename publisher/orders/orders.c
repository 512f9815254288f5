/* orders: certificates for hosts that have none, ordered from cert-manager.
 *
 *   in     owners with what they promise, Certificates, settings, what is wanted, what others have
 *          stored where we do
 *   out    POST and DELETE of a Certificate, DELETE of the Secret of one that is gone
 *   owns   the plan, the requests under way, Secrets that have outlived their Certificate
 *   never  waits; deletes what does not have the label of ours; takes a Secret before its
 *          Certificate, since cert-manager would make it anew
 */
#include "publisher/orders/orders.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text/text_list.h"
#include "net/hostname.h"
#include "net/url.h"
#include "publisher/orders/order_text.h"
#include "publisher/report/api_retry.h"

#define PARALLEL 4
#define SEEN_MS 600000 /* done, and not seen: it is tried again so late */
#define BLOCKED_MS 1000
#define FOREIGN_MAX (32u << 20) /* bytes: some 100 000 names */

/* One request. */
struct order_flight {
	struct orders *orders;
	struct kube_request *request;
	enum order_step step; /* ORDER_NOTHING: the Secret of one that is gone */
	char *text;           /* of the action, or "namespace/name" of the Secret; NULL: free */
	char *secret, *uid;   /* of a Certificate that is taken back: its Secret, the same, or
				 NULL; itself */
};

struct orders {
	struct kube *kube;
	struct wanted *wanted;
	char *namespace;
	struct order_plan plan;
	struct foreign foreign; /* what others have stored */
	struct map promises;    /* msg_key_text of an owner -> struct text_list */
	struct map orphans; /* "namespace/name" of Secrets that have to go -> uid of the Certificate
				that each was of */
	struct order_flight flights[PARALLEL];
	struct api_retry retry;
	uint64_t hold_ms; /* not before */
};

static void land(struct order_flight *flight)
{
	kube_cancel(&flight->request);
	mem_free(flight->text);
	mem_free(flight->secret);
	mem_free(flight->uid);
	flight->text = flight->secret = flight->uid = NULL;
}

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

	self->kube = kube;
	self->wanted = wanted;
	self->namespace = mem_dup(settings->namespace.ptr ? settings->namespace.ptr : "",
				  settings->namespace.len);
	publisher_order_plan_init(&self->plan, settings->wait_ms);
	publisher_foreign_init(&self->foreign, FOREIGN_MAX);
	self->foreign.self = self;
	self->foreign.changed = on_foreign;
	map_init(&self->promises, mem_free);
	map_init(&self->orphans, mem_free);
	publisher_api_retry_init(&self->retry);
	for (size_t i = 0; i < PARALLEL; i++)
		self->flights[i].orders = self;
	return self;
}

void publisher_orders_destroy(struct orders **self_p)
{
	struct orders *self = *self_p;

	*self_p = NULL;
	if (!self)
		return;
	for (size_t i = 0; i < PARALLEL; i++)
		land(&self->flights[i]);
	publisher_foreign_clear(&self->foreign);
	publisher_order_plan_clear(&self->plan);
	map_clear(&self->promises);
	map_clear(&self->orphans);
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

/* ---- requests ---- */

static struct order_flight *free_flight(struct orders *self)
{
	for (size_t i = 0; i < PARALLEL; i++)
		if (!self->flights[i].text)
			return &self->flights[i];
	return NULL;
}

static bool flies(const struct orders *self, struct str text)
{
	for (size_t i = 0; i < PARALLEL; i++)
		if (str_eq(str_from(self->flights[i].text), text))
			return true;
	return false;
}

static void send(struct order_flight *flight, const char *method, struct buf *url, struct buf *body,
		 void (*on_done)(void *self, const struct kube_result *result))
{
	struct kube_call call = { .method = method,
				  .path = buf_view(url),
				  .body = body ? buf_view(body) : STR_NONE,
				  .timeout_ms = KUBE_TIMEOUT_MS,
				  .on_done = on_done,
				  .self = flight };

	flight->request = kube_start(flight->orders->kube, &call);
	buf_clear(url);
	if (body)
		buf_clear(body);
}

/* Later, and nothing else before if the API server is in trouble. */
static void fail(struct order_flight *flight, const char *what, const struct kube_result *result)
{
	struct orders *self = flight->orders;
	const uint64_t wait = publisher_api_retry_failure(&self->retry, what, result);
	const bool is_secret = flight->step == ORDER_NOTHING;

	if (is_secret || publisher_api_retry_may_pass(result->status))
		self->hold_ms = clock_ms() + wait;
	if (!is_secret)
		publisher_order_plan_put_off(&self->plan, flight->step, str_from(flight->text),
					     wait);
}

/* What is gone already is gone. */
static bool is_done(const struct order_flight *flight, long status)
{
	return flight->step == ORDER_CREATE ? status == 201 : status / 100 == 2 || status == 404;
}

/* Whether the request did what it was for. 409: a Certificate of that name is
 * there, or another one is, and it will be seen. */
static bool ended_well(struct order_flight *flight, const char *what,
		       const struct kube_result *result)
{
	const bool done = is_done(flight, result->status);

	flight->request = NULL;
	flight->orders->plan.now_ms = clock_ms();
	if (done)
		publisher_api_retry_success(&flight->orders->retry);
	else if (result->status != 409 || flight->step == ORDER_NOTHING)
		fail(flight, what, result);
	return done;
}

static void on_secret_gone(void *arg, const struct kube_result *result)
{
	struct order_flight *flight = arg;

	if (ended_well(flight, "secret of a certificate", result))
		map_del(&flight->orders->orphans, str_from(flight->text));
	land(flight);
}

static void on_created(void *arg, const struct kube_result *result)
{
	struct order_flight *flight = arg;

	if (ended_well(flight, "certificate to order", result))
		log_info("certificate ordered", "host=%s", log_value(flight->text));
	land(flight);
}

static void on_deleted(void *arg, const struct kube_result *result)
{
	struct order_flight *flight = arg;

	if (ended_well(flight, "certificate to take back", result)) {
		log_info("certificate taken back", "certificate=%s", log_value(flight->text));
		if (flight->secret)
			map_put(&flight->orders->orphans, str_from(flight->secret),
				mem_strdup(flight->uid));
	}
	land(flight);
}

/* ---- what is sent ---- */

static void start_create(struct order_flight *flight, struct str host)
{
	const struct msg_issuer *issuer = &flight->orders->plan.issuer;
	struct buf url, json;

	flight->step = ORDER_CREATE;
	flight->text = mem_dup(host.ptr, host.len);
	buf_init(&url, BUF_MAX_TEXT);
	buf_init(&json, BUF_MAX_TEXT);
	publisher_order_text_url(issuer->namespace, STR(""), &url);
	publisher_order_text_certificate(issuer, host, &json);
	send(flight, "POST", &url, &json, on_created);
}

static void start_delete(struct order_flight *flight, const struct order_action *action)
{
	const struct order_facts *facts = action->facts;
	struct buf url, json;
	struct pool pool;

	pool_init(&pool);
	flight->step = ORDER_DELETE;
	flight->text = mem_dup(action->text.ptr, action->text.len);
	flight->uid = mem_dup(facts->uid.ptr, facts->uid.len);
	if (facts->secret.len)
		flight->secret = mem_strdup(pool_printf(&pool, STR_FMT "/" STR_FMT,
							STR_ARG(facts->key.namespace),
							STR_ARG(facts->secret))
						    .ptr);
	buf_init(&url, BUF_MAX_TEXT);
	buf_init(&json, BUF_MAX_TEXT);
	publisher_order_text_url(facts->key.namespace, facts->key.name, &url);
	publisher_order_text_delete(facts->uid, &json);
	send(flight, "DELETE", &url, &json, on_deleted);
	pool_clear(&pool);
}

static void start_delete_secret(struct order_flight *flight, struct str text)
{
	struct buf url;

	flight->step = ORDER_NOTHING;
	flight->text = mem_dup(text.ptr, text.len);
	buf_init(&url, BUF_MAX_TEXT);
	publisher_order_text_secret_url(text, &url);
	send(flight, "DELETE", &url, NULL, on_secret_gone);
}

/* ---- the tick ---- */

/* The Certificate that it was of, or one that has come under its name since; NULL: none. */
static const struct order_facts *holder_of(const struct orders *self, struct str secret)
{
	struct msg_key key = { .kind = MSG_KIND_CERTIFICATE };

	(void)str_cut(secret, '/', &key.namespace, &key.name);
	return publisher_order_plan_get(&self->plan, &key);
}

static void start_orphans(struct orders *self)
{
	struct order_flight *flight;
	struct str text;
	void *uid;

	for (size_t i = 0;
	     (flight = free_flight(self)) && map_next(&self->orphans, &i, &text, &uid);) {
		const struct order_facts *holder = holder_of(self, text);

		if (flies(self, text))
			continue;
		if (!holder)
			start_delete_secret(flight, text);
		else if (!str_is(holder->uid, uid)) /* it needs it */
			map_del(&self->orphans, text);
	}
}

/* The Secret of the Certificate before it may be about to go. */
static bool is_blocked(const struct orders *self, struct str host)
{
	char name[ORDER_NAME_MAX];
	struct pool pool;
	bool blocked;

	publisher_order_plan_name(&self->plan.issuer, host, name);
	pool_init(&pool);
	blocked = map_get(&self->orphans,
			  pool_printf(&pool, STR_FMT "/%s", STR_ARG(self->plan.issuer.namespace),
				      name)) != NULL;
	pool_clear(&pool);
	return blocked;
}

static void start_actions(struct orders *self)
{
	struct order_flight *flight;
	struct order_action action;

	while ((flight = free_flight(self)) &&
	       (action = publisher_order_plan_next(&self->plan)).step != ORDER_NOTHING) {
		const bool blocked = action.step == ORDER_CREATE && is_blocked(self, action.text);

		if (action.step == ORDER_DELETE)
			start_delete(flight, &action);
		else if (!blocked)
			start_create(flight, action.text);
		publisher_order_plan_put_off(&self->plan, action.step, action.text,
					     blocked ? BLOCKED_MS : SEEN_MS);
	}
}

uint64_t publisher_orders_tick(struct orders *self, uint64_t now_ms, bool may_write)
{
	if (!self)
		return UINT64_MAX;
	self->plan.now_ms = now_ms;
	if (!may_write)
		return UINT64_MAX;
	if (now_ms < self->hold_ms)
		return self->hold_ms;
	start_orphans(self);
	start_actions(self);
	return free_flight(self) ? publisher_order_plan_due(&self->plan) : UINT64_MAX;
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
