/* secret_fetch: values of the Secrets that are wanted.
 *
 *   in     want, forget, touched, gone; answers of the API server
 *   out    SECRET_VALUE
 *   owns   who is wanted, the queue of those to be fetched, the line of those without an answer
 *   never  keeps a value
 */
#include "watcher/kube/secret_fetch.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/value.h"

#define COMPLAIN_MS 10000 /* between two log lines about failures */

/* A list through the items themselves. */
struct link {
	struct wanted *prev, *next;
	bool in;
};

struct line {
	struct wanted *first, *last;
	size_t link; /* where in struct wanted the link is */
};

struct wanted {
	struct secret_fetch *fetch;
	struct msg_key key;
	struct str text;    /* "namespace/name", which the key borrows from */
	struct link queue;  /* to be fetched, once due_ms has come */
	struct link silent; /* unanswered, in the order of asked_ms */
	bool again;         /* changed while it was being fetched */
	struct kube_request *request;
	struct backoff backoff;
	uint64_t due_ms;
	uint64_t asked_ms;
};

struct secret_fetch {
	struct kube *kube;
	struct secret_fetch_sink sink;
	struct map wanted; /* by namespace/name */
	struct line queue, silent;
	size_t n_flying;
	uint64_t complain_ms; /* not before */
	unsigned n_failures;  /* since the last complaint */
};

/* ---- lines ---- */

static struct link *link_of(const struct line *line, struct wanted *w)
{
	return (struct link *)((char *)w + line->link);
}

static void join(struct line *line, struct wanted *w)
{
	struct link *link = link_of(line, w);

	if (link->in)
		return;
	*link = (struct link){ .prev = line->last, .in = true };
	*(line->last ? &link_of(line, line->last)->next : &line->first) = w;
	line->last = w;
}

static void leave(struct line *line, struct wanted *w)
{
	struct link *link = link_of(line, w);

	if (!link->in)
		return;
	*(link->prev ? &link_of(line, link->prev)->next : &line->first) = link->next;
	*(link->next ? &link_of(line, link->next)->prev : &line->last) = link->prev;
	*link = (struct link){ 0 };
}

/* ---- who is wanted ---- */

static void stop(struct wanted *w)
{
	if (w->request)
		w->fetch->n_flying--;
	kube_cancel(&w->request);
	leave(&w->fetch->queue, w);
	leave(&w->fetch->silent, w);
	w->again = false;
}

