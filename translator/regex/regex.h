/* regex: Go's rules for regular expressions. Private to translator/regex/; others call
 * translator_regex_check.
 *
 *   regex.c         the text: literals, groups, flags, repetition
 *   regex_class.c   escapes, [classes], \p{names}
 *   regex_tree.c    sums over the tree that Go would build, because its limits are about that tree
 *   regex_names.c   the names of Unicode classes (generated) */
#ifndef TRANSLATOR_REGEX_H
#define TRANSLATOR_REGEX_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

#define REGEX_MAX_TEXT (1u << 20) /* bytes of one expression */
#define REGEX_MAX_RUNE 0x10ffffu

/* Flags that Go keeps with each node; two literals merge only if these are equal. */
enum regex_flag {
	REGEX_FOLD = 1,        /* i */
	REGEX_ONE_LINE = 2,    /* not m */
	REGEX_DOT_NEWLINE = 4, /* s */
	REGEX_NON_GREEDY = 8,  /* U */
};

/* A set of runes. Up to REGEX_MAX_RANGES ranges are kept exactly, of a larger set only the count.
 */
#define REGEX_MAX_RANGES 16

struct regex_set {
	uint32_t ranges[REGEX_MAX_RANGES][2];
	size_t n;      /* ranges that are kept */
	size_t n_more; /* ranges that are only counted */
};

/* Kinds of nodes; those that are merged into classes come in Go's order. */
enum regex_op {
	REGEX_LITERAL,
	REGEX_CLASS,
	REGEX_ANY_NOT_NEWLINE,
	REGEX_ANY,
	REGEX_OTHER, /* empty, an anchor, a capture, x* x+ x? */
	REGEX_REPEAT,
	REGEX_CONCAT,
	REGEX_ALTERNATE,
	REGEX_LEFT_PAREN, /* from here on: marks on the stack, no operands */
	REGEX_VERTICAL_BAR,
};

struct regex_node {
	enum regex_op op;
	unsigned flags;
	bool captures; /* of a left paren */
	bool sized;    /* size was measured while sizes are watched, and counts from then on */
	uint32_t height;
	uint32_t product;  /* of nested counted repetitions, the largest */
	uint32_t count;    /* of a counted repetition */
	uint32_t runes[4]; /* of a literal the first rune, of a class its first two ranges */
	size_t n_runes;
	size_t n_subs; /* of an alternation */
	uint64_t size; /* instructions when compiled */
};

enum regex_limit { REGEX_FITS, REGEX_TOO_LARGE, REGEX_TOO_DEEP };

/* The parser's stack. `limit` is set by the first node that passes a limit; nothing else is valid
 * then. */
struct regex_tree {
	struct regex_node *stack;
	size_t n, cap;
	size_t n_nodes,
		n_free; /* nodes that Go would have allocated, and those it could use again */
	uint64_t n_runes;
	uint64_t repeats; /* product of all counted repetitions */
	bool watches_sizes;
	enum regex_limit limit;
};

void translator_regex_tree_init(struct regex_tree *tree);
void translator_regex_tree_clear(struct regex_tree *tree);
void translator_regex_tree_push(struct regex_tree *tree, enum regex_op op, unsigned flags);
void translator_regex_tree_push_paren(struct regex_tree *tree, unsigned flags, bool captures);
void translator_regex_tree_push_literal(struct regex_tree *tree, uint32_t rune, unsigned flags);
void translator_regex_tree_push_set(struct regex_tree *tree, const struct regex_set *set,
				    unsigned flags);
/* Puts the top under a repetition: extra instructions, or a count (min, max; max -1 is open). */
bool translator_regex_tree_has_operand(const struct regex_tree *tree);
void translator_regex_tree_repeat(struct regex_tree *tree, unsigned extra, unsigned flags);
/* -1 if nested counts multiply to more than 1000. */
int translator_regex_tree_repeat_counted(struct regex_tree *tree, int min, int max, unsigned flags);
void translator_regex_tree_bar(struct regex_tree *tree, unsigned flags);
/* Closes the innermost group; -1 if there is none. *flags: those that held where it was opened. */
int translator_regex_tree_close(struct regex_tree *tree, unsigned *flags);
/* Ends the expression; -1 if a group is open. */
int translator_regex_tree_end(struct regex_tree *tree, unsigned flags);

#define REGEX_INVALID_UTF8 "invalid UTF-8"

/* The text still to be read. */
struct regex_reader {
	struct str rest;
	struct str whole;
	unsigned flags;
	struct err *err;
};

/* Sets "<reason>: `<part>`" and returns -1; the part runs from `from` to the reader's position.
 */
int translator_regex_fail(struct regex_reader *r, const char *reason, struct str from);
/* Reads one rune; 0 with *rune = UINT32_MAX at the end, -1 if it is not UTF-8. */
int translator_regex_rune(struct regex_reader *r, uint32_t *rune);
bool translator_regex_next_is(const struct regex_reader *r, const char *text);
int translator_regex_class_escaped_rune(struct regex_reader *r, uint32_t *rune);
/* \d \s \w \pL and their like. 1: read into set, 0: there is none, -1: malformed. */
int translator_regex_class_escape(struct regex_reader *r, struct regex_set *set);
int translator_regex_class_bracket(struct regex_reader *r, struct regex_set *set);
/* Runes that the class of this canonical name lists, or -1: no such name. */
long translator_regex_names_size(struct str name, bool negated, bool folded);
/* The rune and, with REGEX_FOLD, what equals it but for case. */
void translator_regex_class_add(struct regex_set *set, uint32_t from, uint32_t to, unsigned flags);

#endif
