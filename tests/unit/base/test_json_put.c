/* test_json_put: commas and nulls. */
#include "base/json_put.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_members(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, BUF_MAX_TEXT);
	json_put_open(&out, NULL, '{');
	json_put_text(&out, "a", STR("x\"y\n"));
	json_put_text(&out, "none", STR_NONE);
	json_put_filled(&out, "empty", STR(""));
	json_put_filled(&out, "full", STR("f"));
	json_put_number(&out, "n", -3);
	json_put_open(&out, "list", '[');
	json_put_bool(&out, NULL, true);
	json_put_open(&out, NULL, '{');
	json_put_close(&out, '}');
	json_put_text(&out, NULL, STR(""));
	json_put_close(&out, ']');
	json_put_bool(&out, "last", false);
	json_put_close(&out, '}');
	assert_string_equal(out.ptr, "{\"a\":\"x\\\"y\\n\",\"none\":null,\"full\":\"f\",\"n\":-3,"
				     "\"list\":[true,{},\"\"],\"last\":false}");
	buf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_members) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
