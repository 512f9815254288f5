/* sinks: all sinks of this process, as one.
 *
 *   in     what happens to owners, and what is asked about what is stored
 *   out    the same, to each sink that has to know; answers of the first one
 *   owns   the sinks
 *   never  knows which kinds of sinks there are
 */
#include "publisher/sink/sinks.h"

#include "base/clock.h"

void publisher_sinks_add(struct sinks *sinks, struct sink *sink)
{
	sinks->items[sinks->n++] = sink;
}

void publisher_sinks_clear(struct sinks *sinks)
{
	while (sinks->n) {
		struct sink *sink = sinks->items[--sinks->n];

		sink->ops->destroy(sink);
	}
}

void publisher_sinks_touch(const struct sinks *sinks, const struct msg_key *owner, uint64_t seen_ns)
{
	for (size_t i = 0; i < sinks->n; i++)
		if (sinks->items[i]->ops->touch)
			sinks->items[i]->ops->touch(sinks->items[i], owner, seen_ns);
}

void publisher_sinks_allow_mass_delete(const struct sinks *sinks, bool allowed)
{
	for (size_t i = 0; i < sinks->n; i++)
		if (sinks->items[i]->guard)
			publisher_guard_allow(sinks->items[i]->guard, allowed);
}

void publisher_sinks_no_class(const struct sinks *sinks, bool is_so)
{
	for (size_t i = 0; i < sinks->n; i++)
		if (sinks->items[i]->guard)
			sinks->items[i]->guard->terms.no_class = is_so;
}

bool publisher_sinks_wait_for_start(const struct sinks *sinks)
{
	for (size_t i = 0; i < sinks->n; i++)
		if (sinks->items[i]->waits_for_start)
			return true;
	return false;
}

int publisher_sinks_start_with(const struct sinks *sinks, struct good *good, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < sinks->n; i++) {
		struct sink *sink = sinks->items[i];

		if (sink->waits_for_start && sink->ops->start_with(sink, good, err) < 0)
			rc = -1;
	}
	return rc;
}

bool publisher_sinks_begin(const struct sinks *sinks)
{
	bool begun = true;

	for (size_t i = 0; i < sinks->n; i++)
		if (sinks->items[i]->ops->begin)
			begun &= sinks->items[i]->ops->begin(sinks->items[i]);
	return begun;
}

void publisher_sinks_follow_foreign(const struct sinks *sinks, struct foreign *into)
{
	for (size_t i = 0; i < sinks->n; i++)
		if (sinks->items[i]->ops->follow_foreign)
			sinks->items[i]->ops->follow_foreign(sinks->items[i], into);
}

int publisher_sinks_fd(const struct sinks *sinks, size_t i)
{
	const struct sink *sink = sinks->items[i];

	return sink->ops->fd ? sink->ops->fd(sink) : -1;
}

void publisher_sinks_on_fd(const struct sinks *sinks, int fd)
{
	for (size_t i = 0; i < sinks->n; i++)
		if (publisher_sinks_fd(sinks, i) == fd)
			sinks->items[i]->ops->on_fd(sinks->items[i]);
}

uint64_t publisher_sinks_tick(const struct sinks *sinks, uint64_t now_ms, uint64_t may_ms)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < sinks->n; i++) {
		struct sink *sink = sinks->items[i];

		next = clock_earlier(next, sink->ops->tick(sink, now_ms, may_ms));
	}
	return next;
}

void publisher_sinks_look(const struct sinks *sinks, struct sink_state *out)
{
	const struct sink *sink = sinks->items[0];

	*out = (struct sink_state){ .leads = true };
	if (sink->ops->look)
		sink->ops->look(sink, out);
	out->holds_back = sink->guard && sink->guard->holds;
}

void publisher_sinks_explain(const struct sinks *sinks, const struct owner *owner, cJSON *out)
{
	const struct sink *sink = sinks->items[0];

	if (sink->ops->explain)
		sink->ops->explain(sink, owner, out);
}

void publisher_sinks_explain_held(const struct sinks *sinks, cJSON *list)
{
	const struct sink *sink = sinks->items[0];

	if (sink->guard)
		publisher_guard_explain(sink->guard, list);
}
