/* test_key: keys as text and back, and which can exist. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/graph/key.h"

struct existence {
	enum msg_kind kind;
	const char *namespace, *name;
	bool can;
};

static const struct existence existences[] = {
	{ MSG_KIND_INGRESS, "shop", "web", true },
	{ MSG_KIND_INGRESS, "shop", "web.v1-2", true },
	{ MSG_KIND_INGRESS, "", "web", false },
	{ MSG_KIND_INGRESS, "shop", "", false },
	{ MSG_KIND_INGRESS, "shop", "Web", false },
	{ MSG_KIND_INGRESS, "shop", "a/b", false },
	{ MSG_KIND_INGRESS, "shop", "..", false },
	{ MSG_KIND_INGRESS, "shop", "-web", false },
	{ MSG_KIND_INGRESS, "shop", "*", false },
	{ MSG_KIND_INGRESS, "a/b", "web", false },
	{ MSG_KIND_INGRESS, "shop", "\xc3\xa4", false },
	{ MSG_KIND_INGRESS_CLASS, "", "pomerium", true },
	{ MSG_KIND_INGRESS_CLASS, "shop", "pomerium", false },
	{ MSG_KIND_POMERIUM, "", "global", true },
	{ MSG_KIND_NONE, "shop", "web", false },
	{ MSG_N_KINDS, "shop", "web", false },
};

static void test_can_exist(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(existences) / sizeof(existences[0]); i++) {
		const struct existence *e = &existences[i];
		struct msg_key key = { .kind = e->kind,
				       .namespace = str_from(e->namespace),
				       .name = str_from(e->name) };

		if (resolver_key_can_exist(&key) != e->can)
			fail_msg("row %zu: %s/%s", i, e->namespace, e->name);
	}
}

static void test_lengths(void **state)
{
	char text[KEY_NAME_MAX + 2];
	struct msg_key key = { .kind = MSG_KIND_SECRET,
			       .namespace = STR("shop"),
			       .name = { text, KEY_NAME_MAX } };

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_true(resolver_key_can_exist(&key));
	key.name.len++;
	assert_false(resolver_key_can_exist(&key));
	key.name = STR("web");
	key.namespace = (struct str){ text, KEY_NAMESPACE_MAX };
	assert_true(resolver_key_can_exist(&key));
	key.namespace.len++;
	assert_false(resolver_key_can_exist(&key));
}

static void test_text_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(existences) / sizeof(existences[0]); i++) {
		const struct existence *e = &existences[i];
		struct msg_key key = { .kind = e->kind,
				       .namespace = str_from(e->namespace),
				       .name = str_from(e->name) };
		struct key_text room;
		struct msg_key back = resolver_key_from_text(resolver_key_text(&key, &room));

		if (e->can)
			assert_true(msg_key_equal(&key, &back));
	}
}

/* Longer than any key: cut, and nothing is written past the end. */
static void test_text_is_bounded(void **state)
{
	static char huge[100000];
	struct msg_key key = { .kind = MSG_KIND_SECRET,
			       .namespace = { huge, sizeof(huge) },
			       .name = { huge, sizeof(huge) } };
	struct key_text room;

	(void)state;
	memset(huge, 'x', sizeof(huge));
	assert_true(resolver_key_text(&key, &room).len < sizeof(room.bytes));
}

static void test_references(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = { { "a/b", true },    { "b", false },
		     { "", false },      { "a/b/c", false },
		     { "/b", false },    { "a/", false },
		     { "A/b", false },   { "/", false },
		     { "a b/c", false }, { "pomerium/boot.strap", true } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_key key = { .kind = MSG_KIND_SECRET };

		assert_int_equal(resolver_key_from_reference(str_from(rows[i].text), &key),
				 rows[i].good);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_can_exist),     cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_text_and_back), cmocka_unit_test(test_text_is_bounded),
		cmocka_unit_test(test_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
