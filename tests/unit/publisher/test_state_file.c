/* test_state_file: what is saved comes back; what is damaged does not, and does no harm. */
#include "publisher/file/state_file.h"

#include "tests/unit/publisher/folders.h"
#include "tests/unit/x509/pems.h"
#include "tests/unit/publisher/rig.h"

static struct pool pool;
static const char *path;
static struct wanted *wanted;
static struct state_file saved;

static void open_state(struct wanted *into, int want_rc, const char *word)
{
	struct err err = { "" };

	assert_int_equal(publisher_state_file_open(&saved, path, &err), 0);
	if (publisher_state_file_load(&saved, into, &err) != want_rc)
		fail_msg("%s", err.text);
	if (word && !strstr(err.text, word))
		fail_msg("%s not in: %s", word, err.text);
}

static int setup(void **state)
{
	(void)state;
	pool_init(&pool);
	folder_make();
	path = folder_path("out.state", &pool);
	wanted = publisher_wanted_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_wanted_destroy(&wanted);
	folder_remove();
	pool_clear(&pool);
	return 0;
}

static void put(const char *owner, const char *json)
{
	struct arrival config = str_starts(str_from(json), "{\"settings\"")
					? rig_settings(owner, json, &pool)
					: rig_config(owner, json, &pool);

	assert_true(rig_put(wanted, &config) <= WANTED_SAME);
}

/* Saves these owners as they are wanted now. */
static void save(const char *const *owners, size_t n)
{
	struct state_change items[8];
	struct state_changes changes = { items, n };
	struct snapshot all;
	struct err err = { "" };

	for (size_t i = 0; i < n; i++) {
		struct msg_key key = rig_key(owners[i]);
		const struct owner *owner = publisher_wanted_owner(wanted, &key);

		if (!owner) {
			struct msg_key of_settings =
				rig_settings(owners[i], "{}", &pool).ticket.owner;

			owner = publisher_wanted_owner(wanted, &of_settings);
			key = owner ? of_settings : key;
		}
		items[i] = (struct state_change){ key, owner ? owner->good : NULL };
	}
	publisher_snapshot_take(&all, wanted);
	if (publisher_state_file_save(&saved, &changes, &all, &err) < 0)
		fail_msg("%s", err.text);
	publisher_snapshot_let_go(&all, wanted);
}

/* Another process reads the file: the same is wanted. */
static void check_restored(void)
{
	struct wanted *other = publisher_wanted_new(NULL);

	publisher_state_file_close(&saved);
	open_state(other, 0, NULL);
	assert_string_equal(rig_render(other, WANTED_JSON, &pool),
			    rig_render(wanted, WANTED_JSON, &pool));
	publisher_state_file_close(&saved);
	publisher_wanted_destroy(&other);
	open_state(wanted, 0, NULL);
}

static void put_with_cert(const char *owner)
{
	struct pem_pair pair = pem_make("DNS:h", 10, &pool);
	const struct rig_value values[] = { { "tls", "tls.crt", pair.cert },
					    { "tls", "tls.key", pair.key } };
	struct arrival config = rig_config(owner, rig_route(owner, "h", "/", &pool), &pool);

	rig_certificate(&config, values, 2, &pool);
	rig_secret(wanted, values, 2);
	assert_int_equal(rig_put(wanted, &config), WANTED_CHANGED);
}

static void everything_comes_back(void **state)
{
	(void)state;
	open_state(wanted, 0, NULL);
	put("a", "{\"routes\":["
		 "{\"id\":\"1\",\"from\":\"https://a\",\"policies\":[{\"rego\":[\"r\"]}]},"
		 "{\"id\":\"2\",\"from\":\"https://b\",\"policies\":[{\"rego\":[\"r\"]}]},"
		 "{\"id\":\"3\",\"from\":\"https://c\",\"policies\":[{\"rego\":[\"q\"]}]}]}");
	put("s", "{\"settings\":{\"log_level\":\"info\"}}");
	put("e", "{\"settings\":{}}");
	put_with_cert("c");
	save((const char *[]){ "a", "s", "e", "c" }, 4);
	check_restored();
	assert_int_equal(publisher_wanted_n_routes(wanted), 4);
}

