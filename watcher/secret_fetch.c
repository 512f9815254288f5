/* secret_fetch: values of the Secrets that are wanted.
 *
 *   in     want, forget, touched, gone; answers of the API server
 *   out    SECRET_VALUE
 *   owns   who is wanted, and the queue of those to be fetched
 *   never  keeps a value
 */
#include "watcher/secret_fetch.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

struct wanted {
	struct secret_fetch *fetch;
	struct msg_key key;
	struct pool pool;
	struct wanted *prev, *next; /* in the queue */
	bool queued;
	bool again;                 /* changed while it was being fetched */
	struct kube_request *request;
	struct backoff backoff;
	uint64_t due_ms;            /* not before; 0: now */
	uint64_t asked_ms;          /* since when there is no answer; 0: there is one */
};

struct secret_fetch {
	struct kube *kube;
	void (*answer)(void *self, const struct msg_secret_value *value);
	void *self;
	struct map wanted;          /* by namespace/name */
	struct wanted *first, *last;
	size_t n_flying;
};

/* ---- the queue ---- */

static void enqueue(struct wanted *w)
{
	struct secret_fetch *self = w->fetch;

	if (w->queued)
		return;
	w->queued = true;
	w->prev = self->last;
	w->next = NULL;
	*(self->last ? &self->last->next : &self->first) = w;
	self->last = w;
}

static void dequeue(struct wanted *w)
{
	struct secret_fetch *self = w->fetch;

	if (!w->queued)
		return;
	w->queued = false;
	*(w->prev ? &w->prev->next : &self->first) = w->next;
	*(w->next ? &w->next->prev : &self->last) = w->prev;
}

static void stop_request(struct wanted *w)
{
	if (w->request)
		w->fetch->n_flying--;
	kube_cancel(&w->request);
}

static void free_wanted(void *value)
{
	struct wanted *w = value;

	dequeue(w);
	stop_request(w);
	pool_clear(&w->pool);
	mem_free(w);
}

static struct wanted *find(const struct secret_fetch *self, const struct msg_key *key)
{
	struct wanted *w;
	struct pool pool;

	pool_init(&pool);
	w = map_get(&self->wanted, msg_key_for_people(key, &pool));
	pool_clear(&pool);
	return w;
}

/* ---- answers ---- */

static void say(struct wanted *w, enum msg_secret_answer what)
{
	const struct msg_secret_value value = { .key = w->key, .answer = what, .type = STR(""), .seen_ns = clock_ns() };

	w->fetch->answer(w->fetch->self, &value);
	if (what != MSG_SECRET_UNAVAILABLE)
		w->asked_ms = 0;
}

static int say_found(struct wanted *w, struct str body, struct err *err)
{
	struct msg_secret_value value;
	struct value doc = { 0 };
	struct pool pool;
	int rc;

	pool_init(&pool);
	rc = json_parse(body, &pool, &doc, err) || msg_secret_from_value(&doc, &pool, &value, err);
	if (!rc) {
		value.seen_ns = clock_ns();
		w->fetch->answer(w->fetch->self, &value);
		w->asked_ms = 0;
	}
	pool_wipe(&pool);
	return rc;
}

static void try_again(struct wanted *w, const char *why, uint64_t least_ms)
{
	const uint64_t step = backoff_next(&w->backoff), now = clock_ms();

	log_warn("a Secret cannot be fetched", "secret=" STR_FMT "/" STR_FMT " reason=%s", STR_ARG(w->key.namespace),
		 STR_ARG(w->key.name), log_value(why));
	if (w->asked_ms && now - w->asked_ms >= SECRET_UNAVAILABLE_MS)
		say(w, MSG_SECRET_UNAVAILABLE);
	w->due_ms = now + (step > least_ms ? step : least_ms);
	enqueue(w);
}

