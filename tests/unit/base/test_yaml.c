/* test_yaml: typed as go-yaml v3 types it, and bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/base/dump.h"

/* What go-yaml v3.0.1 makes of it when it decodes into an untyped target; NULL: an error. */
static const struct {
	struct str text;
	const char *dump;
} verdicts[] = {
#include "tests/unit/base/yaml_verdicts.inc"
};

static void agrees_with_go_yaml(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		struct pool pool;
		struct value v;
		struct err err = { "" };
		struct buf dump;

		pool_init(&pool);
		buf_init(&dump, BUF_MAX_TEXT);
		if (yaml_parse(verdicts[i].text, &pool, &v, &err) == 0)
			dump_value(&v, &dump);
		if (!verdicts[i].dump ? !*err.text
				      : *err.text || strcmp(dump.ptr, verdicts[i].dump) != 0)
			fail_msg("%s: %s instead of %s", err_quote(verdicts[i].text),
				 *err.text ? err.text : dump.ptr,
				 verdicts[i].dump ? verdicts[i].dump : "an error");
		buf_clear(&dump);
		pool_clear(&pool);
	}
}

static void names_place_and_problem(void **state)
{
	static const struct {
		struct str text;
		const char *sentence;
	} cases[] = {
		{ STR("a: 1\nb: [\n"),
		  "yaml: line 3, column 1: did not find expected node content" },
		{ STR("X-A: 1\nX-A: 2\n"),
		  "yaml: line 2, column 1: mapping key \"X-A\" already defined at line 1" },
		{ STR("a: *x"), "yaml: line 1, column 4: unknown anchor referenced" },
		{ STR("a: &x [*x]"), "yaml: line 1, column 8: anchor 'x' value contains itself" },
		{ STR("a\n: \xff"), "yaml: line 2, column 3: invalid leading UTF-8 octet" },
		{ STR("<<: 1"), "yaml: line 1, column 5: map merge requires map or sequence of "
				"maps as the value" },
		{ STR("{[a]: b}"),
		  "yaml: line 1, column 2: invalid map key: a list cannot be one" },
		{ STR("a: !!int x"),
		  "yaml: line 1, column 4: cannot decode the string as a !!int" },
		{ STR("a:\n\t- b"),
		  "yaml: line 2, column 1: found character that cannot start any token" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pool pool;
		struct value v;
		struct err err = { "" };

		pool_init(&pool);
		assert_int_equal(yaml_parse(cases[i].text, &pool, &v, &err), -1);
		if (!str_starts(str_from(err.text), cases[i].sentence))
			fail_msg("%s instead of %s", err.text, cases[i].sentence);
		pool_clear(&pool);
	}
}

static void reads_documents_one_by_one(void **state)
{
	struct yaml_documents docs;
	struct pool pool;
	struct err err = { "" };

	(void)state;
	pool_init(&pool);
	assert_int_equal(yaml_parse_all(STR("a: 1\n---\n---\nb: 2\n...\n"), &pool, &docs, &err), 0);
	assert_int_equal(docs.n, 3);
	assert_int_equal(docs.items[1].type, VALUE_NULL);
	assert_int_equal(value_get(&docs.items[2], "b")->integer, 2);
	assert_int_equal(docs.items[2].line, 4);
	assert_int_equal(yaml_parse_all(STR(""), &pool, &docs, &err), 0);
	assert_int_equal(docs.n, 0);
	assert_int_equal(yaml_parse_all(STR("a: &x 1\n---\nb: *x\n"), &pool, &docs, &err), -1);
	assert_int_equal(docs.n_good, 1); /* anchors end with their document */
	assert_int_equal(docs.error_line, 3);
	pool_clear(&pool);
}

static int parse_made(struct buf *text, struct err *err)
{
	struct pool pool;
	struct value v;
	int rc;

	pool_init(&pool);
	rc = yaml_parse(buf_view(text), &pool, &v, err);
	pool_clear(&pool);
	buf_clear(text);
	buf_init(text, BUF_MAX_FILE);
	return rc;
}

static void bounds_depth_and_aliases(void **state)
{
	struct buf text;
	struct err err = { "" };

	(void)state;
	buf_init(&text, BUF_MAX_FILE);
	for (int i = 0; i < VALUE_MAX_DEPTH; i++)
		buf_putc(&text, '[');
	for (int i = 0; i < VALUE_MAX_DEPTH; i++)
		buf_putc(&text, ']');
	assert_int_equal(parse_made(&text, &err), 0);
	for (int i = 0; i < 100000; i++)
		buf_putc(&text, '[');
	assert_int_equal(parse_made(&text, &err), -1);
	assert_non_null(strstr(err.text, "nested deeper than 100 levels"));
	for (int i = 0; i < 50000; i++)
		buf_puts(&text, "- ");
	assert_int_equal(parse_made(&text, &err), -1);
	/* the depth of what an alias brings counts */
	buf_puts(&text, "a0: &a0 [x]\n");
	for (int i = 1; i <= VALUE_MAX_DEPTH; i++)
		buf_printf(&text, "a%d: &a%d [*a%d]\n", i, i, i - 1);
	assert_int_equal(parse_made(&text, &err), -1);
	assert_non_null(strstr(err.text, "nested deeper than 100 levels"));
	/* nine to the power of nine */
	buf_puts(&text, "a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 9; i++)
		buf_printf(&text, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i,
			   i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	assert_int_equal(parse_made(&text, &err), -1);
	assert_non_null(strstr(err.text, "excessive aliasing"));
	for (int i = 0; i < 2000; i++)
		buf_printf(&text, "k%d: v\n", i % 1999);
	assert_int_equal(parse_made(&text, &err), -1);
	assert_non_null(strstr(err.text, "mapping key \"k0\" already defined at line 1"));
	buf_clear(&text);
}

static void bounds_merges(void **state)
{
	struct buf text;
	struct err err = { "" };

	(void)state;
	buf_init(&text, BUF_MAX_FILE);
	buf_puts(&text, "base: &b {");
	for (int i = 0; i < 3000; i++)
		buf_printf(&text, "k%d: v,", i);
	buf_puts(&text, "}\nout: {<<: [");
	for (int i = 0; i < 4; i++)
		buf_puts(&text, "*b,");
	buf_puts(&text, "]}\n");
	assert_int_equal(parse_made(&text, &err), -1);
	assert_non_null(strstr(err.text, "map merge of too many keys"));
	buf_clear(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_go_yaml),
		cmocka_unit_test(names_place_and_problem),
		cmocka_unit_test(reads_documents_one_by_one),
		cmocka_unit_test(bounds_depth_and_aliases),
		cmocka_unit_test(bounds_merges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
