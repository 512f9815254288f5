/* curve: keys for links over tcp.
 *
 *   in     the files of --curve-dir; ZeroMQ's question who may connect (ZAP, RFC 27); inotify
 *   out    sockets with keys; peers whose key was withdrawn are cut off; the count of refusals
 *   owns   the keys
 *   never  logs a secret key, lets anybody in while it does not know who may
 */
#include "actor/loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"

#define REFUSED_MS 1000     /* at most one line a second */
#define WATCH_AGAIN_MS 1000 /* while the folder is gone */
#define ZAP_PARTS 7
#define ZAP_PART_MAX 256
#define CHANGES \
	(IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF)

/* ---- endpoints ---- */

bool actor_curve_is_tcp(struct str endpoint)
{
	return str_starts(endpoint, "tcp://");
}

static bool is_loopback(struct str host)
{
	struct in_addr v4;
	char text[64];

	snprintf(text, sizeof(text), STR_FMT, STR_ARG(host));
	if (inet_pton(AF_INET, text, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return str_is(host, "localhost") || str_is(host, "[::1]");
}

int actor_curve_check(const char *flag, struct str endpoint, bool has_keys, struct err *err)
{
	struct str rest = str_slice(endpoint, strlen("tcp://"), endpoint.len), host;
	long colon = str_rfind(rest, ':');

	if (str_starts(endpoint, "ipc://"))
		return 0;
	if (!actor_curve_is_tcp(endpoint))
		return err_set(err, "--%s: %s is neither ipc://PATH nor tcp://HOST:PORT", flag,
			       err_quote(endpoint));
	if (colon <= 0)
		return err_set(err, "--%s: %s has no port; tcp://HOST:PORT is right", flag,
			       err_quote(endpoint));
	host = str_slice(rest, 0, (size_t)colon);
	if (has_keys || is_loopback(host))
		return 0;
	return err_set(err,
		       "--%s: %s leaves this machine, where everybody could read along and send; "
		       "give keys with --curve-dir (sluice gen-secrets makes them), or stay on "
		       "ipc:// or 127.0.0.1",
		       flag, err_quote(endpoint));
}

/* ---- sockets ---- */

static int set_text(void *sock, int option, const char *text)
{
	return zmq_setsockopt(sock, option, text, strlen(text));
}

static int set_key(void *sock, int option, const struct curve_key *key)
{
	return zmq_setsockopt(sock, option, key->text, sizeof(key->text));
}

int actor_curve_dress(struct link *link)
{
	struct curve *curve = &link->loop->curve;
	const struct curve_keys *keys = &curve->keys;
	void *sock = zsock_resolve(link->sock);
	int on = 1;

	link->n_changes = curve->n_changes;
	if (!link->is_router) {
		const struct curve_key *server =
			&keys->servers[link->n_handshakes % keys->n_servers];

		if (set_key(sock, ZMQ_CURVE_SERVERKEY, server) < 0 ||
		    set_key(sock, ZMQ_CURVE_PUBLICKEY, &keys->client_pub) < 0)
			return -1;
		return set_key(sock, ZMQ_CURVE_SECRETKEY, &keys->client_key);
	}
	if (set_text(sock, ZMQ_ZAP_DOMAIN, actor_link_name(link->id)) < 0 ||
	    zmq_setsockopt(sock, ZMQ_CURVE_SERVER, &on, sizeof(on)) < 0)
		return -1;
	return set_key(sock, ZMQ_CURVE_SECRETKEY, &keys->server_key);
}

/* ---- who may connect ---- */

struct link_refusal {
	struct limiter *limiter;
	const char *link, *address, *reason;
};

/* An IPv4 address at a socket of IPv6 is shown as what it is. */
static void refuse(struct link_refusal refusal)
{
	const char *address = refusal.address;
	unsigned n_kept;

	actor_metrics.refused[PEER_REFUSED_KEY]++;
	if (!limiter_pass(refusal.limiter, REFUSED_MS, &n_kept))
		return;
	if (strncmp(address, "::ffff:", 7) == 0 && strchr(address, '.'))
		address += 7;
	log_warn("connection refused", "link=%s address=%s reason=%s kept_back=%u", refusal.link,
		 log_value(address), log_value(refusal.reason), n_kept);
}

struct zap_question {
	size_t n;
	struct {
		char bytes[ZAP_PART_MAX];
		size_t len;
	} parts[ZAP_PARTS]; /* version, request, domain, address, identity, mechanism, key */
};

/* False: there is none. What is too long or too much is cut; the answer is then no. */
static bool read_question(void *zap, struct zap_question *question)
{
	size_t len = sizeof(int);
	int more = 1;

	question->n = 0;
	while (more) {
		size_t i = question->n < ZAP_PARTS ? question->n : ZAP_PARTS - 1;
		int got = zmq_recv(zap, question->parts[i].bytes, ZAP_PART_MAX - 1, ZMQ_DONTWAIT);

		if (got < 0)
			return false;
		question->parts[i].len = (size_t)got < ZAP_PART_MAX ? (size_t)got : 0;
		question->parts[i].bytes[question->parts[i].len] = '\0';
		question->n++;
		if (zmq_getsockopt(zap, ZMQ_RCVMORE, &more, &len) < 0)
			return false;
	}
	return true;
}

/* What we call the client: its public key. */
static bool may_connect(const struct curve *curve, const struct zap_question *question,
			struct curve_key *key)
{
	if (question->n != ZAP_PARTS || strcmp(question->parts[5].bytes, "CURVE") != 0 ||
	    question->parts[6].len != 32)
		return false;
	zmq_z85_encode(key->text, (const uint8_t *)question->parts[6].bytes, 32);
	return map_get(&curve->keys.clients, str_from(key->text));
}

void actor_curve_on_zap(struct actor_loop *loop)
{
	struct curve *curve = &loop->curve;
	struct zap_question question;

	while (read_question(curve->zap, &question)) {
		struct curve_key key = { "" };
		bool good = may_connect(curve, &question, &key);
		char reason[128];

		zmq_send(curve->zap, "1.0", 3, ZMQ_SNDMORE | ZMQ_DONTWAIT);
		zmq_send(curve->zap, question.parts[1].bytes, question.parts[1].len,
			 ZMQ_SNDMORE | ZMQ_DONTWAIT);
		zmq_send(curve->zap, good ? "200" : "400", 3, ZMQ_SNDMORE | ZMQ_DONTWAIT);
		zmq_send(curve->zap, "", 0, ZMQ_SNDMORE | ZMQ_DONTWAIT);
		zmq_send(curve->zap, key.text, good ? CURVE_KEY_LEN : 0,
			 ZMQ_SNDMORE | ZMQ_DONTWAIT);
		zmq_send(curve->zap, "", 0, ZMQ_DONTWAIT);
		if (good)
			continue;
		snprintf(reason, sizeof(reason), "the public key %s is not in clients.pub",
			 key.text);
		refuse((struct link_refusal){
			.limiter = &curve->unknown_keys,
			.link = question.n > 2 ? question.parts[2].bytes : "-",
			.address = question.n > 3 ? question.parts[3].bytes : "-",
			.reason = reason });
	}
}

static void name_address(int fd, char *out, size_t size)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	if (getpeername(fd, (struct sockaddr *)&address, &len) < 0 ||
	    getnameinfo((struct sockaddr *)&address, len, out, (socklen_t)size, NULL, 0,
			NI_NUMERICHOST))
		snprintf(out, size, "unknown");
}

void actor_curve_on_visit(struct link *link, unsigned event, int fd)
{
	struct curve_visitor *visitor = &link->loop->curve.visitors[(unsigned)fd % CURVE_VISITORS];

	if (event == ZMQ_EVENT_ACCEPTED) {
		visitor->fd = fd;
		name_address(fd, visitor->address, sizeof(visitor->address));
	} else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL) {
		link->has_refused = true;
	} else if (event == ZMQ_EVENT_DISCONNECTED && link->has_refused) {
		link->has_refused = false;
		refuse((struct link_refusal){
			.limiter = &link->loop->curve.bad_handshakes,
			.link = actor_link_name(link->id),
			.address = visitor->fd == fd && visitor->address[0] ? visitor->address
									    : "unknown",
			.reason = "it has not our key from server.pub, or speaks without CURVE" });
	}
}