static void on_done(void *arg, const struct kube_result *result)
{
	struct wanted *w = arg;
	struct err err = { "" };

	w->request = NULL;
	w->fetch->n_flying--;
	if (result->status == 200 && !say_found(w, result->body, &err))
		backoff_reset(&w->backoff);
	else if (result->status == 404)
		say(w, MSG_SECRET_ABSENT);
	else if (result->status == 403)
		say(w, MSG_SECRET_FORBIDDEN);
	else
		try_again(w, err.text[0] ? err.text : result->sentence, result->retry_after_ms);
	if (w->again)
		enqueue(w);
	w->again = false;
}

static void fetch(struct wanted *w)
{
	struct kube_call call = { .method = "GET", .timeout_ms = KUBE_TIMEOUT_MS, .on_done = on_done, .self = w };
	struct buf url;

	buf_init(&url, BUF_MAX_TEXT);
	buf_printf(&url, "/api/v1/namespaces/" STR_FMT "/secrets/" STR_FMT, STR_ARG(w->key.namespace), STR_ARG(w->key.name));
	call.path = buf_view(&url);
	w->fetch->n_flying++;
	w->request = kube_start(w->fetch->kube, &call);
	buf_clear(&url);
}

uint64_t watcher_secret_fetch_tick(struct secret_fetch *self, uint64_t now_ms)
{
	uint64_t next = UINT64_MAX;
	struct wanted *w, *after;

	for (w = self->first; w && self->n_flying < SECRET_PARALLEL; w = after) {
		after = w->next;
		if (w->due_ms > now_ms) {
			next = w->due_ms < next ? w->due_ms : next;
			continue;
		}
		dequeue(w);
		fetch(w);
	}
	return next;
}

/* ---- outside ---- */

struct secret_fetch *watcher_secret_fetch_new(struct kube *kube, void (*answer)(void *self, const struct msg_secret_value *value),
					      void *self)
{
	struct secret_fetch *made = mem_alloc(sizeof(*made));

	made->kube = kube;
	made->answer = answer;
	made->self = self;
	map_init(&made->wanted, free_wanted);
	return made;
}

void watcher_secret_fetch_destroy(struct secret_fetch **self_p)
{
	if (*self_p)
		map_clear(&(*self_p)->wanted);
	mem_free(*self_p);
	*self_p = NULL;
}

void watcher_secret_fetch_forget_all(struct secret_fetch *self)
{
	map_clear(&self->wanted);
	map_init(&self->wanted, free_wanted);
}

static void ask(struct wanted *w)
{
	w->due_ms = 0;
	if (!w->asked_ms)
		w->asked_ms = clock_ms();
	if (w->request)
		w->again = true;
	else
		enqueue(w);
}

void watcher_secret_fetch_again(struct secret_fetch *self)
{
	struct str name;
	void *value;

	for (size_t i = 0; map_next(&self->wanted, &i, &name, &value);)
		ask(value);
}

void watcher_secret_fetch_want(struct secret_fetch *self, const struct msg_key *key, bool absent)
{
	struct wanted *w = find(self, key);

	if (!w) {
		w = mem_alloc(sizeof(*w));
		w->fetch = self;
		pool_init(&w->pool);
		w->key = msg_key_dup(key, &w->pool);
		backoff_init(&w->backoff, 800, 30000);
		map_put(&self->wanted, msg_key_for_people(key, &w->pool), w);
	}
	if (absent)
		say(w, MSG_SECRET_ABSENT);
	else
		ask(w);
}

void watcher_secret_fetch_forget(struct secret_fetch *self, const struct msg_key *key)
{
	struct pool pool;

	pool_init(&pool);
	map_del(&self->wanted, msg_key_for_people(key, &pool));
	pool_clear(&pool);
}

void watcher_secret_fetch_touched(struct secret_fetch *self, const struct msg_key *key)
{
	struct wanted *w = find(self, key);

	if (w)
		ask(w);
}

void watcher_secret_fetch_gone(struct secret_fetch *self, const struct msg_key *key)
{
	struct wanted *w = find(self, key);

	if (!w)
		return;
	dequeue(w);
	stop_request(w);
	w->again = false;
	say(w, MSG_SECRET_ABSENT);
}
