/* url_escape: escapes and unescapes parts of URLs.
 *
 *   in     parts, plain or as they were written
 *   out    the other form, in the pool
 *   owns   nothing
 *   never  differs from Go's net/url, shouldEscape and unescape
 */
#include <string.h>

#include "net/url.h"
#include "net/url_inside.h"

static bool in(const char *set, char c)
{
	return c && strchr(set, c);
}

static bool must_escape(char c, enum url_part part)
{
	if (url_is_alpha(c) || url_is_digit(c) || in("-_.~", c))
		return false;
	if ((part == URL_HOST || part == URL_ZONE) && in("!$&'()*+,;=:[]<>\"", c))
		return false;
	if (in("$&+,/:;=?@", c)) {
		if (part == URL_PATH)
			return c == '?';
		if (part == URL_USER)
			return in("@/?:", c);
		return part != URL_FRAGMENT;
	}
	return !(part == URL_FRAGMENT && in("!()*", c));
}

struct str url_escape(struct str text, enum url_part part, struct pool *pool)
{
	static const char hex[] = "0123456789ABCDEF";
	char *out;
	size_t n = 0;

	while (n < text.len && !must_escape(text.ptr[n], part))
		n++;
	if (n == text.len)
		return text;
	out = pool_alloc(pool, text.len * 3 + 1);
	n = 0;
	for (size_t i = 0; i < text.len; i++) {
		const unsigned char c = (unsigned char)text.ptr[i];

		if (c == ' ' && part == URL_QUERY) {
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

/* The byte that a percent sign stands for. -1: two hexadecimal digits are missing, or the byte may
 * not be escaped in this part: in a host only what is not ASCII, and the percent sign. */
static int escaped_byte(struct str text, size_t at, enum url_part part)
{
	int high, low, c;

	if (at + 2 >= text.len)
		return -1;
	high = str_hex_digit(text.ptr[at + 1]);
	low = str_hex_digit(text.ptr[at + 2]);
	if (high < 0 || low < 0)
		return -1;
	c = high << 4 | low;
	if (part == URL_HOST && high < 8 && c != '%')
		return -1;
	if (part == URL_ZONE && c != '%' && c != ' ' && must_escape((char)c, URL_HOST))
		return -1;
	return c;
}

/* Without `out` it is only checked. */
static int unescape(struct str text, enum url_part part, char *out, size_t *n)
{
	const bool is_host = part == URL_HOST || part == URL_ZONE;

	*n = 0;
	for (size_t i = 0; i < text.len; i++) {
		int c = (unsigned char)text.ptr[i];

		if (c == '%') {
			c = escaped_byte(text, i, part);
			if (c < 0)
				return -1;
			i += 2;
		} else if (is_host && c < 0x80 && must_escape((char)c, part)) {
			return -1;
		} else if (c == '+' && part == URL_QUERY) {
			c = ' ';
		}
		if (out)
			out[*n] = (char)c;
		++*n;
	}
	return 0;
}

int url_unescape(struct str text, enum url_part part, struct pool *pool, struct str *out)
{
	char *bytes = pool_alloc(pool, text.len + 1);
	size_t n;

	if (unescape(text, part, bytes, &n) < 0)
		return -1;
	*out = (struct str){ bytes, n };
	return 0;
}

/* Between the brackets of an IPv6 address a zone has rules of its own. */
int url_unescape_host(struct str host, struct pool *pool, struct str *out)
{
	const long close = str_starts(host, "[") ? str_rfind(host, ']') : -1;
	const char *zone = close < 0 ? NULL : memmem(host.ptr, (size_t)close, "%25", 3);
	const size_t begin = zone ? (size_t)(zone - host.ptr) : host.len;
	const size_t end = zone ? (size_t)close : host.len;
	char *bytes = out ? pool_alloc(pool, host.len + 1) : NULL;
	size_t n[3];

	if (unescape(str_slice(host, 0, begin), URL_HOST, bytes, &n[0]) < 0 ||
	    unescape(str_slice(host, begin, end), URL_ZONE, bytes ? bytes + n[0] : NULL, &n[1]) <
		    0 ||
	    unescape(str_slice(host, end, host.len), URL_HOST, bytes ? bytes + n[0] + n[1] : NULL,
		     &n[2]) < 0)
		return -1;
	if (out)
		*out = (struct str){ bytes, n[0] + n[1] + n[2] };
	return 0;
}

struct str url_spelling(struct str written, struct str plain, enum url_part part, struct pool *pool)
{
	for (size_t i = 0; i < written.len; i++)
		if (!in("!$&'()*+,;=:@[]%", written.ptr[i]) && must_escape(written.ptr[i], part))
			return url_escape(plain, part, pool);
	return written;
}

struct str url_join(struct str host, long long port, struct pool *pool)
{
	const bool brackets = str_find(host, ':') >= 0;

	return pool_printf(pool, "%s" STR_FMT "%s:%lld", brackets ? "[" : "", STR_ARG(host),
			   brackets ? "]" : "", port);
}
