/* validate_rules: lists what Pomerium refuses, each rule with its source.
 *
 *   in     one value of a route
 *   out    0, or a sentence that says what would be right
 *   owns   the table
 *   never  looks at anything but the route and the job
 *
 * "core" are Pomerium's own checks; if one fails, it refuses its whole configuration. "Envoy" is
 * what Envoy refuses of the resource that Pomerium makes of a route; Envoy keeps the old
 * configuration then. Where only a part of Pomerium stops working, the rule is a warning. */
#include "translator/validate/validate.h"

#include "net/url.h"
#include "translator/answer.h"
#include "translator/regex/regex.h"

/* ---- headers ---- */

static int header_name(struct str name, struct err *err)
{
	if (!name.len)
		return err_set(err, "a header should have a name");
	if (str_has_control(name))
		return err_set(err,
			       "the header name %s holds a NUL, a carriage return or a line feed",
			       err_quote(name));
	if (name.len > 16384)
		return err_set(err, "a header name may have 16384 bytes, but %s has %zu",
			       err_quote(name), name.len);
	return 0;
}

static int header_value(struct str value, struct err *err)
{
	if (str_has_control(value))
		return err_set(err,
			       "%s holds a NUL, a carriage return or a line feed, which a header "
			       "cannot carry",
			       err_quote(value));
	if (value.len > 16384)
		return err_set(err, "a header may have 16384 bytes, but %s has %zu",
			       err_quote(value), value.len);
	return 0;
}

static int check_header_name(const struct validate_value *v, struct err *err)
{
	return header_name(v->text, err);
}

static int check_header_value(const struct validate_value *v, struct err *err)
{
	return header_value(v->text, err);
}

static int check_header(const struct validate_value *v, struct err *err)
{
	if (header_name(v->key, err))
		return -1;
	return header_value(v->text, err) ? err_wrap(err, "header %s", err_quote(v->key)) : 0;
}

/* Headers that Envoy does not let anybody change: pseudo headers and the host. */
static int check_ordinary(struct str name, struct err *err)
{
	if (str_starts(name, ":") || str_is_nocase(name, "host"))
		return err_set(err, "the header %s cannot be changed here", err_quote(name));
	return 0;
}

static int check_removed_header(const struct validate_value *v, struct err *err)
{
	return header_name(v->text, err) ? -1 : check_ordinary(v->text, err);
}

/* Envoy reads %...% in response headers as a command; %% is a percent sign. */
static int check_commands(struct str value, struct err *err)
{
	for (size_t i = 0; i < value.len; i++) {
		size_t k = i + 1;

		if (value.ptr[i] != '%')
			continue;
		if (k < value.len && value.ptr[k] == '%') {
			i = k;
			continue;
		}
		while (k < value.len &&
		       ((value.ptr[k] >= 'A' && value.ptr[k] <= 'Z') || value.ptr[k] == '_' ||
			(value.ptr[k] >= '0' && value.ptr[k] <= '9')))
			k++;
		if (k > i + 1 && k < value.len && value.ptr[k] == '(')
			while (k < value.len && value.ptr[k - 1] != ')')
				k++;
		if (k < value.len && value.ptr[k] == ':')
			for (k++; k < value.len && value.ptr[k] >= '0' && value.ptr[k] <= '9'; k++)
				;
		if (k == i + 1 || k >= value.len || value.ptr[k] != '%')
			return err_set(err,
				       "%s has a percent sign that begins no command of Envoy: "
				       "write %%%% for one",
				       err_quote(value));
		i = k;
	}
	return 0;
}

static int check_response_header(const struct validate_value *v, struct err *err)
{
	if (check_header(v, err) || check_ordinary(v->key, err))
		return -1;
	return check_commands(v->text, err) ? err_wrap(err, "header %s", err_quote(v->key)) : 0;
}

/* ---- numbers ---- */

