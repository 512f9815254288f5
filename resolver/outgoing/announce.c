/* announce: the list of all owners, cut in chunks that fit a frame.
 *
 *   in     all owners at the moment when every list was complete
 *   out    INVENTORY messages, one after the other, as the publisher has credit for them
 *   owns   the copied list, until its last chunk is taken
 *   never  sends anything
 */
#include "resolver/outgoing/announce.h"

#include "base/log.h"

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

void resolver_announce_begin(struct announce *self, const struct key_list *owners, bool complete,
			     struct queue *queue)
{
	resolver_announce_clear(self);
	resolver_queue_restart(queue);
	self->entries = pool_array(&self->pool, owners->n, sizeof(*self->entries));
	self->n = owners->n;
	self->complete = complete;
	self->state = ANNOUNCE_RUNNING;
	for (size_t i = 0; i < owners->n; i++) {
		self->entries[i].owner = msg_key_dup(&owners->items[i], &self->pool);
		self->entries[i].number = resolver_queue_announce(queue, &owners->items[i]);
	}
	self->number = queue->number;
	log_info("announcing the inventory", "owners=%zu number=%llu complete=%s", self->n,
		 (unsigned long long)self->number, complete ? "true" : "false");
}

struct msg_inventory resolver_announce_next(struct announce *self)
{
	size_t left = self->n - self->next;
	struct msg_inventory out = { .number = self->number,
				     .chunk = self->chunk++,
				     .complete = self->complete,
				     .certificates = self->certificates };

	out.owners.items = self->entries + self->next;
	out.owners.n = left < MSG_INVENTORY_CHUNK ? left : MSG_INVENTORY_CHUNK;
	self->next += out.owners.n;
	out.last = self->next == self->n;
	if (out.last)
		self->state = ANNOUNCE_DONE;
	return out;
}

bool resolver_announce_is_done(const struct announce *self, struct err *why)
{
	if (self->state == ANNOUNCE_NONE)
		return !err_set(why, "some kind of object is still being listed");
	if (self->state == ANNOUNCE_RUNNING)
		return !err_set(why, "the owners are being announced to the publisher");
	return true;
}
