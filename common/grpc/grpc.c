/* grpc: calls to one gRPC server.
 *
 *   in     struct grpc_call; what libcurl's sockets say
 *   out    on_message for each message, on_done with the status from the trailers
 *   owns   the connections, the secret that signs each call
 *   never  tries again, knows what a message means
 */
#include "grpc/grpc.h"

#include <poll.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/mem.h"
#include "grpc/grpc_frame.h"
#include "grpc/grpc_jwt.h"
#include "http/http_loop.h"
#include "http/http_origin.h"
#include "net/url.h"

#define CONNECT_MS 5000
#define TOKEN_SECONDS 3600
#define CURL_8 0x080000

struct grpc_request {
	struct grpc *grpc;
	LIST_ENTRY(grpc_request) link;
	CURL *easy;
	struct curl_slist *headers;
	struct grpc_call call;
	struct buf sent;
	struct grpc_frames frames;
	struct grpc_trailers trailers;
	char error[CURL_ERROR_SIZE];
	struct err refused; /* why we broke the call off */
	bool broken_off;
};

struct grpc {
	struct http_loop loop;
	struct grpc_settings settings; /* its strings live in the pool */
	struct pool pool;
	struct http_origin origin;
	bool tls;
	LIST_HEAD(grpc_requests, grpc_request) requests; /* newest first */
	uint64_t n_by_status[GRPC_N_STATUS];
};

/* ---- what a call receives ---- */

static int on_frame(void *self, struct str bytes, struct err *err)
{
	struct grpc_request *request = self;
	ProtobufCMessage *message;
	struct pool pool;
	int rc = -1;

	pool_init(&pool);
	message = pb_unpack(request->call.answer, bytes, &pool, err);
	if (message)
		rc = request->call.on_message
			     ? request->call.on_message(request->call.self, message, err)
			     : 0;
	pool_wipe(&pool);
	return rc;
}

static size_t on_body(char *ptr, size_t size, size_t n, void *arg)
{
	struct grpc_request *request = arg;
	const struct str piece = { ptr, size * n };

	if (!request->trailers.is_grpc)
		return piece.len; /* a page of some proxy; its status tells enough */
	if (grpc_frames_feed(&request->frames, piece, on_frame, request, &request->refused) < 0) {
		request->broken_off = true;
		return 0;
	}
	return piece.len;
}

static size_t on_header(char *ptr, size_t size, size_t n, void *arg)
{
	struct grpc_request *request = arg;

	grpc_trailers_line(&request->trailers, (struct str){ ptr, size * n });
	return size * n;
}

static int on_connected(void *arg, char *ip, char *local_ip, int port, int local_port)
{
	struct grpc_request *request = arg;

	(void)ip, (void)local_ip, (void)port, (void)local_port;
	if (!request->call.may_send || request->call.may_send(request->call.self))
		return CURL_PREREQFUNC_OK;
	return CURL_PREREQFUNC_ABORT;
}

/* ---- a call's life ---- */

static void add_header(struct grpc_request *request, const char *name, struct str value)
{
	struct buf line;

	buf_init(&line, BUF_MAX_TEXT);
	buf_printf(&line, "%s: " STR_FMT, name, STR_ARG(value));
	request->headers = curl_slist_append(request->headers, line.ptr);
	buf_wipe(&line);
}

static void set_headers(struct grpc_request *request)
{
	struct buf text;

	add_header(request, "content-type", STR("application/grpc"));
	add_header(request, "te", STR("trailers"));
	request->headers = curl_slist_append(request->headers, "accept:");
	request->headers = curl_slist_append(request->headers, "expect:");
	buf_init(&text, BUF_MAX_TEXT);
	grpc_jwt_add(&text, &request->grpc->settings.secret, clock_wall() + TOKEN_SECONDS);
	add_header(request, "jwt", buf_view(&text));
	buf_reset(&text);
	if (request->call.timeout_ms) {
		buf_printf(&text, "%llum", (unsigned long long)request->call.timeout_ms);
		add_header(request, "grpc-timeout", buf_view(&text));
	}
	buf_wipe(&text);
	curl_easy_setopt(request->easy, CURLOPT_HTTPHEADER, request->headers);
}

