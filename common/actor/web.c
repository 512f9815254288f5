/* web: the doors of the HTTP server; what is answered is in web_answer.c.
 *
 *   in     connections to a socket file and to TCP addresses; the time
 *   out    answers
 *   owns   the listening sockets, the connections, dumps on their way out
 *   never  waits, starts a thread, reads a request's body, keeps a connection for a second request
 */
#include "actor/web.h"

#include <errno.h>
#include <microhttpd.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "actor/loop.h"
#include "base/log.h"
#include "base/mem.h"

#define REQUEST_MAX (32u << 10) /* bytes of request line and headers, with MHD's own */
#define PIECE_BYTES (32u << 10)
#define PLACES (2u * WEB_VISITORS) /* those who have to go keep theirs until the next round */
#define BACKLOG 64
#define IDLE_S 30u         /* nothing moved for so long: the connection goes */
#define ASK_MS 5000u       /* to send a request */
#define ANSWERED_MS 30000u /* to take an answer over TCP */

struct visitor {
	int fd; /* -1: free */
	bool asked, leaving;
	uint64_t since_ms;
};

struct web_door {
	struct web *web;
	struct actor_loop *loop;
	struct MHD_Daemon *daemon;
	unsigned kinds;
	struct visitor visitors[PLACES];
	size_t n_visitors;
};

/* A dump on its way out. */
struct parcel {
	struct actor_loop *loop;
	struct actor_dump dump;
	bool (*more)(struct actor_loop *loop, struct actor_dump *dump, struct buf *out);
	struct buf piece;
	size_t taken; /* bytes of the piece that went out */
	bool last;
};

/* ---- answers ---- */

static ssize_t read_parcel(void *arg, uint64_t at, char *out, size_t max)
{
	struct parcel *parcel = arg;
	size_t n;

	(void)at;
	while (parcel->taken == parcel->piece.len) {
		if (parcel->last)
			return MHD_CONTENT_READER_END_OF_STREAM;
		buf_reset(&parcel->piece);
		parcel->taken = 0;
		parcel->last = !parcel->more(parcel->loop, &parcel->dump, &parcel->piece);
		if (parcel->piece.full) {
			log_warn("dump cut off: a piece of it is too large", NULL);
			return MHD_CONTENT_READER_END_WITH_ERROR;
		}
	}
	n = parcel->piece.len - parcel->taken;
	n = n < max ? n : max;
	memcpy(out, parcel->piece.ptr + parcel->taken, n);
	parcel->taken += n;
	return (ssize_t)n;
}

static void free_parcel(void *arg)
{
	struct parcel *parcel = arg;

	pool_clear(&parcel->dump.pool);
	buf_clear(&parcel->piece);
	mem_free(parcel);
}

static struct MHD_Response *make_response(struct web_door *door, struct web_answer *answer)
{
	struct parcel *parcel;

	if (!answer->more)
		return MHD_create_response_from_buffer(answer->body.len,
						       (void *)buf_view(&answer->body).ptr,
						       MHD_RESPMEM_MUST_COPY);
	parcel = mem_alloc(sizeof(*parcel));
	parcel->loop = door->loop;
	parcel->more = answer->more;
	pool_init(&parcel->dump.pool);
	buf_init(&parcel->piece, 2 * BUF_MAX_MESSAGE);
	return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE_BYTES, read_parcel, parcel,
						 free_parcel);
}

static enum MHD_Result reply(struct web_door *door, struct MHD_Connection *connection,
			     struct web_answer *answer)
{
	static const char *const headers[][2] = {
		{ "Connection", "close" },
		{ "Cache-Control", "no-store" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'" },
	};
	struct MHD_Response *response = make_response(door, answer);
	enum MHD_Result rc;

	if (!response)
		return MHD_NO;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		(void)MHD_add_response_header(response, headers[i][0], headers[i][1]);
	(void)MHD_add_response_header(response, "Content-Type", answer->type);
	if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(response, "Allow", "GET, HEAD");
	rc = MHD_queue_response(connection, answer->status, response);
	MHD_destroy_response(response);
	return rc;
}

static struct str argument(struct MHD_Connection *connection, const char *name)
{
	const char *value = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);

