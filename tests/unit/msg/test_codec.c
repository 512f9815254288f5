/* test_codec: every message survives the wire; nothing malformed does; no secret is printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/mem.h"
#include "fill.h"
#include "tests/unit/rounds.h"

#define ROUNDS 20

static void pack(const struct msg *m, struct buf *out)
{
	buf_init(out, BUF_MAX_MESSAGE);
	msg_pack(&(struct msg_head){ m->type, m->seq, m->seen_ns }, &m->body, out);
	assert_false(out->full);
}

static void assert_same_frame(const struct msg *m, struct str frame)
{
	struct buf again;

	pack(m, &again);
	assert_int_equal(again.len, frame.len);
	assert_memory_equal(again.ptr, frame.ptr, frame.len);
	buf_clear(&again);
}

static void each_message(void (*check)(const struct msg *m, struct str frame))
{
	for (int type = MSG_NONE + 1; type < MSG_N_TYPES; type++) {
		for (uint64_t round = 0; round < rounds(ROUNDS); round++) {
			struct pool pool = { 0 };
			struct fill f = { .state = round * 1000 + (uint64_t)type, .pool = &pool };
			struct buf frame;
			struct msg m;

			fill_msg(&f, (enum msg_type)type, &m);
			pack(&m, &frame);
			check(&m, buf_view(&frame));
			buf_clear(&frame);
			pool_clear(&pool);
		}
	}
}

static void check_round_trip(const struct msg *m, struct str frame)
{
	struct pool pool = { 0 };
	struct err err = { "" };
	struct msg got;

	if (msg_unpack(frame, &pool, &got, &err) < 0)
		fail_msg("%s: %s", msg_name(m->type), err.text);
	assert_int_equal(got.type, m->type);
	assert_int_equal(got.seq, m->seq);
	assert_int_equal(got.seen_ns, m->seen_ns);
	assert_true(got.raw.ptr + got.raw.len == frame.ptr + frame.len);
	assert_same_frame(&got, frame);
	pool_clear(&pool);
}

static void test_round_trip(void **state)
{
	(void)state;
	each_message(check_round_trip);
}

static void check_truncations(const struct msg *m, struct str frame)
{
	size_t step = frame.len > 4000 ? frame.len / 997 : 1;
	struct pool pool = { 0 };
	struct msg got;

	(void)m;
	for (size_t len = 0; len < frame.len; len += step) {
		struct err err = { "" };

		assert_int_equal(msg_unpack(str_slice(frame, 0, len), &pool, &got, &err), -1);
		assert_non_null(strstr(err.text, "malformed: "));
		pool_clear(&pool);
	}
}

static void test_every_truncation_is_refused(void **state)
{
	(void)state;
	each_message(check_truncations);
}

static void check_mutations(const struct msg *m, struct str frame)
{
	struct fill dice = { .state = frame.len + m->seq };
	char *bytes = mem_dup(frame.ptr, frame.len);
	struct pool pool = { 0 };
	struct msg got;

	for (int round = 0; round < 300; round++) {
		size_t at = fill_dice(&dice, frame.len < 400 || round % 2 ? frame.len : 400);
		char old = bytes[at];

		bytes[at] = (char)fill_dice(&dice, 256);
		if (msg_unpack((struct str){ bytes, frame.len }, &pool, &got, NULL) == 0)
			assert_same_frame(&got, (struct str){ bytes, frame.len });
		bytes[at] = old;
		pool_clear(&pool);
	}
	mem_free(bytes);
}

static void test_mutations_are_refused_or_mean_themselves(void **state)
{
	(void)state;
	each_message(check_mutations);
}

static void check_extra_byte(const struct msg *m, struct str frame)
{
	struct pool pool = { 0 };
	struct buf longer;
	struct msg got;

	(void)m;
	buf_init(&longer, BUF_MAX_MESSAGE);
	buf_str(&longer, frame);
	buf_putc(&longer, 0);
	assert_int_equal(msg_unpack(buf_view(&longer), &pool, &got, NULL), -1);
	buf_clear(&longer);
	pool_clear(&pool);
}

static void test_nothing_may_be_left_over(void **state)
{
	(void)state;
	each_message(check_extra_byte);
}

static void check_print(const struct msg *m, struct str frame)
{
	struct pool pool = { 0 };
	struct value v;
	struct buf line;
	struct err err;

	(void)frame;
	buf_init(&line, BUF_MAX_MESSAGE);
	msg_print(m, &line);
	assert_false(line.full);
	if (json_parse(buf_view(&line), &pool, &v, &err) < 0)
		fail_msg("%s: %s in %s", msg_name(m->type), err.text, line.ptr);
	assert_null(memchr(line.ptr, '\n', line.len));
	assert_null(strstr(line.ptr, FILL_SECRET));
	assert_null(strstr(line.ptr, "Q0FOQVJZ")); /* the same in base64 */
	buf_clear(&line);
	pool_clear(&pool);
}

