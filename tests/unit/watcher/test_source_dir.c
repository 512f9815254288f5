/* test_source_dir: files come, change, break and go, and objects with them. */
#include "tests/unit/watcher/source_rig.h"

static void test_load_and_edit(void **state)
{
	struct fixture *f = *state;

	source_put_file(f, "b.yaml", SERVICE("b", "80"));
	source_put_file(f, "a.yml", SERVICE("a", "80"));
	source_put_file(f, "notes.txt", "{{{");
	source_put_file(f, ".hidden.yaml", "{{{");
	source_begin(f, f->dir);
	assert_int_equal(watcher_source_dir_load(f->source), 0);
	assert_true(watcher_source_dir_is_complete(f->source));
	source_expect(f, "put Service/default/a 80\nput Service/default/b 80\n");
	assert_int_equal(f->seen_ns, 0);

	source_put_file(f, "b.yaml", SERVICE("b", "81") "---\n" SERVICE("c", "80"));
	source_expect(f, "put Service/default/b 81\nput Service/default/c 80\n");
	assert_true(f->seen_ns > 0);
	source_put_file(f, "b.yaml", "# the same\n" SERVICE("b", "81") "---\n" SERVICE("c", "80"));
	source_expect(f, "");
	source_put_file(f, "b.yaml", SERVICE("c", "80"));
	source_expect(f, "del Service/default/b\n");
	source_put_file(
		f, "d.json",
		"{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"d\"}}");
	source_expect(f, "put Service/default/d\n");
	unlink(source_at(f, "d.json"));
	source_expect(f, "del Service/default/d\n");
	source_put_file(f, "notes.txt", "{{{{");
	source_expect(f, "");
}

static void test_renames(void **state)
{
	struct fixture *f = *state;

	source_put_file(f, "a.yaml", SERVICE("a", "80"));
	source_begin(f, f->dir);
	watcher_source_dir_load(f->source);
	source_expect(f, "put Service/default/a 80\n");
	source_put_file(f, ".a.yaml.tmp", SERVICE("a", "81"));
	rename(source_at(f, ".a.yaml.tmp"), source_at(f, "a.yaml"));
	source_expect(f, "put Service/default/a 81\n");
	/* what only moves to another file is never away */
	rename(source_at(f, "a.yaml"), source_at(f, "z.yaml"));
	source_expect(f, "");
	source_put_file(f, "z.yaml", SERVICE("a", "82"));
	source_expect(f, "put Service/default/a 82\n");
	rename(source_at(f, "z.yaml"), source_at(f, "z.yaml~"));
	source_expect(f, "del Service/default/a\n");
	rename(source_at(f, "z.yaml~"), source_at(f, "z.yaml"));
	source_expect(f, "put Service/default/a 82\n");
}

static void test_broken_file_keeps_its_objects(void **state)
{
	struct fixture *f = *state;

	source_put_file(f, "a.yaml", SERVICE("a", "80"));
	source_begin(f, f->dir);
	assert_int_equal(watcher_source_dir_load(f->source), 0);
	source_expect(f, "put Service/default/a 80\n");
	source_put_file(f, "a.yaml", SERVICE("a", "81") "---\na: b: c\n");
	source_expect(f, "bad a.yaml:6 yaml: line 6, column 5: mappin\n");
	assert_true(watcher_source_dir_is_complete(f->source));
	assert_int_equal(watcher_source_dir_count(f->source).n_broken, 1);
	source_put_file(f, "a.yaml", SERVICE("a", "82"));
	source_expect(f, "put Service/default/a 82\n");
	assert_int_equal(watcher_source_dir_count(f->source).n_broken, 0);
	source_put_file(f, "a.yaml", "{");
	buf_reset(&f->told);
	unlink(source_at(f, "a.yaml"));
	watcher_source_dir_on_fd(f->source);
	buf_reset(&f->told);
	assert_int_equal(watcher_source_dir_count(f->source).n_objects, 0);
	assert_int_equal(watcher_source_dir_count(f->source).n_files, 0);
}

