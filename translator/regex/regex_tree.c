/* regex_tree: counts what Go's parser would build, because its limits are about that tree.
 *
 *   in     nodes in the order in which the parser meets them
 *   out    whether a limit is passed: instructions, height, runes, nested counts
 *   owns   the stack of open nodes
 *   never  keeps what lies below a finished node: its height, size and largest product are enough
 *
 * Go counts the nodes that it allocates, merges neighbouring literals, lifts a concatenation out of
 * a concatenation and makes one class of a|b. The same is done here, so that the counts agree. Only
 * the factoring of common prefixes in an alternation is left out: it shifts the limits a little. */
#include "translator/regex/regex_tree.h"

#include <stdlib.h>

#include "base/mem.h"
#include "translator/regex/regex_reader.h"

#define MAX_HEIGHT 1000
#define MAX_SIZE ((128u << 20) / 40) /* instructions of 40 bytes in 128 MB */
#define MAX_RUNES ((128u << 20) / 4)
#define MAX_PRODUCT 1000

void translator_regex_tree_init(struct regex_tree *tree)
{
	*tree = (struct regex_tree){ .repeats = 1 };
}

void translator_regex_tree_clear(struct regex_tree *tree)
{
	mem_free(tree->stack);
	tree->stack = NULL;
}

static struct regex_node new_node(struct regex_tree *tree, enum regex_op op, unsigned flags)
{
	if (tree->n_free)
		tree->n_free--;
	else
		tree->n_nodes++;
	return (struct regex_node){
		.op = op, .flags = flags, .height = 1, .product = 1, .size = 1
	};
}

static struct regex_node *top(const struct regex_tree *tree)
{
	return &tree->stack[tree->n - 1];
}

static void fail(struct regex_tree *tree, enum regex_limit limit)
{
	if (tree->limit == REGEX_FITS)
		tree->limit = limit;
}

static void measure(struct regex_tree *tree, struct regex_node *node)
{
	if (node->op == REGEX_LITERAL)
		node->size = node->n_runes;
	node->sized = true;
	if (node->size > MAX_SIZE)
		fail(tree, REGEX_TOO_LARGE);
}

/* Sizes are watched from the moment when nodes times repetitions could pass the limit. */
static void check_size(struct regex_tree *tree, struct regex_node *node)
{
	if (!tree->watches_sizes) {
		if (node->op == REGEX_REPEAT)
			tree->repeats = node->count > MAX_SIZE / tree->repeats
						? MAX_SIZE
						: tree->repeats * node->count;
		if (tree->n_nodes < MAX_SIZE / tree->repeats)
			return;
		tree->watches_sizes = true;
		for (size_t i = 0; i < tree->n; i++)
			measure(tree, &tree->stack[i]);
	}
	measure(tree, node);
}

static void check_limits(struct regex_tree *tree)
{
	if (tree->n_runes > MAX_RUNES)
		fail(tree, REGEX_TOO_LARGE);
	check_size(tree, top(tree));
	if (top(tree)->height > MAX_HEIGHT)
		fail(tree, REGEX_TOO_DEEP);
}

/* Merges the two literals on top, so that the upper one is free: it then gets the rune, if there
 * is one. */
static bool merge_literals(struct regex_tree *tree, const uint32_t *rune, unsigned flags)
{
	struct regex_node *upper, *lower;

	if (tree->n < 2)
		return false;
	upper = top(tree);
	lower = upper - 1;
	if (upper->op != REGEX_LITERAL || lower->op != REGEX_LITERAL ||
	    ((upper->flags ^ lower->flags) & REGEX_FOLD))
		return false;
	lower->n_runes += upper->n_runes;
	if (!lower->sized)
		lower->size = lower->n_runes;
	if (rune) {
		upper->n_runes = 1;
		upper->runes[0] = *rune;
		upper->flags = flags;
		if (!upper->sized)
			upper->size = 1;
		return true;
	}
	tree->n--;
	tree->n_free++;
	return false;
}

/* The other case of an ASCII letter that has exactly two forms; 0 for all else (K and S have
 * three). */
static uint32_t other_case(uint32_t rune)
{
	uint32_t lower = rune | 0x20;

	return lower >= 'a' && lower <= 'z' && lower != 'k' && lower != 's' ? rune ^ 0x20 : 0;
}

static bool is_fold_pair(const struct regex_node *node)
{
	return node->n_runes == 4 && node->runes[0] == node->runes[1] &&
	       node->runes[2] == node->runes[3] && other_case(node->runes[0]) == node->runes[2];
}

static void make_literal(struct regex_node *node, unsigned flags)
{
	node->op = REGEX_LITERAL;
	node->flags = flags;
	node->n_runes = 1;
}

