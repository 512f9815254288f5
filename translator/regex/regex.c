/* regex: says whether Go's regexp accepts an expression.
 *
 *   in     an expression as it stands in an annotation or a path, hostile
 *   out    0, or -1 with Go's reason and the part of the text that it is about
 *   owns   nothing
 *   never  compiles or matches an expression: cli/match does, with PCRE2
 *
 * Pomerium checks expressions with Go's regexp (RE2's syntax), so what that refuses must be refused
 * here. tests/regex/ holds Go's verdict on thousands of expressions. */
#include "translator/regex/regex.h"
#include "base/buf.h"
#include "translator/translator.h"

#define PERL (REGEX_ONE_LINE)
#define INVALID_SIZE "invalid repeat count"

struct parser {
	struct regex_reader reader;
	struct regex_tree tree;
	struct str last_repeat; /* the repetition that ended right before, for x** */
};

/* The part as a person typed it: backslashes stay single; what does not print, or is no UTF-8, is
 * \xNN. */
static void show(struct str part, struct buf *out)
{
	bool is_text = str_is_utf8(part);

	for (size_t i = 0; i < part.len; i++) {
		unsigned char c = (unsigned char)part.ptr[i];

		if (c < ' ' || c == 0x7f || (c >= 0x80 && !is_text))
			buf_printf(out, "\\x%02x", c);
		else
			buf_putc(out, (char)c);
	}
}

int translator_regex_fail(struct regex_reader *r, const char *reason, struct str from)
{
	struct str part = str_slice(from, 0, from.len - r->rest.len);
	size_t len = part.len < ERR_VALUE_MAX ? part.len : ERR_VALUE_MAX;
	struct buf shown;

	/* not in the middle of a character */
	while (len > 0 && len < part.len && (part.ptr[len] & 0xc0) == 0x80)
		len--;
	buf_init(&shown, ERR_MAX);
	show(str_slice(part, 0, len), &shown);
	err_set(r->err, "%s: `" STR_FMT "%s`", reason, STR_ARG(buf_view(&shown)),
		len < part.len ? "..." : "");
	buf_clear(&shown);
	return -1;
}

bool translator_regex_next_is(const struct regex_reader *r, const char *text)
{
	return str_starts(r->rest, text);
}

static void skip(struct regex_reader *r, size_t n)
{
	r->rest = str_slice(r->rest, n, r->rest.len);
}

int translator_regex_rune(struct regex_reader *r, uint32_t *rune)
{
	const unsigned char *p = (const unsigned char *)r->rest.ptr;
	struct str start = r->rest;
	size_t len;

	*rune = UINT32_MAX;
	if (r->rest.len == 0)
		return 0;
	len = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (len > r->rest.len || !str_is_utf8(str_slice(r->rest, 0, len))) {
		skip(r, r->rest.len);
		return translator_regex_fail(r, REGEX_INVALID_UTF8, start);
	}
	*rune = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++)
		*rune = *rune << 6 | (p[i] & 0x3fu);
	skip(r, len);
	return 0;
}

static int literal(struct parser *p)
{
	uint32_t rune;

	if (translator_regex_rune(&p->reader, &rune) < 0)
		return -1;
	translator_regex_tree_push_literal(&p->tree, rune, p->reader.flags);
	return 0;
}

static bool is_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		char lower = (char)(c | 0x20);

		if (c != '_' && !(c >= '0' && c <= '9') && !(lower >= 'a' && lower <= 'z'))
			return false;
	}
	return name.len > 0;
}

/* (?P<name> or (?<name> */
static int named_group(struct parser *p, size_t name_at)
{
	struct regex_reader *r = &p->reader;
	struct str start = r->rest, name, tail;

	if (str_cut(str_slice(start, name_at, start.len), '>', &name, &tail)) {
		r->rest = tail;
	} else {
		skip(r, r->rest.len);
		name = start; /* holds a parenthesis, so it is no name */
	}
	if (!str_is_utf8(name))
		return translator_regex_fail(r, REGEX_INVALID_UTF8, start);
	if (!is_name(name))
		return translator_regex_fail(r, "invalid named capture", start);
	translator_regex_tree_push_paren(&p->tree, r->flags, true);
	return 0;
}

static unsigned flag_of(uint32_t rune, bool *sets)
{
	*sets = rune != 'm'; /* m clears what says: one line */
	switch (rune) {
	case 'i':
		return REGEX_FOLD;
	case 'm':
		return REGEX_ONE_LINE;
	case 's':
		return REGEX_DOT_NEWLINE;
	case 'U':
		return REGEX_NON_GREEDY;
	default:
		return 0;
	}
}

