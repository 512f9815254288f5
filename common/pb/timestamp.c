/* timestamp: moments as RFC 3339 text.
 *
 *   in     text of a user, or seconds since 1970
 *   out    seconds and nanoseconds, or text in UTC
 *   owns   nothing
 *   never  asks the clock or a time zone */
#include "pb/duration.h"

#define SECONDS_MIN (-62135596800)
#define SECONDS_MAX 253402300799

static int64_t days_from_date(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month <= 2 ? year - 1 : year, era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - 719468;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* `n` digits at *i, then the byte `end` if it is not NUL; -1 if it is not so or above max. */
static int digits(struct str s, size_t *i, unsigned n, char end)
{
	int v = 0;

	for (; n > 0; n--, (*i)++) {
		if (*i >= s.len || s.ptr[*i] < '0' || s.ptr[*i] > '9')
			return -1;
		v = v * 10 + (s.ptr[*i] - '0');
	}
	if (end != '\0' && (*i >= s.len || s.ptr[(*i)++] != end))
		return -1;
	return v;
}

static bool zone(struct str s, size_t i, int *offset)
{
	int sign, hours, minutes;

	*offset = 0;
	if (i + 1 == s.len && s.ptr[i] == 'Z')
		return true;
	if (i >= s.len || (s.ptr[i] != '+' && s.ptr[i] != '-'))
		return false;
	sign = s.ptr[i++] == '-' ? -1 : 1;
	hours = digits(s, &i, 2, ':');
	minutes = hours < 0 ? -1 : digits(s, &i, 2, '\0');
	*offset = sign * (hours * 3600 + minutes * 60);
	return i == s.len && hours >= 0 && hours <= 24 && minutes >= 0 && minutes <= 60;
}

static bool fraction(struct str s, size_t *i, int32_t *nanos)
{
	int n = 0;

	*nanos = 0;
	if (*i >= s.len || (s.ptr[*i] != '.' && s.ptr[*i] != ','))
		return true;
	for ((*i)++; *i < s.len && s.ptr[*i] >= '0' && s.ptr[*i] <= '9'; (*i)++) {
		if (++n > 9)
			return false;
		*nanos = *nanos * 10 + (s.ptr[*i] - '0');
	}
	for (int k = n; k < 9; k++)
		*nanos *= 10;
	return n > 0;
}

bool pb_parse_timestamp(struct str s, int64_t *seconds, int32_t *nanos)
{
	static const char ends[] = "--T::";
	int part[6], offset;
	size_t i = 0;

	for (int k = 0; k < 6; k++) {
		part[k] = digits(s, &i, k == 0 ? 4 : 2, ends[k]);
		if (part[k] < 0)
			return false;
	}
	if (part[1] < 1 || part[1] > 12 || part[2] < 1 ||
	    (unsigned)part[2] > days_in_month((unsigned)part[0], (unsigned)part[1]))
		return false;
	if (part[3] > 23 || part[4] > 59 || part[5] > 59 || !fraction(s, &i, nanos) ||
	    !zone(s, i, &offset))
		return false;
	*seconds = days_from_date(part[0], (unsigned)part[1], (unsigned)part[2]) * 86400 +
		   part[3] * 3600 + part[4] * 60 + part[5] - offset;
	return *seconds >= SECONDS_MIN && *seconds <= SECONDS_MAX;
}

void pb_print_timestamp(struct buf *out, int64_t seconds, int32_t nanos)
{
	time_t at = (time_t)(seconds < SECONDS_MIN   ? SECONDS_MIN
			     : seconds > SECONDS_MAX ? SECONDS_MAX
						     : seconds);
	struct tm tm;

	gmtime_r(&at, &tm);
	buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
		   tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	pb_print_fraction(out, nanos < 0 || nanos > 999999999 ? 0 : (uint32_t)nanos);
	buf_putc(out, 'Z');
}
