/* heap: a binary heap of nodes that know their places.
 *
 *   in     nodes, and a function that tells which of two comes first
 *   out    the first of all
 *   owns   one array of pointers
 *   never  looks at what a node is part of
 */
#include "base/heap.h"

#include "base/mem.h"

void heap_init(struct heap *heap,
	       bool (*comes_before)(const struct heap_node *a, const struct heap_node *b))
{
	*heap = (struct heap){ .comes_before = comes_before };
}

void heap_clear(struct heap *heap)
{
	mem_free(heap->nodes);
	heap_init(heap, heap->comes_before);
}

static void set(struct heap *heap, size_t place, struct heap_node *node)
{
	heap->nodes[place] = node;
	node->place = place;
}

static void rise(struct heap *heap, struct heap_node *node)
{
	size_t place = node->place;

	while (place > 1 && heap->comes_before(node, heap->nodes[place / 2])) {
		set(heap, place, heap->nodes[place / 2]);
		place /= 2;
	}
	set(heap, place, node);
}

static void sink(struct heap *heap, struct heap_node *node)
{
	size_t place = node->place, child;

	while ((child = place * 2) <= heap->n) {
		if (child < heap->n &&
		    heap->comes_before(heap->nodes[child + 1], heap->nodes[child]))
			child++;
		if (!heap->comes_before(heap->nodes[child], node))
			break;
		set(heap, place, heap->nodes[child]);
		place = child;
	}
	set(heap, place, node);
}

void heap_put(struct heap *heap, struct heap_node *node)
{
	if (!node->place) {
		if (heap->n + 1 >= heap->cap) {
			heap->cap = heap->cap ? heap->cap * 2 : 8;
			heap->nodes =
				mem_realloc(heap->nodes, heap->cap * sizeof(struct heap_node *));
		}
		node->place = ++heap->n;
	}
	rise(heap, node);
	sink(heap, node);
}

void heap_del(struct heap *heap, struct heap_node *node)
{
	struct heap_node *last;

	if (!node->place)
		return;
	last = heap->nodes[heap->n--];
	if (last != node) {
		last->place = node->place;
		rise(heap, last);
		sink(heap, last);
	}
	node->place = 0;
}

struct heap_node *heap_first(const struct heap *heap)
{
	return heap->n ? heap->nodes[1] : NULL;
}