static void set_transport(struct grpc_request *request)
{
	const struct grpc_settings *settings = &request->grpc->settings;
	struct curl_blob ca = { (void *)settings->ca.ptr, settings->ca.len, CURL_BLOB_COPY };
	CURL *easy = request->easy;

	http_loop_prepare(easy);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	if (settings->agent.len)
		curl_easy_setopt(easy, CURLOPT_USERAGENT, settings->agent.ptr);
	if (request->grpc->origin.connect_to)
		curl_easy_setopt(easy, CURLOPT_CONNECT_TO, request->grpc->origin.connect_to);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
			 request->grpc->tls ? (long)CURL_HTTP_VERSION_2TLS
					    : (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
	/* curl issue 10634: a cleartext connection of prior knowledge cannot be used a second time
	 */
	if (!request->grpc->tls && curl_version_info(CURLVERSION_NOW)->version_num < CURL_8) {
		curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
		curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	}
	if (settings->ca.len)
		curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &ca);
	else if (settings->ca_file.len)
		curl_easy_setopt(easy, CURLOPT_CAINFO, settings->ca_file.ptr);
	if (settings->insecure) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

static void set_body(struct grpc_request *request)
{
	struct buf packed;

	buf_init(&packed, GRPC_MESSAGE_MAX);
	pb_pack(request->call.request, &packed);
	buf_init(&request->sent, GRPC_MESSAGE_MAX + GRPC_FRAME_HEAD);
	grpc_frames_add(&request->sent, packed.len ? buf_view(&packed) : STR(""));
	buf_wipe(&packed);
	curl_easy_setopt(request->easy, CURLOPT_POSTFIELDS, request->sent.ptr);
	curl_easy_setopt(request->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->sent.len);
}

static void set_callbacks(struct grpc_request *request)
{
	CURL *easy = request->easy;
	struct buf url;

	buf_init(&url, BUF_MAX_TEXT);
	buf_printf(&url, "%s%s", request->grpc->origin.base_url, request->call.method);
	curl_easy_setopt(easy, CURLOPT_URL, url.ptr);
	buf_clear(&url);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->call.timeout_ms);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, request);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->error);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
}

struct grpc_request *grpc_start(struct grpc *self, const struct grpc_call *call)
{
	struct grpc_request *request = mem_alloc(sizeof(*request));

	request->grpc = self;
	request->call = *call;
	request->easy = curl_easy_init();
	grpc_frames_init(&request->frames, GRPC_MESSAGE_MAX);
	grpc_trailers_init(&request->trailers);
	set_transport(request);
	set_headers(request);
	set_body(request);
	set_callbacks(request);
	request->call.request = NULL; /* the caller's, gone soon */
	LIST_INSERT_HEAD(&self->requests, request, link);
	curl_multi_add_handle(self->loop.multi, request->easy);
	return request;
}

void grpc_cancel(struct grpc_request **request_p)
{
	struct grpc_request *request = *request_p;

	*request_p = NULL;
	if (!request)
		return;
	curl_multi_remove_handle(request->grpc->loop.multi, request->easy);
	curl_easy_cleanup(request->easy);
	LIST_REMOVE(request, link);
	for (struct curl_slist *h = request->headers; h; h = h->next)
		mem_wipe(h->data, strlen(h->data)); /* one of them is the token */
	curl_slist_free_all(request->headers);
	grpc_frames_clear(&request->frames);
	buf_wipe(&request->sent);
	mem_free(request);
}

/* ---- how a call ended ---- */

static enum grpc_status fail(struct err *err, enum grpc_status status, const char *sentence)
{
	err_set(err, "%s: %s", grpc_status_name(status), sentence);
	return status;
}

static enum grpc_status status_without_answer(const struct grpc_request *request, CURLcode code,
					      struct err *err)
{
	const char *why = request->error[0] ? request->error : curl_easy_strerror(code);

	if (request->broken_off)
		return fail(err, GRPC_INTERNAL, request->refused.text);
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return fail(err, GRPC_CANCELLED, "it was not sent, since it may not be any more");
	if (code == CURLE_OPERATION_TIMEDOUT)
		return fail(err, GRPC_DEADLINE_EXCEEDED, why);
	return fail(err, GRPC_UNAVAILABLE, why);
}

static enum grpc_status status_of(const struct grpc_request *request, CURLcode code,
				  struct err *err)
{
	const struct grpc_trailers *trailers = &request->trailers;
	char text[64];
	long http = 0;

	curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &http);
	if (request->broken_off || (code != CURLE_OK && trailers->status < 0))
		return status_without_answer(request, code, err);
	if (trailers->status > 0)
		return fail(err, (enum grpc_status)trailers->status, trailers->message);
	snprintf(text, sizeof(text), "the server answered with HTTP status %ld", http);
	if (http != 200)
		return fail(err, grpc_status_from_http(http), text);
	if (!trailers->is_grpc)
		return fail(err, GRPC_UNKNOWN, "the server does not speak gRPC");
	if (trailers->status < 0)
		return fail(err, GRPC_UNKNOWN, "the answer ended without a grpc-status");
	if (request->frames.rest.len)
		return fail(err, GRPC_INTERNAL, "the answer ended in the midst of a message");
	return GRPC_OK;
}

static void on_done(void *of, CURLcode code)
{
	struct grpc_request *request = of;
	struct err err = { "" };
	struct grpc_result result = { .sentence = err.text };

	result.status = status_of(request, code, &err);
	request->grpc->n_by_status[result.status]++;
	if (result.status)
		err_wrap(&err, "%s at %s", request->call.method, request->grpc->origin.base_url);
	if (request->call.on_done)
		request->call.on_done(request->call.self, &result);
	grpc_cancel(&request);
}

const uint64_t *grpc_n_by_status(const struct grpc *self)
{
	return self->n_by_status;
}

void grpc_set_secret(struct grpc *self, const struct hash *secret)
{
	self->settings.secret = *secret; /* the old one is overwritten */
}

/* ---- the loop's side ---- */

int grpc_fd(const struct grpc *self)
{
	return http_loop_fd(&self->loop);
}

void grpc_on_fd(struct grpc *self)
{
	http_loop_on_fd(&self->loop);
}

uint64_t grpc_tick(struct grpc *self, uint64_t now_ms)
{
	return http_loop_tick(&self->loop, now_ms);
}

uint64_t grpc_deadline(const struct grpc *self)
{
	return self->loop.deadline_ms;
}

void grpc_drain(struct grpc *self, const bool *pending, uint64_t longest_ms)
{
	const uint64_t end = clock_ms() + longest_ms;
	uint64_t now;

	while (*pending && (now = clock_ms()) < end) {
		struct pollfd fd = { .fd = grpc_fd(self), .events = POLLIN };
		uint64_t next = grpc_tick(self, now);

		if (!*pending)
			break;
		next = next < end ? next : end;
		if (poll(&fd, 1, next > now ? (int)(next - now) : 0) > 0)
			grpc_on_fd(self);
	}
}

static int set_origin(struct grpc *self, struct err *err)
{
	const struct grpc_settings *settings = &self->settings;
	struct str text = settings->url;
	struct url url;
	long long port = 1;

	while (text.len && text.ptr[text.len - 1] == '/')
		text.len--;
	self->tls = str_starts(text, "https://");
	if (!self->tls && !str_starts(text, "http://"))
		return err_set(err, "the URL is %s; it must begin with http:// or https://",
			       err_quote(settings->url));
	if (url_parse(text, &url, NULL) < 0 || !url.host.len || url.user.ptr || url.path.len ||
	    url.query.len || (url.port.len && !str_to_int(url.port, &port)) || port < 1 ||
	    port > 65535)
		return err_set(err, "the URL is %s; it must be a host and a port",
			       err_quote(settings->url));
	http_origin_init(&self->origin, text, settings->override_name);
	return 0;
}

struct grpc *grpc_new(const struct grpc_settings *settings, struct err *err)
{
	struct grpc *self = mem_alloc(sizeof(*self));
	struct grpc_settings *own = &self->settings;

	pool_init(&self->pool);
	*own = *settings;
	own->url = pool_str(&self->pool, settings->url);
	own->agent = pool_str(&self->pool, settings->agent);
	own->ca = pool_str(&self->pool, settings->ca);
	own->ca_file = pool_str(&self->pool, settings->ca_file);
	own->override_name = pool_str(&self->pool, settings->override_name);
	http_loop_open(&self->loop, on_done);
	/* one call a connection at a time: libcurl 7.88 may lose the trailers of a stream while it
	 * reads another */
	curl_multi_setopt(self->loop.multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	if (set_origin(self, err) < 0)
		grpc_destroy(&self);
	return self;
}

void grpc_destroy(struct grpc **self_p)
{
	struct grpc *self = *self_p;

	*self_p = NULL;
	if (!self)
		return;
	while (!LIST_EMPTY(&self->requests)) {
		struct grpc_request *request = LIST_FIRST(&self->requests);

		grpc_cancel(&request);
	}
	http_loop_close(&self->loop);
	http_origin_clear(&self->origin);
	pool_clear(&self->pool);
	mem_wipe(self, sizeof(*self));
	mem_free(self);
}
