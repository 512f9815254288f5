/* kube_request: one request as libcurl sees it.
 *
 *   in     struct kube_call, the server's address, the credentials in use
 *   out    a handle that is ready to go; pieces of the answer; what to tell of its end
 *   owns   the handle, its headers, what was collected of the answer
 *   never  puts a secret into a sentence
 */
#include "kube/kube_inside.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/value.h"
#include "net/ip.h"
#include "net/url.h"

#define CONNECT_MS 10000
#define ERROR_BODY_MAX (64u << 10)
#define RETRY_AFTER_MAX_S 86400

/* ---- what it receives ---- */

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
	const bool good = status_of(request) / 100 == 2;

	request->kube->heard_ms = clock_ms();
	if (request->cancelled)
		return 0;
	if (request->call.on_data && good)
		return request->call.on_data(request->call.self, piece) ? 0 : piece.len;
	if (!good && request->body.len + piece.len > ERROR_BODY_MAX)
		return piece.len; /* enough of it is known */
	buf_str(&request->body, piece);
	return request->body.full ? 0 : piece.len;
}

static size_t on_header(char *ptr, size_t size, size_t n, void *arg)
{
	struct kube_request *request = arg;
	struct str name, value;
	long long seconds;

	request->kube->heard_ms = clock_ms();
	if (str_cut((struct str){ ptr, size * n }, ':', &name, &value) &&
	    str_is_nocase(name, "retry-after") && str_to_int(str_trim(value), &seconds) &&
	    seconds >= 0 && seconds <= RETRY_AFTER_MAX_S)
		request->retry_after_ms = (uint64_t)seconds * 1000;
	return size * n;
}

/* ---- what libcurl is told ---- */

void kube_add_escaped(struct buf *url, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		const unsigned char c = (unsigned char)text.ptr[i];

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    c == '-' || c == '.')
			buf_putc(url, (char)c);
		else
			buf_printf(url, "%%%02X", c);
	}
}

/* As Go: what the environment says of proxies is not meant for this machine. */
static bool is_loopback(struct str server)
{
	struct url url;

	return url_parse(server, &url, NULL) == 0 && ip_is_loopback(url.hostname);
}

static void add_header(struct kube_request *request, const char *name, struct str value)
{
	struct buf line;

	buf_init(&line, BUF_MAX_TEXT);
	buf_printf(&line, "%s: " STR_FMT, name, STR_ARG(value));
	request->headers = curl_slist_append(request->headers, line.ptr);
	buf_wipe(&line); /* one of them is the token */
}

static void set_transport(struct kube_request *request)
{
	const struct kube *kube = request->kube;
	CURL *easy = request->easy;

	http_loop_prepare(easy);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	/* Rather one connection than a fast start. Without TLS nothing says early whether it can be
	 * shared, and the others would wait for the end of the first watch. */
	if (str_starts(kube->config.server, "https://"))
		curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	if (kube->origin.connect_to)
		curl_easy_setopt(easy, CURLOPT_CONNECT_TO, kube->origin.connect_to);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	if (kube->config.proxy_url.len) {
		curl_easy_setopt(easy, CURLOPT_PROXY, kube->config.proxy_url.ptr);
		curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
	} else if (is_loopback(kube->config.server)) {
		curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	}
}

static void set_blob(CURL *easy, CURLoption option, struct str pem)
{
	struct curl_blob blob = { (void *)pem.ptr, pem.len, CURL_BLOB_COPY };

	if (pem.len)
		curl_easy_setopt(easy, option, &blob);
}

void kube_request_identify(struct kube_request *request)
{
	const struct kube_config *config = &request->kube->config;
	const struct kube_credentials *shown = &request->kube->identity.credentials;
	CURL *easy = request->easy;

	request->identity = request->kube->identity.number;
	if (shown->ca.len) {
		set_blob(easy, CURLOPT_CAINFO_BLOB, shown->ca);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* nobody else vouches for it */
	}
	set_blob(easy, CURLOPT_SSLCERT_BLOB, shown->cert);
	set_blob(easy, CURLOPT_SSLKEY_BLOB, shown->key);
	if (config->insecure) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (shown->token.len) {
		curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, shown->token.ptr);
	} else if (config->username.len) {
		curl_easy_setopt(easy, CURLOPT_USERNAME, config->username.ptr);
		curl_easy_setopt(easy, CURLOPT_PASSWORD,
				 config->password.ptr ? config->password.ptr : "");
	}
}

