/* line: keys that wait their turn, each of them once, first come first served. */
#ifndef RESOLVER_KEYQUEUE_H
#define RESOLVER_KEYQUEUE_H

#include "base/map.h"
#include "msg/object.h"

struct line {
	struct map places; /* key text -> struct line_place */
	struct line_place *first, *last;
};

void resolver_line_init(struct line *line);
void resolver_line_clear(struct line *line);
/* At the end; a key that waits already keeps its place. */
void resolver_line_add(struct line *line, const struct msg_key *key);
/* Takes the first one out; false if nobody waits. The key lives in the pool. */
bool resolver_line_take(struct line *line, struct pool *pool, struct msg_key *key);

#endif
