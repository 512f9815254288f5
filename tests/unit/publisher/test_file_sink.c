/* test_file_sink: the file follows what is wanted: when, and what happens if it cannot be
 * written. */
#include "publisher/file/file_sink.h"

#include <poll.h>

#include "base/clock.h"
#include "base/log.h"
#include "tests/unit/publisher/folders.h"
#include "tests/unit/publisher/rig.h"

#define LATER 60000 /* more than any wait */

static struct pool pool;
static const char *path;
static struct wanted *wanted;
static struct sink *sink;
static int n_taken, n_stored;

static void on_taken(void *self)
{
	(void)self;
	n_taken++;
}

static void on_stored(void *self)
{
	(void)self;
	n_stored++;
}

static void start(enum wanted_format format)
{
	const struct file_sink_settings settings = { path, format, 500 };
	const struct sink_listener listener = { NULL, on_taken, on_stored };
	struct err err = { "" };

	wanted = publisher_wanted_new(NULL);
	sink = publisher_file_sink_new(&settings, wanted, &listener, &err);
	if (!sink)
		fail_msg("%s", err.text);
}

static void end(void)
{
	sink->ops->destroy(sink);
	publisher_wanted_destroy(&wanted);
}

static int setup(void **state)
{
	(void)state;
	pool_init(&pool);
	folder_make();
	path = folder_path("out", &pool);
	n_taken = n_stored = 0;
	log_set_level(LOG_LEVEL_ERROR);
	start(WANTED_JSON);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	end();
	folder_remove();
	pool_clear(&pool);
	return 0;
}

static void put(const char *owner, const char *prefix)
{
	struct arrival config = rig_config(owner, rig_route(owner, "h", prefix, &pool), &pool);

	rig_put(wanted, &config);
	sink->ops->touch(sink, &config.ticket.owner, 0);
}

static uint64_t tick(uint64_t later_ms)
{
	return sink->ops->tick(sink, clock_ms() + later_ms, 0);
}

static bool is_writing(int wait_ms)
{
	struct pollfd fd = { .fd = sink->ops->fd(sink), .events = POLLIN };

	return poll(&fd, 1, wait_ms) == 1;
}

/* The writing that was started ends; true: what was taken is stored. */
static bool finish(void)
{
	const int before = n_stored;

	assert_true(is_writing(20000));
	sink->ops->on_fd(sink);
	return n_stored > before;
}

static bool publish(void)
{
	const int before = n_taken;

	assert_true(tick(LATER) == UINT64_MAX);
	assert_int_equal(n_taken, before + 1);
	return finish();
}

static bool file_says(const char *word)
{
	struct str text = folder_read(path, &pool);

	return text.ptr && strstr(text.ptr, word);
}

/* What is said to be stored of an owner. */
static bool stored_is(const char *owner, const char *want)
{
	const struct msg_key key = rig_key(owner);
	cJSON *stored = cJSON_CreateObject();
	bool is;

	sink->ops->explain(sink, publisher_wanted_owner(wanted, &key), stored);
	is = str_is(cjson_text(stored, "state"), want);
	cJSON_Delete(stored);
	return is;
}

static void the_first_publishing_writes_even_nothing(void **state)
{
	(void)state;
	assert_true(tick(0) == UINT64_MAX);
	assert_true(finish());
	assert_true(file_says("{\"settings\":{}}"));
	assert_true(tick(LATER) == UINT64_MAX);
	assert_false(is_writing(0));
}

static void nothing_is_written_before_it_may(void **state)
{
	const uint64_t now = clock_ms();

	(void)state;
	assert_true(sink->ops->tick(sink, now, now + 1) == now + 1);
	assert_true(sink->ops->tick(sink, now, UINT64_MAX) == UINT64_MAX);
	assert_int_equal(n_taken, 0);
}

static void what_follows_a_write_waits(void **state)
{
	uint64_t due;

	(void)state;
	publish();
	put("a", "/");
	due = tick(0);
	assert_true(due > clock_ms() && due <= clock_ms() + LATER);
	assert_true(stored_is("a", "not yet"));
	assert_true(publish());
	assert_true(file_says("\"prefix\":\"/\""));
	assert_true(stored_is("a", "equal"));
}

static void changed_back_is_no_change(void **state)
{
	(void)state;
	put("a", "/");
	publish();
	put("a", "/x");
	assert_true(stored_is("a", "older"));
	put("a", "/");
	assert_true(tick(LATER) == UINT64_MAX);
	assert_false(is_writing(0));
	assert_true(tick(LATER) == UINT64_MAX);
}

