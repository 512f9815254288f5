/* keyqueue: keys that wait their turn.
 *
 *   in     keys, as often as something happens to them
 *   out    each once, in the order in which they came first
 *   owns   at most one entry a key, so that the number of objects bounds it
 *   never  knows what is to be done with a key
 */
#include "resolver/outgoing/keyqueue.h"

#include "base/mem.h"
#include "resolver/graph/key.h"

struct keyqueue_entry {
	TAILQ_ENTRY(keyqueue_entry) entry;
	size_t text_len;
	char text[];
};

void resolver_keyqueue_init(struct keyqueue *queue)
{
	map_init(&queue->entries, mem_free);
	TAILQ_INIT(&queue->order);
}

void resolver_keyqueue_clear(struct keyqueue *queue)
{
	map_clear(&queue->entries);
	TAILQ_INIT(&queue->order);
}

void resolver_keyqueue_add(struct keyqueue *queue, const struct msg_key *key)
{
	struct key_text buf;
	struct str text = resolver_key_text(key, &buf);
	struct keyqueue_entry *entry;

	if (map_get(&queue->entries, text))
		return;
	entry = mem_alloc(sizeof(*entry) + text.len + 1);
	entry->text_len = text.len;
	memcpy(entry->text, text.ptr, text.len);
	TAILQ_INSERT_TAIL(&queue->order, entry, entry);
	map_put(&queue->entries, text, entry);
}

bool resolver_keyqueue_pop(struct keyqueue *queue, struct pool *pool, struct msg_key *key)
{
	struct keyqueue_entry *entry = TAILQ_FIRST(&queue->order);

	if (!entry)
		return false;
	*key = resolver_key_from_text(pool_bytes(pool, entry->text, entry->text_len));
	TAILQ_REMOVE(&queue->order, entry, entry);
	map_del(&queue->entries, (struct str){ entry->text, entry->text_len });
	return true;
}
