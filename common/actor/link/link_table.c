/* link_table: the links, and the rooms at their ends.
 *
 *   in     nothing
 *   out    names, rooms
 *   owns   the table
 *   never  knows of a socket
 */
#include "actor/link/link_table.h"

/* The dealers connect, the router binds. */
static const struct {
	const char *name;
	unsigned dealers; /* a set of rooms */
	enum msg_room router;
} links[N_LINKS] = {
	[LINK_OBJECTS] = { "objects", 1u << ROOM_WATCHER, ROOM_RESOLVER },
	[LINK_JOBS] = { "jobs", 1u << ROOM_TRANSLATOR, ROOM_RESOLVER },
	[LINK_CONFIGS] = { "configs", 1u << ROOM_TRANSLATOR | 1u << ROOM_RESOLVER, ROOM_PUBLISHER },
};

const char *actor_link_name(enum actor_link id)
{
	return links[id].name;
}

bool actor_link_is_of(enum actor_link id, enum msg_room room, bool *is_router)
{
	*is_router = links[id].router == room;
	return *is_router || links[id].dealers & 1u << room;
}

bool actor_link_admits(enum actor_link id, bool is_router, enum msg_room room)
{
	if ((unsigned)room >= N_ROOMS)
		return false;
	return is_router ? links[id].dealers & 1u << room : links[id].router == room;
}

enum msg_room actor_link_router(enum actor_link id)
{
	return links[id].router;
}
