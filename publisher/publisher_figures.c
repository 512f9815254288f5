/* publisher_figures: what this room counts, and whether it is ready.
 *
 *   in     the state of the room, when somebody asks
 *   out    sentences
 *   never  walks over owners or records
 */
#include "publisher/publisher_figures.h"

#include "publisher/room.h"

bool publisher_figures_ready(void *self, struct err *why)
{
	const struct publisher *p = self;

	if (p->ready)
		return true;
	if (!p->world.epoch)
		return !err_set(why, "no resolver has been there yet");
	if (!p->world.in_force)
		return !err_set(why, "the resolver has not announced all owners yet");
	if (!p->passed_ms)
		return !err_set(why, "%zu of %zu owners have not arrived yet", p->world.n_missing,
				p->world.owners.n);
	if (publisher_waiting_n(&p->waiting))
		return !err_set(why, "%zu owners wait for values of Secrets",
				publisher_waiting_n(&p->waiting));
	return !err_set(why, "the first complete state is not stored yet");
}
