/* graph: directed edges between keys, so that one event finds its owners without a scan.
 *
 *   in     a key with all the keys that it refers to
 *   out    the keys that refer to a key, and those that it refers to
 *   owns   nodes and edges; an edge knows its place at its target, so it goes in constant time
 *   never  looks into objects
 */
#include "resolver/graph/graph.h"

#include "base/mem.h"
#include "resolver/graph/key.h"

struct graph_edge {
	struct graph_node *from, *to;
	size_t place; /* in to->in */
};

struct graph_node {
	struct graph_edge *out; /* one array, replaced as a whole */
	size_t n_out;
	struct graph_edge **in;
	size_t n_in, cap_in;
	size_t text_len;
	char text[];
};

static void free_node(void *value)
{
	struct graph_node *node = value;

	mem_free(node->out);
	mem_free(node->in);
	mem_free(node);
}

void resolver_graph_init(struct graph *graph)
{
	map_init(&graph->nodes, free_node);
}

void resolver_graph_clear(struct graph *graph)
{
	map_clear(&graph->nodes);
}

static struct graph_node *find(const struct graph *graph, const struct msg_key *key)
{
	struct key_text text;

	return map_get(&graph->nodes, resolver_key_text(key, &text));
}

static struct graph_node *find_or_make(struct graph *graph, const struct msg_key *key)
{
	struct key_text buf;
	struct str text = resolver_key_text(key, &buf);
	struct graph_node *node = map_get(&graph->nodes, text);

	if (node)
		return node;
	node = mem_alloc(sizeof(*node) + text.len + 1);
	node->text_len = text.len;
	memcpy(node->text, text.ptr, text.len);
	map_put(&graph->nodes, text, node);
	return node;
}

static void drop_if_alone(struct graph *graph, struct graph_node *node)
{
	if (node->n_out == 0 && node->n_in == 0)
		map_del(&graph->nodes, (struct str){ node->text, node->text_len });
}

static void link_edge(struct graph_edge *edge)
{
	struct graph_node *to = edge->to;

	if (to->n_in == to->cap_in) {
		to->cap_in = to->cap_in ? to->cap_in * 2 : 1;
		to->in = mem_realloc(to->in, to->cap_in * sizeof(void *));
	}
	edge->place = to->n_in;
	to->in[to->n_in++] = edge;
}

static void unlink_edge(struct graph_edge *edge)
{
	struct graph_node *to = edge->to;
	struct graph_edge *last = to->in[--to->n_in];

	to->in[edge->place] = last;
	last->place = edge->place;
}

void resolver_graph_set(struct graph *graph, const struct msg_key *from, const struct key_list *to)
{
	struct graph_node *node = to->n > 0 ? find_or_make(graph, from) : find(graph, from);
	struct graph_edge *old, *new = NULL;
	size_t n_old;

	if (!node)
		return;
	old = node->out;
	n_old = node->n_out;
	if (to->n > 0)
		new = mem_alloc(to->n * sizeof(*new));
	for (size_t i = 0; i < to->n; i++) {
		new[i] = (struct graph_edge){ .from = node,
					      .to = find_or_make(graph, &to->items[i]) };
		link_edge(&new[i]);
	}
	node->out = new;
	node->n_out = to->n;
	for (size_t i = 0; i < n_old; i++) {
		unlink_edge(&old[i]);
		if (old[i].to != node)
			drop_if_alone(graph, old[i].to);
	}
	mem_free(old);
	drop_if_alone(graph, node);
}

static struct msg_key key_of(const struct graph_node *node, struct pool *pool)
{
	return resolver_key_from_text(pool_bytes(pool, node->text, node->text_len));
}

struct key_list resolver_graph_referrers(const struct graph *graph, const struct msg_key *to,
					 struct pool *pool)
{
	const struct graph_node *node = find(graph, to);
	struct key_list list = { 0 };

	if (!node)
		return list;
	list.items = pool_array(pool, node->n_in, sizeof(*list.items));
	while (list.n < node->n_in) {
		list.items[list.n] = key_of(node->in[list.n]->from, pool);
		list.n++;
	}
	return list;
}

struct key_list resolver_graph_references(const struct graph *graph, const struct msg_key *from,
					  struct pool *pool)
{
	const struct graph_node *node = find(graph, from);
	struct key_list list = { 0 };

	if (!node)
		return list;
	list.items = pool_array(pool, node->n_out, sizeof(*list.items));
	while (list.n < node->n_out) {
		list.items[list.n] = key_of(node->out[list.n].to, pool);
		list.n++;
	}
	return list;
}

struct key_list resolver_graph_referred(const struct graph *graph, enum msg_kind kind,
					struct pool *pool)
{
	struct key_list list = { 0 };
	void *value;

	for (size_t i = 0; map_next(&graph->nodes, &i, NULL, &value);) {
		const struct graph_node *node = value;
		const struct msg_key key = key_of(node, pool);

		if (node->n_in && key.kind == kind)
			*(struct msg_key *)pool_push(pool, &list.items, &list.n, sizeof(key)) = key;
	}
	return list;
}

size_t resolver_graph_n_referrers(const struct graph *graph, const struct msg_key *to)
{
	const struct graph_node *node = find(graph, to);

	return node ? node->n_in : 0;
}
