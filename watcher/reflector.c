/* reflector: one kind, kept the same as the API server has it.
 *
 *   in     pages of a list, lines of a watch
 *   out    put, del, state: only what changed
 *   owns   a hash of each object that was told; the resourceVersion; when to try again
 *   never  keeps an object
 */
#include "watcher/reflector.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "msg/codec.h"
#include "watcher/watch_event.h"
#include "watcher/watch_stream.h"

#define PAGE 500
#define WATCH_MIN_S 300  /* a watch is asked to end by itself after 5 to 10 minutes, as client-go's */
#define WATCH_GRACE_MS 30000
#define SHORT_WATCH_MS 1000 /* a watch that ends sooner waits before the next */
#define ABSENT_MS 10000  /* a kind that is not installed, or forbidden, is tried again this often at least */

enum phase {
	PHASE_IDLE,   /* before the first restart */
	PHASE_WAIT,   /* until due_ms */
	PHASE_STREAM, /* the list comes as a watch */
	PHASE_PAGE,   /* the list comes in pages */
	PHASE_WATCH
};

/* What was told of one object. */
struct known {
	uint64_t hash;
	uint64_t version; /* hash of its resourceVersion */
	uint64_t list;    /* number of the last list that had it */
};

struct reflector {
	struct kube *kube;
	const struct kind_row *row;
	struct pool pool;
	struct str namespace;
	struct reflector_sink sink;
	struct map known;         /* by namespace/name */
	enum phase phase, after;  /* `after`: what PHASE_WAIT leads to */
	uint64_t due_ms;
	struct backoff backoff;
	struct kube_request *request;
	struct watch_stream stream;
	char version[64];         /* resourceVersion to go on from */
	char *more;               /* `continue` of the next page */
	bool paged;               /* the server has no streaming lists */
	bool whole;               /* a `continue` expired: ask for the list in one piece */
	bool fresh;               /* ask the store, not the watch cache: its resourceVersion was too old */
	uint64_t list;            /* number of the present list */
	uint64_t began_ms;        /* of the present watch */
	enum msg_kind_condition condition;
	bool told;                /* condition was told since the restart */
	struct err why;           /* an ERROR event that ended the watch; "" if none */
	long error_code;
};

static void begin_list(struct reflector *self);
static void begin_page(struct reflector *self);
static void begin_watch(struct reflector *self, bool as_list);

/* ---- what is told ---- */

static void set_condition(struct reflector *self, enum msg_kind_condition condition, const char *reason)
{
	if (self->told && self->condition == condition)
		return;
	self->told = true;
	self->condition = condition;
	self->sink.state(self->sink.self, self, condition, reason);
}

static struct str name_of(const struct msg_key *key, struct pool *pool)
{
	return msg_key_for_people(key, pool);
}

static uint64_t hash_object(const struct msg_object *object)
{
	struct buf packed;
	uint64_t hash;

	buf_init(&packed, BUF_MAX_MESSAGE);
	codec_pack(&msg_object_codec, object, &packed);
	hash = hash_fast(buf_view(&packed));
	buf_clear(&packed);
	return hash;
}

static void tell(struct reflector *self, struct msg_object *object, struct str version, struct pool *pool)
{
	const struct str name = name_of(&object->key, pool);
	const uint64_t hash = hash_object(object), version_hash = hash_fast(version);
	struct known *known = map_get(&self->known, name);
	bool is_new = !known;

	if (!known) {
		known = mem_alloc(sizeof(*known));
		map_put(&self->known, name, known);
	}
	known->list = self->list;
	if (!is_new && known->version != version_hash && self->row->metadata_only)
		self->sink.touched(self->sink.self, &object->key);
	known->version = version_hash;
	if (!is_new && known->hash == hash)
		return;
	known->hash = hash;
	if (self->phase == PHASE_WATCH)
		object->seen_ns = clock_ns();
	self->sink.put(self->sink.self, object);
}

static void tell_gone(struct reflector *self, struct str name)
{
	struct msg_object_delete gone = { .key.kind = self->row->kind };

	if (!str_cut(name, '/', &gone.key.namespace, &gone.key.name)) {
		gone.key.namespace = STR("");
		gone.key.name = name;
	}
	gone.seen_ns = self->phase == PHASE_WATCH ? clock_ns() : 0;
	self->sink.del(self->sink.self, &gone);
}

