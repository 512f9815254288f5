/* status_patch: the status of the Pomerium object.
 *
 *   in     what is so of each owner
 *   out    one GET of the object, then merge patches of its status, one in five seconds
 *   owns   what the object says
 *   never  patches what is so already
 */
#include "publisher/report/report_inside.h"

#include "base/log.h"
#include "base/mem.h"

void publisher_status_patch_open(struct report *self)
{
	map_init(&self->status.reported, mem_free);
	publisher_api_retry_init(&self->status.reading);
	publisher_api_retry_init(&self->status.retry);
}

static void stop(struct status_patch *status)
{
	if (!status->request)
		return;
	kube_cancel(&status->request);
	if (status->phase == STATUS_KNOWN)
		publisher_status_plan_clear(&status->plan);
}

void publisher_status_patch_close(struct report *self)
{
	stop(&self->status);
	map_clear(&self->status.reported);
	mem_free(self->status.name);
	mem_free(self->status.uid);
}

void publisher_status_patch_stop(struct report *self)
{
	struct status_patch *status = &self->status;

	stop(status);
	map_clear(&status->reported);
	map_init(&status->reported, mem_free);
	status->phase = status->uid ? STATUS_ASK : STATUS_NONE;
	status->due_ms = 0;
	status->dirty = true;
}

void publisher_status_patch_is(struct report *self, struct str name, struct str uid)
{
	struct status_patch *status = &self->status;

	if (str_eq(uid, str_from(status->uid)) && str_eq(name, str_from(status->name)))
		return;
	mem_free(status->name);
	mem_free(status->uid);
	status->name = uid.len ? mem_dup(name.ptr, name.len) : NULL;
	status->uid = uid.len ? mem_dup(uid.ptr, uid.len) : NULL;
	publisher_status_patch_stop(self);
}

static void print_url(const struct status_patch *status, const char *tail, struct buf *url)
{
	buf_init(url, BUF_MAX_TEXT);
	buf_puts(url, "/apis/ingress.pomerium.io/v1/pomerium/");
	kube_add_escaped(url, str_from(status->name));
	buf_puts(url, tail);
}

static void on_read(void *arg, const struct kube_result *result)
{
	struct report *self = arg;
	struct status_patch *status = &self->status;
	struct err err = { "" };

	status->request = NULL;
	if (result->status == 200 &&
	    publisher_status_read(result->body, &status->reported, &err) == 0) {
		publisher_api_retry_success(&status->reading);
		status->phase = STATUS_KNOWN;
	} else {
		status->due_ms = clock_ms() + publisher_api_retry_failure(&status->reading,
									  "status to read", result);
		if (result->status == 403 || result->status == 404)
			status->phase = STATUS_KNOWN;
	}
}

static void on_patched(void *arg, const struct kube_result *result)
{
	struct report *self = arg;
	struct status_patch *status = &self->status;

	status->request = NULL;
	if (result->status == 200) {
		publisher_api_retry_success(&status->retry);
		map_clear(&status->reported);
		status->reported = status->plan.after;
		map_init(&status->plan.after, mem_free);
		log_debug("status written", "entries=%zu", status->plan.n_changes);
	} else {
		status->due_ms += publisher_api_retry_failure(&status->retry, "status", result);
		status->dirty = true;
	}
	publisher_status_plan_clear(&status->plan);
}

static void ask(struct report *self)
{
	struct kube_call call = {
		.method = "GET", .timeout_ms = KUBE_TIMEOUT_MS, .on_done = on_read, .self = self
	};
	struct buf url;

	print_url(&self->status, "", &url);
	call.path = buf_view(&url);
	self->status.request = kube_start(self->kube, &call);
	buf_clear(&url);
}

static void tell_left_out(struct status_patch *status)
{
	const size_t n = status->plan.n_left_out;

	if (n && n != status->n_left_out)
		log_warn("the status of the Pomerium object is full, Ingresses that are well are "
			 "left out",
			 "left_out=%zu", n);
	status->n_left_out = n;
}

static bool is_pending(const void *owners, struct str key)
{
	const struct report_owner *owner = publisher_report_state_get(owners, key);

	return owner && owner->news;
}

static void patch(struct report *self, uint64_t now_ms)
{
	struct status_patch *status = &self->status;
	struct kube_call call = { .method = "PATCH",
				  .content_type = "application/merge-patch+json",
				  .timeout_ms = KUBE_TIMEOUT_MS,
				  .on_done = on_patched,
				  .self = self };
	const struct status_want want = { .reported = &status->reported,
					  .now = &self->now,
					  .owners = &self->owners,
					  .is_pending = is_pending,
					  .forget = self->complete };
	struct buf url;

	status->dirty = false;
	publisher_status_plan(&want, clock_wall(), &status->plan);
	tell_left_out(status);
	if (!status->plan.patch.len) {
		publisher_status_plan_clear(&status->plan);
		return;
	}
	status->due_ms = now_ms + REPORT_STATUS_MS;
	print_url(status, "/status", &url);
	call.path = buf_view(&url);
	call.body = buf_view(&status->plan.patch);
	status->request = kube_start(self->kube, &call);
	buf_clear(&url);
}

uint64_t publisher_status_patch_tick(struct report *self, uint64_t now_ms)
{
	struct status_patch *status = &self->status;

	if (status->request || status->phase == STATUS_NONE)
		return UINT64_MAX;
	if (status->phase == STATUS_KNOWN && (!self->open || !status->dirty))
		return UINT64_MAX;
	if (now_ms < status->due_ms)
		return status->due_ms;
	if (status->phase == STATUS_ASK)
		ask(self);
	else
		patch(self, now_ms);
	return UINT64_MAX;
}
