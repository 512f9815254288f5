/* test_wanted: what is wanted after any order of changes is what it would be if only the last of
 * each owner had come. */
#include "publisher/wanted/wanted_inside.h"

#include "base/mem.h"
#include "tests/unit/x509/pems.h"
#include "tests/unit/publisher/rig.h"

static struct pool pool;
static struct wanted *wanted;
static char warnings[2000];

static void on_warn(void *self, const struct msg_key *owner, const char *sentence)
{
	size_t used = strlen(warnings);

	(void)self;
	snprintf(warnings + used, sizeof(warnings) - used, STR_FMT ": %s\n", STR_ARG(owner->name),
		 sentence);
}

static int setup(void **state)
{
	(void)state;
	pool_init(&pool);
	warnings[0] = '\0';
	wanted = publisher_wanted_new(&(struct wanted_listener){ NULL, on_warn, NULL });
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_wanted_destroy(&wanted);
	pool_clear(&pool);
	return 0;
}

static enum wanted_outcome put_route(const char *owner, const char *host, const char *prefix)
{
	struct arrival config = rig_config(owner, rig_route(owner, host, prefix, &pool), &pool);

	return rig_put(wanted, &config);
}

static enum wanted_outcome delete (const char *owner) {
	struct msg_key key = rig_key(owner);

	return publisher_wanted_delete(wanted, &key);
}

static void reject(const char *owner, const char *reason)
{
	struct msg_diagnostic error = { MSG_SEVERITY_ERROR, 0, STR(""), str_from(reason) };
	struct msg_reject message = { .owner = rig_key(owner), .diagnostics = { &error, 1 } };

	publisher_wanted_reject(wanted, &message);
}

static void the_same_again_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(put_route("a", "h", "/"), WANTED_CHANGED);
	assert_int_equal(put_route("a", "h", "/"), WANTED_SAME);
	assert_int_equal(put_route("a", "h", "/x"), WANTED_CHANGED);
	assert_int_equal(publisher_wanted_n_routes(wanted), 1);
	assert_int_equal(delete ("a"), WANTED_CHANGED);
	assert_int_equal(delete ("a"), WANTED_SAME);
	assert_int_equal(publisher_wanted_n_routes(wanted), 0);
}

static void the_last_good_stays(void **state)
{
	struct arrival broken = rig_config("a", "{}", &pool);
	struct msg_route_template template = { -1, STR("") };
	struct msg_route route = { 0, -1, STR("\x12\x01") };

	(void)state;
	put_route("a", "h", "/");
	reject("a", "policy: it is broken");
	assert_int_equal(publisher_wanted_n_rejected(wanted), 1);
	assert_int_equal(publisher_wanted_n_routes(wanted), 1);
	broken.config.settings = STR("\x12\xff\xff");
	assert_int_equal(rig_put(wanted, &broken), WANTED_REJECTED);
	broken.config.settings = STR("");
	broken.config.templates = (struct msg_route_template_list){ &template, 1 };
	broken.config.routes = (struct msg_route_list){ &route, 1 };
	assert_int_equal(rig_put(wanted, &broken), WANTED_REJECTED); /* a route that ends early */
	route.route = STR("");
	template.route = STR("\x12\x01");
	assert_int_equal(rig_put(wanted, &broken), WANTED_REJECTED);
	assert_int_equal(publisher_wanted_n_rejected(wanted), 1);
	assert_non_null(strstr(rig_render(wanted, WANTED_JSON, &pool), "https://h"));
	assert_int_equal(put_route("a", "h", "/"), WANTED_SAME);
	assert_int_equal(publisher_wanted_n_rejected(wanted), 0);
	reject("nobody", "it never was good");
	assert_int_equal(publisher_wanted_n_rejected(wanted), 1);
	delete ("nobody");
	assert_int_equal(publisher_wanted_n_rejected(wanted), 0);
}

