/* test_order_plan: which Certificates are ordered and taken back, and when; and that no history of
 * changes orders a host twice, or leaves one without. */
#include "publisher/orders/order_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define WAIT 60000

static const struct msg_issuer le = { STR("ClusterIssuer"), STR("le"), STR("edge") };
static const struct msg_issuer other = { STR("ClusterIssuer"), STR("other"), STR("edge") };
static struct order_plan plan;
static struct pool pool;

static int setup(void **state)
{
	(void)state;
	pool_init(&pool);
	publisher_order_plan_init(&plan, WAIT);
	plan.now_ms = 1000;
	publisher_order_plan_issuer(&plan, &le);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_order_plan_clear(&plan);
	pool_clear(&pool);
	return 0;
}

static void route(const char *host, int step)
{
	publisher_order_names_route(&plan.names, str_from(host), step);
}

static void there(const char *name, int step)
{
	publisher_order_names_there(&plan.names, str_from(name), step);
}

static struct msg_key key_of(const char *host)
{
	return (struct msg_key){ MSG_KIND_CERTIFICATE, STR("edge"), str_from(host) };
}

static void put(const char *host, const struct msg_issuer *issuer)
{
	struct str name = str_from(host);

	publisher_order_plan_put(&plan, &(struct order_facts){ .key = key_of(host),
							       .issuer = *issuer,
							       .uid = STR("u"),
							       .secret = name,
							       .hosts = { &name, 1 } });
}

static void gone(const char *host)
{
	publisher_order_plan_gone(
		&plan, &(struct msg_key){ MSG_KIND_CERTIFICATE, STR("edge"), str_from(host) });
}

/* All that is due, as "+host -Certificate/edge/host", each put off. */
static const char *due(void)
{
	struct str text = STR("");
	struct order_action action;

	while ((action = publisher_order_plan_next(&plan)).step != ORDER_NOTHING) {
		text = pool_printf(&pool, STR_FMT "%s%s" STR_FMT, STR_ARG(text),
				   text.len ? " " : "", action.step == ORDER_CREATE ? "+" : "-",
				   STR_ARG(action.step == ORDER_CREATE ? action.text
								       : action.facts->key.name));
		publisher_order_plan_put_off(&plan, action.step, pool_str(&pool, action.text),
					     10 * WAIT);
	}
	return text.len ? text.ptr : "";
}

static void a_host_without_a_certificate_is_ordered_after_a_while(void **state)
{
	(void)state;
	route("a.example.com", 1);
	assert_int_equal(publisher_order_plan_due(&plan), 1000 + WAIT);
	plan.now_ms = 1000 + WAIT - 1;
	assert_string_equal(due(), "");
	plan.now_ms++;
	assert_string_equal(due(), "+a.example.com");
	assert_string_equal(due(), ""); /* it is on its way */
	put("a.example.com", &le);
	assert_int_equal(publisher_order_plan_due(&plan), UINT64_MAX);
	plan.now_ms += 100 * WAIT;
	assert_string_equal(due(), "");
}

static void what_goes_and_comes_back_costs_nothing(void **state)
{
	(void)state;
	route("a.example.com", 1);
	plan.now_ms += WAIT / 2;
	route("a.example.com", -1);
	route("a.example.com", 1); /* the time begins anew */
	plan.now_ms += WAIT - 1;
	assert_string_equal(due(), "");
	put("a.example.com", &le);
	route("a.example.com", -1);
	plan.now_ms += WAIT - 1;
	assert_string_equal(due(), "");
	route("a.example.com", 1);
	plan.now_ms += 100 * WAIT;
	assert_string_equal(due(), "");
}

static void what_somebody_provides_is_not_ordered(void **state)
{
	(void)state;
	publisher_order_names_promise(&plan.names, STR("a.example.com"), 1);
	route("a.example.com", 1);
	there("b.example.com", 1);
	route("b.example.com", 1);
	there("*.example.com", 1);
	route("c.example.com", 1);
	route("x.c.example.com", 1); /* a wildcard is for one label */
	route("*.example.org", 1);
	route("10.0.0.1", 1);
	route("2001:db8::1", 1);
	plan.now_ms += WAIT;
	assert_string_equal(due(), "+x.c.example.com");
	there("*.example.com", -1);
	plan.now_ms += WAIT;
	assert_string_equal(due(), "+c.example.com");
	there("b.example.com", -1);
	plan.now_ms += WAIT;
	assert_string_equal(due(), "+b.example.com");
	publisher_order_names_promise(&plan.names, STR("a.example.com"), -1);
	plan.now_ms += WAIT;
	assert_string_equal(due(), "+a.example.com");
}

