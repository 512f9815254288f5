/* sent: what was sent of the objects of a kind.
 *
 *   in     objects as a list or a watch has them
 *   out    put, del, touched: only what differs
 *   owns   a hash of each object, and of its resourceVersion
 *   never  keeps an object
 */
#include "watcher/kube/sent.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "msg/codec.h"

#define NAME_MAX_LEN (63 + 1 + 253 + 1)
#define OBJECT_MAX (BUF_MAX_MESSAGE - 4096) /* what a frame adds must fit in, too */
#define PACKED_KEEP (64u << 10)             /* a larger buffer is given back */

struct sent_object {
	uint64_t hash;
	uint64_t version; /* hash of its resourceVersion */
	uint64_t list;    /* number of the last list that had it */
};

void watcher_sent_init(struct sent *sent, const struct kind_row *row, const struct sent_sink *sink)
{
	*sent = (struct sent){ .row = row, .sink = sink };
	map_init(&sent->objects, mem_free);
	buf_init(&sent->packed, OBJECT_MAX);
}

void watcher_sent_clear(struct sent *sent)
{
	map_clear(&sent->objects);
	buf_clear(&sent->packed);
}

void watcher_sent_forget(struct sent *sent)
{
	map_clear(&sent->objects);
}

void watcher_sent_begin_list(struct sent *sent)
{
	sent->list++;
}

/* "namespace/name" or "name"; empty for a key that no object of Kubernetes has. */
static struct str name_of(const struct msg_key *key, char *buf, size_t size)
{
	int len;

	if (key->namespace.len + key->name.len + 2 > size)
		return STR("");
	len = snprintf(buf, size, STR_FMT "%s" STR_FMT, STR_ARG(key->namespace),
		       key->namespace.len ? "/" : "", STR_ARG(key->name));
	return (struct str){ buf, (size_t)len };
}

static struct sent_object *find(const struct sent *sent, const struct msg_key *key)
{
	char buf[NAME_MAX_LEN];

	return map_get(&sent->objects, name_of(key, buf, sizeof(buf)));
}

static struct sent_object *add(struct sent *sent, const struct msg_key *key)
{
	struct sent_object *object = mem_alloc(sizeof(*object));
	char buf[NAME_MAX_LEN];

	map_put(&sent->objects, name_of(key, buf, sizeof(buf)), object);
	return object;
}

static uint64_t now(const struct sent *sent)
{
	return sent->live ? clock_ns() : 0;
}

/* Into sent->packed: the bytes that are hashed are those that go out. */
static struct str pack(struct sent *sent, const struct msg_object *object)
{
	buf_reset(&sent->packed);
	codec_pack(&msg_object_codec, object, &sent->packed);
	return buf_view(&sent->packed);
}

void watcher_sent_put(struct sent *sent, const struct msg_object *object, struct str version)
{
	const uint64_t version_hash = hash_fast(version);
	struct sent_object *known = find(sent, &object->key);
	const bool is_new = !known;
	const struct str packed = pack(sent, object);
	const uint64_t hash = hash_fast(packed);

	if (sent->packed.full) {
		log_warn("object too large, its last version stays", "kind=%s name=%s",
			 msg_kind_name(sent->row->kind), err_quote(object->key.name));
		watcher_sent_keep(sent, &object->key);
		return;
	}
	if (is_new)
		known = add(sent, &object->key);
	known->list = sent->list;
	if (!is_new && known->version != version_hash && sent->row->metadata_only)
		sent->sink->touched(sent->sink->self, &object->key);
	known->version = version_hash;
	if (is_new || known->hash != hash)
		sent->sink->put(sent->sink->self, &object->key, packed, now(sent));
	known->hash = hash;
	if (sent->packed.cap > PACKED_KEEP)
		buf_clear(&sent->packed);
}

void watcher_sent_del(struct sent *sent, const struct msg_key *key)
{
	char buf[NAME_MAX_LEN];

	if (map_del(&sent->objects, name_of(key, buf, sizeof(buf))))
		sent->sink->del(sent->sink->self, key, now(sent));
}

void watcher_sent_keep(struct sent *sent, const struct msg_key *key)
{
	struct sent_object *known = find(sent, key);

	if (known)
		known->list = sent->list;
}

void watcher_sent_end_list(struct sent *sent)
{
	struct str name;
	void *value;

	for (size_t i = 0; map_next(&sent->objects, &i, &name, &value);) {
		const struct sent_object *known = value;
		struct msg_key key = { .kind = sent->row->kind, .namespace = STR("") };

		if (known->list == sent->list)
			continue;
		if (!str_cut(name, '/', &key.namespace, &key.name))
			key.name = name;
		sent->sink->del(sent->sink->self, &key, now(sent));
		map_del(&sent->objects, name);
	}
}

bool watcher_sent_has(const struct sent *sent, const struct msg_key *key)
{
	return find(sent, key) != NULL;
}