static int check_not_negative(const struct validate_value *v, struct err *err)
{
	return v->number >= 0 ? 0 : err_set(err, "a duration may not be negative");
}

static int check_positive(const struct validate_value *v, struct err *err)
{
	return v->number > 0 ? 0 : err_set(err, "the duration should be longer than 0s");
}

static int check_percent(const struct validate_value *v, struct err *err)
{
	if (v->number >= 0 && v->number <= 100)
		return 0;
	return err_set(err, "a percentage should be between 0 and 100, got %lld",
		       (long long)v->number);
}

static int check_port(const struct validate_value *v, struct err *err)
{
	if (v->number >= 0 && v->number <= 65535)
		return 0;
	return err_set(err, "a port should be between 0 and 65535, got %lld", (long long)v->number);
}

static int check_choices(const struct validate_value *v, struct err *err)
{
	return v->number >= 2
		       ? 0
		       : err_set(err, "should be at least 2, got %lld", (long long)v->number);
}

static int check_ring(const struct validate_value *v, struct err *err)
{
	if (v->number >= 0 && v->number <= 8388608)
		return 0;
	return err_set(err, "should be at most 8388608, got %lld", (long long)v->number);
}

static int check_maglev(const struct validate_value *v, struct err *err)
{
	if (v->number >= 0 && v->number <= 5000011)
		return 0;
	return err_set(err, "should be at most 5000011, got %lld", (long long)v->number);
}

/* ---- patterns ---- */

static int check_regex(const struct validate_value *v, struct err *err)
{
	if (!translator_regex_check(v->text, err))
		return 0;
	return err_wrap(err, "%s is not a regular expression of RE2", err_quote(v->text));
}

/* A substitution of RE2 knows \0 to \9 and \\. */
static int check_substitution(const struct validate_value *v, struct err *err)
{
	for (size_t i = 0; i < v->text.len; i++) {
		if (v->text.ptr[i] != '\\')
			continue;
		i++;
		if (i >= v->text.len ||
		    !(v->text.ptr[i] == '\\' || (v->text.ptr[i] >= '0' && v->text.ptr[i] <= '9')))
			return err_set(
				err,
				"%s has a backslash without a digit or a second backslash after it",
				err_quote(v->text));
	}
	return header_value(v->text, err);
}

/* ---- health checks ---- */

static void warn_missing(const struct validate_value *v, const char *field)
{
	translator_answer_warn(v->job->out, v->job->pool,
			       "annotation " STR_FMT
			       "/health_checks: Envoy wants %s in each of them, and leaves this "
			       "route without upstream if it is missing",
			       STR_ARG(v->job->settings->prefix), field);
}

/* The reference publishes a check that lacks a part, and so do we: only this route suffers. */
static int check_health(const struct validate_value *v, struct err *err)
{
	const Pomerium__Config__HealthCheck *check =
		(const Pomerium__Config__HealthCheck *)v->message;

	(void)err;
	if (!check->timeout)
		warn_missing(v, "timeout");
	if (!check->interval)
		warn_missing(v, "interval");
	if (!check->unhealthy_threshold)
		warn_missing(v, "unhealthy_threshold");
	if (!check->healthy_threshold)
		warn_missing(v, "healthy_threshold");
	if (!check->http_health_check && !check->tcp_health_check && !check->grpc_health_check)
		warn_missing(v, "one of http_health_check, tcp_health_check and grpc_health_check");
	return 0;
}

static int check_http_health(const struct validate_value *v, struct err *err)
{
	const Pomerium__Config__HealthCheck__HttpHealthCheck *http =
		(const Pomerium__Config__HealthCheck__HttpHealthCheck *)v->message;

	if (!pb_str(http->path).len)
		return err_set(err, "path should be given, such as /healthz");
	return header_value(pb_str(http->path), err);
}

