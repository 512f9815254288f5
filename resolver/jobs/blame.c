/* blame: strikes, and the owners that are set aside.
 *
 *   in     workers that died, that were held up, that came back; acknowledgements
 *   out    who goes out alone, who is set aside, who is tried again
 *   owns   the order in which those that are set aside are tried again
 *   never  believes one key alone, where there is another
 */
#include "resolver/jobs/blame.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "resolver/jobs/job.h"

static bool is_earlier(const struct heap_node *a, const struct heap_node *b)
{
	return CONTAINER_OF(a, const struct queue_owner, aside)->again_ms <
	       CONTAINER_OF(b, const struct queue_owner, aside)->again_ms;
}

void resolver_blame_init(struct blame *blame)
{
	*blame = (struct blame){ 0 };
	heap_init(&blame->aside, is_earlier);
	TAILQ_INIT(&blame->untold);
}

void resolver_blame_clear(struct blame *blame)
{
	heap_clear(&blame->aside);
}

/* ---- strikes ---- */

void resolver_blame_suspect(struct queue_owner *owner)
{
	owner->suspect = true;
}

void resolver_blame_doubt(struct queue_owner *owner, uint64_t now_ms)
{
	owner->suspect = true;
	owner->doubt_ms = now_ms + BLAME_DOUBT_MS;
}

uint64_t resolver_blame_key(const struct queue_owner *owner)
{
	return owner->n_strikes ? owner->struck[0] : owner->failed_key;
}

/* For twice as long as the last time, if that was not long ago. */
static void set_aside(struct blame *blame, struct queue_owner *owner, uint64_t now_ms)
{
	unsigned minutes = BLAME_MINUTES_MAX;

	if (now_ms - owner->aside_ms > 2 * BLAME_MINUTES_MAX * BLAME_MINUTE_MS)
		owner->n_aside = 0;
	if (owner->n_aside < 6)
		minutes = 1u << owner->n_aside;
	owner->n_aside++;
	owner->is_aside = true;
	owner->may_tell = owner->is_told = false;
	owner->aside_ms = now_ms;
	owner->again_ms = now_ms + (uint64_t)minutes * BLAME_MINUTE_MS;
	heap_put(&blame->aside, &owner->aside);
	TAILQ_INSERT_TAIL(&blame->untold, owner, untold);
	blame->n_aside++;
}

static uint64_t when_to_tell(const struct queue_owner *owner)
{
	return owner ? owner->aside_ms + BLAME_GRACE_MS : UINT64_MAX;
}

struct queue_owner *resolver_blame_tell(struct blame *blame, uint64_t now_ms)
{
	struct queue_owner *owner = TAILQ_FIRST(&blame->untold);

	if (when_to_tell(owner) > now_ms)
		return NULL;
	TAILQ_REMOVE(&blame->untold, owner, untold);
	owner->may_tell = true;
	blame->n_set_aside++;
	log_warn("owner set aside: it crashes translators, or holds them up",
		 "owner=%s again_minutes=%llu", log_value(owner->text + 1 + owner->settings),
		 (unsigned long long)((owner->again_ms - owner->aside_ms) / BLAME_MINUTE_MS));
	return owner;
}

bool resolver_blame_strike(struct blame *blame, const struct workers *workers,
			   struct queue_owner *owner, const struct worker_key *key, uint64_t now_ms)
{
	if (owner->n_strikes && owner->struck[0] == key->id &&
	    resolver_workers_has_other_key(workers, key))
		return false;
	resolver_blame_doubt(owner, now_ms);
	owner->struck[owner->n_strikes++] = key->id;
	if (owner->n_strikes < BLAME_STRIKES)
		return false;
	set_aside(blame, owner, now_ms);
	return true;
}

static void forgive(struct queue_owner *owner)
{
	owner->n_strikes = 0;
	owner->failed_key = 0;
}

