/* test_cert_choice: whose certificate serves a host, and which one is withheld: the rules one by one,
 * then any order of changes against all at once. */
#include "publisher/certs/certs_inside.h"

#include "base/buf.h"
#include "base/mem.h"
#include "tests/unit/rounds.h"
#include "tests/unit/x509/pems.h"

#define N_HOSTS 7
#define N_SPACES 3

static struct pool pool;
static struct certs certs;
static char withheld[2000];
static const char *const hosts[N_HOSTS] = { "a.x", "b.x", "c.x", "*.x", "b.y", "x", "a.b.x" };
static const char *const spaces[N_SPACES] = { "a", "b", "c" };

/* Whose each host is, by bits, and since when. */
static unsigned owners[N_HOSTS];
static int64_t ages[N_HOSTS];

static size_t index_of(struct str host)
{
	for (size_t h = 0; h < N_HOSTS; h++)
		if (str_is(host, hosts[h]))
			return h;
	fail_msg("no such host: " STR_FMT, STR_ARG(host));
	return 0;
}

static struct str owner_of(void *self, struct str host, size_t i)
{
	const unsigned bits = owners[index_of(host)];

	(void)self;
	for (size_t k = 0; k < N_SPACES; k++)
		if (bits & 1u << k && i-- == 0)
			return str_from(spaces[k]);
	return STR_NONE;
}

static int64_t age_of(void *self, struct str host)
{
	(void)self;
	return ages[index_of(host)];
}

static void on_withheld(void *self, struct str secret, struct str host, struct str by)
{
	const size_t used = strlen(withheld);

	(void)self;
	snprintf(withheld + used, sizeof(withheld) - used, STR_FMT " " STR_FMT " " STR_FMT "\n",
		 STR_ARG(secret), STR_ARG(host), STR_ARG(by));
}

static void open_certs(struct certs *out)
{
	publisher_certs_init(out);
	out->owner = owner_of;
	out->age = age_of;
	out->withheld = on_withheld;
}