/* What the list that just ended did not have is gone. */
static void sweep(struct reflector *self)
{
	const struct known *known;
	struct str name;
	void *value;

	for (size_t i = 0; map_next(&self->known, &i, &name, &value);) {
		known = value;
		if (known->list == self->list)
			continue;
		tell_gone(self, name);
		map_del(&self->known, name);
	}
}

/* ---- what comes next ---- */

static void wait_then(struct reflector *self, enum phase after, uint64_t least_ms)
{
	const uint64_t step = backoff_next(&self->backoff);

	self->phase = PHASE_WAIT;
	self->after = after;
	self->due_ms = clock_ms() + (step > least_ms ? step : least_ms);
}

static void list_done(struct reflector *self)
{
	sweep(self);
	backoff_reset(&self->backoff);
	self->whole = self->fresh = false;
	set_condition(self, MSG_KIND_SYNCED, "");
	log_debug("listed", "kind=%s objects=%zu version=%s", self->row->plural, self->known.n, self->version);
}

/* The list or the watch failed for a reason that time may heal. */
static void on_failure(struct reflector *self, enum phase retry, const struct kube_result *result)
{
	log_warn("API server", "kind=%s reason=%s", self->row->plural,
		 log_value(self->error_code ? self->why.text : result->sentence));
	if (result->status == 403) {
		set_condition(self, MSG_KIND_UNAVAILABLE, result->sentence);
		wait_then(self, PHASE_PAGE, ABSENT_MS);
	} else if (result->status == 404) {
		self->list++;
		sweep(self);
		set_condition(self, MSG_KIND_NOT_INSTALLED, result->sentence);
		wait_then(self, PHASE_PAGE, ABSENT_MS);
	} else {
		wait_then(self, retry, result->retry_after_ms);
	}
}

/* ---- watch ---- */

static bool is_too_new(const char *sentence)
{
	return strstr(sentence, "Too large resource version") || strstr(sentence, "too large resource version");
}

static void take_event(struct reflector *self, struct watch_event *event, struct pool *pool)
{
	switch (event->type) {
	case WATCH_PUT:
		tell(self, &event->object, event->version, pool);
		break;
	case WATCH_DELETE: {
		const struct str name = name_of(&event->object.key, pool);

		if (map_get(&self->known, name)) {
			tell_gone(self, name);
			map_del(&self->known, name);
		}
		break;
	}
	case WATCH_BOOKMARK:
		break;
	case WATCH_ERROR:
		self->why = event->error;
		self->error_code = event->code;
		return;
	}
	if (event->version.len && event->version.len < sizeof(self->version))
		snprintf(self->version, sizeof(self->version), STR_FMT, STR_ARG(event->version));
	if (event->type == WATCH_BOOKMARK && event->list_ends && self->phase == PHASE_STREAM) {
		self->phase = PHASE_WATCH;
		list_done(self);
	}
}

static int on_line(void *arg, struct str line)
{
	struct reflector *self = arg;
	struct watch_event event;
	struct err err = { "" };
	struct pool pool;

	pool_init(&pool);
	if (watcher_watch_event_read(line, self->row, &pool, &event, &err))
		log_warn("an event cannot be used", "kind=%s reason=%s", self->row->plural, log_value(err.text));
	else
		take_event(self, &event, &pool);
	pool_clear(&pool);
	return self->error_code ? -1 : 0; /* an ERROR event is the last one */
}

static int on_piece(void *arg, struct str piece)
{
	struct reflector *self = arg;

	return watcher_watch_stream_add(&self->stream, piece, on_line, self);
}

/* The list came as a watch and the server would not have that. */
static bool refuses_streaming(const struct reflector *self, const struct kube_result *result)
{
	return self->phase == PHASE_STREAM &&
	       (result->status == 400 || result->status == 422 || (self->error_code && self->error_code != 410));
}

