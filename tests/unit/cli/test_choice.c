/* test_choice: which route serves a URL, and why the others that match do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/match/choice.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct owner owner = {
	.key = { .kind = MSG_KIND_INGRESS, .namespace = { "shop", 4 }, .name = { "web", 3 } }
};

#define ROUTE(f, p, r, x, i)                                                                 \
	{                                                                                    \
		.owner = &owner, .from = { f, sizeof(f) - 1 }, .path = { p, sizeof(p) - 1 }, \
		.regex = { r, sizeof(r) - 1 }, .prefix = { x, sizeof(x) - 1 },               \
		.id = { i,                                                                   \
			sizeof(i) - 1 }                                                      \
	}

static const struct route all[] = {
	ROUTE("https://a.example.com", "", "", "/", "a-root"),
	ROUTE("https://a.example.com", "", "", "/api", "a-api"),
	ROUTE("https://a.example.com", "", "", "/api/v1", "a-v1"),
	ROUTE("https://a.example.com", "", "/api/v[0-9]+", "", "a-regex"),
	ROUTE("https://a.example.com", "/api/v1", "", "", "a-exact"),
	ROUTE("https://b.example.com", "", "", "/only", "b"),
	ROUTE("https://b.example.com:8443", "", "", "/", "b-8443"),
	ROUTE("https://c.example.com", "", "", "", "c-1"),
	ROUTE("https://c.example.com", "", "", "", "c-2"),
	ROUTE("https://*.example.com", "", "", "/", "wild"),
	ROUTE("https://*.sub.example.com", "", "", "/", "wild-sub"),
	ROUTE("https://*", "/everywhere", "", "", "star"),
	ROUTE("https://d.example.com", "", "/(a*)*[bc]", "", "d-slow"),
	ROUTE("https://e.example.com", "", "/é?", "", "e"),
	ROUTE("tcp+https://a.example.com:5432", "", "", "", "tunnel"),
};

static int compare(const void *a, const void *b)
{
	return publisher_route_compare(*(const struct route *const *)a,
				       *(const struct route *const *)b);
}

static int choose(const char *url, struct pool *pool, struct choice *out, struct err *err)
{
	const struct route *routes[N_OF(all)];

	for (size_t i = 0; i < N_OF(all); i++)
		routes[i] = &all[i];
	qsort(routes, N_OF(all), sizeof(*routes), compare);
	return cli_choice_make(str_from(url), routes, N_OF(all), pool, out, err);
}

static const struct choice_match *match_of(const struct choice *choice, const char *id)
{
	for (size_t i = 0; i < choice->n_matches; i++)
		if (str_is(choice->matches[i].route->id, id))
			return &choice->matches[i];
	return NULL;
}

/* Of the URL: the route that serves it, another one that matches, and why that one loses. */
static void test_winners(void **state)
{
	static const struct {
		const char *url, *winner, *loser, *why;
	} cases[] = {
		{ "https://a.example.com/api/v1", "a-exact", "a-regex",
		  "an exact path is asked before an expression" },
		{ "https://a.example.com/api/v1?q=/x#y", "a-exact", "a-v1",
		  "an exact path is asked before a prefix" },
		{ "https://A.Example.com/api/v2", "a-regex", "a-api",
		  "an expression is asked before a prefix" },
		{ "https://a.example.com/api/v1/", "a-v1", "a-root",
		  "/api/v1 is asked before: prefixes are asked in descending byte order" },
		{ "https://a.example.com/apitude", "a-api", "wild",
		  "the host has routes of its own, so no wildcard route is asked" },
		{ "https://a.example.com", "a-root", NULL, NULL },
		{ "http://a.example.com:443/", "a-root", NULL, NULL },
		{ "https://a.example.com:9999/", "a-root", NULL, NULL },
		{ "https://b.example.com:8443/only", "b-8443", "b",
		  "the port has routes of its own, so those for every port are not asked" },
		{ "https://b.example.com/other", NULL, "wild", "the host has routes of its own" },
		{ "https://c.example.com/x", "c-1", "c-2", "the id of the other one is smaller" },
		{ "https://x.sub.example.com/", "wild", "wild-sub",
		  "https://*.example.com is asked before: wildcard hosts are asked in byte order" },
		{ "https://x.y.example.com:8443/", "wild", NULL, NULL },
		{ "https://elsewhere.org/everywhere", "star", NULL, NULL },
		{ "https://x.sub.example.com/everywhere", "star", "wild",
		  "https://* is asked before" },
		{ "https://elsewhere.org/", NULL, NULL, NULL },
		{ "https://example.com/", NULL, NULL, NULL },
		{ "https://a.example.com:5432/", "a-root", NULL, NULL },
	};
	struct pool pool;

	(void)state;
	pool_init(&pool);
	for (size_t i = 0; i < N_OF(cases); i++) {
		const struct choice_match *loser = NULL;
		struct choice choice;
		struct err err = { "" };

		assert_int_equal(choose(cases[i].url, &pool, &choice, &err), 0);
		assert_false(choice.is_reserved);
		if (choice.winner ? !cases[i].winner || !str_is(choice.winner->id, cases[i].winner)
				  : cases[i].winner != NULL)
			fail_msg("%s is served by %s", cases[i].url,
				 choice.winner ? choice.winner->id.ptr : "none");
		if (!cases[i].loser)
			continue;
		loser = match_of(&choice, cases[i].loser);
		assert_non_null(loser);
		if (!memmem(loser->why_not.ptr, loser->why_not.len, cases[i].why,
			    strlen(cases[i].why)))
			fail_msg("%s: %.*s", cases[i].url, STR_ARG(loser->why_not));
	}
	pool_clear(&pool);
}

