/* x509_der: DER, element by element, as Go and BoringSSL read it. OpenSSL takes BER too. */
#ifndef X509_X509_DER_H
#define X509_X509_DER_H

#include <stdint.h>

#include "base/str.h"

enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0A,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT = 0x80,            /* [n] is DER_CONTEXT + n */
	DER_CONTEXT_CONSTRUCTED = 0xA0 /* the same, with elements in it */
};

/* Takes one element off the front of *in. False: there is none, or its head is not DER. */
bool x509_der_next(struct str *in, unsigned *tag, struct str *body);
/* The same, and it has this tag. */
bool x509_der_take(struct str *in, unsigned tag, struct str *body);
/* Whether the next element has this tag. */
bool x509_der_is_next(struct str in, unsigned tag);
/* Takes it if it is there; *body is absent if it is not. False: it is there and not DER. */
bool x509_der_option(struct str *in, unsigned tag, struct str *body);

/* Bodies. */
bool x509_der_is_integer(struct str body);
bool x509_der_is_negative(struct str body); /* of an integer */
bool x509_der_is_oid(struct str body);
bool x509_der_is_bits(struct str body);
bool x509_der_is_bool(struct str body);
/* YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ, and such a second exists; `out` (may be NULL) gets it, in
 * seconds since 1970. */
bool x509_der_is_time(unsigned tag, struct str body, int64_t *out);
/* What a universal type allows; any bytes for a type that has no form of its own. */
bool x509_der_is_value(unsigned tag, struct str body);
/* A text that can stand in a name, by its type. */
bool x509_der_is_text(unsigned tag, struct str body);

#endif
