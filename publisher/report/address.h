/* address: which Ingresses have to be told where Pomerium is reached, and when. Pure.
 *
 * Each Ingress has what its status says. One that says something else than is wanted waits for its
 * turn: at once the first time, and longer each time after that, should somebody else write what
 * they want instead. Waits are powers of two, so there is a queue for each of them, in the order of
 * coming: a change costs the same among ten Ingresses and among ten thousand. */
#ifndef PUBLISHER_ADDRESS_H
#define PUBLISHER_ADDRESS_H

#include <sys/queue.h>
#include "base/map.h"
#include "msg/config.h"

#define ADDRESS_LEVELS 11 /* waits of 0, 1 s, 2 s, ... 512 s */

struct address_entry {
	TAILQ_ENTRY(address_entry) link; /* in its queue */
	uint64_t due_ms;
	uint64_t says;    /* sum of what its status says */
	uint64_t calm_ms; /* what differs later than this is no quarrel */
	uint8_t level;    /* of the next wait */
	uint8_t queue;    /* it waits in */
	bool waits;
	struct str uid; /* these two stand behind the entry */
	struct str key; /* namespace/name */
};

TAILQ_HEAD(address_queue, address_entry);

struct address_table {
	struct map entries; /* key -> struct address_entry */
	struct address_queue queues[ADDRESS_LEVELS];
	uint64_t wanted; /* sum of what they should say; 0: not known, nobody waits */
};

/* What stands in status.loadBalancer, as JSON: two are the same if their sums are. */
void publisher_address_print(const struct msg_load_balancer *status, struct buf *out);
uint64_t publisher_address_sum(struct str json); /* never 0 */
/* The merge patch; it fails if the Ingress is another one by now. */
void publisher_address_print_patch(struct str uid, struct str json, struct buf *out);

void publisher_address_init(struct address_table *table);
void publisher_address_clear(struct address_table *table);
/* Everybody should say this now; 0: whatever they like. */
void publisher_address_want(struct address_table *table, uint64_t sum, uint64_t now_ms);
/* This Ingress says that now. */
void publisher_address_put(struct address_table *table, struct str key, struct str uid,
			   uint64_t says, uint64_t now_ms);
void publisher_address_del(struct address_table *table, struct str key);
/* It does not wait any more, until it is put again. */
void publisher_address_pause(struct address_table *table, struct str key);
/* The next one whose time has come, out of its queue; else NULL, and *due_ms says when to look
 * again. */
struct address_entry *publisher_address_take(struct address_table *table, uint64_t now_ms,
					     uint64_t *due_ms);
/* One that was taken could not be told: it waits again, and long if that will hardly change. */
void publisher_address_again(struct address_table *table, struct str key, bool is_long,
			     uint64_t now_ms);

#endif
