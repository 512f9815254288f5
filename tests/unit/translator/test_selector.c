/* test_selector: which labels a selector matches. */
#include "translator/gateway/selector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "msg/object_fields.h"

struct selector_case {
	const char *
		selector; /* of allowedRoutes.namespaces, as YAML; the labels are tier: web, empty: "" */
	bool matches;
};

static const struct selector_case cases[] = {
	{ "{}", true },
	{ "{matchLabels: {tier: web}}", true },
	{ "{matchLabels: {tier: db}}", false },
	{ "{matchLabels: {none: ''}}", false },
	{ "{matchLabels: {empty: ''}}", true },
	{ "{matchLabels: {'no label!': web}}", false },
	{ "{matchExpressions: [{key: tier, operator: In, values: [db, web]}]}", true },
	{ "{matchExpressions: [{key: tier, operator: In}]}", false },
	{ "{matchExpressions: [{key: none, operator: In, values: ['']}]}", false },
	{ "{matchExpressions: [{key: tier, operator: NotIn, values: [db]}]}", true },
	{ "{matchExpressions: [{key: none, operator: NotIn, values: [db]}]}", true },
	{ "{matchExpressions: [{key: tier, operator: NotIn, values: [web]}]}", false },
	{ "{matchExpressions: [{key: tier, operator: Exists}]}", true },
	{ "{matchExpressions: [{key: tier, operator: Exists, values: [web]}]}", false },
	{ "{matchExpressions: [{key: none, operator: DoesNotExist}]}", true },
	{ "{matchExpressions: [{key: tier, operator: DoesNotExist}]}", false },
	{ "{matchExpressions: [{key: tier, operator: Gt, values: ['1']}]}", false },
	{ "{matchExpressions: [{key: a/b/c, operator: DoesNotExist}]}", false },
	{ "{matchExpressions: [{key: Example.com/a, operator: DoesNotExist}]}", false },
	{ "{matchExpressions: [{key: example.com/a, operator: DoesNotExist}]}", true },
	{ "{matchExpressions: [{key: -a, operator: DoesNotExist}]}", false },
	{ "{matchExpressions: [{key: tier, operator: NotIn, values: ['a b']}]}", false },
	{ "{matchLabels: {tier: web}, matchExpressions: [{key: tier, operator: DoesNotExist}]}",
	  false },
};

/* The selector as it comes: in a listener of a Gateway. */
static const struct msg_label_selector *read_selector(const char *yaml, struct pool *pool)
{
	struct str text = pool_printf(pool,
				      "{metadata: {namespace: a, name: a}, spec: {listeners: "
				      "[{name: a, allowedRoutes: {namespaces: "
				      "{from: Selector, selector: %s}}}]}}",
				      yaml);
	struct msg_gateway *gateway = pool_alloc(pool, sizeof(*gateway));
	struct value doc;
	struct err err;

	if (yaml_parse(text, pool, &doc, &err) ||
	    codec_from_value(&msg_gateway_codec, &doc, pool, gateway, &err))
		fail_msg("%s: %s", yaml, err.text);
	return gateway->spec.listeners.items[0].allowedRoutes->namespaces->selector;
}

static void test_cases(void **state)
{
	struct str_pair pairs[] = { { STR("tier"), STR("web") }, { STR("empty"), STR("") } };
	const struct str_map labels = { pairs, 2 };
	struct pool pool;

	(void)state;
	pool_init(&pool);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (translator_selector_matches(read_selector(cases[i].selector, &pool), &labels) !=
		    cases[i].matches)
			fail_msg("%s", cases[i].selector);
	assert_false(translator_selector_matches(NULL, &labels));
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