static void test_print_is_json_without_secrets(void **state)
{
	(void)state;
	each_message(check_print);
}

static void test_print_tells_names_and_lengths_of_secrets(void **state)
{
	struct str_pair pairs[] = { { STR("tls.key"), STR("CANARY-1") } };
	struct msg m = { .type = MSG_SECRET_VALUE, .seq = 3 };
	struct buf line;

	(void)state;
	m.body.secret_value =
		(struct msg_secret_value){ .key = { MSG_KIND_SECRET, STR("shop"), STR("tls") },
					   .data = { pairs, 1 } };
	buf_init(&line, BUF_MAX_TEXT);
	msg_print(&m, &line);
	assert_non_null(strstr(line.ptr, "\"data\":{\"tls.key\":{\"hidden_bytes\":8}}"));
	assert_null(strstr(line.ptr, "CANARY"));
	buf_clear(&line);
}

/* A small frame must not make us allocate for what it only claims. */
static void test_claims_are_not_believed(void **state)
{
	static const char *const frames[] = {
		"\x94\x06\x01\x00\x91\xdd\xff\xff\xff\xff",
		"\x94\x0a\x01\x00\x92\x93\x06\xa1s\xa1n\xdd\xff\xff\xff\xff",
		"\x94\x0a\x01\x00\x92\x93\x06\xa1s\xa1n\xdd\x00\x01\x00\x00",
		"\x94\x09\x01\x00\x94\x93\x06\xa1s\xa1n\x00\xa0\xdf\xff\xff\xff\xff",
		"\x93\x04\x00\x91\xdb\xff\xff\xff\xff",
	};
	static const size_t lens[] = { 10, 17, 17, 18, 9 };
	struct pool pool = { 0 };
	struct msg m;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct err err = { "" };

		assert_int_equal(msg_unpack((struct str){ frames[i], lens[i] }, &pool, &m, &err),
				 -1);
		assert_true(pool.used < 4096);
		assert_null(strstr(err.text, "a frame")); /* the body is what is wrong */
	}
	pool_clear(&pool);
}

