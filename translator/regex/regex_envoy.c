/* regex_envoy: says whether Envoy compiles an expression that Go accepts.
 *
 *   in     an expression that translator_regex_check has found good
 *   out    0, or a sentence
 *   owns   nothing
 *   never  counts exactly: it is an upper bound of RE2's instructions
 *
 * RE2 in Envoy reads bytes, each a character of Latin-1: an escape above \xFF is none of them. Its
 * programs have 8 MiB, which is below the program size that Pomerium allows (1 048 576). */
#include "translator/regex/regex_envoy.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rules/rules.h"

#define COST_MAX 350000 /* instructions; RE2 gives up from about 500 000 on */
#define DEPTH_MAX 1000  /* what Go accepts */
#define RUNE_MAX 0xff

enum { COST_OF_PROGRAM = 8 };   /* what every one has */
enum { COST_OF_PROPERTY = 32 }; /* ranges of Latin-1 in \pL and the like, at most */

struct regex_walk {
	struct str rest;
	struct str pattern;
	uint64_t open[DEPTH_MAX + 2]; /* cost of each group that is open, the whole one first */
	size_t depth;
	uint64_t last; /* of the last atom, which a repetition multiplies */
	bool no_names; /* no ":]" follows any more */
};

static bool take(struct regex_walk *w, const char *text)
{
	if (!str_starts(w->rest, text))
		return false;
	w->rest = str_slice(w->rest, strlen(text), w->rest.len);
	return true;
}

static void add(struct regex_walk *w, uint64_t cost)
{
	w->last = cost;
	w->open[w->depth] += cost;
}

/* Digits of a base, at most so many. */
static unsigned long take_number(struct regex_walk *w, int base, size_t digits)
{
	char text[16] = "";
	size_t n = 0;

	while (n < digits && n < w->rest.len && n < sizeof(text) - 1) {
		text[n] = w->rest.ptr[n];
		if (base == 8 ? text[n] < '0' || text[n] > '7' : !isxdigit((unsigned char)text[n]))
			break;
		n++;
	}
	text[n] = '\0';
	w->rest = str_slice(w->rest, n, w->rest.len);
	return strtoul(text, NULL, base);
}

static int check_rune(const struct regex_walk *w, unsigned long rune, struct err *err)
{
	if (rune <= RUNE_MAX)
		return 0;
	return err_rule(
		err, RULE_REGEX_ESCAPE,
		"%s has an escape for a character above \\xFF, but Envoy matches bytes: write "
		"the character itself",
		err_quote(w->pattern));
}

/* Behind a backslash. */
static int escape(struct regex_walk *w, struct err *err)
{
	unsigned long rune = 0;

	if (take(w, "x{")) {
		rune = take_number(w, 16, 8);
		(void)take(w, "}");
	} else if (take(w, "x")) {
		rune = take_number(w, 16, 2);
	} else if (str_starts(w->rest, "p") || str_starts(w->rest, "P")) {
		w->rest = str_slice(w->rest, 1, w->rest.len);
		if (take(w, "{"))
			while (w->rest.len && !take(w, "}"))
				w->rest = str_slice(w->rest, 1, w->rest.len);
		else
			w->rest = str_slice(w->rest, 1, w->rest.len);
		add(w, COST_OF_PROPERTY);
		return 0;
	} else if (w->rest.len && w->rest.ptr[0] >= '0' && w->rest.ptr[0] <= '7') {
		rune = take_number(w, 8, 3);
	} else {
		w->rest = str_slice(w->rest, 1, w->rest.len);
	}
	add(w, 4); /* a letter, or \d and \w with their ranges */
	return check_rune(w, rune, err);
}

/* One character of a class, or an escape that stands for several. */
static int member(struct regex_walk *w, uint64_t *cost, bool *is_one, struct err *err)
{
	*is_one = true;
	if (!take(w, "\\")) {
		w->rest = str_slice(w->rest, 1, w->rest.len);
		++*cost;
		return 0;
	}
	*is_one = !w->rest.len || !strchr("dDsSwWpP", w->rest.ptr[0]);
	if (escape(w, err))
		return -1;
	*cost += w->last;
	return 0;
}

/* A member or a range. The end of a range begins no [:name:], however it looks. */
static int range(struct regex_walk *w, uint64_t *cost, struct err *err)
{
	bool is_one;

	if (member(w, cost, &is_one, err))
		return -1;
	if (!is_one || w->rest.len < 2 || w->rest.ptr[0] != '-' || w->rest.ptr[1] == ']')
		return 0;
	w->rest = str_slice(w->rest, 1, w->rest.len);
	return member(w, cost, &is_one, err);
}

