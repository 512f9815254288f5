/* graph: which object refers to which. Both ends are keys; neither has to exist. */
#ifndef RESOLVER_GRAPH_H
#define RESOLVER_GRAPH_H

#include "base/map.h"
#include "msg/object.h"

struct graph {
	struct map nodes; /* key text -> struct graph_node; a node lives while an edge touches it */
};

struct key_list {
	struct msg_key *items;
	size_t n;
};

void resolver_graph_init(struct graph *graph);
void resolver_graph_clear(struct graph *graph);
/* `from` refers to exactly these keys (no key twice); costs what its old and new edges cost. */
void resolver_graph_set(struct graph *graph, const struct msg_key *from, const struct key_list *to);
/* Snapshots in the pool, so that the graph may change during a walk over them. */
struct key_list resolver_graph_referrers(const struct graph *graph, const struct msg_key *to,
					 struct pool *pool);
struct key_list resolver_graph_references(const struct graph *graph, const struct msg_key *from,
					  struct pool *pool);
/* All keys of a kind that something refers to; costs what the whole graph costs. */
struct key_list resolver_graph_referred(const struct graph *graph, enum msg_kind kind,
					struct pool *pool);
size_t resolver_graph_n_referrers(const struct graph *graph, const struct msg_key *to);

#endif
