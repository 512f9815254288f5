/* test_file_sink: the file follows what is wanted: when, and what happens if it cannot be
 * written. */
#include "publisher/file/file_sink.h"

#include <poll.h>

#include "base/log.h"
#include "tests/unit/publisher/folders.h"
#include "tests/unit/publisher/rig.h"

static struct pool pool;
static const char *path;
static struct wanted *wanted;
static struct file_sink sink;

static void start(enum wanted_format format)
{
	struct file_sink_settings settings = { path, format, 500 };
	struct err err = { "" };

	wanted = publisher_wanted_new(NULL);
	if (publisher_file_sink_open(&sink, &settings, wanted, &err) < 0)
		fail_msg("%s", err.text);
}

static void end(void)
{
	publisher_file_sink_close(&sink);
	publisher_wanted_destroy(&wanted);
}

static int setup(void **state)
{
	(void)state;
	pool_init(&pool);
	folder_make();
	path = folder_path("out", &pool);
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
	struct msg_config config = rig_config(owner, rig_route(owner, "h", prefix, &pool), &pool);

	rig_put(wanted, &config);
	publisher_file_sink_touch(&sink, &config.owner, 0);
}

/* Starts to publish and waits for the end. */
static int publish(void)
{
	struct pollfd fd = { .fd = sink.done_fd, .events = POLLIN };

	publisher_file_sink_publish(&sink);
	if (!sink.job.running)
		return -1;
	assert_int_equal(poll(&fd, 1, 20000), 1);
	return publisher_file_sink_on_done(&sink);
}

static bool file_says(const char *word)
{
	struct str text = folder_read(path, &pool);

	return text.ptr && strstr(text.ptr, word);
}

static void the_first_publishing_writes_even_nothing(void **state)
{
	(void)state;
	assert_int_equal(publisher_file_sink_due(&sink), 0);
	assert_int_equal(publish(), 0);
	assert_true(file_says("{\"settings\":{}}"));
	assert_true(publisher_file_sink_due(&sink) == UINT64_MAX);
}

static void the_first_change_goes_at_once_the_next_waits(void **state)
{
	(void)state;
	publish();
	sink.done_ms -= 1000;
	put("a", "/");
	assert_true(publisher_file_sink_due(&sink) <= clock_ms());
	assert_int_equal(publish(), 0);
	assert_true(file_says("\"prefix\":\"/\""));
	put("a", "/x");
	assert_true(publisher_file_sink_due(&sink) > sink.last_ms);
	assert_true(publisher_file_sink_due(&sink) <= sink.first_ms + 500 + 2 * sink.write_ms);
	for (int i = 0; i < 20; i++) { /* it does not wait for ever if changes go on */
		sink.first_ms -= 100;
		put("b", i % 2 ? "/" : "/x");
	}
	assert_true(publisher_file_sink_due(&sink) <= clock_ms());
}

static void changed_back_is_no_change(void **state)
{
	(void)state;
	put("a", "/");
	publish();
	put("a", "/x");
	put("a", "/");
	publisher_file_sink_publish(&sink);
	assert_false(sink.job.running);
	assert_true(publisher_file_sink_due(&sink) == UINT64_MAX);
}

static void changes_while_it_writes_are_not_lost(void **state)
{
	struct msg_key a = rig_key("a");
	struct pollfd fd = { .fd = sink.done_fd, .events = POLLIN };

	(void)state;
	put("a", "/old");
	put("b", "/b");
	publisher_file_sink_publish(&sink);
	assert_true(sink.job.running);
	assert_true(publisher_file_sink_due(&sink) == UINT64_MAX);
	put("b", "/new"); /* what is being written does not change under its hands */
	publisher_wanted_delete(wanted, &a);
	publisher_file_sink_touch(&sink, &a, 0);
	assert_int_equal(poll(&fd, 1, 20000), 1);
	assert_int_equal(publisher_file_sink_on_done(&sink), 0);
	assert_true(file_says("/old") && file_says("/b\"") && !file_says("/new"));
	assert_true(publisher_file_sink_due(&sink) < UINT64_MAX);
	assert_int_equal(publish(), 0);
	assert_true(!file_says("/old") && file_says("/new"));
	assert_int_equal(sink.job.n_changes, 2);
}

static void a_failure_is_tried_again(void **state)
{
	(void)state;
	put("a", "/");
	publish();
	/* a folder in the place of the file: it cannot be replaced */
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	put("a", "/x");
	assert_int_equal(publish(), -1);
	assert_true(sink.retry_ms > 0 && publisher_file_sink_due(&sink) >= sink.retry_ms);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(publish(), 0);
	assert_true(file_says("/x"));
	assert_int_equal(sink.retry_ms, 0);
}

static void a_restart_has_the_last_good(void **state)
{
	struct stat before, after;

	(void)state;
	put("a", "/");
	put("b", "/b");
	publish();
	assert_int_equal(stat(path, &before), 0);
	end();
	start(WANTED_JSON);
	assert_int_equal(publisher_wanted_n_routes(wanted), 2);
	put("a", "/");
	assert_int_equal(publish(), 0);
	assert_int_equal(sink.job.n_changes, 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino); /* nothing was written */
}

/* ---- YAML with the bootstrap part and its files ---- */

static void put_postgres(const char *ca)
{
	struct msg_config config = rig_config("global", "{}", &pool);
	struct msg_splice splice = { .bootstrap = true,
				     .path = STR("settings.databroker_storage_connection_string"),
				     .route_id = STR(""),
				     .secret_namespace = STR("ns"),
				     .secret_name = STR("s"),
				     .secret_key = STR("k"),
				     .hmac = hash_of(STR("postgres://db/x?sslmode=a")),
				     .encoding = MSG_SPLICE_POSTGRES_URL };
	struct msg_file file = { STR("sslrootcert"), STR("ns"), STR("ca"), STR("ca.crt"),
				 hash_of(str_from(ca)) };

	config.bootstrap = rig_pack_json("{\"settings\":{\"shared_secret\":\"c2VjcmV0\"}}", &pool);
	config.splices = (struct msg_splice_list){ &splice, 1 };
	config.files = (struct msg_file_list){ &file, 1 };
	rig_secret(wanted, "s", "k", STR("postgres://db/x?sslmode=a"));
	rig_secret(wanted, "ca", "ca.crt", str_from(ca));
	assert_int_equal(rig_put(wanted, &config), WANTED_CHANGED);
	publisher_file_sink_touch(&sink, &config.owner, 0);
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
	assert_int_equal(publish(), 0);
	assert_true(file_says("shared_secret:") && file_says("https://h"));
	check_storage_file("CA 1");
	put_postgres("CA 2");
	assert_int_equal(publish(), 0);
	check_storage_file("CA 2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_publishing_writes_even_nothing),
		TEST(the_first_change_goes_at_once_the_next_waits),
		TEST(changed_back_is_no_change),
		TEST(changes_while_it_writes_are_not_lost),
		TEST(a_failure_is_tried_again),
		TEST(a_restart_has_the_last_good),
		TEST(yaml_has_the_bootstrap_part_and_its_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
