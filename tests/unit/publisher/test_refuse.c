/* test_refuse: who has a host, a path or a spelling of others is rejected, and told so. */
#include "tests/unit/publisher/apps.h"

static const struct app bank = { "victim", "bank", "bank.example", "/", 10 };

static void who_names_a_host_of_another_namespace_is_rejected(void **state)
{
	const struct app evil = { "aaa", "x", "bank.example", "/login", 20 },
			 same = { "victim", "s", "bank.example", "/x", 20 },
			 equal = { "bbb", "y", "bank.example", "/y", 10 };

	(void)state;
	assert_int_equal(apps_put(&evil), WANTED_CHANGED);
	apps_put(&bank);
	assert_false(apps_has(&evil));
	assert_non_null(strstr(refusals, "aaa/x: host \"bank.example\" belongs to the namespace of "
					 "Ingress victim/bank"));
	assert_int_equal(apps_put(&evil), WANTED_REJECTED);
	assert_int_equal(publisher_wanted_n_rejected(wanted), 1);
	assert_int_equal(apps_put(&same), WANTED_CHANGED);
	assert_int_equal(apps_put(&equal), WANTED_CHANGED); /* nobody is older */
	apps_gone(&equal);
	apps_gone(&same);
	apps_gone(&bank);
	assert_true(apps_has(&evil));
	assert_int_equal(publisher_wanted_n_rejected(wanted), 0);
}

static void expect_refusals(const char *expected)
{
	assert_string_equal(refusals, expected);
	refusals[0] = '\0';
}

/* Of what others do to it alone: the rest is the answer to its own message. */
static void the_refused_are_told_once_and_taken_back(void **state)
{
	const struct app evil = { "aaa", "x", "bank.example", "/login", 20 },
			 edited = { "aaa", "x", "bank.example", "/other", 20 },
			 older = { "old", "bank", "bank.example", "/", 5 };
	const char taken[] = "aaa/x: host \"bank.example\" belongs to the namespace of Ingress "
			     "victim/bank, which is older; --shared-host can let this namespace "
			     "have it, too\n";

	(void)state;
	apps_put(&evil);
	apps_put(&bank);
	expect_refusals(taken);
	assert_int_equal(apps_put(&edited), WANTED_REJECTED);
	apps_put(&bank);
	expect_refusals("");
	apps_put(&older); /* for another reason, now both */
	assert_non_null(strstr(refusals, "aaa/x: host \"bank.example\" belongs to the namespace of "
					 "Ingress old/bank"));
	assert_non_null(strstr(refusals, "victim/bank: host"));
	refusals[0] = '\0';
	apps_gone(&older);
	assert_non_null(strstr(refusals, taken));
	assert_non_null(strstr(refusals, "victim/bank: no longer\n"));
	refusals[0] = '\0';
	apps_gone(&bank);
	expect_refusals("aaa/x: no longer\n");
	assert_int_equal(publisher_wanted_n_rejected(wanted), 0);

	publisher_wanted_gather(wanted, true); /* another resolver says all again */
	apps_put(&evil);
	apps_put(&bank);
	expect_refusals("");
	publisher_wanted_gather(wanted, false);
	expect_refusals(taken);
}

/* Once its newest state is wrong by itself, others are not what it has to wait for. */
static void a_rejection_takes_the_place_of_a_refusal(void **state)
{
	const struct app evil = { "aaa", "x", "bank.example", "/", 20 };
	struct msg_diagnostic error = { MSG_SEVERITY_ERROR, 0, STR(""), STR("it is broken") };
	const struct msg_reject reject = { .owner = apps_key(&evil), .diagnostics = { &error, 1 } };
	const struct msg_key key = apps_key(&evil);

	(void)state;
	apps_put(&evil);
	apps_put(&bank);
	refusals[0] = '\0';
	publisher_wanted_reject(wanted, &reject);
	apps_gone(&bank);
	expect_refusals("");
	assert_string_equal(publisher_wanted_owner(wanted, &key)->reason, "it is broken");
	assert_int_equal(publisher_wanted_n_rejected(wanted), 1);
}

/* The owner of a host comes later than who answers challenges there, where hosts are shared. */
static void who_answers_challenges_is_found_late(void **state)
{
	(void)state;
	wanted->listener.refused = apps_on_refused;
	apps_put_json(
		"aaa", "solver", 20,
		"\"from\":\"https://bank.example\",\"path\":\"/.well-known/acme-challenge/x\","
		"\"to\":[\"http://x\"],\"allow_public_unauthenticated_access\":true");
	assert_string_equal(refusals, "");
	apps_put(&bank);
	assert_non_null(strstr(refusals, "aaa/solver: from \"https://bank.example\""));
	assert_int_equal(publisher_wanted_n_routes(wanted), 1);
	apps_gone(&bank);
	assert_non_null(strstr(refusals, "aaa/solver: no longer"));
	assert_int_equal(publisher_wanted_n_routes(wanted), 1);
}

