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
#include "rules/rules.h"
#include "rules/rules_header.h"
#include "translator/answer.h"
#include "translator/regex/regex.h"
#include "translator/regex/regex_envoy.h"
#include "translator/validate/upgrades.h"
#include "translator/validate/validate_health.h"

/* ---- headers ---- */

static int header_name(struct str name, struct err *err)
{
	if (!name.len)
		return err_rule(err, RULE_HEADER_NAME, "a header should have a name");
	if (str_has_control(name))
		return err_rule(err, RULE_HEADER_NAME,
				"the header name %s holds a NUL, a carriage return or a line feed",
				err_quote(name));
	if (name.len > 16384)
		return err_rule(err, RULE_HEADER_NAME,
				"a header name may have 16384 bytes, but %s has %zu",
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
		return err_rule(err, RULE_HEADER_FIXED, "the header %s cannot be changed here",
				err_quote(name));
	return 0;
}

static int check_removed_header(const struct validate_value *v, struct err *err)
{
	return header_name(v->text, err) ? -1 : check_ordinary(v->text, err);
}

static int check_response_header(const struct validate_value *v, struct err *err)
{
	if (check_header(v, err) || check_ordinary(v->key, err))
		return -1;
	return rules_header_check_commands(v->text, err)
		       ? err_wrap(err, "header %s", err_quote(v->key))
		       : 0;
}

static int check_n_headers(const struct validate_value *v, struct err *err)
{
	const size_t n = v->route->n_set_response_headers;

	if (n <= RULES_HEADERS_MAX)
		return 0;
	return err_set(
		err, "annotation " STR_FMT "/set_response_headers may set %d headers, but sets %zu",
		STR_ARG(v->job->settings->prefix), RULES_HEADERS_MAX, n);
}

/* ---- numbers ---- */

#define DURATION_MAX_S 9223372035 /* Envoy counts nanoseconds in 63 bits */

static int check_longest(const struct validate_value *v, struct err *err)
{
	return v->number < DURATION_MAX_S * 1000000000LL
		       ? 0
		       : err_rule(err, RULE_DURATION_MAX,
				  "a duration should be less than 292 years");
}

static int check_not_negative(const struct validate_value *v, struct err *err)
{
	return v->number >= 0 ? check_longest(v, err)
			      : err_set(err, "a duration may not be negative");
}

static int check_positive(const struct validate_value *v, struct err *err)
{
	return v->number > 0 ? check_longest(v, err)
			     : err_set(err, "the duration should be longer than 0s");
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
		return translator_regex_envoy_check(v->text, err);
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

/* ---- outlier detection ---- */

#define BASE_EJECTION_MS 30000 /* if it is not given */

static int64_t milliseconds(const Google__Protobuf__Duration *d)
{
	return (d->has_seconds ? d->seconds : 0) * 1000 + (d->has_nanos ? d->nanos : 0) / 1000000;
}

static int check_ejection(const struct validate_value *v, struct err *err)
{
	const Pomerium__Config__OutlierDetection *outlier = v->route->outlier_detection;
	int64_t base = outlier->base_ejection_time ? milliseconds(outlier->base_ejection_time)
						   : BASE_EJECTION_MS;

	if (!outlier->max_ejection_time || milliseconds(outlier->max_ejection_time) >= base)
		return 0;
	return err_set(err,
		       "max_ejection_time should not be less than base_ejection_time, which is %s",
		       outlier->base_ejection_time ? "given, too" : "30s if it is not given");
}

/* ---- access ---- */

/* A rule that denies wins over whatever allows, public access too. */
static bool denies(const Pomerium__Config__Policy *policy)
{
	static const char rule[] = "\ndeny := ";

	for (size_t i = 0; policy && i < policy->n_rego; i++)
		if (memmem(policy->rego[i].data, policy->rego[i].len, rule, strlen(rule)))
			return true;
	return false;
}

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
	if (denies(policy))
		return 0; /* what it denies stays denied */
	if (policy && (policy->n_allowed_users || policy->n_allowed_domains ||
		       policy->n_allowed_idp_claims || policy->n_rego))
		translator_answer_warn(
			v->job->out, v->job->pool, RULE_PUBLIC_POLICY,
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

static int check_upgrades(const struct validate_value *v, struct err *err)
{
	const Pomerium__Config__Route__StringList *list = v->route->allow_upgrades;
	struct str_list names = { pool_array(v->job->pool, list->n_values + 1, sizeof(struct str)),
				  list->n_values };

	for (size_t i = 0; i < names.n; i++)
		names.items[i] = pb_str(list->values[i]);
	for (size_t i = 0; i < names.n; i++)
		if (translator_upgrades_check(&names, i, err))
			return err_wrap(err, "item %zu", i + 1);
	return 0;
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
		translator_answer_warn(v->job->out, v->job->pool, RULE_REWRITE_HOSTS,
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
	{ "from", RULE_FROM_URL, check_from, .each = true },
	{ "", RULE_UPSTREAM_NONE, check_has_to, .each = true },
	{ "to[]", RULE_UPSTREAM_URL, check_to, .each = true },
	{ "regex", RULE_REGEX, check_regex, .each = true },

	{ "", RULE_ACCESS_BOTH, check_public },
	{ "", RULE_REWRITE_BOTH, check_rewrites },
	{ "bearer_token_format", RULE_BEARER_FORMAT, check_bearer },
	{ "allow_upgrades", RULE_UPGRADE_NAME, check_upgrades },
	{ "depends_on[]", RULE_DEPENDS_ON, check_depends_on },
	{ "", RULE_DEPENDS_ON_MAX, check_n_depends_on },
	{ "mcp.server.authorization_server_url", RULE_MCP_URL, check_authorization_server,
	  .annotation = "mcp_server_authorization_server_url" },

	{ "timeout", RULE_TIMEOUT_SIGN, check_not_negative },
	{ "idle_timeout", RULE_TIMEOUT_SIGN, check_not_negative },
	{ "healthy_panic_threshold", RULE_PANIC_SHARE, check_percent },
	{ "tls_server_name", RULE_SERVER_NAME, check_server_name },
	{ "prefix_rewrite", RULE_REWRITE_TEXT, check_header_value },
	{ "regex_rewrite_pattern", RULE_REGEX, check_regex },
	{ "regex_rewrite_substitution", RULE_SUBSTITUTION, check_substitution },
	{ "host_rewrite", RULE_REWRITE_TEXT, check_header_value },
	{ "host_rewrite_header", RULE_REWRITE_TEXT, check_header_value },
	{ "host_path_regex_rewrite_pattern", RULE_REGEX, check_regex },
	{ "host_path_regex_rewrite_substitution", RULE_SUBSTITUTION, check_substitution },

	{ "set_request_headers{}", RULE_HEADER_VALUE, check_header },
	{ "", RULE_HEADER_COUNT, check_n_headers },
	{ "set_response_headers{}", RULE_HEADER_VALUE, check_response_header },
	{ "remove_request_headers[]", RULE_HEADER_NAME, check_removed_header },
	{ "rewrite_response_headers[].header", RULE_HEADER_NAME, check_header_name },
	{ "rewrite_response_headers[].value", RULE_HEADER_VALUE, check_header_value },

	{ "health_checks[]", RULE_HEALTH_PARTS, translator_validate_health_parts },
	{ "health_checks[].timeout", RULE_HEALTH_DURATION, check_positive },
	{ "health_checks[].interval", RULE_HEALTH_DURATION, check_positive },
	{ "health_checks[].initial_jitter", RULE_HEALTH_JITTER, check_not_negative },
	{ "health_checks[].interval_jitter", RULE_HEALTH_JITTER, check_not_negative },
	{ "health_checks[].no_traffic_interval", RULE_HEALTH_DURATION, check_positive },
	{ "health_checks[].no_traffic_healthy_interval", RULE_HEALTH_DURATION, check_positive },
	{ "health_checks[].unhealthy_interval", RULE_HEALTH_DURATION, check_positive },
	{ "health_checks[].unhealthy_edge_interval", RULE_HEALTH_DURATION, check_positive },
	{ "health_checks[].healthy_edge_interval", RULE_HEALTH_DURATION, check_positive },
	{ "health_checks[].alt_port", RULE_HEALTH_PORT, check_port },
	{ "health_checks[].http_health_check", RULE_HEALTH_PATH, translator_validate_health_http },
	{ "health_checks[].http_health_check.host", RULE_HEALTH_TEXT,
	  translator_validate_health_text },
	{ "health_checks[].http_health_check.request_headers_to_remove[]", RULE_HEADER_NAME,
	  check_header_name },
	{ "health_checks[].http_health_check.expected_statuses[]", RULE_HEALTH_STATUS,
	  translator_validate_health_statuses },
	{ "health_checks[].http_health_check.retriable_statuses[]", RULE_HEALTH_STATUS,
	  translator_validate_health_statuses },
	{ "health_checks[].http_health_check.send.text", RULE_HEALTH_PAYLOAD,
	  translator_validate_health_payload },
	{ "health_checks[].http_health_check.receive[].text", RULE_HEALTH_PAYLOAD,
	  translator_validate_health_payload },
	{ "health_checks[].tcp_health_check.send.text", RULE_HEALTH_PAYLOAD,
	  translator_validate_health_payload },
	{ "health_checks[].tcp_health_check.receive[].text", RULE_HEALTH_PAYLOAD,
	  translator_validate_health_payload },
	{ "health_checks[].grpc_health_check", RULE_HEALTH_GRPC, translator_validate_health_grpc },
	{ "health_checks[].grpc_health_check.authority", RULE_HEALTH_TEXT,
	  translator_validate_health_text },

	{ "outlier_detection", RULE_OUTLIER_MAX, check_ejection },
	{ "outlier_detection.interval", RULE_OUTLIER_DURATION, check_positive },
	{ "outlier_detection.base_ejection_time", RULE_OUTLIER_DURATION, check_positive },
	{ "outlier_detection.max_ejection_time", RULE_OUTLIER_DURATION, check_positive },
	{ "outlier_detection.max_ejection_time_jitter", RULE_OUTLIER_JITTER, check_not_negative },
	{ "outlier_detection.max_ejection_percent", RULE_OUTLIER_SHARE, check_percent },
	{ "outlier_detection.enforcing_consecutive_5xx", RULE_OUTLIER_SHARE, check_percent },
	{ "outlier_detection.enforcing_success_rate", RULE_OUTLIER_SHARE, check_percent },
	{ "outlier_detection.enforcing_consecutive_gateway_failure", RULE_OUTLIER_SHARE,
	  check_percent },
	{ "outlier_detection.enforcing_consecutive_local_origin_failure", RULE_OUTLIER_SHARE,
	  check_percent },
	{ "outlier_detection.enforcing_local_origin_success_rate", RULE_OUTLIER_SHARE,
	  check_percent },
	{ "outlier_detection.failure_percentage_threshold", RULE_OUTLIER_SHARE, check_percent },
	{ "outlier_detection.enforcing_failure_percentage", RULE_OUTLIER_SHARE, check_percent },
	{ "outlier_detection.enforcing_failure_percentage_local_origin", RULE_OUTLIER_SHARE,
	  check_percent },

	{ "envoy_opts.least_request_lb_config.choice_count", RULE_LB_CHOICES, check_choices,
	  .annotation = "least_request_lb_config" },
	{ "envoy_opts.ring_hash_lb_config.minimum_ring_size", RULE_LB_RING, check_ring,
	  .annotation = "ring_hash_lb_config" },
	{ "envoy_opts.ring_hash_lb_config.maximum_ring_size", RULE_LB_RING, check_ring,
	  .annotation = "ring_hash_lb_config" },
	{ "envoy_opts.maglev_lb_config.table_size", RULE_LB_MAGLEV, check_maglev,
	  .annotation = "maglev_lb_config" },
	{ NULL },
};
