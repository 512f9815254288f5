/* x509_tbs: certificates and revocation lists in DER.
 *
 *   in     the bytes of one block, hostile
 *   out    yes, or the rule that it breaks
 *   owns   the grammar of X.509 as far as both readers check it
 *   never  looks at the chain, at a signature or at the time
 *
 * Sources: RFC 5280; Go's crypto/x509 (parser.go); Envoy's ServerContextConfig and BoringSSL's
 * ssl_cert.cc for the key of a certificate that is served. */
#include "x509/x509_tbs.h"

#include <string.h>

#include "rules/rules.h"
#include "x509/x509_der.h"
#include "x509/x509_extension.h"
#include "x509/x509_spki.h"

static int malformed(struct err *err, const char *what)
{
	return err_rule(err, RULE_CERT_DER, "its %s is not as DER and RFC 5280 want it", what);
}

/* Algorithm identifier: an OID, perhaps parameters. */
static bool is_algorithm(struct str body)
{
	struct str oid, params;
	unsigned tag;

	return x509_der_take(&body, DER_OID, &oid) && x509_der_is_oid(oid) &&
	       (!body.len || (x509_der_next(&body, &tag, &params) && !body.len &&
			      x509_der_is_value(tag, params)));
}

/* Sets of attributes, each an OID and a text. */
static bool is_name(struct str body)
{
	struct str set, attribute, oid, text;
	unsigned tag;

	while (body.len) {
		if (!x509_der_take(&body, DER_SET, &set) || !set.len)
			return false;
		while (set.len) {
			if (!x509_der_take(&set, DER_SEQUENCE, &attribute) ||
			    !x509_der_take(&attribute, DER_OID, &oid) || !x509_der_is_oid(oid) ||
			    !x509_der_next(&attribute, &tag, &text) || attribute.len ||
			    !x509_der_is_text(tag, text))
				return false;
		}
	}
	return true;
}

static bool take_time(struct str *in, int64_t *out)
{
	struct str body;
	unsigned tag;

	return x509_der_next(in, &tag, &body) && x509_der_is_time(tag, body, out);
}

/* ---- a certificate ---- */

struct tbs {
	uint64_t version; /* 1 to 3 */
	struct str serial, algorithm, outer_algorithm, subject, spki;
	struct str extensions; /* absent: it has none */
	struct str issuer_id, subject_id;
	int64_t begin, end; /* of its validity */
};

static bool read_validity(struct str body, struct tbs *out)
{
	return take_time(&body, &out->begin) && take_time(&body, &out->end) && !body.len;
}

static int read_version(struct str *tbs, uint64_t *version, struct err *err)
{
	struct str explicit, number;

	*version = 1;
	if (!x509_der_option(tbs, DER_CONTEXT_CONSTRUCTED, &explicit))
		return malformed(err, "version");
	if (!explicit.ptr)
		return 0;
	if (!x509_der_take(&explicit, DER_INTEGER, &number) || explicit.len || number.len != 1 ||
	    (unsigned char)number.ptr[0] > 2)
		return err_rule(err, RULE_CERT_DER,
				"its version should be 1, 2 or 3 of X.509 certificates");
	*version = (uint64_t)(unsigned char)number.ptr[0] + 1;
	if (*version == 1)
		return err_rule(err, RULE_CERT_DER,
				"its version is written out, though DER leaves out a default");
	return 0;
}

static int read_tail(struct str *tbs, struct tbs *out, struct err *err)
{
	struct str explicit;

	if (!x509_der_option(tbs, DER_CONTEXT + 1, &out->issuer_id) ||
	    !x509_der_option(tbs, DER_CONTEXT + 2, &out->subject_id) ||
	    !x509_der_option(tbs, DER_CONTEXT_CONSTRUCTED + 3, &explicit))
		return malformed(err, "end");
	if ((out->issuer_id.ptr && !x509_der_is_bits(out->issuer_id)) ||
	    (out->subject_id.ptr && !x509_der_is_bits(out->subject_id)) || tbs->len)
		return malformed(err, "end");
	if ((out->issuer_id.ptr || out->subject_id.ptr) && out->version == 1)
		return malformed(err, "version, which has no unique identifiers,");
	out->extensions = STR_NONE;
	if (explicit.ptr && out->version != 3)
		return malformed(err, "version, which has no extensions,");
	if (explicit.ptr && (!x509_der_take(&explicit, DER_SEQUENCE, &out->extensions) ||
			     explicit.len || !out->extensions.len))
		return malformed(err, "list of extensions");
	return 0;
}

