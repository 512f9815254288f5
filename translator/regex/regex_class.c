/* regex_class: reads escapes and character classes.
 *
 *   in     a reader that stands at a backslash or a bracket
 *   out    the rune, or the set of runes; or why Go refuses it
 *   owns   the tables of Perl's and POSIX's classes
 *   never  keeps the runes of a large class: only the first two ranges decide anything
 */
#include "translator/regex/regex_class.h"

#include <string.h>

#define INVALID_ESCAPE "invalid escape sequence"
#define INVALID_RANGE "invalid character class range"

struct named_set {
	const char *name;
	const char *ranges; /* pairs of ASCII characters */
};

static const struct named_set perl_sets[] = {
	{ "\\d", "09" },
	{ "\\s", "\t\n\f\r  " },
	{ "\\w", "09AZ__az" },
};

static const struct named_set posix_sets[] = {
	{ "alnum", "09AZaz" },   { "alpha", "AZaz" },
	{ "ascii", "\001\177" }, /* from NUL on, which a string cannot hold: see below */
	{ "blank", "\t\t  " },   { "cntrl", "\001\037\177\177" },
	{ "digit", "09" },       { "graph", "!~" },
	{ "lower", "az" },       { "print", " ~" },
	{ "punct", "!/:@[`{~" }, { "space", "\t\r  " },
	{ "upper", "AZ" },       { "word", "09AZ__az" },
	{ "xdigit", "09AFaf" },
};

static void add_named(struct regex_set *set, const struct named_set *named, bool negated,
		      unsigned flags)
{
	struct regex_set own = { .n = 0 };

	for (const char *pair = named->ranges; *pair; pair += 2) {
		uint32_t from = (unsigned char)pair[0];

		translator_regex_set_add_folded(&own, from == 1 ? 0 : from, (unsigned char)pair[1],
						flags);
	}
	if (negated) {
		translator_regex_set_clean(&own);
		translator_regex_set_negate(&own);
	}
	for (size_t i = 0; i < own.n; i++)
		translator_regex_set_add(set, own.ranges[i][0], own.ranges[i][1]);
}

static int hex_digit(uint32_t c)
{
	if (c >= '0' && c <= '9')
		return (int)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (int)(c - 'a') + 10 : -1;
}

/* After \x: two digits, or any number of them in braces. */
static int hex_escape(struct regex_reader *r, struct str start, uint32_t *rune)
{
	uint32_t c, second;
	int n_digits = 0, high, low;

	if (translator_regex_reader_rune(r, &c) < 0)
		return -1;
	if (c != '{') {
		if (c == UINT32_MAX)
			return translator_regex_reader_fail(r, INVALID_ESCAPE, start);
		if (translator_regex_reader_rune(r, &second) < 0)
			return -1;
		high = hex_digit(c);
		low = hex_digit(second);
		if (high < 0 || low < 0)
			return translator_regex_reader_fail(r, INVALID_ESCAPE, start);
		*rune = (uint32_t)(high * 16 + low);
		return 0;
	}
	for (*rune = 0;; n_digits++) {
		if (translator_regex_reader_rune(r, &c) < 0)
			return -1;
		if (c == '}' && n_digits)
			return 0;
		low = hex_digit(c);
		if (low < 0)
			return translator_regex_reader_fail(r, INVALID_ESCAPE, start);
		*rune = *rune * 16 + (uint32_t)low;
		if (*rune > REGEX_MAX_RUNE)
			return translator_regex_reader_fail(r, INVALID_ESCAPE, start);
	}
}

static bool next_is_octal(const struct regex_reader *r)
{
	return r->rest.len && r->rest.ptr[0] >= '0' && r->rest.ptr[0] <= '7';
}