/* ---- the reference's order ---- */

static void order(void **state)
{
	/* from ascending; path, regex and prefix descending; id ascending */
	static const char *const want[] = {
		"\"from\":\"https://a\",\"id\":\"2\",\"path\":\"/b\"",
		"\"from\":\"https://a\",\"id\":\"1\",\"path\":\"/a\"",
		"\"from\":\"https://a\",\"id\":\"3\",\"regex\":\"^z\"",
		"\"from\":\"https://a\",\"id\":\"5\",\"prefix\":\"/z\"",
		"\"from\":\"https://a\",\"id\":\"4\",\"prefix\":\"/\"",
		"\"from\":\"https://a\",\"id\":\"6\",\"prefix\":\"/\"",
		"\"from\":\"tcp+https://a:1\",\"id\":\"0\"",
	};
	struct arrival config =
		rig_config("o",
			   "{\"routes\":[{\"from\":\"tcp+https://a:1\",\"id\":\"0\"},"
			   "{\"from\":\"https://a\",\"path\":\"/a\",\"id\":\"1\"},"
			   "{\"from\":\"https://a\",\"path\":\"/b\",\"id\":\"2\"},"
			   "{\"from\":\"https://a\",\"regex\":\"^z\",\"id\":\"3\"},"
			   "{\"from\":\"https://a\",\"prefix\":\"/\",\"id\":\"6\"},"
			   "{\"from\":\"https://a\",\"prefix\":\"/\",\"id\":\"4\"},"
			   "{\"from\":\"https://a\",\"prefix\":\"/z\",\"id\":\"5\"}]}",
			   &pool);
	const char *text;

	(void)state;
	rig_put(wanted, &config);
	text = rig_render(wanted, WANTED_JSON, &pool);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		text = strstr(text, want[i]);
		if (!text)
			fail_msg("not in its place: %s", want[i]);
	}
}

