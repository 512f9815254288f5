/* settings_rules: lists what Pomerium refuses of its settings, each rule with its source.
 *
 *   in     one text of the Pomerium object
 *   out    0, or a sentence that says what would be right
 *   owns   the table
 *   never  repeats a rule of the CRD's schema (crd_table.c)
 */
#include "translator/settings/settings.h"

#include <math.h>

#include "net/url.h"
#include "rules/rules.h"
#include "rules/rules_header.h"
#include "translator/answer.h"
#include "translator/settings/crd.h"
#include "translator/regex/regex.h"
#include "translator/regex/regex_envoy.h"
#include "translator/validate/upgrades.h"
#include "translator/validate/validate.h"
#include "x509/x509_strict.h"

static const char ACCESS_LOG_FIELDS[] =
	"authority client-certificate cluster-stat-name duration forwarded-for ip method path "
	"query referer request-id "
	"response-code response-code-details size upstream-cluster user-agent";
static const char AUTHORIZE_LOG_FIELDS[] =
	"body check-request-id cluster-stat-name email envoy-route-checksum envoy-route-id headers "
	"host id-token "
	"id-token-claims impersonate-email impersonate-session-id impersonate-user-id ip "
	"mcp-method mcp-tool "
	"mcp-tool-parameters method path query removed-groups-count request-id route-checksum "
	"route-id service-account-id "
	"session-id user";

/* ---- URLs and numbers ---- */

static int check_full_url(struct settings_job *job, struct str key, struct str text,
			  struct err *err)
{
	struct url url;

	(void)job, (void)key;
	return url_parse_full(text, &url, err) ? err_wrap(err, "%s", err_quote(text)) : 0;
}

static int check_url(struct settings_job *job, struct str key, struct str text, struct err *err)
{
	struct url url;

	(void)job, (void)key;
	return url_parse(text, &url, err) ? err_wrap(err, "%s", err_quote(text)) : 0;
}

static int check_share(struct settings_job *job, struct str key, struct str text, struct err *err)
{
	char *end = NULL;
	double share = NAN;

	(void)job, (void)key;
	/* strtod would skip blanks and read words. */
	if (text.len && strchr("+-.0123456789", text.ptr[0]) && text.ptr[0])
		share = strtod(text.ptr, &end);
	if (end != text.ptr + text.len || !(share >= 0 && share <= 1))
		return err_set(err, "%s should be a number from 0 to 1", err_quote(text));
	return 0;
}

static int check_not_negative(struct settings_job *job, struct str key, struct str text,
			      struct err *err)
{
	int64_t ns;

	(void)job, (void)key;
	if (pb_parse_go_duration(text, &ns, err))
		return -1;
	if (ns / 1000000000 >= 9223372035)
		return err_rule(err, RULE_DURATION_MAX, "%s should be less than 292 years",
				err_quote(text));
	return ns < 0 ? err_set(err, "%s should not be negative", err_quote(text)) : 0;
}

/* How often a name is looked up: Envoy wants more than a millisecond. */
static int check_rate(struct settings_job *job, struct str key, struct str text, struct err *err)
{
	int64_t ns;

	if (check_not_negative(job, key, text, err))
		return -1;
	(void)pb_parse_go_duration(text, &ns, NULL);
	return ns > 1000000 ? 0
			    : err_rule(err, RULE_DNS_RATE, "%s should be longer than 1ms",
				       err_quote(text));
}

/* ---- names and headers ---- */

static bool is_word(const char *words, struct str text)
{
	struct str rest = str_from(words), word;

	while (str_cut(rest, ' ', &word, &rest))
		if (str_eq(word, text))
			return true;
	return str_eq(rest, text);
}

static int check_log_field(const char *words, struct str text, struct err *err)
{
	if (is_word(words, text) || str_starts(text, "headers."))
		return 0;
	return err_set(err, "%s should be headers.NAME or one of: %s", err_quote(text), words);
}

static int check_access_log_field(struct settings_job *job, struct str key, struct str text,
				  struct err *err)
{
	(void)job, (void)key;
	return check_log_field(ACCESS_LOG_FIELDS, text, err);
}

static int check_authorize_log_field(struct settings_job *job, struct str key, struct str text,
				     struct err *err)
{
	(void)job, (void)key;
	return check_log_field(AUTHORIZE_LOG_FIELDS, text, err);
}

/* The rules for a route's response headers hold here too. */
static int check_response_header(struct settings_job *job, struct str key, struct str text,
				 struct err *err)
{
	const struct validate_value value = { .key = key, .text = text };
	const size_t n = translator_crd_get(job->spec, "setResponseHeaders")->map.n;

	if (n > RULES_HEADERS_MAX)
		return err_rule(err, RULE_HEADER_COUNT, "it may have %d headers, but has %zu",
				RULES_HEADERS_MAX, n);
	for (const struct validate_rule *rule = translator_validate_rules; rule->path; rule++)
		if (strcmp(rule->path, "set_response_headers{}") == 0 && rule->check(&value, err))
			return -1;
	return 0;
}

