/* endpoint: the text of a flag that says where a link or a tap is. */
#ifndef ACTOR_ENDPOINT_H
#define ACTOR_ENDPOINT_H

#include "base/err.h"

#define ENDPOINT_IPC "ipc://"

bool actor_endpoint_is_tcp(struct str endpoint);
/* Whether it may be used: nothing in clear leaves the machine. */
int actor_endpoint_check(const char *flag, struct str endpoint, bool has_keys, struct err *err);

#endif
