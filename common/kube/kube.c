/* kube: requests to a Kubernetes API server.
 *
 *   in     struct kube_call; what libcurl's sockets say
 *   out    on_data and on_done
 *   owns   the connections (libcurl multi), an epoll descriptor over them, the credentials in use
 *   never  knows what an answer means
 */
#include "kube/kube.h"

#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/value.h"

#define RELOAD_MS 60000
#define CONNECT_MS 10000
#define DEAD_AFTER_MS 30000 /* unacknowledged data, or keepalive probes without an answer */
#define ERROR_BODY_MAX (64u << 10)

struct kube_request {
	struct kube *kube;
	struct kube_request *prev, *next;
	CURL *easy;
	struct curl_slist *headers;
	struct kube_call call;
	struct buf body;
	char *path, *sent; /* copies of what the call said */
	char error[CURL_ERROR_SIZE];
	uint64_t retry_after_ms;
};

struct kube {
	struct kube_config config;
	struct kube_credentials credentials;
	uint64_t read_ms;         /* when the credentials were read */
	CURLM *multi;
	int epoll;
	uint64_t deadline_ms;     /* libcurl's own timer */
	struct kube_request *requests;
	struct curl_slist *connect_to; /* for tls-server-name */
	char *base_url;
	uint64_t n_requests;
};

/* ---- libcurl's wishes: descriptors into epoll, its timer into deadline_ms ---- */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct kube *self = arg;
	struct epoll_event event = { .data.fd = fd };

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(self->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
	epoll_ctl(self->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
	curl_multi_assign(self->multi, fd, self);
	return 0;
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
	struct kube *self = arg;

	(void)multi;
	self->deadline_ms = ms < 0 ? UINT64_MAX : clock_ms() + (uint64_t)ms;
	return 0;
}

static int on_sockopt(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	const unsigned dead = DEAD_AFTER_MS;

	(void)arg, (void)purpose;
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead, sizeof(dead));
	return CURL_SOCKOPT_OK;
}

/* ---- what a request receives ---- */

static long status_of(struct kube_request *request)
{
	long status = 0;

	curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static size_t on_body(char *ptr, size_t size, size_t n, void *arg)
{
	struct kube_request *request = arg;
	const struct str piece = { ptr, size * n };

	if (request->call.on_data && status_of(request) / 100 == 2)
		return request->call.on_data(request->call.self, piece) ? 0 : piece.len;
	if (status_of(request) / 100 != 2 && request->body.len + piece.len > ERROR_BODY_MAX)
		return piece.len; /* enough of it is known */
	buf_str(&request->body, piece);
	return request->body.full ? 0 : piece.len;
}

static size_t on_header(char *ptr, size_t size, size_t n, void *arg)
{
	struct kube_request *request = arg;
	struct str name, value;
	long long seconds;

	if (str_cut((struct str){ ptr, size * n }, ':', &name, &value) && name.len == 11 &&
	    !strncasecmp(name.ptr, "retry-after", 11) && str_to_int(str_trim(value), &seconds) && seconds >= 0 &&
	    seconds < 86400)
		request->retry_after_ms = (uint64_t)seconds * 1000;
	return size * n;
}

/* ---- credentials ---- */

static bool credentials_are_old(const struct kube *self)
{
	const uint64_t age = clock_ms() - self->read_ms;

	if (self->config.exec.command.len) /* a plugin is asked when its answer runs out */
		return self->credentials.expires && clock_wall() + 10 >= self->credentials.expires;
	return age >= RELOAD_MS;
}

static void read_credentials(struct kube *self)
{
	struct kube_credentials fresh;
	struct err err = { "" };

	self->read_ms = clock_ms();
	if (kube_credentials_read(&self->config, &fresh, &err)) {
		log_warn("credentials cannot be read, going on with the old ones", "reason=%s", log_value(err.text));
		return;
	}
	if (kube_credentials_equal(&fresh, &self->credentials)) {
		kube_credentials_clear(&fresh);
		return;
	}
	kube_credentials_clear(&self->credentials);
	self->credentials = fresh;
}

static void set_blob(CURL *easy, CURLoption option, struct str pem)
{
	struct curl_blob blob = { (void *)pem.ptr, pem.len, CURL_BLOB_COPY };

	if (pem.len)
		curl_easy_setopt(easy, option, &blob);
}

static void set_identity(struct kube_request *request)
{
	const struct kube *self = request->kube;
	const struct kube_config *config = &self->config;

	set_blob(request->easy, CURLOPT_CAINFO_BLOB, self->credentials.ca);
	set_blob(request->easy, CURLOPT_SSLCERT_BLOB, self->credentials.cert);
	set_blob(request->easy, CURLOPT_SSLKEY_BLOB, self->credentials.key);
	if (config->insecure) {
		curl_easy_setopt(request->easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(request->easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (self->credentials.token.len) {
		struct buf line;

		buf_init(&line, BUF_MAX_TEXT);
		buf_printf(&line, "Authorization: Bearer " STR_FMT, STR_ARG(self->credentials.token));
		request->headers = curl_slist_append(request->headers, line.ptr);
		buf_wipe(&line);
	} else if (config->username.len) {
		curl_easy_setopt(request->easy, CURLOPT_USERNAME, config->username.ptr);
		curl_easy_setopt(request->easy, CURLOPT_PASSWORD, config->password.ptr ? config->password.ptr : "");
	}
}

/* ---- a request's life ---- */

static void set_header(struct kube_request *request, const char *name, const char *value)
{
	char line[256];

	snprintf(line, sizeof(line), "%s: %s", name, value);
	request->headers = curl_slist_append(request->headers, line);
}

static void set_transport(struct kube_request *request)
{
	const struct kube *self = request->kube;
	CURL *easy = request->easy;

	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 10L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 5L);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_sockopt);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L << 10);
	curl_easy_setopt(easy, CURLOPT_NOPROXY, self->config.proxy_url.len ? "" : NULL);
	if (self->config.proxy_url.len)
		curl_easy_setopt(easy, CURLOPT_PROXY, self->config.proxy_url.ptr);
	if (self->connect_to)
		curl_easy_setopt(easy, CURLOPT_CONNECT_TO, self->connect_to);
}

static void set_call(struct kube_request *request)
{
	const struct kube_call *call = &request->call;
	CURL *easy = request->easy;
	struct buf url;

	buf_init(&url, BUF_MAX_TEXT);
	buf_puts(&url, request->kube->base_url);
	buf_str(&url, call->path);
	curl_easy_setopt(easy, CURLOPT_URL, url.ptr);
	buf_clear(&url);
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
	set_header(request, "Accept", call->accept ? call->accept : "application/json");
	if (call->body.ptr) {
		request->sent = mem_dup(call->body.ptr, call->body.len);
		set_header(request, "Content-Type", call->content_type ? call->content_type : "application/json");
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->sent);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
	}
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->error);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "sluice");
}

