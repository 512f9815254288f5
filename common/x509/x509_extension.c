/* x509_extension: the extensions of a certificate.
 *
 *   in     the list of extensions, hostile
 *   out    whether Go reads them; what the key may be used for
 *   owns   the grammar of the extensions that Go knows (crypto/x509, processExtensions)
 *   never  minds an extension that is unknown, critical or not: that is for those who verify
 */
#include "x509/x509_extension.h"

#include <string.h>

#include "net/url.h"
#include "rules/rules.h"
#include "x509/x509_der.h"

#define EXTENSIONS_MAX 100 /* far above any real certificate */

struct extension {
	struct str oid, value;
	bool critical;
};

static bool take_extension(struct str *list, struct extension *out)
{
	struct str body, critical;

	if (!x509_der_take(list, DER_SEQUENCE, &body) ||
	    !x509_der_take(&body, DER_OID, &out->oid) || !x509_der_is_oid(out->oid) ||
	    !x509_der_option(&body, DER_BOOLEAN, &critical) ||
	    (critical.ptr && !x509_der_is_bool(critical)) ||
	    !x509_der_take(&body, DER_OCTET_STRING, &out->value))
		return false;
	out->critical = critical.ptr && critical.ptr[0];
	return !body.len;
}

bool x509_extension_are_whole(struct str list)
{
	struct extension extension;

	while (list.len)
		if (!take_extension(&list, &extension))
			return false;
	return true;
}

/* ---- names ---- */

/* Labels that are not empty, of characters that print. Go takes the empty name, too. A constraint
 * may begin with a dot. */
static bool is_domain(struct str name, bool constraint)
{
	struct str label;
	bool more = name.len > 0;

	if (constraint && str_starts(name, "."))
		name = str_slice(name, 1, name.len);
	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.ptr[i] < 33 || (unsigned char)name.ptr[i] > 126)
			return false;
	while (more) {
		more = str_cut(name, '.', &label, &name);
		if (more ? !label.len : !name.len)
			return false;
	}
	return true;
}

static bool is_uri(struct str text)
{
	struct url url;

	if (!str_is_ascii(text) || url_parse(text, &url, NULL))
		return false;
	return !url.host.len || is_domain(url.host, false);
}

static bool is_alternative_name(unsigned tag, struct str name)
{
	switch (tag) {
	case DER_CONTEXT + 1:
	case DER_CONTEXT + 2:
		return str_is_ascii(name);
	case DER_CONTEXT + 6:
		return is_uri(name);
	case DER_CONTEXT + 7:
		return name.len == 4 || name.len == 16;
	default:
		return true;
	}
}

static bool is_subject_alternative_name(struct str value)
{
	struct str names, name;
	unsigned tag;

	if (!x509_der_take(&value, DER_SEQUENCE, &names) || value.len)
		return false;
	while (names.len)
		if (!x509_der_next(&names, &tag, &name) || !is_alternative_name(tag, name))
			return false;
	return true;
}

/* An address with its mask: ones, then zeros. */
static bool is_range(struct str value)
{
	bool zeros = false;

	if (value.len != 8 && value.len != 32)
		return false;
	for (size_t i = value.len * 4; i < value.len * 8; i++) {
		bool one = (unsigned char)value.ptr[i / 8] >> (7 - i % 8) & 1;

		if (one && zeros)
			return false;
		zeros |= !one;
	}
	return true;
}

static bool is_constraint(unsigned tag, struct str value)
{
	switch (tag) {
	case DER_CONTEXT + 1: /* of mail: Go also reads a whole mailbox */
	case DER_CONTEXT + 2:
	case DER_CONTEXT + 6:
		return is_domain(value, true);
	case DER_CONTEXT + 7:
		return is_range(value);
	default:
		return true;
	}
}

static bool are_subtrees(struct str list)
{
	struct str subtree, base;
	unsigned tag;

	while (list.len)
		if (!x509_der_take(&list, DER_SEQUENCE, &subtree) ||
		    !x509_der_next(&subtree, &tag, &base) || !is_constraint(tag, base))
			return false;
	return true;
}

