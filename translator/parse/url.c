/* url: parses what Go's net/url accepts, and prints a host as Go does.
 *
 *   in     text from annotations, rules and Services
 *   out    its parts, or why it is no URL
 *   owns   nothing
 *   never  decodes: the parts stay as they were written
 */
#include "translator/parse/url.h"

#include <arpa/inet.h>

#include "base/buf.h"

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* ASCII that a host may hold without an escape. */
static bool is_host_char(char c)
{
	return c && (is_alpha(c) || is_digit(c) || strchr("-_.~!$&'()*+,;=:[]<>\"", c));
}

static int check_escapes(struct str part, const char *what, struct err *err)
{
	for (size_t i = 0; i < part.len; i++) {
		if (part.ptr[i] != '%')
			continue;
		if (i + 2 >= part.len || !is_hex(part.ptr[i + 1]) || !is_hex(part.ptr[i + 2]))
			return err_set(
				err,
				"its %s has a percent sign without two hexadecimal digits after it",
				what);
		i += 2;
	}
	return 0;
}

static int check_port(struct str with_colon, struct err *err)
{
	for (size_t i = 0; i < with_colon.len; i++)
		if (i == 0 ? with_colon.ptr[i] != ':' : !is_digit(with_colon.ptr[i]))
			return err_set(err, "its port %s is not a number", err_quote(with_colon));
	return 0;
}

/* Only characters that are not ASCII may be escaped in a host. */
static int check_host(struct str host, struct err *err)
{
	for (size_t i = 0; i < host.len; i++) {
		char c = host.ptr[i];

		if (c == '%' && i + 2 < host.len && is_hex(host.ptr[i + 1]) &&
		    is_hex(host.ptr[i + 2]) && strchr("89abcdefABCDEF", host.ptr[i + 1])) {
			i += 2;
			continue;
		}
		if ((unsigned char)c < 0x80 && !is_host_char(c))
			return err_set(err, "its host %s has a character that no host has",
				       err_quote(host));
	}
	return 0;
}

static int split_brackets(struct str host, struct translator_url *out, struct err *err)
{
	long close = str_rfind(host, ']');
	char literal[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (host.ptr[0] != '[' || close < 0)
		return err_set(err, "its host %s has a bracket out of place", err_quote(host));
	out->hostname = str_slice(host, 1, (size_t)close);
	if (out->hostname.len >= sizeof(literal))
		return err_set(err, "its host %s is not an IPv6 address", err_quote(host));
	memcpy(literal, out->hostname.ptr, out->hostname.len);
	literal[out->hostname.len] = '\0';
	if (inet_pton(AF_INET6, literal, &address) != 1)
		return err_set(err, "its host %s is not an IPv6 address", err_quote(host));
	if (check_port(str_slice(host, (size_t)close + 1, host.len), err))
		return -1;
	out->port = str_slice(host, (size_t)close + 2, host.len);
	return 0;
}

static int split_host(struct str host, struct translator_url *out, struct err *err)
{
	long colon = str_rfind(host, ':');

	out->host = host;
	out->hostname = host;
	out->port = STR("");
	if (str_find(host, '[') >= 0 || str_find(host, ']') >= 0)
		return split_brackets(host, out, err);
	if (colon >= 0) {
		if (str_find(host, ':') != colon)
			return err_set(err,
				       "its host %s has more than one colon: an IPv6 address goes "
				       "in brackets",
				       err_quote(host));
		if (check_port(str_slice(host, (size_t)colon, host.len), err))
			return -1;
		out->hostname = str_slice(host, 0, (size_t)colon);
		out->port = str_slice(host, (size_t)colon + 1, host.len);
	}
	return check_host(out->hostname, err);
}

/* The scheme, or nothing; what is left goes to *rest. */
static int split_scheme(struct str text, struct str *scheme, struct str *rest, struct err *err)
{
	*scheme = STR("");
	*rest = text;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (is_alpha(c) || (i > 0 && (is_digit(c) || c == '+' || c == '-' || c == '.')))
			continue;
		if (c == ':' && i == 0)
			return err_set(err,
				       "nothing comes before its first colon: a scheme such as "
				       "https is missing");
		if (c == ':') {
			*scheme = str_slice(text, 0, i);
			*rest = str_slice(text, i + 1, text.len);
		}
		return 0;
	}
	return 0;
}