	return value ? str_from(value) : STR("");
}

/* Called with the headers, before any body: the answer is made now, a body is not read. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *body,
				  size_t *body_len, void **slot)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct web_door *door = arg;
	struct visitor *visitor = info ? info->socket_context : NULL;
	const struct web_request request = { .door = door->kinds,
					     .path = str_from(url),
					     .kind = argument(connection, "kind"),
					     .namespace = argument(connection, "namespace"),
					     .name = argument(connection, "name") };
	struct web_answer answer = { .status = MHD_HTTP_METHOD_NOT_ALLOWED,
				     .type = "text/plain; charset=utf-8" };
	enum MHD_Result rc;

	(void)version, (void)body, (void)body_len, (void)slot;
	if (visitor)
		visitor->asked = true;
	buf_init(&answer.body, WEB_ANSWER_MAX);
	if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
		actor_web_answer(door->loop, &request, &answer);
	else
		buf_puts(&answer.body, "only GET and HEAD are answered here\n");
	rc = reply(door, connection, &answer);
	buf_clear(&answer.body);
	return rc;
}

/* ---- visitors ---- */

/* When its time is over. */
static uint64_t end_of(const struct web_door *door, const struct visitor *visitor)
{
	if (visitor->leaving)
		return UINT64_MAX;
	if (!visitor->asked)
		return visitor->since_ms + ASK_MS;
	/* a dump may be long; nobody but our own user comes through the socket file */
	return door->kinds & WEB_LOCAL ? UINT64_MAX : visitor->since_ms + ANSWERED_MS;
}

/* The server notices at its next round. */
static void show_out(struct visitor *visitor)
{
	(void)shutdown(visitor->fd, SHUT_RDWR);
	visitor->leaving = true;
}

static void make_room(struct web_door *door, const struct visitor *newest)
{
	struct visitor *oldest = NULL;

	for (size_t i = 0; i < PLACES; i++) {
		struct visitor *visitor = &door->visitors[i];

		if (visitor->fd >= 0 && !visitor->leaving && visitor != newest &&
		    (!oldest || visitor->since_ms < oldest->since_ms))
			oldest = visitor;
	}
	if (oldest)
		show_out(oldest);
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **slot,
			  enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct web_door *door = arg;
	struct visitor *visitor = *slot;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (!visitor)
			return;
		visitor->fd = -1;
		door->n_visitors--;
		door->web->n_visitors--;
		return;
	}
	for (size_t i = 0; i < PLACES && !visitor; i++)
		if (door->visitors[i].fd < 0)
			visitor = &door->visitors[i];
	*slot = visitor;
	if (!visitor || !info)
		return;
	*visitor = (struct visitor){ .fd = info->connect_fd, .since_ms = clock_ms() };
	door->web->n_visitors++;
	if (++door->n_visitors > WEB_VISITORS)
		make_room(door, visitor);
}

void actor_web_on_fd(struct web *web)
{
	struct epoll_event events[3];
	int n = epoll_wait(web->epoll, events, 3, 0);

	for (int i = 0; i < n; i++)
		(void)MHD_run(((struct web_door *)events[i].data.ptr)->daemon);
}

static uint64_t tick_door(struct web_door *door, uint64_t now_ms)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < PLACES; i++) {
		struct visitor *visitor = &door->visitors[i];

		if (visitor->fd < 0)
			continue;
		if (end_of(door, visitor) <= now_ms)
			show_out(visitor);
		if (end_of(door, visitor) < next)
			next = end_of(door, visitor);
	}
	/* something is on its way out; or it has stopped to listen, and looks for a place at its
	   next round only */
	if ((MHD_get_timeout(door->daemon, &wait_ms) == MHD_YES && !wait_ms) ||
	    door->n_visitors + 1 >= PLACES)
		(void)MHD_run(door->daemon);
	if (MHD_get_timeout(door->daemon, &wait_ms) == MHD_YES && now_ms + wait_ms < next)
		next = now_ms + wait_ms;
	return next;
}

