/* removed: the owners that were removed last, and why.
 *
 *   in     owners that are gone, or no longer ours
 *   out    when and why
 *   owns   the last REMOVED_MAX of them
 *   never  remembers one that has come back: whoever asks looks among the owners first
 */
#include "publisher/removed.h"

#include "base/clock.h"
#include "base/mem.h"

static void free_owner(struct removed_owner *owner)
{
	mem_free(owner->text);
	mem_free(owner->reason);
	*owner = (struct removed_owner){ NULL, NULL, 0 };
}

void publisher_removed_clear(struct removed *removed)
{
	for (size_t i = 0; i < REMOVED_MAX; i++)
		free_owner(&removed->items[i]);
}

void publisher_removed_note(struct removed *removed, const struct msg_key *owner, struct str reason)
{
	struct removed_owner *item = &removed->items[removed->next];
	struct pool pool;
	struct str text;

	removed->next = (removed->next + 1) % REMOVED_MAX;
	free_owner(item);
	pool_init(&pool);
	text = msg_key_text(owner, &pool);
	item->text = mem_dup(text.ptr, text.len);
	item->reason = reason.len ? mem_dup(reason.ptr, reason.len) : NULL;
	item->at = clock_wall();
	pool_clear(&pool);
}

const struct removed_owner *publisher_removed_find(const struct removed *removed,
						   const struct msg_key *owner)
{
	const struct removed_owner *found = NULL;
	struct pool pool;
	struct str text;

	pool_init(&pool);
	text = msg_key_text(owner, &pool);
	for (size_t i = 0; !found && i < REMOVED_MAX; i++) {
		/* the newest first */
		const size_t at = (removed->next + REMOVED_MAX - 1 - i) % REMOVED_MAX;

		if (str_eq(str_from(removed->items[at].text), text))
			found = &removed->items[at];
	}
	pool_clear(&pool);
	return found;
}
