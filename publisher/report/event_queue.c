/* event_queue: Events on their way.
 *
 *   in     Events
 *   out    POST of a new one; GET and PATCH of one that is there
 *   owns   the queue, its end and its pace
 *   never  waits; keeps an Event that the API server does not want
 */
#include "publisher/report/report_inside.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/value.h"
#include "publisher/publisher_metrics.h"

static void free_job(void *ptr)
{
	struct event_job *job = ptr;

	kube_cancel(&job->request);
	mem_free(job->name);
	mem_free(job->url);
	mem_free(job->json);
	mem_free(job);
}

void publisher_event_queue_open(struct report *self)
{
	map_init(&self->send.jobs, free_job);
	TAILQ_INIT(&self->send.waiting);
	publisher_api_retry_init(&self->send.retry);
}

void publisher_event_queue_close(struct report *self)
{
	map_clear(&self->send.jobs);
}

void publisher_event_queue_stop(struct report *self)
{
	struct event_queue *queue = &self->send;

	map_clear(&queue->jobs);
	map_init(&queue->jobs, free_job);
	TAILQ_INIT(&queue->waiting);
	queue->n_flying = 0;
}

static char *take_text(struct buf *buf)
{
	char *text = mem_dup(buf->ptr ? buf->ptr : "", buf->len);

	buf_clear(buf);
	return text;
}

static struct event_job *new_job(struct report *self, const struct event *event, const char *name)
{
	struct event_job *job = mem_alloc(sizeof(*job));
	struct buf text;

	job->report = self;
	job->name = mem_strdup(name);
	buf_init(&text, BUF_MAX_TEXT);
	publisher_event_print(event, 1, clock_wall(), &text);
	job->json = take_text(&text);
	buf_init(&text, BUF_MAX_TEXT);
	buf_puts(&text, "/api/v1/namespaces/");
	kube_add_escaped(&text, publisher_event_namespace(event));
	buf_puts(&text, "/events");
	job->url = take_text(&text);
	return job;
}

void publisher_event_queue_add(struct report *self, const struct event *event, uint64_t count,
			       bool only_new)
{
	struct event_queue *queue = &self->send;
	char name[EVENT_NAME_MAX];
	struct event_job *job;

	publisher_event_name(event, name);
	job = map_get(&queue->jobs, str_from(name));
	if (job) {
		job->count += count;
		job->only_new &= only_new;
		return;
	}
	if (queue->jobs.n >= REPORT_QUEUE_MAX) {
		publisher_metrics.events_dropped++;
		if (!queue->n_dropped++)
			log_warn("more events than can be sent, some are dropped", "waiting=%zu",
				 queue->jobs.n);
		return;
	}
	job = new_job(self, event, name);
	job->count = count;
	job->only_new = only_new;
	map_put(&queue->jobs, str_from(name), job);
	TAILQ_INSERT_TAIL(&queue->waiting, job, link);
}

/* ---- answers ---- */

static bool read_count(struct event_job *job, struct str body)
{
	struct value object;
	const struct value *count;
	struct pool pool;
	struct err err;

	pool_init(&pool);
	job->total = job->count;
	if (json_parse(body, &pool, &object, &err) == 0) {
		count = value_get(&object, "count");
		if (count && count->type == VALUE_INT && count->integer > 0 &&
		    count->integer < INT32_MAX - (int64_t)job->count)
			job->total += (uint64_t)count->integer;
	}
	pool_clear(&pool);
	return true;
}

/* True: there is a next step. */
static bool advance(struct event_job *job, const struct kube_result *result)
{
	if (job->step == SEND_POST) {
		job->step = SEND_GET;
		return result->status == 409 && !job->only_new;
	}
	if (result->status == 404) { /* it went meanwhile: Events live for an hour */
		job->step = SEND_POST;
		return true;
	}
	if (job->step == SEND_GET && result->status == 200) {
		job->step = SEND_PATCH;
		return read_count(job, result->body);
	}
	return false;
}

/* Of several answers the one that asks for the longest wait counts. */
static void hold(struct event_queue *queue, uint64_t wait)
{
	const uint64_t until_ms = clock_ms() + wait;

	if (until_ms > queue->hold_ms)
		queue->hold_ms = until_ms;
}

static void on_done(void *arg, const struct kube_result *result)
{
	struct event_job *job = arg;
	struct event_queue *queue = &job->report->send;
	const bool conflict = result->status == 409 && job->step != SEND_POST;
	const bool good = result->status / 100 == 2 || (result->status == 409 && !conflict) ||
			  (result->status == 404 && job->step != SEND_POST);
	uint64_t wait = 0;

	job->request = NULL;
	queue->n_flying--;
	if (good)
		publisher_api_retry_success(&queue->retry);
	else
		wait = publisher_api_retry_failure(&queue->retry, "events", result);
	queue->n_refused = result->status == 403 ? queue->n_refused + 1 : 0;
	if (conflict || (publisher_api_retry_may_pass(result->status) && result->status != 403)) {
		hold(queue, wait);
		TAILQ_INSERT_TAIL(&queue->waiting, job, link);
		return;
	}
	if (queue->n_refused >= REPORT_REFUSED_MAX)
		hold(queue, wait);
	publisher_metrics.events_sent += result->status / 100 == 2 && job->step != SEND_GET;
	if (good && advance(job, result))
		TAILQ_INSERT_TAIL(&queue->waiting, job, link);
	else
		map_del(&queue->jobs, str_from(job->name));
}

/* ---- requests ---- */

static void start(struct event_job *job)
{
	struct event_queue *queue = &job->report->send;
	struct kube_call call = { .timeout_ms = KUBE_TIMEOUT_MS, .on_done = on_done, .self = job };
	struct buf url, body;

	buf_init(&url, BUF_MAX_TEXT);
	buf_init(&body, BUF_MAX_TEXT);
	buf_puts(&url, job->url);
	if (job->step != SEND_POST)
		buf_printf(&url, "/%s", job->name);
	call.path = buf_view(&url);
	if (job->step == SEND_POST) {
		call.method = "POST";
		call.body = str_from(job->json);
	} else if (job->step == SEND_GET) {
		call.method = "GET";
	} else {
		call.method = "PATCH";
		call.content_type = "application/merge-patch+json";
		publisher_event_print_again(job->total, clock_wall(), &body);
		call.body = buf_view(&body);
	}
	queue->n_flying++;
	job->request = kube_start(job->report->kube, &call);
	buf_clear(&url);
	buf_clear(&body);
}

uint64_t publisher_event_queue_tick(struct report *self, uint64_t now_ms)
{
	struct event_queue *queue = &self->send;
	struct event_job *job;
	uint64_t due_ms;

	if (!queue->jobs.n && queue->n_dropped) {
		log_warn("events were dropped", "n=%llu", (unsigned long long)queue->n_dropped);
		queue->n_dropped = 0;
	}
	if (TAILQ_EMPTY(&queue->waiting) || queue->n_flying >= REPORT_PARALLEL)
		return UINT64_MAX; /* an answer wakes us */
	if (now_ms < queue->hold_ms)
		return queue->hold_ms;
	while ((job = TAILQ_FIRST(&queue->waiting)) && queue->n_flying < REPORT_PARALLEL) {
		if (!publisher_event_take(&queue->bucket, now_ms, &due_ms))
			return due_ms;
		TAILQ_REMOVE(&queue->waiting, job, link);
		start(job);
	}
	return UINT64_MAX;
}
