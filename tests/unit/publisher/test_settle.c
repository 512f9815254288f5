/* test_settle: which routes of several owners are published: the rules one by one; then that the end
 * does not hang on who came first. */
#include "publisher/wanted/wanted_inside.h"

#include "base/mem.h"
#include "tests/unit/publisher/rig.h"

static struct pool pool;
static struct wanted *wanted;
static char warnings[4000], changed[1000];

static void append(char *to, size_t size, const struct msg_key *owner, const char *text)
{
	const size_t used = strlen(to);

	snprintf(to + used, size - used, STR_FMT "/" STR_FMT "%s%s\n", STR_ARG(owner->namespace),
		 STR_ARG(owner->name), *text ? ": " : "", text);
}

static void on_warn(void *self, const struct msg_key *owner, const char *sentence)
{
	(void)self;
	append(warnings, sizeof(warnings), owner, sentence);
}

static void on_changed(void *self, const struct msg_key *owner)
{
	(void)self;
	append(changed, sizeof(changed), owner, "");
}

static int setup(void **state)
{
	(void)state;
	pool_init(&pool);
	warnings[0] = changed[0] = '\0';
	wanted = publisher_wanted_new(&(struct wanted_listener){ NULL, on_warn, on_changed });
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_wanted_destroy(&wanted);
	pool_clear(&pool);
	return 0;
}

/* One Ingress with one route, of a namespace and an age. */
struct app {
	const char *namespace, *name, *host, *prefix;
	int64_t created;
};

static struct msg_key key_of(const struct app *app)
{
	return (struct msg_key){ MSG_KIND_INGRESS, str_from(app->namespace), str_from(app->name) };
}

static struct arrival arrival_of(const struct app *app)
{
	const char *id = pool_printf(&pool, "%s/%s", app->namespace, app->name).ptr;
	struct arrival arrival =
		rig_config(app->name, rig_route(id, app->host, app->prefix, &pool), &pool);

	arrival.ticket.owner = key_of(app);
	arrival.ticket.created = app->created;
	return arrival;
}

static enum wanted_outcome put(const struct app *app)
{
	const struct arrival arrival = arrival_of(app);

	return rig_put(wanted, &arrival);
}

static enum wanted_outcome gone(const struct app *app)
{
	const struct msg_key key = key_of(app);

	return publisher_wanted_delete(wanted, &key);
}

static bool has(const struct app *app)
{
	const char *text = rig_render(wanted, WANTED_JSON, &pool);

	return strstr(text, pool_printf(&pool, "\"id\":\"%s/%s%s\"", app->namespace, app->name,
					app->prefix)
				    .ptr) != NULL;
}

static const struct app bank = { "victim", "bank", "bank.example", "/", 10 };

static void the_younger_of_two_namespaces_is_not_published(void **state)
{
	const struct app evil = { "aaa", "x", "bank.example", "/", 20 };

	(void)state;
	put(&evil);
	assert_true(has(&evil));
	put(&bank);
	assert_true(has(&bank));
	assert_false(has(&evil));
	assert_string_equal(changed, "aaa/x\n");
	assert_non_null(strstr(warnings, "aaa/x: from \"https://bank.example\", path \"/\", is "
					 "also a route of Ingress victim/bank; that one is older"));
	assert_null(strstr(warnings, "victim/bank: "));
	warnings[0] = '\0';
	assert_int_equal(put(&evil), WANTED_SAME);
	assert_string_equal(warnings, "");
	gone(&bank);
	assert_true(has(&evil));
	assert_int_equal(publisher_wanted_n_routes(wanted), 1);
}

static void one_spelling_of_a_host_is_enough(void **state)
{
	static const char *const spellings[] = { "bank.example.", "BANK.example",
						 "bank.example:443", "Bank.Example.:443" };

	(void)state;
	put(&bank);
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		const struct app evil = { "aaa", "x", spellings[i], "/", 20 };

		put(&evil);
		assert_false(has(&evil));
	}
}

