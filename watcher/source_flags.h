/* source_flags: where the watcher's objects come from, by its flags. */
#ifndef WATCHER_SOURCE_FLAGS_H
#define WATCHER_SOURCE_FLAGS_H

#include "actor/conf_option.h"
#include "confine/confine.h"
#include "watcher/feed.h"
#include "watcher/record/recorder.h"

extern const struct conf_option watcher_source_flags_options[];
/* Opens what cannot be opened later; *recorder is NULL if nothing is to be recorded. */
int watcher_source_flags_open(struct recorder **recorder, struct confine *needs, struct err *err);
/* Once, after that. */
struct feed *watcher_source_flags_feed(const struct feed_sink *sink);

#endif