/* [:alpha:]; without the second colon it is none. */
static bool named(struct regex_walk *w)
{
	const char *end;

	if (w->no_names || !str_starts(w->rest, "[:"))
		return false;
	end = memmem(w->rest.ptr + 2, w->rest.len - 2, ":]", 2);
	w->no_names = !end;
	if (end)
		w->rest = str_slice(w->rest, (size_t)(end + 2 - w->rest.ptr), w->rest.len);
	return end != NULL;
}

/* Behind the bracket: every character of the text may be a range. */
static int class(struct regex_walk *w, struct err *err)
{
	const uint64_t before = w->open[w->depth];
	uint64_t cost = 2;

	(void)take(w, "^");
	for (bool first = true; w->rest.len && (first || !str_starts(w->rest, "]"));
	     first = false) {
		if (named(w))
			cost += 4;
		else if (range(w, &cost, err))
			return -1;
	}
	(void)take(w, "]");
	w->open[w->depth] = before;
	add(w, cost < RUNE_MAX ? cost : RUNE_MAX);
	return 0;
}

/* {n}, {n,} or {n,m}; any other brace is a literal. */
static bool count(struct regex_walk *w, uint64_t *times)
{
	struct regex_walk try = { .rest = str_slice(w->rest, 1, w->rest.len) };
	size_t len = try.rest.len;
	unsigned long most = 0;

	for (; try.rest.len && isdigit((unsigned char)try.rest.ptr[0]) && most <= DEPTH_MAX;
	     try.rest = str_slice(try.rest, 1, try.rest.len))
		most = most * 10 + (unsigned long)(try.rest.ptr[0] - '0');
	if (try.rest.len == len)
		return false;
	if (take(&try, ",")) {
		unsigned long upper = 0;

		len = try.rest.len;
		for (;
		     try.rest.len && isdigit((unsigned char)try.rest.ptr[0]) && upper <= DEPTH_MAX;
		     try.rest = str_slice(try.rest, 1, try.rest.len))
			upper = upper * 10 + (unsigned long)(try.rest.ptr[0] - '0');
		most = try.rest.len == len ? most + 1 : upper;
	}
	if (!take(&try, "}"))
		return false;
	*times = most;
	w->rest = try.rest;
	return true;
}

static void multiply(struct regex_walk *w, uint64_t times)
{
	const uint64_t cost = (w->last + 1) * times + 1;

	w->open[w->depth] += cost - w->last;
	w->last = cost;
}

static void close_group(struct regex_walk *w)
{
	uint64_t cost = w->open[w->depth] + 2;

	if (w->depth)
		w->depth--;
	add(w, cost);
}

static int quoted(struct regex_walk *w)
{
	while (w->rest.len && !take(w, "\\E")) {
		w->rest = str_slice(w->rest, 1, w->rest.len);
		add(w, 1);
	}
	return 0;
}

/* A letter is one instruction in either case; other marks stand for at most three. */
static void character(struct regex_walk *w)
{
	const unsigned char c = (unsigned char)w->rest.ptr[0];

	w->rest = str_slice(w->rest, 1, w->rest.len);
	add(w, c < 0x80 && (isalnum(c) || c == '/' || c == '_' || c == '-') ? 1 : 3);
}

static int step(struct regex_walk *w, struct err *err)
{
	uint64_t times;

	if (take(w, "\\Q"))
		return quoted(w);
	if (take(w, "\\"))
		return escape(w, err);
	if (take(w, "["))
		return class(w, err);
	if (take(w, "(")) {
		if (w->depth < DEPTH_MAX)
			w->open[++w->depth] = 0;
		return 0;
	}
	if (take(w, ")")) {
		close_group(w);
		return 0;
	}
	if (str_starts(w->rest, "{") && count(w, &times)) {
		multiply(w, times);
		return 0;
	}
	character(w);
	return 0;
}

/* Stops once the cost is above `most`. */
static int walk(struct str pattern, uint64_t most, uint64_t *cost, struct err *err)
{
	struct regex_walk w = { .rest = pattern, .pattern = pattern };
	int rc = 0;

	while (w.rest.len && w.open[w.depth] <= most && rc == 0)
		rc = step(&w, err);
	*cost = w.open[w.depth] + COST_OF_PROGRAM;
	return rc;
}

uint64_t translator_regex_envoy_cost(struct str pattern)
{
	uint64_t cost;

	return walk(pattern, COST_MAX, &cost, NULL) || cost > COST_MAX ? 0 : cost;
}

int translator_regex_envoy_check(struct str pattern, struct err *err)
{
	uint64_t cost;

	if (walk(pattern, COST_MAX, &cost, err))
		return -1;
	if (cost <= COST_MAX)
		return 0;
	return err_rule(err, RULE_REGEX_SIZE,
			"%s is too large for Envoy: its parts, as often as they are repeated, "
			"should have less than %d characters together",
			err_quote(pattern), COST_MAX / 2);
}
