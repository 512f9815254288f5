/* link_table: the links, and the rooms at their ends. PROTOCOL.md, "Links". */
#ifndef ACTOR_LINK_TABLE_H
#define ACTOR_LINK_TABLE_H

#include "msg/msg.h"

enum actor_link { LINK_OBJECTS, LINK_JOBS, LINK_CONFIGS, N_LINKS };

const char *actor_link_name(enum actor_link id);
/* Whether this room stands at one of its ends, and whether it is the end that binds. */
bool actor_link_is_of(enum actor_link id, enum msg_room room, bool *is_router);
/* Whether `room` may stand at the other end. */
bool actor_link_admits(enum actor_link id, bool is_router, enum msg_room room);
/* The room at the end that binds. */
enum msg_room actor_link_router(enum actor_link id);

#endif