static void test_paths_of_pomerium(void **state)
{
	static const char *const paths[] = { "/ping", "/healthz", "/.pomerium", "/.pomerium/x",
					     "/.well-known/pomerium/jwks.json" };
	static const char *const others[] = { "/pings", "/.pomeriumx", "/.well-known/x", "/ping/" };
	struct choice choice;
	struct pool pool;
	struct err err;

	(void)state;
	pool_init(&pool);
	for (size_t i = 0; i < N_OF(paths); i++) {
		const char *url = pool_printf(&pool, "https://a.example.com%s", paths[i]).ptr;

		assert_int_equal(choose(url, &pool, &choice, &err), 0);
		assert_true(choice.is_reserved && !choice.winner);
		assert_true(match_of(&choice, "a-root")->why_not.len > 0);
	}
	for (size_t i = 0; i < N_OF(others); i++) {
		const char *url = pool_printf(&pool, "https://a.example.com%s", others[i]).ptr;

		assert_int_equal(choose(url, &pool, &choice, &err), 0);
		assert_true(!choice.is_reserved && choice.winner);
	}
	pool_clear(&pool);
}

/* What cannot be known is said. */
static void test_notes(void **state)
{
	static const char *const paths[] = { "/a//b", "/./b", "/a/..", "/a%2Fb" };
	struct buf slow;
	struct choice choice;
	struct pool pool;
	struct err err;

	(void)state;
	pool_init(&pool);
	for (size_t i = 0; i < N_OF(paths); i++) {
		const char *url = pool_printf(&pool, "https://a.example.com%s", paths[i]).ptr;

		assert_int_equal(choose(url, &pool, &choice, &err), 0);
		assert_int_equal(choice.notes.n, 1);
	}
	assert_int_equal(choose("https://e.example.com/é", &pool, &choice, &err), 0);
	assert_true(choice.winner && choice.notes.n == 1);
	assert_non_null(strstr(choice.notes.items[0].ptr, "compared byte by byte"));
	buf_init(&slow, BUF_MAX_TEXT);
	buf_puts(&slow, "https://d.example.com/");
	while (slow.len < 2000)
		buf_putc(&slow, 'a');
	assert_int_equal(choose(slow.ptr, &pool, &choice, &err), 0);
	assert_true(!choice.winner && choice.has_host && choice.notes.n == 1);
	assert_non_null(strstr(choice.notes.items[0].ptr, "a route of shop/web is left out"));
	buf_clear(&slow);
	pool_clear(&pool);
}

static void test_no_urls(void **state)
{
	static const char *const urls[] = { "",         "a.example.com/x",        "ftp://a/",
					    "https://", "https://*.example.com/", "https:///x" };
	struct choice choice;
	struct pool pool;

	(void)state;
	pool_init(&pool);
	for (size_t i = 0; i < N_OF(urls); i++) {
		struct err err = { "" };

		assert_int_equal(choose(urls[i], &pool, &choice, &err), -1);
		assert_true(strlen(err.text) > 0);
	}
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_winners),
		cmocka_unit_test(test_paths_of_pomerium),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_no_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
