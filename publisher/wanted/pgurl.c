/* pgurl: a Postgres connection string with the names of TLS files added.
 *
 *   in     the connection string of a Secret, parameters to add
 *   out    the same URL with a query in Go's form
 *   never  quotes the string in a sentence: it may hold a password
 *
 * Rules: Go's net/url, Parse, Query, Encode and String. A key=value connection string is a path to
 * it, so it says no sslmode. Several hosts with ports are fine, as lib/pq and pgx write them.
 */
#include "publisher/wanted/pgurl.h"

#include <ctype.h>

#include "base/buf.h"
#include "net/url.h"
#include "rules/rules.h"

#define PARAMS_MAX 1000
#define TEXT_MAX (64u << 10)

/* Go's ParseQuery, whose errors the reference does not look at: what does not decode is left out.
 */
static void parse_query(struct str query, struct pool *pool, struct str_map *out)
{
	while (query.len && out->n < PARAMS_MAX) {
		struct str item = query, tail = STR(""), key, value = STR("");

		str_cut(query, '&', &item, &tail);
		query = tail;
		key = item;
		if (!item.len || str_find(item, ';') >= 0)
			continue;
		str_cut(item, '=', &key, &value);
		if (url_unescape(key, URL_QUERY, pool, &key) == 0 &&
		    url_unescape(value, URL_QUERY, pool, &value) == 0)
			*(struct str_pair *)pool_push(pool, &out->items, &out->n,
						      sizeof(*out->items)) =
				(struct str_pair){ key, value };
	}
}

/* By key; the order of equal keys stays, since insertion keeps it. */
static struct str encode_query(struct str_map *query, struct pool *pool)
{
	struct buf buf;
	struct str out;

	for (size_t i = 1; i < query->n; i++) {
		struct str_pair item = query->items[i];
		size_t at = i;

		for (; at > 0 && str_cmp(query->items[at - 1].key, item.key) > 0; at--)
			query->items[at] = query->items[at - 1];
		query->items[at] = item;
	}
	buf_init(&buf, BUF_MAX_TEXT);
	for (size_t i = 0; i < query->n; i++) {
		if (i)
			buf_putc(&buf, '&');
		buf_str(&buf, url_escape(query->items[i].key, URL_QUERY, pool));
		buf_putc(&buf, '=');
		buf_str(&buf, url_escape(query->items[i].value, URL_QUERY, pool));
	}
	out = pool_str(pool, buf.len ? buf_view(&buf) : STR(""));
	buf_wipe(&buf);
	return out;
}

/* As Go writes a part: decoded and escaped anew. It was parsed, so it decodes. */
static struct str rewrite(struct str written, enum url_part part, struct pool *pool)
{
	struct str plain = STR("");

	(void)url_unescape(written, part, pool, &plain);
	if (part == URL_PATH || part == URL_FRAGMENT)
		return url_spelling(written, plain, part, pool);
	return url_escape(plain, part, pool);
}

static void print_user(const struct url *url, struct pool *pool, struct buf *out)
{
	buf_str(out, rewrite(url->user, URL_USER, pool));
	if (url->password.ptr) {
		buf_putc(out, ':');
		buf_str(out, rewrite(url->password, URL_USER, pool));
	}
	buf_putc(out, '@');
}

static void print_authority(const struct url *url, struct pool *pool, struct buf *out)
{
	const bool omit_host = url->scheme.len && !url->has_authority && url->path.len;
	struct str host = STR("");

	(void)url_unescape_host(url->host, pool, &host);
	if (!omit_host && (host.len || url->user.ptr || (url->scheme.len && url->path.len)))
		buf_puts(out, "//");
	if (url->user.ptr)
		print_user(url, pool, out);
	buf_str(out, url_escape(host, URL_HOST, pool));
}

/* Go's String. */
static struct str print(const struct url *url, struct str query, struct pool *pool)
{
	struct buf buf;
	struct str out;

	buf_init(&buf, BUF_MAX_TEXT);
	for (size_t i = 0; i < url->scheme.len; i++)
		buf_putc(&buf, (char)tolower((unsigned char)url->scheme.ptr[i]));
	if (url->scheme.len)
		buf_putc(&buf, ':');
	if (url->opaque.len) {
		buf_str(&buf, url->opaque);
	} else {
		print_authority(url, pool, &buf);
		buf_str(&buf, rewrite(url->path, URL_PATH, pool));
	}
	if (query.len) {
		buf_putc(&buf, '?');
		buf_str(&buf, query);
	}
	if (url->fragment.len) {
		buf_putc(&buf, '#');
		buf_str(&buf, rewrite(url->fragment, URL_FRAGMENT, pool));
	}
	out = pool_str(pool, buf.len ? buf_view(&buf) : STR(""));
	buf_wipe(&buf);
	return out;
}

int publisher_pgurl_add(struct str text, const struct str_map *params, struct pool *pool,
			struct str *out, struct err *err)
{
	struct url url;
	struct str_map query = { 0 };

	if (text.len > TEXT_MAX || url_split(text, &url, NULL) < 0)
		return err_rule(err, RULE_BOOT_CONNECTION,
				"the connection string is not a URL; with a CA or TLS Secret it "
				"must look like "
				"postgres://user:password@host:5432/database?sslmode=verify-full");
	parse_query(url.query, pool, &query);
	if (!str_map_get(&query, "sslmode").ptr)
		return err_rule(err, RULE_BOOT_CONNECTION,
				"the connection string says no sslmode; with a CA or TLS "
				"Secret it must be a URL "
				"whose query has one, such as ?sslmode=verify-full");
	for (size_t i = 0; i < params->n; i++)
		for (size_t j = 0; j < query.n; j++)
			if (str_eq(params->items[i].key, query.items[j].key))
				return err_rule(err, RULE_BOOT_CONNECTION,
						"the connection string sets " STR_FMT
						" itself, which a CA or TLS "
						"Secret is to provide; leave out one of the two",
						STR_ARG(params->items[i].key));
	for (size_t i = 0; i < params->n; i++)
		*(struct str_pair *)pool_push(pool, &query.items, &query.n, sizeof(*query.items)) =
			params->items[i];
	*out = print(&url, encode_query(&query, pool), pool);
	return 0;
}
