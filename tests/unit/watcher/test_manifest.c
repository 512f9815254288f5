/* test_manifest: what one file gives, and what is said of a bad one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "base/mem.h"
#include "watcher/dir/manifest.h"

#define SERVICE(name) \
	"apiVersion: v1\nkind: Service\nmetadata: {name: " name "}\nspec: {ports: [{port: 80}]}\n"

struct seen {
	struct buf said; /* "LINE: SENTENCE\n" for each complaint */
};

static void on_complain(void *arg, uint32_t line, const struct err *why)
{
	struct seen *seen = arg;

	buf_printf(&seen->said, "%u: %s\n", line, why->text);
}

static struct manifest *parse(struct seen *seen, struct str text)
{
	const struct manifest_report report = { seen, on_complain };

	buf_init(&seen->said, BUF_MAX_TEXT);
	return watcher_manifest_parse(text, &report);
}

/* Keys in order, separated by spaces; "broken" for a broken file. */
static void assert_keys(const char *text, const char *keys)
{
	struct seen seen;
	struct manifest *m = parse(&seen, str_from(text));
	struct buf got;

	buf_init(&got, BUF_MAX_TEXT);
	for (size_t i = 0; m && i < m->n; i++)
		buf_printf(&got, "%s" STR_FMT, i ? " " : "", STR_ARG(m->items[i].key));
	buf_puts(&got, m ? "" : "broken");
	if (!got.ptr)
		buf_puts(&got, " "), got.len = 0, got.ptr[0] = '\0';
	assert_string_equal(got.ptr, keys);
	buf_clear(&got);
	buf_clear(&seen.said);
	watcher_manifest_destroy(&m);
}

/* The file gives nothing and the complaint begins like this. */
static void assert_broken(struct str text, const char *sentence)
{
	struct seen seen;
	struct manifest *m = parse(&seen, text);

	assert_null(m);
	assert_non_null(seen.said.ptr);
	if (!strstr(seen.said.ptr, sentence))
		print_error("said %s, wanted %s\n", seen.said.ptr, sentence);
	assert_non_null(strstr(seen.said.ptr, sentence));
	buf_clear(&seen.said);
}

/* Whatever is wrong with a Secret, the complaint does not repeat its values. */
static void test_no_value_of_a_secret_is_told(void **state)
{
	static const char head[] = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n";
	static const char *const parts[] = {
		"stringData:\n  a: *CANARY\n",
		"stringData:\n  a: !!int CANARY\n",
		"stringData:\n  a: !!float CANARY\n",
		"stringData:\n  a: [CANARY]\n",
		"stringData:\n  a: !!binary CANARY!\n",
		"stringData: CANARY\n",
		"data: CANARY\n",
		"data: {a: CANARY!}\n",
		"stringData: {a: 7777777}\n",
		"data: {a: 7777777}\n",
		"stringData:\n  a: 'CANARY\n",
		"stringData:\n  a: \"\\qCANARY\"\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct seen seen;
		struct manifest *m;
		char text[256];

		snprintf(text, sizeof(text), "%s%s", head, parts[i]);
		m = parse(&seen, str_from(text));
		assert_null(m);
		assert_null(strstr(seen.said.ptr, "CANARY"));
		assert_null(strstr(seen.said.ptr, "7777777"));
		buf_clear(&seen.said);
	}
}

static void test_many_documents(void **state)
{
	(void)state;
	assert_keys(SERVICE("a") "---\n" SERVICE("b"), "Service/default/a Service/default/b");
	assert_keys("---\n---\n# only words\n---\n" SERVICE("a") "---\n", "Service/default/a");
	assert_keys("", "");
	assert_keys("# nothing\n", "");
	assert_keys("\xef\xbb\xbf" SERVICE("a"), "Service/default/a");
}

static void test_foreign_kinds(void **state)
{
	struct seen seen;
	struct manifest *m;

	(void)state;
	assert_keys("apiVersion: v1\nkind: Pod\nmetadata: {name: golden-options}\ndata: {x: y}\n",
		    "");
	assert_keys(
		"apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: x}\nspec: 7\n",
		"");
	assert_keys("apiVersion: example.com/v1\nkind: AllowList\nitems: [a, b]\n", "");
	m = parse(
		&seen,
		STR("apiVersion: networking.k8s.io/v1beta1\nkind: Ingress\nmetadata: {name: x}\n"));
	assert_non_null(m);
	assert_int_equal(m->n, 0);
	assert_non_null(strstr(seen.said.ptr, "networking.k8s.io/v1 would be right"));
	watcher_manifest_destroy(&m);
	buf_clear(&seen.said);
}

static void test_lists(void **state)
{
	(void)state;
	assert_keys("apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  "
		    "metadata: {name: a}\n"
		    "- {apiVersion: v1, kind: Pod, metadata: {name: c}}\n",
		    "Service/default/a");
	assert_keys("apiVersion: networking.k8s.io/v1\nkind: IngressList\nitems:\n- metadata: "
		    "{name: a, namespace: b}\n",
		    "Ingress/b/a");
	assert_keys("apiVersion: v1\nkind: List\nitems: []\n", "");
	assert_keys("apiVersion: v1\nkind: List\nitems: [7]\n", "broken");
}

