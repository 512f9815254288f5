/* reflector_pages: the list in pages, and the check whether the store went back.
 *
 *   in     pages of a list
 *   out    what is sent; what to do next
 *   owns   nothing of its own
 *   never  holds more than one item at a time
 */
#include "base/log.h"
#include "base/mem.h"
#include "watcher/kube/reflector_inside.h"

#define PAGE 500
#define PAGE_MS 60000 /* as long as the server itself gives to a request */

void watcher_reflector_pages_on_item(void *arg, struct str item)
{
	struct reflector *self = arg;
	struct watch_event event;
	struct err err = { "" };
	struct pool pool;
	int rc;

	if (self->phase != PHASE_PAGE)
		return;
	pool_init(&pool);
	rc = watcher_watch_event_read_item(item, self->row, &pool, &event, &err);
	if (rc == 0)
		watcher_sent_put(&self->sent, &event.object, event.version);
	else if (rc > 0)
		watcher_sent_keep(&self->sent, &event.object.key);
	else
		err_set(&self->broken, "an item cannot be understood: %s", err.text);
	if (rc > 0)
		log_warn("an object cannot be used", "kind=%s reason=%s", self->row->plural,
			 log_value(err.text));
	pool_clear(&pool);
}

static int on_data(void *arg, struct str piece)
{
	struct reflector *self = arg;

	if (watcher_watch_page_add(&self->page, piece, &self->broken) || self->broken.text[0])
		return -1;
	return 0;
}

static void get(struct reflector *self, enum phase phase, struct kube_call *call, struct buf *url)
{
	if (self->row->metadata_only)
		call->accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
	call->timeout_ms = PAGE_MS;
	call->on_data = on_data;
	self->phase = phase;
	watcher_watch_page_clear(&self->page);
	watcher_reflector_get(self, call, url);
}

/* The page came as a whole and can be used; else that is logged, and it is tried again. */
static bool is_good(struct reflector *self, const struct kube_result *result,
		    void (*retry)(struct reflector *self))
{
	if (!self->broken.text[0] && result->status == 200 &&
	    !watcher_watch_page_end(&self->page, &self->broken))
		return true;
	watcher_reflector_fail(self, watcher_reflector_ending(self, result), retry);
	return false;
}

/* ---- the list ---- */

static void set_more(struct reflector *self, struct str more)
{
	mem_free(self->more);
	self->more = more.len ? mem_dup(more.ptr, more.len) : NULL;
}

static void on_page_done(void *arg, const struct kube_result *result)
{
	struct reflector *self = arg;

	self->request = NULL;
	if (result->status == 410 && self->more) {
		self->whole = true; /* `continue` expired: pages are too slow for this cluster */
		set_more(self, STR(""));
		watcher_reflector_list(self);
	} else if (!is_good(self, result, watcher_reflector_list)) {
		set_more(self, STR(""));
	} else {
		set_more(self, buf_view(&self->page.more));
		if (self->more)
			return; /* it goes on from tick, when there is credit */
		watcher_reflector_list_done(self, str_from(self->page.version));
		watcher_reflector_watch(self);
	}
}

void watcher_reflector_pages_get(struct reflector *self)
{
	struct kube_call call = { .on_done = on_page_done };
	struct buf url;

	watcher_reflector_url(self, &url);
	if (!self->whole)
		buf_printf(&url, "limit=%d", PAGE);
	if (self->more) {
		buf_puts(&url, "&continue=");
		kube_add_escaped(&url, str_from(self->more));
	}
	get(self, PHASE_PAGE, &call, &url);
}

/* ---- the check ---- */

static void on_check_done(void *arg, const struct kube_result *result)
{
	struct reflector *self = arg;

	self->request = NULL;
	if (!is_good(self, result, watcher_reflector_pages_check))
		return;
	watcher_reflector_success(self);
	if (watcher_watch_event_is_older(str_from(self->page.version), str_from(self->version)))
		watcher_reflector_list_anew(self, "the store went back");
	else
		watcher_reflector_watch(self);
}

/* A watch may have been lost because the store was restored from a copy. From a resourceVersion
 * that the store does not have yet a watch would wait in silence, so look how far the store is. */
void watcher_reflector_pages_check(struct reflector *self)
{
	struct kube_call call = { .on_done = on_check_done };
	struct buf url;

	watcher_reflector_url(self, &url);
	buf_puts(&url, "limit=1");
	get(self, PHASE_CHECK, &call, &url);
}
