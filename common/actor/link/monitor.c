/* monitor: what ZeroMQ says of a socket's connections.
 *
 *   in     the frames of ZeroMQ's monitor
 *   out    events
 *   owns   the socket that they come through
 *   never  looks at the endpoint in them
 */
#include "actor/link/monitor.h"

#include <czmq.h>

int actor_monitor_open(struct monitor *monitor, void *watched, int events)
{
	static unsigned n_opened; /* each has a name of its own in this process */
	char endpoint[64];

	snprintf(endpoint, sizeof(endpoint), "inproc://monitor-%u", n_opened++);
	if (zmq_socket_monitor(watched, endpoint, events) < 0)
		return -1;
	monitor->sock = zmq_socket(zsys_init(), ZMQ_PAIR);
	return monitor->sock ? zmq_connect(monitor->sock, endpoint) : -1;
}

void actor_monitor_close(struct monitor *monitor, void *watched)
{
	if (!monitor->sock)
		return;
	zmq_socket_monitor(watched, NULL, 0);
	zmq_close(monitor->sock);
	monitor->sock = NULL;
}

static void skip_parts(void *sock, zmq_msg_t *part)
{
	while (zmq_msg_more(part) && zmq_msg_recv(part, sock, ZMQ_DONTWAIT) >= 0)
		continue;
}

bool actor_monitor_next(struct monitor *monitor, struct monitor_event *out)
{
	struct {
		uint16_t event;
		int32_t value;
	} __attribute__((packed)) news;
	bool found = false;
	zmq_msg_t part;

	zmq_msg_init(&part);
	while (!found && zmq_msg_recv(&part, monitor->sock, ZMQ_DONTWAIT) >= 0) {
		found = zmq_msg_size(&part) >= sizeof(news);
		if (found)
			memcpy(&news, zmq_msg_data(&part), sizeof(news));
		skip_parts(monitor->sock, &part);
	}
	zmq_msg_close(&part);
	if (found)
		*out = (struct monitor_event){ news.event, news.value };
	return found;
}
