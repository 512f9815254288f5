/* settings_secret: finds the Secrets that the Pomerium object names.
 *
 *   in     references of the form namespace/name, the Secrets of the bundle
 *   out    facts, splices, or a sentence that names the field and the Secret
 *   owns   the rules for the Secrets of spec.storage
 *   never  sees a private value: the publisher fills it in
 */
#include "translator/settings/settings.h"

#include "rules/rules.h"
#include "translator/settings/crd.h"
#include "translator/answer.h"
#include "translator/bundle_secret.h"

const struct msg_bundle_secret *translator_settings_secret(const struct settings_job *job,
							   const char *field, struct str name,
							   struct err *err)
{
	const struct msg_bundle_secret *secret;
	struct str namespace, rest;

	if (!str_cut(name, '/', &namespace, &rest)) {
		err_rule(err, RULE_SECRET_NAME, "spec.%s: %s should be namespace/name of a Secret",
			 field, err_quote(name));
		return NULL;
	}
	secret = translator_bundle_secret_find(job->bundle, namespace, rest);
	if (!secret)
		err_rule(err, RULE_SECRET_MISSING, "spec.%s: Secret %s not found", field,
			 err_quote(name));
	return secret;
}

const struct msg_secret_info *
translator_settings_secret_need(const struct msg_bundle_secret *secret, const char *field,
				const char *key, struct err *err)
{
	const struct msg_secret_info *info = msg_bundle_secret_info(secret, key);

	if (!info || info->len == 0) {
		err_rule(err, RULE_SECRET_KEY,
			 "spec.%s: Secret " STR_FMT "/" STR_FMT
			 " has no key %s, or nothing under it",
			 field, STR_ARG(secret->namespace), STR_ARG(secret->name), key);
		return NULL;
	}
	if (!info->utf8) {
		err_rule(err, RULE_SECRET_TEXT,
			 "spec.%s: Secret " STR_FMT "/" STR_FMT
			 ": the value of %s is not text (UTF-8)",
			 field, STR_ARG(secret->namespace), STR_ARG(secret->name), key);
		return NULL;
	}
	return info;
}

void translator_settings_secret_splice(struct settings_job *job, const char *field,
				       const struct msg_bundle_secret *secret, struct str key,
				       struct str at)
{
	const struct str reference = pool_printf(job->pool, "spec.%s", field);
	const struct answer_splice splice = { msg_splice_row_for(MSG_KIND_POMERIUM, reference, key),
					      secret, key, at };

	translator_answer_splice(job->out, job->pool, job->bundle, &splice);
}

static int check_type(const struct msg_bundle_secret *secret, const char *field, const char *type,
		      struct err *err)
{
	if (str_is(secret->type, type))
		return 0;
	return err_rule(err, RULE_SECRET_TYPE,
			"spec.%s: Secret " STR_FMT "/" STR_FMT " should be of type %s and not %s",
			field, STR_ARG(secret->namespace), STR_ARG(secret->name), type,
			err_quote(secret->type));
}

static int check_postgres(const struct settings_job *job, struct err *err)
{
	static const struct {
		const char *field;
		const char *type; /* NULL: any */
		const char *keys[2];
	} parts[] = {
		{ "storage.postgres.secret", NULL, { "connection", NULL } },
		{ "storage.postgres.tlsSecret", "kubernetes.io/tls", { "tls.crt", "tls.key" } },
		{ "storage.postgres.caSecret", NULL, { "ca.crt", NULL } },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct str name = translator_crd_text(job->spec, parts[i].field);
		const struct msg_bundle_secret *secret;

		if (!name.ptr)
			continue;
		secret = translator_settings_secret(job, parts[i].field, name, err);
		if (!secret ||
		    (parts[i].type && check_type(secret, parts[i].field, parts[i].type, err)))
			return -1;
		for (size_t k = 0; k < 2 && parts[i].keys[k]; k++)
			if (!translator_settings_secret_need(secret, parts[i].field,
							     parts[i].keys[k], err))
				return -1;
	}
	return 0;
}

int translator_settings_secret_check_storage(const struct settings_job *job, struct err *err)
{
	if (!translator_crd_get(job->spec, "storage"))
		return 0;
	if (translator_crd_get(job->spec, "storage.file"))
		return 0; /* it wins over Postgres, whose Secrets are not read then */
	if (!translator_crd_get(job->spec, "storage.postgres"))
		return err_rule(err, RULE_STORAGE_KIND,
				"spec.storage should have file or postgres in it; without "
				"spec.storage Pomerium keeps "
				"its data in memory");
	return check_postgres(job, err);
}
