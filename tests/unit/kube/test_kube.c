/* test_kube: requests and answers, against a small server in a thread; starting and cancelling from
 * anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/pool.h"
#include "kube/kube.h"

/* ---- the server: one request a connection; the path says what it answers ---- */

static const struct {
	const char *path, *answer; /* status line and headers, a blank line, the body */
} pages[] = {
	{ "/good", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody" },
	{ "/created", "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}" },
	{ "/status", "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n"
		     "{\"kind\":\"Status\",\"message\":\"web not found\"}" },
	{ "/text", "HTTP/1.1 503 No\r\nRetry-After: 7\r\nConnection: close\r\n\r\n  away\n" },
	{ "/date", "HTTP/1.1 503 No\r\nretry-after: Wed, 21 Oct 2026 07:28:00 GMT\r\nConnection: "
		   "close\r\n\r\n" },
	{ "/unauthorized", "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n" },
	{ "/redirect", "HTTP/1.1 302 Found\r\nLocation: /good\r\nContent-Length: 0\r\n\r\n" },
	{ "/half", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nhalf" },
	{ "/chunks",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n" },
	{ "/garbage", "\x01\x02\x03garbage" },
	{ "/hang", NULL },
};

static struct {
	int listener;
	int port;
	pthread_t thread;
	pthread_mutex_t lock;
	char last[8192]; /* the last request, whole */
	int hanging[8];
	int n_hanging;
} server = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* The request up to the end of its body. */
static size_t read_request(int fd, char *text, size_t size)
{
	size_t len = 0, body = 0;
	const char *end;
	ssize_t n;

	while (len + 1 < size && (n = read(fd, text + len, size - len - 1)) > 0) {
		const char *header;

		len += (size_t)n;
		text[len] = '\0';
		end = strstr(text, "\r\n\r\n");
		header = strcasestr(text, "content-length:");
		if (end && header && header < end)
			body = (size_t)atol(header + 15);
		if (end && len >= (size_t)(end - text) + 4 + body)
			break;
	}
	return len;
}

static void serve(int fd)
{
	char text[8192] = "";

	read_request(fd, text, sizeof(text));
	pthread_mutex_lock(&server.lock);
	memcpy(server.last, text, sizeof(text));
	pthread_mutex_unlock(&server.lock);
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		const char *path = strchr(text, ' ');
		const size_t len = strlen(pages[i].path);

		if (!path || strncmp(path + 1, pages[i].path, len) != 0 ||
		    (path[1 + len] != ' ' && path[1 + len] != '?'))
			continue;
		if (!pages[i].answer) {
			server.hanging[server.n_hanging++ % 8] = fd;
			return;
		}
		assert_true(write(fd, pages[i].answer, strlen(pages[i].answer)) > 0);
	}
	shutdown(fd, SHUT_WR);
	close(fd);
}

static void *run_server(void *arg)
{
	(void)arg;
	for (;;) {
		int fd = accept(server.listener, NULL, NULL);

		if (fd < 0)
			return NULL;
		serve(fd);
	}
}

static int start_server(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);

	(void)state;
	server.listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(server.listener, (struct sockaddr *)&address, len) ||
	    listen(server.listener, 64) ||
	    getsockname(server.listener, (struct sockaddr *)&address, &len))
		return -1;
	server.port = ntohs(address.sin_port);
	return pthread_create(&server.thread, NULL, run_server, NULL);
}

static int stop_server(void **state)
{
	(void)state;
	shutdown(server.listener, SHUT_RDWR);
	close(server.listener);
	for (int i = 0; i < server.n_hanging && i < 8; i++)
		close(server.hanging[i]);
	return pthread_join(server.thread, NULL);
}

/* ---- the client ---- */

struct rig {
	struct kube *kube;
	struct kube_request *request;
	struct buf got; /* what on_data brought, or the body */
	struct err sentence;
	long status;
	uint64_t retry_after_ms;
	int n_done, n_data;
	int abort_after;   /* on_data gives up at that piece; 0: never */
	struct rig *other; /* whose request on_data cancels */
	const char *more;  /* what on_data or on_done asks for next, once */
};

static struct kube *connect_to(int port, const char *token_file)
{
	struct kube_config config = { 0 };
	struct err err = { "" };
	struct kube *kube;

	pool_init(&config.pool);
	config.server = pool_printf(&config.pool, "http://127.0.0.1:%d", port);
	if (token_file)
		config.token_file = pool_printf(&config.pool, "%s", token_file);
	kube = kube_new(&config, &err);
	if (!kube)
		fail_msg("%s", err.text);
	return kube;
}

static void rig_init(struct rig *rig, struct kube *kube)
{
	*rig = (struct rig){ .kube = kube };
	buf_init(&rig->got, BUF_MAX_TEXT);
}