static int read_tbs(struct str tbs, struct tbs *out, struct err *err)
{
	struct str issuer, validity;

	if (read_version(&tbs, &out->version, err))
		return -1;
	if (!x509_der_take(&tbs, DER_INTEGER, &out->serial) || !x509_der_is_integer(out->serial))
		return malformed(err, "serial number");
	if (!x509_der_take(&tbs, DER_SEQUENCE, &out->algorithm) || !is_algorithm(out->algorithm))
		return malformed(err, "signature algorithm");
	if (!x509_der_take(&tbs, DER_SEQUENCE, &issuer) || !is_name(issuer))
		return malformed(err, "issuer");
	if (!x509_der_take(&tbs, DER_SEQUENCE, &validity) || !read_validity(validity, out))
		return malformed(err, "validity");
	if (!x509_der_take(&tbs, DER_SEQUENCE, &out->subject) || !is_name(out->subject))
		return malformed(err, "subject");
	if (!x509_der_take(&tbs, DER_SEQUENCE, &out->spki) || !x509_spki_is_whole(out->spki))
		return malformed(err, "public key");
	return read_tail(&tbs, out, err);
}

static int read_certificate(struct str der, struct tbs *out, struct err *err)
{
	struct str certificate, tbs, signature;

	if (!x509_der_take(&der, DER_SEQUENCE, &certificate) || der.len ||
	    !x509_der_take(&certificate, DER_SEQUENCE, &tbs))
		return err_rule(err, RULE_CERT_DER,
				"it is not an X.509 certificate that can be read: it is cut off, "
				"or no DER");
	if (!x509_der_take(&certificate, DER_SEQUENCE, &out->outer_algorithm) ||
	    !is_algorithm(out->outer_algorithm) ||
	    !x509_der_take(&certificate, DER_BIT_STRING, &signature) ||
	    !x509_der_is_bits(signature) || certificate.len)
		return malformed(err, "signature");
	return read_tbs(tbs, out, err);
}

/* The first one of a name that can be read; absent: it has none. */
static struct str common_name(struct str name)
{
	struct str set, attribute, oid, text;
	unsigned tag;

	while (x509_der_take(&name, DER_SET, &set))
		while (x509_der_take(&set, DER_SEQUENCE, &attribute))
			if (x509_der_take(&attribute, DER_OID, &oid) &&
			    str_is(oid, "\x55\x04\x03") && x509_der_next(&attribute, &tag, &text))
				return text;
	return STR_NONE;
}

/* Envoy gives up a listener over a certificate that it cannot file under a name. */
static int check_names(const struct tbs *tbs, const struct x509_extensions *found, struct err *err)
{
	struct str name = common_name(tbs->subject);

	if (name.ptr && !name.len)
		return err_rule(err, RULE_CERT_NAME, "its subject has an empty common name");
	if (!name.ptr && !found->named)
		return err_rule(err, RULE_CERT_NAME,
				"it names no server: neither its subject alternative names nor a "
				"common name do");
	return 0;
}

static int check_served(const struct tbs *tbs, const struct x509_extensions *found, struct err *err)
{
	if (found->must_staple)
		return err_rule(err, RULE_CERT_MUST_STAPLE,
				"it has the TLS feature extension (OCSP must-staple), and Pomerium "
				"has no staple for it: ask for a certificate without");
	return check_names(tbs, found, err);
}

