/* settings_secret: the Secrets that the Pomerium object names, as facts.
 *
 *   in     references of the form namespace/name, the Secrets of the bundle
 *   out    facts, splices, or a sentence that names the field and the Secret
 *   never  sees a private value: the publisher fills it in
 */
#include "translator/settings/settings.h"

#include "translator/settings/crd.h"
#include "translator/ingress/ingress.h"

const struct msg_bundle_secret *translator_settings_secret(const struct settings_job *job,
							   const char *field, struct str name,
							   struct err *err)
{
	const struct msg_bundle_secret_list *secrets = &job->bundle->secrets;
	struct str namespace, rest;

	if (!str_cut(name, '/', &namespace, &rest)) {
		err_set(err, "spec.%s: %s should be namespace/name of a Secret", field,
			err_quote(name));
		return NULL;
	}
	for (size_t i = 0; i < secrets->n; i++)
		if (secrets->items[i].answer == MSG_SECRET_FOUND &&
		    str_eq(secrets->items[i].namespace, namespace) &&
		    str_eq(secrets->items[i].name, rest))
			return &secrets->items[i];
	err_set(err, "spec.%s: Secret %s not found", field, err_quote(name));
	return NULL;
}

const struct msg_secret_info *translator_settings_need(const struct msg_bundle_secret *secret,
						       const char *field, const char *key,
						       struct err *err)
{
	const struct msg_secret_info *info = translator_secret_info(secret, key);

	if (!info || info->len == 0) {
		err_set(err,
			"spec.%s: Secret " STR_FMT "/" STR_FMT
			" has no key %s, or nothing under it",
			field, STR_ARG(secret->namespace), STR_ARG(secret->name), key);
		return NULL;
	}
	if (!info->utf8) {
		err_set(err,
			"spec.%s: Secret " STR_FMT "/" STR_FMT
			": the value of %s is not text (UTF-8)",
			field, STR_ARG(secret->namespace), STR_ARG(secret->name), key);
		return NULL;
	}
	return info;
}

void translator_settings_splice(struct settings_job *job, const struct msg_bundle_secret *secret,
				const struct msg_secret_info *info, struct str path,
				enum msg_splice_encoding encoding)
{
	struct ingress_job plain = { .pool = job->pool, .out = job->out };

	translator_splice(&plain, secret, info, path, encoding);
	job->out->splices.items[job->out->splices.n - 1].bootstrap = job->bootstrap;
}

static int check_type(const struct msg_bundle_secret *secret, const char *field, const char *type,
		      struct err *err)
{
	if (str_is(secret->type, type))
		return 0;
	return err_set(err,
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
			if (!translator_settings_need(secret, parts[i].field, parts[i].keys[k],
						      err))
				return -1;
	}
	return 0;
}

int translator_settings_storage(const struct settings_job *job, struct err *err)
{
	if (!translator_crd_get(job->spec, "storage"))
		return 0;
	if (translator_crd_get(job->spec, "storage.file"))
		return 0; /* goes before Postgres, whose Secrets are not read then */
	if (!translator_crd_get(job->spec, "storage.postgres"))
		return err_set(err, "spec.storage should have file or postgres in it; without "
				    "spec.storage Pomerium keeps "
				    "its data in memory");
	return check_postgres(job, err);
}

void translator_settings_warn(struct settings_job *job, const char *fmt, ...)
{
	struct ingress_job plain = { .pool = job->pool, .out = job->out };
	char text[ERR_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	translator_warn(&plain, "%s", text);
}
