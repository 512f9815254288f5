/* test_stand_in: what a recording has in the place of values is of their kind, and nothing of them. */
#include "watcher/record/stand_in.h"

#include <string.h>

#include "tests/unit/x509/pems.h"
#include "x509/x509_key.h"
#include "x509/x509_pair.h"

struct rig {
	struct stand_in stand_in;
	struct pool pool;
};

static int setup(void **state)
{
	static struct rig rig;

	pool_init(&rig.pool);
	watcher_stand_in_init(&rig.stand_in);
	*state = &rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	watcher_stand_in_clear(&rig->stand_in);
	pool_clear(&rig->pool);
	return 0;
}

/* The stand-ins of two values in one Secret. */
static struct msg_secret_value two(struct rig *rig, struct str a, struct str b)
{
	struct str_pair pairs[] = { { STR("a"), a }, { STR("b"), b } };

	return watcher_stand_in_of(&rig->stand_in,
				   &(struct msg_secret_value){ .data = { pairs, 2 } }, &rig->pool);
}

static struct str one(struct rig *rig, struct str value)
{
	return two(rig, value, STR("other")).data.items[0].value;
}

static struct pem_pair make(struct rig *rig, const char *type, const char *size)
{
	struct pem_pair pair = pem_make("DNS:a.example,DNS:*.b.example", 10, &rig->pool);
	EVP_PKEY *key =
		strcmp(type, "RSA") == 0
			? EVP_PKEY_Q_keygen(NULL, NULL, type, (size_t)strtoul(size, NULL, 10))
		: *size ? EVP_PKEY_Q_keygen(NULL, NULL, type, size)
			: EVP_PKEY_Q_keygen(NULL, NULL, type);
	BIO *in = BIO_new_mem_buf(pair.cert.ptr, (int)pair.cert.len);
	BIO *cert_out = BIO_new(BIO_s_mem()), *key_out = BIO_new(BIO_s_mem());
	X509 *cert = PEM_read_bio_X509(in, NULL, NULL, NULL);

	X509_set_pubkey(cert, key);
	X509_sign(cert, key, strcmp(type, "ED25519") == 0 ? NULL : EVP_sha256());
	PEM_write_bio_X509(cert_out, cert);
	PEM_write_bio_PrivateKey(key_out, key, NULL, NULL, 0, NULL, NULL);
	X509_free(cert);
	EVP_PKEY_free(key);
	BIO_free(in);
	return (struct pem_pair){ pem_take(cert_out, &rig->pool), pem_take(key_out, &rig->pool) };
}

/* No run of the value's letters and digits is in the other text. */
static void assert_nothing_of(struct str value, struct str in)
{
	const size_t run = 12;

	for (size_t i = 0; i + run <= value.len; i++)
		if (!memchr(value.ptr + i, '-', run) && !memchr(value.ptr + i, '\n', run) &&
		    memmem(in.ptr, in.len, value.ptr + i, run))
			fail_msg("%.*s", (int)run, value.ptr + i);
}

static void test_pairs(void **state)
{
	static const char *const types[][2] = {
		{ "EC", "P-256" }, { "EC", "P-384" }, { "ED25519", "" }, { "RSA", "2048" }
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const struct pem_pair pair = make(rig, types[i][0], types[i][1]);
		const struct msg_secret_value out = two(rig, pair.key, pair.cert);
		struct x509_leaf info;
		struct err err = { "" };
		EVP_PKEY *was = x509_key_read(pair.key, X509_GO);
		EVP_PKEY *is = x509_key_read(out.data.items[0].value, X509_GO);

		assert_true(str_eq(two(rig, pair.key, pair.cert).data.items[1].value,
				   out.data.items[1].value));
		if (x509_pair_read(out.data.items[1].value, out.data.items[0].value, &rig->pool,
				   &info, &err) < 0)
			fail_msg("%s: %s", types[i][0], err.text);
		assert_int_equal(info.names.n, 2);
		assert_int_equal(info.not_after, 1700000000 + 10 * 86400);
		assert_int_equal(EVP_PKEY_get_base_id(is), EVP_PKEY_get_base_id(was));
		assert_int_equal(EVP_PKEY_get_bits(is), EVP_PKEY_get_bits(was));
		assert_int_equal(EVP_PKEY_eq(is, was), 0);
		x509_key_free(is);
		x509_key_free(was);
	}
}