static void push_node(struct regex_tree *tree, struct regex_node node, unsigned flags)
{
	bool is_class = node.op == REGEX_CLASS;

	tree->n_runes += node.n_runes;
	if (is_class && node.n_runes == 2 && node.runes[0] == node.runes[1]) {
		if (merge_literals(tree, &node.runes[0], flags & ~REGEX_FOLD))
			return;
		make_literal(&node, flags & ~REGEX_FOLD);
	} else if (is_class && is_fold_pair(&node)) {
		if (merge_literals(tree, &node.runes[0], flags | REGEX_FOLD))
			return;
		make_literal(&node, flags | REGEX_FOLD);
	} else {
		merge_literals(tree, NULL, 0);
	}
	if (tree->n == tree->cap) {
		tree->cap = tree->cap ? tree->cap * 2 : 32;
		tree->stack = mem_realloc(tree->stack, tree->cap * sizeof(*tree->stack));
	}
	if (node.op == REGEX_LITERAL)
		node.size = node.n_runes;
	tree->stack[tree->n++] = node;
	check_limits(tree);
}

void translator_regex_tree_push(struct regex_tree *tree, enum regex_op op, unsigned flags)
{
	push_node(tree, new_node(tree, op, flags), flags);
}

void translator_regex_tree_push_paren(struct regex_tree *tree, unsigned flags, bool captures)
{
	struct regex_node node = new_node(tree, REGEX_LEFT_PAREN, flags);

	node.captures = captures;
	push_node(tree, node, flags);
}

void translator_regex_tree_push_literal(struct regex_tree *tree, uint32_t rune, unsigned flags)
{
	struct regex_node node = new_node(tree, REGEX_LITERAL, flags);

	/* under i, Go keeps the smallest of the equal runes */
	node.runes[0] = (flags & REGEX_FOLD) && rune >= 'a' && rune <= 'z' ? rune - 0x20 : rune;
	node.n_runes = 1;
	push_node(tree, node, flags);
}

static void set_ranges(struct regex_node *node, const struct regex_set *set)
{
	node->n_runes = 2 * (set->n + set->n_more);
	for (size_t i = 0; i < 4; i++)
		node->runes[i] = i / 2 < set->n ? set->ranges[i / 2][i % 2] : 0;
}

void translator_regex_tree_push_set(struct regex_tree *tree, const struct regex_set *set,
				    unsigned flags)
{
	struct regex_node node = new_node(tree, REGEX_CLASS, flags);

	set_ranges(&node, set);
	push_node(tree, node, flags);
}

bool translator_regex_tree_has_operand(const struct regex_tree *tree)
{
	return tree->n && top(tree)->op < REGEX_LEFT_PAREN;
}

void translator_regex_tree_repeat(struct regex_tree *tree, unsigned extra, unsigned flags)
{
	struct regex_node node = new_node(tree, REGEX_OTHER, flags);

	node.height = top(tree)->height + 1;
	node.size = top(tree)->size + extra;
	node.product = top(tree)->product;
	*top(tree) = node;
	check_limits(tree);
}

int translator_regex_tree_repeat_counted(struct regex_tree *tree, int min, int max, unsigned flags)
{
	struct regex_node node = new_node(tree, REGEX_REPEAT, flags);
	const struct regex_node *sub = top(tree);
	int n = max < 0 ? min : max;

	node.height = sub->height + 1;
	node.count = n > 0 ? (uint32_t)n : 1;
	/* x{0} is not looked into: whatever it holds is never repeated */
	node.product = max == 0 ? 1 : node.count * sub->product;
	if (max >= 0)
		node.size = (uint64_t)max * sub->size + (uint64_t)(max - min);
	else
		node.size = min == 0 ? 2 + sub->size : 1 + (uint64_t)min * sub->size;
	if (node.size == 0)
		node.size = 1;
	*top(tree) = node;
	check_limits(tree);
	return (min >= 2 || max >= 2) && node.product > MAX_PRODUCT ? -1 : 0;
}

