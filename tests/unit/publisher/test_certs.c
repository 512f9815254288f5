/* test_certs: which certificates serve: the rules one by one, then any order of changes against
 * a plain recomputation. */
#include "publisher/certs/certs.h"

#include "base/mem.h"
#include "tests/unit/x509/pems.h"

static struct pool pool;
static struct certs certs;

static int setup(void **state)
{
	(void)state;
	pool_init(&pool);
	publisher_certs_init(&certs);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_certs_clear(&certs);
	pool_clear(&pool);
	return 0;
}

static struct cert *hold(const char *secret, struct pem_pair pair)
{
	struct err err = { "" };
	struct cert *cert = publisher_certs_hold(&certs, str_from(secret),
						 (struct str[2]){ pair.cert, pair.key }, &err);

	if (!cert)
		fail_msg("%s", err.text);
	return cert;
}

static struct cert *offer(const char *secret, const char *names, long days)
{
	struct cert *cert = hold(secret, pem_make(names, days, &pool));

	publisher_certs_offer(&certs, cert, false);
	return cert;
}

static void host(const char *name)
{
	publisher_certs_add_host(&certs, str_from(name));
}

/* The Secrets of what is published, sorted and joined. */
static const char *published(void)
{
	static char text[1000];
	size_t n, used = 0;
	struct cert **list = publisher_certs_published(&certs, &n);
	struct map names;
	struct str *keys;

	map_init(&names, NULL);
	for (size_t i = 0; i < n; i++)
		map_put(&names, publisher_certs_secret(list[i]), list[i]);
	keys = map_sorted_keys(&names);
	text[0] = '\0';
	for (size_t i = 0; i < names.n; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s" STR_FMT,
					 i ? " " : "", STR_ARG(keys[i]));
	mem_free(keys);
	map_clear(&names);
	mem_free(list);
	return text;
}

static void unused_is_dropped(void **state)
{
	(void)state;
	offer("n/a", "DNS:a.example", 10);
	assert_string_equal(published(), "");
	host("b.example");
	assert_string_equal(published(), "");
	host("a.example");
	assert_string_equal(published(), "n/a");
	publisher_certs_drop_host(&certs, STR("a.example"));
	assert_string_equal(published(), "");
}

static void exact_wins_over_wildcard(void **state)
{
	struct cert *exact;

	(void)state;
	offer("n/wild", "DNS:*.example", 1000);
	exact = offer("n/exact", "DNS:a.example", 10);
	host("a.example");
	assert_string_equal(published(), "n/exact");
	host("b.example");
	assert_string_equal(published(), "n/exact n/wild");
	publisher_certs_withdraw(&certs, exact, false);
	publisher_certs_let_go(&certs, exact);
	publisher_certs_drop_host(&certs, STR("b.example"));
	assert_string_equal(published(), "n/wild");
}

static void wildcard_covers_one_label(void **state)
{
	(void)state;
	offer("n/wild", "DNS:*.example.com", 10);
	host("a.b.example.com");
	host("example.com");
	assert_string_equal(published(), "");
	host("*.example.com"); /* a wildcard host is the name itself */
	assert_string_equal(published(), "n/wild");
}

static void star_alone_covers_single_labels(void **state)
{
	(void)state;
	offer("n/star", "DNS:*", 10);
	host("a.b");
	assert_string_equal(published(), "");
	host("localhost");
	assert_string_equal(published(), "n/star");
}

static void newest_wins(void **state)
{
	struct cert *last;

	(void)state;
	host("a.example");
	offer("n/two", "DNS:a.example", 20);
	offer("n/one", "DNS:a.example", 10);
	assert_string_equal(published(), "n/two");
	last = offer("n/three", "DNS:a.example,DNS:b.example", 30);
	assert_string_equal(published(), "n/three");
	publisher_certs_withdraw(&certs, last, false);
	publisher_certs_let_go(&certs, last);
	assert_string_equal(published(), "n/two");
}

/* Whoever comes first: the same one serves. */
static void same_end_is_decided_by_content(void **state)
{
	struct pem_pair a = pem_make("DNS:a.example", 10, &pool),
			b = pem_make("DNS:a.example", 10, &pool);
	const char *first;
	char kept[100];

	(void)state;
	host("a.example");
	publisher_certs_offer(&certs, hold("n/a", a), false);
	publisher_certs_offer(&certs, hold("n/b", b), false);
	first = published();
	snprintf(kept, sizeof(kept), "%s", first);
	publisher_certs_clear(&certs);
	publisher_certs_init(&certs);
	publisher_certs_offer(&certs, hold("n/b", b), false);
	publisher_certs_offer(&certs, hold("n/a", a), false);
	host("a.example");
	assert_string_equal(published(), kept);
}

