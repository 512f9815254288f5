/* certificates_from_ingress: offers the TLS Secrets of an Ingress for serving.
 *
 *   in     the Secrets of the bundle, named by spec.tls or by an annotation
 *   out    an offer for each Secret of type kubernetes.io/tls that spec.tls names; the publisher
 *          chooses among all
 *   owns   nothing
 *   never  sees a private key
 *
 * Pomerium refuses its whole configuration if one certificate does not fit its key, and so does the
 * reference if one cannot be read. So such a Secret rejects the Ingress. */
#include "translator/ingress/ingress.h"

#include "translator/answer.h"
#include "translator/bundle_secret.h"

static bool is_named(const struct msg_ingress *ingress, struct str secret)
{
	for (size_t i = 0; i < ingress->spec.tls.n; i++)
		if (str_eq(ingress->spec.tls.items[i].secretName, secret))
			return true;
	return false;
}

int translator_certificates_from_ingress(struct ingress_job *job, struct err *err)
{
	const struct msg_bundle_secret_list *secrets = &job->bundle->secrets;

	for (size_t i = 0; i < secrets->n; i++) {
		const struct msg_bundle_secret *secret = &secrets->items[i];

		if (!str_is(secret->type, "kubernetes.io/tls"))
			continue;
		if (translator_bundle_secret_check_pair(secret, X509_SERVER, err))
			return err_wrap(err, "TLS Secret " STR_FMT, STR_ARG(secret->name));
		if (is_named(job->ingress, secret->name))
			translator_answer_certificate(job->out, job->pool, job->bundle, secret);
	}
	return 0;
}