static int setup(void **state)
{
	(void)state;
	pool_init(&pool);
	open_certs(&certs);
	memset(owners, 0, sizeof(owners));
	memset(ages, 0, sizeof(ages));
	withheld[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_certs_clear(&certs);
	pool_clear(&pool);
	return 0;
}

static struct cert *hold(struct certs *in, const char *secret, struct pem_pair pair)
{
	struct err err = { "" };
	struct cert *cert = publisher_certs_hold(in, str_from(secret),
						 (struct str[2]){ pair.cert, pair.key }, &err);

	if (!cert)
		fail_msg("%s", err.text);
	return cert;
}

static struct cert *offer(const char *secret, const char *names, long days, enum cert_use use)
{
	struct cert *cert = hold(&certs, secret, pem_make(names, days, &pool));

	publisher_certs_offer(&certs, cert, use);
	return cert;
}

/* A host of one namespace. */
static void host(const char *name, unsigned of, int64_t age)
{
	const size_t h = index_of(str_from(name));

	owners[h] = of;
	ages[h] = age;
	publisher_certs_add_host(&certs, str_from(name));
}

#define A 1u
#define B 2u
#define C 4u

static const char *serving(const char *name)
{
	const struct cert *cert = publisher_certs_for_host(&certs, str_from(name), 0);

	return cert ? pool_str(&pool, publisher_certs_secret(cert)).ptr : "";
}

static void a_strangers_certificate_is_withheld(void **state)
{
	struct cert *evil;

	(void)state;
	host("a.x", A, 10);
	host("b.x", B, 20);
	offer("a/bank", "DNS:a.x", 10, CERT_SERVES);
	evil = offer("b/evil", "DNS:a.x,DNS:*.x", 3650, CERT_SERVES);
	assert_string_equal(serving("a.x"), "a/bank");
	assert_false(publisher_certs_is_published(evil));
	assert_string_equal(serving("b.x"), "");
	assert_string_equal(withheld, "b/evil a.x a/bank\n");
	publisher_certs_drop_host(&certs, STR("a.x"));
	assert_true(publisher_certs_is_published(evil));
	assert_string_equal(serving("b.x"), "b/evil");
}

/* By SNI a name goes before a wildcard, whoever's it is. */
static void a_strangers_name_does_not_beat_the_owners_wildcard(void **state)
{
	struct cert *evil;

	(void)state;
	host("a.x", A, 10);
	offer("a/wild", "DNS:*.x", 10, CERT_SERVES);
	evil = offer("b/evil", "DNS:a.x,DNS:b.y", 3650, CERT_SERVES);
	host("b.y", B, 20);
	assert_string_equal(serving("a.x"), "a/wild");
	assert_false(publisher_certs_is_published(evil));
}

static void a_wildcard_does_not_take_what_has_a_name(void **state)
{
	(void)state;
	host("a.x", A, 10);
	host("b.x", B, 20);
	offer("a/bank", "DNS:a.x", 10, CERT_SERVES);
	offer("b/wild", "DNS:*.x", 3650, CERT_SERVES);
	assert_string_equal(serving("a.x"), "a/bank");
	assert_string_equal(serving("b.x"), "b/wild");
	assert_string_equal(withheld, "");
}

static void of_two_wildcards_the_one_with_the_older_host_serves_both(void **state)
{
	struct cert *younger;

	(void)state;
	host("b.x", B, 20);
	younger = offer("b/wild", "DNS:*.x", 3650, CERT_SERVES);
	assert_string_equal(serving("b.x"), "b/wild");
	host("a.x", A, 10);
	offer("a/wild", "DNS:*.x", 10, CERT_SERVES);
	assert_string_equal(serving("a.x"), "a/wild");
	assert_string_equal(serving("b.x"), "a/wild");
	assert_false(publisher_certs_is_published(younger));
	publisher_certs_drop_host(&certs, STR("a.x"));
	assert_string_equal(serving("b.x"), "b/wild");
}

static void equal_certificates_never_compete(void **state)
{
	struct pem_pair pair = pem_make("DNS:*.x", 10, &pool);

	(void)state;
	host("a.x", A, 10);
	host("b.x", B, 20);
	publisher_certs_offer(&certs, hold(&certs, "a/copy", pair), CERT_SERVES);
	publisher_certs_offer(&certs, hold(&certs, "b/copy", pair), CERT_SERVES);
	offer("c/evil", "DNS:b.x,DNS:b.y", 3650, CERT_SERVES);
	assert_string_equal(serving("a.x"), serving("b.x"));
	assert_string_equal(serving("b.x"), "a/copy"); /* b has it, too */
}

static void the_pomerium_object_goes_first(void **state)
{
	struct cert *own;

	(void)state;
	host("a.x", A, 10);
	host("b.x", B, 10);
	offer("p/wild", "DNS:*.x", 10, CERT_FIRST);
	own = offer("a/own", "DNS:a.x", 5, CERT_SERVES);
	offer("b/wild", "DNS:*.x", 3650, CERT_SERVES);
	assert_string_equal(serving("a.x"), "a/own");
	assert_string_equal(serving("b.x"), "p/wild");
	offer("p/name", "DNS:a.x", 1, CERT_FIRST);
	assert_string_equal(serving("a.x"), "p/name");
	assert_false(publisher_certs_is_published(own));
}

static void anybody_may_serve_what_its_owner_does_not(void **state)
{
	(void)state;
	host("a.x", A, 10);
	host("b.y", B, 10);
	offer("b/both", "DNS:a.x,DNS:b.y", 10, CERT_SERVES);
	offer("c/longer", "DNS:a.x", 20, CERT_SERVES);
	assert_string_equal(serving("a.x"), "c/longer");
	assert_string_equal(serving("b.y"), "b/both"); /* which is no reason to withhold it */
	assert_string_equal(withheld, "");
}

static void those_of_equal_age_share(void **state)
{
	(void)state;
	host("a.x", A | B, 10);
	host("b.y", C, 10);
	offer("a/one", "DNS:a.x", 10, CERT_SERVES);
	offer("b/two", "DNS:a.x", 20, CERT_SERVES);
	offer("c/evil", "DNS:a.x,DNS:b.y", 30, CERT_SERVES);
	assert_string_equal(serving("a.x"), "b/two");
	assert_string_equal(serving("b.y"), "");
}

static void it_follows_the_owner_of_the_host(void **state)
{
	(void)state;
	host("a.x", A, 10);
	offer("a/one", "DNS:a.x", 10, CERT_SERVES);
	offer("b/two", "DNS:a.x", 20, CERT_SERVES);
	assert_string_equal(serving("a.x"), "a/one");
	owners[0] = B;
	publisher_certs_host_changed(&certs, STR("a.x"));
	assert_string_equal(serving("a.x"), "b/two");
}

static void always_there_is_withheld_too(void **state)
{
	struct cert *evil;

	(void)state;
	host("a.x", A, 10);
	offer("a/one", "DNS:a.x", 10, CERT_SERVES);
	evil = offer("b/gateway", "DNS:a.x", 20, CERT_ALWAYS);
	assert_false(publisher_certs_is_published(evil));
	assert_string_equal(withheld, "b/gateway a.x a/one\n");
}

/* ---- any order ---- */

#define N_CERTS 14

struct model {
	struct pem_pair pairs[N_CERTS];
	const char *secrets[N_CERTS];
	struct cert *held[N_CERTS];
	enum cert_use uses[N_CERTS];
	bool offered[N_CERTS], there[N_HOSTS];
};

static void make(struct model *m)
{
	static const char *const sans[] = { "DNS:a.x",         "DNS:*.x", "DNS:b.x,DNS:*.y",
					    "DNS:a.x,DNS:b.y", "DNS:*",   "DNS:x,DNS:*.x",
					    "DNS:*.x,DNS:c.x" };

	for (size_t c = 0; c < N_CERTS; c++) {
		const size_t like = c % 5 == 4 ? c - 1 : c; /* some are equal */

		m->pairs[c] = like == c ? pem_make(sans[rand() % 7], 10 + rand() % 5, &pool)
					: m->pairs[like];
		m->secrets[c] = pool_printf(&pool, "%s/%zu", spaces[rand() % 3], c).ptr;
		m->held[c] = hold(&certs, m->secrets[c], m->pairs[c]);
		m->uses[c] = c == 5 ? CERT_FIRST : c == 6 ? CERT_ALWAYS : CERT_SERVES;
	}
}

/* The Secrets of what is published, and who serves each host. */
static const char *outcome(const struct model *m, const struct certs *of, struct cert *const *held)
{
	struct buf out;
	const char *text;

	buf_init(&out, BUF_MAX_TEXT);
	for (size_t c = 0; c < N_CERTS; c++)
		if (held[c] && publisher_certs_is_published(held[c]))
			buf_printf(&out, "%s ", m->secrets[c]);
	for (size_t h = 0; h < N_HOSTS; h++) {
		const struct cert *cert =
			m->there[h] ? publisher_certs_for_host(of, str_from(hosts[h]), 0) : NULL;

		buf_printf(&out, "\n%s: " STR_FMT, hosts[h],
			   STR_ARG(cert ? publisher_certs_secret(cert) : STR("")));
	}
	text = pool_str(&pool, buf_view(&out)).ptr;
	buf_clear(&out);
	return text;
}

static void check(const struct model *m, bool gather)
{
	struct cert *held[N_CERTS] = { NULL };
	struct certs fresh;

	open_certs(&fresh);
	fresh.withheld = NULL;
	publisher_certs_gather(&fresh, gather);
	for (size_t h = N_HOSTS; gather && h-- > 0;)
		if (m->there[h])
			publisher_certs_add_host(&fresh, str_from(hosts[h]));
	for (size_t c = N_CERTS; c-- > 0;) {
		held[c] = hold(&fresh, m->secrets[c], m->pairs[c]);
		if (m->offered[c])
			publisher_certs_offer(&fresh, held[c], m->uses[c]);
	}
	for (size_t h = 0; !gather && h < N_HOSTS; h++)
		if (m->there[h])
			publisher_certs_add_host(&fresh, str_from(hosts[h]));
	publisher_certs_gather(&fresh, false);
	assert_string_equal(outcome(m, &certs, m->held), outcome(m, &fresh, held));
	publisher_certs_clear(&fresh);
}

static void change_one(struct model *m)
{
	const size_t c = (size_t)rand() % N_CERTS, h = (size_t)rand() % N_HOSTS;

	if (rand() % 2) {
		(m->offered[c] ? publisher_certs_withdraw
			       : publisher_certs_offer)(&certs, m->held[c], m->uses[c]);
		m->offered[c] = !m->offered[c];
		return;
	}
	owners[h] = (unsigned)rand() % 8;
	ages[h] = rand() % 4;
	if (rand() % 3 == 0) {
		publisher_certs_host_changed(&certs, str_from(hosts[h]));
		return;
	}
	if (m->there[h])
		publisher_certs_drop_host(&certs, str_from(hosts[h]));
	else
		publisher_certs_add_host(&certs, str_from(hosts[h]));
	m->there[h] = !m->there[h];
}

static void any_order_of_changes(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= rounds(12); seed++) {
		struct model m = { .there = { false } };

		srand(seed);
		make(&m);
		for (int step = 0; step < 400; step++) {
			change_one(&m);
			if (step % 4 == 0)
				check(&m, step % 8);
		}
		for (size_t c = 0; c < N_CERTS; c++) {
			if (m.offered[c])
				publisher_certs_withdraw(&certs, m.held[c], m.uses[c]);
			publisher_certs_let_go(&certs, m.held[c]);
		}
		for (size_t h = 0; h < N_HOSTS; h++)
			if (m.there[h])
				publisher_certs_drop_host(&certs, str_from(hosts[h]));
		assert_int_equal(certs.names.n + certs.domains.n + certs.certs.n + certs.contents.n,
				 0);
		withheld[0] = '\0';
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_strangers_certificate_is_withheld),
		TEST(a_strangers_name_does_not_beat_the_owners_wildcard),
		TEST(a_wildcard_does_not_take_what_has_a_name),
		TEST(of_two_wildcards_the_one_with_the_older_host_serves_both),
		TEST(equal_certificates_never_compete),
		TEST(the_pomerium_object_goes_first),
		TEST(anybody_may_serve_what_its_owner_does_not),
		TEST(those_of_equal_age_share),
		TEST(it_follows_the_owner_of_the_host),
		TEST(always_there_is_withheld_too),
		TEST(any_order_of_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
