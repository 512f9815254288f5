/* attached: how many HTTPRoutes are attached to each listener. */
#ifndef PUBLISHER_ATTACHED_H
#define PUBLISHER_ATTACHED_H

#include "base/map.h"
#include "msg/config.h"

struct attached {
	struct map routes;    /* msg_key_text of an HTTPRoute -> struct text_list of places */
	struct map listeners; /* the place of a listener -> number of routes */
};

void publisher_attached_init(struct attached *self);
void publisher_attached_clear(struct attached *self);
/* What one route is attached to from now on; NULL: it is gone. Each Gateway and ListenerSet whose
 * numbers have changed is told, perhaps more than once. */
void publisher_attached_set(struct attached *self, const struct msg_key *route,
			    const struct msg_attachment_list *list,
			    void (*changed)(void *arg, const struct msg_key *parent), void *arg);
size_t publisher_attached_count(const struct attached *self, const struct msg_key *parent,
				struct str listener);

#endif