static void what_nobody_needs_goes_after_a_while(void **state)
{
	(void)state;
	route("a.example.com", 1);
	put("a.example.com", &le);
	there("a.example.com", 1); /* from somebody else */
	plan.now_ms += WAIT - 1;
	assert_string_equal(due(), "");
	plan.now_ms++;
	assert_string_equal(due(), "-a.example.com");
	assert_string_equal(due(), "");
	gone("a.example.com");
	there("a.example.com", -1);
	plan.now_ms += WAIT;
	assert_string_equal(due(), "+a.example.com");
}

/* A promise is none before it is kept: what is there stays until then. */
static void a_promise_takes_nothing_back(void **state)
{
	(void)state;
	route("a.example.com", 1);
	put("a.example.com", &le);
	publisher_order_names_promise(&plan.names, STR("a.example.com"), 1);
	plan.now_ms += 10 * WAIT;
	assert_string_equal(due(), "");
	there("a.example.com", 1);
	plan.now_ms += WAIT;
	assert_string_equal(due(), "-a.example.com");
}

static void another_issuer_makes_them_anew(void **state)
{
	(void)state;
	route("a.example.com", 1);
	put("a.example.com", &le);
	publisher_order_plan_issuer(&plan, &other);
	plan.now_ms += WAIT;
	assert_string_equal(due(), "+a.example.com -a.example.com");
	gone("a.example.com");
	put("a2", &other); /* of no host that is served */
	plan.now_ms += WAIT;
	assert_string_equal(due(), "-a2");
}

static void without_an_issuer_all_go(void **state)
{
	(void)state;
	route("a.example.com", 1);
	route("b.example.com", 1);
	put("a.example.com", &le);
	publisher_order_plan_issuer(&plan, NULL);
	assert_false(publisher_order_plan_is_on(&plan));
	plan.now_ms += WAIT - 1;
	assert_string_equal(due(), "");
	plan.now_ms++;
	assert_string_equal(due(), "-a.example.com");
	gone("a.example.com");
	plan.now_ms += 100 * WAIT;
	assert_string_equal(due(), "");
}

static void what_is_not_known_is_left_alone(void **state)
{
	struct msg_key key = key_of("vague");
	struct order_plan fresh;

	(void)state;
	route("a.example.com", 1);
	publisher_order_plan_put_vague(&plan, &key);
	plan.now_ms += 10 * WAIT;
	assert_string_equal(due(), ""); /* it may be for this host */
	assert_int_equal(publisher_order_plan_due(&plan), UINT64_MAX);
	put("vague", &le);
	assert_string_equal(due(), "+a.example.com");
	plan.now_ms += WAIT;
	assert_string_equal(due(), "-vague");

	publisher_order_plan_init(&fresh, WAIT); /* whose settings have not come */
	publisher_order_plan_put(&fresh, &(struct order_facts){ .key = key, .issuer = le });
	fresh.now_ms = 10 * WAIT;
	assert_int_equal(publisher_order_plan_next(&fresh).step, ORDER_NOTHING);
	publisher_order_plan_clear(&fresh);
}

static void a_host_has_one_name_for_an_issuer(void **state)
{
	char a[ORDER_NAME_MAX], b[ORDER_NAME_MAX];

	(void)state;
	publisher_order_plan_name(&le, STR("a.example.com"), a);
	assert_int_equal(strlen(a), strlen("pomerium-certificate-") + 16);
	assert_int_equal(strspn(a + strlen("pomerium-certificate-"), "bcdfghjklmnpqrstvwxz2456789"),
			 16);
	publisher_order_plan_name(&le, STR("a.example.com"), b);
	assert_string_equal(a, b);
	publisher_order_plan_name(&le, STR("b.example.com"), b);
	assert_string_not_equal(a, b);
	publisher_order_plan_name(&other, STR("a.example.com"), b);
	assert_string_not_equal(a, b);
	assert_true(publisher_order_plan_is_name(str_from(a)));
	assert_false(publisher_order_plan_is_name(STR("pomerium-certificate-of-shop")));
	assert_false(publisher_order_plan_is_name(STR("pomerium-certificate-bcdfghjklmnpqrs!")));
}

