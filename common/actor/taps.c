/* taps: publishes every message that passes, while somebody listens.
 *
 *   in     messages, as they are sent and handled
 *   out    on an XPUB socket: topic "<room>/<in|out>/TYPE/namespace/name", then one line of JSON
 *   never  shows a hidden field (codec_print), waits for a slow listener (it misses lines instead)
 */
#include "actor/loop.h"

#include <errno.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

#define TAP_HWM 10000

void actor_tap_open(struct tap *tap, const char *endpoint)
{
	int hwm = TAP_HWM, linger = 0;

	buf_init(&tap->topic, BUF_MAX_TEXT);
	buf_init(&tap->line, 2 * BUF_MAX_MESSAGE);
	if (strncmp(endpoint, "ipc://", 6) == 0)
		actor_socket_sweep(endpoint + 6);
	tap->sock = zsock_new(ZMQ_XPUB);
	zmq_setsockopt(zsock_resolve(tap->sock), ZMQ_SNDHWM, &hwm, sizeof(hwm));
	zmq_setsockopt(zsock_resolve(tap->sock), ZMQ_LINGER, &linger, sizeof(linger));
	if (zsock_bind(tap->sock, "%s", endpoint) >= 0) {
		tap->path = strncmp(endpoint, "ipc://", 6) == 0 ? mem_strdup(endpoint + 6) : NULL;
		return;
	}
	log_warn("no tap", "endpoint=%s reason=%s", log_value(endpoint),
		 log_value(zmq_strerror(errno)));
	zsock_destroy(&tap->sock);
}

void actor_tap_close(struct tap *tap)
{
	zsock_destroy(&tap->sock);
	if (tap->path)
		unlink(tap->path); /* ZeroMQ leaves it, and the name holds our process number */
	mem_free(tap->path);
	tap->path = NULL;
	buf_clear(&tap->topic);
	buf_clear(&tap->line);
}

void actor_tap_look(struct tap *tap)
{
	void *sock = tap->sock ? zsock_resolve(tap->sock) : NULL;
	unsigned char first = 2;

	/* 1 or 0, then the topic: cut to the first byte. XPUB tells of the first and the last of
	 * each topic. */
	while (sock && zmq_recv(sock, &first, 1, ZMQ_DONTWAIT) >= 0) {
		if (first == 1)
			tap->n_listeners++;
		else if (first == 0 && tap->n_listeners)
			tap->n_listeners--;
		first = 2; /* what a listener says for itself is no subscription */
	}
}

static void print_time(struct buf *out)
{
	struct timeval now;
	struct tm utc;
	char text[32];

	gettimeofday(&now, NULL);
	gmtime_r(&now.tv_sec, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	buf_printf(out, "{\"time\":\"%s.%03ldZ\"", text, (long)now.tv_usec / 1000);
}

static void print_topic(const char *room, bool out, const struct msg *m, struct buf *topic)
{
	const struct msg_key *subject = msg_subject(m);

	buf_printf(topic, "%s/%s/%s", room, out ? "out" : "in", msg_name(m->type));
	if (subject)
		buf_printf(topic, "/" STR_FMT "/" STR_FMT, STR_ARG(subject->namespace),
			   STR_ARG(subject->name));
}

static void print_line(const struct tap *tap, const char *from, const char *to, const struct msg *m,
		       struct buf *line)
{
	const struct msg_key *subject = msg_subject(m);

	print_time(line);
	buf_puts(line, ",\"topic\":");
	buf_json(line, buf_view(&tap->topic));
	buf_printf(line, ",\"from\":\"%s\",\"to\":\"%s\"", from, to);
	if (subject) {
		buf_printf(line, ",\"kind\":\"%s\",\"namespace\":",
			   msg_kind_name((enum msg_kind)subject->kind));
		buf_json(line, subject->namespace);
		buf_puts(line, ",\"name\":");
		buf_json(line, subject->name);
	}
	buf_printf(line, ",\"len\":%zu,\"message\":", m->raw.len);
	msg_print(m, line);
	buf_putc(line, '}');
}

void actor_tap_show(struct link *link, enum msg_room other, bool out, const struct msg *m)
{
	struct tap *tap = &link->loop->tap;
	const char *here = room_name(link->loop->actor->room), *there = room_name(other);
	void *sock = zsock_resolve(tap->sock);

	buf_reset(&tap->topic);
	buf_reset(&tap->line);
	print_topic(here, out, m, &tap->topic);
	print_line(tap, out ? here : there, out ? there : here, m, &tap->line);
	if (tap->topic.full || tap->line.full)
		return; /* half a line is none */
	if (zmq_send(sock, tap->topic.ptr, tap->topic.len, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
		zmq_send(sock, tap->line.ptr, tap->line.len, ZMQ_DONTWAIT);
	if (tap->line.cap > BUF_MAX_TEXT)
		buf_clear(&tap->line);
}

void actor_tap_show_sent(struct link *link, enum msg_room other, enum msg_type type, uint64_t seq,
			 const void *body)
{
	/* [type, seq, body]: as many bytes before the body as the number takes, and two. */
	size_t head = 2 + (seq < 0x80          ? 1
			   : seq < 0x100       ? 2
			   : seq < 0x10000     ? 3
			   : seq <= UINT32_MAX ? 5
					       : 9);
	struct str frame = buf_view(&link->loop->scratch);
	struct msg m = { .type = type, .seq = seq, .raw = str_slice(frame, head, frame.len) };

	memcpy(&m.body, body, msg_codec(type)->size);
	actor_tap_show(link, other, true, &m);
}
