/* x509_spki: the public key in a certificate.
 *
 *   in     the body of SubjectPublicKeyInfo, hostile
 *   out    whether it is a key that Pomerium and Envoy can serve with
 *   owns   the list of such keys, the curves among them
 *   never  asks whether a private key belongs to it
 *
 * Envoy takes RSA from 2048 bits and the curves P-256, P-384 and P-521 (ServerContextConfig), and
 * Ed25519; BoringSSL has an upper bound for RSA; Go wants the form of RFC 3279. */
#include "x509/x509_spki.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <string.h>

#include "rules/rules.h"
#include "x509/x509_der.h"

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192 /* BoringSSL's for a key that is used */

static const struct str rsa = STR("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01");
static const struct str ec = STR("\x2a\x86\x48\xce\x3d\x02\x01");
static const struct str ed25519 = STR("\x2b\x65\x70");

static struct curve {
	const struct str oid;
	const int nid;
	EC_GROUP *group; /* kept once it is made: it costs ten times what a look at a point does */
} curves[] = {
	{ STR("\x2a\x86\x48\xce\x3d\x03\x01\x07"), NID_X9_62_prime256v1, NULL },
	{ STR("\x2b\x81\x04\x00\x22"), NID_secp384r1, NULL },
	{ STR("\x2b\x81\x04\x00\x23"), NID_secp521r1, NULL },
};

struct key {
	struct str oid, params; /* all that stands behind the OID */
	struct str bits;        /* without the count of unused ones */
};

static bool read_key(struct str spki, struct key *out)
{
	struct str algorithm, params, bits;
	unsigned tag;

	if (!x509_der_take(&spki, DER_SEQUENCE, &algorithm) ||
	    !x509_der_take(&algorithm, DER_OID, &out->oid) || !x509_der_is_oid(out->oid) ||
	    !x509_der_take(&spki, DER_BIT_STRING, &bits) || !x509_der_is_bits(bits) || spki.len)
		return false;
	out->params = algorithm;
	if (algorithm.len && (!x509_der_next(&algorithm, &tag, &params) || algorithm.len ||
			      !x509_der_is_value(tag, params)))
		return false;
	out->bits = str_slice(bits, 1, bits.len);
	return bits.ptr[0] == 0;
}

bool x509_spki_is_whole(struct str spki)
{
	struct key key;

	return read_key(spki, &key);
}

bool x509_spki_is_ec(struct str spki)
{
	struct key key;

	return read_key(spki, &key) && str_eq(key.oid, ec);
}

/* ---- RSA ---- */

static size_t bits_of(struct str number)
{
	size_t zeros = 0, bits;
	unsigned top;

	while (zeros < number.len && number.ptr[zeros] == 0)
		zeros++;
	if (zeros == number.len)
		return 0;
	bits = (number.len - zeros) * 8;
	for (top = (unsigned char)number.ptr[zeros]; !(top & 0x80); top <<= 1)
		bits--;
	return bits;
}

static bool is_odd(struct str number)
{
	return (unsigned char)number.ptr[number.len - 1] & 1;
}

static int check_rsa(const struct key *key, struct err *err)
{
	struct str bits = key->bits, both, n, e;
	size_t size;

	if (!str_eq(key->params, STR("\x05\x00")) || !x509_der_take(&bits, DER_SEQUENCE, &both) ||
	    bits.len || !x509_der_take(&both, DER_INTEGER, &n) || !x509_der_is_integer(n) ||
	    !x509_der_take(&both, DER_INTEGER, &e) || !x509_der_is_integer(e) || both.len ||
	    x509_der_is_negative(n) || x509_der_is_negative(e) || !is_odd(n))
		return err_rule(err, RULE_CERT_KEY,
				"its RSA key is not as RFC 3279 wants it: NULL parameters, an odd "
				"positive modulus and exponent");
	size = bits_of(n);
	if (size < RSA_BITS_MIN || size > RSA_BITS_MAX)
		return err_rule(err, RULE_CERT_RSA,
				"its RSA key has %zu bits: Envoy takes %d to %d", size,
				RSA_BITS_MIN, RSA_BITS_MAX);
	if (!is_odd(e) || bits_of(e) < 2 || bits_of(e) > 31)
		return err_rule(err, RULE_CERT_RSA,
				"its RSA exponent should be odd and from 3 to 2147483647, 65537 as "
				"a rule");
	return 0;
}

/* ---- EC, Ed25519 ---- */

/* Uncompressed, and on the curve. */
static bool is_point(struct curve *curve, struct str bits)
{
	EC_POINT *point;
	bool good;

	if (!curve->group)
		curve->group = EC_GROUP_new_by_curve_name(curve->nid);
	point = curve->group ? EC_POINT_new(curve->group) : NULL;
	good = point && bits.len && bits.ptr[0] == 4 &&
	       EC_POINT_oct2point(curve->group, point, (const unsigned char *)bits.ptr, bits.len,
				  NULL) == 1;
	EC_POINT_free(point);
	ERR_clear_error();
	return good;
}

static int check_ec(const struct key *key, struct err *err)
{
	struct str params = key->params, oid;

	if (!x509_der_take(&params, DER_OID, &oid) || params.len)
		return err_rule(err, RULE_CERT_CURVE,
				"its EC key has parameters of its own instead of a named curve");
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		if (!str_eq(oid, curves[i].oid))
			continue;
		return is_point(&curves[i], key->bits)
			       ? 0
			       : err_rule(err, RULE_CERT_KEY,
					  "its EC key is not an uncompressed point of its curve");
	}
	return err_rule(err, RULE_CERT_CURVE,
			"its EC key is of a curve that Envoy does not serve with: P-256, P-384 and "
			"P-521 are");
}

int x509_spki_check(struct str spki, struct err *err)
{
	struct key key;

	if (!read_key(spki, &key))
		return err_rule(err, RULE_CERT_KEY, "its public key cannot be read");
	if (str_eq(key.oid, rsa))
		return check_rsa(&key, err);
	if (str_eq(key.oid, ec))
		return check_ec(&key, err);
	if (!str_eq(key.oid, ed25519))
		return err_rule(err, RULE_CERT_KEY,
				"its public key is of a kind that Envoy does not serve with: RSA, "
				"EC and Ed25519 are");
	if (key.params.len || key.bits.len != 32)
		return err_rule(err, RULE_CERT_KEY,
				"its Ed25519 key should have 32 bytes and no parameters");
	return 0;
}
