/* test_secrets: held, answered, released, and no trace left of what was released. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/secrets/secrets.h"

static const struct msg_key key = { MSG_KIND_SECRET, STR("shop"), STR("tls") };

static bool take(struct secrets *secrets, enum msg_secret_answer answer, const char *type,
		 struct str value)
{
	struct str_pair pair = { STR("k"), value };
	struct msg_secret_value news = { .key = key,
					 .answer = answer,
					 .type = str_from(type),
					 .data = { &pair, value.ptr ? 1 : 0 } };

	return resolver_secrets_apply(secrets, &news);
}

static struct hash fingerprint_of(const struct secrets *secrets, const struct msg_key *of)
{
	struct msg_ticket_secret vouched;

	resolver_secrets_vouch(secrets, of, &vouched);
	assert_int_equal(vouched.values.n, 1);
	assert_true(str_is(vouched.values.items[0].key, "k"));
	return vouched.values.items[0].fingerprint;
}

/* It names Secret, key and value, under the key of this boot only. */
static void test_a_fingerprint_is_of_one_secret(void **state)
{
	const struct msg_key other = { MSG_KIND_SECRET, STR("shop"), STR("tl") };
	struct msg_secret_value news = { .key = other, .type = STR("Opaque") };
	struct str_pair pair = { STR("k"), STR("v") };
	struct secrets secrets, next;
	struct hash one, two, three;

	(void)state;
	resolver_secrets_init(&secrets);
	resolver_secrets_init(&next);
	resolver_secrets_hold(&secrets, &key);
	resolver_secrets_hold(&secrets, &other);
	resolver_secrets_hold(&next, &key);
	take(&secrets, MSG_SECRET_FOUND, "Opaque", STR("v"));
	take(&next, MSG_SECRET_FOUND, "Opaque", STR("v"));
	news.data = (struct str_map){ &pair, 1 };
	resolver_secrets_apply(&secrets, &news);
	one = fingerprint_of(&secrets, &key);
	two = fingerprint_of(&secrets, &other);
	three = fingerprint_of(&next, &key);
	assert_false(hash_equal(&one, &two));
	assert_false(hash_equal(&one, &three));
	resolver_secrets_clear(&secrets);
	resolver_secrets_clear(&next);
}

static void test_news(void **state)
{
	struct msg_bundle_secret facts;
	struct msg_secret_put put;
	struct secrets secrets;
	struct msg_key *keys;
	struct pool pool;
	struct hash before, after;

	(void)state;
	pool_init(&pool);
	resolver_secrets_init(&secrets);
	assert_false(take(&secrets, MSG_SECRET_FOUND, "Opaque", STR("v")));
	assert_true(resolver_secrets_hold(&secrets, &key));
	assert_false(resolver_secrets_hold(&secrets, &key));
	assert_true(resolver_secrets_wants(&secrets, &key));
	assert_int_equal(resolver_secrets_keys(&secrets, &pool, &keys), 1);
	assert_true(msg_key_equal(&keys[0], &key));
	assert_false(resolver_secrets_get(&secrets, &key, &facts));
	assert_true(take(&secrets, MSG_SECRET_ABSENT, NULL, STR_NONE));
	assert_false(take(&secrets, MSG_SECRET_ABSENT, NULL, STR_NONE));
	assert_true(resolver_secrets_get(&secrets, &key, &facts) &&
		    facts.answer == MSG_SECRET_ABSENT);
	assert_false(resolver_secrets_values(&secrets, &key, &pool, &put));
	assert_true(take(&secrets, MSG_SECRET_FOUND, "Opaque", STR("v")));
	assert_false(take(&secrets, MSG_SECRET_FOUND, "Opaque", STR("v")));
	assert_true(resolver_secrets_get(&secrets, &key, &facts) &&
		    facts.answer == MSG_SECRET_FOUND);
	before = fingerprint_of(&secrets, &key);
	assert_true(resolver_secrets_values(&secrets, &key, &pool, &put));
	assert_true(hash_equal(&put.entries.items[0].fingerprint, &before) &&
		    str_is(put.entries.items[0].bytes, "v"));
	assert_true(take(&secrets, MSG_SECRET_FOUND, "kubernetes.io/tls", STR("v")));
	assert_true(take(&secrets, MSG_SECRET_FOUND, "kubernetes.io/tls", STR("w")));
	assert_true(resolver_secrets_get(&secrets, &key, &facts));
	after = fingerprint_of(&secrets, &key);
	assert_false(hash_equal(&after, &before));
	/* Unavailable keeps what was found; forbidden and absent do not. */
	assert_false(take(&secrets, MSG_SECRET_UNAVAILABLE, NULL, STR_NONE));
	assert_true(resolver_secrets_values(&secrets, &key, &pool, &put));
	assert_true(take(&secrets, MSG_SECRET_FORBIDDEN, NULL, STR_NONE));
	assert_false(resolver_secrets_values(&secrets, &key, &pool, &put));
	assert_true(take(&secrets, MSG_SECRET_UNAVAILABLE, NULL, STR_NONE));
	assert_true(take(&secrets, MSG_SECRET_FOUND, "Opaque", STR("v")));
	assert_true(resolver_secrets_release(&secrets, &key));
	assert_false(resolver_secrets_release(&secrets, &key));
	assert_false(resolver_secrets_get(&secrets, &key, &facts));
	resolver_secrets_clear(&secrets);
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_news),
		cmocka_unit_test(test_a_fingerprint_is_of_one_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
