/* frame_sent: what became of a frame that was to go out. */
#ifndef ACTOR_FRAME_SENT_H
#define ACTOR_FRAME_SENT_H

enum frame_sent {
	SENT_TO_NOBODY = -1, /* the peer is gone */
	SENT,
	SENT_LATER /* the socket is full: try again */
};

#endif
