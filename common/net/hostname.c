/* hostname: one spelling for each host.
 *
 *   in     hosts, in URLs or alone
 *   out    their normal form
 *   owns   nothing
 *   never  looks a name up
 */
#include "net/hostname.h"

#include <ctype.h>

#include "net/url.h"

struct str hostname_of_url(struct str url)
{
	struct str rest = url, tail;
	long at;

	for (size_t i = 0; i + 3 <= rest.len; i++)
		if (memcmp(rest.ptr + i, "://", 3) == 0) {
			rest = str_slice(rest, i + 3, rest.len);
			break;
		}
	for (const char *end = "/?#"; *end; end++)
		str_cut(rest, *end, &rest, &tail);
	at = str_rfind(rest, '@');
	rest = str_slice(rest, (size_t)(at + 1), rest.len);
	if (rest.len && rest.ptr[0] == '[') {
		at = str_find(rest, ']');
		return str_slice(rest, 1, at < 0 ? rest.len : (size_t)at);
	}
	at = str_rfind(rest, ':');
	return at < 0 ? rest : str_slice(rest, 0, (size_t)at);
}

struct str hostname_normal(struct str host, struct pool *pool)
{
	struct str out = pool_str(pool, host);

	while (out.len && out.ptr[out.len - 1] == '.')
		out.len--;
	for (size_t i = 0; i < out.len; i++)
		((char *)out.ptr)[i] = (char)tolower((unsigned char)out.ptr[i]);
	return out;
}

struct str hostname_of_rule(struct str host, struct pool *pool)
{
	const struct str text = url_escape(host.len ? host : STR("*"), URL_HOST, pool);

	return hostname_normal(
		hostname_of_url(pool_printf(pool, "https://" STR_FMT, STR_ARG(text))), pool);
}

/* "*.x" is for what ends in ".x". */
static bool covers(struct str wildcard, struct str host)
{
	struct str tail;

	if (!str_starts(wildcard, "*."))
		return false;
	tail = str_slice(wildcard, 1, wildcard.len);
	return host.len > tail.len &&
	       memcmp(host.ptr + host.len - tail.len, tail.ptr, tail.len) == 0;
}

bool hostname_has_capitals(struct str host)
{
	for (size_t i = 0; i < host.len; i++)
		if (host.ptr[i] >= 'A' && host.ptr[i] <= 'Z')
			return true;
	return false;
}

bool hostname_is_dns_name(struct str name, bool with_dots)
{
	bool inner = false; /* the character before may stand before a dash, a dot or the end */

	for (size_t i = 0; i < name.len; i++) {
		const char c = name.ptr[i];
		const bool alnum = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (alnum)
			inner = true;
		else if (c == '.' && with_dots && inner && i > 0 && name.ptr[i - 1] != '-')
			inner = false;
		else if (c != '-' || !inner)
			return false;
	}
	return inner && name.ptr[name.len - 1] != '-';
}

struct str hostname_meet(struct str a, struct str b)
{
	if (str_eq(a, b) || covers(b, a))
		return a;
	return covers(a, b) ? b : STR_NONE;
}
