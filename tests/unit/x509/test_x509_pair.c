/* test_x509_pair: what Go's encoding/pem, crypto/x509 and tls.X509KeyPair take and refuse. */
#include "x509/x509_pair.h"

#include "tests/unit/x509/pems.h"

static struct pool pool;

static int setup(void **state)
{
	(void)state;
	pool_init(&pool);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pool_clear(&pool);
	return 0;
}

static struct str join(struct str a, struct str b)
{
	return pool_printf(&pool, STR_FMT STR_FMT, STR_ARG(a), STR_ARG(b));
}

static void refuse(struct str cert, struct str key, const char *word)
{
	struct x509_leaf info;
	struct err err = { "" };

	assert_int_equal(x509_pair_read(cert, key, &pool, &info, &err), -1);
	if (!strstr(err.text, word))
		fail_msg("%s not in: %s", word, err.text);
}

static void accept(struct str cert, struct str key, struct x509_leaf *info)
{
	struct err err = { "" };

	if (x509_pair_read(cert, key, &pool, info, &err) < 0)
		fail_msg("%s", err.text);
}

static void reads_names_and_end(void **state)
{
	struct pem_pair p = pem_make("DNS:a.example,DNS:*.b.example,IP:1.2.3.4", 10, &pool);
	struct x509_leaf info;

	(void)state;
	accept(p.cert, p.key, &info);
	assert_int_equal(info.names.n, 2);
	assert_true(str_is(info.names.items[0], "a.example"));
	assert_true(str_is(info.names.items[1], "*.b.example"));
	assert_int_equal(info.not_after, 1700000000 + 10 * 86400);
}

static void common_name_does_not_count(void **state)
{
	struct pem_pair p = pem_make(NULL, 10, &pool);
	struct x509_leaf info;

	(void)state;
	accept(p.cert, p.key, &info);
	assert_int_equal(info.names.n, 0);
}

static void text_before_it_is_skipped_and_broken_blocks_are_not(void **state)
{
	struct pem_pair p = pem_make("DNS:a.example", 10, &pool),
			other = pem_make("DNS:b.example", 10, &pool);
	struct x509_leaf info;

	(void)state;
	accept(join(STR("Subject: me\n"), p.cert), join(STR("hello\n"), p.key), &info);
	accept(join(p.cert, other.cert), p.key, &info); /* a chain: the first serves */
	assert_true(str_is(info.names.items[0], "a.example"));
	accept(p.cert, join(other.cert, p.key), &info); /* the first private key counts */
	refuse(join(STR("-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"), p.cert),
	       p.key, "not base64");
	refuse(p.cert, join(STR("\xef\xbb\xbf"), p.key), "private key");
}

static void refuses_what_is_no_pair(void **state)
{
	struct pem_pair p = pem_make("DNS:a.example", 10, &pool),
			other = pem_make("DNS:a.example", 10, &pool);

	(void)state;
	refuse(STR(""), p.key, "no PEM block");
	refuse(STR_NONE, p.key, "no PEM block");
	refuse(STR("not a certificate"), p.key, "no PEM block");
	refuse(join(p.key, p.cert), p.key, "PRIVATE KEY");
	refuse(STR("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"), p.key,
	       "X.509");
	refuse(p.cert, STR(""), "private key");
	refuse(p.cert, STR("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"),
	       "private key");
	refuse(p.cert, other.key, "does not belong");
}

static void refuses_bytes_behind_the_certificate(void **state)
{
	struct pem_pair p = pem_make("DNS:a.example", 10, &pool);
	BIO *in = BIO_new_mem_buf(p.cert.ptr, (int)p.cert.len), *out = BIO_new(BIO_s_mem());
	char *name, *header;
	unsigned char *der, longer[4096];
	long len;

	(void)state;
	assert_true(PEM_read_bio(in, &name, &header, &der, &len));
	memcpy(longer, der, (size_t)len);
	longer[len] = 0;
	PEM_write_bio(out, "CERTIFICATE", "", longer, len + 1);
	refuse(pem_take(out, &pool), p.key, "X.509");
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	BIO_free(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_names_and_end, setup, teardown),
		cmocka_unit_test_setup_teardown(common_name_does_not_count, setup, teardown),
		cmocka_unit_test_setup_teardown(text_before_it_is_skipped_and_broken_blocks_are_not,
						setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_what_is_no_pair, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_bytes_behind_the_certificate, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