int translator_regex_class_escaped_rune(struct regex_reader *r, uint32_t *rune)
{
	static const char letters[] = "a\af\fn\nr\rt\tv\v";
	struct str start = r->rest;
	uint32_t c;

	*rune = 0;
	translator_regex_reader_skip(r, 1);
	if (r->rest.len == 0)
		return translator_regex_reader_fail(r, "trailing backslash at end of expression",
						    start);
	if (translator_regex_reader_rune(r, &c) < 0)
		return -1;
	if (c == '0' || (c >= '1' && c <= '7' && next_is_octal(r))) {
		*rune = c - '0';
		for (int i = 1; i < 3 && next_is_octal(r); i++) {
			*rune = *rune * 8 + (uint32_t)(r->rest.ptr[0] - '0');
			translator_regex_reader_skip(r, 1);
		}
		return 0;
	}
	if (c == 'x')
		return hex_escape(r, start, rune);
	for (const char *pair = letters; *pair; pair += 2) {
		if (c == (unsigned char)pair[0]) {
			*rune = (unsigned char)pair[1];
			return 0;
		}
	}
	if (c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
		return translator_regex_reader_fail(r, INVALID_ESCAPE, start);
	*rune = c;
	return 0;
}

/* The first letter a capital, the rest small, no blanks, hyphens or underscores; -1 if it is longer
 * than any name. */
static int canonical_name(struct str name, char *out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (c == '_' || c == '-' || c == ' ')
			continue;
		if (n == max)
			return -1;
		if (n == 0 && c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		else if (n > 0 && c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		out[n++] = c;
	}
	return (int)n;
}

/* The name after \p: one letter, or any number of them in braces. */
static int read_name(struct regex_reader *r, struct str start, struct str *name)
{
	struct str from, tail;
	bool is_closed;
	uint32_t c;

	translator_regex_reader_skip(r, 2);
	from = r->rest;
	if (translator_regex_reader_rune(r, &c) < 0)
		return -1;
	if (c != '{') {
		*name = str_slice(from, 0, from.len - r->rest.len);
		return 0;
	}
	is_closed = str_cut(r->rest, '}', name, &tail);
	if (!is_closed) {
		*name = r->rest;
		tail = str_slice(r->rest, r->rest.len, r->rest.len);
	}
	r->rest = tail;
	if (!str_is_utf8(*name))
		return translator_regex_reader_fail(r, REGEX_INVALID_UTF8, start);
	if (!is_closed)
		return translator_regex_reader_fail(r, INVALID_RANGE, start);
	return 0;
}

static int unicode_class(struct regex_reader *r, struct regex_set *set)
{
	struct str start = r->rest, name;
	bool negated = r->rest.ptr[1] == 'P';
	char canonical[64];
	long n_runes = -1;
	int len;

	if (read_name(r, start, &name) < 0)
		return -1;
	if (name.len && name.ptr[0] == '^') {
		negated = !negated;
		name = str_slice(name, 1, name.len);
	}
	len = canonical_name(name, canonical, sizeof(canonical));
	if (len >= 0)
		n_runes = translator_regex_names_size((struct str){ canonical, (size_t)len },
						      negated, r->flags & REGEX_FOLD);
	if (n_runes < 0)
		return translator_regex_reader_fail(r, INVALID_RANGE, start);
	set->n_more += (size_t)n_runes / 2;
	return 1;
}

int translator_regex_class_escape(struct regex_reader *r, struct regex_set *set)
{
	char lower[3] = "\\";

	if (r->rest.len < 2 || r->rest.ptr[0] != '\\')
		return 0;
	lower[1] = (char)(r->rest.ptr[1] | 0x20);
	if (r->rest.ptr[1] == 'p' || r->rest.ptr[1] == 'P')
		return unicode_class(r, set);
	for (size_t i = 0; i < sizeof(perl_sets) / sizeof(perl_sets[0]); i++) {
		if (strcmp(lower, perl_sets[i].name) != 0)
			continue;
		add_named(set, &perl_sets[i], r->rest.ptr[1] < 'a', r->flags);
		translator_regex_reader_skip(r, 2);
		return 1;
	}
	return 0;
}

/* [:alpha:], [:^alpha:]. 0: there is none here, such as without the closing colon. */
static int posix_class(struct regex_reader *r, struct regex_set *set)
{
	struct str start = r->rest, name;
	const char *end;
	bool negated;

	if (r->no_names || r->rest.len <= 2 || !translator_regex_reader_is_at(r, "[:"))
		return 0;
	end = memmem(start.ptr + 2, start.len - 2, ":]", 2);
	r->no_names = !end;
	if (!end)
		return 0;
	name = str_slice(start, 2, (size_t)(end - start.ptr));
	r->rest = str_slice(start, (size_t)(end - start.ptr) + 2, start.len);
	negated = name.len && name.ptr[0] == '^';
	if (negated)
		name = str_slice(name, 1, name.len);
	for (size_t i = 0; i < sizeof(posix_sets) / sizeof(posix_sets[0]); i++) {
		if (str_is(name, posix_sets[i].name)) {
			add_named(set, &posix_sets[i], negated, r->flags);
			return 1;
		}
	}
	return translator_regex_reader_fail(r, INVALID_RANGE, start);
}

static int class_rune(struct regex_reader *r, struct str bracket, uint32_t *rune)
{
	if (r->rest.len == 0)
		return translator_regex_reader_fail(r, "missing closing ]", bracket);
	if (r->rest.ptr[0] == '\\')
		return translator_regex_class_escaped_rune(r, rune);
	return translator_regex_reader_rune(r, rune);
}

static int class_range(struct regex_reader *r, struct str bracket, struct regex_set *set)
{
	struct str start = r->rest;
	uint32_t from = 0, to;

	if (class_rune(r, bracket, &from) < 0)
		return -1;
	to = from;
	/* a hyphen before the closing bracket is itself */
	if (r->rest.len >= 2 && r->rest.ptr[0] == '-' && r->rest.ptr[1] != ']') {
		translator_regex_reader_skip(r, 1);
		if (class_rune(r, bracket, &to) < 0)
			return -1;
		if (to < from)
			return translator_regex_reader_fail(r, INVALID_RANGE, start);
	}
	translator_regex_set_add_folded(set, from, to, r->flags);
	return 0;
}

int translator_regex_class_bracket(struct regex_reader *r, struct regex_set *set)
{
	struct str bracket = r->rest;
	bool negated, is_first = true;

	translator_regex_reader_skip(r, 1);
	negated = translator_regex_reader_is_at(r, "^");
	if (negated)
		translator_regex_reader_skip(r, 1);
	for (; is_first || !translator_regex_reader_is_at(r, "]"); is_first = false) {
		int rc = posix_class(r, set);

		if (rc == 0)
			rc = translator_regex_class_escape(r, set);
		if (rc == 0)
			rc = class_range(r, bracket, set);
		if (rc < 0)
			return -1;
	}
	translator_regex_reader_skip(r, 1);
	translator_regex_set_clean(set);
	if (negated)
		translator_regex_set_negate(set);
	return 0;
}
