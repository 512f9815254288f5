/* winners: of the items with one key the first by path wins; the others wait until it goes. */
#ifndef WATCHER_WINNERS_H
#define WATCHER_WINNERS_H

#include "base/map.h"
#include "watcher/dir/manifest.h"

struct winners_sink {
	void *self;
	/* `old` won the key, `new` does now; either may be NULL. */
	void (*changed)(void *self, const struct manifest_item *old,
			const struct manifest_item *new);
	void (*waits)(void *self, const struct manifest_item *loser,
		      const struct manifest_item *winner);
};

struct winners {
	struct map first; /* key -> struct manifest_item, the first of those that have it */
	struct winners_sink sink;
};

void watcher_winners_init(struct winners *self, const struct winners_sink *sink);
void watcher_winners_clear(struct winners *self);
/* An item whose path is set; in the place of the older one from its file, if there is one, whose
 * path is set to NULL. */
void watcher_winners_enter(struct winners *self, struct manifest_item *item);
void watcher_winners_leave(struct winners *self, struct manifest_item *item);
/* NULL: no item has the key. */
const struct manifest_item *watcher_winners_get(const struct winners *self, struct str key);

#endif
