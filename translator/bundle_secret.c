/* bundle_secret: what a translator may know of a Secret.
 *
 *   in     a bundle, the name of a Secret, a key
 *   out    the facts of a Secret and of its values
 *   owns   the rules for a certificate with its key
 *   never  sees a private key: the resolver has checked whether it fits
 */
#include "translator/bundle_secret.h"

#include "rules/rules.h"

const struct msg_bundle_secret *translator_bundle_secret_find(const struct msg_bundle *bundle,
							      struct str namespace, struct str name)
{
	for (size_t i = 0; i < bundle->secrets.n; i++) {
		const struct msg_bundle_secret *secret = &bundle->secrets.items[i];

		if (secret->answer == MSG_SECRET_FOUND && str_eq(secret->namespace, namespace) &&
		    str_eq(secret->name, name))
			return secret;
	}
	return NULL;
}

int translator_bundle_secret_check_pair(const struct msg_bundle_secret *secret, struct pool *pool,
					struct x509_leaf *leaf, struct err *err)
{
	const struct msg_secret_info *cert = msg_bundle_secret_info(secret, "tls.crt");
	const struct msg_secret_info *key = msg_bundle_secret_info(secret, "tls.key");

	if (!cert || !cert->len)
		return err_rule(err, RULE_CERT_MISSING, "it has no tls.crt");
	if (!cert->clear.ptr)
		return err_rule(err, RULE_CERT_HOLDS_KEY,
				"tls.crt holds a private key: it should hold certificates "
				"only, the server's first");
	if (x509_strict_check_chain(cert->clear, X509_SERVER, pool, leaf, err))
		return err_wrap(err, "tls.crt");
	if (!key || !key->len)
		return err_rule(err, RULE_KEY_MISSING, "it has no tls.key");
	if (!key->is_private_key)
		return err_rule(err, RULE_KEY_READS,
				"tls.key is not a private key in PEM form without a password");
	if (!key->matches_cert)
		return err_rule(
			err, RULE_KEY_MATCHES,
			"the private key in tls.key does not belong to the certificate in tls.crt");
	return 0;
}
