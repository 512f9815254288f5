/* test_report: when news are reported, and that nothing is reported twice: the report without a network. */
#include "publisher/report/report_inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"

static struct report *report;

static int setup(void **state)
{
	char path[] = "/tmp/sluice-report-XXXXXX";
	static const char text[] =
		"apiVersion: v1\nkind: Config\ncurrent-context: x\n"
		"clusters: [{name: x, cluster: {server: 'http://127.0.0.1:1'}}]\n"
		"users: [{name: x, user: {}}]\ncontexts: [{name: x, context: {cluster: x, user: "
		"x}}]\n";
	int fd = mkstemp(path);
	struct err err = { "" };

	(void)state;
	assert_true(write(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	report = publisher_report_new(str_from(path), STR_NONE, STR("example.com/gateways"), &err);
	unlink(path);
	if (!report)
		fail_msg("%s", err.text);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_report_destroy(&report);
	assert_null(report);
	return 0;
}

static const struct msg_key good = { MSG_KIND_INGRESS, { "shop", 4 }, { "good", 4 } };

static void put(int64_t generation, bool changed)
{
	const struct arrival arrival = {
		.ticket = { .owner = good, .uid = STR("u"), .generation = generation }
	};

	publisher_report_config(report, &arrival, changed);
}

static void reject(const char *reason)
{
	const struct msg_ticket ticket = { .owner = good, .uid = STR("u"), .generation = 1 };

	static const struct msg_diagnostic_list none;

	publisher_report_reject(report, &ticket,
				&(struct report_failure){ str_from(reason), &none, NULL });
}

/* Everything so far is stored; returns how many Events wait or fly. */
static size_t store(uint64_t now_ms)
{
	publisher_report_take(report);
	publisher_report_stored(report);
	publisher_report_tick(report, now_ms);
	return report->send.jobs.n;
}

static void test_updated_waits_for_the_sink(void **state)
{
	(void)state;
	put(1, true);
	publisher_report_open(report, true);
	publisher_report_tick(report, 1);
	assert_int_equal(report->send.jobs.n, 0);
	publisher_report_take(report);
	put(2, true); /* came while the sink wrote */
	publisher_report_stored(report);
	publisher_report_tick(report, 2);
	assert_int_equal(report->send.jobs.n, 0);
	assert_int_equal(store(3), 1);
	assert_null(publisher_report_state_get(&report->owners, STR("shop/good"))->news);
}

static void test_nothing_before_everybody_has_arrived(void **state)
{
	(void)state;
	reject("no");
	assert_int_equal(store(1), 0);
	publisher_report_open(report, true);
	publisher_report_tick(report, 2);
	assert_int_equal(report->send.jobs.n, 1);
}

static void test_the_same_is_told_once(void **state)
{
	(void)state;
	publisher_report_open(report, true);
	put(1, true);
	assert_int_equal(store(1), 1);
	publisher_event_queue_close(report);
	report->send = (struct event_queue){ 0 };
	publisher_event_queue_open(report);
	put(1, false);
	assert_int_equal(store(2), 0);
	put(2, false);
	assert_int_equal(store(3), 1);
}

static void test_a_failure_repeats_at_its_pace(void **state)
{
	struct event_job *job;
	size_t i = 0;
	void *value;

	(void)state;
	publisher_report_open(report, true);
	for (uint64_t now = 1; now < REPORT_REPEAT_FIRST_MS; now += 1000) {
		reject("no");
		assert_int_equal(store(now), 1);
	}
	assert_true(map_next(&report->send.jobs, &i, NULL, &value));
	job = value;
	assert_int_equal(job->count, 1);
	reject("no");
	store(REPORT_REPEAT_FIRST_MS + 1);
	assert_int_equal(job->count, 11); /* the nine in between and this one */
	assert_non_null(publisher_report_state_get(&report->owners, STR("shop/good"))->repeat);
	reject("another");
	assert_int_equal(store(REPORT_REPEAT_FIRST_MS + 2), 2);
	put(2, true);
	assert_int_equal(store(REPORT_REPEAT_FIRST_MS + 3), 3);
	assert_null(publisher_report_state_get(&report->owners, STR("shop/good"))->repeat);
}

static void test_who_is_gone_is_forgotten(void **state)
{
	(void)state;
	publisher_report_open(report, true);
	put(1, true);
	store(1);
	assert_non_null(map_get(&report->now, STR("shop/good")));
	publisher_report_gone(report, &good, STR(""));
	store(2);
	assert_null(map_get(&report->now, STR("shop/good")));
}

static void judge(const char *reason)
{
	static const struct msg_diagnostic_list none;

	publisher_report_judge(report, &good,
			       &(struct report_failure){ str_from(reason), &none, NULL });
}

static bool is_said(const char *sentence)
{
	const char *verdict = map_get(&report->now, STR("shop/good"));

	return verdict && strstr(verdict, sentence);
}

/* What others do to it is told as what it says itself: once, and under its own name. */
static void test_what_others_do(void **state)
{
	void *value;

	(void)state;
	publisher_report_open(report, true);
	judge("nobody knows it");
	assert_int_equal(store(1), 0);
	put(1, true);
	assert_int_equal(store(1), 1);
	judge("others are older");
	assert_int_equal(store(2), 2);
	judge("others are older");
	assert_int_equal(store(3), 2);
	reject("others are older"); /* it came again */
	assert_int_equal(store(4), 2);
	assert_true(is_said("others are older"));
	for (size_t i = 0; map_next(&report->send.jobs, &i, NULL, &value);)
		assert_non_null(strstr(((struct event_job *)value)->json, "\"uid\":\"u\""));
	judge("");
	publisher_report_tick(report, 5);
	assert_true(is_said("others are older"));
	store(6); /* once it is stored */
	assert_false(is_said("others are older"));
}

/* A restart: it comes, and others are there, too. What was told then is not told again. */
static void test_what_others_did_before(void **state)
{
	const struct status_entry was = { STR("others are older"), 1, { NULL, 0 } };
	struct buf verdict;

	(void)state;
	buf_init(&verdict, BUF_MAX_TEXT);
	publisher_status_print(&was, &verdict);
	map_put(&report->status.reported, STR("shop/good"), mem_strdup(verdict.ptr));
	put(1, true);
	judge("others are older");
	publisher_report_open(report, true);
	assert_int_equal(store(1), 0);
	buf_clear(&verdict);
}

/* After a restart: what was read from the databroker is gone once everybody has arrived. */
static void test_a_record_is_no_object(void **state)
{
	const struct msg_key nameless = { MSG_KIND_POMERIUM, STR(""), STR("") };
	const struct msg_key secret = { MSG_KIND_SECRET, STR("shop"), STR("good") };
	const struct arrival settings = { .ticket = { .owner = { MSG_KIND_POMERIUM, STR(""),
								 STR("global") },
						      .uid = STR("u") } };

	(void)state;
	publisher_report_config(report, &settings, true);
	put(1, true);
	publisher_report_gone(report, &nameless, STR(""));
	publisher_report_gone(report, &secret, STR(""));
	publisher_report_open(report, true);
	assert_int_equal(report->status.phase, STATUS_ASK);
	report->status.phase = STATUS_KNOWN;
	store(1);
	assert_non_null(map_get(&report->now, STR("shop/good")));
	assert_non_null(map_get(&report->now, STR(STATUS_SETTINGS)));
}

static void test_who_does_not_write_keeps_silent(void **state)
{
	(void)state;
	publisher_report_lead(report, false);
	publisher_report_open(report, true);
	reject("no");
	publisher_report_tick(report, 1);
	put(1, true);
	assert_int_equal(store(2), 0);
	assert_int_equal(kube_n_requests(report->kube), 0);
	assert_non_null(publisher_report_state_get(&report->owners, STR("shop/good"))->news);
	publisher_report_lead(report, true);
	publisher_report_tick(report, 3); /* what was stored in the meantime may be reported */
	assert_int_equal(report->send.jobs.n, 1);
	publisher_report_lead(report, false);
	assert_int_equal(report->send.jobs.n + report->send.n_flying, 0);
	assert_true(publisher_report_tick(report, 4) == UINT64_MAX);
}

/* What the former one has reported is not reported again; what it did not come to is. */
static void test_a_new_writer_takes_over(void **state)
{
	const struct status_entry was = { STR_NONE, 1, { NULL, 0 } };
	struct buf verdict;

	(void)state;
	buf_init(&verdict, BUF_MAX_TEXT);
	publisher_status_print(&was, &verdict);
	publisher_report_lead(report, false);
	publisher_report_open(report, true);
	put(1, true);
	store(1);
	publisher_report_lead(report, true);
	map_put(&report->status.reported, STR("shop/good"), mem_strdup(verdict.ptr));
	assert_int_equal(store(2), 0);
	assert_non_null(map_get(&report->now, STR("shop/good")));
	put(1, true); /* from here on as ever */
	assert_int_equal(store(3), 1);

	publisher_report_lead(report, false);
	put(2, true);
	store(4);
	publisher_report_lead(report, true);
	map_put(&report->status.reported, STR("shop/good"), mem_strdup(verdict.ptr));
	assert_int_equal(store(5), 1);

	publisher_report_lead(report, false);
	publisher_report_gone(report, &good, STR(""));
	store(6);
	publisher_report_lead(report, true); /* told: the status says nothing of it any more */
	assert_int_equal(store(7), 0);
	assert_null(map_get(&report->now, STR("shop/good")));
	buf_clear(&verdict);
}

static void addresses(const char *ip)
{
	struct msg_load_balancer_ingress one = { .ip = str_from(ip) };
	const struct msg_addresses message = { .known = true, .status = { { &one, 1 } } };

	publisher_report_addresses(report, &message);
}

static size_t n_patches(void)
{
	size_t n = 0;

	for (size_t i = 0; i < REPORT_PARALLEL; i++)
		n += report->address.flights[i].key != NULL;
	return n;
}

static void test_an_address_follows_what_is_stored(void **state)
{
	(void)state;
	addresses("203.0.113.7");
	publisher_report_open(report, true);
	reject("no");
	store(1);
	assert_int_equal(n_patches(), 0);
	put(1, true);
	publisher_report_tick(report, 2);
	assert_int_equal(n_patches(), 0); /* not stored */
	store(3);
	assert_int_equal(n_patches(), 1);
	publisher_report_lead(report, false);
	assert_int_equal(n_patches(), 0);
	publisher_report_lead(report, true);
	publisher_report_gone(report, &good, STR("another class"));
	store(100000);
	assert_int_equal(n_patches(), 0);
	assert_int_equal(report->address.table.entries.n, 0);
}

static void test_a_rejected_one_keeps_what_it_has(void **state)
{
	(void)state;
	publisher_report_open(report, true);
	addresses("203.0.113.7");
	put(1, true);
	publisher_report_take(report);
	publisher_report_stored(report);
	reject("no");
	publisher_report_tick(report, 1);
	assert_int_equal(n_patches(), 0);
	addresses("203.0.113.8");
	publisher_report_tick(report, 2);
	assert_int_equal(n_patches(), 0);
}

static void test_the_queue_has_an_end(void **state)
{
	char message[32];

	(void)state;
	for (int i = 0; i < REPORT_QUEUE_MAX + 10; i++) {
		struct event event = { .about = good,
				       .uid = STR("u"),
				       .reason = "Updated",
				       .component = "pomerium-ingress" };

		snprintf(message, sizeof(message), "%d", i);
		event.message = str_from(message);
		publisher_event_queue_add(report, &event, 1, false);
	}
	assert_int_equal(report->send.jobs.n, REPORT_QUEUE_MAX);
	assert_int_equal(report->send.n_dropped, 10);
	publisher_report_tick(report, 1);
	assert_int_equal(report->send.n_flying, REPORT_PARALLEL);
}

static void test_nobody_to_tell(void **state)
{
	struct report *none = NULL;

	(void)state;
	publisher_report_open(none, true);
	publisher_report_gone(none, &good, STR(""));
	publisher_report_take(none);
	publisher_report_stored(none);
	publisher_report_on_fd(none);
	publisher_report_destroy(&none);
	assert_int_equal(publisher_report_fd(none), -1);
	assert_true(publisher_report_tick(none, 1) == UINT64_MAX);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH(test_updated_waits_for_the_sink),
		WITH(test_nothing_before_everybody_has_arrived),
		WITH(test_the_same_is_told_once),
		WITH(test_a_failure_repeats_at_its_pace),
		WITH(test_who_is_gone_is_forgotten),
		WITH(test_what_others_do),
		WITH(test_what_others_did_before),
		WITH(test_a_record_is_no_object),
		WITH(test_who_does_not_write_keeps_silent),
		WITH(test_a_new_writer_takes_over),
		WITH(test_an_address_follows_what_is_stored),
		WITH(test_a_rejected_one_keeps_what_it_has),
		WITH(test_the_queue_has_an_end),
		cmocka_unit_test(test_nobody_to_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
