/* test_object_status: what the status of an object of the Gateway API should say. */
#include "publisher/gateway/object_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct pool pool;
static struct attached attached;

static int setup(void **state)
{
	(void)state;
	pool_init(&pool);
	publisher_attached_init(&attached);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_attached_clear(&attached);
	pool_clear(&pool);
	return 0;
}

static const struct value *json(const char *text)
{
	struct value *v = pool_alloc(&pool, sizeof(*v));
	struct err err;

	if (json_parse(pool_str(&pool, str_from(text)), &pool, v, &err))
		fail_msg("%s: %s", text, err.text);
	return v;
}

#define ACCEPTED(status, since)                                                     \
	"{\"type\":\"Accepted\",\"status\":\"" status "\",\"reason\":\"Accepted\"," \
	"\"message\":\"\"" since "}"
#define SINCE(time) ",\"lastTransitionTime\":\"" time "\""
#define PARENT(who, name, conditions)                                            \
	"{\"controllerName\":\"" who "\",\"parentRef\":{\"name\":\"" name "\"}," \
	"\"conditions\":[" conditions "]}"
#define OLD "2026-01-01T00:00:00Z"
#define NOW "2026-02-02T00:00:00Z"

/* The status made is the one wanted, times included. */
static void expect(struct object_status *of, const char *wanted)
{
	const struct value *made;
	struct buf text;

	of->stored = true;
	of->controller = STR("ours");
	of->now = STR(NOW);
	of->attached = &attached;
	made = publisher_object_status_make(of, &pool);
	buf_init(&text, BUF_MAX_TEXT);
	(void)value_to_json(made, false, &text, NULL);
	if (!value_equal(made, json(wanted)))
		fail_msg("want %s\n got %s", wanted, text.ptr);
	buf_clear(&text);
}

static const struct msg_key route = { MSG_KIND_HTTP_ROUTE, STR("shop"), STR("web") };
static const struct msg_key gateway = { MSG_KIND_GATEWAY, STR("edge"), STR("front") };

static void entries_of_others_stay_where_they_are(void **state)
{
	struct object_status of = {
		.owner = &route,
		.report =
			json("{\"parents\":[" PARENT("ours", "b", ACCEPTED("True", "")) "," PARENT(
				"ours", "c", ACCEPTED("True", "")) "]}"),
		.present = json(
			"{\"parents\":[" PARENT("ours", "a", ACCEPTED("True", SINCE(OLD))) "," PARENT(
				"x", "b",
				"") "," PARENT("ours", "b",
					       ACCEPTED("True", SINCE(OLD))) "," PARENT("y", "a",
											"") "]}"),
	};

	(void)state;
	expect(&of,
	       "{\"parents\":[" PARENT("x", "b", "") "," PARENT(
		       "ours", "b",
		       ACCEPTED("True",
				SINCE(OLD))) "," PARENT("y", "a",
							"") "," PARENT("ours", "c",
								       ACCEPTED("True",
										SINCE(NOW))) "]}");
}

#define ANCESTOR(controller, name, conditions)                                      \
	"{\"ancestorRef\":{\"name\":\"" name "\"},\"controllerName\":\"" controller \
	"\",\"conditions\":[" conditions "]}"

static void a_policy_has_an_entry_for_each_ancestor(void **state)
{
	const struct msg_key policy = { MSG_KIND_BACKEND_TLS_POLICY, STR("shop"), STR("tls") };
	struct object_status of = {
		.owner = &policy,
		.report = json(
			"{\"ancestors\":[" ANCESTOR("ours", "b", ACCEPTED("True", "")) "," ANCESTOR(
				"ours", "c", ACCEPTED("True", "")) "]}"),
		.present = json("{\"ancestors\":[" ANCESTOR("ours", "a", "") "," ANCESTOR(
			"x", "b", "") "," ANCESTOR("ours", "b", ACCEPTED("True", SINCE(OLD))) "]}"),
	};
	struct buf full;

	(void)state;
	expect(&of, "{\"ancestors\":[" ANCESTOR("x", "b", "") "," ANCESTOR(
			    "ours", "b",
			    ACCEPTED("True", SINCE(OLD))) "," ANCESTOR("ours", "c",
								       ACCEPTED("True",
										SINCE(NOW))) "]}");
	/* where there is no room, nobody is pushed out */
	buf_init(&full, BUF_MAX_TEXT);
	buf_puts(&full, "{\"ancestors\":[" ANCESTOR("x", "0", ""));
	for (int i = 1; i < 16; i++)
		buf_puts(&full, "," ANCESTOR("x", "1", ""));
	buf_puts(&full, "]}");
	of.present = json(full.ptr);
	expect(&of, full.ptr);
	buf_clear(&full);
}

