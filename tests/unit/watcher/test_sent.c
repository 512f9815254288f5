/* test_sent: only what differs is sent, over lists and watches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "watcher/kube/sent.h"

struct seen {
	struct buf said;
	uint64_t seen_ns; /* of the last thing sent */
};

/* What goes out is the object, packed. */
static void on_put(void *arg, const struct msg_key *key, struct str packed, uint64_t seen_ns)
{
	struct seen *seen = arg;
	struct msg_object object;
	struct pool pool;

	pool_init(&pool);
	assert_int_equal(codec_unpack(&msg_object_codec, packed, &pool, &object, NULL), 0);
	assert_true(msg_key_equal(&object.key, key));
	buf_printf(&seen->said, "+" STR_FMT " ", STR_ARG(key->name));
	seen->seen_ns = seen_ns;
	pool_clear(&pool);
}

static void on_del(void *arg, const struct msg_key *key, uint64_t seen_ns)
{
	struct seen *seen = arg;

	buf_printf(&seen->said, "-" STR_FMT "/" STR_FMT " ", STR_ARG(key->namespace),
		   STR_ARG(key->name));
	seen->seen_ns = seen_ns;
}

static void on_touched(void *arg, const struct msg_key *key)
{
	struct seen *seen = arg;

	buf_printf(&seen->said, "~" STR_FMT " ", STR_ARG(key->name));
}

struct rig {
	struct seen seen;
	struct sent_sink sink;
	struct sent sent;
};

static void rig_init(struct rig *rig, enum msg_kind kind)
{
	const struct kind_row *row = watcher_kinds_table;

	while (row->kind != kind)
		row++;
	buf_init(&rig->seen.said, BUF_MAX_TEXT);
	rig->sink = (struct sent_sink){ &rig->seen, on_put, on_del, on_touched };
	watcher_sent_init(&rig->sent, row, &rig->sink);
}

static void rig_clear(struct rig *rig)
{
	watcher_sent_clear(&rig->sent);
	buf_clear(&rig->seen.said);
}

static void expect(struct rig *rig, const char *said)
{
	assert_string_equal(buf_view(&rig->seen.said).ptr, said);
	buf_reset(&rig->seen.said);
}

static void put(struct rig *rig, const char *name, const char *uid, const char *version)
{
	struct msg_service service = { .metadata.uid = str_from(uid) };
	struct msg_secret_meta secret = { .metadata.uid = str_from(uid) };
	struct msg_object object = { .key = { rig->sent.row->kind, STR("shop"), str_from(name) } };

	if (rig->sent.row->kind == MSG_KIND_SECRET)
		object.secret = &secret;
	else
		object.service = &service;
	watcher_sent_put(&rig->sent, &object, str_from(version));
}

static struct msg_key key_of(const struct rig *rig, const char *name)
{
	return (struct msg_key){ rig->sent.row->kind, STR("shop"), str_from(name) };
}

static void test_lists(void **state)
{
	struct msg_key key;
	struct rig rig;

	(void)state;
	rig_init(&rig, MSG_KIND_SERVICE);
	watcher_sent_begin_list(&rig.sent);
	put(&rig, "a", "1", "1");
	put(&rig, "b", "1", "1");
	put(&rig, "a", "1", "1");
	watcher_sent_end_list(&rig.sent);
	expect(&rig, "+a +b ");
	/* the same again but for one, in a list that breaks off: nothing is gone */
	watcher_sent_begin_list(&rig.sent);
	put(&rig, "a", "2", "2");
	expect(&rig, "+a ");
	watcher_sent_begin_list(&rig.sent);
	put(&rig, "a", "2", "3");
	put(&rig, "c", "1", "3");
	expect(&rig, "+c ");
	watcher_sent_end_list(&rig.sent);
	expect(&rig, "-shop/b ");
	/* one that cannot be used is still there */
	key = key_of(&rig, "a");
	watcher_sent_begin_list(&rig.sent);
	watcher_sent_keep(&rig.sent, &key);
	key = key_of(&rig, "never-told");
	watcher_sent_keep(&rig.sent, &key);
	watcher_sent_end_list(&rig.sent);
	expect(&rig, "-shop/c ");
	/* the reader lost everything */
	watcher_sent_forget(&rig.sent);
	put(&rig, "a", "2", "3");
	expect(&rig, "+a ");
	rig_clear(&rig);
}

static void test_watch(void **state)
{
	struct msg_key a, huge;
	struct rig rig;

	(void)state;
	rig_init(&rig, MSG_KIND_SERVICE);
	a = key_of(&rig, "a");
	put(&rig, "a", "1", "1");
	assert_int_equal(rig.seen.seen_ns, 0); /* who knows when that was */
	rig.sent.live = true;
	put(&rig, "a", "1", "2"); /* what differs is nothing that anybody needs */
	expect(&rig, "+a ");
	put(&rig, "a", "2", "3");
	assert_true(rig.seen.seen_ns && rig.seen.seen_ns <= clock_ns());
	assert_true(watcher_sent_has(&rig.sent, &a));
	watcher_sent_del(&rig.sent, &a);
	watcher_sent_del(&rig.sent, &a);
	expect(&rig, "+a -shop/a ");
	assert_false(watcher_sent_has(&rig.sent, &a));
	/* no object has such a name */
	huge = (struct msg_key){ MSG_KIND_SERVICE, STR("shop"), { (char[400]){ "x" }, 400 } };
	watcher_sent_del(&rig.sent, &huge);
	watcher_sent_keep(&rig.sent, &huge);
	assert_false(watcher_sent_has(&rig.sent, &huge));
	expect(&rig, "");
	rig_clear(&rig);
}

/* Of a Secret only names are told, so another resourceVersion is all that shows another value. */
static void test_secrets_are_touched(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, MSG_KIND_SECRET);
	put(&rig, "a", "1", "1");
	put(&rig, "a", "1", "1");
	expect(&rig, "+a ");
	put(&rig, "a", "1", "2");
	expect(&rig, "~a ");
	put(&rig, "a", "2", "3");
	expect(&rig, "~a +a ");
	rig_clear(&rig);
}

/* Larger than any message between rooms: the last version stays, and the list does not sweep it. */
static void test_too_large(void **state)
{
	size_t len = BUF_MAX_MESSAGE + 1;
	char *huge = mem_alloc(len + 1);
	struct rig rig;

	(void)state;
	memset(huge, 'x', len);
	rig_init(&rig, MSG_KIND_SERVICE);
	put(&rig, "a", "1", "1");
	watcher_sent_begin_list(&rig.sent);
	put(&rig, "a", huge, "2");
	put(&rig, "b", huge, "2");
	watcher_sent_end_list(&rig.sent);
	expect(&rig, "+a ");
	put(&rig, "a", "1", "3");
	put(&rig, "a", "2", "4");
	expect(&rig, "+a ");
	rig_clear(&rig);
	mem_free(huge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_secrets_are_touched),
		cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
