/* fake: one end of a link, played by the test frame by frame. */
#ifndef TEST_ACTOR_FAKE_H
#define TEST_ACTOR_FAKE_H

#include "room.h"

struct rig {
	char dir[64];
	struct room watcher, resolver;
};

struct fake {
	zsock_t *sock;
	struct pool pool;
	zmq_msg_t frame;
};

static inline void fake_open(struct fake *fake, const struct rig *rig, const char *id)
{
	fake->sock = zsock_new(ZMQ_DEALER);
	zmq_msg_init(&fake->frame);
	zsock_set_identity(fake->sock, id);
	zsock_set_linger(fake->sock, 0);
	zsock_set_rcvtimeo(fake->sock, 10000);
	assert_int_equal(zsock_connect(fake->sock, "ipc://%s/objects", rig->dir), 0);
}

static inline void fake_close(struct fake *fake)
{
	zmq_msg_close(&fake->frame);
	zsock_destroy(&fake->sock);
	zsys_shutdown(); /* the next room is a fork of this process: it must not inherit a
			    connection */
	pool_clear(&fake->pool);
}

static inline void fake_send_bytes(struct fake *fake, const void *bytes, size_t len)
{
	assert_int_equal(zmq_send(zsock_resolve(fake->sock), bytes, len, 0), (int)len);
}

static inline void fake_send(struct fake *fake, enum msg_type type, uint64_t seq, const void *body)
{
	const uint64_t seen_ns = seq; /* as good as any */
	struct buf out;

	buf_init(&out, BUF_MAX_MESSAGE);
	msg_pack(&(struct msg_head){ type, seq, seen_ns }, body, &out);
	fake_send_bytes(fake, out.ptr, out.len);
	buf_clear(&out);
}

static inline void fake_hello(struct fake *fake, uint64_t session)
{
	struct msg_hello hello = { MSG_PROTOCOL_VERSION, ROOM_WATCHER, 4711, 100, session };

	fake_send(fake, MSG_HELLO, 0, &hello);
}

/* Reads until a message of this type comes. */
static inline void fake_expect(struct fake *fake, enum msg_type type, struct msg *m)
{
	uint64_t deadline = clock_ms() + 10000;
	struct err err = { "" };

	do {
		if (clock_ms() > deadline ||
		    zmq_msg_recv(&fake->frame, zsock_resolve(fake->sock), 0) < 0)
			fail_msg("no %s within ten seconds", msg_name(type));
		if (msg_unpack(
			    (struct str){ zmq_msg_data(&fake->frame), zmq_msg_size(&fake->frame) },
			    &fake->pool, m, &err) < 0)
			fail_msg("%s", err.text);
	} while (m->type != type);
}

static inline void fake_up(struct fake *fake, struct rig *rig, uint64_t session)
{
	struct msg m;

	fake_hello(fake, session);
	fake_expect(fake, MSG_HELLO, &m);
	assert_int_equal(m.body.hello.session, session);
	assert_int_equal(m.body.hello.room, ROOM_RESOLVER);
	assert_int_equal(m.body.hello.credit, 256);
	room_expect(&rig->resolver, "up watcher");
}

static inline void fake_delete(struct fake *fake, uint64_t seq)
{
	struct msg_object_delete gone = { .key = { MSG_KIND_SERVICE, STR("a"), STR("b") } };

	fake_send(fake, MSG_OBJECT_DELETE, seq, &gone);
}

/* A resolver for the rig's watcher, instead of the rig's own. The watcher is a fork of this
 * process, so it comes first: it must not inherit the socket that it is to connect to. */
static inline void fake_bind(struct fake *fake, struct rig *rig)
{
	room_end(&rig->resolver, SIGTERM);
	room_start(&rig->watcher, ROOM_WATCHER, rig->dir);
	room_expect(&rig->watcher, "started");
	fake->sock = zsock_new(ZMQ_ROUTER);
	zmq_msg_init(&fake->frame);
	zsock_set_linger(fake->sock, 0);
	zsock_set_rcvtimeo(fake->sock, 10000);
	assert_int_equal(zsock_bind(fake->sock, "ipc://%s/objects", rig->dir), 0);
}

/* The next message of this type; its routing id goes to `id`. */
static inline struct msg fake_take(struct fake *fake, zmq_msg_t *id, enum msg_type type)
{
	void *sock = zsock_resolve(fake->sock);
	struct msg m = { 0 };

	while (m.type != type) {
		assert_true(zmq_msg_recv(id, sock, 0) > 0);
		assert_true(zmq_msg_recv(&fake->frame, sock, 0) >= 0);
		assert_int_equal(msg_unpack((struct str){ zmq_msg_data(&fake->frame),
							  zmq_msg_size(&fake->frame) },
					    &fake->pool, &m, NULL),
				 0);
	}
	return m;
}

static inline struct msg_hello fake_take_hello(struct fake *fake, zmq_msg_t *id)
{
	return fake_take(fake, id, MSG_HELLO).body.hello;
}

static inline void fake_answer(struct fake *fake, zmq_msg_t *id, enum msg_type type, uint64_t seq,
			       const void *body)
{
	void *sock = zsock_resolve(fake->sock);

	assert_true(zmq_send(sock, zmq_msg_data(id), zmq_msg_size(id), ZMQ_SNDMORE) > 0);
	fake_send(fake, type, seq, body);
}

#endif
