/* object_status: the status that an object of the Gateway API should have.
 *
 *   in     what the translator says of it, what it says now, what is stored and counted
 *   out    its whole status, with what others have written
 *   owns   nothing
 *   never  changes the time of a condition whose status stays; touches an entry of another
 *          controller
 */
#include "publisher/gateway/object_status.h"

#include "base/value_build.h"

struct status_making {
	const struct object_status *of;
	struct pool *pool;
};

static size_t length(const struct value *list)
{
	return list && list->type == VALUE_LIST ? list->list.n : 0;
}

static const struct value *condition_of(const struct value *list, struct str type)
{
	for (size_t i = 0; i < length(list); i++)
		if (str_eq(value_text(&list->list.items[i], "type"), type))
			return &list->list.items[i];
	return NULL;
}

static void copy_all_but(const struct value *map, const char *key, struct value *out,
			 struct pool *pool)
{
	out->type = VALUE_MAP;
	for (size_t i = 0; map && map->type == VALUE_MAP && i < map->map.n; i++)
		if (!str_is(map->map.entries[i].key.string, key))
			*(struct value_entry *)pool_push(pool, &out->map.entries, &out->map.n,
							 sizeof(struct value_entry)) =
				map->map.entries[i];
}

/* ---- conditions ---- */

/* What the translator cannot know: whether it can be published, and whether it is. */
static struct value *correct(struct status_making *m, const struct value *condition)
{
	struct value *out = pool_alloc(m->pool, sizeof(*out));
	struct str type = value_text(condition, "type");
	bool is_true = str_is(value_text(condition, "status"), "True");
	struct str status = STR_NONE, reason = STR_NONE, message = STR_NONE;

	*out = *condition;
	if (m->of->rejected && str_is(type, "Accepted")) {
		status = STR("False");
		reason = STR("UnsupportedValue");
		message = str_from(m->of->rejected);
	} else if (!m->of->stored && str_is(type, "Programmed") && is_true) {
		status = STR("False");
		reason = STR("Pending");
		message = STR("it is not stored yet");
	}
	if (!status.ptr)
		return out;
	*out = (struct value){ 0 };
	value_put_text(out, "type", type, m->pool);
	value_put_text(out, "status", status, m->pool);
	value_put_text(out, "reason", reason, m->pool);
	value_put_text(out, "message", message, m->pool);
	if (value_get(condition, "observedGeneration"))
		*value_put(out, "observedGeneration", m->pool) =
			*value_get(condition, "observedGeneration");
	return out;
}

/* With the time since when its status is what it is. */
static void put_condition(struct status_making *m, const struct value *wanted,
			  const struct value *present, struct value *out)
{
	struct value *copy = correct(m, wanted), *timed = value_add(out, m->pool);
	const struct value *old = condition_of(present, value_text(copy, "type"));
	struct str since = old ? value_text(old, "lastTransitionTime") : STR_NONE;

	if (!since.len || !str_eq(value_text(old, "status"), value_text(copy, "status")))
		since = m->of->now;
	copy_all_but(copy, "lastTransitionTime", timed, m->pool);
	if (m->of->now.ptr)
		value_put_text(timed, "lastTransitionTime", since, m->pool);
}

/* `shared`: conditions of other types are those of somebody else, and stay. */
static void put_conditions(struct status_making *m, const struct value *wanted,
			   const struct value *present, bool shared, struct value *out)
{
	struct value *list = value_put_list(out, "conditions", m->pool);

	for (size_t i = 0; i < length(wanted); i++)
		put_condition(m, &wanted->list.items[i], present, list);
	for (size_t i = 0; shared && i < length(present); i++)
		if (!condition_of(wanted, value_text(&present->list.items[i], "type")))
			*value_add(list, m->pool) = present->list.items[i];
}

/* ---- Gateways and ListenerSets ---- */

static const struct value *listener_of(const struct value *status, struct str name)
{
	const struct value *list = value_get(status, "listeners");

	for (size_t i = 0; i < length(list); i++)
		if (str_eq(value_text(&list->list.items[i], "name"), name))
			return &list->list.items[i];
	return NULL;
}

/* The API server adds the group where it is left out, so what is written has it. */
static void put_kinds(struct status_making *m, const struct value *kinds, struct value *out)
{
	struct value *list = value_put_list(out, "supportedKinds", m->pool);

	for (size_t i = 0; i < length(kinds); i++) {
		struct value *kind = value_add(list, m->pool);

		if (m->of->now.ptr && !value_get(&kinds->list.items[i], "group"))
			value_put_text(kind, "group", STR("gateway.networking.k8s.io"), m->pool);
		copy_all_but(&kinds->list.items[i], "", kind, m->pool);
	}
}

static void put_listener(struct status_making *m, const struct value *wanted, struct value *out)
{
	struct str name = value_text(wanted, "name");
	const struct value *present = listener_of(m->of->present, name);
	const struct value *kinds = value_get(wanted, "supportedKinds");

	value_put_text(out, "name", name, m->pool);
	put_kinds(m, kinds, out);
	value_put_int(out, "attachedRoutes",
		      (int64_t)publisher_attached_count(m->of->attached, m->of->owner, name),
		      m->pool);
	put_conditions(m, value_get(wanted, "conditions"), value_get(present, "conditions"), false,
		       out);
}