void actor_web_tick(struct web *web, uint64_t now_ms)
{
	web->next_ms = UINT64_MAX;
	for (size_t i = 0; i < web->n_doors && web->n_visitors; i++) {
		uint64_t next =
			web->doors[i]->n_visitors ? tick_door(web->doors[i], now_ms) : UINT64_MAX;

		if (next < web->next_ms)
			web->next_ms = next;
	}
}

/* ---- open and close ---- */

/* Takes the socket. */
static int open_door(struct web *web, struct actor_loop *loop, int fd, unsigned kinds,
		     struct err *err)
{
	struct web_door *door = mem_alloc(sizeof(*door));
	const union MHD_DaemonInfo *info = NULL;
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = door };

	*door = (struct web_door){ .web = web, .loop = loop, .kinds = kinds };
	for (size_t i = 0; i < PLACES; i++)
		door->visitors[i].fd = -1;
	door->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, door,
					MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
					PLACES, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
					MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_MAX,
					MHD_OPTION_NOTIFY_CONNECTION, on_connection, door,
					MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
	if (door->daemon)
		info = MHD_get_daemon_info(door->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	else
		close(fd);
	if (!info || epoll_ctl(web->epoll, EPOLL_CTL_ADD, info->epoll_fd, &event) < 0) {
		if (door->daemon)
			MHD_stop_daemon(door->daemon);
		mem_free(door);
		return err_set(err, "the web server cannot be started: %s", strerror(errno));
	}
	web->doors[web->n_doors++] = door;
	return 0;
}

static void open_local(struct web *web, struct actor_loop *loop, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct err err = { "its path is too long" };
	int fd = -1;

	actor_socket_sweep(path);
	if (strlen(path) < sizeof(address.sun_path)) {
		memcpy(address.sun_path, path, strlen(path));
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		err_set(&err, "%s", strerror(errno));
	}
	/* the process has umask 077: at no moment can others connect */
	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
		web->path = mem_strdup(path);
		(void)chmod(path, 0600);
		if (listen(fd, BACKLOG) == 0 && open_door(web, loop, fd, 7, &err) == 0)
			return;
	} else if (fd >= 0) {
		err_set(&err, "%s", strerror(errno));
		close(fd);
	}
	log_warn("no socket file for sluice top and dump", "path=%s reason=%s", log_value(path),
		 log_value(err.text));
}

static int open_address(struct web *web, struct actor_loop *loop, const struct web_address *address,
			unsigned kinds, struct err *err)
{
	int fd;

	if (!address->port)
		return 0;
	fd = actor_web_address_listen(address, err);
	return fd < 0 ? -1 : open_door(web, loop, fd, kinds, err);
}

int actor_web_open(struct web *web, struct actor_loop *loop, const struct web_places *places,
		   struct err *err)
{
	const bool same = actor_web_address_same(&places->metrics, &places->probes);

	*web = (struct web){ .epoll = epoll_create1(EPOLL_CLOEXEC), .next_ms = UINT64_MAX };
	if (web->epoll < 0)
		return err_set(err, "epoll descriptor: %s", strerror(errno));
	open_local(web, loop, places->path);
	if (open_address(web, loop, &places->metrics, WEB_METRICS | (same ? WEB_PROBES : 0), err) <
	    0)
		return err_wrap(err, "--metrics-bind-address");
	if (!same && open_address(web, loop, &places->probes, WEB_PROBES, err) < 0)
		return err_wrap(err, "--health-probe-bind-address");
	return 0;
}

void actor_web_close(struct web *web)
{
	for (size_t i = 0; i < web->n_doors; i++) {
		MHD_stop_daemon(web->doors[i]->daemon);
		mem_free(web->doors[i]);
	}
	if (web->path)
		unlink(web->path);
	mem_free(web->path);
	if (web->epoll >= 0)
		close(web->epoll);
	*web = (struct web){ .epoll = -1 };
}
