/* test_pgurl: connection strings as Go's net/url reads and writes them. */
#include "publisher/wanted/pgurl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct str_pair files[] = { { STR("sslrootcert"), STR("/f/ca") },
				   { STR("sslkey"), STR("/f/a key") } };

/* out NULL: refused, and the sentence has `word`. Parameters: the CA file; with `two` the key file
 * as well. */
struct row {
	const char *in;
	const char *out;
	const char *word;
	bool two;
};

#define GOOD(in, out)                \
	{                            \
		in, out, NULL, false \
	}
#define BAD(in, word)                 \
	{                             \
		in, NULL, word, false \
	}

static const struct row rows[] = {
	GOOD("postgres://u:p@db/x?sslmode=require",
	     "postgres://u:p@db/x?sslmode=require&sslrootcert=%2Ff%2Fca"),
	{ "postgres://u@db/x?sslmode=require",
	  "postgres://u@db/x?sslkey=%2Ff%2Fa+key&sslmode=require&sslrootcert=%2Ff%2Fca", NULL,
	  true },
	/* sorted by key, equal keys in their order, escapes in Go's form */
	GOOD("postgres://db/x?z=1&sslmode=a&b=2&b=1&empty",
	     "postgres://db/x?b=2&b=1&empty=&sslmode=a&sslrootcert=%2Ff%2Fca&z=1"),
	GOOD("postgres://db/x?sslmode=a&o=-c%20x%3Dy+z",
	     "postgres://db/x?o=-c+x%3Dy+z&sslmode=a&sslrootcert=%2Ff%2Fca"),
	GOOD("postgres://db/x?sslmode=a&o=%C3%A9~*'",
	     "postgres://db/x?o=%C3%A9~%2A%27&sslmode=a&sslrootcert=%2Ff%2Fca"),
	/* what does not decode is left out, as the reference does */
	GOOD("postgres://db/x?sslmode=a&bad=%zz&c;d=1&&=v",
	     "postgres://db/x?=v&sslmode=a&sslrootcert=%2Ff%2Fca"),
	/* scheme, user, host and path */
	GOOD("POSTGRESQL://db/?sslmode=a", "postgresql://db/?sslmode=a&sslrootcert=%2Ff%2Fca"),
	GOOD("postgres://u:p%40ss%2F@db?sslmode=a",
	     "postgres://u:p%40ss%2F@db?sslmode=a&sslrootcert=%2Ff%2Fca"),
	GOOD("postgres://u:@db?sslmode=a", "postgres://u:@db?sslmode=a&sslrootcert=%2Ff%2Fca"),
	GOOD("postgres://a@b@db?sslmode=a", "postgres://a%40b@db?sslmode=a&sslrootcert=%2Ff%2Fca"),
	GOOD("postgres://h1:1,h2:2/x?sslmode=a",
	     "postgres://h1:1,h2:2/x?sslmode=a&sslrootcert=%2Ff%2Fca"),
	GOOD("postgres://[::1]:5432/x?sslmode=a",
	     "postgres://[::1]:5432/x?sslmode=a&sslrootcert=%2Ff%2Fca"),
	GOOD("postgres://[fe80::1%25en0]/x?sslmode=a",
	     "postgres://[fe80::1%25en0]/x?sslmode=a&sslrootcert=%2Ff%2Fca"),
	GOOD("postgres:///x?sslmode=a&host=/run",
	     "postgres:///x?host=%2Frun&sslmode=a&sslrootcert=%2Ff%2Fca"),
	BAD("postgres://%2Frun%2Fpg/x?sslmode=a", "not a URL"),
	GOOD("postgres://db/a b?sslmode=a", "postgres://db/a%20b?sslmode=a&sslrootcert=%2Ff%2Fca"),
	GOOD("postgres://db/a%2fb?sslmode=a",
	     "postgres://db/a%2fb?sslmode=a&sslrootcert=%2Ff%2Fca"),
	GOOD("postgres://db/x?sslmode=a#frag ment",
	     "postgres://db/x?sslmode=a&sslrootcert=%2Ff%2Fca#frag%20ment"),
	GOOD("postgres:opaque?sslmode=a", "postgres:opaque?sslmode=a&sslrootcert=%2Ff%2Fca"),
	GOOD("postgres:/x?sslmode=a", "postgres:/x?sslmode=a&sslrootcert=%2Ff%2Fca"),
	GOOD("//db/x?sslmode=a", "//db/x?sslmode=a&sslrootcert=%2Ff%2Fca"),
	GOOD("/x?sslmode=a", "/x?sslmode=a&sslrootcert=%2Ff%2Fca"),
	/* refused */
	BAD("postgres://db/x", "sslmode"),
	BAD("host=db sslmode=verify-ca", "sslmode"),
	BAD("", "sslmode"),
	BAD("postgres://db/x?SSLMODE=a", "sslmode"),
	BAD("postgres://db/x?sslmode=a&sslrootcert=/y", "sslrootcert"),
	{ "postgres://db/x?sslmode=a&sslkey=", NULL, "sslkey", true },
	BAD("postgres://u:p@db:port/x?sslmode=a", "not a URL"),
	BAD("postgres://u:p%@db/x?sslmode=a", "not a URL"),
	BAD("postgres://u p@db/x?sslmode=a", "not a URL"),
	BAD("postgres://d b/x?sslmode=a", "not a URL"),
	BAD("postgres://[::1/x?sslmode=a", "not a URL"),
	BAD("postgres://db/%zz?sslmode=a", "not a URL"),
	BAD("postgres://db/x?sslmode=a#%z", "not a URL"),
	BAD("postgres://db/x?sslmode=a\n", "not a URL"),
	BAD("://db/x?sslmode=a", "not a URL"),
	BAD("1a:b?sslmode=a", "not a URL"),
};

static void table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct str_map params = { files, row->two ? 2 : 1 };
		struct pool pool;
		struct str out;
		struct err err = { "" };
		int rc;

		pool_init(&pool);
		rc = publisher_pgurl_add(str_from(row->in), &params, &pool, &out, &err);
		if (rc != (row->out ? 0 : -1))
			fail_msg("%s: %d %s", row->in, rc, err.text);
		if (row->out && !str_is(out, row->out))
			fail_msg("%s: got " STR_FMT ", want %s", row->in, STR_ARG(out), row->out);
		if (!row->out && !strstr(err.text, row->word))
			fail_msg("%s: %s", row->in, err.text);
		pool_clear(&pool);
	}
}

static void sentences_hide_the_password(void **state)
{
	static const char *const bad[] = {
		"postgres://u:hunter2@db/x", "postgres://u:hunter2@d b/x",
		"postgres://u:hunter2@db/x?sslmode=a&sslrootcert=hunter2"
	};
	struct str_map params = { files, 1 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct pool pool;
		struct str out;
		struct err err = { "" };

		pool_init(&pool);
		assert_int_equal(publisher_pgurl_add(str_from(bad[i]), &params, &pool, &out, &err),
				 -1);
		assert_null(strstr(err.text, "hunter2"));
		pool_clear(&pool);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(sentences_hide_the_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
