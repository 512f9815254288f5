/* value_time: the moment that a YAML timestamp names, by the rules of Go's time.Parse.
 *
 *   in     text such as 2024-01-31, 2024-1-31T10:20:30.5Z, 2001-12-14t21:59:43-05:00
 *   out    its parts
 *   owns   nothing
 *   never  accepts a day that the month does not have
 */
#include "base/value.h"

#include <time.h>

struct cursor {
	struct str rest;
};

static bool take(struct cursor *c, char wanted)
{
	if (!c->rest.len || c->rest.ptr[0] != wanted)
		return false;
	c->rest = str_slice(c->rest, 1, c->rest.len);
	return true;
}

/* Between min and max digits. */
static bool take_number(struct cursor *c, size_t min, size_t max, int *out)
{
	size_t n = 0;

	*out = 0;
	while (n < max && n < c->rest.len && c->rest.ptr[n] >= '0' && c->rest.ptr[n] <= '9')
		*out = *out * 10 + (c->rest.ptr[n++] - '0');
	c->rest = str_slice(c->rest, n, c->rest.len);
	return n >= min;
}

static int days_of(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

static bool take_date(struct cursor *c, struct value_time *t)
{
	return take_number(c, 4, 4, &t->year) && take(c, '-') && take_number(c, 1, 2, &t->month) &&
	       take(c, '-') && take_number(c, 1, 2, &t->day) && t->month >= 1 && t->month <= 12 &&
	       t->day >= 1 && t->day <= days_of(t->year, t->month);
}

/* A fraction is optional, of any length; nine digits count. */
static void take_fraction(struct cursor *c, struct value_time *t)
{
	uint32_t unit = 100000000;
	struct str rest = c->rest;

	if (rest.len < 2 || (rest.ptr[0] != '.' && rest.ptr[0] != ',') || rest.ptr[1] < '0' ||
	    rest.ptr[1] > '9')
		return;
	for (rest = str_slice(rest, 1, rest.len);
	     rest.len && rest.ptr[0] >= '0' && rest.ptr[0] <= '9';
	     rest = str_slice(rest, 1, rest.len), unit /= 10)
		t->nanos += unit * (uint32_t)(rest.ptr[0] - '0');
	c->rest = rest;
}

static bool take_clock(struct cursor *c, struct value_time *t)
{
	if (!take_number(c, 1, 2, &t->hour) || !take(c, ':') || !take_number(c, 1, 2, &t->minute) ||
	    !take(c, ':') || !take_number(c, 1, 2, &t->second) || t->hour > 23 || t->minute > 59 ||
	    t->second > 59)
		return false;
	take_fraction(c, t);
	return true;
}

/* Z, +hh:mm or -hh:mm */
static bool take_zone(struct cursor *c, struct value_time *t)
{
	bool west = str_starts(c->rest, "-");
	int hours, minutes;

	if (take(c, 'Z'))
		return true;
	if (!take(c, west ? '-' : '+') || !take_number(c, 2, 2, &hours) || !take(c, ':') ||
	    !take_number(c, 2, 2, &minutes) || hours > 24 || minutes > 60)
		return false;
	t->offset = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
	return true;
}

bool value_time_parse(struct str text, struct value_time *out)
{
	struct cursor c = { text };

	*out = (struct value_time){ 0 };
	if (!take_date(&c, out))
		return false;
	if (c.rest.len == 0)
		return true;
	if (take(&c, 'T') || take(&c, 't'))
		return take_clock(&c, out) && take_zone(&c, out) && c.rest.len == 0;
	if (!take(&c, ' '))
		return false;
	while (take(&c, ' '))
		continue;
	return take_clock(&c, out) && c.rest.len == 0;
}

int64_t value_time_seconds(const struct value_time *t)
{
	struct tm tm = { .tm_year = t->year - 1900,
			 .tm_mon = t->month - 1,
			 .tm_mday = t->day,
			 .tm_hour = t->hour,
			 .tm_min = t->minute,
			 .tm_sec = t->second };

	return timegm(&tm) - t->offset;
}
