/* tickets: whether the resolver vouches for what a translator says.
 *
 *   in     the ticket of a CONFIG or REJECT
 *   out    the ticket, if its MAC is of the newest key
 *   owns   that key; wiped when another comes
 *   never  takes a ticket of an earlier session: after a restart of either end all jobs go out
 *          again
 */
#include "publisher/tickets.h"

#include "base/mem.h"

void publisher_tickets_renew(struct tickets *self, struct msg_ticket_key *out)
{
	self->key_id = hash_random64();
	hash_random(&self->key, sizeof(self->key));
	*out = (struct msg_ticket_key){ self->key_id, { (const char *)self->key.bytes, HASH_LEN } };
}

void publisher_tickets_clear(struct tickets *self)
{
	self->key_id = 0;
	mem_wipe(&self->key, sizeof(self->key));
}

enum tickets_verdict publisher_tickets_check(const struct tickets *self,
					     const struct msg_sealed_ticket *sealed,
					     struct pool *pool, struct msg_ticket *out,
					     struct err *err)
{
	if (msg_ticket_open(sealed, pool, out, err) < 0)
		return TICKETS_FORGED;
	if (!self->key_id || out->key_id != self->key_id)
		return TICKETS_OLD;
	if (msg_ticket_is_of(sealed, &self->key))
		return TICKETS_GOOD;
	err_set(err, "the MAC of its ticket is not of the key that the ticket names");
	return TICKETS_FORGED;
}

bool publisher_tickets_is_about(const struct msg_ticket *ticket, const struct msg_key *owner,
				const struct msg_stamp *stamp)
{
	return msg_key_equal(&ticket->owner, owner) && ticket->stamp.epoch == stamp->epoch &&
	       ticket->stamp.number == stamp->number;
}
