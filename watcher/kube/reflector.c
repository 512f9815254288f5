/* reflector: one kind, kept the same as the API server has it.
 *
 *   in     the results of lists and watches
 *   out    conditions of the kind
 *   owns   what was sent; the resourceVersion; what to do next, and when
 *   never  takes silence or a refusal for an empty list
 *
 *   list ---> watch ---its time is over---> watch
 *    ^ ^        `------lost, or ended early---> check ---> watch
 *    | `--410, or older than what is known-------'
 *    `--later, if it fails
 */
#include "watcher/kube/reflector_inside.h"

#include "base/log.h"
#include "base/mem.h"
#include "watcher/watcher_metrics.h"

/* ---- states, failures, successes ---- */

static void set_condition(struct reflector *self, enum msg_kind_condition condition,
			  const char *reason)
{
	if (self->condition == condition)
		return;
	self->condition = condition;
	self->sink->state(self->sink->sent.self, self, reason);
}

static void wait_until(struct reflector *self, uint64_t due_ms,
		       void (*next)(struct reflector *self))
{
	self->phase = PHASE_WAIT;
	self->next = next;
	self->due_ms = due_ms;
}

void watcher_reflector_wait(struct reflector *self, void (*next)(struct reflector *self))
{
	wait_until(self, clock_ms() + backoff_next(&self->retry.backoff), next);
}

static void on_failure(struct reflector *self, const struct ending *end)
{
	watcher_metrics.failures++;
	if (retry_failure(&self->retry, str_from(end->sentence), end->retry_after_ms))
		log_warn("the API server fails, trying again", "kind=%s%s%s failures=%u reason=%s",
			 self->row->plural, *self->namespace ? " namespace=" : "", self->namespace,
			 self->retry.n_failures, log_value(end->sentence));
	if (end->code == 403 || end->code == 404)
		set_condition(self, MSG_KIND_UNAVAILABLE, end->sentence);
}

/* The steps between tries go on growing until a watch has lasted: see reflector_watch.c. */
void watcher_reflector_success(struct reflector *self)
{
	const unsigned n_failures = self->retry.n_failures;

	if (retry_recovered(&self->retry))
		log_info("the API server answers again", "kind=%s%s%s failures=%u",
			 self->row->plural, *self->namespace ? " namespace=" : "", self->namespace,
			 n_failures);
}

struct ending watcher_reflector_ending(const struct reflector *self,
				       const struct kube_result *result)
{
	if (self->broken.text[0])
		return (struct ending){ 0, self->broken.text, 0 };
	if (self->error.code)
		return self->error;
	return (struct ending){ result->status, result->sentence, result->retry_after_ms };
}

/* What a repetition does not heal: the resourceVersion, or the request itself. */
static bool is_final(long code)
{
	return code / 100 == 4 && code != 401 && code != 408 && code != 429;
}

/* Every cluster has the built-in kinds: a 404 means that the way to the server is broken. Of an
 * extra kind nothing was seen if it may not be read from the beginning. */
static bool is_absent(const struct reflector *self, long code)
{
	if (code == 404)
		return self->row->is_custom;
	return code == 403 && self->row->is_extra &&
	       (self->condition == MSG_KIND_LISTING || self->condition == MSG_KIND_NOT_INSTALLED);
}

void watcher_reflector_fail(struct reflector *self, struct ending end,
			    void (*retry)(struct reflector *self))
{
	if (is_absent(self, end.code)) {
		watcher_sent_begin_list(&self->sent);
		watcher_sent_end_list(&self->sent);
		set_condition(self, MSG_KIND_NOT_INSTALLED, end.sentence);
		watcher_reflector_wait(self, watcher_reflector_list);
		return;
	}
	on_failure(self, &end);
	wait_until(self, self->retry.due_ms, is_final(end.code) ? watcher_reflector_list : retry);
}

void watcher_reflector_list_anew(struct reflector *self, const char *reason)
{
	log_info("listing anew", "kind=%s version=%s reason=%s", self->row->plural,
		 log_value(self->version), log_value(reason));
	watcher_metrics.relists++;
	self->pages_next = true; /* from the store, not from the cache of the server */
	watcher_reflector_wait(self, watcher_reflector_list);
}

/* ---- lists ---- */