static void what_differs_is_shared(void **state)
{
	const struct app path = { "aaa", "p", "bank.example", "/login", 20 },
			 port = { "aaa", "q", "bank.example:8443", "/", 20 },
			 host = { "aaa", "r", "bank.example.org", "/", 20 },
			 same = { "victim", "s", "bank.example", "/", 20 };

	(void)state;
	put(&bank);
	put(&path);
	put(&port);
	put(&host);
	put(&same);
	assert_true(has(&bank) && has(&path) && has(&port) && has(&host) && has(&same));
}

static void of_equal_age_both_are_published(void **state)
{
	const struct app equal = { "aaa", "x", "bank.example", "/", 10 },
			 unknown = { "bbb", "y", "bank.example", "/", 0 };

	(void)state;
	put(&bank);
	put(&equal);
	put(&unknown);
	assert_true(has(&bank) && has(&equal) && has(&unknown));
	assert_non_null(strstr(warnings, "victim/bank: from"));
	assert_non_null(strstr(warnings, "both are published"));
}

/* Who is deleted and made anew is young, though nothing else of it differs. */
static void a_new_object_is_young(void **state)
{
	const struct app evil = { "aaa", "x", "bank.example", "/", 20 };
	struct app again = bank;

	(void)state;
	put(&bank);
	put(&evil);
	again.created = 30;
	put(&again);
	assert_false(has(&bank));
	assert_true(has(&evil));
}

/* One that is rejected keeps its place, and its age, as long as its last good routes stay. */
static void the_rejected_stay_where_they_are(void **state)
{
	const struct app evil = { "aaa", "x", "bank.example", "/", 20 };
	const struct arrival arrival = arrival_of(&bank);
	struct msg_diagnostic error = { MSG_SEVERITY_ERROR, 0, STR(""), STR("it is broken") };
	struct msg_reject reject = { .owner = key_of(&bank), .diagnostics = { &error, 1 } };

	(void)state;
	put(&bank);
	publisher_wanted_claim(wanted, &arrival.ticket);
	publisher_wanted_reject(wanted, &reject);
	put(&evil);
	assert_true(has(&bank));
	assert_false(has(&evil));
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
	put(&bank);
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
	put(&evil);
	put(&bank);
	assert_true(has(&evil));
	assert_string_equal(warnings, "");
	publisher_wanted_gather(wanted, false);
	assert_false(has(&evil));
	assert_non_null(strstr(warnings, "aaa/x: from"));
}

/* ---- a host belongs to one namespace ---- */

static struct host_policy policy;
static char refusals[2000];

static void on_refused(void *self, const struct msg_key *owner, const struct err *why)
{
	(void)self;
	append(refusals, sizeof(refusals), owner, why ? why->text : "no longer");
}

static int setup_policy(void **state)
{
	struct err err = { "" };

	setup(state);
	refusals[0] = '\0';
	wanted->listener.refused = on_refused;
	assert_int_equal(
		publisher_host_policy_open(
			&policy,
			&(struct host_policy_flags){ STR("namespace"),
						     STR("open.example=aaa,bbb  Other.example=ccc"),
						     { (struct str[]){ STR("login") }, 1 } },
			&err),
		0);
	publisher_wanted_govern(wanted, &policy);
	return 0;
}

static int teardown_policy(void **state)
{
	publisher_host_policy_clear(&policy);
	return teardown(state);
}

static void who_names_a_host_of_another_namespace_is_rejected(void **state)
{
	const struct app evil = { "aaa", "x", "bank.example", "/login", 20 },
			 same = { "victim", "s", "bank.example", "/x", 20 },
			 equal = { "bbb", "y", "bank.example", "/y", 10 };

	(void)state;
	assert_int_equal(put(&evil), WANTED_CHANGED);
	put(&bank);
	assert_false(has(&evil));
	assert_non_null(strstr(refusals, "aaa/x: host \"bank.example\" belongs to the namespace of "
					 "Ingress victim/bank"));
	assert_int_equal(put(&evil), WANTED_REJECTED);
	assert_int_equal(publisher_wanted_n_rejected(wanted), 1);
	assert_int_equal(put(&same), WANTED_CHANGED);
	assert_int_equal(put(&equal), WANTED_CHANGED); /* nobody is older */
	gone(&equal);
	gone(&same);
	gone(&bank);
	assert_true(has(&evil));
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
	put(&evil);
	put(&bank);
	expect_refusals(taken);
	assert_int_equal(put(&edited), WANTED_REJECTED);
	put(&bank);
	expect_refusals("");
	put(&older); /* for another reason, now both */
	assert_non_null(strstr(refusals, "aaa/x: host \"bank.example\" belongs to the namespace of "
					 "Ingress old/bank"));
	assert_non_null(strstr(refusals, "victim/bank: host"));
	refusals[0] = '\0';
	gone(&older);
	assert_non_null(strstr(refusals, taken));
	assert_non_null(strstr(refusals, "victim/bank: no longer\n"));
	refusals[0] = '\0';
	gone(&bank);
	expect_refusals("aaa/x: no longer\n");
	assert_int_equal(publisher_wanted_n_rejected(wanted), 0);

	publisher_wanted_gather(wanted, true); /* another resolver says all again */
	put(&evil);
	put(&bank);
	expect_refusals("");
	publisher_wanted_gather(wanted, false);
	expect_refusals(taken);
}

