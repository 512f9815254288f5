/* x509_der: DER, element by element.
 *
 *   in     bytes, hostile
 *   out    the elements in them; whether what they hold is as DER wants it
 *   owns   nothing
 *   never  goes deeper than the one element that is asked for
 */
#include "x509/x509_der.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

static unsigned char byte_at(struct str s, size_t i)
{
	return (unsigned char)s.ptr[i];
}

/* Definite, and in as few bytes as it takes. */
static bool read_length(struct str in, size_t *at, size_t *len)
{
	unsigned first, n;

	if (*at >= in.len)
		return false;
	first = byte_at(in, (*at)++);
	if (first < 0x80) {
		*len = first;
		return true;
	}
	n = first & 0x7f;
	if (n == 0 || n > 4 || in.len - *at < n)
		return false;
	*len = 0;
	for (unsigned i = 0; i < n; i++)
		*len = *len << 8 | byte_at(in, (*at)++);
	return *len >= 0x80 && *len >> (8 * (n - 1)) != 0;
}

bool x509_der_next(struct str *in, unsigned *tag, struct str *body)
{
	size_t at = 1, len;

	if (!in->len)
		return false;
	*tag = byte_at(*in, 0);
	if ((*tag & 0x1f) == 0x1f) /* tags of more than one byte: X.509 has none */
		return false;
	if (!read_length(*in, &at, &len) || in->len - at < len)
		return false;
	*body = (struct str){ in->ptr + at, len };
	*in = (struct str){ in->ptr + at + len, in->len - at - len };
	return true;
}

bool x509_der_is_next(struct str in, unsigned tag)
{
	return in.len && byte_at(in, 0) == tag;
}

bool x509_der_take(struct str *in, unsigned tag, struct str *body)
{
	unsigned found;

	return x509_der_is_next(*in, tag) && x509_der_next(in, &found, body);
}

bool x509_der_option(struct str *in, unsigned tag, struct str *body)
{
	*body = STR_NONE;
	return !x509_der_is_next(*in, tag) || x509_der_take(in, tag, body);
}

/* ---- bodies ---- */

bool x509_der_is_integer(struct str body)
{
	if (body.len == 0)
		return false;
	if (body.len == 1)
		return true;
	/* the first nine bits differ */
	return !(byte_at(body, 0) == 0x00 && byte_at(body, 1) < 0x80) &&
	       !(byte_at(body, 0) == 0xff && byte_at(body, 1) >= 0x80);
}

bool x509_der_is_negative(struct str body)
{
	return byte_at(body, 0) >= 0x80;
}

/* Numbers of base 128; none of more than 31 bits, which is what Go takes. */
bool x509_der_is_oid(struct str body)
{
	uint64_t number = 0;
	bool begins = true;

	for (size_t i = 0; i < body.len; i++) {
		unsigned char byte = byte_at(body, i);

		if (begins && byte == 0x80)
			return false;
		number = (begins ? 0 : number << 7) | (byte & 0x7f);
		if (number > INT32_MAX)
			return false;
		begins = byte < 0x80;
	}
	return body.len && begins;
}

bool x509_der_is_bits(struct str body)
{
	unsigned unused;

	if (!body.len)
		return false;
	unused = byte_at(body, 0);
	if (unused > 7 || (body.len == 1 && unused))
		return false;
	return body.len == 1 || !(byte_at(body, body.len - 1) & ((1u << unused) - 1));
}

bool x509_der_is_bool(struct str body)
{
	return body.len == 1 && (byte_at(body, 0) == 0 || byte_at(body, 0) == 0xff);
}

static int two_digits(struct str s, size_t at)
{
	return (s.ptr[at] - '0') * 10 + (s.ptr[at + 1] - '0');
}

bool x509_der_is_time(unsigned tag, struct str body, int64_t *out)
{
	const size_t year_len = tag == DER_UTC_TIME ? 2 : 4;
	struct tm tm = { 0 }, same;
	time_t seconds;

	if ((tag != DER_UTC_TIME && tag != DER_GENERALIZED_TIME) || body.len != year_len + 11 ||
	    body.ptr[body.len - 1] != 'Z')
		return false;
	for (size_t i = 0; i + 1 < body.len; i++)
		if (body.ptr[i] < '0' || body.ptr[i] > '9')
			return false;
	tm.tm_year = two_digits(body, 0);
	if (tag == DER_UTC_TIME)
		tm.tm_year += tm.tm_year < 50 ? 100 : 0;
	else
		tm.tm_year = tm.tm_year * 100 + two_digits(body, 2) - 1900;
	tm.tm_mon = two_digits(body, year_len) - 1;
	tm.tm_mday = two_digits(body, year_len + 2);
	tm.tm_hour = two_digits(body, year_len + 4);
	tm.tm_min = two_digits(body, year_len + 6);
	tm.tm_sec = two_digits(body, year_len + 8);
	same = tm;
	seconds = timegm(&same); /* brings days that do not exist into the next month */
	if (out)
		*out = seconds;
	return same.tm_year == tm.tm_year && same.tm_mon == tm.tm_mon &&
	       same.tm_mday == tm.tm_mday && same.tm_hour == tm.tm_hour &&
	       same.tm_min == tm.tm_min && same.tm_sec == tm.tm_sec;
}

/* ---- texts of names ---- */

enum {
	UTF8_STRING = 0x0c,
	NUMERIC_STRING = 0x12,
	PRINTABLE_STRING = 0x13,
	T61_STRING = 0x14,
	IA5_STRING = 0x16,
	BMP_STRING = 0x1e
};

static bool holds_only(struct str body, const char *others, bool letters)
{
	for (size_t i = 0; i < body.len; i++) {
		char c = body.ptr[i];
		bool good = c >= '0' && c <= '9';

		good |= letters && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
		if (!good && (!c || !strchr(others, c)))
			return false;
	}
	return true;
}

/* Sixteen bits a character, none that Unicode keeps free or pairs. */
static bool is_bmp(struct str body)
{
	if (body.len % 2)
		return false;
	for (size_t i = 0; i < body.len; i += 2) {
		unsigned c = (unsigned)byte_at(body, i) << 8 | byte_at(body, i + 1);

		if (c >= 0xfffe || (c >= 0xfdd0 && c <= 0xfdef) || (c >= 0xd800 && c <= 0xdfff))
			return false;
	}
	return true;
}

bool x509_der_is_text(unsigned tag, struct str body)
{
	switch (tag) {
	case UTF8_STRING:
		return str_is_utf8(body);
	case NUMERIC_STRING:
		return holds_only(body, " ", false);
	case PRINTABLE_STRING:
		return holds_only(body, "'()+,-./ :=?*&", true);
	case T61_STRING:
		return true;
	case IA5_STRING:
		return str_is_ascii(body);
	case BMP_STRING:
		return is_bmp(body);
	default:
		return false;
	}
}

bool x509_der_is_value(unsigned tag, struct str body)
{
	switch (tag) {
	case DER_BOOLEAN:
		return x509_der_is_bool(body);
	case DER_INTEGER:
		return x509_der_is_integer(body);
	case DER_BIT_STRING:
		return x509_der_is_bits(body);
	case DER_NULL:
		return body.len == 0;
	case DER_OID:
		return x509_der_is_oid(body);
	case DER_UTC_TIME:
	case DER_GENERALIZED_TIME:
		return x509_der_is_time(tag, body, NULL);
	case UTF8_STRING:
	case BMP_STRING:
		return x509_der_is_text(tag, body);
	default:
		return true;
	}
}
