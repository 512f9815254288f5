/* test_secret_cache: values stay while somebody holds them or their Secret has them, and not
 * longer. */
#include "publisher/wanted/secret_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct secret_cache cache;

static int setup(void **state)
{
	(void)state;
	publisher_secret_cache_init(&cache);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_secret_cache_clear(&cache);
	return 0;
}

static struct hash fingerprint_of(const char *text)
{
	return hash_of(str_from(text));
}

/* SECRET_PUT of ns/name with one value under key "k"; NULL: with none. */
static void put(const char *name, const char *text)
{
	struct msg_secret_entry entry = { STR("k"), fingerprint_of(text ? text : ""),
					  str_from(text) };
	struct msg_secret_put message = { { MSG_KIND_SECRET, STR("ns"), str_from(name) },
					  { &entry, text != NULL } };

	publisher_secret_cache_put(&cache, &message);
}

static struct cached_value *get(const char *name, const char *text)
{
	struct hash fingerprint = fingerprint_of(text);
	struct secret_ref ref = { STR("ns"), str_from(name), STR("k"), &fingerprint };

	return publisher_secret_cache_get(&cache, &ref);
}

static void finds_by_secret_key_and_fingerprint(void **state)
{
	struct hash fingerprint = fingerprint_of("one");
	struct secret_ref other_key = { STR("ns"), STR("a"), STR("other"), &fingerprint };

	(void)state;
	put("a", "one");
	assert_true(str_is(publisher_secret_cache_bytes(get("a", "one")), "one"));
	assert_null(get("a", "two"));
	assert_null(get("b", "one"));
	assert_null(publisher_secret_cache_get(&cache, &other_key));
}

static void rotation_keeps_what_is_held(void **state)
{
	struct cached_value *held;

	(void)state;
	put("a", "one");
	held = get("a", "one");
	publisher_secret_cache_hold(held);
	put("a", "two");
	assert_ptr_equal(get("a", "one"), held);
	assert_non_null(get("a", "two"));
	publisher_secret_cache_let_go(&cache, held);
	assert_null(get("a", "one"));
	assert_non_null(get("a", "two"));
	put("a", "three");
	assert_null(get("a", "two"));
}

static void the_last_holder_takes_it_along(void **state)
{
	struct cached_value *held;

	(void)state;
	put("a", "one");
	held = get("a", "one");
	publisher_secret_cache_hold(held);
	publisher_secret_cache_hold(held);
	publisher_secret_cache_let_go(&cache, held);
	assert_ptr_equal(get("a", "one"), held);
	publisher_secret_cache_let_go(&cache, held);
	assert_null(get("a", "one"));
	put("a", "one"); /* and it can come again */
	assert_non_null(get("a", "one"));
}

static void the_same_put_changes_nothing(void **state)
{
	struct cached_value *value;

	(void)state;
	put("a", "one");
	value = get("a", "one");
	put("a", "one");
	assert_ptr_equal(get("a", "one"), value);
	assert_int_equal(cache.values.n, 1);
}

static void an_empty_put_forgets(void **state)
{
	(void)state;
	put("a", "one");
	put("a", NULL);
	assert_null(get("a", "one"));
	assert_int_equal(cache.secrets.n, 0);
}

static void a_sweep_takes_what_nobody_came_for(void **state)
{
	(void)state;
	put("a", "one");
	put("b", "two");
	publisher_secret_cache_sweep(&cache); /* their CONFIGs may be on their way */
	assert_non_null(get("a", "one"));
	publisher_secret_cache_hold(get("b", "two"));
	put("c", "three");
	publisher_secret_cache_sweep(&cache);
	assert_null(get("a", "one"));
	assert_non_null(get("b", "two"));
	assert_non_null(get("c", "three"));
}

/* Random puts, holds and releases: what is held is there with its bytes, and in the end nothing is
 * left. */
static void any_order(void **state)
{
	static const char *const texts[] = { "one", "two", "three", "four" };
	struct cached_value *held[50];
	const char *held_text[50];
	size_t n = 0;

	(void)state;
	srand(3);
	for (int step = 0; step < 5000; step++) {
		const char *text = texts[rand() % 4];
		struct cached_value *value;

		if (rand() % 3 == 0)
			put("a", rand() % 5 ? text : NULL);
		value = get("a", text);
		if (value && n < 50 && rand() % 2) {
			publisher_secret_cache_hold(value);
			held[n] = value;
			held_text[n++] = text;
		} else if (n) {
			publisher_secret_cache_let_go(&cache, held[--n]);
		}
		for (size_t i = 0; i < n; i++)
			assert_true(str_is(publisher_secret_cache_bytes(held[i]), held_text[i]));
	}
	while (n)
		publisher_secret_cache_let_go(&cache, held[--n]);
	put("a", NULL);
	assert_int_equal(cache.values.n, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(finds_by_secret_key_and_fingerprint),
		TEST(rotation_keeps_what_is_held),
		TEST(the_last_holder_takes_it_along),
		TEST(the_same_put_changes_nothing),
		TEST(an_empty_put_forgets),
		TEST(a_sweep_takes_what_nobody_came_for),
		TEST(any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
