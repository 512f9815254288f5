/* value: questions to a tree of untyped data, and its JSON.
 *
 *   in     trees made by yaml.c and json.c, whose depth and size these have bounded
 *   out    members, equality, the JSON that Go's encoding/json would write
 *   owns   nothing that outlives a call
 *   never  changes a tree
 */
#include "base/value.h"

#include <math.h>
#include "base/map.h"
#include "base/mem.h"

#define FEW 32 /* names up to here are compared one by one */

const struct value *value_get(const struct value *v, const char *key)
{
	if (!v || v->type != VALUE_MAP)
		return NULL;
	for (size_t i = 0; i < v->map.n; i++) {
		const struct value_entry *entry = &v->map.entries[i];

		if (entry->key.type == VALUE_STRING && str_is(entry->key.string, key))
			return &entry->value;
	}
	return NULL;
}

struct str value_text(const struct value *v, const char *key)
{
	const struct value *found = value_get(v, key);

	return found && found->type == VALUE_STRING ? found->string : STR_NONE;
}

const char *value_type_name(enum value_type type)
{
	static const char *const names[] = {
		[VALUE_NULL] = "null",      [VALUE_BOOL] = "boolean", [VALUE_INT] = "integer",
		[VALUE_UINT] = "integer",   [VALUE_FLOAT] = "number", [VALUE_STRING] = "string",
		[VALUE_TIME] = "timestamp", [VALUE_LIST] = "list",    [VALUE_MAP] = "map",
	};

	return names[type];
}

bool value_find_twice(const struct str *names, size_t n, size_t *first, size_t *second)
{
	struct map seen;
	bool found = false;

	if (n <= FEW) {
		for (*second = 1; *second < n; (*second)++)
			for (*first = 0; *first < *second; (*first)++)
				if (str_eq(names[*first], names[*second]))
					return true;
		return false;
	}
	map_init(&seen, NULL);
	for (size_t i = 0; i < n && !found; i++) {
		const struct str *other = map_get(&seen, names[i]);

		if (other) {
			*first = (size_t)(other - names);
			*second = i;
			found = true;
		} else {
			map_put(&seen, names[i], (void *)&names[i]);
		}
	}
	map_clear(&seen);
	return found;
}

struct entry_ref {
	const struct value_entry *entry;
};

/* Order of entries: string keys by byte, before them other keys by type and text. */
static int order_entries(const void *a, const void *b)
{
	const struct value *x = &((const struct entry_ref *)a)->entry->key;
	const struct value *y = &((const struct entry_ref *)b)->entry->key;

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return x->type == VALUE_STRING ? str_cmp(x->string, y->string) : str_cmp(x->text, y->text);
}

/* The caller frees the array. */
static struct entry_ref *sorted_entries(const struct value *map)
{
	struct entry_ref *sorted = mem_alloc(map->map.n * sizeof(*sorted));

	for (size_t i = 0; i < map->map.n; i++)
		sorted[i].entry = &map->map.entries[i];
	qsort(sorted, map->map.n, sizeof(*sorted), order_entries);
	return sorted;
}

static bool equal_maps(const struct value *a, const struct value *b)
{
	struct entry_ref *x, *y;
	bool equal = a->map.n == b->map.n;

	if (!equal || a->map.n == 0)
		return equal;
	x = sorted_entries(a);
	y = sorted_entries(b);
	for (size_t i = 0; i < a->map.n && equal; i++)
		equal = value_equal(&x[i].entry->key, &y[i].entry->key) &&
			value_equal(&x[i].entry->value, &y[i].entry->value);
	mem_free(x);
	mem_free(y);
	return equal;
}

bool value_equal(const struct value *a, const struct value *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case VALUE_NULL:
		return true;
	case VALUE_BOOL:
		return a->boolean == b->boolean;
	case VALUE_INT:
		return a->integer == b->integer;
	case VALUE_UINT:
		return a->uinteger == b->uinteger;
	case VALUE_FLOAT:
		return a->number == b->number || (isnan(a->number) && isnan(b->number));
	case VALUE_STRING:
	case VALUE_TIME:
		return str_eq(a->string, b->string);
	case VALUE_LIST:
		if (a->list.n != b->list.n)
			return false;
		for (size_t i = 0; i < a->list.n; i++)
			if (!value_equal(&a->list.items[i], &b->list.items[i]))
				return false;
		return true;
	case VALUE_MAP:
		return equal_maps(a, b);
	}
	return false;
}

/* The fewest digits that read back as the same number: "d.ddde+xx" in text. */
static void shortest_digits(double number, char *text, size_t size)
{
	for (int precision = 0; precision < 17; precision++) {
		(void)snprintf(text, size, "%.*e", precision, number);
		if (strtod(text, NULL) == number)
			return;
	}
}

