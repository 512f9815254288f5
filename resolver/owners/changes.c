/* changes: what one change means for the owners.
 *
 *   in     an object that is new, different or gone
 *   out    the owners concerned are marked, the edges of the graph are as they should be
 *   never  scans all owners: only those that refer to what has changed
 *
 * Edges of the graph:
 *
 *   Ingress        -> the IngressClass it asks for (CLASS_OF_NONE if none), ours or not
 *   our Ingress    -> its Services and Secrets
 *   Pomerium       -> its Secrets
 *   Certificate    -> the Secret that it is for, if we have ordered it
 *   EndpointSlice  -> Endpoints, by the name of its Service: so the slices of a Service are found;
 *                     an Endpoints object, if there is one, has the same key
 *
 * Those of the Gateway API are in gateways.c.
 */
#include "resolver/owners/resolve_inside.h"

#include "base/mem.h"
#include "resolver/bundle/endpoints.h"
#include "resolver/graph/key.h"

/* ---- owners ---- */

struct owned *resolver_changes_owned(const struct resolve *self, const struct msg_key *key)
{
	struct key_text text;

	return map_get(&self->owners, resolver_key_text(key, &text));
}

static bool is_ours(const struct resolve *self, const struct msg_key *key)
{
	return resolver_changes_owned(self, key) != NULL;
}

static struct owned *new_owned(struct str text)
{
	struct owned *owned = mem_alloc(sizeof(*owned) + text.len);

	owned->text = (struct str){ memcpy(owned + 1, text.ptr, text.len), text.len };
	return owned;
}

bool resolver_changes_set_ours(struct resolve *self, const struct msg_key *key, bool ours)
{
	struct owned *owned = resolver_changes_owned(self, key);
	struct key_text buf;
	const struct str text = resolver_key_text(key, &buf);

	if (ours && !owned)
		map_put(&self->owners, text, new_owned(text));
	if (ours)
		return owned != NULL;
	if (owned && owned->namespace)
		resolver_budget_leave(&self->budget, owned);
	map_del(&self->owners, text);
	map_del(&self->bare, text);
	return owned != NULL;
}

void resolver_changes_charge(struct resolve *self, const struct msg_key *key,
			     const struct msg_meta *meta, const struct msg_cost *cost)
{
	struct owned *owned = resolver_changes_owned(self, key);

	if (owned->namespace)
		resolver_budget_leave(&self->budget, owned);
	owned->created = meta->creationTimestamp;
	owned->cost = *cost;
	resolver_budget_enter(&self->budget, key->namespace, owned);
}

/* NULL: it is not ours (any more). What endpoints it has is only known when it is resolved. */
static void set_ingress(struct resolve *self, const struct msg_key *key,
			const struct msg_ingress *ingress)
{
	const struct owned *owned = resolver_changes_owned(self, key);
	const uint64_t urls = owned ? owned->cost.urls : 0;
	struct msg_cost cost;

	resolver_changes_set_ours(self, key, ingress != NULL);
	if (!ingress)
		return;
	cost = msg_cost_of(ingress, self->settings.prefix);
	if (urls > cost.urls)
		cost.urls = urls;
	resolver_changes_charge(self, key, &ingress->metadata, &cost);
}

bool resolver_changes_is_owner(const struct resolve *self, const struct msg_key *key)
{
	/* Without a whole list, and without any object, it is not known whether there are any. */
	if (msg_key_equal(key, &self->pomerium))
		return self->kinds[MSG_KIND_POMERIUM].known ||
		       resolver_store_count(&self->store, MSG_KIND_POMERIUM) > 0;
	return resolver_key_can_exist(key) && is_ours(self, key);
}

void resolver_changes_mark(struct resolve *self, const struct msg_key *owner, uint64_t seen_ns)
{
	const struct owner_news news = resolver_resolve_news(self, owner, seen_ns);

	self->sink.dirty(self->sink.self, owner, &news);
}

/* Nothing of it is known but what is asked for. */
static bool has_values(const struct msg_key *key)
{
	return key->kind == MSG_KIND_SECRET || key->kind == MSG_KIND_CONFIG_MAP;
}

void resolver_changes_set_edges(struct resolve *self, const struct msg_key *owner,
				const struct key_list *keys)
{
	struct key_list old;
	struct pool pool;

	pool_init(&pool);
	old = resolver_graph_references(&self->graph, owner, &pool);
	resolver_graph_set(&self->graph, owner, keys);
	for (size_t i = 0; i < keys->n; i++)
		if (has_values(&keys->items[i]) &&
		    resolver_secrets_hold(&self->secrets, &keys->items[i]))
			self->sink.secret_wanted(self->sink.self, &keys->items[i], true);
	for (size_t i = 0; i < old.n; i++)
		if (has_values(&old.items[i]) &&
		    !resolver_graph_n_referrers(&self->graph, &old.items[i]) &&
		    resolver_secrets_release(&self->secrets, &old.items[i]))
			self->sink.secret_wanted(self->sink.self, &old.items[i], false);
	pool_clear(&pool);
}