/* Once its newest state is wrong by itself, others are not what it has to wait for. */
static void a_rejection_takes_the_place_of_a_refusal(void **state)
{
	const struct app evil = { "aaa", "x", "bank.example", "/", 20 };
	struct msg_diagnostic error = { MSG_SEVERITY_ERROR, 0, STR(""), STR("it is broken") };
	const struct msg_reject reject = { .owner = key_of(&evil), .diagnostics = { &error, 1 } };
	const struct msg_key key = key_of(&evil);

	(void)state;
	put(&evil);
	put(&bank);
	refusals[0] = '\0';
	publisher_wanted_reject(wanted, &reject);
	gone(&bank);
	expect_refusals("");
	assert_string_equal(publisher_wanted_owner(wanted, &key)->reason, "it is broken");
	assert_int_equal(publisher_wanted_n_rejected(wanted), 1);
}

static void put_json(const char *namespace, const char *name, int64_t created, const char *route)
{
	struct arrival arrival =
		rig_config(name, pool_printf(&pool, "{\"routes\":[{%s}]}", route).ptr, &pool);

	arrival.ticket.owner =
		(struct msg_key){ MSG_KIND_INGRESS, str_from(namespace), str_from(name) };
	arrival.ticket.created = created;
	rig_put(wanted, &arrival);
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
	wanted->listener.refused = on_refused;
	publisher_wanted_need(wanted, (struct wanted_needs){ .yaml = true });
	for (int first = 0; first < 2; first++) {
		warnings[0] = refusals[0] = '\0';
		put_json("shop", first ? "b" : "a", first ? 10 : 5, ALIKE);
		put_json("shop", first ? "a" : "b", first ? 5 : 10, ALIKE);
		assert_non_null(strstr(warnings, "shop/a: from"));
		assert_non_null(strstr(warnings, "that one is rejected, so this one is published "
						 "alone"));
		assert_null(strstr(warnings, "both are published"));
		assert_null(strstr(warnings, "shop/b: "));
		warnings[0] = '\0';
		put_json("shop", "b", 10, OTHER);
		assert_non_null(strstr(warnings, "shop/a: from"));
		assert_non_null(strstr(warnings, "shop/b: from"));
		assert_non_null(strstr(warnings, "both are published"));
		assert_null(strstr(warnings, "alone"));
		gone(&(struct app){ "shop", "a", "", "", 0 });
		gone(&(struct app){ "shop", "b", "", "", 0 });
	}
}

/* The owner of a host comes later than who answers challenges there, where hosts are shared. */
static void who_answers_challenges_is_found_late(void **state)
{
	(void)state;
	refusals[0] = '\0';
	wanted->listener.refused = on_refused;
	put_json("aaa", "solver", 20,
		 "\"from\":\"https://bank.example\",\"path\":\"/.well-known/acme-challenge/x\","
		 "\"to\":[\"http://x\"],\"allow_public_unauthenticated_access\":true");
	assert_string_equal(refusals, "");
	put(&bank);
	assert_non_null(strstr(refusals, "aaa/solver: from \"https://bank.example\""));
	assert_int_equal(publisher_wanted_n_routes(wanted), 1);
	gone(&bank);
	assert_non_null(strstr(refusals, "aaa/solver: no longer"));
	assert_int_equal(publisher_wanted_n_routes(wanted), 1);
}