/* Replaces the nodes above the last mark by one node. */
static void collapse(struct regex_tree *tree, enum regex_op op, unsigned flags)
{
	struct regex_node node;
	size_t from = tree->n;

	while (from > 0 && tree->stack[from - 1].op < REGEX_LEFT_PAREN)
		from--;
	if (tree->n == from) {
		node = new_node(tree, REGEX_OTHER, 0);
	} else if (tree->n == from + 1) {
		node = tree->stack[from];
	} else {
		node = new_node(tree, op, 0);
		node.size = 0;
		for (size_t i = from; i < tree->n; i++) {
			const struct regex_node *sub = &tree->stack[i];
			bool is_same = sub->op == op;
			uint32_t height = sub->height + !is_same;

			/* what a sub-node of the same kind holds is lifted into this one */
			tree->n_free += is_same;
			node.n_subs += is_same ? sub->n_subs : 1;
			node.size += sub->size -
				     (is_same && op == REGEX_ALTERNATE ? sub->n_subs - 1 : 0);
			node.height = height > node.height ? height : node.height;
			node.product = sub->product > node.product ? sub->product : node.product;
		}
		if (op == REGEX_ALTERNATE)
			node.size += node.n_subs - 1;
	}
	tree->n = from;
	push_node(tree, node, flags);
}

static void concat(struct regex_tree *tree, unsigned flags)
{
	merge_literals(tree, NULL, 0);
	collapse(tree, REGEX_CONCAT, flags);
}

static bool is_class_like(const struct regex_node *node)
{
	return node->op <= REGEX_ANY && (node->op != REGEX_LITERAL || node->n_runes == 1);
}

static bool matches_newline(const struct regex_node *node)
{
	if (node->op == REGEX_LITERAL)
		return node->runes[0] == '\n';
	if (node->op != REGEX_CLASS)
		return node->op == REGEX_ANY;
	return (node->n_runes >= 2 && node->runes[0] <= '\n' && node->runes[1] >= '\n') ||
	       (node->n_runes >= 4 && node->runes[2] <= '\n' && node->runes[3] >= '\n');
}

static void add_node(struct regex_set *set, const struct regex_node *node)
{
	if (node->op == REGEX_LITERAL) {
		translator_regex_set_add_folded(set, node->runes[0], node->runes[0], node->flags);
		return;
	}
	for (size_t i = 0; i + 1 < node->n_runes && i < 4; i += 2)
		translator_regex_set_add_folded(set, node->runes[i], node->runes[i + 1], 0);
	if (node->n_runes > 4)
		set->n_more += (node->n_runes - 4) / 2;
}

/* into |= from, where `from` is of the simpler kind. */
static void merge_class(struct regex_node *into, const struct regex_node *from)
{
	struct regex_set set = { .n = 0 };

	if (into->op == REGEX_ANY)
		return;
	if (into->op == REGEX_ANY_NOT_NEWLINE) {
		if (matches_newline(from))
			into->op = REGEX_ANY;
		return;
	}
	if (into->op == REGEX_LITERAL && into->runes[0] == from->runes[0] &&
	    into->flags == from->flags)
		return;
	add_node(&set, into);
	add_node(&set, from);
	into->op = REGEX_CLASS;
	set_ranges(into, &set);
}

/* If an element is above a bar, swaps the two, or makes one class of the elements on both sides.
 */
static bool swap_bar(struct regex_tree *tree)
{
	struct regex_node *last = top(tree), swapped;

	if (tree->n < 2 || last[-1].op != REGEX_VERTICAL_BAR)
		return false;
	if (tree->n >= 3 && is_class_like(last) && is_class_like(last - 2)) {
		if (last->op > last[-2].op) {
			swapped = *last;
			*last = last[-2];
			last[-2] = swapped;
		}
		merge_class(last - 2, last);
		tree->n_free++;
		tree->n--;
		return true;
	}
	swapped = *last;
	*last = last[-1];
	last[-1] = swapped;
	return true;
}

void translator_regex_tree_bar(struct regex_tree *tree, unsigned flags)
{
	concat(tree, flags);
	if (!swap_bar(tree))
		translator_regex_tree_push(tree, REGEX_VERTICAL_BAR, flags);
}

static void alternate(struct regex_tree *tree, unsigned flags)
{
	concat(tree, flags);
	if (swap_bar(tree))
		tree->n--;
	collapse(tree, REGEX_ALTERNATE, flags);
}

int translator_regex_tree_close(struct regex_tree *tree, unsigned *flags)
{
	struct regex_node inner, group;

	alternate(tree, *flags);
	if (tree->n < 2)
		return -1;
	inner = tree->stack[tree->n - 1];
	group = tree->stack[tree->n - 2];
	tree->n -= 2;
	*flags = group.flags;
	if (!group.captures) {
		push_node(tree, inner, *flags);
		return 0;
	}
	group.op = REGEX_OTHER;
	group.height = inner.height + 1;
	group.size = inner.size + 2;
	group.product = inner.product;
	push_node(tree, group, *flags);
	return 0;
}

int translator_regex_tree_end(struct regex_tree *tree, unsigned flags)
{
	alternate(tree, flags);
	return tree->n == 1 ? 0 : -1;
}