/* ---- who is connected ---- */

static uint64_t hash_address(int fd)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	memset(&address, 0, sizeof(address));
	if (fd < 0 || getpeername(fd, (struct sockaddr *)&address, &len) < 0)
		return 0;
	return hash_fast((struct str){ (const char *)&address, len });
}

static const char *property(zmq_msg_t *frame, const char *name)
{
	const char *value = zmq_msg_gets(frame, name);

	return value ? value : "";
}

struct caller actor_curve_caller(const struct link *link)
{
	struct caller caller = { .fd = -1 };
	const char *key = link->frame ? property(link->frame, "User-Id") : "";

	if (!*key)
		return caller;
	snprintf(caller.key.text, sizeof(caller.key.text), "%s", key);
	caller.fd = zmq_msg_get(link->frame, ZMQ_SRCFD);
	caller.address = hash_address(caller.fd);
	return caller;
}

/* Over ipc a peer's address is "localhost:uid:gid:pid"; over tcp it is a number, and whoever has no
 * key did not pass actor_curve_on_zap. */
bool actor_curve_admits(struct link *link)
{
	const char *key = property(link->frame, "User-Id");
	const char *address = property(link->frame, "Peer-Address");

	if (*key ? map_get(&link->loop->curve.keys.clients, str_from(key)) != NULL
		 : str_starts(str_from(address), "localhost"))
		return true;
	shutdown(zmq_msg_get(link->frame, ZMQ_SRCFD), SHUT_RDWR);
	return false;
}

