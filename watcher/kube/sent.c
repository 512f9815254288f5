/* told: what was told of a kind.
 *
 *   in     objects as a list or a watch has them
 *   out    put, del, touched: only what differs
 *   owns   a hash of each object, and of its resourceVersion
 *   never  keeps an object
 */
#include "watcher/kube/sent.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "msg/codec.h"

#define NAME_ROOM (63 + 1 + 253 + 1)
#define PACKED_KEEP (64u << 10) /* a larger buffer is given back */

struct told_object {
	uint64_t hash;
	uint64_t version; /* hash of its resourceVersion */
	uint64_t list;    /* number of the last list that had it */
};

void watcher_told_init(struct told *told, const struct kind_row *row, const struct told_sink *sink)
{
	*told = (struct told){ .row = row, .sink = sink };
	map_init(&told->objects, mem_free);
	buf_init(&told->packed, BUF_MAX_MESSAGE);
}

void watcher_told_clear(struct told *told)
{
	map_clear(&told->objects);
	buf_clear(&told->packed);
}

void watcher_told_forget(struct told *told)
{
	map_clear(&told->objects);
}

void watcher_told_begin_list(struct told *told)
{
	told->list++;
}

static uint64_t hash_object(struct told *told, const struct msg_object *object)
{
	uint64_t hash;

	codec_pack(&msg_object_codec, object, &told->packed);
	hash = hash_fast(buf_view(&told->packed));
	if (told->packed.cap > PACKED_KEEP)
		buf_clear(&told->packed);
	buf_reset(&told->packed);
	return hash;
}

/* "namespace/name" or "name"; empty for a key that no object of Kubernetes has. */
static struct str name_of(const struct msg_key *key, char *room, size_t size)
{
	int len;

	if (key->namespace.len + key->name.len + 2 > size)
		return STR("");
	len = snprintf(room, size, STR_FMT "%s" STR_FMT, STR_ARG(key->namespace),
		       key->namespace.len ? "/" : "", STR_ARG(key->name));
	return (struct str){ room, (size_t)len };
}

static struct told_object *find(const struct told *told, const struct msg_key *key)
{
	char room[NAME_ROOM];

	return map_get(&told->objects, name_of(key, room, sizeof(room)));
}

static struct told_object *add(struct told *told, const struct msg_key *key)
{
	struct told_object *object = mem_alloc(sizeof(*object));
	char room[NAME_ROOM];

	map_put(&told->objects, name_of(key, room, sizeof(room)), object);
	return object;
}

void watcher_told_put(struct told *told, struct msg_object *object, struct str version)
{
	const uint64_t version_hash = hash_fast(version);
	struct told_object *known = find(told, &object->key);
	const bool is_new = !known;
	uint64_t hash;

	if (is_new)
		known = add(told, &object->key);
	object->seen_ns = 0;
	hash = hash_object(told, object);
	known->list = told->list;
	if (!is_new && known->version != version_hash && told->row->metadata_only)
		told->sink->touched(told->sink->self, &object->key);
	known->version = version_hash;
	if (!is_new && known->hash == hash)
		return;
	known->hash = hash;
	object->seen_ns = told->live ? clock_ns() : 0;
	told->sink->put(told->sink->self, object);
}

static void tell_gone(struct told *told, const struct msg_key *key)
{
	const struct msg_object_delete gone = { .key = *key,
						.seen_ns = told->live ? clock_ns() : 0 };

	told->sink->del(told->sink->self, &gone);
}

void watcher_told_del(struct told *told, const struct msg_key *key)
{
	char room[NAME_ROOM];

	if (map_del(&told->objects, name_of(key, room, sizeof(room))))
		tell_gone(told, key);
}

void watcher_told_keep(struct told *told, const struct msg_key *key)
{
	struct told_object *known = find(told, key);

	if (known)
		known->list = told->list;
}

void watcher_told_end_list(struct told *told)
{
	struct str name;
	void *value;

	for (size_t i = 0; map_next(&told->objects, &i, &name, &value);) {
		const struct told_object *known = value;
		struct msg_key key = { .kind = told->row->kind, .namespace = STR("") };

		if (known->list == told->list)
			continue;
		if (!str_cut(name, '/', &key.namespace, &key.name))
			key.name = name;
		tell_gone(told, &key);
		map_del(&told->objects, name);
	}
}

bool watcher_told_has(const struct told *told, const struct msg_key *key)
{
	return find(told, key) != NULL;
}
