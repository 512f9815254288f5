/* test_diagnostics: what a translator says of an owner is bounded and clean before anybody reads
 * it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "publisher/wanted/diagnostics.h"
#include "rules/rules.h"

#define ERROR MSG_SEVERITY_ERROR
#define WARNING MSG_SEVERITY_WARNING

static struct pool pool;

static void errors_come_first_and_each_is_one_line(void **state)
{
	struct msg_diagnostic items[] = {
		{ WARNING, RULE_TLS_HOST, STR(""), STR("of no use") },
		{ ERROR, RULE_CERT_MUST_STAPLE, STR("spec\n.tls"), STR("a\nb\x1b[2J") },
		{ ERROR, 9999, STR(""), STR("no such rule") },
	};
	const struct msg_diagnostic_list list = { items, 3 };
	struct diagnostics *kept = publisher_diagnostics_new(&list);
	struct str_list warnings = publisher_diagnostics_warnings(&list, &pool);

	(void)state;
	assert_int_equal(kept->list.n, 3);
	assert_string_equal(kept->list.items[0].sentence.ptr, "a b [2J");
	assert_string_equal(kept->list.items[0].field.ptr, "spec .tls");
	assert_int_equal(kept->list.items[0].code, RULE_CERT_MUST_STAPLE);
	assert_string_equal(kept->list.items[2].sentence.ptr, "of no use");
	assert_string_equal(publisher_diagnostics_reason(&list, &pool).ptr,
			    "a b [2J [SLU1203]; no such rule");
	assert_int_equal(warnings.n, 1);
	assert_non_null(strstr(warnings.items[0].ptr, "of no use [SLU12"));
	mem_free(kept);
}

static void without_any_nothing_is_kept(void **state)
{
	const struct msg_diagnostic_list none = { 0 };

	(void)state;
	assert_null(publisher_diagnostics_new(&none));
	assert_string_equal(publisher_diagnostics_reason(&none, &pool).ptr, "rejected");
	assert_int_equal(publisher_diagnostics_warnings(&none, &pool).n, 0);
}

static void very_many_are_counted(void **state)
{
	struct msg_diagnostic *items =
		pool_array(&pool, MSG_DIAGNOSTICS_MAX, sizeof(struct msg_diagnostic));
	const struct msg_diagnostic_list list = { items, MSG_DIAGNOSTICS_MAX };
	const struct str sentence = pool_printf(&pool, "%0900d", 0);
	struct diagnostics *kept;
	struct str reason;
	size_t bytes = 0;

	(void)state;
	for (size_t i = 0; i < list.n; i++)
		items[i] = (struct msg_diagnostic){ ERROR, 0, STR("spec"), sentence };
	kept = publisher_diagnostics_new(&list);
	for (size_t i = 0; i < kept->list.n; i++)
		bytes += kept->list.items[i].field.len + kept->list.items[i].sentence.len;
	assert_in_range(kept->list.n, 50, MSG_DIAGNOSTICS_EACH);
	assert_in_range(bytes, MSG_DIAGNOSTICS_BYTES / 2, MSG_DIAGNOSTICS_BYTES);
	reason = publisher_diagnostics_reason(&list, &pool);
	assert_in_range(reason.len, 900, ERR_MAX - 1);
	assert_true(str_ends(reason, "; and 199 more"));
	mem_free(kept);
}

static void only_other_warnings_are_news(void **state)
{
	struct msg_diagnostic one[] = { { ERROR, 0, STR(""), STR("an error") },
					{ WARNING, 1101, STR(""), STR("w") } };
	struct msg_diagnostic other[] = { { WARNING, 1101, STR(""), STR("w") },
					  { ERROR, 0, STR(""), STR("another error") } };
	struct msg_diagnostic third[] = { { WARNING, 1102, STR(""), STR("w") } };
	struct diagnostics *a = publisher_diagnostics_new(&(struct msg_diagnostic_list){ one, 2 }),
			   *b = publisher_diagnostics_new(
				   &(struct msg_diagnostic_list){ other, 2 }),
			   *c = publisher_diagnostics_new(
				   &(struct msg_diagnostic_list){ third, 1 });

	(void)state;
	assert_true(a->warned == b->warned);
	assert_true(a->warned != c->warned);
	mem_free(a);
	mem_free(b);
	mem_free(c);
}

static int setup(void **state)
{
	(void)state;
	pool_init(&pool);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pool_clear(&pool);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(errors_come_first_and_each_is_one_line),
		TEST(without_any_nothing_is_kept),
		TEST(very_many_are_counted),
		TEST(only_other_warnings_are_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
