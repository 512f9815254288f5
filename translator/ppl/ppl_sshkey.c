/* ppl_sshkey: reads the SSH public key in a line of authorized_keys.
 *
 *   in     text of a policy: options, key type, base64, comment, in lines
 *   out    the wire form of the first line that holds a key, in base64
 *   owns   the table of key types
 *   never  trusts a length in the wire form; keeps a key
 *
 * It accepts what golang.org/x/crypto/ssh accepts: RSA, DSA, ECDSA on its curve, Ed25519, the two
 * security key types, and certificates of these. The type before the key must be the one inside. */
#include "translator/ppl/ppl.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

/* A cursor over the wire form (RFC 4251). `bad` is set by the first field that does not fit. */
struct wire {
	struct str rest;
	bool bad;
};

static uint32_t take_uint32(struct wire *w)
{
	const unsigned char *p = (const unsigned char *)w->rest.ptr;

	if (w->bad || w->rest.len < 4) {
		w->bad = true;
		return 0;
	}
	w->rest = str_slice(w->rest, 4, w->rest.len);
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static struct str take_string(struct wire *w)
{
	uint32_t len = take_uint32(w);
	struct str out;

	if (w->bad || len > w->rest.len) {
		w->bad = true;
		return STR("");
	}
	out = str_slice(w->rest, 0, len);
	w->rest = str_slice(w->rest, len, w->rest.len);
	return out;
}

/* A positive number in its shortest form, without the zero byte before a high first bit.
 * Others are refused: the reference would write them in another form, and no tool makes them. */
static struct str take_positive(struct wire *w)
{
	struct str number = take_string(w);
	const unsigned char *p = (const unsigned char *)number.ptr;

	if (number.len == 0 || p[0] >= 0x80 || (p[0] == 0 && (number.len == 1 || p[1] < 0x80)))
		w->bad = true;
	else if (p[0] == 0)
		return str_slice(number, 1, number.len);
	return number;
}

static size_t bit_length(struct str number)
{
	size_t bits = number.len * 8;

	for (unsigned top = number.len ? (unsigned char)number.ptr[0] : 0; top < 0x80 && bits;
	     top <<= 1) {
		if (top == 0)
			return 0;
		bits--;
	}
	return bits;
}

static bool is_below(struct str a, struct str b)
{
	return a.len != b.len ? a.len < b.len : memcmp(a.ptr, b.ptr, a.len) < 0;
}

static bool check_rsa(struct wire *w)
{
	struct str e = take_positive(w), n = take_positive(w);
	bool is_odd_above_one;

	if (w->bad)
		return false;
	is_odd_above_one = (e.ptr[e.len - 1] & 1) && bit_length(e) > 1;
	return is_odd_above_one && bit_length(e) <= 24 && bit_length(n) <= 16384;
}

static bool check_dsa(struct wire *w)
{
	struct str p = take_positive(w), q = take_positive(w), g = take_positive(w),
		   y = take_positive(w);

	return !w->bad && bit_length(p) == 1024 && bit_length(q) == 160 && is_below(g, p) &&
	       is_below(y, p);
}

static bool is_on_curve(int nid, struct str point)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
	EC_POINT *parsed = group ? EC_POINT_new(group) : NULL;
	bool good = point.len > 0 && point.ptr[0] == 4 && parsed &&
		    EC_POINT_oct2point(group, parsed, (const unsigned char *)point.ptr, point.len,
				       NULL) == 1;

	EC_POINT_free(parsed);
	EC_GROUP_free(group);
	return good;
}

static bool check_curve(struct wire *w, const char *name, int nid)
{
	struct str curve = take_string(w), point = take_string(w);

	return !w->bad && str_is(curve, name) && is_on_curve(nid, point);
}

static bool check_ecdsa256(struct wire *w)
{
	return check_curve(w, "nistp256", NID_X9_62_prime256v1);
}

static bool check_ecdsa384(struct wire *w)
{
	return check_curve(w, "nistp384", NID_secp384r1);
}

static bool check_ecdsa521(struct wire *w)
{
	return check_curve(w, "nistp521", NID_secp521r1);
}

static bool check_sk_ecdsa(struct wire *w)
{
	bool good = check_ecdsa256(w);

	take_string(w); /* application */
	return good && !w->bad;
}

static bool check_ed25519(struct wire *w)
{
	return take_string(w).len == 32 && !w->bad;
}

static bool check_sk_ed25519(struct wire *w)
{
	bool good = check_ed25519(w);

	take_string(w); /* application */
	return good && !w->bad;
}