static void free_wanted(void *value)
{
	struct wanted *w = value;

	stop(w);
	mem_free((char *)(uintptr_t)w->text.ptr);
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

static struct wanted *add(struct secret_fetch *self, const struct msg_key *key)
{
	struct wanted *w = mem_alloc(sizeof(*w));
	struct buf text;

	buf_init(&text, BUF_MAX_TEXT);
	buf_printf(&text, STR_FMT "/" STR_FMT, STR_ARG(key->namespace), STR_ARG(key->name));
	w->text = (struct str){ mem_dup(text.ptr, text.len), text.len };
	w->key = (struct msg_key){ .kind = key->kind,
				   .namespace = str_slice(w->text, 0, key->namespace.len),
				   .name = str_slice(w->text, key->namespace.len + 1, text.len) };
	buf_clear(&text);
	w->fetch = self;
	kube_backoff_init(self->kube, &w->backoff);
	map_put(&self->wanted, w->text, w);
	return w;
}

/* ---- answers ---- */

static void say(struct wanted *w, enum msg_secret_answer what)
{
	const struct msg_secret_value value = {
		.key = w->key, .answer = what, .type = STR(""), .seen_ns = clock_ns()
	};

	leave(&w->fetch->silent, w);
	w->fetch->sink.answer(w->fetch->sink.self, &value);
}

static int say_found(struct wanted *w, struct str body, struct err *err)
{
	struct msg_secret_value value;
	struct value doc = { 0 };
	struct pool pool;
	int rc;

	pool_init(&pool);
	rc = json_parse(body, &pool, &doc, err);
	if (!rc)
		rc = msg_secret_from_value(&doc, &pool, &value, err);
	if (!rc && !msg_key_equal(&value.key, &w->key))
		rc = err_set(err, "the answer is about another Secret");
	if (!rc) {
		value.seen_ns = clock_ns();
		leave(&w->fetch->silent, w);
		w->fetch->sink.answer(w->fetch->sink.self, &value);
	}
	pool_wipe(&pool);
	return rc;
}

static void complain(struct wanted *w, const char *reason)
{
	struct secret_fetch *self = w->fetch;
	const uint64_t now = clock_ms();

	self->n_failures++;
	if (now < self->complain_ms)
		return;
	log_warn("a Secret cannot be fetched, trying again", "secret=%s failures=%u reason=%s",
		 log_value(w->text.ptr), self->n_failures, log_value(reason));
	self->complain_ms = now + COMPLAIN_MS;
	self->n_failures = 0;
}

static void try_again(struct wanted *w, uint64_t least_ms)
{
	const uint64_t step = backoff_next(&w->backoff);

	w->due_ms = clock_ms() + (step > least_ms ? step : least_ms);
	join(&w->fetch->queue, w);
}

static void ask(struct wanted *w)
{
	if (!w->silent.in)
		w->asked_ms = clock_ms();
	join(&w->fetch->silent, w);
	w->again = w->request != NULL;
	if (w->again)
		return;
	w->due_ms = 0;
	join(&w->fetch->queue, w);
}

static void on_done(void *arg, const struct kube_result *result)
{
	struct wanted *w = arg;
	struct err err = { "" };

	w->request = NULL;
	w->fetch->n_flying--;
	if (result->status == 200 && !say_found(w, result->body, &err)) {
		backoff_reset(&w->backoff);
	} else if (result->status == 404) {
		say(w, MSG_SECRET_ABSENT);
	} else if (result->status == 403) {
		say(w, MSG_SECRET_FORBIDDEN);
	} else {
		complain(w, err.text[0] ? err.text : result->sentence);
		try_again(w, result->retry_after_ms);
		return;
	}
	if (w->again) /* what came may be older than the change */
		ask(w);
}

/* ---- the queue ---- */

static void fetch(struct wanted *w)
{
	struct kube_call call = {
		.method = "GET", .timeout_ms = KUBE_TIMEOUT_MS, .on_done = on_done, .self = w
	};
	struct buf url;

	buf_init(&url, BUF_MAX_TEXT);
	buf_puts(&url, "/api/v1/namespaces/");
	kube_add_escaped(&url, w->key.namespace);
	buf_puts(&url, "/secrets/");
	kube_add_escaped(&url, w->key.name);
	call.path = buf_view(&url);
	w->fetch->n_flying++;
	w->request = kube_start(w->fetch->kube, &call);
	buf_clear(&url);
}

uint64_t watcher_secret_fetch_tick(struct secret_fetch *self, uint64_t now_ms)
{
	uint64_t next = UINT64_MAX;
	struct wanted *w, *after;

	for (w = self->queue.first; w; w = after) {
		after = w->queue.next;
		if (self->n_flying == SECRET_PARALLEL || !self->sink.has_credit(self->sink.self))
			break; /* an answer or the reader wakes us */
		if (w->due_ms > now_ms) {
			next = w->due_ms < next ? w->due_ms : next;
			continue;
		}
		leave(&self->queue, w);
		fetch(w);
	}
	while ((w = self->silent.first)) {
		const uint64_t due = w->asked_ms + SECRET_UNAVAILABLE_MS;

		if (due > now_ms)
			return due < next ? due : next;
		say(w, MSG_SECRET_UNAVAILABLE);
	}
	return next;
}

/* ---- outside ---- */

struct secret_fetch *watcher_secret_fetch_new(struct kube *kube,
					      const struct secret_fetch_sink *sink)
{
	struct secret_fetch *self = mem_alloc(sizeof(*self));

	self->kube = kube;
	self->sink = *sink;
	self->queue.link = offsetof(struct wanted, queue);
	self->silent.link = offsetof(struct wanted, silent);
	map_init(&self->wanted, free_wanted);
	return self;
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

	if (!w)
		w = add(self, key);
	if (absent)
		say(w, MSG_SECRET_ABSENT);
	else
		ask(w);
}

void watcher_secret_fetch_forget(struct secret_fetch *self, const struct msg_key *key)
{
	struct wanted *w = find(self, key);

	if (w)
		map_del(&self->wanted, w->text);
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
	stop(w);
	say(w, MSG_SECRET_ABSENT);
}
