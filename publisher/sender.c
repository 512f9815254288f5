/* sender: who may say what of which owner.
 *
 *   in     the peer that a CONFIG or a REJECT comes from, the key of one that came earlier
 *   out    whether it counts
 *   owns   nothing
 *   never  looks into a message
 */
#include "publisher/sender.h"

#include "publisher/publisher_metrics.h"

/* As the resolver gives it: a translator that reads what tenants write has never had the Pomerium
 * object, and the other one nothing else. */
int publisher_sender_check(const struct actor_peer *from, const struct msg_key *owner,
			   struct err *err)
{
	const bool is_settings = owner->kind == MSG_KIND_POMERIUM;

	if (actor_peer_is_for_settings(from) == is_settings &&
	    (!is_settings || actor_peer_may_have_settings(from)))
		return 0;
	publisher_metrics.tickets[TICKET_FORGED]++;
	return err_set(err, is_settings
				    ? "the Pomerium object is for a translator with --settings, "
				      "over ipc, and for no other"
				    : "a translator with --settings is for the Pomerium object "
				      "and for nothing else");
}

bool publisher_sender_counts(const void *loop, const char *key)
{
	return actor_key_counts(loop, key, ROOM_TRANSLATOR);
}
