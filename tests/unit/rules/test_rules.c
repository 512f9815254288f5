/* test_rules: the table of rules, and docs/validation.md, which is made of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rules/rules.h"

static const unsigned codes[] = {
#define RULE(code, name, severity, value, text, source) (code),
#include "rules/rules_table.inc"
#undef RULE
};
#define N_CODES (sizeof(codes) / sizeof(codes[0]))

static char page[262144];

static int read_page(void **state)
{
	FILE *in = fopen("docs/validation.md", "r");

	(void)state;
	if (!in)
		return -1;
	page[fread(page, 1, sizeof(page) - 1, in)] = '\0';
	return fclose(in);
}

static void a_code_is_one_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_CODES; i++) {
		const struct rule *rule = rules_find(codes[i]);

		assert_true(codes[i] > (i ? codes[i - 1] : 999) && codes[i] <= 9999);
		assert_int_equal(rule->code, codes[i]);
		assert_true(*rule->name && *rule->value && *rule->text && *rule->source);
	}
	assert_null(rules_find(0));
	assert_null(rules_find(9999));
}

static void the_page_has_each_rule_as_the_table_has_it(void **state)
{
	char row[2048];

	(void)state;
	for (size_t i = 0; i < N_CODES; i++) {
		const struct rule *rule = rules_find(codes[i]);

		(void)snprintf(row, sizeof(row),
			       "\n| <a id=\"slu%u\"></a>SLU%u | %s | %s%s | %s |\n", rule->code,
			       rule->code, rule->value, rule->text,
			       rule->severity == RULE_WARNING ? "; a warning" : "", rule->source);
		if (!strstr(page, row))
			fail_msg("docs/validation.md should have the row %s (make rules)", row);
	}
}

static void the_page_has_no_other_code(void **state)
{
	(void)state;
	for (const char *at = page; (at = strstr(at, "SLU")) != NULL; at++)
		if (at[3] >= '0' && at[3] <= '9' && !rules_find((unsigned)atoi(at + 3)))
			fail_msg("docs/validation.md names %.7s, which is no rule (make rules)",
				 at);
}

static void a_sentence_ends_with_its_code_once(void **state)
{
	struct pool pool;
	struct err err;

	(void)state;
	pool_init(&pool);
	err_set(&err, "it is bad");
	assert_string_equal(rules_sentence(&err, &pool).ptr, "it is bad");
	err_code(&err, RULE_REGEX);
	err_code(&err, RULE_HOST_EMPTY); /* the first one counts */
	err_wrap(&err, "annotation x");
	assert_string_equal(rules_sentence(&err, &pool).ptr, "annotation x: it is bad [SLU1501]");
	err_rule(&err, RULE_PATH_TYPE, "%s!", err.text);
	assert_string_equal(rules_sentence(&err, &pool).ptr, "annotation x: it is bad! [SLU1605]");
	err_rule(&err, 9999, "no rule");
	assert_string_equal(rules_sentence(&err, &pool).ptr, "no rule");
	err_set(&err, "other");
	assert_int_equal(err.code, 0);
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_code_is_one_rule),
		cmocka_unit_test(the_page_has_each_rule_as_the_table_has_it),
		cmocka_unit_test(the_page_has_no_other_code),
		cmocka_unit_test(a_sentence_ends_with_its_code_once),
	};

	return cmocka_run_group_tests(tests, read_page, NULL);
}