struct kube_request *kube_start(struct kube *self, const struct kube_call *call)
{
	struct kube_request *request = mem_alloc(sizeof(*request));

	if (credentials_are_old(self))
		read_credentials(self);
	request->kube = self;
	request->call = *call;
	request->path = mem_dup(call->path.ptr, call->path.len);
	request->call.path = str_from(request->path);
	request->easy = curl_easy_init();
	buf_init(&request->body, KUBE_BODY_MAX);
	set_transport(request);
	set_call(request);
	set_identity(request);
	curl_easy_setopt(request->easy, CURLOPT_HTTPHEADER, request->headers);
	request->next = self->requests;
	if (self->requests)
		self->requests->prev = request;
	self->requests = request;
	self->n_requests++;
	curl_multi_add_handle(self->multi, request->easy);
	return request;
}

static void free_headers(struct curl_slist *headers)
{
	for (struct curl_slist *h = headers; h; h = h->next)
		mem_wipe(h->data, strlen(h->data)); /* one of them is the token */
	curl_slist_free_all(headers);
}

void kube_cancel(struct kube_request **request_p)
{
	struct kube_request *request = *request_p;

	*request_p = NULL;
	if (!request)
		return;
	curl_multi_remove_handle(request->kube->multi, request->easy);
	curl_easy_cleanup(request->easy);
	if (request->prev)
		request->prev->next = request->next;
	else
		request->kube->requests = request->next;
	if (request->next)
		request->next->prev = request->prev;
	free_headers(request->headers);
	buf_wipe(&request->body);
	if (request->sent)
		mem_wipe(request->sent, request->call.body.len);
	mem_free(request->sent);
	mem_free(request->path);
	mem_free(request);
}

/* The message of a Kubernetes Status, or what stands at the front of another answer. */
static void describe(struct kube_request *request, CURLcode code, long status, struct err *err)
{
	const char *method = request->call.method;
	const struct str path = str_slice(request->call.path, 0, 120);
	struct pool pool;
	struct value doc = { 0 };
	const struct value *message;

	if (status / 100 == 2 && code == CURLE_OK)
		return;
	if (status == 0 || code != CURLE_OK) {
		err_set(err, "%s " STR_FMT ": %s", method, STR_ARG(path),
			request->error[0] ? request->error : curl_easy_strerror(code));
		return;
	}
	pool_init(&pool);
	message = json_parse(buf_view(&request->body), &pool, &doc, NULL) ? NULL : value_get(&doc, "message");
	err_set(err, "%s " STR_FMT ": status %ld: " STR_FMT, method, STR_ARG(path), status,
		STR_ARG(message && message->type == VALUE_STRING ? message->string
								 : str_slice(buf_view(&request->body), 0, 200)));
	pool_clear(&pool);
}

