/* rule_matches: the routes of one match of a rule.
 *
 *   in     a match, what the routes of its rule start from
 *   out    a route with a path, or with path elements two of them; what the path becomes upstream
 *   owns   nothing
 *   never  leaves a condition of a match out: what cannot be expressed has no route
 */
#include "translator/gateway/rule.h"

#include "translator/regex/regex.h"

enum path_type { PATH_PREFIX, PATH_EXACT, PATH_REGEX };

static int read_type(const struct msg_http_match *match, enum path_type *out, struct err *err)
{
	struct str type =
		match->path ? gateway_default(match->path->type, "PathPrefix") : STR("PathPrefix");

	if (str_is(type, "PathPrefix"))
		*out = PATH_PREFIX;
	else if (str_is(type, "Exact"))
		*out = PATH_EXACT;
	else if (str_is(type, "RegularExpression"))
		*out = PATH_REGEX;
	else
		return err_set(err,
			       "path.type is %s; it should be Exact, PathPrefix or "
			       "RegularExpression",
			       err_quote(type));
	return 0;
}

static struct str value_of(const struct msg_http_match *match)
{
	return match->path ? gateway_default(match->path->value, "/") : STR_NONE;
}

int translator_rule_matches_check(const struct http_rule *rule, const struct msg_http_match *match,
				  struct err *err)
{
	enum path_type type = PATH_PREFIX;

	if (match->headers.n)
		return err_set(err, "header matches are not supported");
	if (match->queryParams.n)
		return err_set(err, "matches of query parameters are not supported");
	if (match->method.len)
		return err_set(err, "method matches are not supported");
	if (read_type(match, &type, err))
		return -1;
	if (type == PATH_REGEX && translator_regex_check(value_of(match), err))
		return err_wrap(err, "path.value %s", err_quote(value_of(match)));
	if (type != PATH_PREFIX && (rule->redirect_path || rule->rewrite_path))
		return err_set(err, "ReplacePrefixMatch needs a path of type PathPrefix");
	return 0;
}

/* ---- what the path becomes ---- */

static struct str without_slash(struct str path)
{
	return str_ends(path, "/") ? str_slice(path, 0, path.len - 1) : path;
}

/* The text for an expression of RE2 that is only that text. */
static struct str quote_regex(struct str text, struct pool *pool)
{
	struct buf out;
	struct str copy;

	buf_init(&out, BUF_MAX_TEXT);
	for (size_t i = 0; i < text.len; i++) {
		if (str_find(STR("\\.+*?()|[]{}^$"), text.ptr[i]) >= 0)
			buf_putc(&out, '\\');
		buf_putc(&out, text.ptr[i]);
	}
	copy = pool_str(pool, text.len ? buf_view(&out) : STR(""));
	buf_clear(&out);
	return copy;
}

static void rewrite_prefix(const struct gateway_job *job, const struct http_rule *rule,
			   struct str prefix, Pomerium__Config__Route *route)
{
	struct str from = quote_regex(without_slash(prefix), job->pool);
	struct str to = without_slash(rule->rewrite_path->replacePrefixMatch);

	if (!to.len) {
		PB_SET_TEXT(route, regex_rewrite_pattern,
			    pool_printf(job->pool, "^" STR_FMT "/?(.*)$", STR_ARG(from)));
		PB_SET_TEXT(route, regex_rewrite_substitution, STR("/\\1"));
		return;
	}
	to = translator_rule_headers_double(to, '\\', job->pool);
	PB_SET_TEXT(route, regex_rewrite_pattern,
		    pool_printf(job->pool, "^" STR_FMT "(/.*)?$", STR_ARG(from)));
	PB_SET_TEXT(route, regex_rewrite_substitution,
		    pool_printf(job->pool, STR_FMT "\\1", STR_ARG(to)));
}

/* Envoy puts the new text where the matched text of the route stood. */
static int redirect_prefix(const struct gateway_job *job, const struct http_rule *rule,
			   Pomerium__Config__Route *route, struct err *err)
{
	struct str to = without_slash(rule->redirect_path->replacePrefixMatch);
	struct str matched = route->has_path ? pb_str(route->path) : pb_str(route->prefix);
	Pomerium__Config__RouteRedirect *redirect = pool_alloc(job->pool, sizeof(*redirect));
	bool at_slash = !matched.len || str_ends(matched, "/");

	if (!to.len && !at_slash && !route->has_path)
		return err_set(err,
			       "a redirect cannot take a prefix such as %s away, it can only "
			       "replace it",
			       err_quote(matched));
	*redirect = *rule->route->redirect;
	PB_SET_TEXT(redirect, prefix_rewrite,
		    at_slash || !to.len ? pool_printf(job->pool, STR_FMT "/", STR_ARG(to)) : to);
	route->redirect = redirect;
	return 0;
}

/* ---- routes ---- */

static Pomerium__Config__Route *add(struct gateway_job *job, const struct http_rule *rule,
				    struct rule_routes *out)
{
	Pomerium__Config__Route **item =
		pool_push(job->pool, &out->items, &out->n, sizeof(struct pool *));

	*item = pool_alloc(job->pool, sizeof(**item));
	**item = *rule->route; /* shares what the rule says */
	return *item;
}

/* Pomerium's prefixes are text. One that ends where an element of the path ends takes a route for
 * the path itself and one for what is below it. */
static void add_elements(struct gateway_job *job, const struct http_rule *rule, struct str prefix,
			 struct rule_routes *out)
{
	struct str path = without_slash(prefix);
	Pomerium__Config__Route *route;

	if (path.len) {
		route = add(job, rule, out);
		PB_SET_TEXT(route, path, path);
	}
	route = add(job, rule, out);
	PB_SET_TEXT(route, prefix, pool_printf(job->pool, STR_FMT "/", STR_ARG(path)));
}

static void add_plain(struct gateway_job *job, const struct http_rule *rule, enum path_type type,
		      struct str value, struct rule_routes *out)
{
	Pomerium__Config__Route *route = add(job, rule, out);

	if (!value.ptr)
		return;
	if (type == PATH_EXACT)
		PB_SET_TEXT(route, path, value);
	else if (type == PATH_REGEX)
		PB_SET_TEXT(route, regex, value);
	else
		PB_SET_TEXT(route, prefix, value);
}

int translator_rule_matches_expand(struct gateway_job *job, const struct http_rule *rule,
				   const struct msg_http_match *match, struct rule_routes *out,
				   struct err *err)
{
	struct str value = match ? value_of(match) : STR_NONE;
	enum path_type type = PATH_PREFIX;
	size_t first = out->n;

	if (match && read_type(match, &type, err))
		return -1;
	if (value.ptr && type == PATH_PREFIX && job->settings->path_elements)
		add_elements(job, rule, value, out);
	else
		add_plain(job, rule, type, value, out);
	for (size_t i = first; i < out->n; i++) {
		if (rule->rewrite_path)
			rewrite_prefix(job, rule, value, out->items[i]);
		if (rule->redirect_path && redirect_prefix(job, rule, out->items[i], err)) {
			out->n = first;
			return -1;
		}
	}
	return 0;
}