static bool is_name_constraints(struct str value)
{
	struct str both, permitted, excluded;

	return x509_der_take(&value, DER_SEQUENCE, &both) && !value.len &&
	       x509_der_option(&both, DER_CONTEXT_CONSTRUCTED, &permitted) &&
	       x509_der_option(&both, DER_CONTEXT_CONSTRUCTED + 1, &excluded) && !both.len &&
	       permitted.len + excluded.len > 0 && are_subtrees(permitted) &&
	       are_subtrees(excluded);
}

/* ---- lists ---- */

/* A sequence of elements with this tag; each of them, or what it begins with, is an OID. */
static bool are_oids(struct str value, unsigned tag, size_t per_element)
{
	struct str list, element, oid;

	if (!x509_der_take(&value, DER_SEQUENCE, &list) || value.len)
		return false;
	while (list.len) {
		if (!x509_der_take(&list, tag, &element))
			return false;
		if (!per_element && !x509_der_is_oid(element))
			return false;
		for (size_t i = 0; i < per_element; i++)
			if (!x509_der_take(&element, DER_OID, &oid) || !x509_der_is_oid(oid))
				return false;
	}
	return true;
}

static bool is_extended_key_usage(struct str value)
{
	return are_oids(value, DER_OID, 0);
}

static bool is_policy_mappings(struct str value)
{
	return are_oids(value, DER_SEQUENCE, 2);
}

/* A method, and where: Go reads an address that is a URI. */
static bool is_authority_info_access(struct str value)
{
	struct str list, access, method, place;

	if (!are_oids(value, DER_SEQUENCE, 1) || !x509_der_take(&value, DER_SEQUENCE, &list))
		return false;
	while (x509_der_take(&list, DER_SEQUENCE, &access))
		if (!x509_der_take(&access, DER_OID, &method) ||
		    !x509_der_option(&access, DER_CONTEXT + 6, &place))
			return false;
	return true;
}

static bool is_policies(struct str value)
{
	struct str list, element, oids[EXTENSIONS_MAX];
	size_t n = 0;

	if (!are_oids(value, DER_SEQUENCE, 1) || !x509_der_take(&value, DER_SEQUENCE, &list))
		return false;
	while (list.len) {
		if (n == EXTENSIONS_MAX || !x509_der_take(&list, DER_SEQUENCE, &element) ||
		    !x509_der_take(&element, DER_OID, &oids[n]))
			return false;
		for (size_t i = 0; i < n; i++)
			if (str_eq(oids[i], oids[n]))
				return false;
		n++;
	}
	return true;
}

static bool is_distribution_points(struct str value)
{
	struct str list, point, name, full, url;
	unsigned tag;

	if (!x509_der_take(&value, DER_SEQUENCE, &list) || value.len)
		return false;
	while (list.len) {
		if (!x509_der_take(&list, DER_SEQUENCE, &point) ||
		    !x509_der_option(&point, DER_CONTEXT_CONSTRUCTED, &name))
			return false;
		if (name.ptr && !x509_der_take(&name, DER_CONTEXT_CONSTRUCTED, &full))
			return false;
		while (name.ptr && full.len)
			if (!x509_der_next(&full, &tag, &url))
				return false;
	}
	return true;
}

/* ---- single values ---- */

static bool is_key_usage(struct str value)
{
	struct str bits;

	return x509_der_take(&value, DER_BIT_STRING, &bits) && x509_der_is_bits(bits) && !value.len;
}

static bool is_small_number(struct str number)
{
	return x509_der_is_integer(number) && !x509_der_is_negative(number) && number.len <= 4;
}

static bool is_basic_constraints(struct str value)
{
	struct str both, authority, length;

	return x509_der_take(&value, DER_SEQUENCE, &both) && !value.len &&
	       x509_der_option(&both, DER_BOOLEAN, &authority) &&
	       (!authority.ptr || x509_der_is_bool(authority)) &&
	       x509_der_option(&both, DER_INTEGER, &length) &&
	       (!length.ptr || is_small_number(length)) && !both.len;
}

static bool is_policy_constraints(struct str value)
{
	struct str both, explicit, inhibit;

	return x509_der_take(&value, DER_SEQUENCE, &both) && !value.len &&
	       x509_der_option(&both, DER_CONTEXT, &explicit) &&
	       (!explicit.ptr || is_small_number(explicit)) &&
	       x509_der_option(&both, DER_CONTEXT + 1, &inhibit) &&
	       (!inhibit.ptr || is_small_number(inhibit)) && !both.len;
}

