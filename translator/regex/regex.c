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

#include "translator/regex/regex_class.h"
#include "translator/regex/regex_reader.h"
#include "translator/regex/regex_tree.h"

#define MAX_TEXT (1u << 20) /* bytes of one expression */
#define PERL (REGEX_ONE_LINE)
#define INVALID_SIZE "invalid repeat count"

struct parser {
	struct regex_reader reader;
	struct regex_tree tree;
	struct str last_repeat; /* the repetition that ended right before, for x** */
};

static int literal(struct parser *p)
{
	uint32_t rune;

	if (translator_regex_reader_rune(&p->reader, &rune) < 0)
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
		translator_regex_reader_skip(r, r->rest.len);
		name = start; /* holds a parenthesis, so it is no name */
	}
	if (!str_is_utf8(name))
		return translator_regex_reader_fail(r, REGEX_INVALID_UTF8, start);
	if (!is_name(name))
		return translator_regex_reader_fail(r, "invalid named capture", start);
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

	translator_regex_reader_skip(r, 2);
	while (r->rest.len > 0) {
		bool sets;
		unsigned flag;
		uint32_t c;

		if (translator_regex_reader_rune(r, &c) < 0)
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
	return translator_regex_reader_fail(r, "invalid or unsupported Perl syntax", start);
}

static int open_group(struct parser *p)
{
	struct regex_reader *r = &p->reader;

	if (r->rest.len > 4 && translator_regex_reader_is_at(r, "(?P<"))
		return named_group(p, 4);
	if (r->rest.len > 3 && translator_regex_reader_is_at(r, "(?<"))
		return named_group(p, 3);
	if (translator_regex_reader_is_at(r, "(?"))
		return flag_group(p);
	translator_regex_tree_push_paren(&p->tree, r->flags, true);
	translator_regex_reader_skip(r, 1);
	return 0;
}

static int close_group(struct parser *p)
{
	struct regex_reader *r = &p->reader;

	if (translator_regex_tree_close(&p->tree, &r->flags) < 0) {
		translator_regex_reader_skip(r, r->rest.len);
		return translator_regex_reader_fail(r, "unexpected )", r->whole);
	}
	translator_regex_reader_skip(r, 1);
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
	translator_regex_reader_skip(r, n);
	return true;
}

/* {n}, {n,}, {n,m}. False, with the reader unmoved, if the brace is a literal. */
static bool read_counts(struct regex_reader *r, int *min, int *max)
{
	struct regex_reader look = *r;

	translator_regex_reader_skip(&look, 1);
	if (!read_number(&look, min))
		return false;
	*max = *min;
	if (translator_regex_reader_is_at(&look, ",")) {
		translator_regex_reader_skip(&look, 1);
		if (translator_regex_reader_is_at(&look, "}"))
			*max = -1;
		else if (!read_number(&look, max))
			return false;
		else if (*max < 0)
			*min = -1;
	}
	if (!translator_regex_reader_is_at(&look, "}"))
		return false;
	translator_regex_reader_skip(&look, 1);
	r->rest = look.rest;
	return true;
}

/* What may follow an operator, and what must come before it. */
static int check_repeat(struct parser *p, struct str start, unsigned *flags)
{
	struct regex_reader *r = &p->reader;

	*flags = r->flags;
	if (translator_regex_reader_is_at(r, "?")) {
		translator_regex_reader_skip(r, 1);
		*flags ^= REGEX_NON_GREEDY;
	}
	if (p->last_repeat.ptr)
		return translator_regex_reader_fail(r, "invalid nested repetition operator",
						    p->last_repeat);
	if (!translator_regex_tree_has_operand(&p->tree))
		return translator_regex_reader_fail(r, "missing argument to repetition operator",
						    start);
	return 0;
}

static int repeat(struct parser *p, unsigned extra, struct str *this_repeat)
{
	struct str start = p->reader.rest;
	unsigned flags;

	translator_regex_reader_skip(&p->reader, 1);
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
		return translator_regex_reader_fail(r, INVALID_SIZE, start);
	if (check_repeat(p, start, &flags) < 0)
		return -1;
	if (translator_regex_tree_repeat_counted(&p->tree, min, max, flags) < 0)
		return translator_regex_reader_fail(r, INVALID_SIZE, start);
	*this_repeat = start;
	return 0;
}

/* \Q...\E, or to the end */
static int quoted(struct parser *p)
{
	struct regex_reader *r = &p->reader;
	const char *end;
	size_t n_after = 0;

	translator_regex_reader_skip(r, 2);
	end = r->rest.len ? memmem(r->rest.ptr, r->rest.len, "\\E", 2) : NULL;
	if (end)
		n_after = r->rest.len - (size_t)(end - r->rest.ptr);
	while (r->rest.len > n_after)
		if (literal(p) < 0)
			return -1;
	if (end)
		translator_regex_reader_skip(r, 2);
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
		translator_regex_reader_skip(r, 2);
		return 0;
	case 'C':
		translator_regex_reader_skip(r, 2);
		return translator_regex_reader_fail(r, "invalid escape sequence", start);
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
	translator_regex_reader_skip(&p->reader, 1);
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
		translator_regex_reader_skip(&p->reader, 1);
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
	return translator_regex_reader_fail(&p->reader,
					    p->tree.limit == REGEX_TOO_DEEP
						    ? "expression nests too deeply"
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
		return translator_regex_reader_fail(&p->reader, "missing closing )",
						    p->reader.whole);
	return check_limit(p);
}

int translator_regex_check(struct str pattern, struct err *err)
{
	struct parser p = { .reader = { pattern, pattern, PERL, err } };
	int rc;

	if (pattern.len > MAX_TEXT)
		return err_set(err,
			       "expression too large: it has %zu bytes, at most %u are accepted",
			       pattern.len, MAX_TEXT);
	translator_regex_tree_init(&p.tree);
	rc = parse(&p);
	translator_regex_tree_clear(&p.tree);
	return rc;
}
