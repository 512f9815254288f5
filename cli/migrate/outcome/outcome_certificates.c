/* outcome_certificates: client certificates.
 *
 *   in     auth-tls-*
 *   out    the Secret with the client CA, on every Ingress of the host
 *   never  lets anybody in without a certificate whom nginx kept out
 */
#include "cli/migrate/outcome/outcome_table.h"

#include "cli/migrate/nginx/nginx_server.h"

/* Whose client certificates nginx asks for: the first Ingress of a host that has auth-tls-secret
 * decides for all Ingresses of that host. */
static const struct migrate_source *certificates(const struct migrate *migrate,
						 const struct migrate_source *source)
{
	const struct msg_rule_list *rules = &source->ingress->spec.rules;

	for (size_t i = 0; i < rules->n; i++) {
		const struct nginx_server *server =
			cli_nginx_server_get(migrate, rules->items[i].host);

		if (server && server->certificate_of)
			return server->certificate_of;
	}
	return NULL;
}

enum client_verify { VERIFY_NONE, VERIFY_ON, VERIFY_OPTIONAL };

static enum client_verify verify_of(const struct migrate_source *of)
{
	const struct str how =
		of ? cli_migrate_source_get(of, "auth-tls-verify-client") : STR("off");

	if (str_is(how, "off"))
		return VERIFY_NONE;
	return str_is(how, "optional") || str_is(how, "optional_no_ca") ? VERIFY_OPTIONAL
									: VERIFY_ON;
}

/* The auth-tls-secret of `of`, if `source` may refer to it. */
static struct str secret_for(const struct migrate_source *source, const struct migrate_source *of)
{
	struct str namespace = of->ingress->metadata.namespace;
	struct str name = cli_migrate_source_get(of, "auth-tls-secret");

	str_cut(name, '/', &namespace, &name);
	return str_eq(namespace, source->ingress->metadata.namespace) ? name : STR_NONE;
}

bool cli_outcome_certificates_open(const struct migrate *migrate,
				   const struct migrate_source *source)
{
	const struct migrate_source *of = certificates(migrate, source);
	const enum client_verify verify = verify_of(of);

	return verify == VERIFY_OPTIONAL ||
	       (verify == VERIFY_ON && (!secret_for(source, of).len ||
					cli_migrate_source_get(of, "auth-tls-match-cn").len));
}

/* ---- the annotations ---- */

void cli_outcome_tls_secret(struct outcome_job *job)
{
	const struct migrate_source *of = certificates(job->migrate, job->source);
	static const char *const headers[] = { "ssl-client-verify", "ssl-client-subject-dn",
					       "ssl-client-issuer-dn", "ssl-client-cert" };

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		cli_outcome_access_remove_header(job, str_from(headers[i]));
	if (of && of != job->source) {
		cli_outcome_say(job, OUTCOME_UNNEEDED,
				"nginx uses that of " STR_FMT ", which has the same host",
				STR_ARG(of->key));
	} else if (verify_of(job->source) != VERIFY_ON) {
		cli_outcome_say(job, OUTCOME_UNNEEDED,
				"auth-tls-verify-client does not require a certificate");
	} else if (cli_outcome_access_has_own(job->source)) {
		cli_outcome_access_say_own(job);
	} else if (!secret_for(job->source, job->source).len) {
		cli_outcome_say(job, OUTCOME_DECIDE,
				"the Secret is in another namespace, which Pomerium annotations "
				"cannot refer to; until this is settled, nobody gets in");
		cli_migrate_source_choice(
			job->migrate, job->finding,
			"copy the Secret into the namespace of the Ingress and name it "
			"in tls_downstream_client_ca_secret");
	} else {
		cli_outcome_say(job, OUTCOME_WRITTEN, "tls_downstream_client_ca_secret");
	}
}

