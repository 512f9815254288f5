/* listener_status: what is said of the listeners of a Gateway or of a ListenerSet. */
#ifndef TRANSLATOR_LISTENER_STATUS_H
#define TRANSLATOR_LISTENER_STATUS_H

#include "translator/gateway/listener.h"

/* Puts `listeners` into the report. Returns how many of them are programmed. */
size_t translator_listener_status_put(struct gateway_job *job, const struct listener_group *group,
				      struct value *report);

#endif
