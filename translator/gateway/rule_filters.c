/* rule_filters: what the filters of a rule do to its routes.
 *
 *   in     the filters and timeouts of a rule, the PolicyFilters of its namespace
 *   out    redirect, rewrites, policies and timeout of the routes; rule_headers.c has the headers
 *   owns   nothing
 *   never  skips a filter: a rule with one that cannot be applied answers 500
 */
#include "translator/gateway/rule.h"

#include "pb/duration.h"

void translator_rule_respond(struct gateway_job *job, Pomerium__Config__Route *route,
			     int64_t status, const char *body)
{
	route->response = PB_NEW(job->pool, pomerium__config__route_direct_response);
	PB_SET(route->response, status, (uint32_t)status);
	PB_SET_TEXT(route->response, body, str_from(body));
}

void translator_rule_break(struct gateway_job *job, struct http_rule *rule, const char *reason,
			   const struct err *why)
{
	rule->is_broken = true;
	rule->reason = reason;
	rule->sentence = *why;
	rule->redirect_path = rule->rewrite_path = NULL;
	rule->route->redirect = NULL; /* Pomerium prefers it to an answer */
	translator_rule_respond(job, rule->route, 500, "invalid filter");
}

/* ---- where to ---- */

/* 1: it replaces a prefix, which depends on the match. 0: *full is the whole path, or absent. */
static int read_path_modifier(const struct msg_http_path_modifier *path, struct str *full,
			      struct err *err)
{
	*full = STR_NONE;
	if (!path)
		return 0;
	if (str_is(path->type, "ReplacePrefixMatch") && path->replacePrefixMatch.ptr)
		return 1;
	if (!str_is(path->type, "ReplaceFullPath") || !path->replaceFullPath.ptr)
		return err_set(err,
			       "path.type is %s; it should be ReplaceFullPath or "
			       "ReplacePrefixMatch, with the field of that name",
			       err_quote(path->type));
	*full = path->replaceFullPath;
	return 0;
}

static int apply_redirect(struct gateway_job *job, struct http_rule *rule,
			  const struct msg_http_redirect *filter, struct err *err)
{
	Pomerium__Config__RouteRedirect *redirect =
		PB_NEW(job->pool, pomerium__config__route_redirect);
	struct str full;
	int rc = read_path_modifier(filter->path, &full, err);

	if (rc < 0)
		return translator_rule_refuse(rule, "UnsupportedValue");
	if (rule->route->has_host_rewrite || rule->route->has_regex_rewrite_pattern ||
	    rule->rewrite_path) {
		err_set(err, "RequestRedirect and URLRewrite exclude each other");
		return translator_rule_refuse(rule, "IncompatibleFilters");
	}
	rule->route->redirect = redirect;
	rule->redirect_path = rc ? filter->path : NULL;
	if (filter->scheme.ptr)
		PB_SET_TEXT(redirect, scheme_redirect, filter->scheme);
	if (filter->hostname.ptr)
		PB_SET_TEXT(redirect, host_redirect, filter->hostname);
	if (filter->port >= 0)
		PB_SET(redirect, port_redirect, (uint32_t)filter->port);
	if (filter->statusCode >= 0)
		PB_SET(redirect, response_code, (int32_t)filter->statusCode);
	if (full.ptr)
		PB_SET_TEXT(redirect, path_redirect, full);
	return 0;
}

static int apply_rewrite(struct gateway_job *job, struct http_rule *rule,
			 const struct msg_http_rewrite *filter, struct err *err)
{
	Pomerium__Config__Route *route = rule->route;
	struct str full;
	int rc = read_path_modifier(filter->path, &full, err);

	if (rc < 0)
		return translator_rule_refuse(rule, "UnsupportedValue");
	if (route->redirect) {
		err_set(err, "RequestRedirect and URLRewrite exclude each other");
		return translator_rule_refuse(rule, "IncompatibleFilters");
	}
	rule->rewrite_path = rc ? filter->path : NULL;
	if (filter->hostname.len) {
		PB_SET_TEXT(route, host_rewrite, filter->hostname);
		route->has_preserve_host_header = 0;
	}
	if (full.ptr) {
		PB_SET_TEXT(route, regex_rewrite_pattern, STR("^/.*$"));
		PB_SET_TEXT(route, regex_rewrite_substitution,
			    translator_rule_headers_double(full, '\\', job->pool));
	}
	return 0;
}

/* ---- who may ---- */

