/* test_settle_random: what is published does not hang on the order in which Ingresses come and go. */
#include "tests/unit/publisher/apps.h"

#define N_APPS 12

static struct app random_app(size_t i)
{
	static const char *const spaces[] = { "a", "b", "c" };
	static const char *const hosts[] = { "h", "H.", "i", "i:8443" };
	static const char *const prefixes[] = { "/", "/p" };
	static const char names[N_APPS][2] = { "a", "b", "c", "d", "e", "f",
					       "g", "h", "i", "j", "k", "l" };

	return (struct app){ spaces[i % 3], names[i], hosts[rand() % 4], prefixes[rand() % 2],
			     rand() % 4 };
}

static void put_or_take(const struct app *app)
{
	if (app->name)
		apps_put(app);
}

static const char *all_in_order(const struct app *apps, bool gather, bool backwards)
{
	struct wanted *kept = wanted;
	const char *text;

	wanted = publisher_wanted_new(NULL);
	publisher_wanted_govern(wanted, kept->policy);
	publisher_wanted_gather(wanted, gather);
	for (size_t i = 0; i < N_APPS; i++)
		put_or_take(&apps[backwards ? N_APPS - 1 - i : i]);
	publisher_wanted_gather(wanted, false);
	text = rig_render(wanted, WANTED_JSON, &pool);
	publisher_wanted_destroy(&wanted);
	wanted = kept;
	return text;
}

static void any_order_of_changes(void **state)
{
	struct app apps[N_APPS] = { { 0 } };

	(void)state;
	srand(3);
	for (int step = 0; step < 3000; step++) {
		const size_t i = (size_t)rand() % N_APPS;

		if (rand() % 3 == 0 && apps[i].name) {
			apps_gone(&apps[i]);
			apps[i] = (struct app){ 0 };
		} else {
			apps[i] = random_app(i);
			apps_put(&apps[i]);
		}
		if (step % 10)
			continue;
		assert_string_equal(rig_render(wanted, WANTED_JSON, &pool),
				    all_in_order(apps, step % 20, step % 40));
		warnings[0] = changed[0] = '\0';
		pool_clear(&pool);
		pool_init(&pool);
	}
	for (size_t i = 0; i < N_APPS; i++)
		if (apps[i].name)
			apps_gone(&apps[i]);
	assert_int_equal(wanted->claims.hosts.n + wanted->conflicts.places.n + wanted->unsettled.n +
				 wanted->n_routes,
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(any_order_of_changes),
		TEST_POLICY(any_order_of_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
