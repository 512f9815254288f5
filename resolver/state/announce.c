/* announce: the list of all owners, cut in chunks that fit a frame.
 *
 *   in     all owners at the moment when every list was complete
 *   out    INVENTORY messages, one after the other, as the publisher has credit for them
 *   owns   the copied list, until its last chunk is taken
 */
#include "resolver/state/announce.h"

void resolver_announce_init(struct announce *self)
{
	*self = (struct announce){ .state = ANNOUNCE_NONE };
	pool_init(&self->pool);
}

void resolver_announce_clear(struct announce *self)
{
	pool_clear(&self->pool);
	resolver_announce_init(self);
}

void resolver_announce_begin(struct announce *self, const struct msg_key *owners, size_t n,
			     bool complete)
{
	resolver_announce_clear(self);
	self->entries = pool_array(&self->pool, n, sizeof(*self->entries));
	self->n = n;
	self->complete = complete;
	self->state = ANNOUNCE_RUNNING;
	for (size_t i = 0; i < n; i++)
		self->entries[i].owner = msg_key_dup(&owners[i], &self->pool);
}

struct msg_inventory resolver_announce_next(struct announce *self)
{
	size_t left = self->n - self->next;
	struct msg_inventory out = { .number = self->number,
				     .chunk = self->chunk++,
				     .complete = self->complete };

	out.owners.items = self->entries + self->next;
	out.owners.n = left < MSG_INVENTORY_CHUNK ? left : MSG_INVENTORY_CHUNK;
	self->next += out.owners.n;
	out.last = self->next == self->n;
	if (out.last)
		self->state = ANNOUNCE_DONE;
	return out;
}