void resolver_blame_absolve(struct queue_owner *owner, uint64_t now_ms)
{
	owner->failed_key = 0;
	if (now_ms < owner->doubt_ms)
		return;
	owner->suspect = false;
	forgive(owner);
}

/* ---- it was only a cut connection ---- */

void resolver_blame_note_loss(struct blame *blame, const struct worker *worker,
			      struct queue_owner *owner)
{
	blame->losses[blame->n_losses++ % BLAME_LOSSES_MAX] =
		(struct blame_loss){ worker->epoch, owner };
}

static void end_aside(struct blame *blame, struct queue_owner *owner)
{
	heap_del(&blame->aside, &owner->aside);
	if (!owner->may_tell)
		TAILQ_REMOVE(&blame->untold, owner, untold);
	blame->n_aside--;
	owner->is_aside = owner->is_told = false;
	owner->suspect = true;
}

static void take_strike_back(struct queue_owner *owner, const struct worker_key *key)
{
	owner->doubt_ms = 0;
	for (unsigned i = 0; i < owner->n_strikes; i++) {
		if (owner->struck[i] != key->id)
			continue;
		owner->struck[i] = owner->struck[--owner->n_strikes];
		return;
	}
}

bool resolver_blame_is_back(const struct blame *blame, const struct worker *worker)
{
	for (size_t i = 0; i < BLAME_LOSSES_MAX; i++)
		if (blame->losses[i].epoch == worker->epoch)
			return true;
	return false;
}

struct queue_owner *resolver_blame_revoke(struct blame *blame, const struct worker *worker)
{
	for (size_t i = 0; i < BLAME_LOSSES_MAX; i++) {
		struct queue_owner *owner = blame->losses[i].owner;

		if (!owner || blame->losses[i].epoch != worker->epoch)
			continue;
		blame->losses[i].owner = NULL;
		take_strike_back(owner, worker->key);
		if (!owner->is_aside)
			continue;
		owner->n_aside--;
		end_aside(blame, owner);
		return owner;
	}
	return NULL;
}

/* ---- set aside ---- */

void resolver_blame_hurry(struct blame *blame, struct queue_owner *owner)
{
	const uint64_t soon = owner->aside_ms + BLAME_MINUTE_MS;

	owner->is_told = false;
	if (owner->again_ms <= soon)
		return;
	owner->again_ms = soon;
	if (owner->aside.place)
		heap_put(&blame->aside, &owner->aside);
}

struct queue_owner *resolver_blame_next(struct blame *blame, uint64_t now_ms)
{
	struct heap_node *first;

	while ((first = heap_first(&blame->aside))) {
		struct queue_owner *owner = CONTAINER_OF(first, struct queue_owner, aside);

		if (owner->again_ms > now_ms)
			return NULL;
		heap_del(&blame->aside, first);
		if (!LIST_EMPTY(&owner->jobs))
			continue; /* resolver_blame_released brings it back */
		end_aside(blame, owner);
		forgive(owner);
		return owner;
	}
	return NULL;
}

uint64_t resolver_blame_deadline(const struct blame *blame)
{
	const struct heap_node *first = heap_first(&blame->aside);

	return clock_earlier(first ? CONTAINER_OF(first, const struct queue_owner, aside)->again_ms
				   : UINT64_MAX,
			     when_to_tell(TAILQ_FIRST(&blame->untold)));
}

void resolver_blame_released(struct blame *blame, struct queue_owner *owner)
{
	if (owner->is_aside && LIST_EMPTY(&owner->jobs))
		heap_put(&blame->aside, &owner->aside);
}

void resolver_blame_forget(struct blame *blame, struct queue_owner *owner)
{
	for (size_t i = 0; i < BLAME_LOSSES_MAX; i++)
		if (blame->losses[i].owner == owner)
			blame->losses[i].owner = NULL;
	if (owner->is_aside)
		end_aside(blame, owner);
}