/* ---- any history ---- */

#define N_HOSTS 6
#define ROUNDS 300
#define STEPS 200

static const char *const hosts[N_HOSTS] = { "a.example.com",   "b.example.com", "c.example.com",
					    "x.a.example.com", "example.com",   "d.example.org" };
static const char *const names[] = { "a.example.com", "*.example.com", "d.example.org",
				     "*.a.example.com" };
#define N_NAMES (sizeof(names) / sizeof(names[0]))

struct world {
	int routes[N_HOSTS], promised[N_HOSTS], there[N_NAMES];
	bool ordered[N_HOSTS];
};

static bool is_there(const struct world *w, size_t host)
{
	for (size_t i = 0; i < N_NAMES; i++) {
		struct str name = str_from(names[i]), head, domain;

		if (w->there[i] && (strcmp(names[i], hosts[host]) == 0 ||
				    (str_starts(name, "*.") &&
				     str_cut(str_from(hosts[host]), '.', &head, &domain) &&
				     str_eq(domain, str_slice(name, 2, name.len)))))
			return true;
	}
	return false;
}

/* One thing changes; what may be done is done at once, as an API server would. */
static void step(struct world *w)
{
	const size_t host = (size_t)random() % N_HOSTS, name = (size_t)random() % N_NAMES;

	switch (random() % 6) {
	case 0:
	case 1:
		w->routes[host] ^= 1;
		route(hosts[host], w->routes[host] ? 1 : -1);
		break;
	case 2:
		w->promised[host] ^= 1;
		publisher_order_names_promise(&plan.names, str_from(hosts[host]),
					      w->promised[host] ? 1 : -1);
		break;
	case 3:
		w->there[name] ^= 1;
		there(names[name], w->there[name] ? 1 : -1);
		break;
	default:
		plan.now_ms += (uint64_t)random() % WAIT;
	}
}

static void act(struct world *w)
{
	struct order_action action;

	while ((action = publisher_order_plan_next(&plan)).step != ORDER_NOTHING) {
		struct str host =
			action.step == ORDER_CREATE ? action.text : action.facts->key.name;
		size_t i = 0;

		while (!str_is(host, hosts[i]))
			i++;
		if (action.step == ORDER_CREATE) {
			assert_false(w->ordered[i]); /* never twice */
			assert_true(w->routes[i] && !w->promised[i] && !is_there(w, i));
			put(hosts[i], &le);
		} else {
			assert_true(w->ordered[i]);
			assert_true(!w->routes[i] || is_there(w, i));
			gone(hosts[i]);
		}
		w->ordered[i] = action.step == ORDER_CREATE;
	}
}

static void any_history_ends_as_it_should(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct world w = { 0 };

		srandom(round);
		publisher_order_plan_clear(&plan);
		publisher_order_plan_init(&plan, WAIT);
		plan.now_ms = 1;
		publisher_order_plan_issuer(&plan, &le);
		for (unsigned i = 0; i < STEPS; i++) {
			step(&w);
			act(&w);
		}
		plan.now_ms += WAIT; /* calm */
		act(&w);
		for (size_t i = 0; i < N_HOSTS; i++) {
			bool bare = w.routes[i] && !is_there(&w, i);

			if (!w.promised[i])
				assert_int_equal(w.ordered[i], bare);
			if (!bare)
				assert_false(w.ordered[i]);
		}
		assert_int_equal(publisher_order_plan_due(&plan), UINT64_MAX);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_host_without_a_certificate_is_ordered_after_a_while),
		TEST(what_goes_and_comes_back_costs_nothing),
		TEST(what_somebody_provides_is_not_ordered),
		TEST(what_nobody_needs_goes_after_a_while),
		TEST(a_promise_takes_nothing_back),
		TEST(another_issuer_makes_them_anew),
		TEST(without_an_issuer_all_go),
		TEST(what_is_not_known_is_left_alone),
		TEST(a_host_has_one_name_for_an_issuer),
		TEST(any_history_ends_as_it_should),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