static void hosts(void **state)
{
	static const struct {
		const char *from, *host;
	} rows[] = {
		{ "https://a.b", "a.b" },
		{ "https://a.b:8443", "a.b" },
		{ "tcp+https://a.b:22", "a.b" },
		{ "https://[2001:db8::1]:443", "2001:db8::1" },
		{ "https://[::1]", "::1" },
		{ "ssh://u@a.b", "a.b" },
		{ "https://a.b/x?y#z", "a.b" },
		{ "https://*.a.b", "*.a.b" },
		{ "https://*", "*" },
		{ "", "" },
		{ "a.b", "a.b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct route route = { .from = str_from(rows[i].from) };

		if (!str_is(publisher_route_host(&route), rows[i].host))
			fail_msg("%s: " STR_FMT, rows[i].from,
				 STR_ARG(publisher_route_host(&route)));
	}
}

/* ---- conflicts ---- */

static void conflicts_name_each_other_once(void **state)
{
	(void)state;
	put_route("a", "h", "/");
	put_route("a", "h", "/");
	assert_string_equal(warnings, "");
	put_route("b", "h", "/");
	assert_non_null(strstr(
		warnings, "b: from \"https://h\", path \"/\", is also a route of Ingress ns/a"));
	assert_non_null(strstr(
		warnings, "a: from \"https://h\", path \"/\", is also a route of Ingress ns/b"));
	warnings[0] = '\0';
	put_route("b", "h", "/");
	put_route("c", "h", "/other");
	assert_string_equal(warnings, "");
	put_route("c", "h", "/"); /* the third hears of the first; the others know already */
	assert_non_null(strstr(warnings, "c: "));
	assert_null(strstr(warnings, "a: from"));
	warnings[0] = '\0';
	delete ("b");
	delete ("c");
	put_route("b", "h", "/");
	assert_non_null(strstr(warnings, "a: from"));
	assert_non_null(strstr(rig_render(wanted, WANTED_JSON, &pool), "\"id\":\"b/\""));
}

/* ---- certificates ---- */

#define PAIR(pair)                                   \
	(const struct rig_value[])                   \
	{                                            \
		{ "tls", "tls.crt", (pair).cert },   \
		{                                    \
			"tls", "tls.key", (pair).key \
		}                                    \
	}

static struct arrival with_cert(const char *owner, const char *host, struct pem_pair pair)
{
	struct arrival config = rig_config(owner, rig_route(owner, host, "/", &pool), &pool);

	rig_certificate(&config, PAIR(pair), 2, &pool);
	return config;
}

static void certificates_come_with_hosts_of_anybody(void **state)
{
	struct pem_pair pair = pem_make("DNS:h", 10, &pool);
	struct arrival config = with_cert("a", "other", pair);

	(void)state;
	rig_secret(wanted, PAIR(pair), 2);
	assert_int_equal(rig_put(wanted, &config), WANTED_CHANGED);
	assert_null(strstr(rig_render(wanted, WANTED_JSON, &pool), "cert_bytes"));
	put_route("b", "h", "/");
	assert_non_null(strstr(rig_render(wanted, WANTED_JSON, &pool), "cert_bytes"));
	assert_non_null(strstr(rig_render(wanted, WANTED_YAML, &pool), "certificate_key:"));
	reject("b", "now it is broken"); /* its last good route counts */
	assert_non_null(strstr(rig_render(wanted, WANTED_JSON, &pool), "cert_bytes"));
	delete ("b");
	assert_null(strstr(rig_render(wanted, WANTED_JSON, &pool), "cert_bytes"));
}

static void a_pair_that_is_none_rejects_its_owner_alone(void **state)
{
	struct pem_pair pair = pem_make("DNS:h", 10, &pool), other = pem_make("DNS:h", 10, &pool);
	struct arrival config;
	struct err err = { "" };

	(void)state;
	put_route("b", "h", "/");
	pair.key = other.key;
	rig_secret(wanted, PAIR(pair), 2);
	config = with_cert("a", "h", pair);
	assert_int_equal(publisher_apply_config(wanted, &config, NULL, &err), WANTED_REJECTED);
	assert_non_null(strstr(err.text, "TLS Secret ns/tls"));
	config.ticket.secrets.items[0].values.n = 1;
	assert_int_equal(publisher_apply_config(wanted, &config, NULL, &err), WANTED_REJECTED);
	assert_non_null(strstr(err.text, "tls.key"));
	assert_int_equal(publisher_wanted_n_routes(wanted), 1);
	assert_int_equal(wanted->certs.certs.n, 0);
}

/* A rotation is taken as a whole: until the new key is there the old pair stays. */
static void a_rotation_never_mixes(void **state)
{
	struct pem_pair old = pem_make("DNS:h", 10, &pool), new = pem_make("DNS:h", 20, &pool);
	struct arrival config = with_cert("a", "h", old);
	const char *before;

	(void)state;
	rig_secret(wanted, PAIR(old), 2);
	rig_put(wanted, &config);
	before = rig_render(wanted, WANTED_JSON, &pool);
	config = with_cert("a", "h", new);
	assert_int_equal(rig_put(wanted, &config), WANTED_WAITS);
	assert_string_equal(rig_render(wanted, WANTED_JSON, &pool), before);
	rig_secret(wanted, PAIR(new), 2);
	assert_string_equal(rig_render(wanted, WANTED_JSON, &pool), before);
	assert_int_equal(rig_put(wanted, &config), WANTED_CHANGED);
	assert_string_not_equal(rig_render(wanted, WANTED_JSON, &pool), before);
	assert_int_equal(wanted->secret_cache.values.n, 2); /* the old pair was wiped */
}

static void values_go_with_their_owner(void **state)
{
	struct pem_pair pair = pem_make("DNS:h", 10, &pool);
	struct arrival config = with_cert("a", "h", pair);

	(void)state;
	rig_secret(wanted, PAIR(pair), 2);
	rig_put(wanted, &config);
	rig_put(wanted, &config);
	delete ("a");
	assert_int_equal(wanted->secret_cache.values.n, 0);
	assert_int_equal(wanted->certs.certs.n, 0);
	assert_int_equal(wanted->certs.names.n, 0);
	assert_int_equal(wanted->conflicts.places.n, 0);
}

/* ---- YAML ---- */

static void yaml_rejects_what_it_cannot_say(void **state)
{
	struct arrival config = rig_config(
		"a", "{\"routes\":[{\"id\":\"a\",\"from\":\"https://a\",\"policy_ids\":[\"x\"]}]}",
		&pool);

	(void)state;
	assert_int_equal(rig_put(wanted, &config), WANTED_CHANGED);
	delete ("a");
	publisher_wanted_need(wanted, (struct wanted_needs){ .yaml = true });
	assert_int_equal(rig_put(wanted, &config), WANTED_REJECTED);
	assert_int_equal(put_route("b", "h", "/"), WANTED_CHANGED);
	assert_non_null(strstr(rig_render(wanted, WANTED_YAML, &pool), "routes:\n  - "));
}

/* In pieces or as a whole: the same text. */
static void yaml_in_pieces_is_the_whole(void **state)
{
	Pomerium__Config__Config *config;
	struct buf whole;
	struct err err = { "" };
	struct str packed = rig_pack_json(
		"{\"settings\":{\"log_level\":\"info\",\"cookie_name\":\"c\"},\"routes\":["
		"{\"id\":\"a/\",\"from\":\"https://a\",\"prefix\":\"/\",\"to\":[\"http://x\"]},"
		"{\"id\":\"b/\",\"from\":\"https://b\",\"prefix\":\"/\",\"to\":[\"http://x\"]}]}",
		&pool);
	struct arrival settings = rig_settings(
		"s", "{\"settings\":{\"log_level\":\"info\",\"cookie_name\":\"c\"}}", &pool);

	(void)state;
	assert_string_equal(rig_render(wanted, WANTED_YAML, &pool), "routes: []\n");
	rig_put(wanted, &settings);
	put_route("b", "b", "/");
	put_route("a", "a", "/");
	config = (void *)pb_unpack(&pomerium__config__config__descriptor, packed, &pool, &err);
	buf_init(&whole, BUF_MAX_TEXT);
	assert_int_equal(pb_to_pomerium_yaml(&config->base, &whole, &err), 0);
	assert_string_equal(rig_render(wanted, WANTED_YAML, &pool), whole.ptr);
	buf_clear(&whole);
}

/* ---- any order ---- */

#define N_OWNERS 8
static const char *const owners[N_OWNERS] = { "a", "b", "c", "d", "e", "f", "g", "h" };

struct model {
	struct arrival last[N_OWNERS]; /* the last good one; owner.name NULL: none */
	struct pem_pair used[N_OWNERS];
	struct pem_pair pairs[4];
};

static void check(struct model *m)
{
	struct wanted *fresh = publisher_wanted_new(NULL);
	struct pool scratch;

	pool_init(&scratch);
	for (size_t i = N_OWNERS; i-- > 0;)
		if (m->last[i].ticket.owner.name.ptr) {
			for (size_t j = 0; j < 4; j++)
				rig_secret(fresh, PAIR(m->pairs[j]), 2);
			if (m->last[i].config.certificates.n)
				rig_secret(fresh, PAIR(m->used[i]), 2);
			assert_int_equal(rig_put(fresh, &m->last[i]), WANTED_CHANGED);
		}
	assert_string_equal(rig_render(wanted, WANTED_JSON, &scratch),
			    rig_render(fresh, WANTED_JSON, &scratch));
	assert_string_equal(rig_render(wanted, WANTED_YAML, &scratch),
			    rig_render(fresh, WANTED_YAML, &scratch));
	assert_int_equal(publisher_wanted_n_routes(wanted), publisher_wanted_n_routes(fresh));
	publisher_wanted_destroy(&fresh);
	pool_clear(&scratch);
}

static void change_one(struct model *m, size_t i)
{
	static const char *const hosts_of[] = { "x.y", "z.y", "x", "q.x.y" };
	const char *json =
		rig_route(owners[i], hosts_of[rand() % 4], rand() % 2 ? "/" : "/p", &pool);
	struct arrival config = rig_config(owners[i], json, &pool);

	if (rand() % 2) {
		m->used[i] = m->pairs[rand() % 4];
		rig_certificate(&config, PAIR(m->used[i]), 2, &pool);
		rig_secret(wanted, PAIR(m->used[i]), 2);
	}
	assert_true(rig_put(wanted, &config) <= WANTED_SAME);
	m->last[i] = config;
}

static void any_order_of_changes(void **state)
{
	struct model m = { 0 };

	(void)state;
	srand(11);
	for (size_t i = 0; i < 4; i++)
		m.pairs[i] = pem_make(i % 2 ? "DNS:*.y,DNS:x" : "DNS:x.y", 10 + (long)i, &pool);
	for (int step = 0; step < 600; step++) {
		size_t i = (size_t)rand() % N_OWNERS;

		switch (rand() % 4) {
		case 0:
			delete (owners[i]);
			m.last[i] = (struct arrival){ 0 };
			break;
		case 1:
			reject(owners[i], "broken");
			break;
		default:
			change_one(&m, i);
		}
		if (step % 5 == 0)
			check(&m);
	}
	for (size_t i = 0; i < N_OWNERS; i++)
		delete (owners[i]);
	assert_int_equal(
		wanted->certs.names.n + wanted->certs.domains.n + wanted->conflicts.places.n, 0);
}

static enum wanted_outcome put_with_part(Pomerium__Config__Route *part, bool is_policy)
{
	struct arrival message = rig_config("a", rig_route("a", "h", "/", &pool), &pool);
	struct msg_config *config = &message.config;
	struct msg_route_part_list *list = is_policy ? &config->policies : &config->upstreams;

	((struct msg_route_part *)pool_push(&pool, &list->items, &list->n, sizeof(*list->items)))
		->bytes = pb_pack_to_pool(&part->base, &pool);
	if (is_policy)
		config->templates.items[0].policies = (int64_t)list->n - 1;
	else
		config->routes.items[0].upstreams = (int64_t)list->n - 1;
	return rig_put(wanted, &message);
}

/* Else it would be published and nobody would see the conflict. */
static void what_places_a_route_stands_in_its_own_part(void **state)
{
	Pomerium__Config__Route path = POMERIUM__CONFIG__ROUTE__INIT,
				to = POMERIUM__CONFIG__ROUTE__INIT;

	(void)state;
	PB_SET_TEXT((&path), path, STR("/admin"));
	PB_PUSH(&pool, &to, to, pb_bytes(STR("http://10.0.0.1")));
	assert_int_equal(put_with_part(&path, true), WANTED_REJECTED);
	assert_int_equal(put_with_part(&path, false), WANTED_REJECTED);
	assert_int_equal(put_with_part(&to, false), WANTED_CHANGED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_same_again_changes_nothing),
		TEST(the_last_good_stays),
		TEST(order),
		TEST(hosts),
		TEST(conflicts_name_each_other_once),
		TEST(certificates_come_with_hosts_of_anybody),
		TEST(a_pair_that_is_none_rejects_its_owner_alone),
		TEST(a_rotation_never_mixes),
		TEST(values_go_with_their_owner),
		TEST(yaml_rejects_what_it_cannot_say),
		TEST(yaml_in_pieces_is_the_whole),
		TEST(what_places_a_route_stands_in_its_own_part),
		TEST(any_order_of_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
