/* outcome_table: every annotation of ingress-nginx, and the function that converts it. */
#ifndef CLI_OUTCOME_TABLE_H
#define CLI_OUTCOME_TABLE_H

#include "cli/migrate/outcome/outcome.h"

struct outcome_row {
	const char *name;
	unsigned outcomes; /* bits: 1 << OUTCOME_... */
	enum migrate_place place;
	/* NULL: always the one outcome, and `how` is the sentence. */
	void (*convert)(struct outcome_job *job);
	const char *here; /* annotations without prefix, spec. of the Pomerium object; "" */
	const char *how;
};

const struct outcome_row *cli_outcome_table_row(struct str name);
void cli_outcome_table_print(struct buf *out); /* as a table in Markdown */

/* outcome_access.c */
void cli_outcome_login(struct outcome_job *job);
void cli_outcome_range(struct outcome_job *job);
void cli_outcome_satisfy(struct outcome_job *job);
void cli_outcome_global_auth(struct outcome_job *job);
void cli_outcome_auth_headers(struct outcome_job *job);
/* outcome_certificates.c */
void cli_outcome_tls_secret(struct outcome_job *job);
void cli_outcome_tls_verify(struct outcome_job *job);
void cli_outcome_tls_depth(struct outcome_job *job);
void cli_outcome_tls_name(struct outcome_job *job);
void cli_outcome_tls_pass(struct outcome_job *job);
/* outcome_paths.c */
void cli_outcome_regex(struct outcome_job *job);
void cli_outcome_rewrite(struct outcome_job *job);
void cli_outcome_app_root(struct outcome_job *job);
void cli_outcome_redirect(struct outcome_job *job);
void cli_outcome_redirect_code(struct outcome_job *job);
void cli_outcome_www(struct outcome_job *job);
void cli_outcome_alias(struct outcome_job *job);
void cli_outcome_canary(struct outcome_job *job);
void cli_outcome_canary_rule(struct outcome_job *job);
void cli_outcome_passthrough(struct outcome_job *job);
/* outcome_upstream.c */
void cli_outcome_affinity(struct outcome_job *job);
void cli_outcome_protocol(struct outcome_job *job);
void cli_outcome_balance(struct outcome_job *job);
void cli_outcome_hash(struct outcome_job *job);
void cli_outcome_service(struct outcome_job *job);
void cli_outcome_timeout(struct outcome_job *job);
void cli_outcome_retry(struct outcome_job *job);
void cli_outcome_limit(struct outcome_job *job);
void cli_outcome_ssl_secret(struct outcome_job *job);
void cli_outcome_ssl_name(struct outcome_job *job);
void cli_outcome_ssl_verify(struct outcome_job *job);
void cli_outcome_vhost(struct outcome_job *job);
/* outcome_headers.c */
void cli_outcome_custom_headers(struct outcome_job *job);
void cli_outcome_cors(struct outcome_job *job);
void cli_outcome_cors_part(struct outcome_job *job);
void cli_outcome_forwarded_prefix(struct outcome_job *job);
void cli_outcome_snippet(struct outcome_job *job);
void cli_outcome_location(struct outcome_job *job);
void cli_outcome_connection(struct outcome_job *job);
/* outcome_other.c: on or off, and one of the two says nothing */
void cli_outcome_if_on(struct outcome_job *job);
void cli_outcome_if_off(struct outcome_job *job);
void cli_outcome_http_version(struct outcome_job *job);
void cli_outcome_ssl_redirect(struct outcome_job *job);
void cli_outcome_telemetry(struct outcome_job *job);

#endif
