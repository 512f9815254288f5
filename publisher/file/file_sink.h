/* file_sink: a sink that keeps Pomerium's configuration in one file. */
#ifndef PUBLISHER_FILE_SINK_H
#define PUBLISHER_FILE_SINK_H

#include "publisher/sink/sink.h"

struct file_sink_settings {
	const char *path;
	enum wanted_format format;
	uint64_t interval_ms;  /* the longest that a change waits for others */
	long max_delete_share; /* see guard.h */
};

/* Opens the file and its state, which becomes what is wanted as last good. */
struct sink *publisher_file_sink_new(const struct file_sink_settings *settings,
				     struct wanted *wanted, const struct sink_listener *listener,
				     struct err *err);

#endif