/* Cuts user information off, which may only hold what RFC 3986 lets it hold. */
static int split_user(struct str *authority, struct err *err)
{
	long at = str_rfind(*authority, '@');

	for (long i = 0; i < at; i++) {
		char c = authority->ptr[i];

		if (!is_alpha(c) && !is_digit(c) && !(c && strchr("-._:~!$&'()*+,;=%@", c)))
			return err_set(err,
				       "its user information has a character that it may not have");
	}
	if (at >= 0 && check_escapes(str_slice(*authority, 0, (size_t)at), "user information", err))
		return -1;
	*authority = str_slice(*authority, (size_t)(at + 1), authority->len);
	return 0;
}

int translator_url_parse(struct str text, struct translator_url *out, struct err *err)
{
	struct str rest, fragment = STR(""), query, authority = STR("");
	long slash;

	*out = (struct translator_url){ STR(""), STR(""), STR(""), STR(""), STR("") };
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7F)
			return err_set(err, "it has a control character");
	str_cut(text, '#', &text, &fragment);
	if (split_scheme(text, &out->scheme, &rest, err) ||
	    check_escapes(fragment, "fragment", err))
		return -1;
	str_cut(rest, '?', &rest, &query);
	if (out->scheme.len && !str_starts(rest, "/"))
		return 0; /* opaque, as in mailto: */
	if (str_starts(rest, "//") && (out->scheme.len || !str_starts(rest, "///"))) {
		authority = str_slice(rest, 2, rest.len);
		slash = str_find(authority, '/');
		rest = slash < 0 ? STR("") : str_slice(authority, (size_t)slash, authority.len);
		authority = slash < 0 ? authority : str_slice(authority, 0, (size_t)slash);
		if (split_user(&authority, err) || split_host(authority, out, err))
			return -1;
	} else if (!out->scheme.len) {
		slash = str_find(rest, '/');
		if (str_find(slash < 0 ? rest : str_slice(rest, 0, (size_t)slash), ':') >= 0)
			return err_set(
				err,
				"its first part has a colon: a scheme such as https is missing");
	}
	out->path = rest;
	return check_escapes(rest, "path", err);
}

int translator_url_parse_full(struct str text, struct translator_url *out, struct err *err)
{
	if (!text.len)
		return err_set(err, "it is empty");
	if (translator_url_parse(text, out, err))
		return -1;
	if (!out->scheme.len)
		return err_set(err, "it has no scheme such as https");
	if (!out->host.len)
		return err_set(err, "it has no host");
	return 0;
}

struct str translator_url_escape_host(struct str host, struct pool *pool)
{
	struct buf out;
	struct str text;
	bool plain = true;

	for (size_t i = 0; i < host.len && plain; i++)
		plain = is_host_char(host.ptr[i]);
	if (plain)
		return host;
	buf_init(&out, BUF_MAX_TEXT);
	for (size_t i = 0; i < host.len; i++) {
		if (is_host_char(host.ptr[i]))
			buf_putc(&out, host.ptr[i]);
		else
			buf_printf(&out, "%%%02X", (unsigned char)host.ptr[i]);
	}
	text = pool_str(pool, buf_view(&out));
	buf_clear(&out);
	return text;
}

struct str translator_url_join(struct str host, long long port, struct pool *pool)
{
	bool brackets = str_find(host, ':') >= 0;

	return pool_printf(pool, "%s" STR_FMT "%s:%lld", brackets ? "[" : "", STR_ARG(host),
			   brackets ? "]" : "", port);
}
