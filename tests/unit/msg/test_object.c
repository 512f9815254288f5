/* test_object: Kubernetes documents in, pruned objects or a sentence out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/mem.h"
#include "msg/msg.h"

static struct pool pool;
static struct msg_object object;
static struct msg_secret_value secret;
static struct err err;

static int clear(void **state)
{
	(void)state;
	pool_clear(&pool);
	return 0;
}

static const struct value *document(const char *yaml)
{
	struct value *v = pool_alloc(&pool, sizeof(*v));

	if (yaml_parse(str_from(yaml), &pool, v, &err) < 0)
		fail_msg("%s", err.text);
	return v;
}

static int read_object(const char *yaml)
{
	err.text[0] = '\0';
	return msg_object_from_value(document(yaml), &pool, &object, &err);
}

static int read_secret(const char *yaml)
{
	err.text[0] = '\0';
	return msg_secret_from_value(document(yaml), &pool, &secret, &err);
}

#define INGRESS "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"

static void test_an_ingress(void **state)
{
	(void)state;
	assert_int_equal(
		read_object(INGRESS "metadata: {name: web, uid: u1, generation: 4, labels: {a: b}, "
				    "annotations: {x: 'y', z: ''}}\n"
				    "spec:\n"
				    "  ingressClassName: pomerium\n"
				    "  tls: [{hosts: [a.example.com], secretName: tls}]\n"
				    "  rules: [{host: a.example.com, http: {paths: [{path: /, "
				    "pathType: Prefix,\n"
				    "    backend: {service: {name: web, port: {number: 80}}}}]}}]\n"
				    "status: {loadBalancer: {ingress: [{ip: 10.0.0.1}]}}\n"),
		0);
	assert_int_equal(object.key.kind, MSG_KIND_INGRESS);
	assert_true(str_is(object.key.namespace, "default"));
	assert_true(str_is(object.key.name, "web"));
	assert_true(str_is(object.ingress->spec.ingressClassName, "pomerium"));
	assert_int_equal(object.ingress->metadata.generation, 4);
	assert_int_equal(object.ingress->spec.rules.items[0]
				 .http->paths.items[0]
				 .backend.service->port.number,
			 80);
	assert_true(str_is(object.ingress->status.loadBalancer.ingress.items[0].ip, "10.0.0.1"));
	assert_null(object.ingress->spec.defaultBackend);
	assert_null(object.ingress->spec.rules.items[0].http->paths.items[0].backend.resource);
}

static void test_absent_and_null_are_the_same(void **state)
{
	(void)state;
	assert_int_equal(
		read_object(INGRESS
			    "metadata: {name: web, annotations: null}\nspec: {rules: null}\n"),
		0);
	assert_null(object.ingress->spec.ingressClassName.ptr);
	assert_int_equal(object.ingress->spec.rules.n, 0);
	assert_int_equal(read_object(INGRESS "metadata: {name: web}\n"), 0);
	assert_int_equal(
		read_object(INGRESS "metadata: {name: web}\nspec: {ingressClassName: ''}\n"), 0);
	assert_non_null(object.ingress->spec.ingressClassName.ptr);
}

static void test_other_kinds(void **state)
{
	(void)state;
	assert_int_equal(
		read_object("apiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: shop}\n"
			    "spec: {ports: [{name: http, port: 80, targetPort: web}, {port: 81, "
			    "targetPort: 8081}]}\n"),
		0);
	assert_int_equal(object.key.kind, MSG_KIND_SERVICE);
	assert_true(str_is(object.service->spec.ports.items[0].targetPort.text, "web"));
	assert_true(object.service->spec.ports.items[1].targetPort.is_int);
	assert_int_equal(read_object("apiVersion: discovery.k8s.io/v1\nkind: "
				     "EndpointSlice\nmetadata: {name: s-1}\n"
				     "addressType: IPv4\nendpoints: [{addresses: [10.0.0.1]},\n"
				     "  {addresses: [10.0.0.2], conditions: {ready: false}}, "
				     "{addresses: [], conditions: {}}]\n"
				     "ports: [{name: http, port: 8080}]\n"),
			 0);
	assert_int_equal(object.endpoint_slice->endpoints.items[0].conditions.ready, -1);
	assert_int_equal(object.endpoint_slice->endpoints.items[1].conditions.ready, 0);
	assert_int_equal(object.endpoint_slice->endpoints.items[2].conditions.ready, -1);
	assert_int_equal(
		read_object(
			"apiVersion: networking.k8s.io/v1\nkind: IngressClass\n"
			"metadata: {name: pomerium, namespace: ignored}\nspec: {controller: c}\n"),
		0);
	assert_int_equal(object.key.namespace.len, 0);
	assert_int_equal(read_object("apiVersion: ingress.pomerium.io/v1\nkind: "
				     "Pomerium\nmetadata: {name: global}\n"
				     "spec: {secrets: pomerium/bootstrap, timeouts: {read: 5s}}\n"),
			 0);
	assert_true(str_is(value_get(value_get(object.pomerium->spec, "timeouts"), "read")->string,
			   "5s"));
	assert_int_equal(
		read_object("apiVersion: v1\nkind: Endpoints\nmetadata: {name: s}\n"
			    "subsets: [{addresses: [{ip: 10.0.0.1}], ports: [{port: 80}]}]\n"),
		0);
	assert_true(str_is(object.endpoints->subsets.items[0].addresses.items[0].ip, "10.0.0.1"));
}

static void test_what_is_not_ours(void **state)
{
	static const char *const cases[] = {
		"apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n",
		"apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: x}\n",
		"kind: Ingress\n",
		"apiVersion: 1\nkind: [a]\n",
		"[1, 2]\n",
		"text\n",
		""
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_object(cases[i]), 0);
		assert_int_equal(object.key.kind, MSG_KIND_NONE);
	}
}

static void test_times(void **state)
{
	static const struct {
		const char *yaml;
		int64_t seconds;
	} cases[] = {
		{ "2024-01-31T10:20:30Z", 1706696430 }, /* YAML takes it for a time */
		{ "'2024-01-31T10:20:30Z'", 1706696430 },
		{ "null", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str yaml =
			pool_printf(&pool, INGRESS "metadata: {name: web, creationTimestamp: %s}\n",
				    cases[i].yaml);

		assert_int_equal(read_object(yaml.ptr), 0);
		assert_int_equal(object.ingress->metadata.creationTimestamp, cases[i].seconds);
		assert_int_equal(object.ingress->metadata.deletionTimestamp, 0);
	}
}

