/* address: which Ingresses have to be told where Pomerium is reached, and when.
 *
 *   in     what each of them says, what they should say, what could not be written
 *   out    whose turn it is; the patch
 *   owns   the queues in which they wait
 *   never  sends; looks at all of them but when the address itself is another one
 */
#include "publisher/report/address.h"

#include "base/cjson.h"
#include "base/hash.h"
#include "base/mem.h"

#define STEP_MS 1000
#define TOP (ADDRESS_LEVELS - 1)

/* ---- text ---- */

static void put_ports(cJSON *parent, const struct msg_load_balancer_port_list *ports)
{
	cJSON *list = cjson_put_list(parent, "ports");

	for (size_t i = 0; i < ports->n; i++) {
		const struct msg_load_balancer_port *port = &ports->items[i];
		cJSON *item = cjson_put_object(list, NULL);

		cjson_put_number(item, "port", port->port);
		cjson_put_filled(item, "protocol", port->protocol);
		cjson_put_filled(item, "error", port->error);
	}
}

static void put_ingress(cJSON *parent, const struct msg_load_balancer_ingress *one)
{
	cJSON *item = cjson_put_object(parent, NULL);

	cjson_put_filled(item, "ip", one->ip);
	cjson_put_filled(item, "hostname", one->hostname);
	if (one->ports.n)
		put_ports(item, &one->ports);
}

void publisher_address_print(const struct msg_load_balancer *status, struct buf *out)
{
	cJSON *doc = cJSON_CreateObject(), *list;

	if (status->ingress.n) {
		list = cjson_put_list(doc, "ingress");
		for (size_t i = 0; i < status->ingress.n; i++)
			put_ingress(list, &status->ingress.items[i]);
	} else {
		cjson_put_text(doc, "ingress", STR_NONE);
	}
	cjson_print(&doc, out);
}

uint64_t publisher_address_sum(struct str json)
{
	return hash_fast(json) | 1;
}

void publisher_address_print_patch(struct str uid, struct str json, struct buf *out)
{
	cJSON *doc = cJSON_CreateObject();

	cjson_put_text(cjson_put_object(doc, "metadata"), "uid", uid);
	cjson_put_raw(cjson_put_object(doc, "status"), "loadBalancer", json);
	cjson_print(&doc, out);
}

/* ---- queues ---- */

static void leave(struct address_table *table, struct address_entry *entry)
{
	if (entry->waits)
		TAILQ_REMOVE(&table->queues[entry->queue], entry, link);
	entry->waits = false;
}

static uint64_t wait_of(uint8_t level)
{
	return level ? (uint64_t)STEP_MS << (level - 1) : 0;
}

/* In a queue all have the same wait: whoever comes last has the latest time. */
static void enqueue(struct address_table *table, struct address_entry *entry, uint64_t now_ms)
{
	if (entry->waits)
		return;
	entry->queue = entry->level;
	entry->due_ms = now_ms + wait_of(entry->level);
	TAILQ_INSERT_TAIL(&table->queues[entry->queue], entry, link);
	entry->waits = true;
}

/* It waits exactly if its status has to say something else. */
static void requeue(struct address_table *table, struct address_entry *entry, uint64_t now_ms)
{
	if (!table->wanted || entry->says == table->wanted) {
		leave(table, entry);
		return;
	}
	if (!entry->waits && now_ms > entry->calm_ms)
		entry->level = 0;
	enqueue(table, entry, now_ms);
}

/* ---- the table ---- */

void publisher_address_init(struct address_table *table)
{
	*table = (struct address_table){ 0 };
	map_init(&table->entries, mem_free);
	for (size_t i = 0; i < ADDRESS_LEVELS; i++)
		TAILQ_INIT(&table->queues[i]);
}

void publisher_address_clear(struct address_table *table)
{
	map_clear(&table->entries);
	publisher_address_init(table);
}

void publisher_address_want(struct address_table *table, uint64_t sum, uint64_t now_ms)
{
	void *value;

	if (sum == table->wanted)
		return;
	table->wanted = sum;
	for (size_t i = 0; map_next(&table->entries, &i, NULL, &value);) {
		struct address_entry *entry = value;

		leave(table, entry);
		entry->level = 0;
		requeue(table, entry, now_ms);
	}
}

static struct address_entry *new_entry(struct str key, struct str uid)
{
	struct address_entry *entry = mem_alloc(sizeof(*entry) + key.len + uid.len);
	char *text = (char *)(entry + 1);

	memcpy(text, key.ptr, key.len);
	if (uid.len)
		memcpy(text + key.len, uid.ptr, uid.len);
	entry->key = (struct str){ text, key.len };
	entry->uid = (struct str){ text + key.len, uid.len };
	return entry;
}

void publisher_address_put(struct address_table *table, struct str key, struct str uid,
			   uint64_t says, uint64_t now_ms)
{
	struct address_entry *entry = map_get(&table->entries, key);

	if (entry && !str_eq(entry->uid, uid)) {
		publisher_address_del(table, key);
		entry = NULL;
	}
	if (!entry) {
		entry = new_entry(key, uid);
		map_put(&table->entries, key, entry);
	}
	entry->says = says;
	requeue(table, entry, now_ms);
}

void publisher_address_del(struct address_table *table, struct str key)
{
	publisher_address_pause(table, key);
	map_del(&table->entries, key);
}

void publisher_address_pause(struct address_table *table, struct str key)
{
	struct address_entry *entry = map_get(&table->entries, key);

	if (entry)
		leave(table, entry);
}

/* ---- turns ---- */

struct address_entry *publisher_address_take(struct address_table *table, uint64_t now_ms,
					     uint64_t *due_ms)
{
	struct address_entry *next = NULL;

	*due_ms = UINT64_MAX;
	for (size_t i = 0; i < ADDRESS_LEVELS; i++) {
		struct address_entry *first = TAILQ_FIRST(&table->queues[i]);

		if (first && first->due_ms < *due_ms) {
			*due_ms = first->due_ms;
			next = first;
		}
	}
	if (!next || next->due_ms > now_ms)
		return NULL;
	leave(table, next);
	if (next->level < TOP)
		next->level++;
	next->calm_ms = now_ms + 2 * wait_of(next->level);
	return next;
}

void publisher_address_again(struct address_table *table, struct str key, bool is_long,
			     uint64_t now_ms)
{
	struct address_entry *entry = map_get(&table->entries, key);

	if (!entry)
		return;
	if (is_long)
		entry->level = TOP;
	entry->calm_ms = now_ms + 2 * wait_of(entry->level);
	requeue(table, entry, now_ms);
}
