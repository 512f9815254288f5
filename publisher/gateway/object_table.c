/* object_table: which objects of the Gateway API have to be told something, and when.
 *
 *   in     what the translator says of them, what is stored, what others have changed
 *   out    whose turn it is
 *   owns   what is known of each of them
 *   never  sends
 */
#include "publisher/gateway/object_table.h"

#include "base/mem.h"

static void free_entry(void *value)
{
	struct object_entry *entry = value;

	pool_clear(&entry->pool);
	mem_free(entry);
}

void publisher_object_table_init(struct object_table *table)
{
	map_init(&table->entries, free_entry);
	for (size_t i = 0; i < OBJECT_N_STATES; i++)
		TAILQ_INIT(&table->in[i]);
}

void publisher_object_table_clear(struct object_table *table)
{
	map_clear(&table->entries);
	publisher_object_table_init(table);
}

void publisher_object_table_set(struct object_table *table, struct object_entry *entry,
				enum object_state state)
{
	TAILQ_REMOVE(&table->in[entry->state], entry, link);
	entry->state = (uint8_t)state;
	TAILQ_INSERT_TAIL(&table->in[state], entry, link);
}

struct object_entry *publisher_object_table_get(const struct object_table *table,
						const struct msg_key *owner)
{
	struct pool pool;
	struct object_entry *entry;

	pool_init(&pool);
	entry = map_get(&table->entries, msg_key_text(owner, &pool));
	pool_clear(&pool);
	return entry;
}

static struct object_entry *entry_of(struct object_table *table, const struct msg_key *owner)
{
	struct object_entry *entry = publisher_object_table_get(table, owner);
	struct pool pool;

	if (entry)
		return entry;
	pool_init(&pool);
	entry = mem_alloc(sizeof(*entry));
	pool_init(&entry->pool);
	TAILQ_INSERT_TAIL(&table->in[OBJECT_IDLE], entry, link);
	map_put(&table->entries, msg_key_text(owner, &pool), entry);
	pool_clear(&pool);
	return entry;
}

/* As text and back. */
static const struct value *copy(const struct value *v, struct pool *pool)
{
	struct value *out = NULL;
	struct buf text;

	buf_init(&text, BUF_MAX_MESSAGE);
	if (v && value_to_json(v, false, &text, NULL) == 0) {
		out = pool_alloc(pool, sizeof(*out));
		if (json_parse(pool_str(pool, buf_view(&text)), pool, out, NULL))
			out = NULL;
	}
	buf_clear(&text);
	return out;
}

struct object_entry *publisher_object_table_put(struct object_table *table,
						const struct object_status *news, struct str uid)
{
	struct object_entry *entry = entry_of(table, news->owner);
	struct pool pool;

	pool_init(&pool);
	entry->is_new |=
		!entry->report || !news->report || !value_equal(entry->report, news->report);
	entry->owner = msg_key_dup(news->owner, &pool);
	entry->text = msg_key_text(news->owner, &pool);
	if (!str_eq(entry->uid, uid))
		entry->sent = entry->got = entry->written_ms = entry->level = 0;
	entry->uid = pool_str(&pool, uid);
	entry->report = copy(news->report, &pool);
	entry->present = copy(news->present, &pool);
	entry->rejected = news->rejected ? pool_str(&pool, str_from(news->rejected)).ptr : NULL;
	pool_clear(&entry->pool);
	entry->pool = pool;
	publisher_object_table_set(table, entry, news->stored ? OBJECT_WAITS : OBJECT_PENDING);
	entry->due_ms = 0;
	return entry;
}

void publisher_object_table_says(struct object_table *table, struct object_entry *entry,
				 const struct value *present)
{
	entry->present = copy(present, &entry->pool);
	entry->due_ms = 0;
	publisher_object_table_set(table, entry, OBJECT_WAITS);
}

void publisher_object_table_del(struct object_table *table, struct object_entry *entry)
{
	TAILQ_REMOVE(&table->in[entry->state], entry, link);
	map_take(&table->entries, entry->text);
	free_entry(entry);
}

void publisher_object_table_move(struct object_table *table, enum object_state from,
				 enum object_state to)
{
	struct object_entry *entry;

	while ((entry = TAILQ_FIRST(&table->in[from])))
		publisher_object_table_set(table, entry, to);
}

void publisher_object_table_wait(struct object_table *table, struct object_entry *entry,
				 uint64_t due_ms)
{
	if (entry->state == OBJECT_PENDING || entry->state == OBJECT_TAKEN)
		return;
	if (entry->state == OBJECT_WAITS && entry->due_ms <= due_ms)
		return;
	entry->due_ms = due_ms;
	publisher_object_table_set(table, entry, OBJECT_WAITS);
}

struct object_entry *publisher_object_table_next(const struct object_table *table, uint64_t now_ms,
						 uint64_t *due_ms)
{
	struct object_entry *entry;

	*due_ms = UINT64_MAX;
	TAILQ_FOREACH(entry, &table->in[OBJECT_WAITS], link) {
		if (entry->due_ms <= now_ms)
			return entry;
		if (entry->due_ms < *due_ms)
			*due_ms = entry->due_ms;
	}
	return NULL;
}