static void add_references(const struct reference_list *refs, struct pool *pool,
			   struct key_list *keys)
{
	for (size_t i = 0; i < refs->n; i++)
		if (refs->items[i].key.kind != MSG_KIND_NONE)
			*(struct msg_key *)pool_push(pool, &keys->items, &keys->n,
						     sizeof(struct msg_key)) = refs->items[i].key;
}

static struct msg_key class_key(struct str name)
{
	struct msg_key key = { .kind = MSG_KIND_INGRESS_CLASS,
			       .name = name.len > 0 ? name : STR(CLASS_OF_NONE) };

	/* No class can have such a name, so none can make this Ingress ours. */
	if (name.len > 0 && !resolver_key_can_exist(&key))
		key.kind = MSG_KIND_NONE;
	return key;
}

/* Decides anew whether an Ingress is ours and what it refers to; NULL: it is gone. */
static void update_ingress(struct resolve *self, const struct msg_key *key,
			   const struct msg_ingress *ingress, uint64_t seen_ns)
{
	const bool was_ours = is_ours(self, key);
	const bool ours = ingress && resolver_class_is_ours(&self->class, ingress);
	struct reference_list refs = { 0 };
	struct key_list keys = { 0 };
	struct msg_key class = { 0 };
	struct pool pool;

	pool_init(&pool);
	if (ingress && resolver_class_serves(&self->class, key->namespace))
		class = class_key(resolver_class_of(ingress));
	if (class.kind != MSG_KIND_NONE)
		*(struct msg_key *)pool_push(&pool, &keys.items, &keys.n, sizeof(class)) = class;
	if (ours)
		resolver_references_from_ingress(ingress, self->settings.prefix, &pool, &refs);
	add_references(&refs, &pool, &keys);
	set_ingress(self, key, ours ? ingress : NULL);
	resolver_changes_set_edges(self, key, &keys);
	if (ours || was_ours)
		resolver_changes_mark(self, key, seen_ns);
	pool_clear(&pool);
}

/* One that somebody else has ordered is not ours. */
static void update_ordered(struct resolve *self, const struct msg_key *key,
			   const struct msg_ordered *ordered, uint64_t seen_ns)
{
	struct msg_key secret = { .kind = MSG_KIND_SECRET, .namespace = key->namespace };
	struct key_list keys = { .items = &secret };
	bool ours, was_ours;

	ours = ordered && self->settings.certificates &&
	       str_is(str_map_get(&ordered->metadata.labels, MSG_ORDERED_LABEL), MSG_ORDERED_BY);
	if (ours)
		secret.name = ordered->spec.secretName;
	keys.n = ours && resolver_key_can_exist(&secret) ? 1 : 0;
	was_ours = resolver_changes_set_ours(self, key, ours);
	resolver_changes_set_edges(self, key, &keys);
	if (ours || was_ours)
		resolver_changes_mark(self, key, seen_ns);
}

static void update_pomerium(struct resolve *self, const struct msg_key *key,
			    const struct msg_pomerium *pomerium, uint64_t seen_ns)
{
	struct reference_list refs = { 0 };
	struct key_list keys = { 0 };
	struct pool pool;

	pool_init(&pool);
	if (msg_key_equal(key, &self->pomerium)) {
		if (pomerium)
			resolver_references_from_pomerium(pomerium, &pool, &refs);
		add_references(&refs, &pool, &keys);
		resolver_changes_set_edges(self, key, &keys);
		resolver_changes_mark(self, &self->pomerium, seen_ns);
		resolver_changes_mark_bare(self, seen_ns);
	} else if (!resolver_store_has(&self->store, &self->pomerium)) {
		/* What the absence of ours means depends on whether there are others. */
		resolver_changes_mark(self, &self->pomerium, seen_ns);
	}
	pool_clear(&pool);
}

/* ---- what owners refer to ---- */

void resolver_changes_each_key(struct resolve *self, const struct msg_key *named,
			       enum msg_kind kind, resolver_changes_key_fn *call, uint64_t seen_ns)
{
	struct key_list list;
	struct pool pool;

	pool_init(&pool);
	list = resolver_graph_referrers(&self->graph, named, &pool);
	for (size_t i = 0; i < list.n; i++)
		if (list.items[i].kind == kind)
			call(self, &list.items[i], seen_ns);
	pool_clear(&pool);
}

void resolver_changes_each_object(struct resolve *self, const struct msg_key *named,
				  enum msg_kind kind, resolver_changes_object_fn *call,
				  uint64_t seen_ns)
{
	struct key_list list;
	struct pool pool, each;

	pool_init(&pool);
	pool_init(&each);
	list = resolver_graph_referrers(&self->graph, named, &pool);
	for (size_t i = 0; i < list.n; i++) {
		struct msg_object object;

		if (list.items[i].kind == kind &&
		    resolver_store_get(&self->store, &list.items[i], &each, &object) == 0)
			call(self, &object, seen_ns);
		pool_clear(&each);
	}
	pool_clear(&pool);
}