/* One that is rejected has no spelling: the next one's counts. */
static void a_host_has_one_spelling(void **state)
{
	const struct app small = { "shop", "b", "a.example", "/", 20 },
			 large = { "shop", "a", "A.example", "/x", 10 },
			 third = { "shop", "c", "a.example", "/y", 30 },
			 moved = { "shop", "a", "other.example", "/x", 10 },
			 dotted = { "shop", "d", "a.example.", "/z", 20 },
			 large_dotted = { "shop", "e", "A.example.", "/z", 10 };

	(void)state;
	wanted->listener.refused = apps_on_refused;
	apps_put(&small);
	apps_put(&large);
	assert_true(apps_has(&large) && !apps_has(&small));
	expect_refusals("shop/b: host \"a.example\" differs in case only from \"A.example\" of "
			"Ingress shop/a, which comes first, and Envoy takes one of them: write "
			"both in lower case\n");
	assert_int_equal(apps_put(&third), WANTED_REJECTED);
	expect_refusals("");
	apps_put(&moved);
	assert_true(apps_has(&moved) && apps_has(&small) && apps_has(&third));
	assert_non_null(strstr(refusals, "shop/b: no longer\n"));
	assert_non_null(strstr(refusals, "shop/c: no longer\n"));
	apps_put(&large);
	assert_true(apps_has(&large) && !apps_has(&small) && !apps_has(&third));
	apps_gone(&large);
	assert_true(apps_has(&small) && apps_has(&third));
	assert_int_equal(wanted->n_capitals, 0);
	apps_put(&dotted); /* another host for Envoy */
	assert_true(apps_has(&dotted) && apps_has(&small));
	apps_put(&large_dotted);
	assert_true(apps_has(&large_dotted) && !apps_has(&dotted) && apps_has(&small));
}

static void exceptions_are_named(void **state)
{
	const struct app first = { "victim", "o", "open.example", "/", 10 },
			 let_in = { "aaa", "x", "open.example", "/x", 20 },
			 other = { "ccc", "y", "open.example", "/y", 20 };

	(void)state;
	apps_put(&first);
	assert_int_equal(apps_put(&let_in), WANTED_CHANGED);
	assert_int_equal(apps_put(&other), WANTED_REJECTED);
}

static void put_settings(const char *url)
{
	const struct arrival settings = rig_settings(
		"global",
		pool_printf(&pool, "{\"settings\":{\"authenticate_service_url\":\"%s\"}}", url).ptr,
		&pool);

	rig_put(wanted, &settings);
}

static void the_authenticate_host_is_reserved(void **state)
{
	const struct app evil = { "aaa", "x", "auth.example", "/.pomerium", 20 },
			 wide = { "aaa", "y", "*.example", "/", 20 },
			 all = { "aaa", "z", "*", "/", 20 },
			 below = { "aaa", "b", "a.auth.example", "/", 20 },
			 good = { "login", "g", "Auth.example", "/", 30 },
			 small = { "login", "s", "auth.example", "/small", 30 };

	(void)state;
	apps_put(&evil);
	apps_put(&wide);
	apps_put(&all);
	apps_put(&below);
	assert_true(apps_has(&evil) && apps_has(&wide) && apps_has(&all));
	put_settings("https://Auth.example");
	assert_false(apps_has(&evil) || apps_has(&wide) || apps_has(&all));
	assert_true(apps_has(&below));
	apps_gone(&evil);
	assert_int_equal(apps_put(&good), WANTED_CHANGED);
	assert_int_equal(apps_put(&small), WANTED_REJECTED); /* Envoy takes one spelling */
	put_settings("https://auth.example");
	assert_true(apps_has(&small) && !apps_has(&good));
	put_settings("https://elsewhere.org");
	assert_true(apps_has(&wide) && !apps_has(&all));
}

/* What its newest state is rejected for is told, and nothing of it is published all the same. */
static void the_reason_of_a_rejection_stays(void **state)
{
	const struct app evil = { "aaa", "x", "bank.example", "/", 20 };
	struct msg_diagnostic error = { MSG_SEVERITY_ERROR, 0, STR(""), STR("it is broken") };
	struct msg_reject reject = { .owner = apps_key(&evil), .diagnostics = { &error, 1 } };
	const struct msg_key key = apps_key(&evil);

	(void)state;
	apps_put(&evil);
	publisher_wanted_reject(wanted, &reject);
	apps_put(&bank);
	assert_false(apps_has(&evil));
	apps_gone(&bank);
	assert_true(apps_has(&evil));
	assert_non_null(strstr(publisher_wanted_owner(wanted, &key)->reason, "it is broken"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_POLICY(who_names_a_host_of_another_namespace_is_rejected),
		TEST_POLICY(the_refused_are_told_once_and_taken_back),
		TEST_POLICY(a_rejection_takes_the_place_of_a_refusal),
		TEST(a_host_has_one_spelling),
		TEST(who_answers_challenges_is_found_late),
		TEST_POLICY(exceptions_are_named),
		TEST_POLICY(the_authenticate_host_is_reserved),
		TEST_POLICY(the_reason_of_a_rejection_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
