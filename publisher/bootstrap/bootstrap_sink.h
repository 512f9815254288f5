/* bootstrap_sink: a config.yaml for the Pomerium beside us, with what it needs to start.
 *
 * It follows the Pomerium object alone: it is written before everybody has arrived, by every
 * replica, and whatever else is published. The files that it names are in FILE.files. */
#ifndef PUBLISHER_BOOTSTRAP_SINK_H
#define PUBLISHER_BOOTSTRAP_SINK_H

#include "publisher/sink/sink.h"

/* The folder of the file must be there. */
struct sink *publisher_bootstrap_sink_new(const char *path, struct wanted *wanted, struct err *err);

#endif
