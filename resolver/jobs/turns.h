/* turns: what waits, by namespace, in lanes. In each lane the namespaces that have something
 * waiting take turns, so nobody waits for more turns than there are namespaces, whatever the others
 * have. */
#ifndef RESOLVER_TURNS_H
#define RESOLVER_TURNS_H

#include <sys/queue.h>
#include "base/map.h"

struct worker;

enum turns_lane {
	TURNS_DIRECT,   /* for the publisher itself: no translator is needed */
	TURNS_SETTINGS, /* the Pomerium object */
	TURNS_SMALL,
	TURNS_BIG,
	TURNS_ALONE, /* what is suspected of having killed a translator, or held one up */
	N_TURNS_LANES
};

/* Part of what waits. */
struct turns_item {
	TAILQ_ENTRY(turns_item) entry;
	struct turns_line *line; /* NULL: it does not wait */
};

/* What waits in one lane for one namespace. */
struct turns_line {
	TAILQ_ENTRY(turns_line) entry;
	struct turns_namespace *namespace;
	enum turns_lane lane;
	enum { LINE_EMPTY, LINE_IN_TURN, LINE_PARKED } state;
	TAILQ_HEAD(, turns_item) items;
};

/* A worker that has jobs of a namespace. */
struct turns_place {
	struct worker *worker;
	size_t n_jobs;
};

struct turns_namespace {
	struct turns_line lines[N_TURNS_LANES];
	size_t n_users;             /* owners, and jobs that workers hold */
	struct turns_place *places; /* of its jobs; for workers.c */
	size_t n_places;
	struct str name;
};

TAILQ_HEAD(turns_lines, turns_line);

struct turns {
	struct map namespaces; /* name -> struct turns_namespace */
	size_t n_tenants;      /* of them; the one without a name is the cluster's own */
	struct turns_lane_state {
		struct turns_lines lines; /* the first has the next turn */
		size_t n_lines;
		size_t n_items; /* parked ones too */
	} lanes[N_TURNS_LANES];
	struct turns_lines parked;
};

void resolver_turns_init(struct turns *turns);
void resolver_turns_clear(struct turns *turns); /* items stay the caller's */

/* A user more, and one less: the last one takes the namespace along. */
struct turns_namespace *resolver_turns_enter(struct turns *turns, struct str name);
void resolver_turns_exit(struct turns *turns, struct turns_namespace *namespace);

/* At the end of what waits there; if it waits there already, it keeps its place. */
void resolver_turns_join(struct turns *turns, struct turns_namespace *namespace,
			 enum turns_lane lane, struct turns_item *item);
void resolver_turns_leave(struct turns *turns, struct turns_item *item);

/* Whose turn it is; NULL: nothing waits there, or all of it is parked. */
struct turns_item *resolver_turns_first(const struct turns *turns, enum turns_lane lane);
/* It has its turn, and its namespace has the next one after all others. */
void resolver_turns_take(struct turns *turns, struct turns_item *first);
/* It cannot go now: its namespace has the next turn after all others ... */
void resolver_turns_pass(struct turns *turns, const struct turns_item *first);
/* ... or none before it is called back. */
void resolver_turns_park(struct turns *turns, const struct turns_item *first);
void resolver_turns_call_back(struct turns *turns, struct turns_namespace *namespace);
void resolver_turns_call_all_back(struct turns *turns);

#endif
