/* regex_tree: counts what Go's parser would build, because its limits are about that tree. */
#ifndef TRANSLATOR_REGEX_TREE_H
#define TRANSLATOR_REGEX_TREE_H

#include <stdbool.h>

#include "translator/regex/regex_set.h"

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

#endif