/* One bad object takes itself along: it stays as it was, the others of its file change. */
static void test_bad_object_stays_as_it_was(void **state)
{
	struct fixture *f = *state;

	source_put_file(f, "a.yaml", SERVICE("a", "80"));
	source_put_file(f, "b.yaml", SERVICE("b", "80") "---\n" SERVICE("c", "80"));
	source_begin(f, f->dir);
	assert_int_equal(watcher_source_dir_load(f->source), 0);
	buf_reset(&f->told);
	source_put_file(
		f, "b.yaml",
		SERVICE("c", "81") "---\napiVersion: v1\nkind: Service\nmetadata: {name: b}\n"
				   "spec: {ports: 7}\n");
	watcher_source_dir_on_fd(f->source);
	assert_non_null(strstr(buf_view(&f->told).ptr, "put Service/default/c 81\n"));
	assert_null(strstr(buf_view(&f->told).ptr, "del "));
	assert_int_equal(watcher_source_dir_count(f->source).n_broken, 0);
	assert_int_equal(watcher_source_dir_count(f->source).n_objects, 3);
}

static void test_broken_at_start(void **state)
{
	struct fixture *f = *state;

	source_put_file(f, "a.yaml", SERVICE("a", "80"));
	source_put_file(f, "b.yaml", "{");
	source_begin(f, f->dir);
	assert_int_equal(watcher_source_dir_load(f->source), -1);
	assert_false(watcher_source_dir_is_complete(f->source));
	assert_string_equal(watcher_source_dir_missing(f->source), source_at(f, "b.yaml"));
	assert_int_equal(f->n_complaints, 1);
	buf_reset(&f->told);
	source_put_file(f, "b.yaml", "");
	source_expect(f, "");
	assert_true(watcher_source_dir_is_complete(f->source));
	assert_null(watcher_source_dir_missing(f->source));
	/* what comes later and is bad was never missed */
	source_put_file(f, "c.yaml", "{");
	watcher_source_dir_on_fd(f->source);
	assert_true(watcher_source_dir_is_complete(f->source));
}

static void test_takeover(void **state)
{
	struct fixture *f = *state;

	source_put_file(f, "a.yaml", SERVICE("x", "1"));
	source_put_file(f, "b.yaml", SERVICE("x", "2"));
	source_put_file(f, "c.yaml", SERVICE("x", "1"));
	source_begin(f, f->dir);
	assert_int_equal(watcher_source_dir_load(f->source), 0);
	assert_int_equal(f->n_complaints, 2);
	buf_reset(&f->told);
	source_put_file(f, "b.yaml", SERVICE("x", "3"));
	source_expect(f, "");
	unlink(source_at(f, "a.yaml"));
	source_expect(f, "put Service/default/x 3\n");
	source_put_file(f, "a.yaml", SERVICE("x", "3"));
	source_expect(f, "bad b.yaml:1 Service/default/x is also in \"\n");
	source_put_file(f, "a.yaml", SERVICE("y", "3"));
	source_expect(f, "put Service/default/y 3\n");
	source_put_file(f, "b.yaml", "");
	source_expect(f, "put Service/default/x 1\n");
	unlink(source_at(f, "c.yaml"));
	source_expect(f, "del Service/default/x\n");
}

/* A file that came by link(2) has no writer that would close it. */
static void test_made_without_writer(void **state)
{
	struct fixture *f = *state;
	int fd;

	source_begin(f, f->dir);
	assert_int_equal(watcher_source_dir_load(f->source), 0);
	source_put_file(f, "text", SERVICE("a", "80"));
	assert_int_equal(link(source_at(f, "text"), source_at(f, "a.yaml")), 0);
	source_expect(f, "put Service/default/a 80\n");
	/* one that is being written is not read before it is closed */
	fd = open(source_at(f, "b.yaml"), O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "{", 1), 1);
	source_expect(f, "");
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, SERVICE("b", "80"), strlen(SERVICE("b", "80")), 0),
			 (ssize_t)strlen(SERVICE("b", "80")));
	close(fd);
	source_expect(f, "put Service/default/b 80\n");
	assert_int_equal(watcher_source_dir_tick(f->source, 0), UINT64_MAX);
	/* and one that is never closed is read when its time has come */
	fd = open(source_at(f, "c.yaml"), O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, SERVICE("c", "80"), strlen(SERVICE("c", "80"))),
			 (ssize_t)strlen(SERVICE("c", "80")));
	source_expect(f, "");
	watcher_source_dir_tick(f->source, UINT64_MAX - 1);
	source_expect(f, "put Service/default/c 80\n");
	close(fd);
	source_expect(f, "");
}