/* One that is rejected has no spelling: the next one's counts. */
static void a_host_has_one_spelling(void **state)
{
	const struct app small = { "shop", "b", "a.example", "/", 20 },
			 large = { "shop", "a", "A.example", "/x", 10 },
			 third = { "shop", "c", "a.example", "/y", 30 },
			 moved = { "shop", "a", "other.example", "/x", 10 };

	(void)state;
	refusals[0] = '\0';
	wanted->listener.refused = on_refused;
	put(&small);
	put(&large);
	assert_true(has(&large) && !has(&small));
	expect_refusals("shop/b: host \"a.example\" differs in case only from \"A.example\" of "
			"Ingress shop/a, which comes first, and Envoy takes one of them: write "
			"both in lower case\n");
	assert_int_equal(put(&third), WANTED_REJECTED);
	expect_refusals("");
	put(&moved);
	assert_true(has(&moved) && has(&small) && has(&third));
	assert_non_null(strstr(refusals, "shop/b: no longer\n"));
	assert_non_null(strstr(refusals, "shop/c: no longer\n"));
	put(&large);
	assert_true(has(&large) && !has(&small) && !has(&third));
	gone(&large);
	assert_true(has(&small) && has(&third));
	assert_int_equal(wanted->n_capitals, 0);
}

static void exceptions_are_named(void **state)
{
	const struct app first = { "victim", "o", "open.example", "/", 10 },
			 let_in = { "aaa", "x", "open.example", "/x", 20 },
			 other = { "ccc", "y", "open.example", "/y", 20 };

	(void)state;
	put(&first);
	assert_int_equal(put(&let_in), WANTED_CHANGED);
	assert_int_equal(put(&other), WANTED_REJECTED);
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
			 good = { "login", "g", "auth.example", "/", 30 };

	(void)state;
	put(&evil);
	put(&wide);
	put(&all);
	put(&below);
	assert_true(has(&evil) && has(&wide) && has(&all));
	put_settings("https://Auth.example");
	assert_false(has(&evil) || has(&wide) || has(&all));
	assert_true(has(&below));
	gone(&evil);
	assert_int_equal(put(&good), WANTED_CHANGED);
	put_settings("https://elsewhere.org");
	assert_true(has(&wide) && !has(&all));
}

/* What its newest state is rejected for is told, and nothing of it is published all the same. */
static void the_reason_of_a_rejection_stays(void **state)
{
	const struct app evil = { "aaa", "x", "bank.example", "/", 20 };
	struct msg_diagnostic error = { MSG_SEVERITY_ERROR, 0, STR(""), STR("it is broken") };
	struct msg_reject reject = { .owner = key_of(&evil), .diagnostics = { &error, 1 } };
	const struct msg_key key = key_of(&evil);

	(void)state;
	put(&evil);
	publisher_wanted_reject(wanted, &reject);
	put(&bank);
	assert_false(has(&evil));
	gone(&bank);
	assert_true(has(&evil));
	assert_non_null(strstr(publisher_wanted_owner(wanted, &key)->reason, "it is broken"));
}

/* ---- any order ---- */

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
		put(app);
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
			gone(&apps[i]);
			apps[i] = (struct app){ 0 };
		} else {
			apps[i] = random_app(i);
			put(&apps[i]);
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
			gone(&apps[i]);
	assert_int_equal(wanted->claims.hosts.n + wanted->conflicts.places.n + wanted->unsettled.n +
				 wanted->n_routes,
			 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_POLICY(name) cmocka_unit_test_setup_teardown(name, setup_policy, teardown_policy)

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
		TEST(any_order_of_changes),
		TEST_POLICY(who_names_a_host_of_another_namespace_is_rejected),
		TEST_POLICY(the_refused_are_told_once_and_taken_back),
		TEST_POLICY(a_rejection_takes_the_place_of_a_refusal),
		TEST(a_host_has_one_spelling),
		TEST(it_is_said_what_is_published),
		TEST(who_answers_challenges_is_found_late),
		TEST_POLICY(exceptions_are_named),
		TEST_POLICY(the_authenticate_host_is_reserved),
		TEST_POLICY(the_reason_of_a_rejection_stays),
		TEST_POLICY(any_order_of_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
