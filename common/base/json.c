/* json: RFC 8259 text -> a tree of struct value. cJSON would lose digits above
 * 2^53 and everything after a NUL.
 *
 *   in     JSON text of any origin
 *   out    a tree in the caller's pool
 *   owns   a stack of values that wait for their list or map
 *   never  recurses deeper than VALUE_MAX_DEPTH, accepts a comment or a trailing comma
 */
#include "base/value.h"

#include <math.h>
#include "base/mem.h"

struct json_reader {
	struct str text;
	size_t at;
	struct pool *pool;
	struct value *stack;
	size_t n_stack, stack_size;
	size_t n_nodes;
	uint32_t line;
	size_t line_start;
};

static int fail(const struct json_reader *r, struct err *err, const char *problem)
{
	return err_set(err, "json: line %u, column %zu: %s", r->line, r->at - r->line_start + 1,
		       problem);
}

static int peek(const struct json_reader *r)
{
	return r->at < r->text.len ? (unsigned char)r->text.ptr[r->at] : -1;
}

static void skip_blanks(struct json_reader *r)
{
	for (int c = peek(r); c == ' ' || c == '\t' || c == '\r' || c == '\n'; c = peek(r)) {
		r->at++;
		if (c == '\n') {
			r->line++;
			r->line_start = r->at;
		}
	}
}

static bool take(struct json_reader *r, char wanted)
{
	skip_blanks(r);
	if (peek(r) != wanted)
		return false;
	r->at++;
	return true;
}

static bool take_digits(struct json_reader *r)
{
	size_t start = r->at;

	while (peek(r) >= '0' && peek(r) <= '9')
		r->at++;
	return r->at > start;
}

/* Takes a number off the text; *whole: it has no fraction and no exponent. */
static int scan_number(struct json_reader *r, bool *whole, struct err *err)
{
	*whole = true;
	if (peek(r) == '-')
		r->at++;
	if (peek(r) == '0')
		r->at++;
	else if (!take_digits(r))
		return fail(r, err, "a number needs a digit here");
	if (peek(r) == '.') {
		*whole = false;
		r->at++;
		if (!take_digits(r))
			return fail(r, err, "a number needs a digit after the point");
	}
	if (peek(r) == 'e' || peek(r) == 'E') {
		*whole = false;
		r->at++;
		if (peek(r) == '+' || peek(r) == '-')
			r->at++;
		if (!take_digits(r))
			return fail(r, err, "a number needs a digit in its exponent");
	}
	return 0;
}

static bool to_unsigned(struct str digits, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < digits.len; i++) {
		uint64_t digit = (uint64_t)(digits.ptr[i] - '0');

		if (digit > 9 || *out > (UINT64_MAX - digit) / 10)
			return false;
		*out = *out * 10 + digit;
	}
	return true;
}

static int read_number(struct json_reader *r, struct value *out, struct err *err)
{
	size_t start = r->at;
	struct str text;
	long long small;
	uint64_t large;
	bool whole;

	if (scan_number(r, &whole, err))
		return -1;
	text = pool_bytes(r->pool, r->text.ptr + start, r->at - start);
	out->text = text;
	if (whole && str_to_int(text, &small)) {
		out->type = VALUE_INT;
		out->integer = small;
		return 0;
	}
	if (whole && to_unsigned(text, &large)) {
		out->type = VALUE_UINT;
		out->uinteger = large;
		return 0;
	}
	out->type = VALUE_FLOAT;
	out->number = strtod(text.ptr, NULL) + 0.0; /* -0 is 0: it would be printed as an integer */
	return isinf(out->number) ? fail(r, err, "the number is out of range") : 0;
}

static bool take_hex4(struct json_reader *r, unsigned *out)
{
	*out = 0;
	for (int i = 0; i < 4; i++, r->at++) {
		int c = peek(r);
		int digit = c < 0 ? -1 : str_hex_digit((char)c);

		if (digit < 0)
			return false;
		*out = *out << 4 | (unsigned)digit;
	}
	return true;
}