static void always_is_always_there(void **state)
{
	struct pem_pair pair = pem_make("DNS:a.example", 10, &pool);
	struct cert *cert = hold("n/a", pair);
	size_t n;
	struct cert **list;

	(void)state;
	publisher_certs_offer(&certs, cert, true);
	assert_string_equal(published(), "n/a");
	/* it does not stand in the way of those that serve, and one content is not published twice
	 * on their account */
	publisher_certs_offer(&certs, hold("n/copy", pair), false);
	host("a.example");
	list = publisher_certs_published(&certs, &n);
	assert_int_equal(n, 1);
	assert_true(str_is(publisher_certs_secret(list[0]), "n/a"));
	mem_free(list);
	publisher_certs_withdraw(&certs, cert, true);
	assert_string_equal(published(), "n/copy");
}

static void one_content_is_held_once(void **state)
{
	struct pem_pair pair = pem_make("DNS:a.example", 10, &pool);
	struct cert *a = hold("n/a", pair);

	(void)state;
	assert_ptr_equal(a, hold("n/a", pair));
	assert_ptr_not_equal(a, hold("m/a", pair));
	assert_int_equal(certs.certs.n, 2);
	publisher_certs_let_go(&certs, a);
	assert_int_equal(certs.certs.n, 2);
	publisher_certs_let_go(&certs, a);
	assert_int_equal(certs.certs.n, 1);
}

static void changes_are_counted_only_when_something_changes(void **state)
{
	uint64_t before;

	(void)state;
	offer("n/a", "DNS:a.example", 10);
	host("a.example");
	before = certs.n_changes;
	host("a.example");
	publisher_certs_drop_host(&certs, STR("a.example"));
	offer("n/older", "DNS:a.example", 5);
	assert_int_equal(certs.n_changes, before);
	publisher_certs_drop_host(&certs, STR("a.example"));
	assert_true(certs.n_changes > before);
}

/* ---- any order of changes ---- */

#define N_CERTS 12
#define N_HOSTS 9
static const char *const sans[] = { "DNS:a.x",         "DNS:*.x", "DNS:b.x,DNS:*.y",
				    "DNS:a.x,DNS:b.y", "DNS:*",   "DNS:x,DNS:*.x" };
static const char *const hosts[N_HOSTS] = {
	"a.x", "b.x", "c.x", "*.x", "b.y", "x", "y", "a.b.x", ""
};

struct model {
	struct cert *certs[N_CERTS];
	struct x509_leaf info[N_CERTS];
	bool offered[N_CERTS];
	size_t n_routes[N_HOSTS];
};

static bool has_name(const struct model *m, size_t c, struct str name)
{
	for (size_t i = 0; i < m->info[c].names.n; i++)
		if (str_eq(m->info[c].names.items[i], name))
			return true;
	return false;
}

/* The longest valid certificate that has a name: ends are distinct in the model. N_CERTS: none. */
static size_t best(const struct model *m, struct str name)
{
	size_t found = N_CERTS;

	for (size_t c = 0; c < N_CERTS; c++)
		if (m->offered[c] && has_name(m, c, name) &&
		    (found == N_CERTS || m->info[c].not_after > m->info[found].not_after))
			found = c;
	return found;
}

static void check(const struct model *m)
{
	bool want[N_CERTS] = { false }, got[N_CERTS] = { false };
	size_t n;
	struct cert **list = publisher_certs_published(&certs, &n);

	for (size_t h = 0; h < N_HOSTS; h++) {
		struct str name = str_from(hosts[h]), head, tail;
		struct str wild = STR("*");
		size_t c;

		if (!m->n_routes[h])
			continue;
		if (str_cut(name, '.', &head, &tail))
			wild = pool_printf(&pool, "*." STR_FMT, STR_ARG(tail));
		c = best(m, name);
		if (c == N_CERTS)
			c = best(m, wild);
		if (c < N_CERTS)
			want[c] = true;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < N_CERTS; c++)
			got[c] |= list[i] == m->certs[c];
	mem_free(list);
	assert_memory_equal(want, got, sizeof(want));
}

