/* settings_splice: fills the fields of Settings whose values stand in Secrets.
 *
 *   in     the facts of the Secrets that the Pomerium object names
 *   out    splices for the publisher, certificates, authorities in clear
 *   owns   which key of which type of Secret goes where
 *   never  sees a private value
 */
#include "translator/settings/settings.h"

#include "rules/rules.h"
#include "translator/settings/crd.h"
#include "translator/answer.h"
#include "translator/bundle_secret.h"

/* ---- certificates and authorities ---- */

static bool is_repeated(const struct value *list, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (str_eq(list->list.items[k].string, list->list.items[i].string))
			return true;
	return false;
}

/* One that is missing holds up nothing else: cert-manager may still be about to make it. */
static int add_certificate(struct settings_job *job, struct str name, struct err *err)
{
	const struct msg_bundle_secret *secret =
		translator_settings_secret(job, "certificates", name, err);

	if (!secret && str_find(name, '/') < 0)
		return -1;
	if (!secret) {
		translator_answer_warn(job->out, job->pool, RULE_CERT_LATER,
				       "%s: its certificate is not served until it is there, "
				       "everything else is applied",
				       err->text);
		return 0;
	}
	if (!str_is(secret->type, "kubernetes.io/tls"))
		return err_rule(err, RULE_CERT_TYPE,
				"spec.certificates: Secret %s should be of type kubernetes.io/tls "
				"and not %s",
				err_quote(name), err_quote(secret->type));
	if (translator_bundle_secret_check_pair(secret, NULL, NULL, err))
		return err_wrap(err, "spec.certificates: Secret %s", err_quote(name));
	translator_answer_certificate(job->out, job->pool, job->bundle, secret);
	return 0;
}

int translator_settings_splice_certificates(struct settings_job *job, struct err *err)
{
	const struct value *list = translator_crd_get(job->spec, "certificates");

	for (size_t i = 0; list && i < list->list.n; i++)
		if (!is_repeated(list, i) && add_certificate(job, list->list.items[i].string, err))
			return -1;
	return 0;
}

/* They stand behind those of the system, so that a text without any block does no harm. */
static int check_authorities(struct settings_job *job, struct str name,
			     const struct msg_secret_info *info, struct err *err)
{
	struct err why = { .code = RULE_CA_EMPTY };

	if (info && info->len && !info->clear.ptr)
		return err_rule(err, RULE_CA_HOLDS_KEY,
				"ca.crt holds a private key: it should hold certificates only");
	if (info && info->len && !x509_strict_check_bundle(info->clear, &why))
		return 0;
	if (why.code != RULE_CA_EMPTY)
		return err_rule(err, why.code, "ca.crt: %s", why.text);
	translator_answer_warn(job->out, job->pool, RULE_CA_NONE,
			       "spec.caSecrets: Secret %s has no ca.crt that can be read",
			       err_quote(name));
	return 0;
}

/* All authorities in one text, a line feed after each; a Secret without one counts as an empty
 * one. */
static int collect_authorities(struct settings_job *job, const struct value *list, struct buf *pem,
			       struct err *err)
{
	for (size_t i = 0; i < list->list.n; i++) {
		struct str name = list->list.items[i].string;
		const struct msg_bundle_secret *secret =
			translator_settings_secret(job, "caSecrets", name, err);
		const struct msg_secret_info *info =
			secret ? msg_bundle_secret_info(secret, "ca.crt") : NULL;

		if (!secret)
			return -1;
		if (check_authorities(job, name, info, err))
			return err_wrap(err, "spec.caSecrets: Secret %s", err_quote(name));
		if (info)
			buf_str(pem, info->clear);
		buf_putc(pem, '\n');
	}
	return 0;
}

int translator_settings_splice_authorities(struct settings_job *job, struct value *tree,
					   struct err *err)
{
	const struct value *list = translator_crd_get(job->spec, "caSecrets");
	struct value authorities;
	struct buf pem, text;
	int rc = -1;

	if (!list || !list->list.n)
		return 0;
	buf_init(&pem, BUF_MAX_TEXT);
	buf_init(&text, BUF_MAX_MESSAGE / 2);
	if (collect_authorities(job, list, &pem, err))
		goto out;
	if (pem.full) {
		err_rule(err, RULE_CONFIG_SIZE,
			 "spec.caSecrets: all together should have at most %u MB",
			 BUF_MAX_TEXT >> 20);
		goto out;
	}
	buf_base64(&text, buf_view(&pem));
	authorities = (struct value){ .type = VALUE_STRING,
				      .string = pool_str(job->pool, buf_view(&text)) };
	translator_crd_settings_put(job->pool, tree, STR("certificate_authority"), &authorities);
	rc = 0;
out:
	buf_clear(&pem);
	buf_clear(&text);
	return rc;
}

/* ---- identity provider ---- */