static void a_time_changes_with_the_status_alone(void **state)
{
	const struct msg_key filter = { MSG_KIND_POLICY_FILTER, STR("shop"), STR("web") };
	struct object_status of = {
		.owner = &filter,
		.report = json("{\"conditions\":[" ACCEPTED("True", "") "]}"),
		.present = json("{\"conditions\":[" ACCEPTED("True", SINCE(OLD)) "]}"),
	};

	(void)state;
	expect(&of, "{\"conditions\":[" ACCEPTED("True", SINCE(OLD)) "]}");
	of.report = json("{\"conditions\":[" ACCEPTED("False", "") "]}");
	expect(&of, "{\"conditions\":[" ACCEPTED("False", SINCE(NOW)) "]}");
	of.present = NULL;
	expect(&of, "{\"conditions\":[" ACCEPTED("False", SINCE(NOW)) "]}");
}

static void who_is_rejected_is_told_why(void **state)
{
	struct object_status of = {
		.owner = &route,
		.report = json("{\"parents\":[" PARENT("ours", "a", ACCEPTED("True", "")) "]}"),
		.rejected = "no good",
	};
	const char *wanted = "{\"parents\":[" PARENT(
		"ours", "a",
		"{\"type\":\"Accepted\",\"status\":\"False\",\"reason\":\"UnsupportedValue\","
		"\"message\":\"no good\"" SINCE(NOW) "}") "]}";

	(void)state;
	expect(&of, wanted);
	of.present = of.report; /* the resolver has no report */
	of.report = NULL;
	expect(&of, wanted);
}

static void a_gateway_has_numbers_and_addresses(void **state)
{
	struct msg_load_balancer_ingress at = { .ip = STR("192.0.2.1") };
	struct msg_addresses addresses = { .known = true, .status = { { &at, 1 } } };
	struct msg_attachment to[] = { { { MSG_KIND_GATEWAY, STR("edge"), STR("front") },
					 STR("a") } };
	const struct msg_attachment_list list = { to, 1 };
	struct object_status of = {
		.owner = &gateway,
		.report =
			json("{\"conditions\":[],\"listeners\":[{\"name\":\"a\","
			     "\"supportedKinds\":[{\"kind\":\"HTTPRoute\"}],\"conditions\":[]}]}"),
		.present = json("{\"addresses\":[{\"value\":\"old\"}]}"),
	};
	const char *listener =
		"\"listeners\":[{\"name\":\"a\",\"attachedRoutes\":1,\"conditions\":[],"
		"\"supportedKinds\":[{\"group\":\"gateway.networking.k8s.io\","
		"\"kind\":\"HTTPRoute\"}]}]}";

	(void)state;
	publisher_attached_set(&attached, &route, &list, NULL, NULL);
	publisher_attached_set(&attached, &route, &list, NULL, NULL); /* one route counts once */
	expect(&of, pool_printf(&pool, "{\"addresses\":[{\"value\":\"old\"}],\"conditions\":[],%s",
				listener)
			    .ptr);
	of.addresses = &addresses;
	expect(&of, pool_printf(&pool,
				"{\"addresses\":[{\"type\":\"IPAddress\",\"value\":\"192.0.2.1\"}],"
				"\"conditions\":[],%s",
				listener)
			    .ptr);
	publisher_attached_set(&attached, &route, NULL, NULL, NULL);
	assert_int_equal(publisher_attached_count(&attached, &gateway, STR("a")), 0);
}

static void programmed_waits_for_the_store(void **state)
{
	struct object_status of = {
		.owner = &gateway,
		.report = json("{\"conditions\":[{\"type\":\"Programmed\",\"status\":\"True\","
			       "\"reason\":\"Programmed\",\"message\":\"\"}],\"listeners\":[]}"),
		.attached = &attached,
	};
	struct buf text;

	(void)state;
	buf_init(&text, BUF_MAX_TEXT);
	(void)value_to_json(publisher_object_status_make(&of, &pool), false, &text, NULL);
	assert_non_null(strstr(text.ptr, "\"reason\":\"Pending\",\"status\":\"False\""));
	buf_clear(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_policy_has_an_entry_for_each_ancestor, setup,
						teardown),
		cmocka_unit_test_setup_teardown(entries_of_others_stay_where_they_are, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_time_changes_with_the_status_alone, setup,
						teardown),
		cmocka_unit_test_setup_teardown(who_is_rejected_is_told_why, setup, teardown),
		cmocka_unit_test_setup_teardown(a_gateway_has_numbers_and_addresses, setup,
						teardown),
		cmocka_unit_test_setup_teardown(programmed_waits_for_the_store, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