/* ZeroMQ has no call that ends one connection, so the kernel ends it. */
static void cut_off(struct actor_peer *peer)
{
	log_warn("peer cut off: its key was withdrawn", "link=%s peer=%s key=%s",
		 actor_link_name(peer->link->id), room_name(peer->room),
		 log_value(peer->caller.key.text));
	if (peer->caller.address && hash_address(peer->caller.fd) == peer->caller.address)
		shutdown(peer->caller.fd, SHUT_RDWR);
	peer->gone = peer->link->has_gone = true;
}

static void cut_off_withdrawn(struct link *link)
{
	void *value;

	for (size_t i = 0; map_next(&link->peers, &i, NULL, &value);) {
		struct actor_peer *peer = value;

		if (peer->caller.key.text[0] &&
		    !map_get(&link->loop->curve.keys.clients, str_from(peer->caller.key.text)))
			cut_off(peer);
	}
}

/* ---- the files ---- */

static bool is_same(const struct curve_key *a, const struct curve_key *b)
{
	return memcmp(a->text, b->text, sizeof(a->text)) == 0;
}

static bool connects_alike(const struct curve_keys *a, const struct curve_keys *b)
{
	bool same = is_same(&a->client_key, &b->client_key) && a->n_servers == b->n_servers;

	for (size_t i = 0; same && i < a->n_servers; i++)
		same = is_same(&a->servers[i], &b->servers[i]);
	return same;
}

/* What stands goes on; what is still to be connected takes the new keys at once. A listener has the
 * key that it was bound with, so a new key of ours binds again. */
static void apply(struct actor_loop *loop, bool binds_anew, bool connects_anew)
{
	if (connects_anew)
		loop->curve.n_changes++;
	for (int id = 0; id < N_LINKS; id++) {
		struct link *link = &loop->links[id];

		if (!link->open || !actor_link_has_curve(link))
			continue;
		if (link->is_router)
			cut_off_withdrawn(link);
		if (link->is_router ? binds_anew : connects_anew && !link->connected) {
			link->stale = true;
			link->renew_ms = 0;
		}
	}
}

static bool admits_alike(const struct curve_keys *a, const struct curve_keys *b)
{
	struct str key;

	if (a->clients.n != b->clients.n)
		return false;
	for (size_t i = 0; map_next(&a->clients, &i, &key, NULL);)
		if (!map_get(&b->clients, key))
			return false;
	return true;
}

