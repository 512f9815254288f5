/* value_text: a value as text: what JSON carries, what Go's fmt.Sprint writes, a quoted number.
 *
 *   in     a value, or the text of one
 *   out    text in a pool, or a number
 *   owns   nothing
 *   never  fails for want of a form: a list or a map has one in Sprint */
#include "pb/json_read.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include "pb/reflect.h"

static size_t char_len(struct str s)
{
	for (size_t n = 1; n <= 4 && n <= s.len; n++)
		if (str_is_utf8(str_slice(s, 0, n)))
			return n;
	return 0;
}

/* encoding/json writes U+FFFD for each byte that is not UTF-8; only !!binary can hold such. */
static struct str repaired(struct str s, struct pool *pool)
{
	struct buf out;
	struct str copy;

	buf_init(&out, BUF_MAX_FILE);
	while (s.len > 0) {
		size_t n = char_len(s);

		if (n == 0)
			buf_puts(&out, "\xef\xbf\xbd");
		else
			buf_str(&out, str_slice(s, 0, n));
		s = str_slice(s, n == 0 ? 1 : n, s.len);
	}
	copy = pool_bytes(pool, out.len > 0 ? out.ptr : "", out.len);
	buf_clear(&out);
	return copy;
}

bool pb_value_text(const struct value *v, struct pool *pool, struct str *out)
{
	struct buf json;
	bool ok;

	if (v->type == VALUE_STRING) {
		*out = str_is_utf8(v->string)
			       ? pool_bytes(pool, v->string.len > 0 ? v->string.ptr : "",
					    v->string.len)
			       : repaired(v->string, pool);
		return true;
	}
	if (v->type != VALUE_TIME)
		return false;
	buf_init(&json, BUF_MAX_TEXT);
	ok = value_to_json(v, false, &json, NULL) == 0 && json.len >= 2;
	if (ok)
		*out = pool_bytes(pool, json.ptr + 1, json.len - 2);
	buf_clear(&json);
	return ok;
}

/* %v of a time: "2006-01-02 15:04:05.1 +0000 UTC", from the RFC 3339 text that JSON carries. */
static void sprint_time(const struct value *v, struct pool *pool, struct buf *out)
{
	struct str text, date, clock;
	long zone;

	if (!pb_value_text(v, pool, &text) || !str_cut(text, 'T', &date, &clock)) {
		buf_str(out, v->string);
		return;
	}
	zone = str_ends(clock, "Z") ? (long)clock.len - 1 : (long)clock.len - 6;
	buf_str(out, date);
	buf_putc(out, ' ');
	buf_str(out, str_slice(clock, 0, (size_t)zone));
	if (str_ends(clock, "Z")) {
		buf_puts(out, " +0000 UTC");
		return;
	}
	for (int twice = 0; twice < 2; twice++) {
		buf_putc(out, ' ');
		buf_str(out, str_slice(clock, (size_t)zone, (size_t)zone + 3));
		buf_str(out, str_slice(clock, (size_t)zone + 4, clock.len));
	}
}

/* %v of a float: the fewest digits that read back, with an exponent below 1e-4 and from 1e6. */
static void sprint_float(double number, struct buf *out)
{
	char text[40];
	int exponent;

	if (isnan(number) || isinf(number)) {
		buf_puts(out, isnan(number) ? "NaN" : number > 0 ? "+Inf" : "-Inf");
		return;
	}
	for (int precision = 0; precision < 17; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, number);
		if (strtod(text, NULL) == number)
			break;
	}
	exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
	if (exponent < -4 || exponent >= 6) {
		buf_puts(out, text);
		return;
	}
	for (int precision = 0; precision < 25; precision++) {
		snprintf(text, sizeof(text), "%.*f", precision, number);
		if (strtod(text, NULL) == number)
			break;
	}
	buf_puts(out, text);
}

static void sprint(const struct value *v, struct pool *pool, struct buf *out);

static int entry_cmp(const void *a, const void *b)
{
	const struct value_entry *const *x = a, *const *y = b;

	return str_cmp((*x)->key.string, (*y)->key.string);
}