static void test_sentences_name_the_path(void **state)
{
	static const char *const cases[][2] = {
		{ "metadata: {name: 7}\n", "metadata.name: expected a string, got integer \"7\"" },
		{ "metadata: [a]\n", "metadata: expected a map, got list" },
		{ "spec: {}\n", "metadata.name: required, but missing" },
		{ "metadata: {name: Web}\n", "metadata.name: \"Web\" is not a name" },
		{ "metadata: {name: ../../etc/passwd}\n", "metadata.name" },
		{ "metadata: {name: a..b}\n", "metadata.name" },
		{ "metadata: {name: a.-b}\n", "metadata.name" },
		{ "metadata: {name: -a}\n", "metadata.name" },
		{ "metadata: {name: a-}\n", "metadata.name" },
		{ "metadata: {name: \"a\\0b\"}\n", "metadata.name" },
		{ "metadata: {name: a, namespace: b.c}\n",
		  "metadata.namespace: \"b.c\" is not a namespace" },
		{ "metadata: {name: a, labels: {x: 1}}\n",
		  "metadata.labels[\"x\"]: expected a string, got integer \"1\"" },
		{ "metadata: {name: a, labels: {1: x}}\n",
		  "metadata.labels: expected a string, got integer \"1\"" },
		{ "metadata: {name: a, annotations: {x: {y: z}}}\n",
		  "metadata.annotations[\"x\"]: expected a string, got map" },
		{ "metadata: {name: a, creationTimestamp: today}\n",
		  "metadata.creationTimestamp: expected a time such as 2026-01-31T12:00:00Z, got "
		  "string \"today\"" },
		{ "metadata: {name: a, deletionTimestamp: 7}\n",
		  "metadata.deletionTimestamp: expected a time such as 2026-01-31T12:00:00Z, got "
		  "integer \"7\"" },
		{ "metadata: {name: a, generation: 1.5}\n",
		  "metadata.generation: expected an integer" },
		{ "metadata: {name: a}\nspec: [1]\n", "spec: expected a map, got list" },
		{ "metadata: {name: a}\nspec: {rules: {a: b}}\n",
		  "spec.rules: expected a list, got map" },
		{ "metadata: {name: a}\nspec: {tls: [{hosts: x}]}\n",
		  "spec.tls[0].hosts: expected a list, got string \"x\"" },
		{ "metadata: {name: a}\nspec: {tls: [{}, {hosts: [a, 1]}]}\n",
		  "spec.tls[1].hosts[1]: expected a string" },
		{ "metadata: {name: a}\nspec: {rules: [{http: {paths: [{backend: {service: {port: "
		  "{number: x}}}}]}}]}\n",
		  "spec.rules[0].http.paths[0].backend.service.port.number: expected an integer, "
		  "got string \"x\"" },
		{ "metadata: {name: a}\nspec: {rules: [{http: {paths: [{backend: {service: {port: "
		  "{number: 4294967296}}}}]}}]}\n",
		  "spec.rules[0].http.paths[0].backend.service.port.number: expected an integer of "
		  "at most 2147483647" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf yaml;

		buf_init(&yaml, BUF_MAX_TEXT);
		buf_printf(&yaml, INGRESS "%s", cases[i][0]);
		if (read_object(yaml.ptr) != -1 ||
		    strncmp(err.text, cases[i][1], strlen(cases[i][1])))
			fail_msg("%s gave: %s", cases[i][0], err.text);
		buf_clear(&yaml);
	}
}

static void test_last_applied_never_gets_in(void **state)
{
	(void)state;
	assert_int_equal(
		read_object(INGRESS
			    "metadata: {name: a, annotations: {a: b,\n"
			    "  kubectl.kubernetes.io/last-applied-configuration: '{}', c: d}}\n"),
		0);
	assert_int_equal(object.ingress->metadata.annotations.n, 2);
	assert_null(str_map_get(&object.ingress->metadata.annotations,
				"kubectl.kubernetes.io/last-applied-configuration")
			    .ptr);
	assert_true(str_is(str_map_get(&object.ingress->metadata.annotations, "c"), "d"));
}

/* A document with `n` copies of `item` between `head` and `tail`. */
static int read_many(const char *head, const char *item, size_t n, const char *tail)
{
	struct buf yaml;
	int rc;

	buf_init(&yaml, BUF_MAX_FILE);
	buf_puts(&yaml, head);
	while (n--)
		buf_puts(&yaml, item);
	buf_puts(&yaml, tail);
	rc = read_object(yaml.ptr);
	buf_clear(&yaml);
	return rc;
}

static void test_sizes(void **state)
{
	(void)state;
	assert_int_equal(read_many(INGRESS "metadata: {name: a, annotations: {x: '", "0123456789",
				   1 << 20, "'}}\n"),
			 -1);
	assert_string_equal(err.text, "metadata.annotations[\"x\"]: a string of 10485760 bytes, at "
				      "most 262144 are allowed");
	assert_int_equal(read_many(INGRESS "metadata: {name: a, annotations: {x: '", "0123456789",
				   20000, "', y: '0123456789'}}\n"),
			 0);
	assert_int_equal(read_many(INGRESS "spec: {rules: [{http: {paths: [", "{path: /a},", 100000,
				   "]}}]}\nmetadata: {name: a}\n"),
			 -1);
	assert_string_equal(err.text,
			    "spec.rules[0].http.paths: 100000 items, at most 65536 are allowed");
	assert_int_equal(read_many(INGRESS "spec: {rules: [{http: {paths: [", "{path: /a},", 60000,
				   "]}}]}\nmetadata: {name: a}\n"),
			 0);
}

static void test_annotations_add_up(void **state)
{
	struct buf yaml;

	(void)state;
	buf_init(&yaml, BUF_MAX_FILE);
	buf_puts(&yaml, INGRESS "metadata:\n  name: a\n  annotations:\n");
	for (int i = 0; i < 30; i++)
		buf_printf(&yaml, "    key%d: '%010000d'\n", i, i);
	assert_int_equal(read_object(yaml.ptr), -1);
	assert_non_null(strstr(err.text, "metadata.annotations: 3001"));
	assert_non_null(strstr(err.text, "at most 262144 are allowed, as in Kubernetes"));
	buf_clear(&yaml);
}

#define SECRET "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\n"

static void test_a_secret(void **state)
{
	(void)state;
	assert_int_equal(
		read_secret(SECRET "data: {a: aGVsbG8=, b: ''}\nstringData: {a: wins, c: new}\n"),
		0);
	assert_true(str_is(secret.type, "Opaque"));
	assert_int_equal(secret.answer, MSG_SECRET_FOUND);
	assert_true(str_is(str_map_get(&secret.data, "a"), "wins"));
	assert_non_null(str_map_get(&secret.data, "b").ptr);
	assert_true(str_is(str_map_get(&secret.data, "c"), "new"));
	assert_int_equal(secret.data.n, 3);
	assert_int_equal(read_secret(SECRET "type: kubernetes.io/tls\ndata: null\n"), 0);
	assert_true(str_is(secret.type, "kubernetes.io/tls"));
	assert_int_equal(secret.data.n, 0);
}

static void test_a_secret_of_more_than_kubernetes_takes(void **state)
{
	struct buf yaml;

	(void)state;
	buf_init(&yaml, BUF_MAX_FILE);
	buf_puts(&yaml, SECRET "stringData:\n");
	for (int i = 0; i < 11; i++)
		buf_printf(&yaml, "  key%d: '%0100000d'\n", i, i);
	assert_int_equal(read_secret(yaml.ptr), -1);
	assert_string_equal(
		err.text,
		"data: 1100000 bytes in all, at most 1048576 are allowed, as in Kubernetes");
	buf_clear(&yaml);
}

static void test_a_secret_in_sentences_stays_secret(void **state)
{
	(void)state;
	assert_int_equal(read_secret(SECRET "data: {a: 'CANARY***'}\n"), -1);
	assert_non_null(strstr(err.text, "data[\"a\"]: expected base64"));
	assert_null(strstr(err.text, "CANARY"));
	assert_int_equal(read_secret(SECRET "data: {a: 4711}\n"), -1);
	assert_null(strstr(err.text, "4711"));
	assert_int_equal(read_secret(SECRET "stringData: {a: 4711}\n"), -1);
	assert_null(strstr(err.text, "4711"));
}

static void test_keys(void **state)
{
	struct msg_key a = { MSG_KIND_INGRESS, STR("shop"), STR("web") },
		       b = { MSG_KIND_POMERIUM, STR(""), STR("global") }, back;

	(void)state;
	assert_true(str_is(msg_key_text(&a, &pool), "Ingress/shop/web"));
	assert_true(str_is(msg_key_text(&b, &pool), "Pomerium//global"));
	assert_true(msg_key_from_text(STR("Ingress/shop/web"), &back) && msg_key_equal(&back, &a));
	assert_true(msg_key_from_text(STR("Pomerium//global"), &back) && msg_key_equal(&back, &b));
	assert_false(msg_key_from_text(STR("Ingres/shop/web"), &back));
	assert_false(msg_key_from_text(STR("Ingress/web"), &back));
	assert_true(str_is(msg_key_for_people(&a, &pool), "shop/web"));
	assert_true(str_is(msg_key_for_people(&b, &pool), "global"));
	assert_true(msg_key_cmp(&a, &b) < 0 && msg_key_cmp(&b, &a) > 0 && msg_key_equal(&a, &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_an_ingress, clear),
		cmocka_unit_test_teardown(test_absent_and_null_are_the_same, clear),
		cmocka_unit_test_teardown(test_other_kinds, clear),
		cmocka_unit_test_teardown(test_what_is_not_ours, clear),
		cmocka_unit_test_teardown(test_times, clear),
		cmocka_unit_test_teardown(test_sentences_name_the_path, clear),
		cmocka_unit_test_teardown(test_last_applied_never_gets_in, clear),
		cmocka_unit_test_teardown(test_sizes, clear),
		cmocka_unit_test_teardown(test_annotations_add_up, clear),
		cmocka_unit_test_teardown(test_a_secret, clear),
		cmocka_unit_test_teardown(test_a_secret_of_more_than_kubernetes_takes, clear),
		cmocka_unit_test_teardown(test_a_secret_in_sentences_stays_secret, clear),
		cmocka_unit_test_teardown(test_keys, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