static void put_addresses(struct status_making *m, struct value *out)
{
	const struct msg_addresses *addresses = m->of->addresses;
	const struct value *present = value_get(m->of->present, "addresses");
	struct value *list;

	if (!addresses || !addresses->known) {
		if (present)
			*value_put(out, "addresses", m->pool) = *present;
		return;
	}
	list = value_put_list(out, "addresses", m->pool);
	for (size_t i = 0; i < addresses->status.ingress.n; i++) {
		const struct msg_load_balancer_ingress *one = &addresses->status.ingress.items[i];
		struct value *item = value_add(list, m->pool);

		value_put_text(item, "type", one->ip.len ? STR("IPAddress") : STR("Hostname"),
			       m->pool);
		value_put_text(item, "value", one->ip.len ? one->ip : one->hostname, m->pool);
	}
}

/* An older CRD does not know the number, so none is written without need. */
static void put_sets(struct status_making *m, struct value *out)
{
	const struct value *n = value_get(m->of->report, "attachedListenerSets");

	if (n && n->type == VALUE_INT &&
	    (n->integer || value_get(m->of->present, "attachedListenerSets")))
		*value_put(out, "attachedListenerSets", m->pool) = *n;
}

static void make_gateway(struct status_making *m, struct value *out)
{
	const struct value *listeners = value_get(m->of->report, "listeners");
	struct value *list;

	if (m->of->owner->kind == MSG_KIND_GATEWAY) {
		put_addresses(m, out);
		put_sets(m, out);
	}
	put_conditions(m, value_get(m->of->report, "conditions"),
		       value_get(m->of->present, "conditions"), true, out);
	list = value_put_list(out, "listeners", m->pool);
	for (size_t i = 0; i < length(listeners); i++)
		put_listener(m, &listeners->list.items[i], value_add(list, m->pool));
}

/* ---- HTTPRoutes and BackendTLSPolicies ---- */

static bool is_own(const struct status_making *m, const struct value *parent)
{
	return str_eq(value_text(parent, "controllerName"), m->of->controller);
}

/* A list of entries of several controllers, each about one other object. */
struct shared_list {
	const char *name, *ref;
	size_t max; /* that the API server takes; what is beyond is left out */
};
static const struct shared_list parents_of_route = { "parents", "parentRef", 32 };
static const struct shared_list ancestors_of_policy = { "ancestors", "ancestorRef", 16 };

/* The entry of ours that has this reference; NULL: none. */
static const struct value *parent_of(const struct status_making *m, const struct shared_list *of,
				     const struct value *parents, const struct value *ref)
{
	for (size_t i = 0; i < length(parents); i++) {
		const struct value *parent = &parents->list.items[i];
		const struct value *its = value_get(parent, of->ref);

		if (is_own(m, parent) && its && ref && value_equal(its, ref))
			return parent;
	}
	return NULL;
}

static void put_parent(struct status_making *m, const struct value *wanted,
		       const struct value *present, struct value *out)
{
	copy_all_but(wanted, "conditions", out, m->pool);
	put_conditions(m, value_get(wanted, "conditions"), value_get(present, "conditions"), false,
		       out);
}

/* Each entry where it was; ours that are no longer wanted are left out, new ones go to the end. */
static void make_shared(struct status_making *m, const struct shared_list *of, struct value *out)
{
	const struct value *present = value_get(m->of->present, of->name);
	const struct value *wanted = value_get(m->of->report, of->name);
	struct value *list = value_put_list(out, of->name, m->pool);

	wanted = wanted || !m->of->rejected ? wanted : present; /* nobody could say more */
	for (size_t i = 0; i < length(present); i++) {
		const struct value old = present->list.items[i], *next;

		if (!is_own(m, &old)) {
			*value_add(list, m->pool) = old;
			continue;
		}
		next = parent_of(m, of, wanted, value_get(&old, of->ref));
		if (next)
			put_parent(m, next, &old, value_add(list, m->pool));
	}
	for (size_t i = 0; i < length(wanted) && length(list) < of->max; i++) {
		const struct value *next = &wanted->list.items[i];

		if (is_own(m, next) && !parent_of(m, of, present, value_get(next, of->ref)))
			put_parent(m, next, NULL, value_add(list, m->pool));
	}
}

/* ---- all ---- */

struct value *publisher_object_status_make(const struct object_status *of, struct pool *pool)
{
	struct status_making m = { of, pool };
	struct value *out = pool_alloc(pool, sizeof(*out));
	const struct value *features = value_get(of->report, "supportedFeatures");

	if (of->owner->kind == MSG_KIND_GATEWAY || of->owner->kind == MSG_KIND_LISTENER_SET) {
		make_gateway(&m, out);
	} else if (of->owner->kind == MSG_KIND_HTTP_ROUTE) {
		make_shared(&m, &parents_of_route, out);
	} else if (of->owner->kind == MSG_KIND_BACKEND_TLS_POLICY) {
		make_shared(&m, &ancestors_of_policy, out);
	} else {
		put_conditions(&m, value_get(of->report, "conditions"),
			       value_get(of->present, "conditions"), true, out);
		if (features)
			*value_put(out, "supportedFeatures", pool) = *features;
	}
	return out;
}
