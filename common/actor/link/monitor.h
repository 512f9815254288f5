/* monitor: what ZeroMQ says of a socket's connections, one event after the other. */
#ifndef ACTOR_MONITOR_H
#define ACTOR_MONITOR_H

#include <stdbool.h>

struct monitor {
	void *sock; /* readable when there is an event; NULL: closed */
};

struct monitor_event {
	unsigned event; /* ZMQ_EVENT_... */
	int value;      /* a descriptor, or an error */
};

/* `events`: a set of ZMQ_EVENT_... -1 sets errno. */
int actor_monitor_open(struct monitor *monitor, void *watched, int events);
void actor_monitor_close(struct monitor *monitor, void *watched);
bool actor_monitor_next(struct monitor *monitor, struct monitor_event *out);

#endif
