/* recorder: keeps what the watcher says to the resolver in a file, values of Secrets replaced. */
#ifndef WATCHER_RECORDER_H
#define WATCHER_RECORDER_H

#include "msg/msg.h"

#define RECORDER_MAX (4ul << 30) /* bytes of a recording */

struct recorder;

/* Goes on with a recording of ours that is there. NULL: the file cannot be written. */
struct recorder *watcher_recorder_new(struct str path, struct err *err);
void watcher_recorder_destroy(struct recorder **self_p);
/* A message that goes out; OBJECT_PUT as a struct msg_object. A disk that is full ends the
 * recording, is logged once, and nothing else. `self` may be NULL. */
void watcher_recorder_add(struct recorder *self, enum msg_type type, const void *body);
void watcher_recorder_add_packed(struct recorder *self, struct str object); /* OBJECT_PUT */

#endif
