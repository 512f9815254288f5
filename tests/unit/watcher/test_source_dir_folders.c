/* test_source_dir_folders: folders, links and the root itself come, change and go. */
#include "tests/unit/watcher/source_rig.h"

static void test_folders(void **state)
{
	struct fixture *f = *state;

	mkdir(source_at(f, "one"), 0700);
	mkdir(source_at(f, ".git"), 0700);
	source_put_file(f, "one/a.yaml", SERVICE("a", "80"));
	source_put_file(f, ".git/x.yaml", SERVICE("x", "80"));
	source_begin(f, f->dir);
	watcher_source_dir_load(f->source);
	source_expect(f, "put Service/default/a 80\n");
	mkdir(source_at(f, "two"), 0700);
	mkdir(source_at(f, "two/three"), 0700);
	source_put_file(f, "two/three/b.yaml", SERVICE("b", "80"));
	source_expect(f, "put Service/default/b 80\n");
	source_put_file(f, "two/three/b.yaml", SERVICE("b", "81"));
	source_expect(f, "put Service/default/b 81\n");
	rename(source_at(f, "two"), source_at(f, "four"));
	source_put_file(f, "four/three/b.yaml", SERVICE("b", "82"));
	source_expect(f, "put Service/default/b 82\n");
	rename(source_at(f, "four"), source_at(f, ".four"));
	source_put_file(f, ".four/three/b.yaml", SERVICE("b", "83"));
	source_expect(f, "del Service/default/b\n");
	source_put_file(f, ".four/three/b.yaml", SERVICE("b", "84"));
	source_expect(f, "");
	unlink(source_at(f, "one/a.yaml"));
	rmdir(source_at(f, "one"));
	source_expect(f, "del Service/default/a\n");
}

/* A symlink to a folder above it ends there. */
static void test_symlink_loop(void **state)
{
	struct fixture *f = *state;

	source_put_file(f, "a.yaml", SERVICE("a", "80"));
	assert_int_equal(symlink(".", source_at(f, "loop")), 0);
	source_begin(f, f->dir);
	assert_int_equal(watcher_source_dir_load(f->source), 0);
	source_expect(f, "put Service/default/a 80\n");
}

/* As the kubelet writes a ConfigMap: visible links through "..data", which is swapped by a rename.
 */
static void test_configmap_swap(void **state)
{
	struct fixture *f = *state;

	mkdir(source_at(f, "..1"), 0700);
	mkdir(source_at(f, "..1/sub"), 0700);
	source_put_file(f, "..1/a.yaml", SERVICE("a", "80"));
	source_put_file(f, "..1/sub/b.yaml", SERVICE("b", "80"));
	assert_int_equal(symlink("..1", source_at(f, "..data")), 0);
	assert_int_equal(symlink("..data/a.yaml", source_at(f, "a.yaml")), 0);
	assert_int_equal(symlink("..data/sub", source_at(f, "sub")), 0);
	source_begin(f, f->dir);
	assert_int_equal(watcher_source_dir_load(f->source), 0);
	source_expect(f, "put Service/default/a 80\nput Service/default/b 80\n");

	mkdir(source_at(f, "..2"), 0700);
	mkdir(source_at(f, "..2/sub"), 0700);
	source_put_file(f, "..2/a.yaml", SERVICE("a", "81"));
	source_put_file(f, "..2/sub/b.yaml", SERVICE("b", "81"));
	source_put_file(f, "..2/sub/c.yaml", SERVICE("c", "81"));
	assert_int_equal(symlink("..2", source_at(f, "..data_tmp")), 0);
	rename(source_at(f, "..data_tmp"), source_at(f, "..data"));
	unlink(source_at(f, "..1/a.yaml"));
	unlink(source_at(f, "..1/sub/b.yaml"));
	rmdir(source_at(f, "..1/sub"));
	rmdir(source_at(f, "..1"));
	source_expect(
		f,
		"put Service/default/a 81\nput Service/default/b 81\nput Service/default/c 81\n");
	/* and again, so that the new folders are followed as the old ones were */
	source_put_file(f, "..2/sub/b.yaml", SERVICE("b", "82"));
	source_expect(f, "put Service/default/b 82\n");
	source_put_file(f, "..2/a.yaml", SERVICE("a", "82"));
	source_expect(f, "put Service/default/a 82\n");
	unlink(source_at(f, "a.yaml"));
	source_expect(f, "del Service/default/a\n");
}

