/* test_resync: one message at a time, each kind between LISTING and SYNCED. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <unistd.h>
#include "watcher/dir/resync.h"

static void ignore_put(void *arg, struct str object, uint64_t seen_ns)
{
	(void)arg;
	(void)object, (void)seen_ns;
}

static void ignore_del(void *arg, const struct msg_key *key, uint64_t seen_ns)
{
	(void)arg;
	(void)key, (void)seen_ns;
}

static void ignore_secret(void *arg, const struct msg_secret_value *value, uint64_t seen_ns)
{
	(void)arg;
	(void)value, (void)seen_ns;
}

static void ignore_complaint(void *arg, const char *path, uint32_t line, const struct err *why)
{
	(void)arg;
	(void)path;
	(void)line;
	(void)why;
}

static void on_state(void *told, const struct msg_kind_state *state)
{
	static const char *const conditions[] = { "listing", "synced", "not-installed",
						  "unavailable" };

	buf_printf(told, "%s %s;", conditions[state->condition],
		   msg_kind_name((enum msg_kind)state->kind));
}

static void on_put(void *told, struct str packed)
{
	struct msg_object object;
	struct pool pool;

	pool_init(&pool);
	assert_int_equal(codec_unpack(&msg_object_codec, packed, &pool, &object, NULL), 0);
	buf_printf(told, "put " STR_FMT ";", STR_ARG(object.key.name));
	pool_clear(&pool);
}

static void assert_sent(const char *text, const char *kind_end, const char *wanted)
{
	static const struct source_sink sink = { NULL, ignore_put, ignore_del, ignore_secret,
						 ignore_complaint };
	char path[] = "/tmp/sluice-resync-XXXXXX";
	struct str root = str_from(path);
	struct str_list roots = { &root, 1 };
	struct source_dir *source;
	struct resync resync;
	struct buf told, all;
	struct resync_out out = { &told, on_state, on_put };
	int fd = mkstemp(path), n = 1;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	source = watcher_source_dir_new(&roots, &sink);
	watcher_source_dir_load(source);
	buf_init(&told, BUF_MAX_TEXT);
	for (watcher_resync_begin(&resync, source); watcher_resync_step(&resync, &out);)
		n++;
	assert_null(resync.kind);
	buf_init(&all, BUF_MAX_TEXT);
	for (const enum msg_kind *kind = watcher_source_dir_kinds; *kind; kind++)
		buf_printf(&all, "listing %s;%s%s %s;", msg_kind_name(*kind),
			   *kind == MSG_KIND_SERVICE ? wanted : "",
			   *kind == MSG_KIND_CERTIFICATE ? "not-installed" : kind_end,
			   msg_kind_name(*kind));
	assert_string_equal(told.ptr, all.ptr);
	for (size_t i = 0; i < told.len; i++)
		n -= told.ptr[i] == ';';
	assert_int_equal(n, 0); /* one message a step */
	buf_clear(&all);
	buf_clear(&told);
	watcher_source_dir_destroy(&source);
	unlink(path);
}

static void test_all_kinds(void **state)
{
	(void)state;
	assert_sent("apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\n"
		    "apiVersion: v1\nkind: Service\nmetadata: {name: b}\n",
		    "synced", "put a;put b;");
}

static void test_unread_file(void **state)
{
	(void)state;
	assert_sent("{", "unavailable", "");
}

static void test_every_kind_is_listed_once(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (const enum msg_kind *kind = watcher_source_dir_kinds; *kind; kind++) {
		assert_false(seen & 1u << *kind);
		seen |= 1u << *kind;
	}
	assert_int_equal(seen, (1u << MSG_N_KINDS) - 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_kinds),
		cmocka_unit_test(test_unread_file),
		cmocka_unit_test(test_every_kind_is_listed_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
