/* web: the listeners of the HTTP server; what is answered is in web_answer.c.
 *
 *   in     connections to a socket file and to TCP addresses; the time
 *   out    answers
 *   owns   the listening sockets, the connections, dumps on their way out
 *   never  waits, starts a thread, reads a request's body, keeps a connection for a second request
 */
#include "actor/web/web.h"

#include <errno.h>
#include <microhttpd.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "actor/socket_file.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define REQUEST_MAX (32u << 10) /* bytes of request line and headers, with MHD's own */
#define PIECE_BYTES (32u << 10)
#define PLACES (2u * WEB_CLIENTS) /* one that is cut off keeps its own until the next round */
#define BACKLOG 64
#define PLAIN_POLICY "default-src 'none'; style-src 'unsafe-inline'"
#define IDLE_S 30u         /* nothing moved for so long: the connection goes */
#define ASK_MS 5000u       /* to send a request */
#define ANSWERED_MS 30000u /* to take an answer over TCP */

struct web_client {
	int fd; /* -1: free */
	bool asked, streams, leaving;
	uint64_t since_ms;
};

struct web_listener {
	struct web *web;
	struct web_owner owner;
	struct MHD_Daemon *daemon;
	unsigned kinds;
	struct web_client clients[PLACES];
	size_t n_clients;
	bool resumed; /* an answer has come that was waited for, or a piece of a stream */
};

/* A request, until it is answered. */
struct web_ticket {
	struct web_listener *listener;
	struct MHD_Connection *connection;
	struct web_answer answer;
	bool waits;
};

/* A dump on its way out. */
struct web_dump {
	const struct actor *actor;
	struct actor_dump dump;
	bool (*more)(const struct actor *actor, struct actor_dump *dump, struct buf *out);
	struct buf piece;
	size_t taken; /* bytes of the piece that went out */
	bool last;
};

/* ---- answers ---- */

static ssize_t read_dump(void *arg, uint64_t at, char *out, size_t max)
{
	struct web_dump *dump = arg;
	size_t n;

	(void)at;
	while (dump->taken == dump->piece.len) {
		if (dump->last)
			return MHD_CONTENT_READER_END_OF_STREAM;
		buf_reset(&dump->piece);
		dump->taken = 0;
		dump->last = !dump->more(dump->actor, &dump->dump, &dump->piece);
		if (dump->piece.full) {
			log_warn("dump cut off: a piece of it is too large", NULL);
			return MHD_CONTENT_READER_END_WITH_ERROR;
		}
	}
	n = dump->piece.len - dump->taken;
	n = n < max ? n : max;
	memcpy(out, dump->piece.ptr + dump->taken, n);
	dump->taken += n;
	return (ssize_t)n;
}

static void free_dump(void *arg)
{
	struct web_dump *dump = arg;

	pool_clear(&dump->dump.pool);
	buf_clear(&dump->piece);
	mem_free(dump);
}

static struct MHD_Response *make_response(struct web_listener *listener,
					  struct MHD_Connection *connection,
					  struct web_answer *answer)
{
	struct web_dump *dump;

	if (answer->stream)
		return actor_web_stream_response(answer->stream, connection, &listener->resumed);
	if (!answer->more)
		return MHD_create_response_from_buffer(answer->body.len,
						       (void *)buf_view(&answer->body).ptr,
						       MHD_RESPMEM_MUST_COPY);
	dump = mem_alloc(sizeof(*dump));
	dump->actor = listener->owner.actor;
	dump->more = answer->more;
	dump->dump.owners_only = answer->owners_only;
	pool_init(&dump->dump.pool);
	dump->dump.whole = answer->whole;
	dump->dump.host = pool_str(&dump->dump.pool, answer->of_host);
	buf_init(&dump->piece, 2 * BUF_MAX_MESSAGE);
	return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE_BYTES, read_dump, dump,
						 free_dump);
}

