/* http_loop: libcurl's multi interface as one descriptor and one deadline for an event loop.
 *
 *   in     what libcurl's sockets say, the time
 *   out    on_done for each transfer that ended
 *   owns   the connections, an epoll descriptor over them
 *   never  knows what a transfer is about
 */
#include "http/http_loop.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

/* Twice of what libcurl 7.88 reads from a connection at once: with a smaller one it keeps the rest
 * of an HTTP/2 answer to itself until some timer wakes it, often 200 ms later. */
#define BUFFER_BYTES (64L << 10)

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct http_loop *loop = arg;
	struct epoll_event event = { .data.fd = fd };

	(void)easy, (void)known;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
	/* libcurl may close a descriptor without a word and open another one with its number */
	if (epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fd, &event) < 0)
		epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event);
	return 0;
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
	struct http_loop *loop = arg;

	(void)multi;
	loop->deadline_ms = ms < 0 ? UINT64_MAX : clock_ms() + (uint64_t)ms;
	return 0;
}

static int on_sockopt(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	const unsigned dead = HTTP_DEAD_AFTER_MS;

	(void)arg, (void)purpose;
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead, sizeof(dead));
	return CURL_SOCKOPT_OK;
}

void http_loop_prepare(CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 10L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 5L);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_sockopt);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "sluice");
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, BUFFER_BYTES);
}

static void collect(struct http_loop *loop)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(loop->multi, &left))) {
		const CURLcode code = message->data.result;
		char *of = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &of);
		loop->on_done(of, code);
	}
}

int http_loop_fd(const struct http_loop *loop)
{
	return loop->epoll;
}

void http_loop_on_fd(struct http_loop *loop)
{
	struct epoll_event events[16];
	int n = epoll_wait(loop->epoll, events, 16, 0), running;

	for (int i = 0; i < n; i++)
		if (events[i].data.fd >= 0)
			curl_multi_socket_action(
				loop->multi, events[i].data.fd,
				(events[i].events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
					(events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
					(events[i].events & EPOLLERR ? CURL_CSELECT_ERR : 0),
				&running);
	collect(loop);
}

/* libcurl tells a time once. If by its own finer clock that was not over yet, it does not repeat
 * it. */
static void ask_timer(struct http_loop *loop)
{
	long ms = -1;

	curl_multi_timeout(loop->multi, &ms);
	if (loop->deadline_ms == UINT64_MAX && ms >= 0)
		loop->deadline_ms = clock_ms() + (uint64_t)ms + 1;
}

uint64_t http_loop_tick(struct http_loop *loop, uint64_t now_ms)
{
	int running;

	if (loop->deadline_ms <= now_ms) {
		loop->deadline_ms = UINT64_MAX;
		curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
		ask_timer(loop);
		collect(loop);
	}
	return loop->deadline_ms;
}

static void make_multi(struct http_loop *loop)
{
	loop->deadline_ms = UINT64_MAX;
	loop->multi = curl_multi_init();
	curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
	curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
	curl_multi_setopt(loop->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
}

static void *zeroed(size_t n, size_t size)
{
	return n && size > SIZE_MAX / n ? NULL : mem_alloc(n * size);
}

/* Its memory is ours: it goes wrong in other ways than ours do where there is none left. */
static void init_curl(void)
{
	curl_global_init_mem(CURL_GLOBAL_DEFAULT, mem_alloc, mem_free, mem_realloc, mem_strdup,
			     zeroed);
}

void http_loop_open(struct http_loop *loop, void (*on_done)(void *of, CURLcode code))
{
	*loop = (struct http_loop){ .on_done = on_done };
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	init_curl();
	make_multi(loop);
}

void http_loop_watch(struct http_loop *loop, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = -1 };

	if (fd >= 0)
		epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event);
}

void http_loop_disconnect(struct http_loop *loop)
{
	curl_multi_cleanup(loop->multi);
	make_multi(loop);
}

void http_loop_close(struct http_loop *loop)
{
	curl_multi_cleanup(loop->multi);
	close(loop->epoll);
}