static void later_records_win(void **state)
{
	struct msg_key b = rig_key("b");

	(void)state;
	open_state(wanted, 0, NULL);
	put("a", rig_route("a", "h", "/", &pool));
	put("b", rig_route("b", "h", "/b", &pool));
	save((const char *[]){ "a", "b" }, 2);
	put("a", rig_route("a", "h", "/new", &pool));
	publisher_wanted_delete(wanted, &b);
	save((const char *[]){ "a", "b" }, 2);
	check_restored();
	put("b", rig_route("b", "h", "/again", &pool));
	save((const char *[]){ "b" }, 1);
	check_restored();
}

static void it_does_not_grow_without_end(void **state)
{
	struct str big = { pool_alloc(&pool, 100001), 100000 };
	off_t largest = 0;

	(void)state;
	memset((char *)big.ptr, 'x', big.len);
	open_state(wanted, 0, NULL);
	for (int i = 0; i < 200; i++) {
		put("a", rig_route("a", pool_printf(&pool, "h%d", i).ptr, big.ptr, &pool));
		save((const char *[]){ "a" }, 1);
		if (saved.size > largest)
			largest = saved.size;
	}
	assert_true(largest < 6 << 20); /* 200 times 0.2 MB were written */
	check_restored();
	assert_int_equal(folder_count(), 1);
}

static void save_two(void)
{
	open_state(wanted, 0, NULL);
	put("a", rig_route("a", "h", "/", &pool));
	save((const char *[]){ "a" }, 1);
	put_with_cert("b");
	save((const char *[]){ "b" }, 1);
	publisher_state_file_close(&saved);
}

/* Whatever byte is wrong, wherever it ends: no harm, a sentence, and it is written anew afterwards.
 */
static void any_damage_is_seen(void **state)
{
	struct str good;

	(void)state;
	save_two();
	good = folder_read(path, &pool);
	for (size_t i = 0; i < good.len; i += 1 + i / 40) {
		struct wanted *other = publisher_wanted_new(NULL);
		char *bad = pool_alloc(&pool, good.len);

		memcpy(bad, good.ptr, good.len);
		bad[i] ^= 0x55;
		folder_write(path, (struct str){ bad, good.len });
		open_state(other, -1, NULL);
		assert_int_equal(saved.fd, -1);
		assert_true(publisher_wanted_n_routes(other) <= 1);
		publisher_state_file_close(&saved);
		publisher_wanted_destroy(&other);
	}
}

static void a_torn_end_keeps_the_beginning(void **state)
{
	struct str good;

	(void)state;
	save_two();
	good = folder_read(path, &pool);
	for (size_t cut = 1; cut < 60; cut += 7) {
		struct wanted *other = publisher_wanted_new(NULL);

		folder_write(path, str_slice(good, 0, good.len - cut));
		open_state(other, -1, "ends early");
		assert_int_equal(publisher_wanted_n_routes(other), 1);
		publisher_state_file_close(&saved);
		publisher_wanted_destroy(&other);
	}
	open_state(wanted, -1, NULL);
	save((const char *[]){ "a" }, 1); /* anew, with all there is */
	check_restored();
	assert_int_equal(publisher_wanted_n_routes(wanted), 2);
}

static void foreign_files_are_left_out(void **state)
{
	static const char *const texts[] = { "", "hello", "sluice publisher state 2\n" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		folder_write(path, str_from(texts[i]));
		open_state(wanted, -1, NULL);
		publisher_state_file_close(&saved);
	}
	unlink(path);
	save_two();
	assert_int_equal(chmod(path, 0644), 0);
	open_state(wanted, -1, "0600");
	publisher_state_file_close(&saved);
	unlink(path);
	assert_int_equal(symlink("/dev/zero", path), 0);
	open_state(wanted, -1, "opened");
	publisher_state_file_close(&saved);
}

/* Closes what the test left open. */
static int close_and_teardown(void **state)
{
	if (saved.file.dir_fd > 0)
		publisher_state_file_close(&saved);
	return teardown(state);
}
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, close_and_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(everything_comes_back),          TEST(later_records_win),
		TEST(it_does_not_grow_without_end),   TEST(any_damage_is_seen),
		TEST(a_torn_end_keeps_the_beginning), TEST(foreign_files_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
