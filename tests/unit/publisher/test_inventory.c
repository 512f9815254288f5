/* test_inventory: the barrier and what is stale: scripts of messages and what becomes of each. */
#include "publisher/wanted/inventory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct inventory inventory;

static int setup(void **state)
{
	(void)state;
	publisher_inventory_init(&inventory);
	publisher_inventory_begin(&inventory, 7);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_inventory_clear(&inventory);
	return 0;
}

static struct msg_key key_of(const char *name)
{
	return (struct msg_key){ MSG_KIND_INGRESS, STR("ns"), str_from(name) };
}

static enum inventory_verdict say_in(uint64_t epoch, const char *name, uint64_t number, bool gone)
{
	struct msg_key key = key_of(name);

	return publisher_inventory_admit(
		&inventory, &key, &(struct msg_stamp){ .epoch = epoch, .number = number }, gone);
}

static enum inventory_verdict config(const char *name, uint64_t number)
{
	return say_in(7, name, number, false);
}

static enum inventory_verdict gone(const char *name, uint64_t number)
{
	return say_in(7, name, number, true);
}

/* One chunk with up to two owners. */
static int chunk(uint64_t index, bool last, const char *a, uint64_t a_number, const char *b,
		 uint64_t b_number)
{
	struct msg_inventory_entry entries[2] = { { key_of(a ? a : ""), a_number },
						  { key_of(b ? b : ""), b_number } };
	struct msg_inventory message = {
		.epoch = 7, .number = 100, .chunk = index, .last = last, .complete = true
	};
	struct err err;

	message.owners.items = entries;
	message.owners.n = (a != NULL) + (b != NULL);
	return publisher_inventory_announce(&inventory, &message, &err);
}

static bool is_gone(const char *name)
{
	struct msg_key key = key_of(name);

	return publisher_inventory_is_gone(&inventory, &key);
}

static void waits_for_everybody(void **state)
{
	(void)state;
	assert_false(publisher_inventory_passed(&inventory));
	assert_int_equal(config("early", 3), INVENTORY_APPLY);
	assert_int_equal(chunk(0, false, "early", 3, "late", 5), 0);
	assert_false(publisher_inventory_passed(&inventory));
	assert_int_equal(chunk(1, true, "third", 9, NULL, 0), 1);
	assert_false(publisher_inventory_passed(&inventory));
	assert_int_equal(config("late", 4), INVENTORY_APPLY); /* not the one that was announced */
	assert_int_equal(config("third", 9), INVENTORY_APPLY);
	assert_false(publisher_inventory_passed(&inventory));
	assert_int_equal(config("late", 120), INVENTORY_APPLY);
	assert_true(publisher_inventory_passed(&inventory));
}

static void a_deletion_is_an_arrival(void **state)
{
	(void)state;
	chunk(0, true, "a", 5, NULL, 0);
	assert_int_equal(gone("a", 101), INVENTORY_APPLY);
	assert_true(publisher_inventory_passed(&inventory));
	assert_true(is_gone("a"));
}

static void an_empty_world_is_a_world(void **state)
{
	(void)state;
	assert_int_equal(chunk(0, true, NULL, 0, NULL, 0), 1);
	assert_true(publisher_inventory_passed(&inventory));
	assert_true(is_gone("restored"));
}

static void drops_what_is_older(void **state)
{
	(void)state;
	chunk(0, true, "a", 5, NULL, 0);
	assert_int_equal(config("a", 8), INVENTORY_APPLY);
	assert_int_equal(config("a", 7), INVENTORY_STALE);
	assert_int_equal(config("a", 8), INVENTORY_STALE); /* a number counts once */
	assert_int_equal(say_in(6, "a", 99, false), INVENTORY_FOREIGN);
	assert_int_equal(gone("a", 7), INVENTORY_STALE);
}

static void drops_those_who_were_not_announced(void **state)
{
	(void)state;
	chunk(0, true, "a", 5, NULL, 0);
	assert_int_equal(config("b", 100), INVENTORY_STALE); /* N is 100: it was gone by then */
	assert_int_equal(config("b", 101), INVENTORY_APPLY);
	assert_false(is_gone("b"));
}

