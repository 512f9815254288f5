/* test_curve: what new files in the folder of the keys mean for the links, and which endpoints
 * may be used without keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

#include "actor/link/curve.h"
#include "actor/link/endpoint.h"
#include "tests/unit/smaps.h"

struct pair {
	char public[CURVE_KEY_LEN + 1], secret[CURVE_KEY_LEN + 1];
};

struct rig {
	char dir[64];
	struct pair server, client, other;
	struct curve curve;
};

static void write_file(const struct rig *rig, const char *name, const char *text)
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", rig->dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

static void make_folder(const struct rig *rig)
{
	write_file(rig, "server.key", rig->server.secret);
	write_file(rig, "server.pub", rig->server.public);
	write_file(rig, "client.key", rig->client.secret);
	write_file(rig, "clients.pub", rig->client.public);
}

static void remove_folder(const struct rig *rig)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -r %s", rig->dir);
	assert_int_equal(system(command), 0);
}

static int setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct err err = { "" };

	assert_int_equal(zmq_curve_keypair(rig->server.public, rig->server.secret), 0);
	assert_int_equal(zmq_curve_keypair(rig->client.public, rig->client.secret), 0);
	assert_int_equal(zmq_curve_keypair(rig->other.public, rig->other.secret), 0);
	snprintf(rig->dir, sizeof(rig->dir), "/tmp/test-curve-XXXXXX");
	assert_non_null(mkdtemp(rig->dir));
	make_folder(rig);
	if (actor_curve_open(&rig->curve, rig->dir, CURVE_BINDS | CURVE_CONNECTS, &err) < 0)
		fail_msg("%s", err.text);
	*state = rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	actor_curve_close(&rig->curve);
	remove_folder(rig);
	free(rig);
	return 0;
}

static bool admits_as(const struct rig *rig, const struct pair *pair, enum msg_room room)
{
	struct curve_key key;

	memcpy(key.text, pair->public, sizeof(key.text));
	return actor_curve_admits(&rig->curve, &key, room);
}

static bool admits(const struct rig *rig, const struct pair *pair)
{
	return admits_as(rig, pair, ROOM_TRANSLATOR);
}

static void says_what_has_changed(void **state)
{
	struct rig *rig = *state;
	char both[2 * CURVE_KEY_LEN + 3];

	assert_true(admits(rig, &rig->client));
	assert_false(admits(rig, &rig->other));
	assert_int_equal(actor_curve_on_change(&rig->curve), 0);
	write_file(rig, "clients.pub", rig->other.public);
	assert_int_equal(actor_curve_on_change(&rig->curve), CURVE_ADMITS_ANEW);
	assert_false(admits(rig, &rig->client));
	assert_true(admits(rig, &rig->other));
	assert_int_equal(rig->curve.n_changes, 0);
	snprintf(both, sizeof(both), "%s\n%s\n", rig->server.public, rig->other.public);
	write_file(rig, "server.pub", both);
	assert_int_equal(actor_curve_on_change(&rig->curve), CURVE_CONNECTS_ANEW);
	assert_int_equal(rig->curve.n_changes, 1);
	write_file(rig, "client.key", rig->other.secret);
	write_file(rig, "server.key", rig->other.secret);
	assert_int_equal(actor_curve_on_change(&rig->curve),
			 CURVE_CONNECTS_ANEW | CURVE_BINDS_ANEW);
	assert_int_equal(rig->curve.n_changes, 2);
	assert_int_equal(actor_curve_on_change(&rig->curve), 0);
}

static void a_key_is_a_room(void **state)
{
	struct rig *rig = *state;
	char text[4 * CURVE_KEY_LEN];

	assert_true(admits_as(rig, &rig->client, ROOM_TRANSLATOR)); /* as no room stands there */
	assert_false(admits_as(rig, &rig->client, ROOM_RESOLVER));
	assert_false(admits_as(rig, &rig->client, ROOM_WATCHER));
	snprintf(text, sizeof(text), "resolver %s\nwatcher %s\n", rig->client.public,
		 rig->other.public);
	write_file(rig, "clients.pub", text);
	assert_int_equal(actor_curve_on_change(&rig->curve), CURVE_ADMITS_ANEW);
	assert_true(admits_as(rig, &rig->client, ROOM_RESOLVER));
	assert_false(admits_as(rig, &rig->client, ROOM_TRANSLATOR));
	assert_false(admits_as(rig, &rig->client, ROOM_NONE));
	assert_true(admits_as(rig, &rig->other, ROOM_WATCHER));
	assert_false(admits_as(rig, &rig->other, ROOM_RESOLVER));
	snprintf(text, sizeof(text), "resolver %s\nresolver %s\nwatcher %s\n", rig->client.public,
		 rig->other.public, rig->other.public);
	write_file(rig, "clients.pub", text); /* two rooms with one key */
	assert_int_equal(actor_curve_on_change(&rig->curve), CURVE_ADMITS_ANEW);
	assert_true(admits_as(rig, &rig->other, ROOM_WATCHER));
	assert_true(admits_as(rig, &rig->other, ROOM_RESOLVER));
}

