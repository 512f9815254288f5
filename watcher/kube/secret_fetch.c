/* secret_fetch: values of the Secrets that are wanted, and of the ConfigMaps.
 *
 *   in     want, forget, touched, gone; answers of the API server
 *   out    SECRET_VALUE
 *   owns   which of them are wanted, the queue of those to be fetched, the list of those unanswered
 *   never  keeps a value; watches ConfigMaps, which takes a right to all of them
 */
#include "watcher/kube/secret_fetch.h"

#include <sys/queue.h>
#include "base/clock.h"
#include "base/limiter.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/retry.h"
#include "base/value.h"

#define LOG_MS 10000 /* between two log lines about failures */
#define POLL_MS 5000 /* a ConfigMap is read again; later where there are many: */
#define POLL_EACH_MS 50

/* One wanted Secret or ConfigMap. */
struct fetch {
	struct secret_fetch *all;
	struct msg_key key;
	struct str text;               /* "Secret/namespace/name", which the key borrows from */
	TAILQ_ENTRY(fetch) queue;      /* to be fetched, once retry.due_ms has come */
	TAILQ_ENTRY(fetch) unanswered; /* in the order of asked_ms */
	bool is_queued, is_unanswered;
	bool again;   /* changed while it was being fetched */
	bool is_told; /* of a ConfigMap, and this is what was told: */
	struct hash told;
	struct kube_request *request;
	struct retry retry;
	uint64_t asked_ms;
};

TAILQ_HEAD(fetch_list, fetch);

struct secret_fetch {
	struct kube *kube;
	struct secret_fetch_sink sink;
	struct map wanted; /* its text -> struct fetch */
	size_t n_polled;   /* ConfigMaps among them */
	struct fetch_list queue, unanswered;
	size_t n_in_flight;
	struct limiter failures; /* of lines about them, for all Secrets together */
};

/* ---- the two lists ---- */

static void enqueue(struct fetch *f)
{
	if (!f->is_queued)
		TAILQ_INSERT_TAIL(&f->all->queue, f, queue);
	f->is_queued = true;
}

static void dequeue(struct fetch *f)
{
	if (f->is_queued)
		TAILQ_REMOVE(&f->all->queue, f, queue);
	f->is_queued = false;
}

static void set_unanswered(struct fetch *f)
{
	if (f->is_unanswered)
		return;
	TAILQ_INSERT_TAIL(&f->all->unanswered, f, unanswered);
	f->is_unanswered = true;
	f->asked_ms = clock_ms();
}

static void set_answered(struct fetch *f)
{
	if (f->is_unanswered)
		TAILQ_REMOVE(&f->all->unanswered, f, unanswered);
	f->is_unanswered = false;
}

/* ---- what is wanted ---- */

static void stop(struct fetch *f)
{
	if (f->request)
		f->all->n_in_flight--;
	kube_cancel(&f->request);
	dequeue(f);
	set_answered(f);
	f->again = false;
}

static void free_fetch(void *value)
{
	struct fetch *f = value;

	stop(f);
	f->all->n_polled -= f->key.kind == MSG_KIND_CONFIG_MAP;
	mem_free((char *)(uintptr_t)f->text.ptr);
	mem_free(f);
}

static struct fetch *find(const struct secret_fetch *self, const struct msg_key *key)
{
	struct fetch *f;
	struct pool pool;

	pool_init(&pool);
	f = map_get(&self->wanted, msg_key_text(key, &pool));
	pool_clear(&pool);
	return f;
}

static struct fetch *add(struct secret_fetch *self, const struct msg_key *key)
{
	struct fetch *f = mem_alloc(sizeof(*f));
	struct pool pool;
	struct str text;

	pool_init(&pool);
	text = msg_key_text(key, &pool);
	f->text = (struct str){ mem_dup(text.ptr, text.len), text.len };
	(void)msg_key_from_text(f->text, &f->key);
	pool_clear(&pool);
	f->all = self;
	self->n_polled += key->kind == MSG_KIND_CONFIG_MAP;
	kube_retry_init(self->kube, &f->retry);
	map_put(&self->wanted, f->text, f);
	return f;
}

/* ---- answers ---- */

/* What is read again and again is told when it is another one. */
static bool is_news(struct fetch *f, const struct msg_secret_value *value)
{
	struct hash told;
	struct buf packed;
	bool is_news;

	if (f->key.kind != MSG_KIND_CONFIG_MAP)
		return true;
	buf_init(&packed, BUF_MAX_MESSAGE);
	codec_pack(&msg_secret_value_codec, value, &packed);
	told = hash_of(buf_view(&packed));
	buf_clear(&packed);
	is_news = !f->is_told || !hash_equal(&told, &f->told);
	f->is_told = true;
	f->told = told;
	return is_news;
}

static void tell(struct fetch *f, const struct msg_secret_value *value)
{
	set_answered(f);
	if (is_news(f, value))
		f->all->sink.answer(f->all->sink.self, value);
}

static void answer(struct fetch *f, enum msg_secret_answer what)
{
	const struct msg_secret_value value = { .key = f->key, .answer = what, .type = STR("") };

	tell(f, &value);
}

