/* turns: lanes of namespaces that take turns.
 *
 *   in     what begins to wait, in which lane, for which namespace
 *   out    the one whose turn it is
 *   owns   the namespaces; of those that have something waiting, their order in each lane
 *   never  goes over all namespaces on account of one thing that waits
 */
#include "resolver/jobs/turns.h"

#include "base/mem.h"

static void free_namespace(void *value)
{
	struct turns_namespace *namespace = value;

	mem_free(namespace->places);
	mem_free((char *)namespace->name.ptr);
	mem_free(namespace);
}

void resolver_turns_init(struct turns *turns)
{
	*turns = (struct turns){ 0 };
	map_init(&turns->namespaces, free_namespace);
	TAILQ_INIT(&turns->parked);
	for (size_t i = 0; i < N_TURNS_LANES; i++)
		TAILQ_INIT(&turns->lanes[i].lines);
}

void resolver_turns_clear(struct turns *turns)
{
	map_clear(&turns->namespaces);
	resolver_turns_init(turns);
}

/* ---- namespaces ---- */

static struct turns_namespace *new_namespace(struct turns *turns, struct str name)
{
	struct turns_namespace *namespace = mem_alloc(sizeof(*namespace));

	namespace->name = (struct str){ mem_dup(name.ptr, name.len), name.len };
	for (size_t i = 0; i < N_TURNS_LANES; i++) {
		namespace->lines[i].namespace = namespace;
		namespace->lines[i].lane = (enum turns_lane)i;
		TAILQ_INIT(&namespace->lines[i].items);
	}
	map_put(&turns->namespaces, name, namespace);
	turns->n_tenants += name.len > 0;
	return namespace;
}

struct turns_namespace *resolver_turns_enter(struct turns *turns, struct str name)
{
	struct turns_namespace *namespace = map_get(&turns->namespaces, name);

	if (!namespace)
	namespace = new_namespace(turns, name);
	namespace->n_users++;
	return namespace;
}

void resolver_turns_exit(struct turns *turns, struct turns_namespace *namespace)
{
	if (--namespace->n_users)
		return;
	turns->n_tenants -= namespace->name.len > 0;
	map_del(&turns->namespaces, namespace->name);
}

/* ---- lines ---- */

static void set_state(struct turns *turns, struct turns_line *line, int state)
{
	struct turns_lane_state *lane = &turns->lanes[line->lane];

	if (line->state == LINE_IN_TURN) {
		TAILQ_REMOVE(&lane->lines, line, entry);
		lane->n_lines--;
	} else if (line->state == LINE_PARKED) {
		TAILQ_REMOVE(&turns->parked, line, entry);
	}
	line->state = state;
	if (state == LINE_IN_TURN) {
		TAILQ_INSERT_TAIL(&lane->lines, line, entry);
		lane->n_lines++;
	} else if (state == LINE_PARKED) {
		TAILQ_INSERT_TAIL(&turns->parked, line, entry);
	}
}

void resolver_turns_leave(struct turns *turns, struct turns_item *item)
{
	struct turns_line *line = item->line;

	if (!line)
		return;
	item->line = NULL;
	TAILQ_REMOVE(&line->items, item, entry);
	turns->lanes[line->lane].n_items--;
	if (TAILQ_EMPTY(&line->items))
		set_state(turns, line, LINE_EMPTY);
}

void resolver_turns_join(struct turns *turns, struct turns_namespace *namespace,
			 enum turns_lane lane, struct turns_item *item)
{
	struct turns_line *line = &namespace->lines[lane];

	if (item->line == line)
		return;
	resolver_turns_leave(turns, item);
	item->line = line;
	TAILQ_INSERT_TAIL(&line->items, item, entry);
	turns->lanes[lane].n_items++;
	if (line->state == LINE_EMPTY)
		set_state(turns, line, LINE_IN_TURN);
}

struct turns_item *resolver_turns_first(const struct turns *turns, enum turns_lane lane)
{
	const struct turns_line *line = TAILQ_FIRST(&turns->lanes[lane].lines);

	return line ? TAILQ_FIRST(&line->items) : NULL;
}

void resolver_turns_take(struct turns *turns, struct turns_item *first)
{
	struct turns_line *line = first->line;

	resolver_turns_leave(turns, first);
	if (line->state == LINE_IN_TURN)
		set_state(turns, line, LINE_IN_TURN); /* at the end */
}

void resolver_turns_pass(struct turns *turns, const struct turns_item *first)
{
	set_state(turns, first->line, LINE_IN_TURN);
}

void resolver_turns_park(struct turns *turns, const struct turns_item *first)
{
	set_state(turns, first->line, LINE_PARKED);
}

void resolver_turns_call_back(struct turns *turns, struct turns_namespace *namespace)
{
	for (size_t i = 0; i < N_TURNS_LANES; i++)
		if (namespace->lines[i].state == LINE_PARKED)
			set_state(turns, &namespace->lines[i], LINE_IN_TURN);
}

void resolver_turns_call_all_back(struct turns *turns)
{
	struct turns_line *line;

	while ((line = TAILQ_FIRST(&turns->parked)))
		set_state(turns, line, LINE_IN_TURN);
}