/* Keys in byte order where all are strings, in the order of the source otherwise. */
static void sprint_map(const struct value *v, struct pool *pool, struct buf *out)
{
	const struct value_entry **entries = pool_array(pool, v->map.n + 1, sizeof(*entries));
	bool sortable = true;

	for (size_t i = 0; i < v->map.n; i++) {
		entries[i] = &v->map.entries[i];
		sortable = sortable && entries[i]->key.type == VALUE_STRING;
	}
	if (sortable)
		qsort(entries, v->map.n, sizeof(*entries), entry_cmp);
	buf_puts(out, "map[");
	for (size_t i = 0; i < v->map.n; i++) {
		if (i > 0)
			buf_putc(out, ' ');
		sprint(&entries[i]->key, pool, out);
		buf_putc(out, ':');
		sprint(&entries[i]->value, pool, out);
	}
	buf_putc(out, ']');
}

static void sprint_list(const struct value *v, struct pool *pool, struct buf *out)
{
	buf_putc(out, '[');
	for (size_t i = 0; i < v->list.n; i++) {
		if (i > 0)
			buf_putc(out, ' ');
		sprint(&v->list.items[i], pool, out);
	}
	buf_putc(out, ']');
}

static void sprint(const struct value *v, struct pool *pool, struct buf *out)
{
	switch (v->type) {
	case VALUE_NULL:
		buf_puts(out, "<nil>");
		break;
	case VALUE_BOOL:
		buf_puts(out, v->boolean ? "true" : "false");
		break;
	case VALUE_INT:
		buf_printf(out, "%" PRId64, v->integer);
		break;
	case VALUE_UINT:
		buf_printf(out, "%" PRIu64, v->uinteger);
		break;
	case VALUE_FLOAT:
		sprint_float(v->number, out);
		break;
	case VALUE_STRING:
		buf_str(out, v->string);
		break;
	case VALUE_TIME:
		sprint_time(v, pool, out);
		break;
	case VALUE_LIST:
		sprint_list(v, pool, out);
		break;
	case VALUE_MAP:
		sprint_map(v, pool, out);
		break;
	}
}

struct str pb_value_sprint(const struct value *v, struct pool *pool)
{
	struct buf out;
	struct str text;

	buf_init(&out, BUF_MAX_FILE);
	sprint(v, pool, &out);
	text = pool_bytes(pool, out.len > 0 ? out.ptr : "", out.len);
	buf_clear(&out);
	return text;
}

static size_t skip_digits(struct str s, size_t i)
{
	while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9')
		i++;
	return i;
}

/* The length of the JSON number that s starts with, 0 if it does not. */
static size_t number_len(struct str s)
{
	size_t i = s.len > 0 && s.ptr[0] == '-', from = i;

	i = skip_digits(s, i);
	if (i == from || (s.ptr[from] == '0' && i > from + 1))
		return 0;
	if (i < s.len && s.ptr[i] == '.') {
		from = ++i;
		i = skip_digits(s, i);
		if (i == from)
			return 0;
	}
	if (i < s.len && (s.ptr[i] == 'e' || s.ptr[i] == 'E')) {
		i++;
		i += i < s.len && (s.ptr[i] == '+' || s.ptr[i] == '-');
		from = i;
		i = skip_digits(s, i);
		if (i == from)
			return 0;
	}
	return i;
}

bool pb_text_number(struct str text, struct value *out)
{
	char digits[512];
	size_t n = number_len(text);
	char *end;

	if (n == 0 || n >= sizeof(digits) || n < text.len)
		return false;
	memcpy(digits, text.ptr, n);
	digits[n] = '\0';
	*out = (struct value){ .type = VALUE_INT, .text = text };
	errno = 0;
	out->integer = strtoll(digits, &end, 10);
	if (*end == '\0' && errno == 0)
		return true;
	errno = 0;
	out->uinteger = strtoull(digits, &end, 10);
	out->type = VALUE_UINT;
	if (*end == '\0' && errno == 0 && digits[0] != '-')
		return true;
	out->type = VALUE_FLOAT;
	out->number = strtod(digits, NULL);
	return isfinite(out->number);
}