static bool is_inhibit_any(struct str value)
{
	struct str number;

	return x509_der_take(&value, DER_INTEGER, &number) && is_small_number(number) && !value.len;
}

static bool is_key_identifier(struct str value)
{
	struct str id;

	return x509_der_take(&value, DER_OCTET_STRING, &id) && !value.len;
}

static bool is_authority_key_identifier(struct str value)
{
	struct str parts, id;

	return x509_der_take(&value, DER_SEQUENCE, &parts) && !value.len &&
	       x509_der_option(&parts, DER_CONTEXT, &id);
}

/* ---- of revocation lists ---- */

static bool is_crl_number(struct str value)
{
	struct str number;

	return x509_der_take(&value, DER_INTEGER, &number) && x509_der_is_integer(number) &&
	       !x509_der_is_negative(number) && !value.len;
}

static bool is_reason(struct str value)
{
	struct str number;

	return x509_der_take(&value, DER_ENUMERATED, &number) && number.len == 1 &&
	       (unsigned char)number.ptr[0] <= 10 && number.ptr[0] != 7 && !value.len;
}

static bool is_date(struct str value)
{
	struct str date;

	return x509_der_take(&value, DER_GENERALIZED_TIME, &date) &&
	       x509_der_is_time(DER_GENERALIZED_TIME, date, NULL) && !value.len;
}

/* The identifier alone: names and numbers of the issuer are rare. */
static bool is_plain_key_identifier(struct str value)
{
	struct str parts, id;

	return x509_der_take(&value, DER_SEQUENCE, &parts) && !value.len &&
	       x509_der_option(&parts, DER_CONTEXT, &id) && !parts.len;
}

static const struct {
	struct str oid;
	bool (*is_good)(struct str value);
} known_of_crl[] = {
	{ STR("\x55\x1d\x14"), is_crl_number },
	{ STR("\x55\x1d\x15"), is_reason },
	{ STR("\x55\x1d\x18"), is_date },
	{ STR("\x55\x1d\x23"), is_plain_key_identifier },
};

/* Others are opaque, unless they are critical, or known to one of the readers: those of Kubernetes'
 * and of other authorities for clients have none of them. */
static bool is_good_for_crl(const struct extension *extension)
{
	for (size_t i = 0; i < sizeof(known_of_crl) / sizeof(known_of_crl[0]); i++)
		if (str_eq(extension->oid, known_of_crl[i].oid))
			return known_of_crl[i].is_good(extension->value);
	return !extension->critical && !str_starts(extension->oid, "\x55\x1d");
}

bool x509_extension_are_good_for_crl(struct str list)
{
	struct extension seen[EXTENSIONS_MAX];

	for (size_t n = 0; list.len; n++) {
		if (n == EXTENSIONS_MAX || !take_extension(&list, &seen[n]) ||
		    !is_good_for_crl(&seen[n]))
			return false;
		for (size_t i = 0; i < n; i++)
			if (str_eq(seen[i].oid, seen[n].oid))
				return false;
	}
	return true;
}

/* ---- those that Go knows ---- */

static const struct known {
	struct str oid;
	const char *name;
	bool (*is_good)(struct str value);
	bool never_critical;
} known[] = {
	{ STR("\x55\x1d\x0e"), "subject key identifier", is_key_identifier, true },
	{ STR("\x55\x1d\x0f"), "key usage", is_key_usage, false },
	{ STR("\x55\x1d\x11"), "subject alternative name", is_subject_alternative_name, false },
	{ STR("\x55\x1d\x13"), "basic constraints", is_basic_constraints, false },
	{ STR("\x55\x1d\x1e"), "name constraints", is_name_constraints, false },
	{ STR("\x55\x1d\x1f"), "CRL distribution points", is_distribution_points, false },
	{ STR("\x55\x1d\x20"), "certificate policies", is_policies, false },
	{ STR("\x55\x1d\x21"), "policy mappings", is_policy_mappings, false },
	{ STR("\x55\x1d\x23"), "authority key identifier", is_authority_key_identifier, true },
	{ STR("\x55\x1d\x24"), "policy constraints", is_policy_constraints, false },
	{ STR("\x55\x1d\x25"), "extended key usage", is_extended_key_usage, false },
	{ STR("\x55\x1d\x36"), "inhibit any policy", is_inhibit_any, false },
	{ STR("\x2b\x06\x01\x05\x05\x07\x01\x01"), "authority information access",
	  is_authority_info_access, true },
};