static void test_a_certificate_alone_is_public(void **state)
{
	struct rig *rig = *state;
	const struct pem_pair pair = pem_make("DNS:a.example", 10, &rig->pool);
	const struct str around = pool_printf(&rig->pool, "password: hunter2\n%s", pair.cert.ptr);

	assert_true(str_eq(one(rig, pair.cert), pair.cert));
	assert_true(str_eq(one(rig, around), pair.cert)); /* what stands around it is not */
}

static void test_a_key_in_disguise(void **state)
{
	struct rig *rig = *state;
	const struct pem_pair pair = pem_make("DNS:a.example", 10, &rig->pool);
	const struct str both = pool_printf(&rig->pool, "%s%s", pair.cert.ptr, pair.key.ptr);
	const char *body = strchr(pair.key.ptr, '\n');
	const struct str mislabelled = pool_printf(
		&rig->pool, "-----BEGIN CERTIFICATE-----%.*s-----END CERTIFICATE-----\n",
		(int)(strrchr(body, '-') - body - (long)strlen("----END PRIVATE KEY----")), body);

	/* the first line says of what type it is */
	const char *secret_line = strchr(body + 1, '\n');
	const struct str secret = { secret_line, strcspn(secret_line, "-") };

	assert_nothing_of(secret, one(rig, both));
	assert_nothing_of(secret, one(rig, mislabelled));
	assert_nothing_of(secret, one(rig, str_slice(pair.key, 0, pair.key.len - 40)));
}

static void test_texts(void **state)
{
	struct rig *rig = *state;
	const struct str value = STR("Bearer abcdefghijkl-0123456789=="), out = one(rig, value);
	struct stand_in other;
	struct str_pair pair = { STR("a"), value };
	struct msg_secret_value elsewhere;

	assert_int_equal(out.len, value.len);
	assert_nothing_of(value, out);
	assert_int_equal(out.ptr[6], ' ');
	assert_true(str_ends(out, "=="));
	assert_true(str_eq(one(rig, value), out));
	assert_false(str_eq(one(rig, STR("Bearer abcdefghijkl-0123456788==")), out));
	watcher_stand_in_init(&other);
	elsewhere = watcher_stand_in_of(&other, &(struct msg_secret_value){ .data = { &pair, 1 } },
					&rig->pool);
	assert_false(str_eq(elsewhere.data.items[0].value, out));
	watcher_stand_in_clear(&other);
}

static void test_others(void **state)
{
	struct rig *rig = *state;
	const struct str binary = STR("\x01\x02\x80\xFFsecret"),
			 words = STR("gr\xC3\xBC\xC3\x9F dich");
	const struct str url = one(rig, STR("postgres://me:hunter2@db.internal:5432/pomerium"));

	assert_int_equal(one(rig, binary).len, binary.len);
	assert_false(str_is_utf8(one(rig, binary)));
	assert_true(str_is_utf8(one(rig, words)));
	assert_null(memmem(one(rig, words).ptr, one(rig, words).len, "\xC3\xBC", 2));
	assert_true(str_starts(url, "postgres://recorded:"));
	assert_null(strstr(url.ptr, "internal"));
	assert_int_equal(one(rig, STR("")).len, 0);
	assert_int_equal(one(rig, STR("!-_#/ ")).len, 6);
	assert_true(strspn(one(rig, STR("!-_#/ ")).ptr, "abcdefghijklmnopqrstuvwxyz") == 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pairs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_certificate_alone_is_public, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_key_in_disguise, setup, teardown),
		cmocka_unit_test_setup_teardown(test_texts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_others, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
