/* attached: how many HTTPRoutes are attached to each listener.
 *
 *   in     the attachments of one route after the other
 *   out    a number for a listener; the Gateways and ListenerSets whose numbers have changed
 *   owns   the places of each route, and how many have each
 *   never  counts a route twice for one listener
 */
#include "publisher/gateway/attached.h"

#include "base/mem.h"
#include "base/text/text_list.h"

void publisher_attached_init(struct attached *self)
{
	map_init(&self->routes, mem_free);
	map_init(&self->listeners, mem_free);
}

void publisher_attached_clear(struct attached *self)
{
	map_clear(&self->routes);
	map_clear(&self->listeners);
}

/* "Gateway/shop/web/https": the parent as in msg_key_text, and its listener. */
static struct str place_of(const struct msg_key *parent, struct str listener, struct pool *pool)
{
	return pool_printf(pool, STR_FMT "/" STR_FMT, STR_ARG(msg_key_text(parent, pool)),
			   STR_ARG(listener));
}

static struct msg_key parent_of(struct str place)
{
	struct msg_key parent;
	struct str listener;

	if (msg_key_from_text(place, &parent))
		(void)str_cut(parent.name, '/', &parent.name, &listener);
	return parent;
}

static void count(struct attached *self, struct str place, int step)
{
	size_t *n = map_get_or_make(&self->listeners, place, sizeof(*n));

	*n += (size_t)step;
	if (!*n)
		map_del(&self->listeners, place);
}

static void count_all(struct attached *self, const struct str_list *places, int step,
		      void (*changed)(void *arg, const struct msg_key *parent), void *arg)
{
	for (size_t i = 0; i < places->n; i++) {
		const struct msg_key parent = parent_of(places->items[i]);

		count(self, places->items[i], step);
		if (changed)
			changed(arg, &parent);
	}
}

static struct str_list places_of(const struct msg_attachment_list *list, struct pool *pool)
{
	struct str_list places = { 0 };

	if (!list)
		return places;
	places.items = pool_array(pool, list->n, sizeof(*places.items));
	for (; places.n < list->n; places.n++) {
		const struct msg_attachment *a = &list->items[places.n];

		places.items[places.n] = place_of(&a->parent, a->listener, pool);
	}
	return places;
}

void publisher_attached_set(struct attached *self, const struct msg_key *route,
			    const struct msg_attachment_list *list,
			    void (*changed)(void *arg, const struct msg_key *parent), void *arg)
{
	struct str_list old = { 0 }, next;
	struct text_list *known;
	struct pool pool;
	struct str text;

	pool_init(&pool);
	text = msg_key_text(route, &pool);
	next = places_of(list, &pool);
	known = map_get(&self->routes, text);
	if (known)
		old = text_list_view(known);
	if (!str_list_eq(&old, &next)) {
		count_all(self, &next, 1, changed, arg);
		count_all(self, &old, -1, changed, arg);
		if (next.n)
			map_put(&self->routes, text, text_list_new(&next));
		else
			map_del(&self->routes, text);
	}
	pool_clear(&pool);
}

size_t publisher_attached_count(const struct attached *self, const struct msg_key *parent,
				struct str listener)
{
	struct pool pool;
	const size_t *n;

	pool_init(&pool);
	n = map_get(&self->listeners, place_of(parent, listener, &pool));
	pool_clear(&pool);
	return n ? *n : 0;
}