static void finish(struct kube_request *request, CURLcode code)
{
	struct kube *self = request->kube;
	const long status = status_of(request);
	struct err err = { "" };
	struct kube_result result = { .body = buf_view(&request->body),
				      .status = code == CURLE_OK || status / 100 != 2 ? status : 0,
				      .retry_after_ms = request->retry_after_ms,
				      .sentence = err.text };

	describe(request, code, status, &err);
	if (status == 401)
		self->read_ms = 0, self->credentials.expires = self->config.exec.command.len ? 1 : 0;
	if (request->call.on_done)
		request->call.on_done(request->call.self, &result);
	kube_cancel(&request);
}

static void collect(struct kube *self)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(self->multi, &left))) {
		struct kube_request *request = NULL;
		const CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&request);
		finish(request, code);
	}
}

/* ---- the loop's side ---- */

int kube_fd(const struct kube *self)
{
	return self->epoll;
}

void kube_on_fd(struct kube *self)
{
	struct epoll_event events[16];
	int n = epoll_wait(self->epoll, events, 16, 0), running;

	for (int i = 0; i < n; i++)
		curl_multi_socket_action(self->multi, events[i].data.fd,
					 (events[i].events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
						 (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
						 (events[i].events & EPOLLERR ? CURL_CSELECT_ERR : 0),
					 &running);
	collect(self);
}

uint64_t kube_tick(struct kube *self, uint64_t now_ms)
{
	int running;

	if (self->deadline_ms <= now_ms) {
		self->deadline_ms = UINT64_MAX;
		curl_multi_socket_action(self->multi, CURL_SOCKET_TIMEOUT, 0, &running);
		collect(self);
	}
	return self->deadline_ms;
}

uint64_t kube_n_requests(const struct kube *self)
{
	return self->n_requests;
}

/* tls-server-name: ask for that name, but connect to the server's address. */
static void set_base_url(struct kube *self)
{
	const struct str server = self->config.server;
	const size_t scheme = str_starts(server, "https://") ? 8 : 7;
	struct str authority = str_slice(server, scheme, server.len), rest = STR("");
	const long slash = str_find(authority, '/');
	struct buf text;

	if (slash >= 0) {
		rest = str_slice(authority, (size_t)slash, authority.len);
		authority = str_slice(authority, 0, (size_t)slash);
	}
	buf_init(&text, BUF_MAX_TEXT);
	if (self->config.tls_server_name.len) {
		const long colon = str_rfind(authority, ':');
		const bool port = colon >= 0 && str_find(str_slice(authority, (size_t)colon, authority.len), ']') < 0;

		buf_printf(&text, "::" STR_FMT "%s", STR_ARG(authority), port ? "" : ":443");
		self->connect_to = curl_slist_append(NULL, text.ptr);
		buf_reset(&text);
		buf_printf(&text, "https://" STR_FMT STR_FMT, STR_ARG(self->config.tls_server_name), STR_ARG(rest));
	} else {
		buf_str(&text, server);
	}
	self->base_url = mem_dup(text.ptr, text.len);
	buf_clear(&text);
}

struct kube *kube_new(struct kube_config *config, struct err *err)
{
	struct kube *self;
	struct kube_credentials credentials;

	if (kube_credentials_read(config, &credentials, err))
		return NULL;
	self = mem_alloc(sizeof(*self));
	self->config = *config;
	memset(config, 0, sizeof(*config));
	self->credentials = credentials;
	self->read_ms = clock_ms();
	self->deadline_ms = UINT64_MAX;
	self->epoll = epoll_create1(EPOLL_CLOEXEC);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	self->multi = curl_multi_init();
	curl_multi_setopt(self->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(self->multi, CURLMOPT_SOCKETDATA, self);
	curl_multi_setopt(self->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(self->multi, CURLMOPT_TIMERDATA, self);
	curl_multi_setopt(self->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	set_base_url(self);
	return self;
}

void kube_destroy(struct kube **self_p)
{
	struct kube *self = *self_p;

	*self_p = NULL;
	if (!self)
		return;
	while (self->requests) {
		struct kube_request *request = self->requests;

		kube_cancel(&request);
	}
	curl_multi_cleanup(self->multi);
	curl_slist_free_all(self->connect_to);
	close(self->epoll);
	kube_credentials_clear(&self->credentials);
	kube_config_clear(&self->config);
	mem_free(self->base_url);
	mem_free(self);
}