int x509_tbs_check_leaf(struct str der, bool served, struct err *err)
{
	struct tbs tbs = { 0 };
	struct x509_extensions found;

	if (read_certificate(der, &tbs, err))
		return -1;
	if (x509_der_is_negative(tbs.serial))
		return err_rule(err, RULE_CERT_SERIAL,
				"its serial number is negative: RFC 5280 wants a positive one");
	if (!str_eq(tbs.algorithm, tbs.outer_algorithm))
		return malformed(err, "signature algorithm, which stands in two places,");
	if (x509_spki_check(tbs.spki, err) || x509_extension_check_all(tbs.extensions, &found, err))
		return -1;
	if (found.key_usage && !found.signs && x509_spki_is_ec(tbs.spki))
		return err_rule(err, RULE_CERT_KEY_USAGE,
				"its key usage lacks digitalSignature, which a certificate with an "
				"EC key needs for TLS");
	return served ? check_served(&tbs, &found, err) : 0;
}

int x509_tbs_check_authority(struct str der, struct err *err)
{
	struct tbs tbs = { 0 };

	if (read_certificate(der, &tbs, err))
		return -1;
	if (tbs.extensions.ptr && !x509_extension_are_whole(tbs.extensions))
		return malformed(err, "list of extensions");
	return 0;
}

int x509_tbs_read(struct str der, int64_t *begin, int64_t *end, struct str *extensions,
		  struct err *err)
{
	struct tbs tbs = { 0 };

	if (read_certificate(der, &tbs, err))
		return -1;
	*begin = tbs.begin;
	*end = tbs.end;
	*extensions = tbs.extensions;
	return 0;
}

/* ---- a revocation list ---- */

static bool are_revoked(struct str body)
{
	struct str entry, serial, extensions;

	while (body.len) {
		if (!x509_der_take(&body, DER_SEQUENCE, &entry) ||
		    !x509_der_take(&entry, DER_INTEGER, &serial) || !x509_der_is_integer(serial) ||
		    !take_time(&entry, NULL) ||
		    !x509_der_option(&entry, DER_SEQUENCE, &extensions) || entry.len ||
		    (extensions.ptr &&
		     (!extensions.len || !x509_extension_are_good_for_crl(extensions))))
			return false;
	}
	return true;
}

/* From its version to its end. */
static bool is_list(struct str tbs, struct str outer_algorithm)
{
	struct str version, algorithm, issuer, revoked, explicit, extensions;

	if (!x509_der_take(&tbs, DER_INTEGER, &version) || !str_is(version, "\1") ||
	    !x509_der_take(&tbs, DER_SEQUENCE, &algorithm) || !is_algorithm(algorithm) ||
	    !str_eq(algorithm, outer_algorithm) || !x509_der_take(&tbs, DER_SEQUENCE, &issuer) ||
	    !is_name(issuer) || !take_time(&tbs, NULL))
		return false;
	if ((x509_der_is_next(tbs, DER_UTC_TIME) || x509_der_is_next(tbs, DER_GENERALIZED_TIME)) &&
	    !take_time(&tbs, NULL))
		return false;
	if (!x509_der_option(&tbs, DER_SEQUENCE, &revoked) ||
	    !x509_der_option(&tbs, DER_CONTEXT_CONSTRUCTED, &explicit) || tbs.len)
		return false;
	if (revoked.ptr && !are_revoked(revoked))
		return false;
	return !explicit.ptr ||
	       (x509_der_take(&explicit, DER_SEQUENCE, &extensions) && !explicit.len &&
		extensions.len && x509_extension_are_good_for_crl(extensions));
}

int x509_tbs_check_crl(struct str der, struct err *err)
{
	struct str list, tbs, algorithm, signature;

	if (!x509_der_take(&der, DER_SEQUENCE, &list) || der.len ||
	    !x509_der_take(&list, DER_SEQUENCE, &tbs) ||
	    !x509_der_take(&list, DER_SEQUENCE, &algorithm) || !is_algorithm(algorithm) ||
	    !x509_der_take(&list, DER_BIT_STRING, &signature) || !x509_der_is_bits(signature) ||
	    list.len || !is_list(tbs, algorithm))
		return err_rule(err, RULE_CRL_DER,
				"it is not a revocation list of version 2 that can be read");
	return 0;
}
