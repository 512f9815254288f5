/* frame: a packed message on its way through a ZeroMQ socket, in one part or several; at a ROUTER
 * behind the routing id of the peer. */
#ifndef ACTOR_FRAME_H
#define ACTOR_FRAME_H

#include <stdbool.h>
#include <zmq.h>

#include "actor/link/frame_sent.h"
#include "base/buf.h"

#define FRAME_PART_MAX (256u << 10) /* so that no stranger can make a process hold more */

struct frame {
	zmq_msg_t id;      /* of the peer; empty at a DEALER */
	zmq_msg_t part;    /* the first */
	struct buf joined; /* all of them, where there are several */
	bool well_formed;  /* it is not longer than a message may be */
};

/* `id`: absent at a DEALER. A secret frame is wiped once it has gone. */
enum frame_sent actor_frame_send(void *sock, struct str id, struct str bytes, bool is_secret);

void actor_frame_init(struct frame *frame);
void actor_frame_close(struct frame *frame);
/* False: nothing is there. */
bool actor_frame_receive(struct frame *frame, void *sock, bool has_id);
struct str actor_frame_id(struct frame *frame);
struct str actor_frame_bytes(struct frame *frame);
void actor_frame_wipe(struct frame *frame); /* it held a secret */

#endif