static void changes_while_it_writes_are_not_lost(void **state)
{
	struct msg_key a = rig_key("a");

	(void)state;
	put("a", "/old");
	put("b", "/b");
	assert_true(tick(LATER) == UINT64_MAX);
	put("b", "/new"); /* what is being written does not change under its hands */
	publisher_wanted_delete(wanted, &a);
	sink->ops->touch(sink, &a, 0);
	assert_true(tick(LATER) == UINT64_MAX); /* one at a time */
	assert_true(finish());
	assert_true(file_says("/old") && file_says("/b\"") && !file_says("/new"));
	assert_true(stored_is("b", "older"));
	assert_true(publish());
	assert_true(!file_says("/old") && file_says("/new"));
	assert_true(stored_is("b", "equal"));
}

static void a_failure_is_tried_again(void **state)
{
	uint64_t due;

	(void)state;
	put("a", "/");
	publish();
	/* a folder in the place of the file: it cannot be replaced */
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	put("a", "/x");
	assert_false(publish());
	assert_true(stored_is("a", "older"));
	due = tick(0);
	assert_true(due > clock_ms() && due <= clock_ms() + LATER);
	assert_int_equal(rmdir(path), 0);
	assert_true(publish());
	assert_true(file_says("/x"));
	assert_true(tick(LATER) == UINT64_MAX);
}

static void a_restart_has_the_last_good(void **state)
{
	const char *saved = pool_printf(&pool, "%s.state", path).ptr;
	struct stat file[2], saves[2];

	(void)state;
	put("a", "/");
	put("b", "/b");
	publish();
	assert_int_equal(stat(path, &file[0]) + stat(saved, &saves[0]), 0);
	end();
	start(WANTED_JSON);
	assert_int_equal(publisher_wanted_n_routes(wanted), 2);
	assert_true(stored_is("a", "equal"));
	put("a", "/");
	assert_true(publish());
	assert_int_equal(stat(path, &file[1]) + stat(saved, &saves[1]), 0);
	assert_int_equal(file[0].st_ino, file[1].st_ino); /* nothing was written */
	assert_int_equal(saves[0].st_size, saves[1].st_size);
}

/* ---- YAML with the bootstrap part and its files ---- */

static void put_postgres(const char *ca)
{
	const struct rig_value connection = { "s", "connection", STR("postgres://db/x?sslmode=a") };
	const struct rig_value file = { "ca", "ca.crt", str_from(ca) };
	struct arrival config = rig_settings("global", "{}", &pool);

	config.config.bootstrap =
		rig_pack_json("{\"settings\":{\"shared_secret\":\"c2VjcmV0\"}}", &pool);
	rig_splice(&config, "spec.storage.postgres.secret", &connection, "", &pool);
	rig_splice(&config, "spec.storage.postgres.caSecret", &file, "", &pool);
	rig_secret(wanted, &connection, 1);
	rig_secret(wanted, &file, 1);
	assert_int_equal(rig_put(wanted, &config), WANTED_CHANGED);
	sink->ops->touch(sink, &config.ticket.owner, 0);
}

/* The file that the connection string names has this content, and it is the only one. */
static void check_storage_file(const char *want)
{
	const char *text = folder_read(path, &pool).ptr,
		   *at = strstr(text, ".files%2Fsslrootcert-");
	struct pool scratch;
	struct str name;
	DIR *dir;
	size_t n = 0;

	assert_non_null(at);
	pool_init(&scratch);
	name = pool_bytes(&scratch, at + 9, strcspn(at + 9, "&\"\n"));
	assert_true(str_is(
		folder_read(pool_printf(&scratch, "%s.files/%s", path, name.ptr).ptr, &scratch),
		want));
	dir = opendir(pool_printf(&scratch, "%s.files", path).ptr);
	while (readdir(dir))
		n++;
	closedir(dir);
	assert_int_equal(n, 3);
	pool_clear(&scratch);
}

static void yaml_has_the_bootstrap_part_and_its_files(void **state)
{
	(void)state;
	end();
	start(WANTED_YAML);
	publisher_wanted_need(wanted, (struct wanted_needs){ true, true });
	put("a", "/");
	put_postgres("CA 1");
	assert_true(publish());
	assert_true(file_says("shared_secret:") && file_says("https://h"));
	check_storage_file("CA 1");
	put_postgres("CA 2");
	assert_true(publish());
	check_storage_file("CA 2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_publishing_writes_even_nothing),
		TEST(nothing_is_written_before_it_may),
		TEST(what_follows_a_write_waits),
		TEST(changed_back_is_no_change),
		TEST(changes_while_it_writes_are_not_lost),
		TEST(a_failure_is_tried_again),
		TEST(a_restart_has_the_last_good),
		TEST(yaml_has_the_bootstrap_part_and_its_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
