/* test_file: a file is replaced as a whole or not at all. */
#include "publisher/file/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/wait.h>

#include "tests/unit/publisher/folders.h"

static struct pool pool;
static const char *path;
static struct file file;

static int setup(void **state)
{
	(void)state;
	pool_init(&pool);
	folder_make();
	path = folder_path("out", &pool);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	folder_remove();
	pool_clear(&pool);
	return 0;
}

static void start(void)
{
	struct err err = { "" };

	if (publisher_file_open(&file, path, &err) < 0)
		fail_msg("%s", err.text);
}

/* Writes the text in two pieces. */
static int replace(const char *text)
{
	struct str s = str_from(text);
	struct err err = { "" };

	assert_int_equal(publisher_file_begin(&file, &err), 0);
	assert_int_equal(publisher_file_write(&file, str_slice(s, 0, s.len / 2), &err), 0);
	assert_int_equal(publisher_file_write(&file, str_slice(s, s.len / 2, s.len), &err), 0);
	return publisher_file_commit(&file, &err);
}

static ino_t inode(void)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	return st.st_ino;
}

static void is_replaced_only_if_it_differs(void **state)
{
	ino_t before;

	(void)state;
	start();
	assert_int_equal(replace("one"), 1);
	before = inode();
	assert_int_equal(replace("one"), 0);
	assert_int_equal(inode(), before);
	assert_int_equal(replace("two"), 1);
	assert_int_not_equal(inode(), before);
	assert_true(str_is(folder_read(path, &pool), "two"));
	publisher_file_close(&file);
	assert_int_equal(folder_count(), 1);
	start(); /* another process: it looks at what is there */
	assert_int_equal(replace("two"), 0);
	assert_int_equal(replace("three"), 1);
	publisher_file_close(&file);
}

static void what_others_did_to_it_is_seen(void **state)
{
	(void)state;
	start();
	assert_int_equal(replace("one"), 1);
	folder_write(path, STR("1"));
	assert_int_equal(replace("one"), 1);
	unlink(path);
	assert_int_equal(replace("one"), 1);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(replace("one"), 1);
	inode();
	publisher_file_close(&file);
}

static void an_open_mode_is_closed(void **state)
{
	(void)state;
	folder_write(path, STR("one"));
	assert_int_equal(chmod(path, 0644), 0);
	start();
	assert_int_equal(replace("one"), 1);
	inode();
	publisher_file_close(&file);
}

static void cancelled_means_nothing_happened(void **state)
{
	struct err err = { "" };

	(void)state;
	start();
	replace("one");
	publisher_file_begin(&file, &err);
	publisher_file_write(&file, STR("half"), &err);
	publisher_file_cancel(&file);
	assert_true(str_is(folder_read(path, &pool), "one"));
	assert_int_equal(folder_count(), 1);
	publisher_file_close(&file);
}

static void left_overs_of_the_dead_are_removed(void **state)
{
	pid_t dead = fork();

	(void)state;
	if (dead == 0)
		_exit(0);
	assert_int_equal(waitpid(dead, NULL, 0), dead);
	folder_write(pool_printf(&pool, "%s.tmp-%d", path, (int)dead).ptr, STR("half"));
	folder_write(pool_printf(&pool, "%s.tmp-%d", path, (int)getppid()).ptr,
		     STR("of somebody who lives"));
	folder_write(pool_printf(&pool, "%s.tmp-x", path).ptr, STR("not ours"));
	start();
	publisher_file_close(&file);
	assert_int_equal(folder_count(), 2);
}

static void says_why_it_cannot(void **state)
{
	struct err err = { "" };

	(void)state;
	assert_int_equal(publisher_file_open(&file, folder_path("none/out", &pool), &err), -1);
	assert_non_null(strstr(err.text, "none/out"));
	publisher_file_close(&file);
	assert_int_equal(publisher_file_open(&file, folder_path("", &pool), &err), -1);
	assert_non_null(strstr(err.text, "is a folder"));
	publisher_file_close(&file);
	path = folder_path("dir", &pool);
	assert_int_equal(mkdir(path, 0700), 0);
	start();
	assert_int_equal(replace("one"), -1); /* a folder cannot be replaced by a file */
	publisher_file_close(&file);
	assert_int_equal(folder_count(), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(is_replaced_only_if_it_differs),
		TEST(what_others_did_to_it_is_seen),
		TEST(an_open_mode_is_closed),
		TEST(cancelled_means_nothing_happened),
		TEST(left_overs_of_the_dead_are_removed),
		TEST(says_why_it_cannot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