void resolver_changes_mark_referrers(struct resolve *self, const struct msg_key *key,
				     uint64_t seen_ns)
{
	struct key_list list;
	struct pool pool;

	pool_init(&pool);
	list = resolver_graph_referrers(&self->graph, key, &pool);
	for (size_t i = 0; i < list.n; i++)
		resolver_changes_mark(self, &list.items[i], seen_ns);
	pool_clear(&pool);
}

void resolver_changes_mark_bare(struct resolve *self, uint64_t seen_ns)
{
	struct str text;

	for (size_t i = 0; map_next(&self->bare, &i, &text, NULL);) {
		const struct msg_key owner = resolver_key_from_text(text);

		resolver_changes_mark(self, &owner, seen_ns);
	}
}

/* Decides again about an Ingress whose class has changed. */
static void classify(struct resolve *self, const struct msg_object *object, uint64_t seen_ns)
{
	if (resolver_class_is_ours(&self->class, object->ingress) != is_ours(self, &object->key))
		update_ingress(self, &object->key, object->ingress, seen_ns);
}

static void update_class(struct resolve *self, const struct msg_key *key,
			 const struct msg_ingress_class *class, uint64_t seen_ns)
{
	unsigned change = resolver_class_set(&self->class, key->name, class);
	struct msg_key by_default = class_key(STR(""));

	if (change & CLASS_OURS)
		resolver_changes_each_object(self, key, MSG_KIND_INGRESS, classify, seen_ns);
	if (change & CLASS_DEFAULT)
		resolver_changes_each_object(self, &by_default, MSG_KIND_INGRESS, classify,
					     seen_ns);
}

/* The addresses of a Service are for Ingresses: an HTTPRoute is served by its name. */
static void mark_service(struct resolve *self, struct str namespace, struct str name,
			 uint64_t seen_ns)
{
	struct msg_key service = { .kind = MSG_KIND_SERVICE, .namespace = namespace, .name = name };

	if (resolver_key_can_exist(&service))
		resolver_changes_each_key(self, &service, MSG_KIND_INGRESS, resolver_changes_mark,
					  seen_ns);
}

static void update_slice(struct resolve *self, const struct msg_key *key,
			 const struct msg_endpoint_slice *slice, uint64_t seen_ns)
{
	struct msg_key provider = { .kind = MSG_KIND_ENDPOINTS, .namespace = key->namespace };
	struct key_list keys = { .items = &provider };
	struct key_list old;
	struct pool pool;

	pool_init(&pool);
	old = resolver_graph_references(&self->graph, key, &pool);
	if (slice)
		provider.name = resolver_endpoints_service_of(slice);
	keys.n = resolver_key_can_exist(&provider) ? 1 : 0;
	resolver_graph_set(&self->graph, key, &keys);
	if (keys.n > 0)
		mark_service(self, provider.namespace, provider.name, seen_ns);
	if (old.n > 0 && (keys.n == 0 || !msg_key_equal(&old.items[0], &provider)))
		mark_service(self, key->namespace, old.items[0].name, seen_ns);
	pool_clear(&pool);
}

static void update_endpoints(struct resolve *self, const struct msg_key *key, uint64_t seen_ns)
{
	/* Slices, where there are any, are preferred. */
	if (resolver_graph_n_referrers(&self->graph, key) == 0)
		mark_service(self, key->namespace, key->name, seen_ns);
}

void resolver_changes_follow(struct resolve *self, const struct msg_object *object,
			     uint64_t seen_ns)
{
	const struct msg_key *key = &object->key;

	switch ((enum msg_kind)key->kind) {
	case MSG_KIND_INGRESS:
		update_ingress(self, key, object->ingress, seen_ns);
		break;
	case MSG_KIND_INGRESS_CLASS:
		update_class(self, key, object->ingress_class, seen_ns);
		break;
	case MSG_KIND_SERVICE:
		resolver_changes_mark_referrers(self, key, seen_ns);
		if (self->sink.service)
			self->sink.service(self->sink.self, key);
		break;
	case MSG_KIND_ENDPOINT_SLICE:
		update_slice(self, key, object->endpoint_slice, seen_ns);
		break;
	case MSG_KIND_ENDPOINTS:
		update_endpoints(self, key, seen_ns);
		break;
	case MSG_KIND_POMERIUM:
		update_pomerium(self, key, object->pomerium, seen_ns);
		break;
	case MSG_KIND_CERTIFICATE:
		update_ordered(self, key, object->ordered, seen_ns);
		break;
	case MSG_KIND_NAMESPACE:
	case MSG_KIND_GATEWAY_CLASS:
	case MSG_KIND_GATEWAY:
	case MSG_KIND_LISTENER_SET:
	case MSG_KIND_HTTP_ROUTE:
	case MSG_KIND_REFERENCE_GRANT:
	case MSG_KIND_POLICY_FILTER:
	case MSG_KIND_BACKEND_TLS_POLICY:
		resolver_gateways_follow(self, object, seen_ns);
		break;
	case MSG_KIND_NONE:
	case MSG_KIND_SECRET: /* only values count: see resolver_resolve_secret */
	case MSG_KIND_CONFIG_MAP:
	case MSG_N_KINDS:
		break;
	}
}
