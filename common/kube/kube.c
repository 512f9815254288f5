/* kube: requests to a Kubernetes API server.
 *
 *   in     struct kube_call; what libcurl's sockets say
 *   out    on_data and on_done
 *   owns   the connections, the requests under way, the credentials in use
 *   never  knows what an answer means
 *
 * A process that hangs keeps its connections: its kernel answers for it. libcurl cannot see an
 * HTTP/2 ping answered, so after a long silence a small GET asks instead.
 */
#include "kube/kube_inside.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "confine/confine.h"

#define ANSWER_PART 6 /* that part of the silence is the time for its answer */

/* ---- a request's life ---- */

struct kube_request *kube_start(struct kube *self, const struct kube_call *call)
{
	struct kube_request *request;

	kube_identity_refresh(&self->identity, &self->config);
	if (LIST_EMPTY(&self->requests))
		self->heard_ms = clock_ms(); /* there was no request, so there is no silence */
	request = kube_request_new(self, call);
	LIST_INSERT_HEAD(&self->requests, request, link);
	self->n_requests++;
	self->pending = true;
	log_debug("request", "n=%llu method=%s path=%s", (unsigned long long)self->n_requests,
		  call->method, log_value(request->path));
	return request;
}

static void end(struct kube_request *request)
{
	struct kube *self = request->kube;

	if (request->added)
		curl_multi_remove_handle(self->loop.multi, request->easy);
	LIST_REMOVE(request, link);
	kube_request_destroy(request);
}

void kube_cancel(struct kube_request **request_p)
{
	struct kube_request *request = *request_p;

	*request_p = NULL;
	if (!request)
		return;
	request->cancelled = true;
	if (request->kube->in_curl)
		request->kube->pending = true;
	else
		end(request);
}

/* Gives libcurl what was started, and takes back what was cancelled while it was at work. Without
 * credentials nothing goes out. */
static void sync_curl(struct kube *self)
{
	const bool known = kube_identity_state(&self->identity) == KUBE_IDENTITY_KNOWN;
	struct kube_request *request, *next;

	if (!self->pending)
		return;
	self->pending = false;
	for (request = LIST_FIRST(&self->requests); request; request = next) {
		next = LIST_NEXT(request, link);
		if (request->cancelled) {
			end(request);
		} else if (!request->added && known) {
			request->added = true;
			kube_request_identify(request);
			curl_multi_add_handle(self->loop.multi, request->easy);
		} else if (!request->added) {
			self->pending = true;
		}
	}
}

/* Whether other credentials, or another authority, may help. */
static bool is_refusal(CURLcode code, long status)
{
	return status == 401 || code == CURLE_PEER_FAILED_VERIFICATION ||
	       code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CONNECT_ERROR;
}

/* on_done may start requests and cancel others. */
static void finish(struct kube_request *request, CURLcode code)
{
	struct kube *self = request->kube;
	struct err err = { "" };
	struct kube_result result;

	if (!request->cancelled) {
		result = kube_request_result(request, code, &err);
		self->n_by_class[result.status / 100 < KUBE_CLASSES ? result.status / 100 : 0]++;
		if (is_refusal(code, result.status))
			kube_identity_refused(&self->identity, request->identity);
		request->call.on_done(request->call.self, &result);
	}
	end(request);
}

static void on_transfer_done(void *of, CURLcode code)
{
	struct kube_request *request = of;

	request->kube->in_curl = false;
	finish(request, code);
}

/* ---- silence ---- */

static void on_answer(void *arg, const struct kube_result *result)
{
	struct kube *self = arg;

	self->question = NULL;
	self->is_dead = result->status == 0 && self->heard_ms <= self->asked_ms;
}

static void ask_if_silent(struct kube *self, uint64_t now_ms)
{
	const struct kube_call call = { .method = "GET",
					.path = STR("/version"),
					.timeout_ms = self->silence_ms / ANSWER_PART,
					.on_done = on_answer,
					.self = self };

	if (LIST_EMPTY(&self->requests) || self->question ||
	    now_ms < self->heard_ms + self->silence_ms)
		return;
	self->asked_ms = now_ms;
	self->question = kube_start(self, &call);
}

static bool was_given_up(const struct kube_request *request)
{
	return request->lost || request->anonymous;
}

static void finish_given_up(struct kube *self, CURLcode code)
{
	struct kube_request *request = LIST_FIRST(&self->requests);

	while (request) {
		if (!was_given_up(request)) {
			request = LIST_NEXT(request, link);
			continue;
		}
		finish(request, code);
		request = LIST_FIRST(&self->requests); /* on_done may have changed the list */
	}
}

/* Only new connections help: the old ones would swallow what is sent next. */
static void connect_anew(struct kube *self)
{
	struct kube_request *request;

	self->is_dead = false;
	log_warn("the API server does not answer, connecting anew", "silent_ms=%llu",
		 (unsigned long long)(clock_ms() - self->heard_ms));
	LIST_FOREACH(request, &self->requests, link)
	{
		if (request->added)
			curl_multi_remove_handle(self->loop.multi, request->easy);
		request->added = false;
		request->lost = true;
	}
	http_loop_disconnect(&self->loop);
	self->heard_ms = clock_ms();
	finish_given_up(self, CURLE_OPERATION_TIMEDOUT);
}