static int splice_idp(struct settings_job *job, struct err *err)
{
	static const char FIELD[] = "identityProvider.secret";
	static const char *const keys[] = { "client_id", "client_secret" };
	const struct msg_bundle_secret *secret;

	if (str_is(translator_crd_text(job->spec, "identityProvider.provider"), "hosted"))
		return 0; /* it needs none, so none is read */
	secret = translator_settings_secret(job, FIELD, translator_crd_text(job->spec, FIELD), err);
	if (!secret)
		return -1;
	for (size_t i = 0; i < 2; i++) {
		const struct msg_secret_info *info =
			translator_settings_secret_need(secret, FIELD, keys[i], err);

		if (!info)
			return err_wrap(err, "idp secret");
		translator_settings_secret_splice(job, FIELD, secret, info->name, STR(""));
	}
	if (msg_bundle_secret_info(secret, "service_account"))
		translator_answer_warn(
			job->out, job->pool, RULE_IDP_DIRECTORY,
			"identityProvider.secret.service_account: config option was removed, "
			"please "
			"see https://docs.pomerium.com/docs/overview/upgrading#idp-directory-sync");
	return 0;
}

static int splice_request_params(struct settings_job *job, struct err *err)
{
	static const char FIELD[] = "identityProvider.requestParamsSecret";
	struct str name = translator_crd_text(job->spec, FIELD);
	const struct value *own = translator_crd_get(job->spec, "identityProvider.requestParams");
	const struct msg_bundle_secret *secret;

	if (!name.ptr)
		return 0;
	secret = translator_settings_secret(job, FIELD, name, err);
	for (size_t i = 0; secret && i < secret->values.n; i++) {
		const struct msg_secret_info *info = &secret->values.items[i];

		if (own && value_get(own, info->name.ptr))
			return err_rule(
				err, RULE_IDP_PARAMS,
				"idp request params: spec.%s: Secret %s has the key %s, which "
				"spec.identityProvider.requestParams has too: it should be in one "
				"of them",
				FIELD, err_quote(name), err_quote(info->name));
		if (!info->utf8)
			return err_rule(
				err, RULE_SECRET_TEXT,
				"idp request params: spec.%s: Secret %s: the value of %s is "
				"not text (UTF-8)",
				FIELD, err_quote(name), err_quote(info->name));
		translator_settings_secret_splice(job, FIELD, secret, info->name, info->name);
	}
	return secret ? 0 : -1;
}

int translator_settings_splice_idp(struct settings_job *job, struct err *err)
{
	if (!translator_crd_get(job->spec, "identityProvider"))
		return 0;
	if (translator_crd_get(job->spec, "identityProvider.refreshDirectory") ||
	    translator_crd_get(job->spec, "identityProvider.serviceAccountFromSecret"))
		translator_answer_warn(job->out, job->pool, RULE_IDP_DIRECTORY,
				       "spec.identityProvider: refreshDirectory and "
				       "serviceAccountFromSecret are no "
				       "longer in use: Pomerium has removed directory sync");
	return splice_idp(job, err) || splice_request_params(job, err) ? -1 : 0;
}

/* ---- ssh ---- */

static int splice_ssh_key(struct settings_job *job, const char *field, struct str name,
			  struct str at, struct err *err)
{
	const struct msg_bundle_secret *secret = translator_settings_secret(job, field, name, err);
	const struct msg_secret_info *info;

	if (!secret)
		return -1;
	if (!str_is(secret->type, "kubernetes.io/ssh-auth"))
		return err_rule(
			err, RULE_SECRET_TYPE,
			"spec.%s: Secret %s should be of type kubernetes.io/ssh-auth and not %s",
			field, err_quote(name), err_quote(secret->type));
	info = translator_settings_secret_need(secret, field, "ssh-privatekey", err);
	if (!info)
		return -1;
	if (!info->is_private_key)
		translator_answer_warn(job->out, job->pool, RULE_SSH_KEY,
				       "spec.%s: Secret %s: ssh-privatekey is not a private key "
				       "without a password",
				       field, err_quote(name));
	translator_settings_secret_splice(job, field, secret, info->name, at);
	return 0;
}

int translator_settings_splice_ssh(struct settings_job *job, struct value *tree, struct err *err)
{
	const struct value *hosts = translator_crd_get(job->spec, "ssh.hostKeySecrets");
	struct str user_ca = translator_crd_text(job->spec, "ssh.userCaKeySecret");

	for (size_t i = 0; hosts && i < hosts->list.n; i++) {
		struct str at = pool_printf(job->pool, "%zu", i);

		if (splice_ssh_key(job, "ssh.hostKeySecrets", hosts->list.items[i].string, at, err))
			return -1;
	}
	if (hosts && hosts->list.n)
		translator_crd_settings_put(job->pool, tree, STR("ssh_host_keys"),
					    &(struct value){ .type = VALUE_MAP });
	if (!user_ca.ptr)
		return 0;
	return splice_ssh_key(job, "ssh.userCaKeySecret", user_ca, STR(""), err);
}