static enum MHD_Result reply(struct web_listener *listener, struct MHD_Connection *connection,
			     struct web_answer *answer)
{
	static const char *const headers[][2] = {
		{ "Connection", "close" },
		{ "Cache-Control", "no-store" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Referrer-Policy", "no-referrer" },
		{ "Cross-Origin-Resource-Policy", "same-origin" },
	};
	struct MHD_Response *response = make_response(listener, connection, answer);
	enum MHD_Result rc;

	if (!response)
		return MHD_NO;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		(void)MHD_add_response_header(response, headers[i][0], headers[i][1]);
	(void)MHD_add_response_header(response, "Content-Security-Policy",
				      answer->policy ? answer->policy : PLAIN_POLICY);
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

struct str actor_web_argument(const struct web_ticket *ticket, const char *name)
{
	return argument(ticket->connection, name);
}

static struct str host_of(struct MHD_Connection *connection)
{
	const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");

	return value ? str_from(value) : STR("");
}

static void make_answer(const struct web_listener *listener, const struct web_request *request,
			bool is_get, struct web_answer *out)
{
	const struct web_owner *owner = &listener->owner;

	*out = (struct web_answer){ .status = MHD_HTTP_METHOD_NOT_ALLOWED,
				    .type = "text/plain; charset=utf-8" };
	buf_init(&out->body, WEB_ANSWER_MAX);
	if (!is_get)
		buf_puts(&out->body, "only GET and HEAD are answered here\n");
	else if (owner->answer)
		owner->answer(owner->self, request, out);
	else
		actor_web_answer(owner, request, out);
}

static void free_ticket(struct web_ticket **ticket_p)
{
	buf_clear(&(*ticket_p)->answer.body);
	mem_free(*ticket_p);
	*ticket_p = NULL;
}

/* Called with the headers, before any body: the answer is made now, a body is not read. Called once
 * more when an answer has come that was made later. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *body,
				  size_t *body_len, void **slot)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct web_listener *listener = arg;
	struct web_client *client = info ? info->socket_context : NULL;
	struct web_ticket *ticket = *slot;
	enum MHD_Result rc;

	(void)version, (void)body, (void)body_len;
	if (ticket)
		return reply(listener, connection, &ticket->answer);
	ticket = mem_alloc(sizeof(*ticket));
	ticket->listener = listener;
	ticket->connection = connection;
	if (client)
		client->asked = true;
	make_answer(listener,
		    &(struct web_request){ .kinds = listener->kinds,
					   .path = str_from(url),
					   .kind = argument(connection, "kind"),
					   .namespace = argument(connection, "namespace"),
					   .name = argument(connection, "name"),
					   .host = host_of(connection),
					   .routes = argument(connection, "routes"),
					   .of_host = argument(connection, "host"),
					   .ticket = ticket },
		    strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0, &ticket->answer);
	if (ticket->answer.later) {
		*slot = ticket;
		ticket->waits = true;
		MHD_suspend_connection(connection);
		return MHD_YES;
	}
	if (client)
		client->streams = ticket->answer.stream;
	rc = reply(listener, connection, &ticket->answer);
	free_ticket(&ticket);
	return rc;
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **slot,
			 enum MHD_RequestTerminationCode code)
{
	struct web_ticket *ticket = *slot;

	(void)arg, (void)connection, (void)code;
	if (ticket)
		free_ticket(&ticket);
	*slot = NULL;
}

void actor_web_reply(struct web_ticket *ticket, unsigned status, const char *type, struct buf *body)
{
	buf_clear(&ticket->answer.body);
	ticket->answer.status = status;
	ticket->answer.type = type;
	ticket->answer.body = *body;
	*body = (struct buf){ 0 };
	ticket->answer.later = false;
	if (ticket->waits)
		MHD_resume_connection(ticket->connection);
	ticket->listener->resumed = ticket->waits;
}

/* ---- clients ---- */

/* When its time is over. */
static uint64_t end_of(const struct web_listener *listener, const struct web_client *client)
{
	if (client->leaving)
		return UINT64_MAX;
	if (!client->asked)
		return client->since_ms + ASK_MS;
	/* a dump may be long, and only our own user can open the socket file; a stream has no end,
	   and goes as soon as somebody else wants its place */
	return client->streams || listener->kinds & WEB_LOCAL ? UINT64_MAX
							      : client->since_ms + ANSWERED_MS;
}

/* The server notices at its next round. */
static void cut_off(struct web_client *client)
{
	(void)shutdown(client->fd, SHUT_RDWR);
	client->leaving = true;
}

static void make_place(struct web_listener *listener, const struct web_client *newest)
{
	struct web_client *oldest = NULL;

	for (size_t i = 0; i < PLACES; i++) {
		struct web_client *client = &listener->clients[i];

		if (client->fd >= 0 && !client->leaving && client != newest &&
		    (!oldest || client->since_ms < oldest->since_ms))
			oldest = client;
	}
	if (oldest)
		cut_off(oldest);
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **slot,
			  enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct web_listener *listener = arg;
	struct web_client *client = *slot;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (!client)
			return;
		client->fd = -1;
		listener->n_clients--;
		listener->web->n_clients--;
		return;
	}
	for (size_t i = 0; i < PLACES && !client; i++)
		if (listener->clients[i].fd < 0)
			client = &listener->clients[i];
	*slot = client;
	if (!client || !info)
		return;
	*client = (struct web_client){ .fd = info->connect_fd, .since_ms = clock_ms() };
	listener->web->n_clients++;
	if (++listener->n_clients > WEB_CLIENTS)
		make_place(listener, client);
}

void actor_web_on_fd(struct web *web)
{
	struct epoll_event events[3];
	int n = epoll_wait(web->epoll, events, 3, 0);

	for (int i = 0; i < n; i++)
		(void)MHD_run(((struct web_listener *)events[i].data.ptr)->daemon);
}

static uint64_t tick_listener(struct web_listener *listener, uint64_t now_ms)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < PLACES; i++) {
		struct web_client *client = &listener->clients[i];

		if (client->fd < 0)
			continue;
		if (end_of(listener, client) <= now_ms)
			cut_off(client);
		if (end_of(listener, client) < next)
			next = end_of(listener, client);
	}
	/* something is on its way out; or it has stopped to listen, and looks for a place at its
	   next round only */
	if ((MHD_get_timeout(listener->daemon, &wait_ms) == MHD_YES && !wait_ms) ||
	    listener->n_clients + 1 >= PLACES || listener->resumed) {
		listener->resumed = false;
		(void)MHD_run(listener->daemon);
	}
	if (MHD_get_timeout(listener->daemon, &wait_ms) == MHD_YES && now_ms + wait_ms < next)
		next = now_ms + wait_ms;
	return next;
}