/* What has a number has a time, too; nothing else has. */
static void test_the_form_of_a_frame(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *wrong; /* NULL: nothing */
	} cases[] = {
		{ "\x93\x02\x00\x91\x07", 5, NULL }, /* HEARTBEAT */
		{ "\x94\x02\x00\x00\x91\x07", 6, "HEARTBEAT in a frame of the other form" },
		{ "\x93\x02\x01\x91\x07", 5, "HEARTBEAT with a wrong sequence number" },
		{ "\x94\x10\x01\xcd\x01\x00\x92\x01\x02", 9, NULL }, /* FLUSHED */
		{ "\x93\x10\x01\x92\x01\x02", 6, "FLUSHED in a frame of the other form" },
		{ "\x94\x10\x00\x00\x92\x01\x02", 7, "FLUSHED with a wrong sequence number" },
		{ "\x94\x10\x01\xa1x\x92\x01\x02", 8, "FLUSHED with a wrong time" },
		{ "\x94\x10\x01\xcc\x07\x92\x01\x02", 8, "FLUSHED with a wrong time" },
		{ "\x94\x7f\x01\x00\x90", 5, "without a known type" },
		{ "\x95\x10\x01\x00\x92\x01\x02", 7, "that is not [type, seq, seen, body]" },
	};
	struct pool pool = { 0 };
	struct msg m;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { "" };
		int rc = msg_unpack((struct str){ cases[i].bytes, cases[i].len }, &pool, &m, &err);

		if ((rc == 0) != !cases[i].wrong ||
		    (cases[i].wrong && !strstr(err.text, cases[i].wrong)))
			fail_msg("case %zu: %s", i, err.text);
	}
	pool_clear(&pool);
}

static void test_a_deep_value_is_refused_by_both_ends(void **state)
{
	struct value levels[VALUE_MAX_DEPTH + 3];
	struct msg_pomerium pomerium = { .metadata = { .name = STR("global") }, .spec = levels };
	struct msg_object object = { .key = { MSG_KIND_POMERIUM, STR(""), STR("global") },
				     .pomerium = &pomerium };
	struct buf out;

	(void)state;
	memset(levels, 0, sizeof(levels));
	for (size_t i = 0; i + 1 < VALUE_MAX_DEPTH + 3; i++) {
		levels[i].type = VALUE_LIST;
		levels[i].list.items = &levels[i + 1];
		levels[i].list.n = 1;
	}
	buf_init(&out, BUF_MAX_MESSAGE);
	msg_pack(&(struct msg_head){ MSG_OBJECT_PUT, 1, 0 }, &object, &out);
	assert_true(out.full);
	buf_clear(&out);
}

static void test_the_sender_finds_out_first(void **state)
{
	struct msg_diagnostic errors[MSG_DIAGNOSTICS_MAX + 1] = { { .sentence = STR("\xff") } };
	struct msg_reject reject = { .owner = { MSG_KIND_INGRESS, STR("shop"), STR("web") },
				     .diagnostics = { errors, 1 } };
	struct buf out;

	(void)state;
	buf_init(&out, BUF_MAX_MESSAGE);
	msg_pack(&(struct msg_head){ MSG_REJECT, 1, 0 }, &reject, &out);
	assert_true(out.full); /* no UTF-8 */
	buf_clear(&out);
	buf_init(&out, BUF_MAX_MESSAGE);
	errors[0].sentence = (struct str){ mem_alloc(ERR_MAX), ERR_MAX };
	msg_pack(&(struct msg_head){ MSG_REJECT, 1, 0 }, &reject, &out);
	assert_true(out.full); /* too long */
	mem_free((char *)errors[0].sentence.ptr);
	buf_clear(&out);
	buf_init(&out, BUF_MAX_MESSAGE);
	errors[0].sentence = STR("no good");
	reject.diagnostics.n = MSG_DIAGNOSTICS_MAX + 1;
	msg_pack(&(struct msg_head){ MSG_REJECT, 1, 0 }, &reject, &out);
	assert_true(out.full); /* too many */
	buf_clear(&out);
}

static void test_an_object_is_what_its_key_says(void **state)
{
	struct msg_secret_meta secret = { .metadata = { .name = STR("x") } };
	struct msg_object object = { .key = { MSG_KIND_INGRESS, STR("shop"), STR("x") },
				     .secret = &secret };
	struct pool pool = { 0 };
	struct buf out;
	struct msg m;

	(void)state;
	buf_init(&out, BUF_MAX_MESSAGE);
	msg_pack(&(struct msg_head){ MSG_OBJECT_PUT, 1, 0 }, &object, &out);
	assert_int_equal(msg_unpack(buf_view(&out), &pool, &m, NULL), -1);
	buf_reset(&out);
	object.key.kind = MSG_KIND_SECRET;
	msg_pack(&(struct msg_head){ MSG_OBJECT_PUT, 1, 0 }, &object, &out);
	assert_int_equal(msg_unpack(buf_view(&out), &pool, &m, NULL), 0);
	buf_clear(&out);
	pool_clear(&pool);
}