/* One line for each fault, however often the files change on their way. */
static void complain(struct curve *curve, const char *reason)
{
	uint64_t fault = hash_fast(str_from(reason));

	if (fault != curve->fault)
		log_error("the CURVE keys stay as they are", "reason=%s", log_value(reason));
	curve->fault = fault;
}

static void read_again(struct actor_loop *loop)
{
	struct curve *curve = &loop->curve;
	struct curve_keys fresh;
	struct err err = { "" };
	bool binds_anew, connects_anew, admits_anew;

	if (actor_curve_keys_read(&fresh, curve->dir, curve->needs, &err) < 0) {
		complain(curve, err.text);
		return;
	}
	curve->fault = 0;
	binds_anew = !is_same(&fresh.server_key, &curve->keys.server_key);
	connects_anew = !connects_alike(&fresh, &curve->keys);
	admits_anew = !admits_alike(&fresh, &curve->keys);
	actor_curve_keys_wipe(&curve->keys);
	curve->keys = fresh;
	mem_wipe(&fresh, sizeof(fresh));
	if (!binds_anew && !connects_anew && !admits_anew)
		return;
	log_info("CURVE keys have changed", "server_key=%s client_keys=%s clients=%zu",
		 binds_anew ? "new" : "same", connects_anew ? "new" : "same",
		 curve->keys.clients.n);
	apply(loop, binds_anew, connects_anew);
}

static void watch(struct curve *curve)
{
	if (inotify_add_watch(curve->changes, curve->dir, CHANGES | IN_ONLYDIR) >= 0) {
		curve->watch_ms = UINT64_MAX;
		return;
	}
	if (curve->watch_ms == UINT64_MAX)
		log_error("the folder of the CURVE keys cannot be watched; the keys stay",
			  "path=%s reason=%s", log_value(curve->dir), log_value(strerror(errno)));
	curve->watch_ms = clock_ms() + WATCH_AGAIN_MS;
}

void actor_curve_on_change(struct actor_loop *loop)
{
	char events[4096];

	while (read(loop->curve.changes, events, sizeof(events)) > 0)
		continue;    /* whichever file: all are read */
	watch(&loop->curve); /* it may be another folder by now */
	if (loop->curve.watch_ms == UINT64_MAX)
		read_again(loop);
}

void actor_curve_tick(struct actor_loop *loop, uint64_t now_ms)
{
	if (!loop->curve.on || now_ms < loop->curve.watch_ms)
		return;
	watch(&loop->curve);
	if (loop->curve.watch_ms == UINT64_MAX)
		read_again(loop);
}

/* ---- open and close ---- */

int actor_curve_open(struct actor_loop *loop, const char *dir, unsigned needs, struct err *err)
{
	struct curve *curve = &loop->curve;
	int linger = 0;

	curve->changes = -1;
	curve->watch_ms = UINT64_MAX;
	if (!needs)
		return 0;
	if (!zmq_has("curve"))
		return err_set(err, "this libzmq was built without CURVE, so --curve-dir cannot "
				    "be used");
	curve->on = true;
	curve->dir = dir;
	curve->needs = needs;
	curve->changes = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (curve->changes < 0)
		return err_set(err, "inotify cannot be used: %s", strerror(errno));
	watch(curve); /* before the first reading: no change is missed */
	if (actor_curve_keys_read(&curve->keys, dir, needs, err) < 0)
		return err_wrap(err, "--curve-dir");
	if (!(needs & CURVE_BINDS))
		return 0;
	curve->zap = zmq_socket(zsys_init(), ZMQ_REP);
	if (!curve->zap || zmq_setsockopt(curve->zap, ZMQ_LINGER, &linger, sizeof(linger)) < 0 ||
	    zmq_bind(curve->zap, "inproc://zeromq.zap.01") < 0)
		return err_set(err, "the socket that says who may connect cannot be made: %s",
			       zmq_strerror(errno));
	return 0;
}

void actor_curve_close(struct actor_loop *loop)
{
	struct curve *curve = &loop->curve;

	if (!curve->on)
		return;
	if (curve->zap)
		zmq_close(curve->zap);
	if (curve->changes >= 0)
		close(curve->changes);
	actor_curve_keys_wipe(&curve->keys);
	curve->on = false;
}
