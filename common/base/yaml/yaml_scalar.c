/* yaml_scalar: the type of a scalar, as go-yaml v3 decides it for an untyped target.
 *
 *   in     a scalar's text, its tag, whether it was plain
 *   out    null, bool, integer, float, timestamp or string
 *   owns   the table of words and the number grammar
 *   never  sees a quoted scalar as anything but a string, unless a tag says so
 */
#include "base/yaml/yaml_scalar.h"

#include <math.h>

#define LONG_PREFIX "tag:yaml.org,2002:"

static const struct {
	const char *text;
	enum value_type type;
	double number; /* of a float; 1 or 0 for a bool */
} words[] = {
	{ "", VALUE_NULL, 0 },
	{ "~", VALUE_NULL, 0 },
	{ "null", VALUE_NULL, 0 },
	{ "Null", VALUE_NULL, 0 },
	{ "NULL", VALUE_NULL, 0 },
	{ "true", VALUE_BOOL, 1 },
	{ "True", VALUE_BOOL, 1 },
	{ "TRUE", VALUE_BOOL, 1 },
	{ "false", VALUE_BOOL, 0 },
	{ "False", VALUE_BOOL, 0 },
	{ "FALSE", VALUE_BOOL, 0 },
	{ ".nan", VALUE_FLOAT, NAN },
	{ ".NaN", VALUE_FLOAT, NAN },
	{ ".NAN", VALUE_FLOAT, NAN },
	{ ".inf", VALUE_FLOAT, INFINITY },
	{ ".Inf", VALUE_FLOAT, INFINITY },
	{ ".INF", VALUE_FLOAT, INFINITY },
	{ "+.inf", VALUE_FLOAT, INFINITY },
	{ "+.Inf", VALUE_FLOAT, INFINITY },
	{ "+.INF", VALUE_FLOAT, INFINITY },
	{ "-.inf", VALUE_FLOAT, -INFINITY },
	{ "-.Inf", VALUE_FLOAT, -INFINITY },
	{ "-.INF", VALUE_FLOAT, -INFINITY },
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool try_word(struct str text, struct value *out)
{
	if (text.len > 5)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!str_is(text, words[i].text))
			continue;
		out->type = words[i].type;
		if (out->type == VALUE_BOOL)
			out->boolean = words[i].number != 0;
		else if (out->type == VALUE_FLOAT)
			out->number = words[i].number;
		return true;
	}
	return false;
}

/* Digits of the base up to the end; false if there are none, others, or too many. */
static bool read_digits(struct str text, unsigned base, uint64_t *out)
{
	uint64_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		unsigned digit = is_digit(c)            ? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
				 : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
							: 99;

		if (digit >= base || n > (UINT64_MAX - digit) / base)
			return false;
		n = n * base + digit;
	}
	*out = n;
	return text.len > 0;
}

/* 12, -12, +12, 0x1F, 0o17, 017, 0b101; without underscores already. */
static bool try_int(struct str text, struct value *out)
{
	bool negative = str_starts(text, "-");
	bool sign = negative || str_starts(text, "+");
	struct str digits = str_slice(text, sign, text.len);
	unsigned base = 10;
	uint64_t n;

	if (digits.len > 1 && digits.ptr[0] == '0') {
		char letter = (char)(digits.ptr[1] | 0x20);

		base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
		digits = str_slice(digits, base == 8 && letter != 'o' ? 1 : 2, digits.len);
	}
	if (!read_digits(digits, base, &n))
		return false;
	if (negative ? n > (uint64_t)INT64_MAX + 1 : sign && n > INT64_MAX)
		return false;
	if (negative) {
		out->type = VALUE_INT;
		out->integer = (int64_t)(0 - n);
	} else if (n <= INT64_MAX) {
		out->type = VALUE_INT;
		out->integer = (int64_t)n;
	} else {
		out->type = VALUE_UINT;
		out->uinteger = n;
	}
	return true;
}

static size_t skip_digits(struct str text, size_t i)
{
	while (i < text.len && is_digit(text.ptr[i]))
		i++;
	return i;
}

/* [-+]? ( .digits | digits [. digits?] ) ( [eE] [-+]? digits )? */
static bool is_float(struct str text)
{
	size_t i = text.len && (text.ptr[0] == '-' || text.ptr[0] == '+');
	size_t start = i, whole = skip_digits(text, i) - start;

	i += whole;
	if (i < text.len && text.ptr[i] == '.') {
		size_t fraction = skip_digits(text, i + 1) - (i + 1);

		if (whole == 0 && fraction == 0)
			return false;
		i += 1 + fraction;
	} else if (whole == 0) {
		return false;
	}
	if (i < text.len && (text.ptr[i] == 'e' || text.ptr[i] == 'E')) {
		size_t digits = i + 1;

		if (digits < text.len && (text.ptr[digits] == '-' || text.ptr[digits] == '+'))
			digits++;
		i = skip_digits(text, digits);
		if (i == digits)
			return false;
	}
	return i == text.len;
}