static int check_statuses(const struct validate_value *v, struct err *err)
{
	const Pomerium__Config__HealthCheck__Int64Range *range =
		(const Pomerium__Config__HealthCheck__Int64Range *)v->message;
	int64_t start = range->has_start ? range->start : 0, end = range->has_end ? range->end : 0;

	if (start >= 100 && end <= 600 && start < end)
		return 0;
	return err_set(err,
		       "a range of statuses should be within 100 and 600, and its end above its "
		       "start, got %lld to %lld",
		       (long long)start, (long long)end);
}

static int check_hex(const struct validate_value *v, struct err *err)
{
	bool good = v->text.len && v->text.len % 2 == 0;

	for (size_t i = 0; i < v->text.len && good; i++)
		good = strchr("0123456789abcdefABCDEF", v->text.ptr[i]) && v->text.ptr[i];
	return good ? 0
		    : err_set(err,
			      "the text should be bytes in hexadecimal, such as 50494e47, got %s",
			      err_quote(v->text));
}

/* ---- access ---- */

static int check_public(const struct validate_value *v, struct err *err)
{
	const Pomerium__Config__Route *route = v->route;
	const Pomerium__Config__Policy *policy = route->n_policies ? route->policies[0] : NULL;

	if (!route->allow_public_unauthenticated_access)
		return 0;
	if (route->allow_any_authenticated_user)
		return err_set(err, "annotations allow_public_unauthenticated_access and "
				    "allow_any_authenticated_user "
				    "cannot both be true");
	if (policy && (policy->n_allowed_users || policy->n_allowed_domains ||
		       policy->n_allowed_idp_claims || policy->n_rego))
		translator_answer_warn(
			v->job->out, v->job->pool,
			"annotation " STR_FMT
			"/allow_public_unauthenticated_access lets everybody in, so the "
			"policy has no effect",
			STR_ARG(v->job->settings->prefix));
	return 0;
}

static int check_bearer(const struct validate_value *v, struct err *err)
{
	if (v->number != POMERIUM__CONFIG__BEARER_TOKEN_FORMAT__BEARER_TOKEN_FORMAT_JWT)
		return 0;
	return err_set(err, "BEARER_TOKEN_FORMAT_JWT needs identity_providers, which an Ingress "
			    "cannot name: use default, "
			    "idp_access_token or idp_identity_token");
}

static int check_depends_on(const struct validate_value *v, struct err *err)
{
	struct url url;

	if (str_find(v->text, '/') < 0)
		return 0;
	if (!url_parse(v->text, &url, NULL) && url.scheme.len && url.host.len)
		return 0;
	return err_set(err, "should be a host or a URL with a scheme, got %s", err_quote(v->text));
}

static int check_n_depends_on(const struct validate_value *v, struct err *err)
{
	if (v->route->n_depends_on <= 5)
		return 0;
	return err_set(err, "annotation " STR_FMT "/depends_on may name 5 hosts, but names %zu",
		       STR_ARG(v->job->settings->prefix), v->route->n_depends_on);
}

/* ---- rewrites, TLS ---- */

static int check_rewrites(const struct validate_value *v, struct err *err)
{
	const Pomerium__Config__Route *route = v->route;
	size_t hosts = 0;

	if (pb_str(route->prefix_rewrite).len && pb_str(route->regex_rewrite_pattern).len)
		return err_set(err, "annotations prefix_rewrite and regex_rewrite_pattern cannot "
				    "both be given: keep one of "
				    "them");
	hosts += pb_str(route->host_rewrite).len > 0;
	hosts += pb_str(route->host_rewrite_header).len > 0;
	hosts += pb_str(route->host_path_regex_rewrite_pattern).len > 0;
	hosts += route->preserve_host_header && !(v->job->flags & INGRESS_SOLVER);
	if (hosts > 1)
		translator_answer_warn(v->job->out, v->job->pool,
				       "only one of host_rewrite, host_rewrite_header, "
				       "host_path_regex_rewrite_pattern and "
				       "preserve_host_header takes effect, in this order");
	return 0;
}

