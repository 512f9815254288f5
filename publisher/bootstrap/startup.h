/* startup: whether what Pomerium needs to start has come, as far as a sink needs it. */
#ifndef PUBLISHER_STARTUP_H
#define PUBLISHER_STARTUP_H

#include "publisher/sink/sinks.h"

struct startup {
	bool started;  /* it has come */
	uint64_t lack; /* sum of the reason why it has not, as it was logged last; 0: none */
};

/* Something became of the Pomerium object; NULL: there is none. */
void publisher_startup_follow(struct startup *startup, const struct sinks *sinks,
			      const struct owner *pomerium);

#endif