static bool try_float(struct str text, struct value *out)
{
	double number;

	if (!is_float(text))
		return false;
	number = strtod(text.ptr, NULL);
	if (isinf(number))
		return false; /* out of range stays a string */
	out->type = VALUE_FLOAT;
	out->number = number;
	return true;
}

static struct str without_underscores(struct str text, struct pool *pool)
{
	char *copy;
	size_t n = 0;

	if (str_find(text, '_') < 0)
		return text;
	copy = pool_alloc(pool, text.len + 1);
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] != '_')
			copy[n++] = text.ptr[i];
	return (struct str){ copy, n };
}

/* After a leading point an underscore may only stand between two digits. */
static bool well_placed_underscores(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '_' &&
		    (i + 1 == text.len || !is_digit(text.ptr[i - 1]) || !is_digit(text.ptr[i + 1])))
			return false;
	return true;
}

/* The type that the text suggests; a timestamp only if wanted. Leaves a string as it is. */
static void guess(struct str text, bool want_time, struct pool *pool, struct value *out)
{
	static const char starts[] = "+-0123456789.~nNtTfF";
	struct value_time t;
	char c = text.len ? text.ptr[0] : '\0';

	if (text.len && !strchr(starts, c ? c : 'x'))
		return;
	if (try_word(text, out) || c == '~' || strchr("nNtTfF", c))
		return;
	if (c == '.') {
		if (well_placed_underscores(text))
			(void)try_float(without_underscores(text, pool), out);
		return;
	}
	if (want_time && value_time_parse(text, &t)) {
		out->type = VALUE_TIME;
		return; /* the string stays as written */
	}
	text = without_underscores(text, pool);
	if (!try_int(text, out))
		(void)try_float(text, out);
}

static int decode_binary(struct str text, struct pool *pool, struct value *out, struct err *err)
{
	struct buf bytes;
	int rc = -1;

	buf_init(&bytes, BUF_MAX_FILE);
	if (buf_unbase64(&bytes, text) || bytes.full) {
		err_set(err, "!!binary value contains invalid base64 data");
		goto out;
	}
	out->string = pool_str(pool, buf_view(&bytes));
	out->binary = true;
	rc = 0;
out:
	buf_clear(&bytes);
	return rc;
}

static const struct {
	const char *tag;
	enum value_type type;
} tags[] = {
	{ "null", VALUE_NULL },   { "bool", VALUE_BOOL },      { "int", VALUE_INT },
	{ "float", VALUE_FLOAT }, { "timestamp", VALUE_TIME },
};

/* What was found must be what the tag says; an integer may become a float. */
static int fit_tag(const char *tag, enum value_type wanted, struct value *v, struct err *err)
{
	enum value_type found = v->type == VALUE_UINT ? VALUE_INT : v->type;

	if (found == wanted)
		return 0;
	if (wanted == VALUE_FLOAT && v->type == VALUE_INT) {
		v->type = VALUE_FLOAT;
		v->number = (double)v->integer;
		return 0;
	}
	/* Not its text: it may be a secret value. */
	return err_set(err, "cannot decode the %s as a !!%s", value_type_name(v->type), tag);
}

int yaml_scalar_type(const struct yaml_scalar *scalar, struct pool *pool, struct value *out,
		     struct err *err)
{
	struct str tag = scalar->tag;

	out->type = VALUE_STRING;
	out->text = scalar->text;
	out->string = scalar->text;
	if (!tag.len || str_is(tag, "!")) {
		/* "<<" is a string here: whether it merges is for the map to say. */
		if (scalar->plain)
			guess(scalar->text, true, pool, out);
		return 0;
	}
	if (!str_starts(tag, LONG_PREFIX))
		return 0; /* a tag of the user's own says nothing */
	tag = str_slice(tag, strlen(LONG_PREFIX), tag.len);
	if (str_is(tag, "binary"))
		return decode_binary(scalar->text, pool, out, err);
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (!str_is(tag, tags[i].tag))
			continue;
		guess(scalar->text, tags[i].type == VALUE_TIME, pool, out);
		return fit_tag(tags[i].tag, tags[i].type, out, err);
	}
	return 0;
}