static int check_server_name(const struct validate_value *v, struct err *err)
{
	if (v->text.len > 255)
		return err_set(err, "a server name may have 255 bytes, but %s has %zu",
			       err_quote(v->text), v->text.len);
	return 0;
}

static int check_authorization_server(const struct validate_value *v, struct err *err)
{
	struct url url;

	if (!v->text.len)
		return 0;
	if (url_parse_full(v->text, &url, err))
		return err_wrap(err, "%s is not a URL", err_quote(v->text));
	return str_is(url.scheme, "https")
		       ? 0
		       : err_set(err, "should be an https URL, got %s", err_quote(v->text));
}

/* ---- from and to ---- */

static int check_from(const struct validate_value *v, struct err *err)
{
	struct url url;

	if (url_parse_full(v->text, &url, err))
		return -1;
	if (!url.hostname.len)
		return err_set(err, "it has no host");
	if (url.path.len)
		return err_set(err, "its host has a slash");
	return 0;
}

static int check_to(const struct validate_value *v, struct err *err)
{
	struct url url;
	long long port = 0;

	if (url_parse_full(v->text, &url, err))
		return err_wrap(err, "its upstream %s", err_quote(v->text));
	if (!url.hostname.len || str_find(v->text, ',') >= 0)
		return err_set(err, "its upstream %s has no host that can be looked up",
			       err_quote(v->text));
	if (url.port.len && (!str_to_int(url.port, &port) || port < 0 || port > 65535))
		return err_set(err, "its upstream %s has a port that is not between 0 and 65535",
			       err_quote(v->text));
	return 0;
}

static int check_has_to(const struct validate_value *v, struct err *err)
{
	return v->route->n_to ? 0 : err_set(err, "it has no upstream");
}