static void any_order_of_changes(void **state)
{
	struct model m = { 0 };
	struct err err;

	(void)state;
	srand(7);
	for (size_t c = 0; c < N_CERTS; c++) {
		struct pem_pair pair = pem_make(sans[c % 6], 10 + (long)(c * 7 % 12), &pool);

		m.certs[c] = hold("n/s", pair);
		assert_int_equal(x509_pair_read(pair.cert, pair.key, &pool, &m.info[c], &err), 0);
	}
	for (int step = 0; step < 3000; step++) {
		size_t c = (size_t)rand() % N_CERTS, h = (size_t)rand() % N_HOSTS;

		if (rand() % 2) {
			(m.offered[c] ? publisher_certs_withdraw
				      : publisher_certs_offer)(&certs, m.certs[c], false);
			m.offered[c] = !m.offered[c];
		} else if (m.n_routes[h] && rand() % 2) {
			publisher_certs_drop_host(&certs, str_from(hosts[h]));
			m.n_routes[h]--;
		} else {
			publisher_certs_add_host(&certs, str_from(hosts[h]));
			m.n_routes[h]++;
		}
		check(&m);
	}
	for (size_t c = 0; c < N_CERTS; c++)
		if (m.offered[c])
			publisher_certs_withdraw(&certs, m.certs[c], false);
	for (size_t h = 0; h < N_HOSTS; h++)
		for (; m.n_routes[h]; m.n_routes[h]--)
			publisher_certs_drop_host(&certs, str_from(hosts[h]));
	assert_int_equal(certs.names.n, 0);
	assert_int_equal(certs.domains.n, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Only those that are published count. */
static void counts_what_expires(void **state)
{
	const int64_t now = 1700000000; /* of the days in pems.h */

	(void)state;
	assert_int_equal(publisher_certs_first_expiry(&certs), 0);
	offer("n/idle", "DNS:idle.example", 1);
	offer("n/soon", "DNS:soon.example", 5);
	offer("n/late", "DNS:late.example", 20);
	assert_int_equal(publisher_certs_expiring(&certs, INT64_MAX), 0);
	host("soon.example");
	host("late.example");
	assert_int_equal(publisher_certs_expiring(&certs, INT64_MAX), 2);
	assert_int_equal(publisher_certs_expiring(&certs, now + 7 * 86400), 1);
	assert_int_equal(publisher_certs_expiring(&certs, now + 30 * 86400), 2);
	assert_in_range(publisher_certs_first_expiry(&certs), now + 4 * 86400, now + 6 * 86400);
	publisher_certs_drop_host(&certs, STR("soon.example"));
	assert_in_range(publisher_certs_first_expiry(&certs), now + 19 * 86400, now + 21 * 86400);
}

/* No tenant's certificate serves what is not ours; one that was ordered for it does. */
static void what_was_ordered_serves_hosts_of_others(void **state)
{
	struct cert *ordered = hold("n/ordered", pem_make("DNS:a.example", 10, &pool));

	(void)state;
	offer("n/tenant", "DNS:a.example", 1000);
	publisher_certs_count_ordered(ordered, 1);
	publisher_certs_offer(&certs, ordered, CERT_SERVES);
	assert_string_equal(published(), "");
	publisher_certs_count_foreign(&certs, STR("a.example"), 1);
	publisher_certs_count_foreign(&certs, STR("a.example"), 1);
	assert_string_equal(published(), "n/ordered");
	host("a.example"); /* ours, too */
	assert_string_equal(published(), "n/tenant");
	publisher_certs_drop_host(&certs, STR("a.example"));
	assert_string_equal(published(), "n/ordered");
	publisher_certs_count_foreign(&certs, STR("a.example"), -1);
	assert_string_equal(published(), "n/ordered");
	publisher_certs_count_foreign(&certs, STR("a.example"), -1);
	assert_string_equal(published(), "");
	publisher_certs_count_foreign(&certs, STR("b.example"), 1);
	publisher_certs_count_foreign(&certs, STR("b.example"), -1);
	assert_null(map_get(&certs.names, STR("b.example")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(unused_is_dropped),
		TEST(what_was_ordered_serves_hosts_of_others),
		TEST(exact_wins_over_wildcard),
		TEST(wildcard_covers_one_label),
		TEST(star_alone_covers_single_labels),
		TEST(newest_wins),
		TEST(same_end_is_decided_by_content),
		TEST(always_is_always_there),
		TEST(one_content_is_held_once),
		TEST(changes_are_counted_only_when_something_changes),
		TEST(counts_what_expires),
		TEST(any_order_of_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
