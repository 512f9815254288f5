/* object_table: which objects of the Gateway API have to be told something, and when. Pure.
 *
 * An object waits from the moment on when what it makes is stored. One that is told the same again
 * and again, because somebody else writes there what they want, waits longer each time. */
#ifndef PUBLISHER_OBJECT_TABLE_H
#define PUBLISHER_OBJECT_TABLE_H

#include <sys/queue.h>
#include "publisher/gateway/object_status.h"

#define OBJECT_COUNT_MS 5000 /* least time between two writes of what only counts routes */

struct object_entry {
	TAILQ_ENTRY(object_entry) link; /* in the queue of its state */
	uint8_t state;                  /* enum object_state */
	uint8_t level;                  /* of the wait after the next write of the same */
	bool is_new;                    /* the report is another one than was written last */
	uint64_t due_ms, written_ms;
	uint64_t sent, got; /* sums of what was written last, and of what was there then */
	struct pool pool;   /* of all that follows */
	struct msg_key owner;
	struct str text; /* msg_key_text */
	struct str uid;
	const struct value *report, *present;
	const char *rejected; /* NULL: it was not */
};
TAILQ_HEAD(object_queue, object_entry);

enum object_state {
	OBJECT_IDLE,    /* there is nothing to say */
	OBJECT_PENDING, /* what it makes is not taken yet */
	OBJECT_TAKEN,   /* it is being stored */
	OBJECT_WAITS,   /* from due_ms on */
	OBJECT_FLIES,   /* it is being told */
	OBJECT_N_STATES
};

struct object_table {
	struct map entries; /* msg_key_text -> struct object_entry */
	struct object_queue in[OBJECT_N_STATES];
};

void publisher_object_table_init(struct object_table *table);
void publisher_object_table_clear(struct object_table *table);
/* What is new of an object; its texts are copied. Fails nobody: one that is rejected has nothing to
 * be stored. */
struct object_entry *publisher_object_table_put(struct object_table *table,
						const struct object_status *news, struct str uid);
struct object_entry *publisher_object_table_get(const struct object_table *table,
						const struct msg_key *owner);
/* It was told, and says this now; it waits to be looked at again. */
void publisher_object_table_says(struct object_table *table, struct object_entry *entry,
				 const struct value *present);
void publisher_object_table_del(struct object_table *table, struct object_entry *entry);
void publisher_object_table_set(struct object_table *table, struct object_entry *entry,
				enum object_state state);
/* All of one state go on to another one. */
void publisher_object_table_move(struct object_table *table, enum object_state from,
				 enum object_state to);
/* It waits from then on, or earlier if it does so already; not if it has to be stored first. */
void publisher_object_table_wait(struct object_table *table, struct object_entry *entry,
				 uint64_t due_ms);
/* The first that is due; NULL: none, and *due_ms says when to look again. */
struct object_entry *publisher_object_table_next(const struct object_table *table, uint64_t now_ms,
						 uint64_t *due_ms);

#endif
