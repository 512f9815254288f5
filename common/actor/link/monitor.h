/* monitor: what ZeroMQ says of a socket's connections, one event after the other. */
#ifndef ACTOR_MONITOR_H
#define ACTOR_MONITOR_H

#include <stdbool.h>

struct monitor {
	void *sock;       /* readable when there is an event; NULL: closed */
	unsigned n_opens; /* so far: each needs a name of its own */
};

struct monitor_event {
	unsigned event; /* ZMQ_EVENT_... */
	int value;      /* a descriptor, or an error */
};

/* `events`: a set of ZMQ_EVENT_...; `name`: of the socket. -1 sets errno. */
int actor_monitor_open(struct monitor *monitor, void *watched, const char *name, int events);
void actor_monitor_close(struct monitor *monitor, void *watched);
bool actor_monitor_next(struct monitor *monitor, struct monitor_event *out);

#endif