/* After \u. Writes UTF-8, at most 4 bytes; 0 if it is no character. */
static size_t take_unicode(struct json_reader *r, char *out)
{
	unsigned c, low;

	if (!take_hex4(r, &c))
		return 0;
	if (c >= 0xD800 && c <= 0xDBFF) {
		if (!str_starts(str_slice(r->text, r->at, r->text.len), "\\u"))
			return 0;
		r->at += 2;
		if (!take_hex4(r, &low) || low < 0xDC00 || low > 0xDFFF)
			return 0;
		c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
		out[0] = (char)(0xF0 | c >> 18);
		out[1] = (char)(0x80 | (c >> 12 & 63));
		out[2] = (char)(0x80 | (c >> 6 & 63));
		out[3] = (char)(0x80 | (c & 63));
		return 4;
	}
	if (c >= 0xDC00 && c <= 0xDFFF)
		return 0;
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xC0 | c >> 6);
		out[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	out[0] = (char)(0xE0 | c >> 12);
	out[1] = (char)(0x80 | (c >> 6 & 63));
	out[2] = (char)(0x80 | (c & 63));
	return 3;
}

/* One escape, after its backslash; the bytes written, or 0 if it is none. */
static size_t take_escape(struct json_reader *r, char *out)
{
	static const char names[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
	int c = peek(r);

	r->at++;
	if (c == 'u')
		return take_unicode(r, out);
	for (size_t i = 0; i + 1 < sizeof(names); i += 2) {
		if (c == names[i]) {
			out[0] = names[i + 1];
			return 1;
		}
	}
	return 0;
}

/* Where the string that starts at r->at ends, its closing quote, or 0. */
static size_t closing_quote(const struct json_reader *r)
{
	for (size_t i = r->at; i < r->text.len; i++) {
		if (r->text.ptr[i] == '\\')
			i++;
		else if (r->text.ptr[i] == '"')
			return i;
	}
	return 0;
}

static int read_string(struct json_reader *r, struct value *out, struct err *err)
{
	size_t end = closing_quote(r), len = 0;
	char *copy;

	if (!end)
		return fail(r, err, "the string has no closing quote");
	/* What is escaped never becomes longer. */
	copy = pool_alloc(r->pool, end - r->at + 1);
	while (r->at < end) {
		int c = peek(r);

		if (c < 0x20)
			return fail(r, err, "a control character in a string must be escaped");
		r->at++;
		if (c == '\\') {
			size_t n = take_escape(r, copy + len);

			if (n == 0)
				return fail(r, err,
					    "this escape is not one of JSON's, or not a character");
			len += n;
		} else {
			copy[len++] = (char)c;
		}
	}
	r->at = end + 1;
	out->type = VALUE_STRING;
	out->string = out->text = (struct str){ copy, len };
	if (!str_is_utf8(out->string))
		return fail(r, err, "the string is not valid UTF-8");
	return 0;
}

static int read_word(struct json_reader *r, struct value *out, struct err *err)
{
	static const struct {
		const char *text;
		enum value_type type;
		bool boolean;
	} words[] = { { "null", VALUE_NULL, false },
		      { "true", VALUE_BOOL, true },
		      { "false", VALUE_BOOL, false } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i].text);

		if (!str_starts(str_slice(r->text, r->at, r->text.len), words[i].text))
			continue;
		out->type = words[i].type;
		out->boolean = words[i].boolean;
		out->text = pool_bytes(r->pool, words[i].text, len);
		r->at += len;
		return 0;
	}
	return fail(r, err, "expected a value");
}

static void push(struct json_reader *r, const struct value *v)
{
	if (r->n_stack == r->stack_size) {
		r->stack_size = r->stack_size ? r->stack_size * 2 : 64;
		r->stack = mem_realloc(r->stack, r->stack_size * sizeof(*r->stack));
	}
	r->stack[r->n_stack++] = *v;
}

