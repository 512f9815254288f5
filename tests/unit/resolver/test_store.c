/* test_store: equal puts are no news, listings sweep, and what comes out is what went in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "resolver/graph/store.h"

static bool put(struct store *store, const char *name, const char *type)
{
	struct msg_service service = {
		.metadata = { .namespace = STR("shop"), .name = str_from(name) },
		.spec = { .type = str_from(type), .externalName = STR("e"), .clusterIP = STR("") }
	};
	struct msg_object object = { .key = { MSG_KIND_SERVICE, STR("shop"), str_from(name) },
				     .service = &service };
	struct buf packed;
	bool is_news;

	service.metadata.uid = STR("u");
	buf_init(&packed, BUF_MAX_MESSAGE);
	codec_pack(&msg_object_codec, &object, &packed);
	is_news = resolver_store_put(store, &object.key, buf_view(&packed));
	buf_clear(&packed);
	return is_news;
}

static struct msg_key key_of(const char *name)
{
	return (struct msg_key){ MSG_KIND_SERVICE, STR("shop"), str_from(name) };
}

static void test_news(void **state)
{
	struct msg_key a = key_of("a"), b = key_of("b");
	struct msg_object object;
	struct store store;
	struct pool pool;

	(void)state;
	pool_init(&pool);
	resolver_store_init(&store);
	assert_true(put(&store, "a", "ClusterIP"));
	assert_false(put(&store, "a", "ClusterIP"));
	assert_true(put(&store, "a", "NodePort"));
	assert_int_equal(resolver_store_get(&store, &a, &pool, &object), 0);
	assert_true(str_is(object.service->spec.type, "NodePort"));
	assert_true(msg_key_equal(&object.key, &a));
	assert_int_equal(resolver_store_get(&store, &b, &pool, &object), -1);
	assert_true(resolver_store_has(&store, &a));
	assert_int_equal(resolver_store_count(&store, MSG_KIND_SERVICE), 1);
	assert_int_equal(resolver_store_count(&store, MSG_KIND_INGRESS), 0);
	assert_true(resolver_store_del(&store, &a));
	assert_false(resolver_store_del(&store, &a));
	assert_false(resolver_store_has(&store, &a));
	resolver_store_clear(&store);
	pool_clear(&pool);
}

static void expect_gone(struct store *store, const char *names)
{
	struct msg_key *gone;
	struct pool pool;
	struct buf got;
	size_t n;

	pool_init(&pool);
	buf_init(&got, BUF_MAX_TEXT);
	resolver_store_end(store, MSG_KIND_SERVICE, &pool, &gone, &n);
	for (size_t i = 0; i < n; i++) {
		buf_printf(&got, STR_FMT " ", STR_ARG(gone[i].name));
		resolver_store_del(store, &gone[i]);
	}
	assert_string_equal(got.len ? got.ptr : "", names);
	buf_clear(&got);
	pool_clear(&pool);
}

static void test_listing(void **state)
{
	struct msg_key *keys;
	struct store store;
	struct pool pool;
	size_t n;

	(void)state;
	pool_init(&pool);
	resolver_store_init(&store);
	put(&store, "c", "x");
	put(&store, "a", "x");
	put(&store, "b", "x");
	resolver_store_keys(&store, MSG_KIND_SERVICE, &pool, &keys, &n);
	assert_int_equal(n, 3);
	assert_true(str_is(keys[0].name, "a") && str_is(keys[1].name, "b") &&
		    str_is(keys[2].name, "c"));
	expect_gone(&store, ""); /* no listing was begun */
	resolver_store_begin(&store, MSG_KIND_SERVICE);
	assert_false(put(&store, "a", "x"));
	assert_true(put(&store, "d", "x"));
	expect_gone(&store, "b c ");
	expect_gone(&store, "");
	/* Begun twice: only what the second one saw stays. */
	resolver_store_begin(&store, MSG_KIND_SERVICE);
	put(&store, "a", "x");
	resolver_store_begin(&store, MSG_KIND_SERVICE);
	put(&store, "d", "y");
	expect_gone(&store, "a ");
	resolver_store_clear(&store);
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_news),
					    cmocka_unit_test(test_listing) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