static int apply_extension(struct gateway_job *job, struct http_rule *rule,
			   const struct msg_object_ref *ref, struct err *err)
{
	struct str namespace = job->bundle->http_route->metadata.namespace;
	Pomerium__Config__Policy *policy;

	if (!str_is(ref->group, GATEWAY_POLICY_GROUP) || !str_is(ref->kind, "PolicyFilter"))
		return err_set(err,
			       "extensionRef names a %s of %s; it should name a PolicyFilter "
			       "of " GATEWAY_POLICY_GROUP,
			       err_quote(ref->kind), err_quote(ref->group));
	policy = translator_policy_filter_policy(job, namespace, ref->name, err);
	if (!policy)
		return -1;
	PB_PUSH(job->pool, rule->route, policies, policy);
	return 0;
}

/* ---- all ---- */

static int apply(struct gateway_job *job, struct http_rule *rule,
		 const struct msg_http_filter *filter, struct err *err)
{
	if (str_is(filter->type, "RequestHeaderModifier") && filter->requestHeaderModifier)
		return translator_rule_headers_request(job, rule, filter->requestHeaderModifier,
						       err);
	if (str_is(filter->type, "ResponseHeaderModifier") && filter->responseHeaderModifier)
		return translator_rule_headers_response(job, rule, filter->responseHeaderModifier,
							err);
	if (str_is(filter->type, "RequestRedirect") && filter->requestRedirect)
		return apply_redirect(job, rule, filter->requestRedirect, err);
	if (str_is(filter->type, "URLRewrite") && filter->urlRewrite)
		return apply_rewrite(job, rule, filter->urlRewrite, err);
	if (str_is(filter->type, "ExtensionRef") && filter->extensionRef)
		return apply_extension(job, rule, filter->extensionRef, err);
	err_set(err, "filters of type %s are not supported", err_quote(filter->type));
	return translator_rule_refuse(rule, "UnsupportedValue");
}

/* GEP-2257: up to four times up to five digits and a unit. */
static int read_duration(struct str text, int64_t *ns, struct err *err)
{
	size_t digits = 0, parts = 0;

	for (size_t i = 0; i < text.len; i++) {
		bool is_digit = text.ptr[i] >= '0' && text.ptr[i] <= '9';

		if (is_digit ? ++digits > 5 : str_find(STR("hms"), text.ptr[i]) < 0)
			return err_set(err, "timeouts: %s is no duration such as 10s or 1m30s",
				       err_quote(text));
		if (!is_digit) {
			parts += digits > 0;
			digits = 0;
		}
	}
	if (!parts || parts > 4 || digits || pb_parse_go_duration(text, ns, NULL))
		return err_set(err, "timeouts: %s is no duration such as 10s or 1m30s",
			       err_quote(text));
	return 0;
}

/* The shorter one that is not zero, since there are no retries; zero means that there is none. */
static int apply_timeouts(struct gateway_job *job, struct http_rule *rule, struct err *err)
{
	const struct msg_http_timeouts *timeouts = rule->spec->timeouts;
	const struct str texts[] = { timeouts ? timeouts->request : STR_NONE,
				     timeouts ? timeouts->backendRequest : STR_NONE };
	int64_t shortest = 0;
	bool given = false;

	for (size_t i = 0; i < 2; i++) {
		int64_t ns = 0;

		if (!texts[i].ptr)
			continue;
		if (read_duration(texts[i], &ns, err))
			return translator_rule_refuse(rule, "UnsupportedValue");
		given = true;
		if (ns && (!shortest || ns < shortest))
			shortest = ns;
	}
	if (!given)
		return 0;
	rule->route->timeout = PB_NEW(job->pool, google__protobuf__duration);
	PB_SET(rule->route->timeout, seconds, shortest / 1000000000);
	PB_SET(rule->route->timeout, nanos, (int32_t)(shortest % 1000000000));
	return 0;
}

static int check_others(struct http_rule *rule, struct err *err)
{
	const char *field = rule->spec->retry                ? "retry"
			    : rule->spec->sessionPersistence ? "sessionPersistence"
							     : NULL;

	if (!field)
		return 0;
	err_set(err, "%s is not supported", field);
	return translator_rule_refuse(rule, "UnsupportedValue");
}

void translator_rule_filters_apply(struct gateway_job *job, struct http_rule *rule)
{
	struct err err = { "" };
	int rc = 0;

	for (size_t i = 0; !rc && i < rule->spec->filters.n; i++)
		rc = apply(job, rule, &rule->spec->filters.items[i], &err);
	if (!rc)
		rc = apply_timeouts(job, rule, &err);
	if (!rc)
		rc = check_others(rule, &err);
	if (rc)
		translator_rule_break(job, rule, rule->reason, &err);
}
