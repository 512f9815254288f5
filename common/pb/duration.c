/* duration: spans of time as text: Go's time.ParseDuration, and protobuf-JSON's form.
 *
 *   in     text of a user
 *   out    nanoseconds, or seconds and nanoseconds; text appended to a buf
 *   owns   nothing
 *   never  rounds up, or accepts what Go refuses */
#include "pb/duration.h"

#include "pb/reflect.h"

#define NS_MAX ((uint64_t)1 << 63)
#define SECONDS_MAX 315576000000 /* of google.protobuf.Duration */

static const struct unit {
	const char *name;
	uint64_t ns;
} units[] = {
	{ "ns", 1 },           { "us", 1000 },      { "\xc2\xb5s", 1000 }, /* the micro sign */
	{ "\xce\xbcs", 1000 },                                             /* the Greek letter mu */
	{ "ms", 1000000 },     { "s", 1000000000 }, { "m", 60000000000 },  { "h", 3600000000000 },
};

static bool is_digit(struct str s, size_t i)
{
	return i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9';
}

/* Digits before a point, to at most 2^63. */
static bool go_whole(struct str s, size_t *i, uint64_t *out)
{
	*out = 0;
	for (; is_digit(s, *i); (*i)++) {
		if (*out > NS_MAX / 10)
			return false;
		*out = *out * 10 + (uint64_t)(s.ptr[*i] - '0');
		if (*out > NS_MAX)
			return false;
	}
	return true;
}

/* Digits after a point; those that no longer fit are read and do not count. */
static void go_fraction(struct str s, size_t *i, uint64_t *out, double *scale)
{
	bool over = false;

	*out = 0;
	*scale = 1;
	for (; is_digit(s, *i); (*i)++) {
		if (over || *out > (NS_MAX - 1) / 10) {
			over = true;
			continue;
		}
		*out = *out * 10 + (uint64_t)(s.ptr[*i] - '0');
		*scale *= 10;
	}
}

static uint64_t go_unit(struct str s, size_t *i)
{
	size_t from = *i;

	while (*i < s.len && s.ptr[*i] != '.' && !is_digit(s, *i))
		(*i)++;
	for (size_t k = 0; k < sizeof(units) / sizeof(units[0]); k++)
		if (str_is(str_slice(s, from, *i), units[k].name))
			return units[k].ns;
	return 0;
}

/* One number with its unit, added to *total. */
static bool go_part(struct str s, size_t *i, uint64_t *total)
{
	uint64_t whole, fraction = 0, unit;
	size_t start = *i, digits;
	double scale = 1;

	if (!go_whole(s, i, &whole))
		return false;
	digits = *i - start;
	if (*i < s.len && s.ptr[*i] == '.') {
		start = ++*i;
		go_fraction(s, i, &fraction, &scale);
		digits += *i - start;
	}
	unit = go_unit(s, i);
	if (digits == 0 || unit == 0 || whole > NS_MAX / unit)
		return false;
	whole *= unit;
	if (fraction > 0)
		whole += (uint64_t)((double)fraction * ((double)unit / scale));
	*total += whole;
	return whole <= NS_MAX && *total <= NS_MAX;
}

static bool go_duration(struct str s, int64_t *ns)
{
	bool negative = s.len > 0 && s.ptr[0] == '-';
	size_t i = s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+');
	uint64_t total = 0;

	if (str_is(str_slice(s, i, s.len), "0")) {
		*ns = 0;
		return true;
	}
	if (i == s.len)
		return false;
	while (i < s.len)
		if (!go_part(s, &i, &total))
			return false;
	if (!negative && total == NS_MAX)
		return false;
	*ns = negative ? (int64_t)(0 - total) : (int64_t)total;
	return true;
}

int pb_parse_go_duration(struct str text, int64_t *ns, struct err *err)
{
	if (go_duration(text, ns))
		return 0;
	return err_set(err,
		       "%s is not a duration: write a number and a unit (ns, us, ms, s, m, h), "
		       "such as 30s or 1h30m",
		       err_quote(text));
}

bool pb_parse_json_duration(struct str s, int64_t *seconds, int32_t *nanos)
{
	bool negative = s.len > 0 && s.ptr[0] == '-';
	size_t i = s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+'), from = i, digits = 0;
	int64_t whole = 0, fraction = 0;

	if (s.len < 2 || s.ptr[s.len - 1] != 's')
		return false;
	for (; is_digit(s, i); i++) {
		if (whole > SECONDS_MAX || (i > from && s.ptr[from] == '0'))
			return false;
		whole = whole * 10 + (s.ptr[i] - '0');
	}
	if (i == from && s.ptr[i] != '.')
		return false;
	if (s.ptr[i] == '.')
		for (i++; digits < 9 && is_digit(s, i); i++, digits++)
			fraction = fraction * 10 + (s.ptr[i] - '0');
	for (; digits < 9; digits++)
		fraction *= 10;
	if (i != s.len - 1 || whole > SECONDS_MAX)
		return false;
	*seconds = negative ? -whole : whole;
	*nanos = (int32_t)(negative ? -fraction : fraction);
	return true;
}

void pb_print_fraction(struct buf *out, uint32_t nanos)
{
	if (nanos == 0)
		return;
	if (nanos % 1000000 == 0)
		buf_printf(out, ".%03u", (unsigned)(nanos / 1000000));
	else if (nanos % 1000 == 0)
		buf_printf(out, ".%06u", (unsigned)(nanos / 1000));
	else
		buf_printf(out, ".%09u", (unsigned)nanos);
}

void pb_print_duration(struct buf *out, int64_t seconds, int32_t nanos)
{
	bool negative = seconds < 0 || nanos < 0;
	uint64_t whole = seconds < 0 ? 0 - (uint64_t)seconds : (uint64_t)seconds;

	buf_printf(out, "%s%llu", negative ? "-" : "", (unsigned long long)whole);
	pb_print_fraction(out, nanos < 0 ? 0 - (uint32_t)nanos : (uint32_t)nanos);
	buf_putc(out, 's');
}
