/* control: the field tables of the messages of every link. */
#include "msg/msg.h"

static const struct codec_field hello_fields[] = {
	CODEC_FIELD(msg_hello, protocol, CODEC_UINT),
	CODEC_FIELD(msg_hello, room, CODEC_UINT, .max = N_ROOMS - 1),
	CODEC_FIELD(msg_hello, epoch, CODEC_UINT),
	CODEC_FIELD(msg_hello, credit, CODEC_UINT, .max = 1u << 20),
	CODEC_FIELD(msg_hello, session, CODEC_UINT),
	CODEC_FIELD(msg_hello, settings, CODEC_BOOL),
};
const struct codec msg_hello_codec = CODEC_OF(msg_hello, hello_fields);

static const struct codec_field heartbeat_fields[] = {
	CODEC_FIELD(msg_heartbeat, last, CODEC_UINT),
};
const struct codec msg_heartbeat_codec = CODEC_OF(msg_heartbeat, heartbeat_fields);

static const struct codec_field credit_fields[] = {
	CODEC_FIELD(msg_credit, more, CODEC_UINT, .max = 1u << 20),
};
const struct codec msg_credit_codec = CODEC_OF(msg_credit, credit_fields);

static const struct codec_field resync_fields[] = {
	CODEC_FIELD(msg_resync, reason, CODEC_TEXT, .max = ERR_MAX),
};
const struct codec msg_resync_codec = CODEC_OF(msg_resync, resync_fields);