static void tombstones_stay_until_flushed(void **state)
{
	(void)state;
	chunk(0, true, "a", 5, NULL, 0);
	config("b", 101);
	assert_int_equal(gone("b", 105), INVENTORY_APPLY);
	assert_int_equal(config("b", 103), INVENTORY_STALE);
	publisher_inventory_flushed(&inventory, &(struct msg_flushed){ 7, 104 });
	assert_int_equal(config("b", 103), INVENTORY_STALE);
	publisher_inventory_flushed(&inventory, &(struct msg_flushed){ 6, 200 });
	assert_int_equal(inventory.owners.n, 2);
	publisher_inventory_flushed(&inventory, &(struct msg_flushed){ 7, 105 });
	assert_int_equal(inventory.owners.n, 1);
	assert_int_equal(config("b", 106), INVENTORY_APPLY);
}

static void who_comes_back_is_not_gone(void **state)
{
	(void)state;
	chunk(0, true, "a", 5, NULL, 0);
	gone("a", 101);
	assert_int_equal(config("a", 102), INVENTORY_APPLY);
	assert_false(is_gone("a"));
}

/* The link started over: what was said in between was lost, the new announcement tells. */
static void a_second_announcement_replaces_the_first(void **state)
{
	(void)state;
	chunk(0, true, "a", 5, "b", 6);
	config("a", 5);
	config("b", 6);
	assert_true(publisher_inventory_passed(&inventory));
	chunk(0, false, "a", 5, NULL, 0);
	assert_true(
		publisher_inventory_passed(&inventory)); /* not whole yet: the first one holds */
	assert_false(is_gone("b"));
	chunk(1, true, "c", 90, NULL, 0);
	assert_false(publisher_inventory_passed(&inventory));
	assert_true(is_gone("b"));
	assert_int_equal(config("c", 90), INVENTORY_APPLY);
	assert_true(publisher_inventory_passed(&inventory));
	assert_int_equal(config("b", 50), INVENTORY_STALE);
}

static void an_incomplete_world_removes_nobody(void **state)
{
	struct msg_inventory message = {
		.epoch = 7, .number = 100, .last = true, .complete = false
	};
	struct err err;

	(void)state;
	assert_int_equal(publisher_inventory_announce(&inventory, &message, &err), 1);
	assert_true(publisher_inventory_passed(&inventory));
	assert_false(is_gone("restored"));
}

/* cert-manager may not be installed, or cannot be read. */
static void certificates_that_are_not_known_are_not_gone(void **state)
{
	struct msg_key key = key_of("a");
	struct msg_inventory message = {
		.epoch = 7, .number = 100, .last = true, .complete = true
	};
	struct err err;

	(void)state;
	key.kind = MSG_KIND_CERTIFICATE;
	assert_int_equal(publisher_inventory_announce(&inventory, &message, &err), 1);
	assert_true(is_gone("a"));
	assert_false(publisher_inventory_is_gone(&inventory, &key));
	message.certificates = true;
	assert_int_equal(publisher_inventory_announce(&inventory, &message, &err), 1);
	assert_true(publisher_inventory_is_gone(&inventory, &key));
}

static void a_lost_chunk_is_seen(void **state)
{
	(void)state;
	assert_int_equal(chunk(0, false, "a", 5, NULL, 0), 0);
	assert_int_equal(chunk(2, true, "b", 5, NULL, 0), -1);
	assert_false(publisher_inventory_passed(&inventory));
	assert_int_equal(chunk(0, true, "a", 5, NULL, 0), 1);
}

static void another_epoch_starts_over(void **state)
{
	(void)state;
	chunk(0, true, "a", 5, NULL, 0);
	config("a", 500);
	publisher_inventory_begin(&inventory, 8);
	assert_false(publisher_inventory_passed(&inventory));
	assert_int_equal(config("a", 501), INVENTORY_FOREIGN);
	assert_int_equal(chunk(0, true, "a", 5, NULL, 0), 0); /* of epoch 7 */
	assert_int_equal(say_in(8, "a", 1, false), INVENTORY_APPLY);
	assert_false(publisher_inventory_passed(&inventory));
}

static void nobody_is_heard_before_a_resolver_came(void **state)
{
	(void)state;
	publisher_inventory_begin(&inventory, 0);
	assert_int_equal(say_in(0, "a", 1, false), INVENTORY_FOREIGN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(waits_for_everybody),
		TEST(a_deletion_is_an_arrival),
		TEST(an_empty_world_is_a_world),
		TEST(drops_what_is_older),
		TEST(drops_those_who_were_not_announced),
		TEST(tombstones_stay_until_flushed),
		TEST(who_comes_back_is_not_gone),
		TEST(a_second_announcement_replaces_the_first),
		TEST(an_incomplete_world_removes_nobody),
		TEST(certificates_that_are_not_known_are_not_gone),
		TEST(a_lost_chunk_is_seen),
		TEST(another_epoch_starts_over),
		TEST(nobody_is_heard_before_a_resolver_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
