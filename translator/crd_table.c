/* crd_table: one row a field of the Pomerium object.
 *
 *   in     nothing
 *   out    the CRD's schema (generated kustomize of ingress.pomerium.io/v1, 2026-08) and the field of Settings it fills
 *   never  holds a rule that two fields share: those are in crd.c
 */
#include "translator/crd_table.h"

#include <strings.h>

const struct crd_field translator_crd_fields[] = {
	{ "accessLogFields", CRD_LIST, 0, NULL, "access_log_fields", CRD_STRINGS, NULL },
	{ "allowUpgrades", CRD_LIST, 0, NULL, "allow_upgrades", CRD_STRINGS, NULL },
	{ "authenticate", CRD_OBJECT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "authenticate.url", CRD_TEXT, CRD_REQUIRED | CRD_HTTPS, NULL, "authenticate_service_url", CRD_AS_IS, NULL },
	{ "authorizeLogFields", CRD_LIST, 0, NULL, "authorize_log_fields", CRD_STRINGS, NULL },
	{ "bearerTokenFormat", CRD_TEXT, 0, "default idp_access_token idp_identity_token", "bearer_token_format", CRD_UPPER,
	  "BEARER_TOKEN_FORMAT_" },
	{ "caSecrets", CRD_LIST, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "certificateAutoProvision", CRD_OBJECT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "certificateAutoProvision.clusterIssuer", CRD_TEXT, CRD_NOT_EMPTY, NULL, NULL, CRD_AS_IS, NULL },
	{ "certificateAutoProvision.issuer", CRD_TEXT, CRD_NOT_EMPTY, NULL, NULL, CRD_AS_IS, NULL },
	{ "certificates", CRD_LIST, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "circuitBreakerThresholds", CRD_OBJECT, 0, NULL, "circuit_breaker_thresholds", CRD_AS_IS, NULL },
	{ "circuitBreakerThresholds.maxConnectionPools", CRD_COUNT, 0, NULL,
	  "circuit_breaker_thresholds.max_connection_pools", CRD_AS_IS, NULL },
	{ "circuitBreakerThresholds.maxConnections", CRD_COUNT, 0, NULL, "circuit_breaker_thresholds.max_connections",
	  CRD_AS_IS, NULL },
	{ "circuitBreakerThresholds.maxPendingRequests", CRD_COUNT, 0, NULL,
	  "circuit_breaker_thresholds.max_pending_requests", CRD_AS_IS, NULL },
	{ "circuitBreakerThresholds.maxRequests", CRD_COUNT, 0, NULL, "circuit_breaker_thresholds.max_requests", CRD_AS_IS,
	  NULL },
	{ "circuitBreakerThresholds.maxRetries", CRD_COUNT, 0, NULL, "circuit_breaker_thresholds.max_retries", CRD_AS_IS,
	  NULL },
	{ "codecType", CRD_TEXT, 0, "auto http1 http2 http3", "codec_type", CRD_UPPER, "CODEC_TYPE_" },
	{ "cookie", CRD_OBJECT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "cookie.domain", CRD_TEXT, 0, NULL, "cookie_domain", CRD_AS_IS, NULL },
	{ "cookie.expire", CRD_DURATION, 0, NULL, "cookie_expire", CRD_AS_IS, NULL },
	{ "cookie.httpOnly", CRD_BOOL, 0, NULL, "cookie_http_only", CRD_AS_IS, NULL },
	{ "cookie.name", CRD_TEXT, 0, NULL, "cookie_name", CRD_AS_IS, NULL },
	{ "cookie.sameSite", CRD_TEXT, CRD_ANY_CASE, "strict lax none", "cookie_same_site", CRD_AS_IS, NULL },
	{ "dataBroker", CRD_OBJECT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "dataBroker.clusterLeaderId", CRD_TEXT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "dns", CRD_OBJECT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "dns.failureRefreshRate", CRD_DURATION, 0, NULL, "dns_failure_refresh_rate", CRD_AS_IS, NULL },
	{ "dns.lookupFamily", CRD_TEXT, CRD_ANY_CASE, "auto v4_only v6_only v4_preferred all", "dns_lookup_family", CRD_UPPER,
	  "" },
	{ "dns.queryTimeout", CRD_DURATION, 0, NULL, "dns_query_timeout", CRD_AS_IS, NULL },
	{ "dns.queryTries", CRD_COUNT, 0, NULL, "dns_query_tries", CRD_AS_IS, NULL },
	{ "dns.refreshRate", CRD_DURATION, 0, NULL, "dns_refresh_rate", CRD_AS_IS, NULL },
	{ "dns.udpMaxQueries", CRD_COUNT, 0, NULL, "dns_udp_max_queries", CRD_AS_IS, NULL },
	{ "dns.useTcp", CRD_BOOL, 0, NULL, "dns_use_tcp", CRD_AS_IS, NULL },
	{ "downstreamMtls", CRD_OBJECT, 0, NULL, "downstream_mtls", CRD_AS_IS, NULL },
	{ "downstreamMtls.ca", CRD_TEXT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "downstreamMtls.crl", CRD_TEXT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "downstreamMtls.enforcement", CRD_TEXT, CRD_LENIENT | CRD_ANY_CASE,
	  "policy_with_default_deny policy reject_connection", "downstream_mtls.enforcement", CRD_UPPER, "" },
	{ "downstreamMtls.matchSubjectAltNames", CRD_OBJECT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "downstreamMtls.matchSubjectAltNames.dns", CRD_TEXT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "downstreamMtls.matchSubjectAltNames.email", CRD_TEXT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "downstreamMtls.matchSubjectAltNames.ipAddress", CRD_TEXT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "downstreamMtls.matchSubjectAltNames.uri", CRD_TEXT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "downstreamMtls.matchSubjectAltNames.userPrincipalName", CRD_TEXT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "downstreamMtls.maxVerifyDepth", CRD_COUNT, 0, NULL, "downstream_mtls.max_verify_depth", CRD_AS_IS, NULL },
	{ "envoyDynamicExtensions", CRD_LIST, 0, NULL, "envoy_dynamic_extensions", CRD_STRINGS, NULL },
	{ "headersWithUnderscoresAction", CRD_TEXT, 0, "allow reject_request drop_header", "headers_with_underscores_action",
	  CRD_UPPER, "HEADERS_WITH_UNDERSCORES_ACTION_" },
	{ "identityProvider", CRD_OBJECT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "identityProvider.provider", CRD_TEXT, CRD_REQUIRED,
	  "apple auth0 azure cognito github gitlab google hosted oidc okta onelogin ping", "idp_provider", CRD_AS_IS, NULL },
	{ "identityProvider.refreshDirectory", CRD_OBJECT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "identityProvider.refreshDirectory.interval", CRD_DURATION, CRD_REQUIRED, NULL, NULL, CRD_AS_IS, NULL },
	{ "identityProvider.refreshDirectory.timeout", CRD_DURATION, CRD_REQUIRED, NULL, NULL, CRD_AS_IS, NULL },
	{ "identityProvider.requestParams", CRD_MAP, 0, NULL, "request_params", CRD_AS_IS, NULL },
	{ "identityProvider.requestParamsSecret", CRD_TEXT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "identityProvider.scopes", CRD_LIST, 0, NULL, "scopes", CRD_AS_IS, NULL },
	{ "identityProvider.secret", CRD_TEXT, CRD_NOT_EMPTY, NULL, NULL, CRD_AS_IS, NULL },
	{ "identityProvider.serviceAccountFromSecret", CRD_TEXT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "identityProvider.url", CRD_TEXT, CRD_HTTPS, NULL, "idp_provider_url", CRD_AS_IS, NULL },
	{ "idpAccessTokenAllowedAudiences", CRD_LIST, 0, NULL, "idp_access_token_allowed_audiences", CRD_STRINGS, NULL },
	{ "jwtClaimHeaders", CRD_MAP, 0, NULL, "jwt_claims_headers", CRD_AS_IS, NULL },
	{ "mcpAllowedAsMetadataDomains", CRD_LIST, 0, NULL, "mcp_allowed_as_metadata_domains", CRD_AS_IS, NULL },
	{ "mcpAllowedClientIdDomains", CRD_LIST, 0, NULL, "mcp_allowed_client_id_domains", CRD_AS_IS, NULL },
	{ "mergeSlashes", CRD_BOOL, 0, NULL, "merge_slashes", CRD_AS_IS, NULL },
	{ "normalizePath", CRD_BOOL, 0, NULL, "normalize_path", CRD_AS_IS, NULL },
	{ "otel", CRD_OBJECT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "otel.bspMaxExportBatchSize", CRD_INT, 0, NULL, "otel_bsp_max_export_batch_size", CRD_AS_IS, NULL },
	{ "otel.bspScheduleDelay", CRD_DURATION, 0, NULL, "otel_bsp_schedule_delay", CRD_AS_IS, NULL },
	{ "otel.endpoint", CRD_TEXT, CRD_REQUIRED, NULL, "otel_exporter_otlp_traces_endpoint", CRD_AS_IS, NULL },
	{ "otel.headers", CRD_MAP, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "otel.logLevel", CRD_TEXT, 0, "trace debug info warn error", "otel_log_level", CRD_AS_IS, NULL },
	{ "otel.protocol", CRD_TEXT, CRD_REQUIRED, "grpc http/protobuf", "otel_exporter_otlp_traces_protocol", CRD_AS_IS,
	  NULL },
	{ "otel.resourceAttributes", CRD_MAP, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "otel.sampling", CRD_TEXT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "otel.timeout", CRD_DURATION, 0, NULL, "otel_exporter_otlp_traces_timeout", CRD_AS_IS, NULL },
	{ "passIdentityHeaders", CRD_BOOL, 0, NULL, "pass_identity_headers", CRD_AS_IS, NULL },
	{ "pathWithEscapedSlashesAction", CRD_TEXT, 0,
	  "keep_unchanged reject_request unescape_and_redirect unescape_and_forward", "path_with_escaped_slashes_action",
	  CRD_UPPER, "PATH_WITH_ESCAPED_SLASHES_ACTION_" },
	{ "programmaticRedirectDomains", CRD_LIST, 0, NULL, "programmatic_redirect_domain_whitelist", CRD_AS_IS, NULL },
	{ "runtimeFlags", CRD_FLAGS, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "secrets", CRD_TEXT, CRD_REQUIRED | CRD_NOT_EMPTY, NULL, NULL, CRD_AS_IS, NULL },
	{ "setResponseHeaders", CRD_MAP, 0, NULL, "set_response_headers", CRD_AS_IS, NULL },
	{ "ssh", CRD_OBJECT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "ssh.hostKeySecrets", CRD_LIST, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "ssh.userCaKeySecret", CRD_TEXT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "storage", CRD_OBJECT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "storage.file", CRD_OBJECT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "storage.file.path", CRD_TEXT, CRD_REQUIRED | CRD_NOT_EMPTY, NULL, NULL, CRD_AS_IS, NULL },
	{ "storage.postgres", CRD_OBJECT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "storage.postgres.caSecret", CRD_TEXT, CRD_NOT_EMPTY, NULL, NULL, CRD_AS_IS, NULL },
	{ "storage.postgres.secret", CRD_TEXT, CRD_REQUIRED | CRD_NOT_EMPTY, NULL, NULL, CRD_AS_IS, NULL },
	{ "storage.postgres.tlsSecret", CRD_TEXT, CRD_NOT_EMPTY, NULL, NULL, CRD_AS_IS, NULL },
	{ "timeouts", CRD_OBJECT, 0, NULL, NULL, CRD_AS_IS, NULL },
	{ "timeouts.idle", CRD_DURATION, 0, NULL, "timeout_idle", CRD_AS_IS, NULL },
	{ "timeouts.read", CRD_DURATION, 0, NULL, "timeout_read", CRD_AS_IS, NULL },
	{ "timeouts.write", CRD_DURATION, 0, NULL, "timeout_write", CRD_AS_IS, NULL },
	{ "useProxyProtocol", CRD_BOOL, 0, NULL, "use_proxy_protocol", CRD_AS_IS, NULL },
	{ NULL, CRD_OBJECT, 0, NULL, NULL, CRD_AS_IS, NULL },
};

bool translator_crd_allows(const struct crd_field *field, struct str text)
{
	struct str rest = str_from(field->allowed), word;

	for (bool more = true; more;) {
		more = str_cut(rest, ' ', &word, &rest);
		if (!more)
			word = rest;
		if (word.len == text.len &&
		    (field->flags & CRD_ANY_CASE ? strncasecmp(word.ptr, text.ptr, text.len) == 0 : str_eq(word, text)))
			return true;
	}
	return false;
}