static void only_clients_have_rooms(void **state)
{
	struct rig *rig = *state;
	char text[2 * CURVE_KEY_LEN];
	struct err err = { "" };

	snprintf(text, sizeof(text), "resolver %s\n", rig->server.public);
	write_file(rig, "server.pub", text);
	assert_null(actor_curve_keys_read(rig->dir, CURVE_CONNECTS, &err));
	assert_non_null(strstr(err.text, "server.pub: line 1 names a room; only clients.pub does"));
}

static void keys_are_in_no_core(void **state)
{
	struct rig *rig = *state;
	char flags[256] = "";

	smaps_flags_of(rig->curve.keys, flags);
	assert_non_null(strstr(flags, "dd"));
	write_file(rig, "server.key", rig->other.secret);
	assert_int_equal(actor_curve_on_change(&rig->curve), CURVE_BINDS_ANEW);
	smaps_flags_of(rig->curve.keys, flags);
	assert_non_null(strstr(flags, "dd"));
}

static void a_broken_file_changes_nothing(void **state)
{
	struct rig *rig = *state;

	write_file(rig, "clients.pub", rig->other.public);
	write_file(rig, "server.key", "no key\n");
	assert_int_equal(actor_curve_on_change(&rig->curve), 0);
	assert_true(admits(rig, &rig->client));
	assert_false(admits(rig, &rig->other));
	assert_int_equal(actor_curve_deadline(&rig->curve), UINT64_MAX);
	write_file(rig, "server.key", rig->server.secret);
	assert_int_equal(actor_curve_on_change(&rig->curve), CURVE_ADMITS_ANEW);
	assert_true(admits(rig, &rig->other));
}

static void a_folder_that_is_gone_is_looked_for(void **state)
{
	struct rig *rig = *state;
	uint64_t due;

	remove_folder(rig);
	assert_int_equal(actor_curve_on_change(&rig->curve), 0);
	assert_true(admits(rig, &rig->client));
	due = actor_curve_deadline(&rig->curve);
	assert_in_range(due, clock_ms(), clock_ms() + 1000);
	assert_int_equal(actor_curve_tick(&rig->curve, due), 0); /* still gone */
	assert_int_equal(mkdir(rig->dir, 0700), 0);
	make_folder(rig);
	write_file(rig, "clients.pub", rig->other.public);
	due = actor_curve_deadline(&rig->curve);
	assert_int_equal(actor_curve_tick(&rig->curve, due - 1), 0); /* not yet */
	assert_int_equal(actor_curve_tick(&rig->curve, due), CURVE_ADMITS_ANEW);
	assert_int_equal(actor_curve_deadline(&rig->curve), UINT64_MAX);
	assert_true(admits(rig, &rig->other));
}

static void nothing_in_clear_leaves_the_machine(void **state)
{
	static const struct {
		const char *endpoint;
		bool good, good_with_keys;
	} cases[] = {
		{ "ipc:///run/sluice/jobs", true, true },
		{ "tcp://127.0.0.1:7001", true, true },
		{ "tcp://127.3.2.1:7001", true, true },
		{ "tcp://localhost:7001", true, true },
		{ "tcp://[::1]:7001", true, true },
		{ "tcp://*:7001", false, true },
		{ "tcp://0.0.0.0:7001", false, true },
		{ "tcp://128.0.0.1:7001", false, true },
		{ "tcp://127.0.0.1.example.com:7001", false, true },
		{ "tcp://localhost.example.com:7001", false, true },
		{ "tcp://resolver:7001", false, true },
		{ "tcp://resolver", false, false },
		{ "tcp://:7001", false, false },
		{ "inproc://jobs", false, false },
		{ "udp://127.0.0.1:7001", false, false },
		{ "", false, false },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct str endpoint = str_from(cases[i].endpoint);

		if ((actor_endpoint_check("flag", endpoint, false, &err) == 0) != cases[i].good ||
		    (actor_endpoint_check("flag", endpoint, true, &err) == 0) !=
			    cases[i].good_with_keys)
			fail_msg("%s", cases[i].endpoint);
	}
	assert_int_equal(actor_endpoint_check("jobs-endpoint", STR("tcp://a:1"), false, &err), -1);
	assert_non_null(strstr(err.text, "--jobs-endpoint: \"tcp://a:1\" leaves this machine"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(says_what_has_changed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_key_is_a_room, setup, teardown),
		cmocka_unit_test_setup_teardown(only_clients_have_rooms, setup, teardown),
		cmocka_unit_test_setup_teardown(keys_are_in_no_core, setup, teardown),
		cmocka_unit_test_setup_teardown(a_broken_file_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_folder_that_is_gone_is_looked_for, setup,
						teardown),
		cmocka_unit_test(nothing_in_clear_leaves_the_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
