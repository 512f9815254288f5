/* test_foreign: what others have stored: what their records say, and what of it counts when. */
#include "publisher/databroker/foreign_read.h"

#include "base/buf.h"
#include "pb/pomerium.pb-c.h"
#include "tests/lib/pb_from_json.h"
#include "tests/unit/x509/pems.h"

#define ROOM 100000

static struct foreign foreign;
static struct pool pool;
static struct buf told; /* "+a.example.com -@b": hosts, and names of certificates */

static void on_list(const struct str_list *list, const char *mark, int step)
{
	for (size_t i = 0; i < list->n; i++)
		buf_printf(&told, "%s%s%s" STR_FMT, told.len ? " " : "", step > 0 ? "+" : "-", mark,
			   STR_ARG(list->items[i]));
}

static void on_changed(void *self, const struct foreign_facts *facts, int step)
{
	(void)self;
	on_list(&facts->hosts, "", step);
	on_list(&facts->names, "@", step);
}

static void on_each(void *self, const struct foreign_facts *facts)
{
	on_changed(self, facts, 1);
}

static int setup(void **state)
{
	(void)state;
	pool_init(&pool);
	buf_init(&told, BUF_MAX_TEXT);
	publisher_foreign_init(&foreign, ROOM);
	foreign.changed = on_changed;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_foreign_clear(&foreign);
	assert_int_equal(foreign.size, 0);
	buf_clear(&told);
	pool_clear(&pool);
	return 0;
}

/* What was told since the last time. */
static const char *news(void)
{
	const char *text = pool_bytes(&pool, told.len ? told.ptr : "", told.len).ptr;

	buf_reset(&told);
	return text;
}

static bool put(const char *id, const char *host, const char *name)
{
	struct str hosts[] = { str_from(host) }, names[] = { str_from(name) };
	struct foreign_facts facts = { { hosts, host != NULL }, { names, name != NULL } };

	return publisher_foreign_put(&foreign, FOREIGN_CONFIG, str_from(id), &facts);
}

static void a_record_counts_until_it_is_gone(void **state)
{
	(void)state;
	put("x", "a", "*.b");
	assert_string_equal(news(), "+a +@*.b");
	put("x", "a", NULL); /* what both have never ceases */
	assert_string_equal(news(), "+a -a -@*.b");
	publisher_foreign_gone(&foreign, FOREIGN_ROUTE, STR("x"));
	assert_string_equal(news(), "");
	publisher_foreign_gone(&foreign, FOREIGN_CONFIG, STR("x"));
	assert_string_equal(news(), "-a");
	assert_int_equal(foreign.size, 0);
}

static void what_was_not_read_again_is_gone_at_the_end(void **state)
{
	(void)state;
	put("x", "a", NULL);
	put("y", "b", NULL);
	publisher_foreign_put(&foreign, FOREIGN_ROUTE, STR("y"),
			      &(struct foreign_facts){ { NULL, 0 }, { NULL, 0 } });
	(void)news();
	publisher_foreign_begin(&foreign, FOREIGN_CONFIG);
	put("y", "c", NULL);
	assert_string_equal(news(), "+c -b"); /* the other one is not forgotten yet */
	publisher_foreign_end(&foreign, FOREIGN_CONFIG);
	assert_string_equal(news(), "-a");
	assert_int_equal(foreign.records[FOREIGN_ROUTE].n, 1);
	publisher_foreign_each(&foreign, NULL, on_each);
	assert_string_equal(news(), "+c");
}

static void a_record_that_cannot_be_read_is_news_once(void **state)
{
	(void)state;
	put("x", "a", NULL);
	assert_true(publisher_foreign_put(&foreign, FOREIGN_CONFIG, STR("x"), NULL));
	assert_string_equal(news(), "+a -a");
	publisher_foreign_begin(&foreign, FOREIGN_CONFIG);
	assert_false(publisher_foreign_put(&foreign, FOREIGN_CONFIG, STR("x"), NULL));
	publisher_foreign_end(&foreign, FOREIGN_CONFIG);
	assert_false(put("x", "b", NULL));
	assert_true(publisher_foreign_put(&foreign, FOREIGN_CONFIG, STR("x"), NULL));
}

static void it_keeps_no_more_than_it_may(void **state)
{
	char id[16];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "r%d", i);
		put(id, "a.example.com", "b.example.com");
		assert_true(foreign.size <= ROOM);
	}
	assert_true(foreign.is_full && foreign.records[FOREIGN_CONFIG].n < 1000);
	put("r0", "a.example.com", NULL); /* there is room for less */
	publisher_foreign_clear(&foreign);
	assert_int_equal(foreign.size, 0);
	assert_false(foreign.is_full);
}

/* ---- what a record says ---- */

static struct str pack(pb_type *type, const char *json)
{
	ProtobufCMessage *m = pb_new(&pool, type);
	struct err err;

	if (pb_from_json(str_from(json), &pool, m, &err) < 0)
		fail_msg("%s", err.text);
	return pb_pack_to_pool(m, &pool);
}

/* All that is told of one record. */
static const char *says(enum foreign_kind kind, struct str bytes)
{
	struct foreign_facts facts;
	struct err err;

	if (publisher_foreign_read(kind, bytes, &pool, &facts, &err) < 0)
		return err.text[0] ? "unreadable" : "no sentence";
	on_changed(NULL, &facts, 1);
	return news();
}