static void test_not_a_file(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkfifo(source_at(f, "pipe.yaml"), 0600), 0);
	source_begin(f, f->dir);
	assert_int_equal(watcher_source_dir_load(f->source), -1);
	source_expect(f, "bad pipe.yaml:0 cannot be read: neither a file\n");
	unlink(source_at(f, "pipe.yaml"));
	source_expect(f, "");
	assert_true(watcher_source_dir_is_complete(f->source));
}

static struct msg_key secret_key(const char *name)
{
	return (struct msg_key){ MSG_KIND_SECRET, STR("default"), str_from(name) };
}

static void test_secrets(void **state)
{
	struct fixture *f = *state;
	struct msg_key s = secret_key("s"), t = secret_key("t");

	source_put_file(f, "s.yaml", SECRET("s", "one"));
	source_begin(f, f->dir);
	watcher_source_dir_load(f->source);
	source_expect(f, "put Secret/default/s\n"); /* no value unasked */
	watcher_source_dir_want(f->source, &s, true);
	watcher_source_dir_want(f->source, &t, true);
	source_expect(f, "secret s found one\nsecret t absent \n");
	source_put_file(f, "s.yaml", SECRET("s", "two"));
	source_expect(f, "secret s found two\n"); /* its metadata is the same */
	source_put_file(f, "t.yaml", SECRET("t", "here"));
	source_expect(f, "put Secret/default/t\nsecret t found here\n");
	unlink(source_at(f, "t.yaml"));
	source_expect(f, "del Secret/default/t\nsecret t absent \n");
	watcher_source_dir_answer_wanted(f->source);
	assert_true(f->told.len == strlen("secret s found two\nsecret t absent \n"));
	buf_reset(&f->told);
	watcher_source_dir_want(f->source, &s, false);
	source_put_file(f, "s.yaml", SECRET("s", "three"));
	source_expect(f, "");
	watcher_source_dir_want(f->source, &s, true);
	watcher_source_dir_forget_wanted(f->source);
	buf_reset(&f->told);
	source_put_file(f, "s.yaml", SECRET("s", "four"));
	source_expect(f, "");
}

static void test_secret_of_unread_file(void **state)
{
	struct fixture *f = *state;
	struct msg_key s = secret_key("s");

	source_put_file(f, "s.yaml", "{");
	source_begin(f, f->dir);
	watcher_source_dir_load(f->source);
	buf_reset(&f->told);
	watcher_source_dir_want(f->source, &s, true);
	source_expect(f, "secret s unavailable \n");
	source_put_file(f, "s.yaml", SECRET("s", "one"));
	source_expect(f, "put Secret/default/s\nsecret s found one\n");
}

static void test_next(void **state)
{
	struct fixture *f = *state;
	struct pool pool;
	struct str o;
	size_t n = 0;

	source_put_file(f, "a.yaml",
			SERVICE("a", "80") "---\n" SECRET("s", "x") "---\n" SERVICE("b", "80"));
	source_put_file(f, "b.yaml", SERVICE("a", "81"));
	source_begin(f, f->dir);
	watcher_source_dir_load(f->source);
	pool_init(&pool);
	for (size_t i = 0; (o = watcher_source_dir_next(f->source, MSG_KIND_SERVICE, &i)).ptr; n++)
		assert_int_equal(source_unpack(o, &pool).service->spec.ports.items[0].port, 80);
	assert_int_equal(n, 2);
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_load_and_edit),
		TEST(test_renames),
		TEST(test_broken_file_keeps_its_objects),
		TEST(test_bad_object_stays_as_it_was),
		TEST(test_broken_at_start),
		TEST(test_takeover),
		TEST(test_made_without_writer),
		TEST(test_not_a_file),
		TEST(test_secrets),
		TEST(test_secret_of_unread_file),
		TEST(test_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
