/* link_table: the links, and the rooms at their ends.
 *
 *   in     nothing
 *   out    names, rooms
 *   owns   the table
 *   never  knows of a socket
 */
#include "actor/link/link_table.h"

#include <string.h>

static const struct {
	const char *name;
	enum msg_room dealer, router; /* the dealer connects, the router binds */
	bool is_single;
} links[N_LINKS] = {
	[LINK_OBJECTS] = { "objects", ROOM_WATCHER, ROOM_RESOLVER, true },
	[LINK_JOBS] = { "jobs", ROOM_TRANSLATOR, ROOM_RESOLVER, false },
	[LINK_CONFIGS] = { "configs", ROOM_TRANSLATOR, ROOM_PUBLISHER, false },
	[LINK_STATE] = { "state", ROOM_RESOLVER, ROOM_PUBLISHER, true },
};

const char *actor_link_name(enum msg_link id)
{
	return links[id].name;
}

enum msg_link actor_link_named(const char *name)
{
	int id = 0;

	while (id < N_LINKS && strcmp(links[id].name, name) != 0)
		id++;
	return (enum msg_link)id;
}

bool actor_link_is_of(enum msg_link id, enum msg_room room, bool *is_router)
{
	*is_router = links[id].router == room;
	return *is_router || links[id].dealer == room;
}

enum msg_room actor_link_dealer(enum msg_link id)
{
	return links[id].dealer;
}

enum msg_room actor_link_router(enum msg_link id)
{
	return links[id].router;
}

bool actor_link_is_single(enum msg_link id)
{
	return links[id].is_single;
}
