/* link_table: the links, and the rooms at their ends. PROTOCOL.md, "Links". */
#ifndef ACTOR_LINK_TABLE_H
#define ACTOR_LINK_TABLE_H

#include "msg/msg.h"

const char *actor_link_name(enum msg_link id);
/* The link of this name; N_LINKS: there is none. */
enum msg_link actor_link_named(const char *name);
/* Whether this room stands at one of its ends, and whether it is the end that binds. */
bool actor_link_is_of(enum msg_link id, enum msg_room room, bool *is_router);
/* The rooms at the end that connects and at the end that binds. */
enum msg_room actor_link_dealer(enum msg_link id);
enum msg_room actor_link_router(enum msg_link id);
/* Whether one process at a time stands at the end that connects. */
bool actor_link_is_single(enum msg_link id);

#endif
