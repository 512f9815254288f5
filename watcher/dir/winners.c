/* winners: of the items with one key the first by path wins.
 *
 *   in     items of manifests, as their files come, change and go
 *   out    which item wins a key now; which one waits
 *   owns   for each key the list of its items, by path
 *   never  looks into an object, keeps an item alive
 */
#include "watcher/dir/winners.h"

#include "base/log.h"

void watcher_winners_init(struct winners *self, const struct winners_sink *sink)
{
	self->sink = *sink;
	map_init(&self->first, NULL);
}

void watcher_winners_clear(struct winners *self)
{
	map_clear(&self->first);
}

const struct manifest_item *watcher_winners_get(const struct winners *self, struct str key)
{
	return map_get(&self->first, key);
}

static void set_winner(struct winners *self, struct manifest_item *old, struct manifest_item *new)
{
	if (new)
		map_put(&self->first, new->key, new);
	else
		map_del(&self->first, old->key);
	if (old)
		old->wins = false;
	if (new)
		new->wins = true;
	self->sink.changed(self->sink.self, old, new);
}

void watcher_winners_enter(struct winners *self, struct manifest_item *item)
{
	struct manifest_item *old = map_get(&self->first, item->key), *first = old;
	struct manifest_item **at = &first;

	while (*at && strcmp((*at)->path, item->path) < 0)
		at = &(*at)->next;
	item->next = *at;
	if (*at && (*at)->path == item->path) {
		item->next = (*at)->next;
		(*at)->path = NULL;
	} else if (first == item->next && old) {
		self->sink.waits(self->sink.self, old, item);
	} else if (old) {
		self->sink.waits(self->sink.self, item, old);
	}
	*at = item;
	if (first != old)
		set_winner(self, old, first);
}

void watcher_winners_leave(struct winners *self, struct manifest_item *item)
{
	struct manifest_item *old = map_get(&self->first, item->key), *first = old;
	struct manifest_item **at = &first;

	while (*at && *at != item)
		at = &(*at)->next;
	if (*at)
		*at = item->next;
	if (first == old)
		return;
	if (first)
		log_info("an object is taken from another file", "object=" STR_FMT " path=%s",
			 STR_ARG(first->key), log_value(first->path));
	set_winner(self, old, first);
}
