/* attached: how many HTTPRoutes are attached to each listener.
 *
 *   in     the attachments of one route after the other
 *   out    a number for a listener; the Gateways and ListenerSets whose numbers have changed
 *   owns   the attachments of each route
 *   never  counts a route twice for one listener
 */
#include "publisher/gateway/attached.h"

#include "base/mem.h"

struct attachments {
	struct pool pool;
	struct msg_attachment_list list;
};

static void free_attachments(void *value)
{
	struct attachments *a = value;

	pool_clear(&a->pool);
	mem_free(a);
}

void publisher_attached_init(struct attached *self)
{
	map_init(&self->routes, free_attachments);
	map_init(&self->listeners, mem_free);
}

void publisher_attached_clear(struct attached *self)
{
	map_clear(&self->routes);
	map_clear(&self->listeners);
}

static struct str place_of(const struct msg_attachment *a, struct pool *pool)
{
	return pool_printf(pool, "%u/" STR_FMT "/" STR_FMT "/" STR_FMT, (unsigned)a->parent.kind,
			   STR_ARG(a->parent.namespace), STR_ARG(a->parent.name),
			   STR_ARG(a->listener));
}

static void count(struct attached *self, const struct msg_attachment *a, bool more)
{
	struct pool pool;
	struct str place;
	size_t *n;

	pool_init(&pool);
	place = place_of(a, &pool);
	n = map_get(&self->listeners, place);
	if (!n) {
		n = mem_alloc(sizeof(*n));
		map_put(&self->listeners, place, n);
	}
	*n += more ? 1 : (size_t)-1;
	if (!*n)
		map_del(&self->listeners, place);
	pool_clear(&pool);
}

static bool is_same(const struct attachments *old, const struct msg_attachment_list *list)
{
	if ((old ? old->list.n : 0) != list->n)
		return false;
	for (size_t i = 0; i < list->n; i++)
		if (!msg_key_equal(&old->list.items[i].parent, &list->items[i].parent) ||
		    !str_eq(old->list.items[i].listener, list->items[i].listener))
			return false;
	return true;
}

static struct attachments *copy(const struct msg_attachment_list *list)
{
	struct attachments *a = mem_alloc(sizeof(*a));

	pool_init(&a->pool);
	a->list.items = pool_array(&a->pool, list->n, sizeof(*a->list.items));
	for (; a->list.n < list->n; a->list.n++) {
		const struct msg_attachment *from = &list->items[a->list.n];

		a->list.items[a->list.n] =
			(struct msg_attachment){ msg_key_dup(&from->parent, &a->pool),
						 pool_str(&a->pool, from->listener) };
	}
	return a;
}

static void count_all(struct attached *self, const struct msg_attachment_list *list, bool more,
		      void (*changed)(void *arg, const struct msg_key *parent), void *arg)
{
	for (size_t i = 0; i < list->n; i++) {
		count(self, &list->items[i], more);
		if (changed)
			changed(arg, &list->items[i].parent);
	}
}

void publisher_attached_set(struct attached *self, const struct msg_key *route,
			    const struct msg_attachment_list *list,
			    void (*changed)(void *arg, const struct msg_key *parent), void *arg)
{
	const struct msg_attachment_list none = { 0 };
	struct attachments *old;
	struct pool pool;
	struct str text;

	pool_init(&pool);
	text = msg_key_text(route, &pool);
	old = map_get(&self->routes, text);
	list = list ? list : &none;
	if (!is_same(old, list)) {
		count_all(self, list, true, changed, arg);
		if (old)
			count_all(self, &old->list, false, changed, arg);
		if (list->n)
			map_put(&self->routes, text, copy(list));
		else
			map_del(&self->routes, text);
	}
	pool_clear(&pool);
}

size_t publisher_attached_count(const struct attached *self, const struct msg_key *parent,
				struct str listener)
{
	const struct msg_attachment a = { *parent, listener };
	struct pool pool;
	const size_t *n;

	pool_init(&pool);
	n = map_get(&self->listeners, place_of(&a, &pool));
	pool_clear(&pool);
	return n ? *n : 0;
}