static void set_body(struct kube_request *request)
{
	const struct kube_call *call = &request->call;

	if (!call->body.ptr)
		return;
	request->sent = mem_dup(call->body.ptr, call->body.len);
	add_header(request, "Content-Type",
		   str_from(call->content_type ? call->content_type : "application/json"));
	add_header(request, "Expect", STR("")); /* no second round trip for a large body */
	curl_easy_setopt(request->easy, CURLOPT_POSTFIELDS, request->sent);
	curl_easy_setopt(request->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
}

static void set_call(struct kube_request *request)
{
	const struct kube_call *call = &request->call;
	CURL *easy = request->easy;
	struct buf url;

	buf_init(&url, BUF_MAX_TEXT);
	buf_puts(&url, request->kube->origin.base_url);
	buf_str(&url, call->path);
	curl_easy_setopt(easy, CURLOPT_URL, url.ptr);
	buf_clear(&url);
	set_body(request);
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
	add_header(request, "Accept", str_from(call->accept ? call->accept : "application/json"));
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->error);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
}

struct kube_request *kube_request_new(struct kube *kube, const struct kube_call *call)
{
	struct kube_request *request = mem_alloc(sizeof(*request));

	request->kube = kube;
	request->call = *call;
	request->path = mem_dup(call->path.ptr, call->path.len);
	request->call.path = str_from(request->path);
	request->easy = curl_easy_init();
	buf_init(&request->body, KUBE_BODY_MAX);
	set_transport(request);
	set_call(request);
	return request;
}

void kube_request_destroy(struct kube_request *request)
{
	curl_easy_cleanup(request->easy);
	curl_slist_free_all(request->headers);
	buf_wipe(&request->body);
	if (request->sent)
		mem_wipe(request->sent, request->call.body.len);
	mem_free(request->sent);
	mem_free(request->path);
	mem_free(request);
}

/* ---- its end ---- */

/* The message of a Kubernetes Status, or what stands at the front of another answer. */
static struct str message_of(struct str body, struct pool *pool)
{
	struct value doc = { 0 };
	const struct value *message;

	message = json_parse(body, pool, &doc, NULL) ? NULL : value_get(&doc, "message");
	if (message && message->type == VALUE_STRING)
		return message->string;
	return str_trim(str_slice(body, 0, 200));
}

/* Without the query: the same fault gives the same sentence. */
static struct str path_for_people(struct str path)
{
	const long query = str_find(path, '?');

	return str_slice(path, 0, query < 0 ? path.len : (size_t)query);
}

static void describe(struct kube_request *request, CURLcode code, long status, struct err *err)
{
	const struct str path = path_for_people(request->call.path);
	const char *method = request->call.method;
	struct pool pool;

	if (request->lost) {
		err_set(err, "%s " STR_FMT ": the API server does not answer any more", method,
			STR_ARG(path));
	} else if (request->anonymous) {
		err_set(err, "%s", request->kube->identity.failure.text);
	} else if (code != CURLE_OK || status == 0) {
		err_set(err, "%s " STR_FMT ": %s", method, STR_ARG(path),
			request->error[0] ? request->error : curl_easy_strerror(code));
	} else if (status / 100 != 2) {
		pool_init(&pool);
		err_set(err, "%s " STR_FMT ": status %ld: " STR_FMT, method, STR_ARG(path), status,
			STR_ARG(message_of(buf_view(&request->body), &pool)));
		pool_clear(&pool);
	}
}

struct kube_result kube_request_result(struct kube_request *request, CURLcode code, struct err *err)
{
	const long status = request->lost || request->anonymous ? 0 : status_of(request);

	describe(request, code, status, err);
	return (struct kube_result){ .body = buf_view(&request->body),
				     .status = code == CURLE_OK || status / 100 != 2 ? status : 0,
				     .retry_after_ms = request->retry_after_ms,
				     .sentence = err->text };
}
