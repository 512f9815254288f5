/* sink: the published file: when to write it, and writing it with its state file. */
#ifndef PUBLISHER_SINK_H
#define PUBLISHER_SINK_H

#include "base/clock.h"
#include "publisher/file.h"
#include "publisher/plan.h"
#include "publisher/state.h"

struct sink_settings {
	const char *path;
	enum wanted_format format;
	uint64_t interval_ms; /* the longest that a change waits for others */
};

struct sink {
	struct sink_settings settings;
	struct wanted *wanted;
	struct file file;
	struct state state;
	struct plan plan;
	bool forced;          /* nothing was published yet by this process */
	uint64_t first_ms, last_ms; /* of the changes that are not published; 0: none */
	uint64_t done_ms;     /* end of the last publishing */
	uint64_t write_ms;    /* what it took */
	uint64_t planned_ns;  /* when the plan of these changes was ready; 0: not yet */
	uint64_t retry_ms;    /* after a failure: not before; 0: none */
	struct backoff backoff;
};

/* Opens the file and its state, which becomes what is wanted as last good. */
int publisher_sink_open(struct sink *sink, const struct sink_settings *settings, struct wanted *wanted, struct err *err);
void publisher_sink_close(struct sink *sink);
/* An owner may differ from what is published. */
void publisher_sink_touch(struct sink *sink, const struct msg_key *owner, uint64_t seen_ns);
/* Finds out what differs; call it after each batch of changes. */
void publisher_sink_plan(struct sink *sink);
/* When to publish (clock_ms), UINT64_MAX: nothing to do. */
uint64_t publisher_sink_due(const struct sink *sink);
/* 0: the file says what is wanted. -1: it was logged, and is tried again later. */
int publisher_sink_publish(struct sink *sink);

#endif