static int check_line(struct settings_job *job, struct str key, struct str text, struct err *err)
{
	(void)job;
	if (str_has_control(key) || str_has_control(text))
		return err_set(err, "%s: %s holds a NUL, a carriage return or a line feed",
			       err_quote(key), err_quote(text));
	return 0;
}

/* Pomerium takes these headers away from requests, which Envoy does not do with all of them. */
static int check_claim_header(struct settings_job *job, struct str key, struct str text,
			      struct err *err)
{
	if (!key.len || str_starts(key, ":") || str_is_nocase(key, "host"))
		return err_set(err, "%s is no header that can be taken away from requests",
			       err_quote(key));
	return check_line(job, key, text, err);
}

static int check_upgrade(struct settings_job *job, struct str key, struct str text, struct err *err)
{
	const struct value *list = translator_crd_get(job->spec, "allowUpgrades");
	struct str_list names = { pool_array(job->pool, list->list.n + 1, sizeof(struct str)), 0 };

	(void)key;
	/* the list up to this one */
	while (names.n < list->list.n) {
		names.items[names.n] = list->list.items[names.n].string;
		if (names.items[names.n++].ptr == text.ptr)
			break;
	}
	return translator_upgrades_check(&names, names.n - 1, err);
}

static int check_pattern(struct settings_job *job, struct str key, struct str text, struct err *err)
{
	(void)job, (void)key;
	if (translator_regex_check(text, err))
		return err_wrap(err, "%s", err_quote(text));
	return translator_regex_envoy_check(text, err);
}

/* ---- bundles ---- */

static int check_pem(struct str base64, int (*check)(struct str pem, struct err *err),
		     struct err *err)
{
	struct buf pem;
	int rc = 0;

	buf_init(&pem, BUF_MAX_TEXT);
	if (buf_unbase64(&pem, base64) || pem.full)
		rc = err_rule(err, RULE_CA_BASE64, "it should be base64 of a PEM bundle");
	else if (pem.len)
		rc = check(buf_view(&pem), err);
	buf_clear(&pem);
	return rc;
}

static int check_ca(struct settings_job *job, struct str key, struct str text, struct err *err)
{
	(void)job, (void)key;
	return check_pem(text, x509_strict_check_bundle, err);
}

static int check_crl(struct settings_job *job, struct str key, struct str text, struct err *err)
{
	(void)job, (void)key;
	return check_pem(text, x509_strict_check_crl, err);
}

static int check_issuer(struct settings_job *job, struct str key, struct str text, struct err *err)
{
	struct str namespace, name;

	(void)job, (void)key;
	if (str_cut(text, '/', &namespace, &name) && namespace.len && name.len &&
	    str_find(name, '/') < 0)
		return 0;
	return err_set(err, "%s names no Issuer, expected namespace/name", err_quote(text));
}

/* ---- the table ---- */

const struct settings_rule translator_settings_rules[] = {
	{ "authenticate.url", RULE_AUTHENTICATE_URL, check_full_url },
	{ "identityProvider.url", RULE_IDP_URL, check_full_url },
	{ "otel.endpoint", RULE_OTEL_ENDPOINT, check_url },
	{ "otel.sampling", RULE_OTEL_SAMPLING, check_share },
	{ "otel.headers{}", RULE_OTEL_TEXT, check_line },
	{ "otel.resourceAttributes{}", RULE_OTEL_TEXT, check_line },
	{ "accessLogFields[]", RULE_LOG_FIELD, check_access_log_field },
	{ "authorizeLogFields[]", RULE_LOG_FIELD, check_authorize_log_field },
	{ "setResponseHeaders{}", RULE_HEADER_VALUE, check_response_header },
	{ "jwtClaimHeaders{}", RULE_CLAIM_HEADER, check_claim_header },
	{ "downstreamMtls.ca", RULE_CA_EMPTY, check_ca },
	{ "downstreamMtls.crl", RULE_CRL_BLOCK, check_crl },
	{ "downstreamMtls.matchSubjectAltNames.dns", RULE_SAN_PATTERN, check_pattern },
	{ "downstreamMtls.matchSubjectAltNames.email", RULE_SAN_PATTERN, check_pattern },
	{ "downstreamMtls.matchSubjectAltNames.ipAddress", RULE_SAN_PATTERN, check_pattern },
	{ "downstreamMtls.matchSubjectAltNames.uri", RULE_SAN_PATTERN, check_pattern },
	{ "downstreamMtls.matchSubjectAltNames.userPrincipalName", RULE_SAN_PATTERN,
	  check_pattern },
	{ "certificateAutoProvision.issuer", RULE_ISSUER, check_issuer },
	{ "timeouts.idle", RULE_SPEC_DURATION, check_not_negative },
	{ "timeouts.read", RULE_SPEC_DURATION, check_not_negative },
	{ "timeouts.write", RULE_SPEC_DURATION, check_not_negative },
	{ "dns.failureRefreshRate", RULE_SPEC_DURATION, check_rate },
	{ "dns.queryTimeout", RULE_SPEC_DURATION, check_not_negative },
	{ "dns.refreshRate", RULE_SPEC_DURATION, check_rate },
	{ "allowUpgrades[]", RULE_UPGRADE_NAME, check_upgrade },
	{ NULL },
};
