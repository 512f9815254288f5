/* outbox: what goes to a peer.
 *
 *   in     packed messages, credit
 *   out    frames through `send`, in order, as far as credit reaches
 *   owns   the messages that wait for credit, and their numbers
 *   never  sends past credit, drops a message by itself, leaves a copy of one in memory
 */
#include "actor/link/outbox.h"

#include <string.h>

#include "base/mem.h"

struct outbox_message {
	STAILQ_ENTRY(outbox_message) next;
	enum msg_type type;
	size_t len;
	char bytes[];
};

void actor_outbox_init(struct outbox *outbox,
		       enum frame_sent (*send)(void *arg, enum msg_type type, struct str frame),
		       void *arg)
{
	*outbox = (struct outbox){ .send = send, .arg = arg };
	STAILQ_INIT(&outbox->waiting);
}

static void remove_first(struct outbox *outbox)
{
	struct outbox_message *first = STAILQ_FIRST(&outbox->waiting);

	STAILQ_REMOVE_HEAD(&outbox->waiting, next);
	outbox->n_waiting--;
	mem_wipe(first->bytes, first->len);
	mem_free(first);
}

void actor_outbox_drop(struct outbox *outbox)
{
	while (outbox->n_waiting)
		remove_first(outbox);
}

void actor_outbox_start(struct outbox *outbox, uint64_t credit)
{
	actor_outbox_drop(outbox);
	outbox->n_sent = 0;
	outbox->credit = credit;
}

uint64_t actor_outbox_next(const struct outbox *outbox)
{
	return outbox->n_sent + outbox->n_waiting + 1;
}

static enum frame_sent transmit(struct outbox *outbox, enum msg_type type, struct str frame)
{
	enum frame_sent sent;

	if (!outbox->credit)
		return SENT_LATER;
	sent = outbox->send(outbox->arg, type, frame);
	if (sent == SENT) {
		outbox->credit--;
		outbox->n_sent++;
	}
	return sent;
}

static void keep(struct outbox *outbox, enum msg_type type, struct str frame)
{
	struct outbox_message *message = mem_alloc(sizeof(*message) + frame.len);

	message->type = type;
	message->len = frame.len;
	memcpy(message->bytes, frame.ptr, frame.len);
	STAILQ_INSERT_TAIL(&outbox->waiting, message, next);
	outbox->n_waiting++;
}

int actor_outbox_put(struct outbox *outbox, enum msg_type type, struct str frame)
{
	enum frame_sent sent = outbox->n_waiting ? SENT_LATER : transmit(outbox, type, frame);

	if (sent == SENT_LATER)
		keep(outbox, type, frame);
	return sent == SENT_TO_NOBODY ? -1 : 0;
}

bool actor_outbox_grant(struct outbox *outbox, uint64_t more)
{
	if (more > OUTBOX_CREDIT_MAX || outbox->credit + more > OUTBOX_CREDIT_MAX)
		return false;
	outbox->credit += more;
	return true;
}

int actor_outbox_flush(struct outbox *outbox)
{
	while (outbox->n_waiting) {
		struct outbox_message *first = STAILQ_FIRST(&outbox->waiting);
		enum frame_sent sent =
			transmit(outbox, first->type, (struct str){ first->bytes, first->len });

		if (sent != SENT)
			return sent == SENT_TO_NOBODY ? -1 : 0;
		remove_first(outbox);
	}
	return 0;
}

uint64_t actor_outbox_credit(const struct outbox *outbox)
{
	return outbox->n_waiting ? 0 : outbox->credit;
}