static void test_json(void **state)
{
	(void)state;
	assert_keys("{\"apiVersion\":\"v1\",\"kind\":\"Service\",\n\t\"metadata\":{\"name\":\"a\","
		    "\"annotations\":{\"x\":\"\\ud83d\\ude00\\/\"}}}\n",
		    "Service/default/a");
	assert_keys("{apiVersion: v1, kind: Service, metadata: {name: a}}\n", "Service/default/a");
	assert_keys("{\"apiVersion\":\"v1\",", "broken");
}

static void test_bad_files(void **state)
{
	(void)state;
	assert_broken(STR(SERVICE("a") "---\na: b: c\n"), "6: ");
	assert_broken(STR("a: 1\n\tb: 2\n"), "2: ");
	assert_broken(STR("kind: Service\nname: \xff\n"),
		      "2: not a manifest: this line is not valid UTF-8");
	assert_broken(STR("kind: x\n\na: \0\n"), "3: not a manifest: it holds a NUL byte");
	assert_broken(STR("apiVersion: v1\nmetadata: {name: x}\n"),
		      "1: x: not a Kubernetes object");
	assert_broken(STR("just words\n"), "expected a map, got string");
	assert_broken(STR("- 1\n"), "expected a map, got list");
	assert_broken(STR("a: &a [*a]\n"), "1: ");
	assert_broken(STR("apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: 7}\n"),
		      "1: Service x: spec.ports");
	assert_broken(STR("apiVersion: v1\nkind: Service\nmetadata: {name: Bad_Name}\n"),
		      "Bad_Name");
}

static void test_bombs(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, BUF_MAX_FILE);
	for (int i = 0; i < 100000; i++)
		buf_putc(&text, '[');
	assert_broken(buf_view(&text), "1: ");
	buf_reset(&text);
	buf_puts(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 12; i++) {
		buf_printf(&text, "a%d: &a%d [", i, i);
		for (int k = 0; k < 10; k++)
			buf_printf(&text, "%s*a%d", k ? ", " : "", i - 1);
		buf_puts(&text, "]\n");
	}
	assert_broken(buf_view(&text), ": ");
	buf_reset(&text);
	buf_puts(&text, "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: x\n  "
			"annotations:\n    a: ");
	for (int i = 0; i < 10 << 20; i++)
		buf_putc(&text, 'x');
	assert_broken(buf_view(&text), "Ingress x: ");
	buf_clear(&text);
}

static void test_twice_in_one_file(void **state)
{
	struct seen seen;
	struct manifest *m =
		parse(&seen, STR(SERVICE("a") "---\n" SERVICE("b") "---\n" SERVICE("a")));

	(void)state;
	assert_non_null(m);
	assert_int_equal(m->n, 2);
	assert_non_null(strstr(seen.said.ptr,
			       "11: Service/default/a is in this file twice; the one in line 1"));
	watcher_manifest_destroy(&m);
	buf_clear(&seen.said);
}

static void test_complaints_are_few(void **state)
{
	struct buf text;
	struct seen seen;
	size_t lines = 0;

	(void)state;
	buf_init(&text, BUF_MAX_FILE);
	for (int i = 0; i < 1000; i++)
		buf_puts(&text, "kind: x\n---\n");
	assert_null(parse(&seen, buf_view(&text)));
	for (size_t i = 0; i < seen.said.len; i++)
		lines += seen.said.ptr[i] == '\n';
	assert_int_equal(lines, 11);
	buf_clear(&text);
	buf_clear(&seen.said);
}

static void test_secret_is_packed(void **state)
{
	struct seen seen;
	struct manifest *m =
		parse(&seen, STR("apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: n}\n"
				 "data: {a: aGk=}\nstringData: {b: there}\n"));
	struct msg_secret_value value;
	struct msg_object object;
	struct pool pool;
	struct err err;

	(void)state;
	assert_non_null(m);
	assert_int_equal(m->n, 1);
	pool_init(&pool);
	assert_int_equal(codec_unpack(&msg_object_codec, m->items[0].object, &pool, &object, &err),
			 0);
	assert_non_null(object.secret);
	assert_null(memmem(m->items[0].object.ptr, m->items[0].object.len, "there", 5));
	assert_int_equal(
		codec_unpack(&msg_secret_value_codec, m->items[0].secret, &pool, &value, &err), 0);
	assert_true(str_is(str_map_get(&value.data, "a"), "hi"));
	assert_true(str_is(str_map_get(&value.data, "b"), "there"));
	assert_true(str_is(value.type, "Opaque"));
	pool_clear(&pool);
	watcher_manifest_destroy(&m);
	assert_null(m);
	buf_clear(&seen.said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_value_of_a_secret_is_told),
		cmocka_unit_test(test_many_documents),
		cmocka_unit_test(test_foreign_kinds),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_twice_in_one_file),
		cmocka_unit_test(test_complaints_are_few),
		cmocka_unit_test(test_secret_is_packed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
