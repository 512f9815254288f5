/* resolver_figures: what this room counts, and whether it is ready.
 *
 *   in     the state of the room, when somebody asks
 *   out    sentences
 *   never  walks over owners or objects
 */
#include "resolver/resolver_figures.h"

#include "resolver/send.h"

bool resolver_figures_ready(void *self, struct err *why)
{
	const struct resolver *r = self;

	if (!r->publisher)
		return !err_set(why, "the publisher is not connected");
	if (!r->watcher)
		return !err_set(why, "the watcher is not connected");
	if (r->world.state == ANNOUNCE_NONE)
		return !err_set(why, "some kind of object is still being listed");
	if (r->world.state != ANNOUNCE_DONE)
		return !err_set(why, "the owners are being announced to the publisher");
	return true;
}
