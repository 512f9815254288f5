/* choice: chooses the route that serves a URL, as Pomerium and Envoy do.
 *
 *   in     a URL; all routes in the order in which Envoy asks them
 *   out    the routes that match: which one serves, and why each other one does not
 *   owns   Pomerium's rules for hosts, and the paths that it answers itself
 *   never  normalizes a URL: it is read as Envoy sees it when it matches
 */
#include "cli/match/choice.h"

#include <ctype.h>

#include "base/buf.h"
#include "cli/match/pattern.h"
#include "net/url.h"

/* The host and the path of a request, as routes look at them. */
struct request {
	struct str authority; /* the host with its port, unless that is the port of https */
	struct str host, path;
};

/* How a route's host fits, the worst first. Envoy asks only the routes that fit best. */
enum fit { FIT_NONE, FIT_WILDCARD, FIT_HOST, FIT_HOST_AND_PORT };

/* ---- the URL ---- */

static struct str lower(struct str text, struct pool *pool)
{
	struct str copy = pool_str(pool, text);

	for (size_t i = 0; i < copy.len; i++)
		((char *)copy.ptr)[i] = (char)tolower((unsigned char)copy.ptr[i]);
	return copy;
}

static struct str authority_of(const struct url *url)
{
	size_t len = url->host.len;

	if (str_is(url->port, "443"))
		len -= strlen(":443");
	else if (str_ends(url->host, ":"))
		len--;
	return str_slice(url->host, 0, len);
}

static int read_request(struct str text, struct pool *pool, struct request *out, struct err *err)
{
	struct url url;

	if (url_parse_full(text, &url, err))
		return err_wrap(err, "%s is not a URL", err_quote(text));
	if (!str_is(url.scheme, "https") && !str_is(url.scheme, "http"))
		return err_set(err, "%s should be an https URL", err_quote(text));
	if (!url.hostname.len || str_find(url.host, '*') >= 0)
		return err_set(err, "%s should name one host", err_quote(text));
	out->authority = lower(authority_of(&url), pool);
	out->host = lower(url.hostname, pool);
	out->path = url.path.len ? url.path : STR("/");
	return 0;
}

int cli_choice_host(struct str url, struct pool *pool, struct str *host, struct str *path,
		    struct err *err)
{
	struct request request = { STR_NONE, STR_NONE, STR_NONE };

	if (read_request(url, pool, &request, err))
		return -1;
	*host = request.host;
	*path = request.path;
	return 0;
}