static void rig_clear(struct rig *rig)
{
	buf_clear(&rig->got);
}

static void ask(struct rig *rig, const char *path);

static void on_done(void *arg, const struct kube_result *result)
{
	struct rig *rig = arg;

	rig->request = NULL;
	rig->n_done++;
	rig->status = result->status;
	rig->retry_after_ms = result->retry_after_ms;
	buf_str(&rig->got, result->body);
	snprintf(rig->sentence.text, sizeof(rig->sentence.text), "%s", result->sentence);
	if (rig->more)
		ask(rig, rig->more);
}

static int on_data(void *arg, struct str piece)
{
	struct rig *rig = arg;

	buf_str(&rig->got, piece);
	if (rig->other) {
		kube_cancel(&rig->other->request);
		ask(rig->other, rig->more);
	}
	rig->other = NULL;
	rig->more = NULL;
	return ++rig->n_data == rig->abort_after ? -1 : 0;
}

static void ask(struct rig *rig, const char *path)
{
	const struct kube_call call = {
		.method = "GET", .path = str_from(path), .on_done = on_done, .self = rig
	};

	rig->more = NULL;
	rig->request = kube_start(rig->kube, &call);
}

/* The loop of an actor, until `n` requests of the rig are done. */
static void run_until(struct rig *rig, int n)
{
	const uint64_t end = clock_ms() + 10000;

	while (rig->n_done < n) {
		const uint64_t now = clock_ms(), due = kube_tick(rig->kube, now);
		struct pollfd wait = { kube_fd(rig->kube), POLLIN, 0 };

		if (now >= end)
			fail_msg("%d of %d done: %s", rig->n_done, n, server.last);
		if (rig->n_done < n && poll(&wait, 1,
					    due <= now        ? 0
					    : due - now < 100 ? (int)(due - now)
							      : 100) > 0)
			kube_on_fd(rig->kube);
	}
}

/* ---- tests ---- */

static void test_answers(void **state)
{
	static const struct {
		const char *path;
		long status;
		uint64_t retry_after_ms;
		const char *body, *sentence; /* sentence: a part of it */
	} answers[] = {
		{ "/good?secret=1", 200, 0, "body", "" },
		{ "/chunks", 200, 0, "abcd", "" },
		{ "/status?limit=5", 404, 0, NULL, "GET /status: status 404: web not found" },
		{ "/text", 503, 7000, NULL, "GET /text: status 503: away" },
		{ "/date", 503, 0, "", "GET /date: status 503: " },
		{ "/unauthorized", 401, 0, "", "status 401" },
		{ "/redirect", 302, 0, "", "status 302" },
		{ "/half", 0, 0, NULL, "GET /half: " },
		{ "/garbage", 0, 0, NULL, "GET /garbage: " },
	};
	struct kube *kube = connect_to(server.port, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct rig rig;

		rig_init(&rig, kube);
		ask(&rig, answers[i].path);
		run_until(&rig, 1);
		if (rig.status != answers[i].status)
			fail_msg("%s: status %ld, %s", answers[i].path, rig.status,
				 rig.sentence.text);
		assert_int_equal(rig.retry_after_ms, answers[i].retry_after_ms);
		if (answers[i].body)
			assert_string_equal(buf_view(&rig.got).ptr, answers[i].body);
		if (!strstr(rig.sentence.text, answers[i].sentence) ||
		    (!*answers[i].sentence && *rig.sentence.text))
			fail_msg("%s: %s", answers[i].path, rig.sentence.text);
		rig_clear(&rig);
	}
	assert_int_equal(kube_n_requests(kube), sizeof(answers) / sizeof(answers[0]));
	kube_destroy(&kube);
}

static void test_what_is_sent(void **state)
{
	static const char *const methods[] = { "POST", "PATCH", "PUT", "DELETE" };
	struct kube *kube = connect_to(server.port, NULL);

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct kube_call call = { .method = methods[i],
					  .path = STR("/created?x=1"),
					  .body = STR("{\"a\":\"\\u0000\"}"),
					  .content_type =
						  i == 1 ? "application/merge-patch+json" : NULL,
					  .accept = "text/x",
					  .timeout_ms = KUBE_TIMEOUT_MS,
					  .on_done = on_done };
		struct rig rig;
		char line[64];

		rig_init(&rig, kube);
		call.self = &rig;
		rig.request = kube_start(kube, &call);
		run_until(&rig, 1);
		assert_int_equal(rig.status, 201);
		pthread_mutex_lock(&server.lock);
		snprintf(line, sizeof(line), "%s /created?x=1 HTTP/1.1\r\n", methods[i]);
		assert_ptr_equal(strstr(server.last, line), server.last);
		assert_non_null(strstr(server.last, "\r\nAccept: text/x\r\n"));
		assert_non_null(strstr(server.last,
				       i == 1 ? "\r\nContent-Type: application/merge-patch+json\r\n"
					      : "\r\nContent-Type: application/json\r\n"));
		assert_non_null(strstr(server.last, "\r\n\r\n{\"a\":\"\\u0000\"}"));
		assert_null(strstr(server.last, "Authorization"));
		pthread_mutex_unlock(&server.lock);
		rig_clear(&rig);
	}
	kube_destroy(&kube);
}

