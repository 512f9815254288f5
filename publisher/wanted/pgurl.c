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

#include "base/buf.h"

#define PARAMS_MAX 1000
#define TEXT_MAX (64u << 10)

enum part { PART_PATH, PART_USER, PART_HOST, PART_ZONE, PART_QUERY, PART_FRAGMENT };

struct url {
	struct str scheme, opaque, user, password, host, raw_path, path, raw_query, raw_fragment,
		fragment;
	bool has_user, has_password, omit_host;
};

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool in(const char *set, char c)
{
	return c && strchr(set, c);
}

/* Go's shouldEscape. */
static bool must_escape(char c, enum part part)
{
	if (is_alnum(c) || in("-_.~", c))
		return false;
	if ((part == PART_HOST || part == PART_ZONE) && in("!$&'()*+,;=:[]<>\"", c))
		return false;
	if (in("$&+,/:;=?@", c)) {
		if (part == PART_PATH)
			return c == '?';
		if (part == PART_USER)
			return in("@/?:", c);
		return part != PART_FRAGMENT;
	}
	return !(part == PART_FRAGMENT && in("!()*", c));
}

static struct str escape(struct str s, enum part part, struct pool *pool)
{
	static const char hex[] = "0123456789ABCDEF";
	char *out = pool_alloc(pool, s.len * 3 + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c == ' ' && part == PART_QUERY) {
			out[n++] = '+';
		} else if (must_escape((char)c, part)) {
			out[n++] = '%';
			out[n++] = hex[c >> 4];
			out[n++] = hex[c & 15];
		} else {
			out[n++] = (char)c;
		}
	}
	return (struct str){ out, n };
}

/* The byte behind a percent sign, or -1: not two hexadecimal digits, or not allowed in this part.
 */
static int escaped_byte(struct str s, size_t at, enum part part)
{
	int high, low, c;

	if (at + 2 >= s.len)
		return -1;
	high = hex_of(s.ptr[at + 1]);
	low = hex_of(s.ptr[at + 2]);
	if (high < 0 || low < 0)
		return -1;
	c = high << 4 | low;
	if (part == PART_HOST && high < 8 && c != '%')
		return -1;
	if (part == PART_ZONE && c != '%' && c != ' ' && must_escape((char)c, PART_HOST))
		return -1;
	return c;
}

static int unescape(struct str s, enum part part, struct pool *pool, struct str *out)
{
	char *text = pool_alloc(pool, s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (c == '%') {
			int byte = escaped_byte(s, i, part);

			if (byte < 0)
				return -1;
			text[n++] = (char)byte;
			i += 2;
		} else if ((part == PART_HOST || part == PART_ZONE) && (unsigned char)c < 0x80 &&
			   must_escape(c, part)) {
			return -1;
		} else {
			text[n++] = c == '+' && part == PART_QUERY ? ' ' : c;
		}
	}
	*out = (struct str){ text, n };
	return 0;
}

/* Go's getScheme: false for a colon in front. */
static bool cut_scheme(struct str *rest, struct str *scheme, struct pool *pool)
{
	for (size_t i = 0; i < rest->len; i++) {
		char c = rest->ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (c == ':') {
			char *lower = pool_alloc(pool, i + 1);

			for (size_t j = 0; j < i; j++)
				lower[j] = (char)(rest->ptr[j] |
						  (rest->ptr[j] >= 'A' && rest->ptr[j] <= 'Z' ? 0x20
											      : 0));
			*scheme = (struct str){ lower, i };
			*rest = str_slice(*rest, i + 1, rest->len);
			return i > 0;
		}
		if (!letter && (i == 0 || !(is_alnum(c) || in("+-.", c))))
			break;
	}
	return true;
}

static bool is_port(struct str s)
{
	for (size_t i = 1; i < s.len; i++)
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	return s.len == 0 || s.ptr[0] == ':';
}