/* A link to a file elsewhere: an edit of that file is an edit of the manifest. */
static void test_link_target(void **state)
{
	struct fixture *f = *state;

	mkdir(source_at(f, "in"), 0700);
	mkdir(source_at(f, "out"), 0700);
	source_put_file(f, "out/real", SERVICE("a", "80"));
	assert_int_equal(symlink("../out/real", source_at(f, "in/a.yaml")), 0);
	source_begin(f, source_at(f, "in"));
	assert_int_equal(watcher_source_dir_load(f->source), 0);
	source_expect(f, "put Service/default/a 80\n");
	source_put_file(f, "out/real", SERVICE("a", "81"));
	source_expect(f, "put Service/default/a 81\n");
	source_put_file(f, "out/other", SERVICE("a", "90"));
	source_expect(f, "");
	rename(source_at(f, "out/other"), source_at(f, "out/real"));
	source_expect(f, "put Service/default/a 90\n");
	/* where it leads nowhere the last good stays */
	unlink(source_at(f, "out/real"));
	source_expect(f, "bad in/a.yaml:0 cannot be read: No such file o\n");
	source_put_file(f, "out/real", SERVICE("a", "91"));
	source_expect(f, "put Service/default/a 91\n");
}

static void test_single_file(void **state)
{
	struct fixture *f = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s", source_at(f, "one"));
	source_put_file(f, "one", SERVICE("a", "80"));
	source_put_file(f, "two.yaml", SERVICE("b", "80"));
	source_begin(f, path);
	assert_int_equal(watcher_source_dir_load(f->source), 0);
	source_expect(f, "put Service/default/a 80\n");
	source_put_file(f, "two.yaml", SERVICE("b", "81"));
	source_put_file(f, "one", SERVICE("a", "81"));
	source_expect(f, "put Service/default/a 81\n");
	source_put_file(f, "tmp", SERVICE("a", "82"));
	rename(source_at(f, "tmp"), source_at(f, "one"));
	source_expect(f, "put Service/default/a 82\n");
	unlink(source_at(f, "one"));
	source_expect(f, "del Service/default/a\n");
}

static void test_root_comes_later(void **state)
{
	struct fixture *f = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s", source_at(f, "root"));
	source_begin(f, path);
	assert_int_equal(watcher_source_dir_load(f->source), -1);
	source_expect(f, "bad root:0 cannot be read: No such file o\n");
	mkdir(path, 0700);
	source_put_file(f, "root/a.yaml", SERVICE("a", "80"));
	source_expect(f, "put Service/default/a 80\n");
	assert_true(watcher_source_dir_is_complete(f->source));
	unlink(source_at(f, "root/a.yaml"));
	rmdir(path);
	source_expect(f, "del Service/default/a\n");
	mkdir(path, 0700);
	source_put_file(f, "root/a.yaml", SERVICE("a", "80"));
	source_expect(f, "put Service/default/a 80\n");
}

/* Not watched at all: its folder does not exist either. The tick finds it. */
static void test_polling(void **state)
{
	struct fixture *f = *state;
	uint64_t deadline;
	char path[128];

	snprintf(path, sizeof(path), "%s", source_at(f, "no/root"));
	source_begin(f, path);
	assert_int_equal(watcher_source_dir_load(f->source), -1);
	buf_reset(&f->told);
	deadline = watcher_source_dir_tick(f->source, clock_ms());
	assert_true(deadline != UINT64_MAX);
	watcher_source_dir_tick(f->source, deadline);
	source_expect(f, "");
	mkdir(source_at(f, "no"), 0700);
	mkdir(path, 0700);
	source_put_file(f, "no/root/a.yaml", SERVICE("a", "80"));
	assert_int_equal(watcher_source_dir_tick(f->source, UINT64_MAX - 1), UINT64_MAX);
	source_expect(f, "put Service/default/a 80\n");
}

/* More events than the kernel keeps: everything is read again. */
static void test_overflow(void **state)
{
	struct fixture *f = *state;

	source_put_file(f, "a.yaml", SERVICE("a", "80"));
	source_put_file(f, "b.yaml", SERVICE("b", "80"));
	source_begin(f, f->dir);
	watcher_source_dir_load(f->source);
	source_expect(f, "put Service/default/a 80\nput Service/default/b 80\n");
	for (int i = 0; i < 20000; i++) /* equal neighbours would be one event */
		assert_int_equal(
			chmod(source_at(f, i % 2 ? "a.yaml" : "b.yaml"), i % 4 < 2 ? 0600 : 0640),
			0);
	source_put_file(f, "c.yaml", SERVICE("c", "80"));
	unlink(source_at(f, "a.yaml"));
	mkdir(source_at(f, "sub"), 0700);
	source_put_file(f, "sub/d.yaml", SERVICE("d", "80"));
	source_expect(
		f, "put Service/default/c 80\nput Service/default/d 80\ndel Service/default/a\n");
	source_put_file(f, "sub/d.yaml", SERVICE("d", "81"));
	source_expect(f, "put Service/default/d 81\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_folders),     TEST(test_symlink_loop), TEST(test_configmap_swap),
		TEST(test_link_target), TEST(test_single_file),  TEST(test_root_comes_later),
		TEST(test_polling),     TEST(test_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