static const struct {
	const char *name, *certificate;
	bool (*check)(struct wire *w);
} types[] = {
	{ "ssh-rsa", "ssh-rsa-cert-v01@openssh.com", check_rsa },
	{ "ssh-dss", "ssh-dss-cert-v01@openssh.com", check_dsa },
	{ "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256-cert-v01@openssh.com", check_ecdsa256 },
	{ "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384-cert-v01@openssh.com", check_ecdsa384 },
	{ "ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521-cert-v01@openssh.com", check_ecdsa521 },
	{ "sk-ecdsa-sha2-nistp256@openssh.com", "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
	  check_sk_ecdsa },
	{ "ssh-ed25519", "ssh-ed25519-cert-v01@openssh.com", check_ed25519 },
	{ "sk-ssh-ed25519@openssh.com", "sk-ssh-ed25519-cert-v01@openssh.com", check_sk_ed25519 },
};
#define N_TYPES (sizeof(types) / sizeof(types[0]))

/* Names in ascending order, each with a value that is empty or holds one string. */
static bool check_options(struct str packed)
{
	struct wire w = { packed, false };
	struct str last = STR_NONE;

	while (w.rest.len > 0) {
		struct str name = take_string(&w);
		struct wire value = { take_string(&w), false };

		if (w.bad || (last.ptr && str_cmp(name, last) <= 0))
			return false;
		if (value.rest.len > 0)
			take_string(&value);
		if (value.bad || value.rest.len > 0)
			return false;
		last = name;
	}
	return true;
}

static bool check_principals(struct str packed)
{
	struct wire w = { packed, false };

	while (w.rest.len > 0 && !w.bad)
		take_string(&w);
	return !w.bad;
}

static bool check_signature(struct str packed)
{
	struct wire w = { packed, false };
	struct str format = take_string(&w);

	take_string(&w);
	return !w.bad && (w.rest.len == 0 || str_starts(format, "sk-"));
}

/* A key that is no certificate, with its type before it; nothing may follow it. */
static bool check_plain_key(struct str packed)
{
	struct wire w = { packed, false };
	struct str name = take_string(&w);

	for (size_t i = 0; i < N_TYPES; i++)
		if (!w.bad && str_is(name, types[i].name))
			return types[i].check(&w) && w.rest.len == 0;
	return false;
}

/* What follows the public key in a certificate (PROTOCOL.certkeys). */
static bool check_certificate(struct wire *w)
{
	bool good = true;

	take_uint32(w); /* serial, two halves */
	take_uint32(w);
	take_uint32(w); /* type */
	take_string(w); /* key id */
	good = check_principals(take_string(w)) && good;
	for (int i = 0; i < 4; i++)
		take_uint32(w); /* valid after, valid before */
	good = check_options(take_string(w)) && good;
	good = check_options(take_string(w)) && good;
	take_string(w); /* reserved */
	good = check_plain_key(take_string(w)) && good;
	good = check_signature(take_string(w)) && good;
	return good && !w->bad && w->rest.len == 0;
}

static bool check_key(struct str packed, struct str declared)
{
	struct wire w = { packed, false };
	struct str name = take_string(&w);

	if (w.bad || !str_eq(name, declared))
		return false;
	for (size_t i = 0; i < N_TYPES; i++) {
		if (str_is(name, types[i].name))
			return types[i].check(&w) && w.rest.len == 0;
		if (str_is(name, types[i].certificate)) {
			take_string(&w); /* nonce */
			return !w.bad && types[i].check(&w) && check_certificate(&w);
		}
	}
	return false;
}

static size_t blank_at(struct str text, size_t from)
{
	while (from < text.len && text.ptr[from] != ' ' && text.ptr[from] != '\t')
		from++;
	return from;
}

/* "TYPE BASE64 [COMMENT]" */
static int key_from_fields(struct str line, struct buf *out)
{
	size_t end = blank_at(line, 0);
	struct str rest = str_trim(str_slice(line, end, line.len));
	struct buf bytes;
	int rc = -1;

	buf_init(&bytes, PPL_MAX_TEXT);
	rest = str_slice(rest, 0, blank_at(rest, 0));
	if (buf_unbase64(&bytes, rest) == 0 &&
	    check_key(buf_view(&bytes), str_slice(line, 0, end))) {
		buf_base64(out, buf_view(&bytes));
		rc = 0;
	}
	buf_clear(&bytes);
	return rc;
}

/* Where the options before a key end: at the first blank outside quotes. */
static size_t options_end(struct str line)
{
	bool in_quote = false;

	for (size_t i = 0; i < line.len; i++) {
		char c = line.ptr[i];

		if (!in_quote && (c == ' ' || c == '\t'))
			return i;
		if (c == '"' && (i == 0 || line.ptr[i - 1] != '\\'))
			in_quote = !in_quote;
	}
	return line.len;
}

static int key_from_line(struct str line, struct buf *out)
{
	line = str_trim(line);
	if (line.len == 0 || line.ptr[0] == '#')
		return -1;
	if (key_from_fields(line, out) == 0)
		return 0;
	return key_from_fields(str_trim(str_slice(line, options_end(line), line.len)), out);
}

int translator_ppl_sshkey_encode(struct str text, struct buf *out)
{
	struct str line, rest = text;

	while (rest.len > 0) {
		if (!str_cut(rest, '\n', &line, &rest)) {
			line = rest;
			rest = STR("");
		}
		if (key_from_line(line, out) == 0)
			return 0;
	}
	return -1;
}