/* (?flags), (?flags:, (?: */
static int flag_group(struct parser *p)
{
	struct regex_reader *r = &p->reader;
	struct str start = r->rest;
	unsigned flags = r->flags;
	bool negated = false, saw_flag = false;

	skip(r, 2);
	while (r->rest.len > 0) {
		bool sets;
		unsigned flag;
		uint32_t c;

		if (translator_regex_rune(r, &c) < 0)
			return -1;
		flag = flag_of(c, &sets);
		if (flag) {
			flags = sets != negated ? flags | flag : flags & ~flag;
			saw_flag = true;
		} else if (c == '-' && !negated) {
			negated = true;
			saw_flag = false;
		} else if ((c == ':' || c == ')') && (!negated || saw_flag)) {
			if (c == ':')
				translator_regex_tree_push_paren(&p->tree, r->flags, false);
			r->flags = flags;
			return 0;
		} else {
			break;
		}
	}
	return translator_regex_fail(r, "invalid or unsupported Perl syntax", start);
}

static int open_group(struct parser *p)
{
	struct regex_reader *r = &p->reader;

	if (r->rest.len > 4 && translator_regex_next_is(r, "(?P<"))
		return named_group(p, 4);
	if (r->rest.len > 3 && translator_regex_next_is(r, "(?<"))
		return named_group(p, 3);
	if (translator_regex_next_is(r, "(?"))
		return flag_group(p);
	translator_regex_tree_push_paren(&p->tree, r->flags, true);
	skip(r, 1);
	return 0;
}

static int close_group(struct parser *p)
{
	struct regex_reader *r = &p->reader;

	if (translator_regex_tree_close(&p->tree, &r->flags) < 0) {
		skip(r, r->rest.len);
		return translator_regex_fail(r, "unexpected )", r->whole);
	}
	skip(r, 1);
	return 0;
}

/* A decimal number without leading zeros; false if there is none. -1 if it is far too large. */
static bool read_number(struct regex_reader *r, int *out)
{
	size_t n = 0;

	while (n < r->rest.len && r->rest.ptr[n] >= '0' && r->rest.ptr[n] <= '9')
		n++;
	if (n == 0 || (n > 1 && r->rest.ptr[0] == '0'))
		return false;
	*out = 0;
	for (size_t i = 0; i < n && *out >= 0; i++)
		*out = *out >= 100000000 ? -1 : *out * 10 + (r->rest.ptr[i] - '0');
	skip(r, n);
	return true;
}

/* {n}, {n,}, {n,m}. False, with the reader unmoved, if the brace is a literal. */
static bool read_counts(struct regex_reader *r, int *min, int *max)
{
	struct regex_reader look = *r;

	skip(&look, 1);
	if (!read_number(&look, min))
		return false;
	*max = *min;
	if (translator_regex_next_is(&look, ",")) {
		skip(&look, 1);
		if (translator_regex_next_is(&look, "}"))
			*max = -1;
		else if (!read_number(&look, max))
			return false;
		else if (*max < 0)
			*min = -1;
	}
	if (!translator_regex_next_is(&look, "}"))
		return false;
	skip(&look, 1);
	r->rest = look.rest;
	return true;
}

/* What may follow an operator, and what must come before it. */
static int check_repeat(struct parser *p, struct str start, unsigned *flags)
{
	struct regex_reader *r = &p->reader;

	*flags = r->flags;
	if (translator_regex_next_is(r, "?")) {
		skip(r, 1);
		*flags ^= REGEX_NON_GREEDY;
	}
	if (p->last_repeat.ptr)
		return translator_regex_fail(r, "invalid nested repetition operator",
					     p->last_repeat);
	if (!translator_regex_tree_has_operand(&p->tree))
		return translator_regex_fail(r, "missing argument to repetition operator", start);
	return 0;
}

static int repeat(struct parser *p, unsigned extra, struct str *this_repeat)
{
	struct str start = p->reader.rest;
	unsigned flags;

	skip(&p->reader, 1);
	if (check_repeat(p, start, &flags) < 0)
		return -1;
	translator_regex_tree_repeat(&p->tree, extra, flags);
	*this_repeat = start;
	return 0;
}

static int repeat_counted(struct parser *p, struct str *this_repeat)
{
	struct regex_reader *r = &p->reader;
	struct str start = r->rest;
	unsigned flags;
	int min, max;

	if (!read_counts(r, &min, &max))
		return literal(p);
	if (min < 0 || min > 1000 || max > 1000 || (max >= 0 && min > max))
		return translator_regex_fail(r, INVALID_SIZE, start);
	if (check_repeat(p, start, &flags) < 0)
		return -1;
	if (translator_regex_tree_repeat_counted(&p->tree, min, max, flags) < 0)
		return translator_regex_fail(r, INVALID_SIZE, start);
	*this_repeat = start;
	return 0;
}