static void test_the_version_of_any_hello_can_be_read(void **state)
{
	(void)state;
	assert_int_equal(msg_hello_protocol(STR("\x93\x01\x00\x95\xcd\x03\xe7\x03\x01\x01\x01")),
			 999);
	assert_int_equal(msg_hello_protocol(STR("\x93\x01\x00\x92\x02\xa1z")), 2);
	assert_int_equal(msg_hello_protocol(STR("\x93\x02\x00\x91\x02")), 0);
	assert_int_equal(msg_hello_protocol(STR("\x93\x01\x00")), 0);
	assert_int_equal(msg_hello_protocol(STR("")), 0);
}

static void test_who_may_say_what(void **state)
{
	(void)state;
	assert_true(msg_allowed(MSG_BUNDLE, ROOM_RESOLVER, ROOM_TRANSLATOR, LINK_JOBS));
	assert_false(msg_allowed(MSG_BUNDLE, ROOM_TRANSLATOR, ROOM_RESOLVER, LINK_JOBS));
	assert_false(msg_allowed(MSG_SECRET_PUT, ROOM_RESOLVER, ROOM_TRANSLATOR, LINK_JOBS));
	assert_true(msg_allowed(MSG_SECRET_WANTED, ROOM_PUBLISHER, ROOM_RESOLVER, LINK_STATE));
	assert_true(msg_allowed(MSG_SECRET_WANTED, ROOM_RESOLVER, ROOM_WATCHER, LINK_OBJECTS));
	assert_false(msg_allowed(MSG_SECRET_WANTED, ROOM_RESOLVER, ROOM_PUBLISHER, LINK_STATE));
	assert_true(msg_allowed(MSG_CONFIG, ROOM_RESOLVER, ROOM_PUBLISHER, LINK_STATE));
	assert_true(msg_allowed(MSG_CONFIG, ROOM_TRANSLATOR, ROOM_PUBLISHER, LINK_CONFIGS));
	assert_false(msg_allowed(MSG_CONFIG, ROOM_RESOLVER, ROOM_TRANSLATOR, LINK_JOBS));
	assert_true(msg_allowed(MSG_REJECT, ROOM_RESOLVER, ROOM_PUBLISHER, LINK_STATE));
	assert_true(msg_allowed(MSG_REJECT, ROOM_TRANSLATOR, ROOM_PUBLISHER, LINK_CONFIGS));
	assert_false(msg_allowed(MSG_INVENTORY, ROOM_RESOLVER, ROOM_PUBLISHER, LINK_CONFIGS));
	assert_true(msg_allowed(MSG_HEARTBEAT, ROOM_RESOLVER, ROOM_PUBLISHER, LINK_STATE));
	assert_false(msg_allowed(MSG_N_TYPES, ROOM_RESOLVER, ROOM_PUBLISHER, LINK_STATE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_every_truncation_is_refused),
		cmocka_unit_test(test_mutations_are_refused_or_mean_themselves),
		cmocka_unit_test(test_nothing_may_be_left_over),
		cmocka_unit_test(test_print_is_json_without_secrets),
		cmocka_unit_test(test_print_tells_names_and_lengths_of_secrets),
		cmocka_unit_test(test_claims_are_not_believed),
		cmocka_unit_test(test_the_form_of_a_frame),
		cmocka_unit_test(test_a_deep_value_is_refused_by_both_ends),
		cmocka_unit_test(test_the_sender_finds_out_first),
		cmocka_unit_test(test_an_object_is_what_its_key_says),
		cmocka_unit_test(test_the_version_of_any_hello_can_be_read),
		cmocka_unit_test(test_who_may_say_what),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
