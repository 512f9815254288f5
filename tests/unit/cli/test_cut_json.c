/* test_cut_json: items of the lists of a JSON text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/ground/cut_json.h"

static void test_items(void **state)
{
	static const struct {
		const char *text, *items[4];
	} cases[] = {
		{ "{\"a\":[],\"b\":[1, \"x,]\",{\"b\":[2]}]}", { "1", "\"x,]\"", "{\"b\":[2]}" } },
		{ " { \"a\" : {\"b\":[9]} , \"b\" : [ [3,4] , [] ] } ", { "[3,4] ", "[] " } },
		{ "{\"b\":[\"\\\"]\",\"\\\\\"]}", { "\"\\\"]\"", "\"\\\\\"" } },
		{ "{\"b\":[]}", { NULL } },
		{ "{\"b\":{}}", { NULL } },
		{ "{}", { NULL } },
		{ "", { NULL } },
		{ "{\"b\":[{\"open", { "{\"open" } },
		{ "{\"b\":[\"\\", { "\"\\" } },
		{ "{\"b", { NULL } },
		{ "{\"b\":", { NULL } },
		{ "]}{", { NULL } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str list = cli_cut_json_list(str_from(cases[i].text), "b"), item;
		size_t n = 0;

		while (cli_cut_json_item(&list, &item)) {
			assert_true(n < 4 && cases[i].items[n]);
			assert_true(str_is(item, cases[i].items[n]));
			n++;
		}
		assert_null(cases[i].items[n]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_items) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