static int read_value(struct json_reader *r, size_t depth, struct value *out, struct err *err);

static int read_list(struct json_reader *r, size_t depth, struct value *out, struct err *err)
{
	size_t from = r->n_stack;
	struct value item;

	out->type = VALUE_LIST;
	if (!take(r, ']')) {
		do {
			if (read_value(r, depth + 1, &item, err))
				return -1;
			push(r, &item);
		} while (take(r, ','));
		if (!take(r, ']'))
			return fail(r, err, "expected a comma or the end of the list");
	}
	out->list.n = r->n_stack - from;
	out->list.items = pool_array(r->pool, out->list.n, sizeof(item));
	if (out->list.n)
		memcpy(out->list.items, r->stack + from, out->list.n * sizeof(item));
	r->n_stack = from;
	return 0;
}

/* Keys and values lie on the stack in turn. */
static int build_map(struct json_reader *r, size_t from, struct value *out, struct err *err)
{
	size_t n = (r->n_stack - from) / 2, first, second;
	struct str *names = mem_alloc(n * sizeof(*names));
	int rc = -1;

	out->map.n = n;
	out->map.entries = pool_array(r->pool, n, sizeof(struct value_entry));
	for (size_t i = 0; i < n; i++) {
		out->map.entries[i] =
			(struct value_entry){ r->stack[from + i * 2], r->stack[from + i * 2 + 1] };
		names[i] = out->map.entries[i].key.string;
	}
	if (value_find_twice(names, n, &first, &second)) {
		err_set(err, "json: line %u, column %u: the key %s is there twice",
			out->map.entries[second].key.line, out->map.entries[second].key.column,
			err_quote(names[second]));
		goto out;
	}
	r->n_stack = from;
	rc = 0;
out:
	mem_free(names);
	return rc;
}

static int read_map(struct json_reader *r, size_t depth, struct value *out, struct err *err)
{
	size_t from = r->n_stack;
	struct value item;

	out->type = VALUE_MAP;
	if (!take(r, '}')) {
		do {
			skip_blanks(r);
			if (peek(r) != '"')
				return fail(r, err, "expected a key in double quotes");
			if (read_value(r, depth + 1, &item, err))
				return -1;
			push(r, &item);
			if (!take(r, ':'))
				return fail(r, err, "expected a colon after the key");
			if (read_value(r, depth + 1, &item, err))
				return -1;
			push(r, &item);
		} while (take(r, ','));
		if (!take(r, '}'))
			return fail(r, err, "expected a comma or the end of the object");
	}
	return build_map(r, from, out, err);
}

static int read_value(struct json_reader *r, size_t depth, struct value *out, struct err *err)
{
	int c;

	skip_blanks(r);
	c = peek(r);
	*out = (struct value){ .line = r->line, .column = (uint32_t)(r->at - r->line_start + 1) };
	if (++r->n_nodes > VALUE_MAX_NODES)
		return fail(r, err, "too many values");
	if (c == '-' || (c >= '0' && c <= '9'))
		return read_number(r, out, err);
	if (c != '"' && c != '[' && c != '{')
		return read_word(r, out, err);
	if (c != '"' && depth >= VALUE_MAX_DEPTH)
		return fail(r, err, "nested too deep");
	r->at++;
	if (c == '"')
		return read_string(r, out, err);
	return c == '[' ? read_list(r, depth, out, err) : read_map(r, depth, out, err);
}

int json_parse(struct str text, struct pool *pool, struct value *out, struct err *err)
{
	struct json_reader r = { .text = text, .pool = pool, .line = 1 };
	int rc = read_value(&r, 0, out, err);

	skip_blanks(&r);
	if (!rc && r.at < text.len)
		rc = fail(&r, err, "something follows the end of the value");
	mem_free(r.stack);
	return rc;
}
