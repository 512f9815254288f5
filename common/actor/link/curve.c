/* curve: the CURVE keys that this process goes by.
 *
 *   in     the files of --curve-dir; inotify
 *   out    sockets with keys; what has changed
 *   owns   the keys
 *   never  logs a secret key, changes anything over files that are broken or gone
 */
#include "actor/link/curve.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <zmq.h>

#include "base/log.h"

#define WATCH_AGAIN_MS 1000 /* while the folder is gone */
#define CHANGES \
	(IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF)

/* ---- sockets ---- */

static int set_key(void *sock, int option, const struct curve_key *key)
{
	return zmq_setsockopt(sock, option, key->text, sizeof(key->text));
}

int actor_curve_set_server_keys(const struct curve *curve, void *sock, const char *link)
{
	const int on = 1;

	if (zmq_setsockopt(sock, ZMQ_ZAP_DOMAIN, link, strlen(link)) < 0 ||
	    zmq_setsockopt(sock, ZMQ_CURVE_SERVER, &on, sizeof(on)) < 0)
		return -1;
	return set_key(sock, ZMQ_CURVE_SECRETKEY, &curve->keys->server_key);
}

int actor_curve_set_client_keys(const struct curve *curve, void *sock, unsigned turn)
{
	const struct curve_keys *keys = curve->keys;

	if (set_key(sock, ZMQ_CURVE_SERVERKEY, &keys->servers[turn % keys->n_servers]) < 0 ||
	    set_key(sock, ZMQ_CURVE_PUBLICKEY, &keys->client_pub) < 0)
		return -1;
	return set_key(sock, ZMQ_CURVE_SECRETKEY, &keys->client_key);
}

bool actor_curve_admits(const struct curve *curve, const struct curve_key *client,
			enum msg_room room)
{
	return curve->keys &&
	       (uintptr_t)map_get(&curve->keys->clients, str_from(client->text)) & 1u << room;
}

/* ---- what has changed ---- */

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

static bool admits_alike(const struct curve_keys *a, const struct curve_keys *b)
{
	struct str key;
	void *rooms;

	if (a->clients.n != b->clients.n)
		return false;
	for (size_t i = 0; map_next(&a->clients, &i, &key, &rooms);)
		if (map_get(&b->clients, key) != rooms)
			return false;
	return true;
}

static unsigned compare(const struct curve_keys *a, const struct curve_keys *b)
{
	return (is_same(&a->server_key, &b->server_key) ? 0 : CURVE_BINDS_ANEW) |
	       (connects_alike(a, b) ? 0 : CURVE_CONNECTS_ANEW) |
	       (admits_alike(a, b) ? 0 : CURVE_ADMITS_ANEW);
}

/* ---- the files ---- */

/* One line for each fault, however often the files change on their way. */
static unsigned read_again(struct curve *curve)
{
	struct err err = { "" };
	struct curve_keys *fresh = actor_curve_keys_read(curve->dir, curve->needs, &err);
	unsigned changes;

	if (!fresh) {
		if (retry_failure(&curve->reading, str_from(err.text), 0))
			log_error("the CURVE keys stay as they are", "reason=%s",
				  log_value(err.text));
		return 0;
	}
	if (retry_success(&curve->reading))
		log_info("the CURVE keys can be read again", "path=%s", log_value(curve->dir));
	changes = compare(fresh, curve->keys);
	actor_curve_keys_free(curve->keys);
	curve->keys = fresh;
	curve->n_changes += changes & CURVE_CONNECTS_ANEW ? 1 : 0;
	if (changes)
		log_info("CURVE keys have changed", "server_key=%s client_keys=%s clients=%zu",
			 changes & CURVE_BINDS_ANEW ? "new" : "same",
			 changes & CURVE_CONNECTS_ANEW ? "new" : "same", curve->keys->clients.n);
	return changes;
}

/* False: the folder is not there. */
static bool watch(struct curve *curve)
{
	if (inotify_add_watch(curve->changes, curve->dir, CHANGES | IN_ONLYDIR) >= 0) {
		if (retry_success(&curve->watching))
			log_info("the folder of the CURVE keys is watched again", "path=%s",
				 log_value(curve->dir));
		return true;
	}
	if (retry_failure(&curve->watching, str_from(strerror(errno)), 0))
		log_error("the folder of the CURVE keys cannot be watched; the keys stay",
			  "path=%s reason=%s", log_value(curve->dir), log_value(strerror(errno)));
	return false;
}

/* The folder may be another one by now. */
unsigned actor_curve_on_change(struct curve *curve)
{
	char events[4096];

	while (read(curve->changes, events, sizeof(events)) > 0)
		continue; /* whichever file: all are read */
	return watch(curve) ? read_again(curve) : 0;
}

uint64_t actor_curve_deadline(const struct curve *curve)
{
	return curve->on && curve->watching.n_failures ? curve->watching.due_ms : UINT64_MAX;
}

unsigned actor_curve_tick(struct curve *curve, uint64_t now_ms)
{
	return now_ms >= actor_curve_deadline(curve) && watch(curve) ? read_again(curve) : 0;
}

/* ---- open and close ---- */

int actor_curve_open(struct curve *curve, const char *dir, unsigned needs, struct err *err)
{
	*curve = (struct curve){ .dir = dir, .needs = needs, .changes = -1 };
	if (!needs)
		return 0;
	if (!zmq_has("curve"))
		return err_set(err, "this libzmq was built without CURVE, so --curve-dir cannot "
				    "be used");
	curve->on = true;
	retry_init(&curve->watching, WATCH_AGAIN_MS, WATCH_AGAIN_MS);
	retry_init(&curve->reading, 1, 1);
	curve->changes = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (curve->changes < 0)
		return err_set(err, "inotify cannot be used: %s", strerror(errno));
	watch(curve); /* before the first reading: no change is missed */
	curve->keys = actor_curve_keys_read(dir, needs, err);
	return curve->keys ? 0 : err_wrap(err, "--curve-dir");
}

void actor_curve_close(struct curve *curve)
{
	if (!curve->on)
		return;
	if (curve->changes >= 0)
		close(curve->changes);
	actor_curve_keys_free(curve->keys);
	curve->keys = NULL;
	curve->on = false;
}