void value_print_float(struct buf *out, double number)
{
	char text[40], digits[20] = "";
	int exponent, n_digits = 0;

	if (!isfinite(number)) {
		buf_puts(out, isnan(number) ? "NaN" : number > 0 ? "+Inf" : "-Inf");
		return;
	}
	if (signbit(number))
		buf_putc(out, '-');
	number = fabs(number);
	shortest_digits(number, text, sizeof(text));
	exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
	for (const char *p = text; *p != 'e'; p++)
		if (*p != '.')
			digits[n_digits++] = *p;
	if (number != 0 && (exponent < -6 || exponent >= 21)) {
		buf_putc(out, digits[0]);
		if (n_digits > 1)
			buf_printf(out, ".%.*s", n_digits - 1, digits + 1);
		buf_printf(out, exponent < 0 ? "e-%d" : "e+%d", abs(exponent));
		return;
	}
	if (exponent < 0) {
		buf_printf(out, "0.%.*s%.*s", -exponent - 1, "00000", n_digits, digits);
		return;
	}
	for (int i = 0; i <= exponent || i < n_digits; i++) {
		if (i == exponent + 1)
			buf_putc(out, '.');
		buf_putc(out, i < n_digits ? digits[i] : '0');
	}
}

/* As encoding/json: U+2028 and U+2029 always escaped, bytes that are not UTF-8 replaced. */
static void print_string(struct str s, bool html, struct buf *out)
{
	struct str rest = s;

	buf_putc(out, '"');
	while (rest.len > 0) {
		unsigned char c = (unsigned char)rest.ptr[0];
		size_t n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
		struct str one = str_slice(rest, 0, n);

		if (!str_is_utf8(one)) {
			buf_puts(out, "\\ufffd");
			n = 1;
		} else if (str_is(one, "\xE2\x80\xA8") || str_is(one, "\xE2\x80\xA9")) {
			buf_printf(out, "\\u202%c", one.ptr[2] == '\xA8' ? '8' : '9');
		} else if (html && (c == '<' || c == '>' || c == '&')) {
			buf_printf(out, "\\u00%02x", c);
		} else if (c < 0x20 || c == '"' || c == '\\') {
			struct buf quoted;

			buf_init(&quoted, 16);
			buf_json(&quoted, one);
			buf_str(out, str_slice(buf_view(&quoted), 1, quoted.len - 1));
			buf_clear(&quoted);
		} else {
			buf_str(out, one);
		}
		rest = str_slice(rest, n, rest.len);
	}
	buf_putc(out, '"');
}

static int print_time(const struct value *v, struct buf *out, struct err *err)
{
	struct value_time t;
	char fraction[16] = "";
	int minutes;

	if (!value_time_parse(v->string, &t) || abs(t.offset) >= 24 * 3600)
		return err_set(err, "%s is not a time that JSON can hold", err_quote(v->string));
	if (t.nanos) {
		(void)snprintf(fraction, sizeof(fraction), ".%09u", t.nanos);
		for (size_t n = strlen(fraction); fraction[n - 1] == '0'; n--)
			fraction[n - 1] = '\0';
	}
	buf_printf(out, "\"%04d-%02d-%02dT%02d:%02d:%02d%s", t.year, t.month, t.day, t.hour,
		   t.minute, t.second, fraction);
	minutes = abs(t.offset) / 60;
	if (t.offset)
		buf_printf(out, "%c%02d:%02d\"", t.offset < 0 ? '-' : '+', minutes / 60,
			   minutes % 60);
	else
		buf_puts(out, "Z\"");
	return 0;
}

static int print_list(const struct value *v, bool html, struct buf *out, struct err *err)
{
	buf_putc(out, '[');
	for (size_t i = 0; i < v->list.n; i++) {
		if (i)
			buf_putc(out, ',');
		if (value_to_json(&v->list.items[i], html, out, err))
			return -1;
	}
	buf_putc(out, ']');
	return 0;
}

static int print_map(const struct value *v, bool html, struct buf *out, struct err *err)
{
	struct entry_ref *sorted = sorted_entries(v);
	int rc = -1;

	buf_putc(out, '{');
	for (size_t i = 0; i < v->map.n; i++) {
		const struct value *key = &sorted[i].entry->key;

		if (key->type != VALUE_STRING || key->binary) {
			err_set(err,
				"line %u: the key %s is of type %s: only strings can be keys here",
				key->line, err_quote(key->text),
				key->binary ? "binary" : value_type_name(key->type));
			goto out;
		}
		if (i)
			buf_putc(out, ',');
		print_string(key->string, html, out);
		buf_putc(out, ':');
		if (value_to_json(&sorted[i].entry->value, html, out, err))
			goto out;
	}
	buf_putc(out, '}');
	rc = 0;
out:
	mem_free(sorted);
	return rc;
}

int value_to_json(const struct value *v, bool html, struct buf *out, struct err *err)
{
	switch (v->type) {
	case VALUE_NULL:
		buf_puts(out, "null");
		return 0;
	case VALUE_BOOL:
		buf_puts(out, v->boolean ? "true" : "false");
		return 0;
	case VALUE_INT:
		buf_printf(out, "%lld", (long long)v->integer);
		return 0;
	case VALUE_UINT:
		buf_printf(out, "%llu", (unsigned long long)v->uinteger);
		return 0;
	case VALUE_FLOAT:
		if (!isfinite(v->number))
			return err_set(err, "line %u: the number %s has no form in JSON", v->line,
				       err_quote(v->text));
		value_print_float(out, v->number);
		return 0;
	case VALUE_STRING:
		print_string(v->string, html, out);
		return 0;
	case VALUE_TIME:
		return print_time(v, out, err);
	case VALUE_LIST:
		return print_list(v, html, out, err);
	case VALUE_MAP:
		return print_map(v, html, out, err);
	}
	return err_set(err, "a value of unknown type");
}