static const char *base64(struct str text)
{
	struct buf out;
	const char *c;

	buf_init(&out, BUF_MAX_TEXT);
	buf_base64(&out, text);
	c = pool_bytes(&pool, out.ptr, out.len).ptr;
	buf_clear(&out);
	return c;
}

static void hosts_are_those_that_can_be_ordered_for(void **state)
{
	(void)state;
	assert_string_equal(says(FOREIGN_CONFIG,
				 pack(&pomerium__config__config__descriptor,
				      "{\"routes\": [{\"from\": \"https://A.Example.com.:8443/x\"},"
				      "{\"from\": \"tcp+https://tcp.example.com:22\"}, {\"from\": "
				      "\"https://a.example.com\"},"
				      "{\"from\": \"http://plain.example.com\"}, {\"from\": "
				      "\"https://*.w.example.com\"},"
				      "{\"from\": \"https://10.0.0.1\"}, {\"from\": "
				      "\"https://[::1]:8443\"}, {\"from\": \"ssh://s\"},"
				      "{\"from\": \"https://\"}, {\"from\": \"\"}, {\"from\": "
				      "\"https://a..b\"},"
				      "{\"from\": \"https://a b\"}, {\"from\": \"https://.a\"}, "
				      "{\"from\": \"https://b\\u00fccher.example\"}, {}]}")),
			    "+a.example.com +tcp.example.com");
	assert_string_equal(says(FOREIGN_ROUTE, pack(&pomerium__config__route__descriptor,
						     "{\"from\": \"https://r.example.com\"}")),
			    "+r.example.com");
	assert_string_equal(
		says(FOREIGN_VERSIONED_CONFIG,
		     pack(&pomerium__config__versioned_config__descriptor,
			  "{\"config\": {\"routes\": [{\"from\": \"https://v.example.com\"}]},"
			  "\"conditions\": [{\"feature\": \"x\", \"at_least\": \"v99\"}]}")),
		"+v.example.com");
	assert_string_equal(says(FOREIGN_VERSIONED_CONFIG, STR("")), "");
}

static struct str key_pair(const struct str *pems, size_t n)
{
	Pomerium__Config__KeyPair *pair = PB_NEW(&pool, pomerium__config__key_pair);
	struct str text = STR("");

	for (size_t i = 0; i < n; i++)
		text = pool_printf(&pool, STR_FMT STR_FMT, STR_ARG(text), STR_ARG(pems[i]));
	PB_SET_TEXT(pair, certificate, text);
	return pb_pack_to_pool(&pair->base, &pool);
}

static void names_are_those_of_certificates_for_servers(void **state)
{
	const struct str pems[] = {
		pem_make_for("DNS:K.example.com,DNS:*.k.example.com,DNS:k.example.com,IP:10.0.0.1",
			     "clientAuth,serverAuth", 90, &pool)
			.cert,
		pem_make_for("DNS:client.example.com", "clientAuth", 90, &pool).cert,
		pem_make_for("DNS:silent.example.com", NULL, 90, &pool).cert,
		pem_make_for(NULL, "serverAuth", 90, &pool).cert,
		STR("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
		pem_make_for("DNS:s.example.com", "serverAuth", 90, &pool).key,
		pem_make_for("DNS:last.example.com,DNS:a b,DNS:*,DNS:*.*.c", "serverAuth", 90,
			     &pool)
			.cert,
	};

	(void)state;
	assert_string_equal(says(FOREIGN_KEY_PAIR, key_pair(pems, sizeof(pems) / sizeof(pems[0]))),
			    "+@k.example.com +@*.k.example.com +@last.example.com");
	assert_string_equal(
		says(FOREIGN_SETTINGS, pack(&pomerium__config__settings__descriptor,
					    pool_printf(&pool,
							"{\"certificates\": [{}, {\"cert_bytes\": "
							"\"%s\", \"key_bytes\": \"\"}]}",
							base64(pems[0]))
						    .ptr)),
		"+@k.example.com +@*.k.example.com");
}

static void hostile_bytes_are_refused_or_say_something(void **state)
{
	const struct str begun = STR("-----BEGIN CERTIFICATE-----\n");
	struct str bytes;

	(void)state;
	for (int kind = 0; kind < FOREIGN_N_KINDS; kind++) {
		assert_string_equal(says((enum foreign_kind)kind, STR("\x12\xff\xff")),
				    "unreadable");
		assert_string_equal(says((enum foreign_kind)kind, STR("")), "");
	}
	bytes = key_pair(&begun, 1);
	assert_string_equal(says(FOREIGN_KEY_PAIR, bytes), "");
	for (size_t i = 0; i < bytes.len; i++)
		(void)says(FOREIGN_KEY_PAIR, str_slice(bytes, 0, i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_record_counts_until_it_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_not_read_again_is_gone_at_the_end, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_record_that_cannot_be_read_is_news_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(it_keeps_no_more_than_it_may, setup, teardown),
		cmocka_unit_test_setup_teardown(hosts_are_those_that_can_be_ordered_for, setup,
						teardown),
		cmocka_unit_test_setup_teardown(names_are_those_of_certificates_for_servers, setup,
						teardown),
		cmocka_unit_test_setup_teardown(hostile_bytes_are_refused_or_say_something, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
