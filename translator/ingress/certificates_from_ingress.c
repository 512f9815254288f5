/* certificates_from_ingress: the TLS Secrets that an Ingress offers for serving.
 *
 *   in     the Secrets of the bundle, by spec.tls or by annotation
 *   out    an offer for each of type kubernetes.io/tls; the publisher chooses among all offers
 *   never  sees a private key: the resolver says whether it fits
 *
 * Pomerium refuses everything over one certificate that does not fit its key, and the reference
 * over one that cannot be read, so such a Secret rejects the Ingress. */
#include "translator/ingress/ingress.h"

#include "translator/validate/pem.h"

int translator_certificate_check(const struct msg_secret_info *cert,
				 const struct msg_secret_info *key, struct err *err)
{
	if (!cert || !cert->len)
		return err_set(err, "it has no tls.crt");
	if (!cert->clear.ptr)
		return err_set(err, "tls.crt holds a private key: it should hold certificates "
				    "only, the server's first");
	/* A certificate that a key belongs to was read already: reading it again is what costs time
	 * here. */
	if (!(key && key->matches_cert && translator_pem_starts_with_certificate(cert->clear)) &&
	    translator_pem_first(cert->clear, err))
		return err_wrap(err, "tls.crt");
	if (!key || !key->len)
		return err_set(err, "it has no tls.key");
	if (!key->is_private_key)
		return err_set(err, "tls.key is not a private key in PEM form without a password");
	if (!key->matches_cert)
		return err_set(
			err,
			"the private key in tls.key does not belong to the certificate in tls.crt");
	return 0;
}

int translator_certificates_from_ingress(struct ingress_job *job, struct err *err)
{
	const struct msg_bundle_secret_list *secrets = &job->bundle->secrets;
	struct msg_certificate_list *out = &job->out->certificates;

	for (size_t i = 0; i < secrets->n; i++) {
		const struct msg_bundle_secret *secret = &secrets->items[i];
		const struct msg_secret_info *cert = translator_secret_info(secret, "tls.crt");
		const struct msg_secret_info *key = translator_secret_info(secret, "tls.key");
		struct msg_certificate *offer;

		if (!str_is(secret->type, "kubernetes.io/tls"))
			continue;
		if (translator_certificate_check(cert, key, err))
			return err_wrap(err, "TLS Secret " STR_FMT, STR_ARG(secret->name));
		offer = pool_push(job->pool, &out->items, &out->n, sizeof(*offer));
		offer->secret_namespace = secret->namespace;
		offer->secret_name = secret->name;
		offer->cert = cert->clear;
		offer->key_hmac = key->hmac;
	}
	return 0;
}
