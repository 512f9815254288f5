/* http_loop: libcurl's multi interface as one descriptor and one deadline for an event loop.
 *
 * Wait on http_loop_fd() and until http_loop_tick()'s deadline; on_done comes from http_loop_on_fd
 * and http_loop_tick, never from within a callback of libcurl, so it may start and cancel
 * transfers. */
#ifndef HTTP_HTTP_LOOP_H
#define HTTP_HTTP_LOOP_H

#include <curl/curl.h>
#include <stdint.h>

#define HTTP_DEAD_AFTER_MS 30000 /* unacknowledged data, or keepalive probes without an answer */

struct http_loop {
	CURLM *multi;
	int epoll;
	uint64_t deadline_ms; /* libcurl's own timer */
	/* `of`: the transfer's CURLOPT_PRIVATE. The transfer is still the caller's. */
	void (*on_done)(void *of, CURLcode code);
};

void http_loop_open(struct http_loop *loop, void (*on_done)(void *of, CURLcode code));
void http_loop_close(struct http_loop *loop); /* after the last transfer was taken out */
/* The same for another start: closes every connection, keeps the descriptor. */
void http_loop_disconnect(struct http_loop *loop);
/* http_loop_fd() is readable too while this descriptor is, which is not libcurl's; until it is
 * closed. */
void http_loop_watch(struct http_loop *loop, int fd);
int http_loop_fd(const struct http_loop *loop);
void http_loop_on_fd(struct http_loop *loop);
uint64_t http_loop_tick(struct http_loop *loop,
			uint64_t now_ms); /* next deadline, UINT64_MAX: none */
/* What every transfer of ours wants: no signals, http and https only, dead connections noticed. */
void http_loop_prepare(CURL *easy);

#endif
