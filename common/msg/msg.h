/* msg: the contract between rooms. Every message is one row of the table in msg.c: name, from, to,
 * link, codec. PROTOCOL.md beside this file has the grammar: who says what when. */
#ifndef MSG_MSG_H
#define MSG_MSG_H

#include "msg/bundle.h"
#include "msg/config.h"
#include "msg/control.h"
#include "msg/object.h"
#include "msg/secret.h"

#define MSG_PROTOCOL_VERSION 3

enum msg_room { ROOM_NONE, ROOM_WATCHER, ROOM_RESOLVER, ROOM_TRANSLATOR, ROOM_PUBLISHER, N_ROOMS };
const char *room_name(enum msg_room room);

/* A link has one room at either end: objects is watcher to resolver, jobs translator to resolver,
 * configs translator to publisher, state resolver to publisher. */
enum msg_link { LINK_OBJECTS, LINK_JOBS, LINK_CONFIGS, LINK_STATE, N_LINKS };

enum msg_type {
	MSG_NONE,
	MSG_HELLO,
	MSG_HEARTBEAT,
	MSG_CREDIT,
	MSG_RESYNC,
	MSG_OBJECT_PUT,
	MSG_OBJECT_DELETE,
	MSG_KIND_STATE,
	MSG_SECRET_WANTED,
	MSG_SECRET_VALUE,
	MSG_SECRET_PUT,
	MSG_BUNDLE,
	MSG_CONFIG,
	MSG_REJECT,
	MSG_DELETE,
	MSG_INVENTORY,
	MSG_FLUSHED,
	MSG_ACK,
	MSG_ADDRESSES,
	MSG_TICKET_KEY,
	MSG_CLASSES,
	MSG_N_TYPES
};
const char *msg_name(enum msg_type type);
bool msg_is_secret(
	enum msg_type type); /* it carries values of Secrets or a key: wipe it after use */
const struct codec *msg_codec(enum msg_type type); /* NULL for an unknown type */
/* Whether `from` may say this to `to` on this link. */
bool msg_allowed(enum msg_type type, enum msg_room from, enum msg_room to, enum msg_link link);

union msg_body {
	struct msg_hello hello;
	struct msg_heartbeat heartbeat;
	struct msg_credit credit;
	struct msg_resync resync;
	struct msg_object object;
	struct msg_object_delete object_delete;
	struct msg_kind_state kind_state;
	struct msg_secret_wanted secret_wanted;
	struct msg_secret_value secret_value;
	struct msg_secret_put secret_put;
	struct msg_bundle bundle;
	struct msg_config config;
	struct msg_reject reject;
	struct msg_delete delete;
	struct msg_inventory inventory;
	struct msg_flushed flushed;
	struct msg_ack ack;
	struct msg_addresses addresses;
	struct msg_ticket_key ticket_key;
	struct msg_classes classes;
};

/* A message as a handler gets it; lives in the pool it was unpacked into. */
struct msg {
	enum msg_type type;
	uint64_t seq;     /* of its link, from 1; 0 for HELLO, HEARTBEAT, CREDIT and RESYNC */
	uint64_t seen_ns; /* when the oldest change behind it was seen; 0: unknown. For figures of
			     latency only. */
	struct str raw;   /* the packed body, borrowed from the frame; equal ones are equal bytes */
	union msg_body body;
};

/* What stands before the body in a frame. */
struct msg_head {
	enum msg_type type;
	uint64_t seq, seen_ns;
};
/* One frame: msgpack array [type, seq, seen_ns, body], or [type, 0, body] of what has no number.
 * `body` is the struct of that type. */
void msg_pack(const struct msg_head *head, const void *body, struct buf *out);
/* The same with a body that is packed already. */
void msg_pack_raw(const struct msg_head *head, struct str raw, struct buf *out);
int msg_unpack(struct str frame, struct pool *pool, struct msg *out, struct err *err);
/* The protocol version that a HELLO of any version names (its first field, in all of them); 0: not
 * a HELLO. */
uint64_t msg_hello_protocol(struct str frame);
/* The packed body in a frame; absent if it is none. */
struct str msg_frame_body(struct str frame);
/* For taps and dumps: {"type":"BUNDLE","seq":41,"seen_ns":5,"body":{...}}, secrets hidden. */
void msg_print(const struct msg *m, struct buf *out);
/* The object a message is about, for tap topics: NULL if it is about none. */
const struct msg_key *msg_subject(const struct msg *m);

#endif