void watcher_reflector_url(const struct reflector *self, struct buf *url)
{
	buf_init(url, BUF_MAX_TEXT);
	buf_puts(url, self->row->group);
	if (*self->namespace) {
		buf_puts(url, "/namespaces/");
		kube_add_escaped(url, str_from(self->namespace));
	}
	buf_printf(url, "/%s?", self->row->plural);
	if (self->row->selector)
		buf_puts(url, self->row->selector);
}

void watcher_reflector_get(struct reflector *self, struct kube_call *call, struct buf *url)
{
	self->error.code = 0;
	self->broken.text[0] = '\0';
	self->went_back = false;
	call->method = "GET";
	call->path = buf_view(url);
	call->self = self;
	self->request = kube_start(self->kube, call);
	buf_clear(url);
}

void watcher_reflector_list(struct reflector *self)
{
	watcher_metrics.lists++;
	watcher_sent_begin_list(&self->sent);
	if (self->no_streams || self->pages_next || self->whole)
		watcher_reflector_pages_get(self);
	else
		watcher_reflector_watch_list(self);
}

void watcher_reflector_list_done(struct reflector *self, struct str version)
{
	snprintf(self->version, sizeof(self->version), STR_FMT, STR_ARG(version));
	watcher_sent_end_list(&self->sent);
	self->whole = self->pages_next = false;
	watcher_reflector_success(self);
	log_debug("listed", "kind=%s objects=%zu version=%s", self->row->plural,
		  self->sent.objects.n, log_value(self->version));
	set_condition(self, MSG_KIND_SYNCED, "");
}

/* ---- outside ---- */

struct reflector *watcher_reflector_new(struct kube *kube, const struct kind_row *row,
					struct str namespace, const struct reflector_sink *sink)
{
	struct reflector *self = mem_alloc(sizeof(*self));

	self->kube = kube;
	self->row = row;
	self->sink = sink;
	self->namespace = mem_dup(namespace.ptr ? namespace.ptr : "", namespace.len);
	watcher_sent_init(&self->sent, row, &sink->sent);
	watcher_watch_stream_init(&self->stream, watcher_reflector_watch_on_line, self);
	watcher_watch_page_init(&self->page, watcher_reflector_pages_on_item, self);
	kube_retry_init(kube, &self->retry);
	return self;
}

static void stop(struct reflector *self)
{
	kube_cancel(&self->request);
	watcher_watch_stream_clear(&self->stream);
	watcher_watch_page_clear(&self->page);
	mem_free(self->more);
	self->more = NULL;
	self->sent.live = false;
}

void watcher_reflector_destroy(struct reflector **self_p)
{
	struct reflector *self = *self_p;

	*self_p = NULL;
	if (!self)
		return;
	stop(self);
	watcher_sent_clear(&self->sent);
	mem_free(self->namespace);
	mem_free(self);
}

void watcher_reflector_restart(struct reflector *self)
{
	stop(self);
	watcher_sent_forget(&self->sent);
	self->condition = MSG_KIND_LISTING;
	watcher_reflector_list(self);
}

uint64_t watcher_reflector_tick(struct reflector *self, uint64_t now_ms)
{
	if (self->phase == PHASE_PAGE && !self->request &&
	    self->sink->has_credit(self->sink->sent.self))
		watcher_reflector_pages_get(self);
	if (self->phase != PHASE_WAIT && self->phase != PHASE_STREAM)
		return UINT64_MAX;
	if (now_ms < self->due_ms)
		return self->due_ms;
	if (self->phase == PHASE_WAIT) {
		self->next(self);
		return UINT64_MAX;
	}
	stop(self);
	self->pages_next = true;
	watcher_reflector_fail(self, (struct ending){ 0, "a streaming list brings nothing", 0 },
			       watcher_reflector_list);
	return self->due_ms;
}

const struct kind_row *watcher_reflector_row(const struct reflector *self)
{
	return self->row;
}

enum msg_kind_condition watcher_reflector_condition(const struct reflector *self)
{
	return self->condition;
}

bool watcher_reflector_has(const struct reflector *self, const struct msg_key *key)
{
	return watcher_sent_has(&self->sent, key);
}

uint64_t watcher_reflector_n_lists(const struct reflector *self)
{
	return self->sent.list;
}