static void on_watch_done(void *arg, const struct kube_result *result)
{
	struct reflector *self = arg;
	const uint64_t lasted = clock_ms() - self->began_ms;
	const bool gone = result->status == 410 || self->error_code == 410;
	const bool future = is_too_new(result->sentence) || is_too_new(self->why.text);

	self->request = NULL;
	watcher_watch_stream_clear(&self->stream);
	if (refuses_streaming(self, result)) {
		log_info("the server has no streaming lists, going on with pages", "kind=%s", self->row->plural);
		self->paged = true;
		begin_page(self);
	} else if (gone || future) {
		log_info("listing anew", "kind=%s version=%s reason=%s", self->row->plural, self->version,
			 future ? "from-the-future" : "too-old");
		self->fresh = true;
		wait_then(self, PHASE_PAGE, 0);
	} else if (self->error_code || result->status != 200) {
		on_failure(self, self->phase == PHASE_WATCH ? PHASE_WATCH : PHASE_PAGE, result);
	} else if (self->phase == PHASE_STREAM || lasted < SHORT_WATCH_MS) {
		wait_then(self, self->phase == PHASE_STREAM ? PHASE_PAGE : PHASE_WATCH, 0);
	} else {
		backoff_reset(&self->backoff);
		begin_watch(self, false); /* a clean end: no relist */
	}
}

static const char *accept(const struct reflector *self, bool list)
{
	if (!self->row->metadata_only)
		return "application/json";
	return list ? "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
		    : "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
}

static void begin_url(const struct reflector *self, struct buf *url)
{
	buf_init(url, BUF_MAX_TEXT);
	buf_puts(url, self->row->group);
	if (self->namespace.len)
		buf_printf(url, "/namespaces/" STR_FMT, STR_ARG(self->namespace));
	buf_printf(url, "/%s?", self->row->plural);
	if (self->row->selector)
		buf_printf(url, "fieldSelector=%s&", self->row->selector);
}

