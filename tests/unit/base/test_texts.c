/* test_texts: lists and sets of texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text/text_list.h"
#include "base/text/text_set.h"

static void a_list_is_a_copy_whole(void **state)
{
	char text[] = "ab";
	struct str items[] = { { text, 2 }, STR(""), STR("c") };
	struct str_list view;
	struct text_list *list;

	(void)state;
	list = text_list_new(&(struct str_list){ items, 3 });
	text[0] = 'x';
	view = text_list_view(list);
	assert_int_equal(view.n, 3);
	assert_true(str_is(view.items[0], "ab"));
	assert_int_equal(view.items[1].len, 0);
	assert_true(str_is(view.items[2], "c"));
	mem_free(list);
}

static void a_set_has_each_once_in_order(void **state)
{
	struct text_set set;
	struct pool pool;

	(void)state;
	pool_init(&pool);
	text_set_init(&set, &pool);
	for (int i = 0; i < 2; i++) {
		text_set_add(&set, STR("b"));
		text_set_add(&set, STR("a"));
		text_set_add(&set, STR(""));
	}
	assert_true(text_set_has(&set, STR("a")));
	assert_false(text_set_has(&set, STR("c")));
	text_set_clear(&set);
	assert_true(str_list_eq(
		&set.list, &(struct str_list){ (struct str[]){ STR("b"), STR("a"), STR("") }, 3 }));
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_a_copy_whole),
		cmocka_unit_test(a_set_has_each_once_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
