/* order_requests: what the plan wants done, as requests to the API server.
 *
 *   in     the actions of the plan, answers
 *   out    POST and DELETE of a Certificate, DELETE of the Secret of one that is gone
 *   owns   the requests under way, Secrets that have outlived their Certificate
 *   never  waits; deletes what does not have the label of ours; takes a Secret before its
 *          Certificate, since cert-manager would make it anew
 */
#include "publisher/orders/order_requests.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "publisher/orders/order_text.h"

#define SEEN_MS 600000 /* done, and not seen: it is tried again so late */
#define BLOCKED_MS 1000

static void land(struct order_flight *flight)
{
	kube_cancel(&flight->request);
	mem_free(flight->text);
	mem_free(flight->secret);
	mem_free(flight->uid);
	flight->text = flight->secret = flight->uid = NULL;
}

static struct order_flight *free_flight(struct order_requests *self)
{
	for (size_t i = 0; i < ORDER_REQUESTS_MAX; i++)
		if (!self->flights[i].text)
			return &self->flights[i];
	return NULL;
}

static bool flies(const struct order_requests *self, struct str text)
{
	for (size_t i = 0; i < ORDER_REQUESTS_MAX; i++)
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

	flight->request = kube_start(flight->of->kube, &call);
	buf_clear(url);
	if (body)
		buf_clear(body);
}

/* Later, and nothing else before if the API server is in trouble. */
static void fail(struct order_flight *flight, const char *what, const struct kube_result *result)
{
	struct order_requests *self = flight->of;
	const uint64_t wait = publisher_api_retry_failure(&self->retry, what, result);
	const bool is_secret = flight->step == ORDER_NOTHING;

	if (is_secret || publisher_api_retry_may_pass(result->status))
		self->hold_ms = clock_ms() + wait;
	if (!is_secret)
		publisher_order_plan_put_off(self->plan, flight->step, str_from(flight->text),
					     wait);
}

/* What is gone already is gone. */
static bool is_done(const struct order_flight *flight, long status)
{
	return flight->step == ORDER_CREATE ? status == 201 : status / 100 == 2 || status == 404;
}

/* Whether the request did what it was for. 409: a Certificate of that name is there, or another
 * one is, and it will be seen. */
static bool ended_well(struct order_flight *flight, const char *what,
		       const struct kube_result *result)
{
	const bool done = is_done(flight, result->status);

	flight->request = NULL;
	flight->of->plan->now_ms = clock_ms();
	if (done)
		publisher_api_retry_success(&flight->of->retry);
	else if (result->status != 409 || flight->step == ORDER_NOTHING)
		fail(flight, what, result);
	return done;
}

static void on_secret_gone(void *arg, const struct kube_result *result)
{
	struct order_flight *flight = arg;

	if (ended_well(flight, "secret of a certificate", result))
		map_del(&flight->of->orphans, str_from(flight->text));
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
			map_put(&flight->of->orphans, str_from(flight->secret),
				mem_strdup(flight->uid));
	}
	land(flight);
}

/* ---- what is sent ---- */

static void start_create(struct order_flight *flight, struct str host)
{
	const struct msg_issuer *issuer = &flight->of->plan->issuer;
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
static const struct order_facts *holder_of(const struct order_requests *self, struct str secret)
{
	struct msg_key key = { .kind = MSG_KIND_CERTIFICATE };

	(void)str_cut(secret, '/', &key.namespace, &key.name);
	return publisher_order_plan_get(self->plan, &key);
}

static void start_orphans(struct order_requests *self)
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
static bool is_blocked(const struct order_requests *self, struct str host)
{
	char name[ORDER_NAME_MAX];
	struct pool pool;
	bool blocked;

	publisher_order_plan_name(&self->plan->issuer, host, name);
	pool_init(&pool);
	blocked = map_get(&self->orphans,
			  pool_printf(&pool, STR_FMT "/%s", STR_ARG(self->plan->issuer.namespace),
				      name)) != NULL;
	pool_clear(&pool);
	return blocked;
}

static void start_actions(struct order_requests *self)
{
	struct order_flight *flight;
	struct order_action action;

	while ((flight = free_flight(self)) &&
	       (action = publisher_order_plan_next(self->plan)).step != ORDER_NOTHING) {
		const bool blocked = action.step == ORDER_CREATE && is_blocked(self, action.text);

		if (action.step == ORDER_DELETE)
			start_delete(flight, &action);
		else if (!blocked)
			start_create(flight, action.text);
		publisher_order_plan_put_off(self->plan, action.step, action.text,
					     blocked ? BLOCKED_MS : SEEN_MS);
	}
}

uint64_t publisher_order_requests_tick(struct order_requests *self, uint64_t now_ms)
{
	if (now_ms < self->hold_ms)
		return self->hold_ms;
	start_orphans(self);
	start_actions(self);
	return free_flight(self) ? publisher_order_plan_due(self->plan) : UINT64_MAX;
}

void publisher_order_requests_init(struct order_requests *self, struct kube *kube,
				   struct order_plan *plan)
{
	*self = (struct order_requests){ .kube = kube, .plan = plan };
	map_init(&self->orphans, mem_free);
	publisher_api_retry_init(&self->retry);
	for (size_t i = 0; i < ORDER_REQUESTS_MAX; i++)
		self->flights[i].of = self;
}

void publisher_order_requests_clear(struct order_requests *self)
{
	for (size_t i = 0; i < ORDER_REQUESTS_MAX; i++)
		land(&self->flights[i]);
	map_clear(&self->orphans);
}