static void test_pieces(void **state)
{
	struct kube *kube = connect_to(server.port, NULL);
	struct kube_call call = { .method = "GET", .on_data = on_data, .on_done = on_done };
	struct rig rig;

	(void)state;
	for (int abort_after = 0; abort_after < 2; abort_after++) {
		rig_init(&rig, kube);
		rig.abort_after = abort_after;
		call.self = &rig;
		call.path = STR("/chunks");
		rig.request = kube_start(kube, &call);
		run_until(&rig, 1);
		assert_int_equal(rig.status, abort_after ? 0 : 200);
		assert_true(abort_after ? rig.n_data == 1 && *rig.sentence.text : rig.n_data >= 1);
		rig_clear(&rig);
	}
	rig_init(&rig, kube); /* an error has no pieces */
	call.self = &rig;
	call.path = STR("/status");
	rig.request = kube_start(kube, &call);
	run_until(&rig, 1);
	assert_true(rig.n_data == 0 && rig.got.len > 0);
	rig_clear(&rig);
	kube_destroy(&kube);
}

/* libcurl takes and gives back nothing from within its own callbacks. */
static void test_starting_and_cancelling_from_callbacks(void **state)
{
	struct kube *kube = connect_to(server.port, NULL);
	struct rig talker, victim;
	const struct kube_call call = { .method = "GET",
					.path = STR("/chunks"),
					.on_data = on_data,
					.on_done = on_done,
					.self = &talker };

	(void)state;
	rig_init(&talker, kube);
	rig_init(&victim, kube);
	ask(&victim, "/hang");
	talker.other = &victim;
	talker.more = "/good"; /* cancels the one that hangs, and starts another in its place */
	talker.request = kube_start(kube, &call);
	run_until(&talker, 1);
	run_until(&victim, 1);
	assert_int_equal(talker.status, 200);
	assert_int_equal(victim.status, 200);
	assert_int_equal(victim.n_done, 1);
	victim.more = "/status"; /* and from on_done */
	ask(&victim, "/good");
	victim.more = "/status";
	run_until(&victim, 3);
	assert_int_equal(victim.status, 404);
	/* cancelled before anything happened, and twice */
	ask(&victim, "/good");
	kube_cancel(&victim.request);
	kube_cancel(&victim.request);
	ask(&talker, "/good");
	run_until(&talker, 2);
	assert_int_equal(victim.n_done, 3);
	ask(&victim, "/hang"); /* the end cancels what is under way */
	rig_clear(&talker);
	rig_clear(&victim);
	kube_destroy(&kube);
	assert_int_equal(victim.n_done, 3);
}

static void test_nobody_there(void **state)
{
	struct kube *kube = connect_to(1, NULL);
	struct kube_call call = {
		.method = "GET", .path = STR("/hang"), .timeout_ms = 100, .on_done = on_done
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, kube);
	ask(&rig, "/good");
	run_until(&rig, 1);
	assert_int_equal(rig.status, 0);
	assert_non_null(strstr(rig.sentence.text, "onnect"));
	rig_clear(&rig);
	kube_destroy(&kube);
	kube = connect_to(server.port, NULL);
	rig_init(&rig, kube);
	call.self = &rig;
	rig.request = kube_start(kube, &call);
	run_until(&rig, 1);
	assert_int_equal(rig.status, 0);
	assert_non_null(strstr(rig.sentence.text, "timed out"));
	rig_clear(&rig);
	kube_destroy(&kube);
}

/* It takes requests and says nothing: after the silence a question, and after that new connections.
 */
static void test_silence(void **state)
{
	struct kube *kube = connect_to(server.port, NULL);
	struct rig rig;
	uint64_t begun = clock_ms();

	(void)state;
	kube_set_pace(kube, 300, 100);
	rig_init(&rig, kube);
	ask(&rig, "/hang");
	run_until(&rig, 1); /* /version is answered with an empty page: no answer at all */
	assert_int_equal(rig.status, 0);
	assert_non_null(strstr(rig.sentence.text, "does not answer any more"));
	assert_true(clock_ms() - begun >= 300);
	rig_clear(&rig);
	kube_destroy(&kube);
}