/* There are no credentials: requests that wait end with the reason. */
static void end_anonymous(struct kube *self)
{
	struct kube_request *request;

	LIST_FOREACH(request, &self->requests, link)
	request->anonymous = !request->added && !request->cancelled;
	finish_given_up(self, CURLE_LOGIN_DENIED);
}

/* ---- the loop's side ---- */

struct str kube_namespace(const struct kube *self)
{
	return self->config.namespace;
}

int kube_fd(const struct kube *self)
{
	return http_loop_fd(&self->loop);
}

static void after_curl(struct kube *self)
{
	self->in_curl = false;
	if (self->is_dead)
		connect_anew(self);
	sync_curl(self);
}

void kube_on_fd(struct kube *self)
{
	kube_identity_step(&self->identity, &self->config);
	self->in_curl = true;
	http_loop_on_fd(&self->loop);
	after_curl(self);
}

/* What waits for credentials is no question that the server leaves open. */
static void tend_identity(struct kube *self, uint64_t now_ms)
{
	kube_identity_step(&self->identity, &self->config);
	if (!self->pending)
		return;
	switch (kube_identity_state(&self->identity)) {
	case KUBE_IDENTITY_KNOWN:
		break;
	case KUBE_IDENTITY_COMING:
		self->heard_ms = now_ms;
		break;
	case KUBE_IDENTITY_FAILED:
		end_anonymous(self);
		break;
	}
}

uint64_t kube_tick(struct kube *self, uint64_t now_ms)
{
	tend_identity(self, now_ms);
	sync_curl(self);
	self->in_curl = true;
	http_loop_tick(&self->loop, now_ms);
	after_curl(self);
	ask_if_silent(self, now_ms);
	return kube_due(self);
}

uint64_t kube_due(struct kube *self)
{
	uint64_t due;

	sync_curl(self);
	if (self->pending && kube_identity_state(&self->identity) == KUBE_IDENTITY_FAILED)
		return 0;
	due = self->loop.deadline_ms;
	if (kube_identity_due(&self->identity) < due)
		due = kube_identity_due(&self->identity);
	if (!LIST_EMPTY(&self->requests) && !self->question &&
	    self->heard_ms + self->silence_ms < due)
		due = self->heard_ms + self->silence_ms;
	return due;
}

void kube_rest(struct kube *self)
{
	self->heard_ms = clock_ms();
}

const uint64_t *kube_n_by_class(const struct kube *self)
{
	return self->n_by_class;
}

uint64_t kube_n_requests(const struct kube *self)
{
	return self->n_requests;
}

/* ---- life ---- */

void kube_set_pace(struct kube *self, uint64_t silence_ms, uint64_t backoff_ms)
{
	self->silence_ms = silence_ms;
	self->backoff_ms = backoff_ms;
}

void kube_retry_init(const struct kube *self, struct retry *retry)
{
	retry_init(retry, (uint32_t)self->backoff_ms, KUBE_BACKOFF_MAX_MS);
}

struct kube *kube_new(struct kube_config *config, struct err *err)
{
	struct kube *self = mem_alloc(sizeof(*self));

	http_loop_open(&self->loop, on_transfer_done);
	self->identity.loop = &self->loop;
	if (kube_identity_read(&self->identity, config, err)) {
		http_loop_close(&self->loop);
		mem_free(self);
		return NULL;
	}
	self->config = *config;
	memset(config, 0, sizeof(*config));
	kube_set_pace(self, KUBE_SILENCE_MS, KUBE_BACKOFF_MS);
	http_origin_init(&self->origin, self->config.server, self->config.tls_server_name);
	return self;
}

struct kube *kube_open(struct str kubeconfig, struct str context, struct err *err)
{
	struct kube_config config;
	const int rc = kubeconfig.len ? kube_config_load(&config, kubeconfig, context, err)
				      : kube_config_in_cluster(&config, err);

	return rc ? NULL : kube_new(&config, err);
}

void kube_confine(const struct kube *self, struct confine *needs)
{
	const struct kube_config *config = &self->config;

	needs->client = true;
	confine_read(needs, config->ca_file);
	confine_read(needs, config->cert_file);
	confine_read(needs, config->key_file);
	confine_read(needs, config->token_file);
	confine_connect(needs, config->server);
	confine_connect(needs, config->proxy_url);
}

void kube_destroy(struct kube **self_p)
{
	struct kube *self = *self_p;

	*self_p = NULL;
	if (!self)
		return;
	while (!LIST_EMPTY(&self->requests))
		end(LIST_FIRST(&self->requests));
	http_loop_close(&self->loop);
	http_origin_clear(&self->origin);
	kube_identity_clear(&self->identity);
	kube_config_clear(&self->config);
	mem_free(self);
}