void actor_web_tick(struct web *web, uint64_t now_ms)
{
	web->next_ms = UINT64_MAX;
	for (size_t i = 0; i < web->n_listeners && web->n_clients; i++) {
		uint64_t next = web->listeners[i]->n_clients
					? tick_listener(web->listeners[i], now_ms)
					: UINT64_MAX;

		if (next < web->next_ms)
			web->next_ms = next;
	}
}

/* ---- open and close ---- */

/* Takes the socket. */
static int open_listener(struct web *web, const struct web_owner *owner, int fd, unsigned kinds,
			 struct err *err)
{
	struct web_listener *listener = mem_alloc(sizeof(*listener));
	const union MHD_DaemonInfo *info = NULL;
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = listener };

	*listener = (struct web_listener){ .web = web, .owner = *owner, .kinds = kinds };
	for (size_t i = 0; i < PLACES; i++)
		listener->clients[i].fd = -1;
	listener->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, listener,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
		MHD_OPTION_CONNECTION_LIMIT, PLACES, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_MAX,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, listener,
		MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
	if (listener->daemon)
		info = MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	else
		close(fd);
	if (!info || epoll_ctl(web->epoll, EPOLL_CTL_ADD, info->epoll_fd, &event) < 0) {
		if (listener->daemon)
			MHD_stop_daemon(listener->daemon);
		mem_free(listener);
		return err_set(err, "the web server cannot be started: %s", strerror(errno));
	}
	web->listeners[web->n_listeners++] = listener;
	return 0;
}

static void open_local(struct web *web, const struct web_owner *owner, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct err err = { "its path is too long" };
	int fd = -1;

	actor_socket_file_sweep(path);
	if (strlen(path) < sizeof(address.sun_path)) {
		memcpy(address.sun_path, path, strlen(path));
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		err_set(&err, "%s", strerror(errno));
	}
	/* the process has umask 077: at no moment can others connect */
	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
		web->path = mem_strdup(path);
		(void)chmod(path, 0600);
		if (listen(fd, BACKLOG) == 0 && open_listener(web, owner, fd, 7, &err) == 0)
			return;
	} else if (fd >= 0) {
		err_set(&err, "%s", strerror(errno));
		close(fd);
	}
	log_warn("no socket file for sluice top and dump", "path=%s reason=%s", log_value(path),
		 log_value(err.text));
}

static int open_address(struct web *web, const struct web_owner *owner,
			const struct web_address *address, unsigned kinds, struct err *err)
{
	int fd;

	if (!address->port)
		return 0;
	fd = actor_web_address_listen(address, err);
	return fd < 0 ? -1 : open_listener(web, owner, fd, kinds, err);
}

int actor_web_open(struct web *web, const struct web_owner *owner, const struct web_places *places,
		   struct err *err)
{
	const bool same = actor_web_address_same(&places->metrics, &places->probes);

	*web = (struct web){ .epoll = epoll_create1(EPOLL_CLOEXEC), .next_ms = UINT64_MAX };
	if (web->epoll < 0)
		return err_set(err, "epoll descriptor: %s", strerror(errno));
	if (places->path)
		open_local(web, owner, places->path);
	if (open_address(web, owner, &places->metrics, WEB_METRICS | (same ? WEB_PROBES : 0), err) <
	    0)
		return err_wrap(err, "%s", places->flag ? places->flag : "--metrics-bind-address");
	if (!same && open_address(web, owner, &places->probes, WEB_PROBES, err) < 0)
		return err_wrap(err, "--health-probe-bind-address");
	return 0;
}

void actor_web_close(struct web *web)
{
	for (size_t i = 0; i < web->n_listeners; i++) {
		MHD_stop_daemon(web->listeners[i]->daemon);
		mem_free(web->listeners[i]);
	}
	if (web->path)
		unlink(web->path);
	mem_free(web->path);
	if (web->epoll >= 0)
		close(web->epoll);
	*web = (struct web){ .epoll = -1 };
}
