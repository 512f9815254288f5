/* arrival: a CONFIG with its ticket, which was checked where it came in. */
#ifndef PUBLISHER_ARRIVAL_H
#define PUBLISHER_ARRIVAL_H

#include "msg/config.h"

struct arrival {
	struct msg_ticket ticket;
	struct msg_config config;
};

#endif
