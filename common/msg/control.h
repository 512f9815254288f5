/* control: the messages of every link. See PROTOCOL.md, "Links".
 *
 *   HELLO      first on a link, both ways: who I am and how many messages I can take
 *   HEARTBEAT  I live; the number of the last message I sent, so that a lost tail is seen
 *   CREDIT     you may send that many more
 *   RESYNC     I have a gap: start over with HELLO and send all again */
#ifndef MSG_CONTROL_H
#define MSG_CONTROL_H

#include "msg/codec.h"

struct msg_hello {
	uint64_t protocol; /* MSG_PROTOCOL_VERSION; others are refused */
	uint64_t room;     /* enum msg_room */
	uint64_t epoch;    /* random, of this process's boot */
	uint64_t credit;   /* messages the other side may send before it needs CREDIT */
	uint64_t session;  /* DEALER: counts the HELLOs of this process on this link, a larger one
			      starts it over; ROUTER: the one it answers */
	bool settings;     /* a translator that is for the Pomerium object and for nothing else */
};
extern const struct codec msg_hello_codec;

struct msg_heartbeat {
	uint64_t last;
};
extern const struct codec msg_heartbeat_codec;

struct msg_credit {
	uint64_t more;
};
extern const struct codec msg_credit_codec;

struct msg_resync {
	struct str reason;
};
extern const struct codec msg_resync_codec;

#endif
