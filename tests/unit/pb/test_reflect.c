/* test_reflect: messages in memory: lists that grow, maps in order, oneofs, presence. */
#include "rig.h"

#include "base/mem.h"
#include "pb/traits.h"

static void test_push(void **state)
{
	Pomerium__Config__Route *route;
	struct pool pool;
	(void)state;

	pool_init(&pool);
	route = PB_NEW(&pool, pomerium__config__route);
	for (unsigned i = 0; i < 1000; i++) {
		PB_PUSH(&pool, route, load_balancing_weights, i);
		PB_PUSH(&pool, route, to, pb_bytes(pool_printf(&pool, "%u", i)));
	}
	assert_int_equal(route->n_to, 1000);
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(route->load_balancing_weights[i], i);
		assert_true(str_eq(pb_str(route->to[i]), pool_printf(&pool, "%u", i)));
	}
	pool_clear(&pool);
}

static void test_map(void **state)
{
	static const char *const keys[] = { "b", "a", "", "b", "c", "a" };
	const struct pb_shape *shape = pb_shape_of(&pomerium__config__route__descriptor);
	Pomerium__Config__Route *route;
	ProtobufCMessage **entries;
	struct pb_field field;
	struct pool pool;
	struct buf order;
	size_t n;
	(void)state;

	pool_init(&pool);
	buf_init(&order, 100);
	route = PB_NEW(&pool, pomerium__config__route);
	for (size_t i = 0; i < 6; i++) {
		Pomerium__Config__Route__SetRequestHeadersEntry *entry =
			PB_NEW(&pool, pomerium__config__route__set_request_headers_entry);

		PB_SET_TEXT(entry, key, str_from(keys[i]));
		PB_SET_TEXT(entry, value, pool_printf(&pool, "%zu", i));
		PB_PUSH(&pool, route, set_request_headers, entry);
	}
	assert_true(pb_field_named(shape, STR("set_request_headers"), &field));
	entries = pb_map_entries(&route->base, &field, &n);
	for (size_t i = 0; i < n; i++) {
		Pomerium__Config__Route__SetRequestHeadersEntry *entry =
			(Pomerium__Config__Route__SetRequestHeadersEntry *)entries[i];

		buf_str(&order, pb_str(entry->key));
		buf_str(&order, pb_str(entry->value));
		buf_putc(&order, ' ');
	}
	assert_string_equal(order.ptr, "2 a5 b3 c4 ");
	mem_free(entries);
	buf_clear(&order);
	pool_clear(&pool);
}

static void test_oneof(void **state)
{
	const struct pb_shape *shape = pb_shape_of(&pomerium__config__mcp__descriptor);
	struct pb_field server, client;
	Pomerium__Config__MCP *mcp;
	struct pool pool;
	(void)state;

	pool_init(&pool);
	mcp = PB_NEW(&pool, pomerium__config__mcp);
	assert_true(pb_field_named(shape, STR("server"), &server));
	assert_true(pb_field_json(shape, STR("client"), &client));
	pb_put_message(&pool, &mcp->base, shape, &server);
	assert_non_null(mcp->server);
	pb_put_message(&pool, &mcp->base, shape, &client);
	assert_null(mcp->server);
	assert_non_null(mcp->client);
	pool_clear(&pool);
}

/* Every message of the tables is found, with a trait for each field and a shape for each message
 * field. */
static void test_shapes(void **state)
{
	static const pb_type *const types[] = {
		&pomerium__config__config__descriptor,
		&databroker__put_request__descriptor,
		&databroker__sync_latest_response__descriptor,
		&google__protobuf__value__descriptor,
		&envoy__config__cluster__v3__cluster__descriptor,
	};
	(void)state;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const struct pb_shape *shape = pb_shape_of(types[i]);

		assert_ptr_equal(shape->type, types[i]);
		for (size_t k = 0; k < types[i]->n_fields; k++) {
			struct pb_field field = pb_field_at(shape, k), found;

			assert_true(pb_field_json(shape, str_from(field.trait->json), &found));
			assert_ptr_equal(found.desc, field.desc);
			if (field.desc->type == PROTOBUF_C_TYPE_MESSAGE)
				assert_ptr_equal(field.trait->sub->type, field.desc->descriptor);
		}
	}
	assert_null(pb_shape_by_name(STR("pomerium.config.Nothing")));
	assert_null(pb_shape_by_name(STR("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_push),
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_oneof),
		cmocka_unit_test(test_shapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
