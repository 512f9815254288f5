/* test_settle: which routes of several owners are published, and what is said of those that are not. */
#include "tests/unit/publisher/apps.h"

static const struct app bank = { "victim", "bank", "bank.example", "/", 10 };

static void the_younger_of_two_namespaces_is_not_published(void **state)
{
	const struct app evil = { "aaa", "x", "bank.example", "/", 20 };

	(void)state;
	apps_put(&evil);
	assert_true(apps_has(&evil));
	apps_put(&bank);
	assert_true(apps_has(&bank));
	assert_false(apps_has(&evil));
	assert_string_equal(changed, "aaa/x\n");
	assert_non_null(strstr(warnings, "aaa/x: from \"https://bank.example\", path \"/\", is "
					 "also a route of Ingress victim/bank; that one is older"));
	assert_null(strstr(warnings, "victim/bank: "));
	warnings[0] = '\0';
	assert_int_equal(apps_put(&evil), WANTED_SAME);
	assert_string_equal(warnings, "");
	apps_gone(&bank);
	assert_true(apps_has(&evil));
	assert_int_equal(publisher_wanted_n_routes(wanted), 1);
}

static void one_spelling_of_a_host_is_enough(void **state)
{
	static const char *const spellings[] = { "bank.example.", "BANK.example",
						 "bank.example:443", "Bank.Example.:443" };

	(void)state;
	apps_put(&bank);
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		const struct app evil = { "aaa", "x", spellings[i], "/", 20 };

		apps_put(&evil);
		assert_false(apps_has(&evil));
	}
}

static void what_differs_is_shared(void **state)
{
	const struct app path = { "aaa", "p", "bank.example", "/login", 20 },
			 port = { "aaa", "q", "bank.example:8443", "/", 20 },
			 host = { "aaa", "r", "bank.example.org", "/", 20 },
			 same = { "victim", "s", "bank.example", "/", 20 };

	(void)state;
	apps_put(&bank);
	apps_put(&path);
	apps_put(&port);
	apps_put(&host);
	apps_put(&same);
	assert_true(apps_has(&bank) && apps_has(&path) && apps_has(&port) && apps_has(&host) &&
		    apps_has(&same));
}

static void of_equal_age_both_are_published(void **state)
{
	const struct app equal = { "aaa", "x", "bank.example", "/", 10 },
			 unknown = { "bbb", "y", "bank.example", "/", 0 };

	(void)state;
	apps_put(&bank);
	apps_put(&equal);
	apps_put(&unknown);
	assert_true(apps_has(&bank) && apps_has(&equal) && apps_has(&unknown));
	assert_non_null(strstr(warnings, "victim/bank: from"));
	assert_non_null(strstr(warnings, "both are published"));
}

/* Who is deleted and made anew is young, though nothing else of it differs. */
static void a_new_object_is_young(void **state)
{
	const struct app evil = { "aaa", "x", "bank.example", "/", 20 };
	struct app again = bank;

	(void)state;
	apps_put(&bank);
	apps_put(&evil);
	again.created = 30;
	apps_put(&again);
	assert_false(apps_has(&bank));
	assert_true(apps_has(&evil));
}

/* One that is rejected keeps its place, and its age, as long as its last good routes stay. */
static void the_rejected_stay_where_they_are(void **state)
{
	const struct app evil = { "aaa", "x", "bank.example", "/", 20 };
	const struct arrival arrival = apps_arrival(&bank);
	struct msg_diagnostic error = { MSG_SEVERITY_ERROR, 0, STR(""), STR("it is broken") };
	struct msg_reject reject = { .owner = apps_key(&bank), .diagnostics = { &error, 1 } };

	(void)state;
	apps_put(&bank);
	publisher_wanted_claim(wanted, &arrival.ticket);
	publisher_wanted_reject(wanted, &reject);
	apps_put(&evil);
	assert_true(apps_has(&bank));
	assert_false(apps_has(&evil));
}

/* Of many routes only those that another one has are left out. */
static void only_what_is_shared_is_left_out(void **state)
{
	const char *json = "{\"routes\":["
			   "{\"id\":\"e1\",\"from\":\"https://bank.example\",\"prefix\":\"/\"},"
			   "{\"id\":\"e2\",\"from\":\"https://bank.example\",\"prefix\":\"/x\"},"
			   "{\"id\":\"e3\",\"from\":\"https://aaa.example\",\"prefix\":\"/\"}]}";
	struct arrival evil = rig_config("x", json, &pool);
	const char *text;

	(void)state;
	evil.ticket.owner.namespace = STR("aaa");
	evil.ticket.created = 20;
	rig_put(wanted, &evil);
	apps_put(&bank);
	text = rig_render(wanted, WANTED_JSON, &pool);
	assert_null(strstr(text, "\"e1\""));
	assert_non_null(strstr(text, "\"e2\""));
	assert_non_null(strstr(text, "\"e3\""));
	assert_int_equal(publisher_wanted_n_routes(wanted), 3);
}

static void before_all_are_there_nobody_is_compared(void **state)
{
	const struct app evil = { "aaa", "x", "bank.example", "/", 20 };

	(void)state;
	publisher_wanted_gather(wanted, true);
	apps_put(&evil);
	apps_put(&bank);
	assert_true(apps_has(&evil));
	assert_string_equal(warnings, "");
	publisher_wanted_gather(wanted, false);
	assert_false(apps_has(&evil));
	assert_non_null(strstr(warnings, "aaa/x: from"));
}

#define ALIKE                                                                                      \
	"\"name\":\"same\",\"from\":\"https://a.example\",\"prefix\":\"/\",\"to\":[\"http://x\"]," \
	"\"allow_any_authenticated_user\":true"
#define OTHER                                                                                  \
	"\"name\":\"other\",\"from\":\"https://a.example\",\"prefix\":\"/\",\"to\":[\"http://" \
	"x\"]"

/* What is said of two routes is so, whoever comes first, also where one of them is refused. */
static void it_is_said_what_is_published(void **state)
{
	(void)state;
	wanted->listener.refused = apps_on_refused;
	publisher_wanted_need(wanted, (struct wanted_needs){ .yaml = true });
	for (int first = 0; first < 2; first++) {
		warnings[0] = refusals[0] = '\0';
		apps_put_json("shop", first ? "b" : "a", first ? 10 : 5, ALIKE);
		apps_put_json("shop", first ? "a" : "b", first ? 5 : 10, ALIKE);
		assert_non_null(strstr(warnings, "shop/a: from"));
		assert_non_null(strstr(warnings, "that one is rejected, so this one is published "
						 "alone"));
		assert_null(strstr(warnings, "both are published"));
		assert_null(strstr(warnings, "shop/b: "));
		warnings[0] = '\0';
		apps_put_json("shop", "b", 10, OTHER);
		assert_non_null(strstr(warnings, "shop/a: from"));
		assert_non_null(strstr(warnings, "shop/b: from"));
		assert_non_null(strstr(warnings, "both are published"));
		assert_null(strstr(warnings, "alone"));
		apps_gone(&(struct app){ "shop", "a", "", "", 0 });
		apps_gone(&(struct app){ "shop", "b", "", "", 0 });
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_younger_of_two_namespaces_is_not_published),
		TEST(one_spelling_of_a_host_is_enough),
		TEST(what_differs_is_shared),
		TEST(of_equal_age_both_are_published),
		TEST(a_new_object_is_young),
		TEST(the_rejected_stay_where_they_are),
		TEST(only_what_is_shared_is_left_out),
		TEST(before_all_are_there_nobody_is_compared),
		TEST(it_is_said_what_is_published),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