static void begin_watch(struct reflector *self, bool as_list)
{
	const uint64_t seconds = WATCH_MIN_S + hash_random64() % WATCH_MIN_S;
	struct kube_call call = { .method = "GET",
				  .accept = accept(self, false),
				  .timeout_ms = seconds * 1000 + WATCH_GRACE_MS,
				  .on_data = on_piece,
				  .on_done = on_watch_done,
				  .self = self };
	struct buf url;

	self->phase = as_list ? PHASE_STREAM : PHASE_WATCH;
	self->began_ms = clock_ms();
	self->error_code = 0;
	self->why.text[0] = '\0';
	watcher_watch_stream_init(&self->stream);
	begin_url(self, &url);
	buf_printf(&url, "watch=true&allowWatchBookmarks=true&timeoutSeconds=%llu", (unsigned long long)seconds);
	if (as_list)
		buf_puts(&url, "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
	else
		buf_printf(&url, "&resourceVersion=%s", self->version);
	call.path = buf_view(&url);
	self->request = kube_start(self->kube, &call);
	buf_clear(&url);
}

/* ---- pages ---- */

static void take_page(struct reflector *self, struct str body)
{
	struct watch_page page;
	struct err err = { "" };
	struct pool pool;

	pool_init(&pool);
	mem_free(self->more);
	self->more = NULL;
	if (watcher_watch_page_read(body, &pool, &page, &err)) {
		log_warn("a list cannot be used", "kind=%s reason=%s", self->row->plural, log_value(err.text));
		wait_then(self, PHASE_PAGE, 0);
		goto out;
	}
	for (size_t i = 0; i < page.n_items; i++) {
		struct watch_event event;
		struct err why = { "" };

		if (watcher_watch_item_read(&page.items[i], self->row, &pool, &event, &why))
			log_warn("an object cannot be used", "kind=%s reason=%s", self->row->plural, log_value(why.text));
		else
			tell(self, &event.object, event.version, &pool);
	}
	if (page.more.len) {
		self->more = mem_dup(page.more.ptr, page.more.len);
		self->phase = PHASE_PAGE; /* goes on from tick, when there is room */
		goto out;
	}
	snprintf(self->version, sizeof(self->version), STR_FMT, STR_ARG(page.version));
	list_done(self);
	begin_watch(self, false);
out:
	pool_clear(&pool);
}

static void on_page_done(void *arg, const struct kube_result *result)
{
	struct reflector *self = arg;

	self->request = NULL;
	if (result->status == 200) {
		take_page(self, result->body);
		return;
	}
	if (result->status == 410 && self->more) {
		self->whole = true; /* the `continue` expired: pages are too slow for this cluster */
		mem_free(self->more);
		self->more = NULL;
		begin_list(self);
		return;
	}
	mem_free(self->more);
	self->more = NULL;
	on_failure(self, PHASE_PAGE, result);
}

static void add_escaped(struct buf *url, const char *text)
{
	for (; *text; text++) {
		if ((*text >= '0' && *text <= '9') || (*text >= 'A' && *text <= 'Z') || (*text >= 'a' && *text <= 'z'))
			buf_putc(url, *text);
		else
			buf_printf(url, "%%%02X", (unsigned char)*text);
	}
}

static void begin_page(struct reflector *self)
{
	struct kube_call call = { .method = "GET",
				  .accept = accept(self, true),
				  .timeout_ms = KUBE_TIMEOUT_MS,
				  .on_done = on_page_done,
				  .self = self };
	struct buf url;

	if (!self->more)
		self->list++;
	self->phase = PHASE_PAGE;
	begin_url(self, &url);
	if (!self->whole)
		buf_printf(&url, "limit=%d", PAGE);
	if (self->more) {
		buf_puts(&url, "&continue=");
		add_escaped(&url, self->more);
	}
	call.path = buf_view(&url);
	self->request = kube_start(self->kube, &call);
	buf_clear(&url);
}

static void begin_list(struct reflector *self)
{
	if (self->paged || self->fresh || self->whole) {
		begin_page(self);
		return;
	}
	self->list++;
	begin_watch(self, true);
}

/* ---- outside ---- */

struct reflector *watcher_reflector_new(struct kube *kube, const struct kind_row *row, struct str namespace,
					const struct reflector_sink *sink)
{
	struct reflector *self = mem_alloc(sizeof(*self));

	self->kube = kube;
	self->row = row;
	self->sink = *sink;
	pool_init(&self->pool);
	self->namespace = pool_str(&self->pool, namespace);
	map_init(&self->known, mem_free);
	backoff_init(&self->backoff, 800, 30000);
	return self;
}

void watcher_reflector_destroy(struct reflector **self_p)
{
	struct reflector *self = *self_p;

	*self_p = NULL;
	if (!self)
		return;
	kube_cancel(&self->request);
	watcher_watch_stream_clear(&self->stream);
	map_clear(&self->known);
	pool_clear(&self->pool);
	mem_free(self->more);
	mem_free(self);
}

void watcher_reflector_restart(struct reflector *self)
{
	kube_cancel(&self->request);
	watcher_watch_stream_clear(&self->stream);
	mem_free(self->more);
	self->more = NULL;
	map_clear(&self->known);
	map_init(&self->known, mem_free);
	self->told = false;
	set_condition(self, MSG_KIND_LISTING, "");
	begin_list(self);
}

uint64_t watcher_reflector_tick(struct reflector *self, uint64_t now_ms)
{
	if (self->phase == PHASE_PAGE && !self->request && self->sink.has_room(self->sink.self))
		begin_page(self);
	if (self->phase != PHASE_WAIT)
		return UINT64_MAX;
	if (now_ms < self->due_ms)
		return self->due_ms;
	if (self->condition == MSG_KIND_UNAVAILABLE || self->condition == MSG_KIND_NOT_INSTALLED)
		watcher_reflector_restart(self);
	else if (self->after == PHASE_WATCH)
		begin_watch(self, false);
	else
		begin_list(self);
	return UINT64_MAX;
}

const struct kind_row *watcher_reflector_row(const struct reflector *self)
{
	return self->row;
}

enum msg_kind_condition watcher_reflector_condition(const struct reflector *self)
{
	return self->condition;
}

bool watcher_reflector_has(const struct reflector *self, struct str name)
{
	return map_get(&self->known, name) != NULL;
}

uint64_t watcher_reflector_n_lists(const struct reflector *self)
{
	return self->list;
}