static int answer_found(struct fetch *f, struct str body, struct err *err)
{
	struct msg_secret_value value;
	struct value doc = { 0 };
	struct pool pool;
	int rc;

	pool_init(&pool);
	rc = json_parse(body, &pool, &doc, err);
	if (!rc)
		rc = msg_secret_from_value(&doc, &pool, &value, err);
	if (!rc && !msg_key_equal(&value.key, &f->key))
		rc = err_set(err, "the answer is about another object");
	if (!rc)
		tell(f, &value);
	pool_wipe(&pool);
	return rc;
}

static void on_failure(struct fetch *f, const char *reason, uint64_t least_ms)
{
	unsigned n_kept;

	retry_failure(&f->retry, str_from(reason), least_ms);
	enqueue(f);
	if (limiter_pass(&f->all->failures, LOG_MS, &n_kept))
		log_warn(f->key.kind == MSG_KIND_SECRET
				 ? "a Secret cannot be fetched, trying again"
				 : "a ConfigMap cannot be fetched, trying again",
			 "object=%s failures=%u reason=%s", log_value(f->text.ptr), n_kept + 1,
			 log_value(reason));
}

static void ask(struct fetch *f)
{
	f->is_told = false;
	set_unanswered(f);
	f->again = f->request != NULL;
	if (f->again)
		return;
	f->retry.due_ms = 0;
	enqueue(f);
}

/* Nobody says when a ConfigMap changes. */
static void ask_later(struct fetch *f)
{
	if (f->key.kind != MSG_KIND_CONFIG_MAP)
		return;
	f->retry.due_ms = clock_ms() + POLL_MS + POLL_EACH_MS * f->all->n_polled;
	enqueue(f);
}

static void on_done(void *arg, const struct kube_result *result)
{
	struct fetch *f = arg;
	struct err err = { "" };

	f->request = NULL;
	f->all->n_in_flight--;
	if (result->status == 200 && !answer_found(f, result->body, &err)) {
		retry_success(&f->retry);
	} else if (result->status == 404) {
		answer(f, MSG_SECRET_ABSENT);
	} else if (result->status == 403) {
		answer(f, MSG_SECRET_FORBIDDEN);
	} else {
		on_failure(f, err.text[0] ? err.text : result->sentence, result->retry_after_ms);
		return;
	}
	if (f->again) /* the answer may be older than the change */
		ask(f);
	else
		ask_later(f);
}

/* ---- the queue ---- */

static void fetch(struct fetch *f)
{
	struct kube_call call = {
		.method = "GET", .timeout_ms = KUBE_TIMEOUT_MS, .on_done = on_done, .self = f
	};
	struct buf url;

	buf_init(&url, BUF_MAX_TEXT);
	buf_puts(&url, "/api/v1/namespaces/");
	kube_add_escaped(&url, f->key.namespace);
	buf_puts(&url, f->key.kind == MSG_KIND_CONFIG_MAP ? "/configmaps/" : "/secrets/");
	kube_add_escaped(&url, f->key.name);
	call.path = buf_view(&url);
	f->all->n_in_flight++;
	f->request = kube_start(f->all->kube, &call);
	buf_clear(&url);
}

uint64_t watcher_secret_fetch_tick(struct secret_fetch *self, uint64_t now_ms)
{
	uint64_t next = UINT64_MAX;
	struct fetch *f, *following;

	for (f = TAILQ_FIRST(&self->queue); f; f = following) {
		following = TAILQ_NEXT(f, queue);
		if (self->n_in_flight == SECRET_PARALLEL || !self->sink.has_credit(self->sink.self))
			break; /* an answer or credit wakes us */
		if (f->retry.due_ms > now_ms) {
			next = clock_earlier(next, f->retry.due_ms);
			continue;
		}
		dequeue(f);
		fetch(f);
	}
	while ((f = TAILQ_FIRST(&self->unanswered))) {
		const uint64_t due = f->asked_ms + SECRET_UNAVAILABLE_MS;

		if (due > now_ms)
			return due < next ? due : next;
		answer(f, MSG_SECRET_UNAVAILABLE);
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
	TAILQ_INIT(&self->queue);
	TAILQ_INIT(&self->unanswered);
	map_init(&self->wanted, free_fetch);
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
	struct fetch *f = find(self, key);

	if (!f)
		f = add(self, key);
	if (absent)
		answer(f, MSG_SECRET_ABSENT);
	else
		ask(f);
}

void watcher_secret_fetch_forget(struct secret_fetch *self, const struct msg_key *key)
{
	struct fetch *f = find(self, key);

	if (f)
		map_del(&self->wanted, f->text);
}

void watcher_secret_fetch_touched(struct secret_fetch *self, const struct msg_key *key)
{
	struct fetch *f = find(self, key);

	if (f)
		ask(f);
}

void watcher_secret_fetch_gone(struct secret_fetch *self, const struct msg_key *key)
{
	struct fetch *f = find(self, key);

	if (!f)
		return;
	stop(f);
	answer(f, MSG_SECRET_ABSENT);
}