static void test_tokens(void **state)
{
	char path[] = "/tmp/sluice-test-XXXXXX";
	int fd = mkstemp(path);
	struct kube *kube;
	struct rig rig;
	uint64_t end;
	bool fresh = false;

	(void)state;
	assert_int_equal(write(fd, "old\n", 4), 4);
	kube = connect_to(server.port, path);
	assert_int_equal(pwrite(fd, "new\n", 4, 0), 4);
	rig_init(&rig, kube);
	ask(&rig, "/good");
	run_until(&rig, 1);
	assert_non_null(strstr(server.last, "Authorization: Bearer old\r\n"));
	for (end = clock_ms() + 5000;
	     !fresh &&
	     clock_ms() < end;) { /* the file is read again after a 401, not in a tight loop */
		ask(&rig, "/unauthorized");
		run_until(&rig, rig.n_done + 1);
		fresh = strstr(server.last, "Authorization: Bearer new\r\n") != NULL;
	}
	assert_true(fresh);
	rig_clear(&rig);
	kube_destroy(&kube);
	close(fd);
	unlink(path);
}

/* ---- plugins ---- */

static char plugin_path[64]; /* the last script */

static struct kube *connect_with_plugin(const char *script)
{
	char path[] = "/tmp/sluice-plugin-XXXXXX";
	struct kube_config config = { 0 };
	struct err err = { "" };
	int fd = mkstemp(path);
	struct kube *kube;

	assert_true(write(fd, script, strlen(script)) > 0);
	assert_int_equal(fchmod(fd, 0700), 0);
	close(fd);
	pool_init(&config.pool);
	config.server = pool_printf(&config.pool, "http://127.0.0.1:%d", server.port);
	config.exec.command = pool_printf(&config.pool, "/bin/sh");
	config.exec.api_version = STR("client.authentication.k8s.io/v1");
	*(struct str *)pool_push(&config.pool, &config.exec.args.items, &config.exec.args.n,
				 sizeof(struct str)) = pool_printf(&config.pool, "%s", path);
	kube = kube_new(&config, &err);
	if (!kube)
		fail_msg("%s", err.text);
	snprintf(plugin_path, sizeof(plugin_path), "%s", path);
	return kube;
}

#define ANSWER                                                          \
	"echo '{\"kind\": \"ExecCredential\", \"apiVersion\": "         \
	"\"client.authentication.k8s.io/v1\", \"status\": {\"token\": " \
	"\"late\"}}'\n"

static void test_a_plugin_that_takes_its_time(void **state)
{
	char go[] = "/tmp/sluice-go-XXXXXX", script[512];
	const uint64_t begun = clock_ms();
	struct kube *kube;
	struct rig rig;

	(void)state;
	close(mkstemp(go));
	unlink(go);
	snprintf(script, sizeof(script), "while [ ! -e %s ]; do sleep 0.02; done\n" ANSWER, go);
	kube = connect_with_plugin(script);
	rig_init(&rig, kube);
	ask(&rig, "/good");
	for (int i = 0; i < 10; i++) { /* nobody waits for it, and nothing goes out without it */
		assert_true(kube_tick(kube, clock_ms()) > clock_ms());
		kube_on_fd(kube);
	}
	assert_true(rig.n_done == 0 && clock_ms() - begun < 5000);
	close(open(go, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	run_until(&rig, 1);
	assert_int_equal(rig.status, 200);
	assert_non_null(strstr(server.last, "Authorization: Bearer late\r\n"));
	kube_destroy(&kube);
	unlink(plugin_path);
	unlink(go);
	kube = connect_with_plugin(script); /* one that runs is ended with its client */
	kube_destroy(&kube);
	unlink(plugin_path);
	rig_clear(&rig);
}

static void test_a_plugin_that_fails(void **state)
{
	struct kube *kube = connect_with_plugin("exit 3\n");
	struct rig rig;

	(void)state;
	rig_init(&rig, kube);
	rig.more = "/good"; /* asks again from on_done: once more the same answer, and no storm */
	ask(&rig, "/good");
	rig.more = "/good";
	run_until(&rig, 2);
	assert_int_equal(rig.status, 0);
	assert_non_null(strstr(rig.sentence.text, "the exec plugin /bin/sh ended with status 3"));
	rig_clear(&rig);
	kube_destroy(&kube);
	unlink(plugin_path);
}

static void test_escapes(void **state)
{
	struct buf url;

	(void)state;
	buf_init(&url, BUF_MAX_TEXT);
	kube_add_escaped(&url, STR("a-Z.9/../?&=%\r\n \xc3\xbc_"));
	assert_string_equal(url.ptr, "a-Z.9%2F..%2F%3F%26%3D%25%0D%0A%20%C3%BC%5F");
	buf_clear(&url);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_what_is_sent),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_starting_and_cancelling_from_callbacks),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_a_plugin_that_takes_its_time),
		cmocka_unit_test(test_a_plugin_that_fails),
		cmocka_unit_test(test_escapes),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