const struct validate_rule translator_validate_rules[] = {
	{ "from", "parses as a URL with a scheme and a host, and has no path",
	  "core, Policy.Validate: source url", check_from, true, NULL },
	{ "", "has at least one upstream",
	  "core, Policy.Validate: either to or redirect or response", check_has_to, true, NULL },
	{ "to[]",
	  "parses as a URL with a scheme and a host, no weight after a comma, port up to 65535",
	  "core, ParseWeightedUrls; Envoy, SocketAddress", check_to, true, NULL },
	{ "regex", "is a regular expression of RE2", "Envoy, RouteMatch.safe_regex", check_regex,
	  true, NULL },

	{ "", "public access excludes access for any authenticated user",
	  "core, Policy.Validate: whitelists", check_public, false, NULL },
	{ "", "prefix_rewrite excludes regex_rewrite_pattern", "core, Policy.Validate",
	  check_rewrites, false, NULL },
	{ "bearer_token_format", "is not JWT, which needs identity providers",
	  "core, options: identity_providers", check_bearer, false, NULL },
	{ "allow_upgrades.values[]", "has no NUL, CR, LF", "Envoy, UpgradeConfig",
	  check_header_value, false, NULL },
	{ "depends_on[]", "is a host, or a URL with scheme and host",
	  "core, Policy.Validate: depends_on", check_depends_on, false, NULL },
	{ "", "depends_on names at most 5 hosts", "core, Policy.Validate: depends_on",
	  check_n_depends_on, false, NULL },
	{ "mcp.server.authorization_server_url", "is an https URL", "core, Policy.Validate: mcp",
	  check_authorization_server, false, "mcp_server_authorization_server_url" },

	{ "timeout", "is not negative", "Envoy, RouteAction.timeout", check_not_negative, false,
	  NULL },
	{ "idle_timeout", "is not negative", "Envoy, RouteAction.idle_timeout", check_not_negative,
	  false, NULL },
	{ "healthy_panic_threshold", "is between 0 and 100", "Envoy, type.v3.Percent",
	  check_percent, false, NULL },
	{ "tls_server_name", "has at most 255 bytes", "Envoy, UpstreamTlsContext.sni",
	  check_server_name, false, NULL },
	{ "prefix_rewrite", "has no NUL, CR, LF", "Envoy, RouteAction.prefix_rewrite",
	  check_header_value, false, NULL },
	{ "regex_rewrite_pattern", "is a regular expression of RE2",
	  "Envoy, RegexMatchAndSubstitute", check_regex, false, NULL },
	{ "regex_rewrite_substitution", "has a digit or a backslash after each backslash",
	  "Envoy, RE2 CheckRewriteString", check_substitution, false, NULL },
	{ "host_rewrite", "has no NUL, CR, LF", "Envoy, RouteAction.host_rewrite_literal",
	  check_header_value, false, NULL },
	{ "host_rewrite_header", "has no NUL, CR, LF", "Envoy, RouteAction.host_rewrite_header",
	  check_header_value, false, NULL },
	{ "host_path_regex_rewrite_pattern", "is a regular expression of RE2",
	  "Envoy, RegexMatchAndSubstitute", check_regex, false, NULL },
	{ "host_path_regex_rewrite_substitution", "has a digit or a backslash after each backslash",
	  "Envoy, RE2 CheckRewriteString", check_substitution, false, NULL },

	{ "set_request_headers{}", "names and values without NUL, CR, LF", "Envoy, HeaderValue",
	  check_header, false, NULL },
	{ "set_response_headers{}",
	  "the same; not host or a pseudo header; percent signs as Envoy's commands",
	  "Envoy, HeaderValue and its formatter", check_response_header, false, NULL },
	{ "remove_request_headers[]", "a header name, not host or a pseudo header",
	  "Envoy, request_headers_to_remove", check_removed_header, false, NULL },
	{ "rewrite_response_headers[].header", "is a header name", "Envoy, Lua filter",
	  check_header_name, false, NULL },
	{ "rewrite_response_headers[].value", "has no NUL, CR, LF", "Envoy, Lua filter",
	  check_header_value, false, NULL },

	{ "health_checks[]",
	  "has timeout, interval, both thresholds and one kind of check (else a warning)",
	  "Envoy, HealthCheck", check_health, false, NULL },
	{ "health_checks[].timeout", "is longer than 0s", "Envoy, HealthCheck", check_positive,
	  false, NULL },
	{ "health_checks[].interval", "is longer than 0s", "Envoy, HealthCheck", check_positive,
	  false, NULL },
	{ "health_checks[].initial_jitter", "is not negative", "Envoy, HealthCheck",
	  check_not_negative, false, NULL },
	{ "health_checks[].interval_jitter", "is not negative", "Envoy, HealthCheck",
	  check_not_negative, false, NULL },
	{ "health_checks[].no_traffic_interval", "is longer than 0s", "Envoy, HealthCheck",
	  check_positive, false, NULL },
	{ "health_checks[].no_traffic_healthy_interval", "is longer than 0s", "Envoy, HealthCheck",
	  check_positive, false, NULL },
	{ "health_checks[].unhealthy_interval", "is longer than 0s", "Envoy, HealthCheck",
	  check_positive, false, NULL },
	{ "health_checks[].unhealthy_edge_interval", "is longer than 0s", "Envoy, HealthCheck",
	  check_positive, false, NULL },
	{ "health_checks[].healthy_edge_interval", "is longer than 0s", "Envoy, HealthCheck",
	  check_positive, false, NULL },
	{ "health_checks[].alt_port", "is a port", "Envoy, HealthCheck", check_port, false, NULL },
	{ "health_checks[].http_health_check", "has a path without NUL, CR, LF",
	  "Envoy, HttpHealthCheck", check_http_health, false, NULL },
	{ "health_checks[].http_health_check.host", "has no NUL, CR, LF", "Envoy, HttpHealthCheck",
	  check_header_value, false, NULL },
	{ "health_checks[].http_health_check.request_headers_to_remove[]", "is a header name",
	  "Envoy, HttpHealthCheck", check_header_name, false, NULL },
	{ "health_checks[].http_health_check.expected_statuses[]",
	  "start < end, within 100 and 600", "Envoy, HttpHealthCheck", check_statuses, false,
	  NULL },
	{ "health_checks[].http_health_check.retriable_statuses[]",
	  "start < end, within 100 and 600", "Envoy, HttpHealthCheck", check_statuses, false,
	  NULL },
	{ "health_checks[].http_health_check.send.text", "is hexadecimal", "Envoy, Payload",
	  check_hex, false, NULL },
	{ "health_checks[].http_health_check.receive[].text", "is hexadecimal", "Envoy, Payload",
	  check_hex, false, NULL },
	{ "health_checks[].tcp_health_check.send.text", "is hexadecimal", "Envoy, Payload",
	  check_hex, false, NULL },
	{ "health_checks[].tcp_health_check.receive[].text", "is hexadecimal", "Envoy, Payload",
	  check_hex, false, NULL },
	{ "health_checks[].grpc_health_check.authority", "has no NUL, CR, LF",
	  "Envoy, GrpcHealthCheck", check_header_value, false, NULL },

	{ "outlier_detection.interval", "is longer than 0s", "Envoy, OutlierDetection",
	  check_positive, false, NULL },
	{ "outlier_detection.base_ejection_time", "is longer than 0s", "Envoy, OutlierDetection",
	  check_positive, false, NULL },
	{ "outlier_detection.max_ejection_time", "is longer than 0s", "Envoy, OutlierDetection",
	  check_positive, false, NULL },
	{ "outlier_detection.max_ejection_time_jitter", "is not negative",
	  "Envoy, OutlierDetection", check_not_negative, false, NULL },
	{ "outlier_detection.max_ejection_percent", "is at most 100", "Envoy, OutlierDetection",
	  check_percent, false, NULL },
	{ "outlier_detection.enforcing_consecutive_5xx", "is at most 100",
	  "Envoy, OutlierDetection", check_percent, false, NULL },
	{ "outlier_detection.enforcing_success_rate", "is at most 100", "Envoy, OutlierDetection",
	  check_percent, false, NULL },
	{ "outlier_detection.enforcing_consecutive_gateway_failure", "is at most 100",
	  "Envoy, OutlierDetection", check_percent, false, NULL },
	{ "outlier_detection.enforcing_consecutive_local_origin_failure", "is at most 100",
	  "Envoy, OutlierDetection", check_percent, false, NULL },
	{ "outlier_detection.enforcing_local_origin_success_rate", "is at most 100",
	  "Envoy, OutlierDetection", check_percent, false, NULL },
	{ "outlier_detection.failure_percentage_threshold", "is at most 100",
	  "Envoy, OutlierDetection", check_percent, false, NULL },
	{ "outlier_detection.enforcing_failure_percentage", "is at most 100",
	  "Envoy, OutlierDetection", check_percent, false, NULL },
	{ "outlier_detection.enforcing_failure_percentage_local_origin", "is at most 100",
	  "Envoy, OutlierDetection", check_percent, false, NULL },

	{ "envoy_opts.least_request_lb_config.choice_count", "is at least 2",
	  "Envoy, LeastRequestLbConfig", check_choices, false, "least_request_lb_config" },
	{ "envoy_opts.ring_hash_lb_config.minimum_ring_size", "is at most 8388608",
	  "Envoy, RingHashLbConfig", check_ring, false, "ring_hash_lb_config" },
	{ "envoy_opts.ring_hash_lb_config.maximum_ring_size", "is at most 8388608",
	  "Envoy, RingHashLbConfig", check_ring, false, "ring_hash_lb_config" },
	{ "envoy_opts.maglev_lb_config.table_size", "is at most 5000011", "Envoy, MaglevLbConfig",
	  check_maglev, false, "maglev_lb_config" },
	{ NULL, NULL, NULL, NULL, false, NULL },
};