void cli_outcome_tls_verify(struct outcome_job *job)
{
	const enum client_verify verify = verify_of(job->source);

	if (!cli_migrate_source_get(job->source, "auth-tls-secret").len) {
		cli_outcome_say(job, OUTCOME_UNNEEDED, "without auth-tls-secret it has no effect");
	} else if (cli_outcome_access_has_own(job->source)) {
		cli_outcome_access_say_own(job);
	} else if (verify != VERIFY_OPTIONAL) {
		cli_outcome_say(
			job, verify == VERIFY_ON ? OUTCOME_WRITTEN : OUTCOME_UNNEEDED,
			"Pomerium requires a valid certificate wherever a client CA is set, "
			"unless spec.downstreamMtls.enforcement says otherwise");
	} else {
		cli_outcome_say(
			job, OUTCOME_DECIDE,
			"must clients have a certificate? Until this is decided, nobody gets "
			"in");
		cli_migrate_source_choice(job->migrate, job->finding,
					  "yes: set tls_downstream_client_ca_secret and a policy");
		cli_migrate_source_choice(job->migrate, job->finding, "no: set a policy alone");
		cli_migrate_source_choice(
			job->migrate, job->finding,
			"some of them: set spec.downstreamMtls.enforcement: policy, for "
			"all routes, and use the criterion invalid_client_certificate");
	}
}

void cli_outcome_tls_depth(struct outcome_job *job)
{
	if (str_is(job->value, "1") ||
	    !cli_migrate_source_get(job->source, "auth-tls-secret").len) {
		cli_outcome_say(job, OUTCOME_UNNEEDED, "1 is Pomerium's default, too");
		return;
	}
	cli_outcome_say(job, OUTCOME_DECIDE,
			"how long may the chain of a client certificate be? Pomerium has one limit "
			"for all routes");
	cli_migrate_source_choice(job->migrate, job->finding,
				  "set spec.downstreamMtls.maxVerifyDepth: " STR_FMT
				  " on the Pomerium object",
				  STR_ARG(job->value));
	cli_migrate_source_choice(job->migrate, job->finding, "keep the default, 1");
}

void cli_outcome_tls_name(struct outcome_job *job)
{
	if (!cli_migrate_source_get(job->source, "auth-tls-secret").len) {
		cli_outcome_say(job, OUTCOME_UNNEEDED, "without auth-tls-secret it has no effect");
		return;
	}
	if (cli_outcome_access_has_own(job->source)) {
		cli_outcome_access_say_own(job);
		return;
	}
	cli_outcome_say(job, OUTCOME_DECIDE,
			"which certificates are let in? Pomerium does not look at common names; "
			"until this is decided, nobody gets in");
	cli_migrate_source_choice(job->migrate, job->finding,
				  "a policy with the criterion client_certificate, which compares "
				  "fingerprints");
	cli_migrate_source_choice(
		job->migrate, job->finding,
		"set spec.downstreamMtls.matchSubjectAltNames.dns, for all routes");
}

void cli_outcome_tls_pass(struct outcome_job *job)
{
	if (!cli_migrate_source_is_true(job->value)) {
		cli_outcome_say(job, OUTCOME_UNNEEDED, "it is off");
		return;
	}
	cli_outcome_say(job, OUTCOME_DECIDE,
			"does the upstream need the certificate? Pomerium does not pass it on");
	cli_migrate_source_choice(job->migrate, job->finding,
				  "its fingerprint is enough: use set_request_headers with "
				  "${pomerium.client_cert_fingerprint}");
	cli_migrate_source_choice(job->migrate, job->finding, "it does not need it");
}

/* ---- the annotation for Pomerium ---- */

/* nginx asks for client certificates on the whole host, even if another Ingress says so. */
void cli_outcome_certificates(struct migrate *migrate, struct migrate_source *source)
{
	const struct migrate_source *of = certificates(migrate, source);
	struct migrate_finding *finding;
	struct str secret;
	bool is_clear;

	if (verify_of(of) == VERIFY_NONE)
		return;
	secret = secret_for(source, of);
	is_clear = verify_of(of) == VERIFY_ON && secret.len;
	if (is_clear)
		cli_migrate_source_line(migrate, source, PLACE_ACCESS,
					"tls_downstream_client_ca_secret", secret);
	if (of == source)
		return;
	finding = cli_migrate_source_finding(migrate, source, STR("auth-tls-secret"),
					     cli_migrate_source_get(of, "auth-tls-secret"));
	finding->place = PLACE_ACCESS;
	finding->outcome = is_clear ? OUTCOME_WRITTEN : OUTCOME_DECIDE;
	finding->sentence = pool_printf(&migrate->pool,
					"of " STR_FMT ": nginx asks for client certificates on the "
					"whole host%s",
					STR_ARG(of->key),
					is_clear ? "" : "; until this is settled, nobody gets in");
	if (!is_clear)
		cli_migrate_source_choice(migrate, finding, "decide it as for " STR_FMT,
					  STR_ARG(of->key));
}
