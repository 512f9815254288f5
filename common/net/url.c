/* url: splits what Go's net/url accepts.
 *
 *   in     text from annotations, rules, Services, Secrets and settings, hostile
 *   out    its parts, or why it is no URL
 *   owns   nothing
 *   never  decodes: the parts stay as they were written; quotes user information
 */
#include "net/url.h"

#include <string.h>

#include "net/ip.h"
#include "net/url_inside.h"

static int check_escapes(struct str part, const char *what, struct err *err)
{
	for (size_t i = 0; i < part.len; i++) {
		if (part.ptr[i] != '%')
			continue;
		if (i + 2 >= part.len || str_hex_digit(part.ptr[i + 1]) < 0 ||
		    str_hex_digit(part.ptr[i + 2]) < 0)
			return err_set(
				err,
				"its %s has a percent sign without two hexadecimal digits after it",
				what);
		i += 2;
	}
	return 0;
}

/* ---- host ---- */

static int check_port(struct str with_colon, struct err *err)
{
	for (size_t i = 0; i < with_colon.len; i++)
		if (i == 0 ? with_colon.ptr[i] != ':' : !url_is_digit(with_colon.ptr[i]))
			return err_set(err, "its port %s is not a number", err_quote(with_colon));
	return 0;
}

static int split_brackets(struct str host, struct url *out, struct err *err)
{
	const long close = str_rfind(host, ']');

	if (close < 0)
		return err_set(err, "its host %s has a bracket out of place", err_quote(host));
	out->hostname = str_slice(host, 1, (size_t)close);
	out->port = str_slice(host, (size_t)close + 2, host.len);
	return check_port(str_slice(host, (size_t)close + 1, host.len), err);
}

static int split_host(struct str host, struct url *out, struct err *err)
{
	const long colon = str_rfind(host, ':');

	out->host = out->hostname = host;
	if (str_starts(host, "[")) {
		if (split_brackets(host, out, err))
			return -1;
	} else if (colon >= 0) {
		if (check_port(str_slice(host, (size_t)colon, host.len), err))
			return -1;
		out->hostname = str_slice(host, 0, (size_t)colon);
		out->port = str_slice(host, (size_t)colon + 1, host.len);
	}
	if (url_unescape_host(host, NULL, NULL))
		return err_set(err, "its host %s has a character that no host has",
			       err_quote(out->hostname));
	return 0;
}

static int check_host(const struct url *url, struct err *err)
{
	const bool has_brackets = str_starts(url->host, "[");
	struct ip ip;

	if (!has_brackets && (str_find(url->host, '[') >= 0 || str_find(url->host, ']') >= 0))
		return err_set(err, "its host %s has a bracket out of place", err_quote(url->host));
	if (has_brackets && !(ip_parse(url->hostname, &ip) && ip.is_v6))
		return err_set(err, "its host %s is not an IPv6 address", err_quote(url->host));
	if (!has_brackets && str_find(url->hostname, ':') >= 0)
		return err_set(err,
			       "its host %s has more than one colon: an IPv6 address goes in "
			       "brackets",
			       err_quote(url->host));
	if (!has_brackets && memmem(url->hostname.ptr, url->hostname.len, "%25", 3))
		return err_set(err, "its host %s has a character that no host has",
			       err_quote(url->host));
	return 0;
}

/* ---- the whole ---- */

/* The scheme, or nothing; what is left goes to *rest. */
static int split_scheme(struct str text, struct str *scheme, struct str *rest, struct err *err)
{
	*rest = text;
	for (size_t i = 0; i < text.len; i++) {
		const char c = text.ptr[i];

		if (url_is_alpha(c) ||
		    (i > 0 && (url_is_digit(c) || c == '+' || c == '-' || c == '.')))
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
static int split_user(struct str *authority, struct url *out, struct err *err)
{
	const long at = str_rfind(*authority, '@');
	struct str info;

	if (at < 0)
		return 0;
	info = str_slice(*authority, 0, (size_t)at);
	*authority = str_slice(*authority, (size_t)at + 1, authority->len);
	for (size_t i = 0; i < info.len; i++) {
		const char c = info.ptr[i];

		if (!url_is_alpha(c) && !url_is_digit(c) && !(c && strchr("-._:~!$&'()*+,;=%@", c)))
			return err_set(err,
				       "its user information has a character that it may not have");
	}
	out->user = info;
	str_cut(info, ':', &out->user, &out->password);
	return check_escapes(info, "user information", err);
}

static int split_authority(struct str *rest, struct url *out, struct err *err)
{
	struct str authority = str_slice(*rest, 2, rest->len);
	const long slash = str_find(authority, '/');

	*rest = slash < 0 ? STR("") : str_slice(authority, (size_t)slash, authority.len);
	authority = slash < 0 ? authority : str_slice(authority, 0, (size_t)slash);
	out->has_authority = true;
	if (split_user(&authority, out, err))
		return -1;
	return split_host(authority, out, err);
}

/* What stands before the query: [scheme:]//authority/path, scheme:opaque or path. */
static int split_rest(struct str rest, struct url *out, struct err *err)
{
	const long slash = str_find(rest, '/');

	if (out->scheme.len && slash != 0) {
		out->opaque = rest;
		return 0;
	}
	if (!out->scheme.len &&
	    str_find(slash < 0 ? rest : str_slice(rest, 0, (size_t)slash), ':') >= 0)
		return err_set(err,
			       "its first part has a colon: a scheme such as https is missing");
	if (str_starts(rest, "//") && (out->scheme.len || !str_starts(rest, "///")) &&
	    split_authority(&rest, out, err))
		return -1;
	out->path = rest;
	return check_escapes(rest, "path", err);
}

int url_split(struct str text, struct url *out, struct err *err)
{
	struct str rest;

	*out = (struct url){ .scheme = STR(""),
			     .opaque = STR(""),
			     .host = STR(""),
			     .path = STR(""),
			     .hostname = STR(""),
			     .port = STR(""),
			     .query = STR(""),
			     .fragment = STR("") };
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7F)
			return err_set(err, "it has a control character");
	str_cut(text, '#', &text, &out->fragment);
	if (split_scheme(text, &out->scheme, &rest, err) ||
	    check_escapes(out->fragment, "fragment", err))
		return -1;
	str_cut(rest, '?', &rest, &out->query);
	return split_rest(rest, out, err);
}

int url_parse(struct str text, struct url *out, struct err *err)
{
	return url_split(text, out, err) ? -1 : check_host(out, err);
}

bool url_is_tls(struct str text)
{
	struct str scheme, rest;

	return str_cut(text, ':', &scheme, &rest) && str_ends(scheme, "https");
}

int url_parse_full(struct str text, struct url *out, struct err *err)
{
	if (!text.len)
		return err_set(err, "it is empty");
	if (url_parse(text, out, err))
		return -1;
	if (!out->scheme.len)
		return err_set(err, "it has no scheme such as https");
	return out->host.len ? 0 : err_set(err, "it has no host");
}