/* \Q...\E, or to the end */
static int quoted(struct parser *p)
{
	struct regex_reader *r = &p->reader;
	const char *end;
	size_t n_after = 0;

	skip(r, 2);
	end = r->rest.len ? memmem(r->rest.ptr, r->rest.len, "\\E", 2) : NULL;
	if (end)
		n_after = r->rest.len - (size_t)(end - r->rest.ptr);
	while (r->rest.len > n_after)
		if (literal(p) < 0)
			return -1;
	if (end)
		skip(r, 2);
	return 0;
}

static int backslash(struct parser *p)
{
	struct regex_reader *r = &p->reader;
	struct regex_set set = { .n = 0 };
	struct str start = r->rest;
	uint32_t rune;
	int rc;

	switch (r->rest.len >= 2 ? r->rest.ptr[1] : '\0') {
	case 'A':
	case 'b':
	case 'B':
	case 'z':
		translator_regex_tree_push(&p->tree, REGEX_OTHER, r->flags);
		skip(r, 2);
		return 0;
	case 'C':
		skip(r, 2);
		return translator_regex_fail(r, "invalid escape sequence", start);
	case 'Q':
		return quoted(p);
	default:
		break;
	}
	rc = translator_regex_class_escape(r, &set);
	if (rc > 0)
		translator_regex_tree_push_set(&p->tree, &set, r->flags);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (translator_regex_class_escaped_rune(r, &rune) < 0)
		return -1;
	translator_regex_tree_push_literal(&p->tree, rune, r->flags);
	return 0;
}

static int bracket(struct parser *p)
{
	struct regex_set set = { .n = 0 };

	if (translator_regex_class_bracket(&p->reader, &set) < 0)
		return -1;
	translator_regex_tree_push_set(&p->tree, &set, p->reader.flags);
	return 0;
}

static int operand(struct parser *p, enum regex_op op)
{
	translator_regex_tree_push(&p->tree, op, p->reader.flags);
	skip(&p->reader, 1);
	return 0;
}

static int step(struct parser *p)
{
	struct str this_repeat = STR_NONE;
	int rc = 0;

	switch (p->reader.rest.ptr[0]) {
	case '(':
		rc = open_group(p);
		break;
	case ')':
		rc = close_group(p);
		break;
	case '|':
		translator_regex_tree_bar(&p->tree, p->reader.flags);
		skip(&p->reader, 1);
		break;
	case '^':
	case '$':
		rc = operand(p, REGEX_OTHER);
		break;
	case '.':
		rc = operand(p, p->reader.flags & REGEX_DOT_NEWLINE ? REGEX_ANY
								    : REGEX_ANY_NOT_NEWLINE);
		break;
	case '[':
		rc = bracket(p);
		break;
	case '*':
		rc = repeat(p, 2, &this_repeat);
		break;
	case '+':
	case '?':
		rc = repeat(p, 1, &this_repeat);
		break;
	case '{':
		rc = repeat_counted(p, &this_repeat);
		break;
	case '\\':
		rc = backslash(p);
		break;
	default:
		rc = literal(p);
		break;
	}
	p->last_repeat = this_repeat;
	return rc;
}

static int check_limit(struct parser *p)
{
	if (p->tree.limit == REGEX_FITS)
		return 0;
	p->reader.rest = str_slice(p->reader.rest, p->reader.rest.len, p->reader.rest.len);
	return translator_regex_fail(&p->reader,
				     p->tree.limit == REGEX_TOO_DEEP ? "expression nests too deeply"
								     : "expression too large",
				     p->reader.whole);
}

static int parse(struct parser *p)
{
	while (p->reader.rest.len > 0) {
		int rc = step(p);

		/* Go finds a limit passed before it looks at the next character */
		if (check_limit(p) < 0 || rc < 0)
			return -1;
	}
	if (translator_regex_tree_end(&p->tree, p->reader.flags) < 0)
		return translator_regex_fail(&p->reader, "missing closing )", p->reader.whole);
	return check_limit(p);
}

int translator_regex_check(struct str pattern, struct err *err)
{
	struct parser p = { .reader = { pattern, pattern, PERL, err } };
	int rc;

	if (pattern.len > REGEX_MAX_TEXT)
		return err_set(err,
			       "expression too large: it has %zu bytes, at most %u are accepted",
			       pattern.len, REGEX_MAX_TEXT);
	translator_regex_tree_init(&p.tree);
	rc = parse(&p);
	translator_regex_tree_clear(&p.tree);
	return rc;
}