static int parse_host(struct str host, struct pool *pool, struct str *out)
{
	long bracket = str_rfind(host, ']'), colon = str_rfind(host, ':');
	struct str parts[3] = { host };
	enum part as[3] = { PART_HOST, PART_ZONE, PART_HOST };
	size_t n = 1;

	if (host.len && host.ptr[0] == '[') {
		const char *zone;

		if (bracket < 0 || !is_port(str_slice(host, (size_t)bracket + 1, host.len)))
			return -1;
		zone = memmem(host.ptr, (size_t)bracket, "%25", 3);
		if (zone) {
			parts[0] = str_slice(host, 0, (size_t)(zone - host.ptr));
			parts[1] = str_slice(host, parts[0].len, (size_t)bracket);
			parts[2] = str_slice(host, (size_t)bracket, host.len);
			n = 3;
		}
	} else if (colon >= 0 && !is_port(str_slice(host, (size_t)colon, host.len))) {
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		if (unescape(parts[i], as[i], pool, &parts[i]) < 0)
			return -1;
	*out = pool_printf(pool, STR_FMT STR_FMT STR_FMT, STR_ARG(parts[0]), STR_ARG(parts[1]),
			   STR_ARG(parts[2]));
	return 0;
}

static int parse_authority(struct str authority, struct pool *pool, struct url *url)
{
	long at = str_rfind(authority, '@');
	struct str info = str_slice(authority, 0, at < 0 ? 0 : (size_t)at), user = info,
		   password = STR_NONE;

	if (parse_host(str_slice(authority, (size_t)(at + 1), authority.len), pool, &url->host) < 0)
		return -1;
	if (at < 0)
		return 0;
	for (size_t i = 0; i < info.len; i++)
		if (!is_alnum(info.ptr[i]) && !in("-._:~!$&'()*+,;=%@", info.ptr[i]))
			return -1;
	url->has_user = true;
	url->has_password = str_cut(info, ':', &user, &password);
	if (unescape(user, PART_USER, pool, &url->user) < 0)
		return -1;
	return url->has_password ? unescape(password, PART_USER, pool, &url->password) : 0;
}

/* What stands before the query: [scheme:]//authority/path, scheme:opaque or path. */
static int parse_rest(struct str rest, struct pool *pool, struct url *url)
{
	struct str authority, segment = rest;
	long slash;

	if (!str_starts(rest, "/")) {
		if (url->scheme.len) {
			url->opaque = rest;
			return 0;
		}
		slash = str_find(rest, '/');
		if (slash >= 0)
			segment = str_slice(rest, 0, (size_t)slash);
		if (str_find(segment, ':') >= 0)
			return -1;
	}
	if ((url->scheme.len || !str_starts(rest, "///")) && str_starts(rest, "//")) {
		authority = str_slice(rest, 2, rest.len);
		slash = str_find(authority, '/');
		rest = slash < 0 ? STR("") : str_slice(authority, (size_t)slash, authority.len);
		if (slash >= 0)
			authority = str_slice(authority, 0, (size_t)slash);
		if (parse_authority(authority, pool, url) < 0)
			return -1;
	} else if (url->scheme.len && str_starts(rest, "/")) {
		url->omit_host = true;
	}
	url->raw_path = rest;
	return unescape(rest, PART_PATH, pool, &url->path);
}

static int parse(struct str text, struct pool *pool, struct url *url)
{
	struct str rest = text;

	*url = (struct url){ 0 };
	if (text.len > TEXT_MAX)
		return -1;
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
			return -1;
	str_cut(text, '#', &rest, &url->raw_fragment);
	if (unescape(url->raw_fragment, PART_FRAGMENT, pool, &url->fragment) < 0)
		return -1;
	if (!cut_scheme(&rest, &url->scheme, pool))
		return -1;
	str_cut(rest, '?', &rest, &url->raw_query);
	return parse_rest(rest, pool, url);
}

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
		if (unescape(key, PART_QUERY, pool, &key) == 0 &&
		    unescape(value, PART_QUERY, pool, &value) == 0)
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
		buf_str(&buf, escape(query->items[i].key, PART_QUERY, pool));
		buf_putc(&buf, '=');
		buf_str(&buf, escape(query->items[i].value, PART_QUERY, pool));
	}
	out = pool_str(pool, buf.len ? buf_view(&buf) : STR(""));
	buf_wipe(&buf);
	return out;
}

/* As written if that is a valid spelling, else escaped anew: Go's EscapedPath and EscapedFragment.
 */
static struct str spelling(struct str raw, struct str plain, enum part part, struct pool *pool)
{
	for (size_t i = 0; i < raw.len; i++)
		if (!in("!$&'()*+,;=:@[]%", raw.ptr[i]) && must_escape(raw.ptr[i], part))
			return escape(plain, part, pool);
	return raw;
}

static struct str print(const struct url *url, struct str query, struct pool *pool)
{
	struct buf buf;
	struct str out, path;

	buf_init(&buf, BUF_MAX_TEXT);
	if (url->scheme.len)
		buf_printf(&buf, STR_FMT ":", STR_ARG(url->scheme));
	if (url->opaque.len) {
		buf_str(&buf, url->opaque);
		goto query;
	}
	if (!url->omit_host &&
	    (url->host.len || url->has_user || (url->scheme.len && url->path.len)))
		buf_puts(&buf, "//");
	if (url->has_user)
		buf_str(&buf, escape(url->user, PART_USER, pool));
	if (url->has_password) {
		buf_putc(&buf, ':');
		buf_str(&buf, escape(url->password, PART_USER, pool));
	}
	if (url->has_user)
		buf_putc(&buf, '@');
	buf_str(&buf, escape(url->host, PART_HOST, pool));
	path = spelling(url->raw_path, url->path, PART_PATH, pool);
	buf_str(&buf, path);
query:
	if (query.len) {
		buf_putc(&buf, '?');
		buf_str(&buf, query);
	}
	if (url->fragment.len) {
		buf_putc(&buf, '#');
		buf_str(&buf, spelling(url->raw_fragment, url->fragment, PART_FRAGMENT, pool));
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

	if (parse(text, pool, &url) < 0)
		return err_set(err,
			       "the connection string is not a URL; with a CA or TLS Secret it "
			       "must look like "
			       "postgres://user:password@host:5432/database?sslmode=verify-full");
	parse_query(url.raw_query, pool, &query);
	if (!str_map_get(&query, "sslmode").ptr)
		return err_set(err, "the connection string says no sslmode; with a CA or TLS "
				    "Secret it must be a URL "
				    "whose query has one, such as ?sslmode=verify-full");
	for (size_t i = 0; i < params->n; i++)
		for (size_t j = 0; j < query.n; j++)
			if (str_eq(params->items[i].key, query.items[j].key))
				return err_set(err,
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