static const struct str tls_feature = STR("\x2b\x06\x01\x05\x05\x07\x01\x18");
static const struct str key_usage = STR("\x55\x1d\x0f");
static const struct str alternative_name = STR("\x55\x1d\x11");
static const struct str extended_key_usage = STR("\x55\x1d\x25");
static const struct str server_auth = STR("\x2b\x06\x01\x05\x05\x07\x03\x01");

static int check(const struct extension *extension, struct err *err)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!str_eq(extension->oid, known[i].oid))
			continue;
		if (known[i].never_critical && extension->critical)
			return err_rule(err, RULE_CERT_EXTENSION,
					"its extension %s is marked critical, which RFC 5280 "
					"forbids",
					known[i].name);
		if (!known[i].is_good(extension->value))
			return err_rule(err, RULE_CERT_EXTENSION, "its extension %s is malformed",
					known[i].name);
	}
	return 0;
}

static bool names_a_server(struct str value)
{
	struct str names, name;
	unsigned tag;

	if (!x509_der_take(&value, DER_SEQUENCE, &names))
		return false;
	while (x509_der_next(&names, &tag, &name))
		if (tag == DER_CONTEXT + 2 || tag == DER_CONTEXT + 6 || tag == DER_CONTEXT + 7)
			return true;
	return false;
}

/* Of an extension that is good. */
static void note(const struct extension *extension, struct x509_extensions *out)
{
	struct str value = extension->value, bits;

	out->must_staple |= str_eq(extension->oid, tls_feature);
	if (str_eq(extension->oid, alternative_name))
		out->named = names_a_server(value);
	if (!str_eq(extension->oid, key_usage) || !x509_der_take(&value, DER_BIT_STRING, &bits))
		return;
	out->key_usage = true;
	out->signs = bits.len > 1 && (unsigned char)bits.ptr[1] & 0x80;
}

int x509_extension_check_all(struct str list, struct x509_extensions *out, struct err *err)
{
	struct extension seen[EXTENSIONS_MAX];
	size_t n = 0;

	*out = (struct x509_extensions){ 0 };
	while (list.len) {
		if (n == EXTENSIONS_MAX)
			return err_rule(err, RULE_CERT_EXTENSION, "it has more than %d extensions",
					EXTENSIONS_MAX);
		if (!take_extension(&list, &seen[n]))
			return err_rule(err, RULE_CERT_EXTENSION,
					"extension %zu in it is malformed", n + 1);
		for (size_t i = 0; i < n; i++)
			if (str_eq(seen[i].oid, seen[n].oid))
				return err_rule(err, RULE_CERT_EXTENSION,
						"extension %zu in it repeats extension %zu", n + 1,
						i + 1);
		if (check(&seen[n], err))
			return -1;
		note(&seen[n++], out);
	}
	return 0;
}

struct str_list x509_extension_dns_names(struct str list, struct pool *pool)
{
	struct str_list out = { NULL, 0 };
	struct extension extension;
	struct str names, name;
	unsigned tag;

	while (take_extension(&list, &extension))
		if (str_eq(extension.oid, alternative_name) &&
		    x509_der_take(&extension.value, DER_SEQUENCE, &names))
			while (x509_der_next(&names, &tag, &name))
				if (tag == DER_CONTEXT + 2)
					*(struct str *)pool_push(pool, &out.items, &out.n,
								 sizeof(name)) = name;
	return out;
}

bool x509_extension_is_for_servers(struct str list)
{
	struct extension extension;
	struct str uses, use;

	while (take_extension(&list, &extension))
		if (str_eq(extension.oid, extended_key_usage) &&
		    x509_der_take(&extension.value, DER_SEQUENCE, &uses))
			while (x509_der_take(&uses, DER_OID, &use))
				if (str_eq(use, server_auth))
					return true;
	return false;
}
