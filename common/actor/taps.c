/* taps: publishes every message that passes, while somebody listens.
 *
 *   in     messages, as they are sent and handled
 *   out    on an XPUB socket: topic "<room>/<in|out>/TYPE/namespace/name", then one line of JSON
 *   owns   the socket, its file
 *   never  shows a hidden field (codec_print), waits for a slow listener (it misses lines instead)
 */
#include "actor/taps.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "actor/socket_file.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define TAP_HWM 10000

/* The path of an ipc endpoint, or NULL. */
static const char *path_of(const char *endpoint)
{
	return strncmp(endpoint, "ipc://", 6) == 0 ? endpoint + 6 : NULL;
}

void actor_taps_open(struct taps *taps, const char *endpoint)
{
	const char *path = path_of(endpoint);
	int hwm = TAP_HWM, linger = 0;

	buf_init(&taps->topic, BUF_MAX_TEXT);
	buf_init(&taps->line, 2 * BUF_MAX_MESSAGE);
	if (path)
		actor_socket_file_sweep(path);
	taps->sock = zsock_new(ZMQ_XPUB);
	zmq_setsockopt(zsock_resolve(taps->sock), ZMQ_SNDHWM, &hwm, sizeof(hwm));
	zmq_setsockopt(zsock_resolve(taps->sock), ZMQ_LINGER, &linger, sizeof(linger));
	if (zsock_bind(taps->sock, "%s", endpoint) >= 0) {
		taps->path = path ? mem_strdup(path) : NULL;
		return;
	}
	log_warn("no tap", "endpoint=%s reason=%s", log_value(endpoint),
		 log_value(zmq_strerror(errno)));
	zsock_destroy(&taps->sock);
}

void actor_taps_close(struct taps *taps)
{
	zsock_destroy(&taps->sock);
	if (taps->path)
		unlink(taps->path); /* ZeroMQ leaves it, and the name holds our process number */
	mem_free(taps->path);
	taps->path = NULL;
	buf_clear(&taps->topic);
	buf_clear(&taps->line);
}

void actor_taps_look(struct taps *taps)
{
	void *sock = taps->sock ? zsock_resolve(taps->sock) : NULL;
	unsigned char first = 2;

	/* 1 or 0, then the topic: cut to the first byte. XPUB tells of the first and the last of
	 * each topic. */
	while (sock && zmq_recv(sock, &first, 1, ZMQ_DONTWAIT) >= 0) {
		if (first == 1)
			taps->n_listeners++;
		else if (first == 0 && taps->n_listeners)
			taps->n_listeners--;
		first = 2; /* what a listener says for itself is no subscription */
	}
}

static void print_time(struct buf *out)
{
	struct timespec now = { 0 };
	char text[CLOCK_TEXT_MAX];

	(void)clock_gettime(CLOCK_REALTIME, &now);
	clock_text(now.tv_sec, (int)(now.tv_nsec / 1000000), text);
	buf_printf(out, "{\"time\":\"%s\"", text);
}

static void print_topic(const struct taps_message *message, struct buf *topic)
{
	const struct msg_key *subject = msg_subject(message->m);

	buf_printf(topic, "%s/%s/%s", room_name(message->out ? message->from : message->to),
		   message->out ? "out" : "in", msg_name(message->m->type));
	if (subject)
		buf_printf(topic, "/" STR_FMT "/" STR_FMT, STR_ARG(subject->namespace),
			   STR_ARG(subject->name));
}

static void print_line(const struct taps_message *message, struct str topic, struct buf *line)
{
	const struct msg_key *subject = msg_subject(message->m);

	print_time(line);
	buf_puts(line, ",\"topic\":");
	buf_json(line, topic);
	buf_printf(line, ",\"from\":\"%s\",\"to\":\"%s\"", room_name(message->from),
		   room_name(message->to));
	if (subject) {
		buf_printf(line, ",\"kind\":\"%s\",\"namespace\":",
			   msg_kind_name((enum msg_kind)subject->kind));
		buf_json(line, subject->namespace);
		buf_puts(line, ",\"name\":");
		buf_json(line, subject->name);
	}
	buf_printf(line, ",\"len\":%zu,\"message\":", message->m->raw.len);
	msg_print(message->m, line);
	buf_putc(line, '}');
}

void actor_taps_show(struct taps *taps, const struct taps_message *message)
{
	void *sock = zsock_resolve(taps->sock);

	buf_reset(&taps->topic);
	buf_reset(&taps->line);
	print_topic(message, &taps->topic);
	print_line(message, buf_view(&taps->topic), &taps->line);
	if (taps->topic.full || taps->line.full)
		return; /* half a line is none */
	if (zmq_send(sock, taps->topic.ptr, taps->topic.len, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
		zmq_send(sock, taps->line.ptr, taps->line.len, ZMQ_DONTWAIT);
	if (taps->line.cap > BUF_MAX_TEXT)
		buf_clear(&taps->line);
}
