/* heap: things in an order of their own, the first of them always at hand.
 *
 * A thing has a struct heap_node in it, which knows its place; so one that is in the middle can be
 * taken out, or moved after its order has changed, in as many steps as a new one needs: log n. */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>

struct heap_node {
	size_t place; /* 0: it is in no heap */
};

struct heap {
	struct heap_node **nodes; /* [0] is not used; the first is [1] */
	size_t n, cap;
	bool (*comes_before)(const struct heap_node *a, const struct heap_node *b);
};

void heap_init(struct heap *heap,
	       bool (*comes_before)(const struct heap_node *a, const struct heap_node *b));
void heap_clear(struct heap *heap); /* the things stay the caller's */
/* Puts it in; if it is in already, it moves to where it belongs now. */
void heap_put(struct heap *heap, struct heap_node *node);
void heap_del(struct heap *heap, struct heap_node *node); /* if it is in */
struct heap_node *heap_first(const struct heap *heap);    /* NULL: it is empty */

#endif