static bool is_reserved(struct str path)
{
	static const char *const paths[] = { "/ping", "/healthz", "/.pomerium",
					     "/.well-known/pomerium" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (str_is(path, paths[i]))
			return true;
	return str_starts(path, "/.pomerium/") || str_starts(path, "/.well-known/pomerium/");
}

/* ---- notes ---- */

static void add_note(struct choice *out, struct pool *pool, struct str text)
{
	*(struct str *)pool_push(pool, &out->notes.items, &out->notes.n,
				 sizeof(*out->notes.items)) = text;
}

static bool has_any(struct str path, const char *const *parts)
{
	for (; path.len && *parts; parts++)
		if (memmem(path.ptr, path.len, *parts, strlen(*parts)))
			return true;
	return false;
}

/* Settings of the Pomerium object say what Envoy does with these before it matches. */
static void note_unusual_path(struct str path, struct choice *out, struct pool *pool)
{
	static const char *const dots[] = { "//", "/./", "/../", NULL };
	static const char *const escapes[] = { "%2f", "%2F", "%5c", "%5C", NULL };

	if (has_any(path, dots) || str_ends(path, "/.") || str_ends(path, "/.."))
		add_note(out, pool,
			 STR("Envoy merges slashes and resolves dot segments before it matches, "
			     "unless "
			     "the settings say otherwise; ask about the path that results"));
	if (has_any(path, escapes))
		add_note(out, pool,
			 STR("Pomerium refuses a path with an escaped slash or backslash, unless "
			     "the "
			     "settings say otherwise"));
}

/* ---- hosts ---- */

/* A star stands for any text, dots included, or for none. A host without a port has all ports. */
static bool wildcard_matches(struct str host, struct str authority)
{
	struct str piece, rest = host;
	struct pattern pattern = { NULL };
	struct buf text;
	bool matches;

	buf_init(&text, BUF_MAX_TEXT);
	while (str_cut(rest, '*', &piece, &rest))
		buf_printf(&text, "\\Q" STR_FMT "\\E.*", STR_ARG(piece));
	buf_printf(&text, "\\Q" STR_FMT "\\E%s", STR_ARG(rest),
		   str_find(rest, ':') < 0 ? "(:.+)?" : "");
	matches = !cli_pattern_compile(&pattern, PATTERN_REGEX, buf_view(&text), NULL) &&
		  cli_pattern_match(&pattern, authority, NULL) > 0;
	cli_pattern_clear(&pattern);
	buf_clear(&text);
	return matches;
}

static enum fit fit_of(const struct route *route, const struct request *request)
{
	struct url from;

	if (url_parse(route->from, &from, NULL) ||
	    (!str_is(from.scheme, "https") && !str_is(from.scheme, "http")))
		return FIT_NONE; /* a tunnel for TCP, UDP or SSH */
	if (str_find(from.host, '*') >= 0)
		return wildcard_matches(from.host, request->authority) ? FIT_WILDCARD : FIT_NONE;
	if (str_eq_nocase(authority_of(&from), request->authority))
		return FIT_HOST_AND_PORT;
	return !from.port.len && str_eq_nocase(from.hostname, request->host) ? FIT_HOST : FIT_NONE;
}

/* ---- paths ---- */

static enum pattern_kind kind_of(const struct route *route, struct str *text)
{
	if (route->path.len) {
		*text = route->path;
		return PATTERN_PATH;
	}
	*text = route->regex.len ? route->regex : route->prefix.len ? route->prefix : STR("/");
	return route->regex.len ? PATTERN_REGEX : PATTERN_PREFIX;
}

static void note_route(const struct route *route, const char *sentence, struct choice *out,
		       struct pool *pool)
{
	add_note(out, pool,
		 pool_printf(pool, "a route of " STR_FMT " %s",
			     STR_ARG(msg_key_for_people(&route->owner->key, pool)), sentence));
}

/* What PCRE2 cannot tell becomes a note, and counts as no match. */
static bool path_matches(const struct route *route, struct str path, struct choice *out,
			 struct pool *pool)
{
	struct pattern pattern = { NULL };
	struct err err = { "" };
	struct str text;
	const enum pattern_kind kind = kind_of(route, &text);
	int rc = cli_pattern_compile(&pattern, kind, text, &err);

	if (kind == PATTERN_REGEX && !(str_is_ascii(text) && str_is_ascii(path)))
		note_route(
			route,
			"is compared byte by byte, and Envoy compares characters: the result may "
			"differ",
			out, pool);
	if (!rc)
		rc = cli_pattern_match(&pattern, path, &err);
	cli_pattern_clear(&pattern);
	if (rc < 0)
		note_route(route, pool_printf(pool, "is left out: %s", err.text).ptr, out, pool);
	return rc > 0;
}

/* ---- why not ---- */

static struct str why_later(const struct route *first, const struct route *later, struct pool *pool)
{
	static const char *const one[] = { "an exact path", "an expression", "a prefix" };
	static const char *const many[] = { "paths", "expressions", "prefixes" };
	struct str text, later_text;
	const enum pattern_kind kind = kind_of(first, &text),
				later_kind = kind_of(later, &later_text);

	if (!str_eq(first->from, later->from))
		return pool_printf(
			pool, STR_FMT " is asked before: wildcard hosts are asked in byte order",
			STR_ARG(first->from));
	if (kind != later_kind)
		return pool_printf(pool, "%s is asked before %s", one[kind], one[later_kind]);
	if (!str_eq(text, later_text))
		return pool_printf(
			pool, STR_FMT " is asked before: %s are asked in descending byte order",
			STR_ARG(text), many[kind]);
	return STR("the same host and path, and the id of the other one is smaller");
}

static struct str why_not(const struct choice *choice, const struct route *route, enum fit fit,
			  enum fit best, struct pool *pool)
{
	if (choice->is_reserved)
		return STR("Pomerium answers this path of every host itself");
	if (fit == FIT_WILDCARD && best > FIT_WILDCARD)
		return STR("the host has routes of its own, so no wildcard route is asked");
	if (fit < best)
		return STR("the port has routes of its own, so those for every port are not asked");
	return why_later(choice->winner, route, pool);
}

/* ---- all routes ---- */

int cli_choice_make(struct str url, const struct route *const *routes, size_t n, struct pool *pool,
		    struct choice *out, struct err *err)
{
	enum fit *fits = pool_array(pool, n + 1, sizeof(*fits)), best = FIT_NONE;
	struct request request = { STR_NONE, STR_NONE, STR_NONE };

	*out = (struct choice){ 0 };
	if (read_request(url, pool, &request, err))
		return -1;
	out->is_reserved = is_reserved(request.path);
	note_unusual_path(request.path, out, pool);
	for (size_t i = 0; i < n; i++) {
		fits[i] = fit_of(routes[i], &request);
		best = fits[i] > best ? fits[i] : best;
	}
	out->has_host = best > FIT_NONE;
	for (size_t i = 0; i < n; i++) {
		struct choice_match *match;

		if (!fits[i] || !path_matches(routes[i], request.path, out, pool))
			continue;
		match = pool_push(pool, &out->matches, &out->n_matches, sizeof(*match));
		match->route = routes[i];
		if (fits[i] == best && !out->winner && !out->is_reserved)
			out->winner = routes[i];
		else
			match->why_not = why_not(out, routes[i], fits[i], best, pool);
	}
	return 0;
}
