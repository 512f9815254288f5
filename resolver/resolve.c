/* resolve: objects in, bundles out; the resolver without its sockets.
 *
 *   in     what the watcher tells: objects, deletes, states of kinds, values of Secrets
 *   out    which owners have changed; on demand the bundle of one, or why it has none
 *   owns   the store, the graph, the claim, the secrets
 *   never  scans all owners on account of one change
 *
 * Edges of the graph:
 *   Ingress        -> IngressClass it asks for (CLAIM_DEFAULT_CLASS if none), also while it is not ours
 *   our Ingress    -> its Services and Secrets
 *   Pomerium       -> its Secrets
 *   EndpointSlice  -> Endpoints, by the name of its Service: so the slices of a Service are found, and
 *                     Endpoints objects, should there be any, stand at the same key
 */
#include "resolver/resolve.h"

#include "base/log.h"
#include "base/mem.h"
#include "resolver/bundle_parts.h"
#include "resolver/claim.h"
#include "resolver/endpoints.h"
#include "resolver/key.h"

struct resolve {
	struct resolve_settings settings;
	struct resolve_sink sink;
	struct pool memory; /* of the settings */
	struct store store;
	struct graph graph;
	struct claim claim;
	struct secrets secrets;
	struct kind_state kinds[MSG_N_KINDS];
	struct map owners;  /* key texts of our Ingresses */
	struct msg_key pomerium;
};

static char is_owner;

/* ---- owners ---- */

static void set_ours(struct resolve *self, const struct msg_key *owner, bool ours)
{
	struct key_text room;
	struct str text = resolver_key_text(owner, &room);

	if (ours)
		map_put(&self->owners, text, &is_owner);
	else
		map_del(&self->owners, text);
}

static bool is_ours(const struct resolve *self, const struct msg_key *owner)
{
	struct key_text room;

	return map_get(&self->owners, resolver_key_text(owner, &room)) != NULL;
}

/* Sets the edges of an owner; Secrets that are new among them are asked for, those that nobody names now are let go. */
static void set_edges(struct resolve *self, const struct msg_key *owner, const struct key_list *keys, struct pool *pool)
{
	struct key_list old = resolver_graph_references(&self->graph, owner, pool);

	resolver_graph_set(&self->graph, owner, keys);
	for (size_t i = 0; i < keys->n; i++)
		if (keys->items[i].kind == MSG_KIND_SECRET && resolver_secrets_hold(&self->secrets, &keys->items[i]))
			self->sink.secret_wanted(self->sink.self, &keys->items[i], true);
	for (size_t i = 0; i < old.n; i++)
		if (old.items[i].kind == MSG_KIND_SECRET && !resolver_graph_n_referrers(&self->graph, &old.items[i]) &&
		    resolver_secrets_release(&self->secrets, &old.items[i]))
			self->sink.secret_wanted(self->sink.self, &old.items[i], false);
}

static void add_references(const struct reference_list *refs, struct pool *pool, struct key_list *keys)
{
	for (size_t i = 0; i < refs->n; i++)
		if (refs->items[i].key.kind != MSG_KIND_NONE)
			*(struct msg_key *)pool_push(pool, &keys->items, &keys->n, sizeof(struct msg_key)) = refs->items[i].key;
}

static struct msg_key class_key(struct str name)
{
	struct msg_key key = { .kind = MSG_KIND_INGRESS_CLASS, .name = name.len > 0 ? name : STR(CLAIM_DEFAULT_CLASS) };

	/* No class can have such a name, so none can make this Ingress ours. */
	if (name.len > 0 && !resolver_key_can_exist(&key))
		key.kind = MSG_KIND_NONE;
	return key;
}

/* Decides anew whether an Ingress is ours and what it refers to; NULL: it is gone. */
static void update_ingress(struct resolve *self, const struct msg_key *key, const struct msg_ingress *ingress,
                           uint64_t seen_ns)
{
	bool was_ours = is_ours(self, key);
	bool ours = ingress && resolver_claim_is_ours(&self->claim, ingress);
	struct reference_list refs = { 0 };
	struct key_list keys = { 0 };
	struct msg_key class = { 0 };
	struct pool pool;

	pool_init(&pool);
	if (ingress && resolver_claim_serves(&self->claim, key->namespace))
		class = class_key(resolver_claim_class_of(ingress));
	if (class.kind != MSG_KIND_NONE)
		*(struct msg_key *)pool_push(&pool, &keys.items, &keys.n, sizeof(class)) = class;
	if (ours)
		resolver_references_from_ingress(ingress, self->settings.prefix, &pool, &refs);
	add_references(&refs, &pool, &keys);
	set_ours(self, key, ours);
	set_edges(self, key, &keys, &pool);
	if (ours || was_ours)
		self->sink.dirty(self->sink.self, key, seen_ns);
	pool_clear(&pool);
}

static void update_pomerium(struct resolve *self, const struct msg_key *key, const struct msg_pomerium *pomerium,
                            uint64_t seen_ns)
{
	struct reference_list refs = { 0 };
	struct key_list keys = { 0 };
	struct pool pool;

	pool_init(&pool);
	if (msg_key_equal(key, &self->pomerium)) {
		if (pomerium)
			resolver_references_from_pomerium(pomerium, &pool, &refs);
		add_references(&refs, &pool, &keys);
		set_edges(self, key, &keys, &pool);
		self->sink.dirty(self->sink.self, &self->pomerium, seen_ns);
	} else if (!resolver_store_has(&self->store, &self->pomerium)) {
		/* Whether there are others decides what the absence of ours means. */
		self->sink.dirty(self->sink.self, &self->pomerium, seen_ns);
	}
	pool_clear(&pool);
}

/* ---- what owners refer to ---- */

static void mark_referrers(struct resolve *self, const struct msg_key *key, uint64_t seen_ns)
{
	struct key_list list;
	struct pool pool;

	pool_init(&pool);
	list = resolver_graph_referrers(&self->graph, key, &pool);
	for (size_t i = 0; i < list.n; i++)
		self->sink.dirty(self->sink.self, &list.items[i], seen_ns);
	pool_clear(&pool);
}

static void claim_again(struct resolve *self, const struct msg_key *class, uint64_t seen_ns)
{
	struct key_list list;
	struct pool pool, each;

	pool_init(&pool);
	pool_init(&each);
	list = resolver_graph_referrers(&self->graph, class, &pool);
	for (size_t i = 0; i < list.n; i++) {
		struct msg_object object;

		if (resolver_store_get(&self->store, &list.items[i], &each, &object) == 0 &&
		    resolver_claim_is_ours(&self->claim, object.ingress) != is_ours(self, &list.items[i]))
			update_ingress(self, &list.items[i], object.ingress, seen_ns);
		pool_clear(&each);
	}
	pool_clear(&pool);
}

static void update_class(struct resolve *self, const struct msg_key *key, const struct msg_ingress_class *class,
                         uint64_t seen_ns)
{
	unsigned change = resolver_claim_set_class(&self->claim, key->name, class);
	struct msg_key by_default = class_key(STR(""));

	if (change & CLAIM_CLASS)
		claim_again(self, key, seen_ns);
	if (change & CLAIM_DEFAULT)
		claim_again(self, &by_default, seen_ns);
}

static void mark_service(struct resolve *self, struct str namespace, struct str name, uint64_t seen_ns)
{
	struct msg_key service = { .kind = MSG_KIND_SERVICE, .namespace = namespace, .name = name };

	if (resolver_key_can_exist(&service))
		mark_referrers(self, &service, seen_ns);
}

static void update_slice(struct resolve *self, const struct msg_key *key, const struct msg_endpoint_slice *slice,
                         uint64_t seen_ns)
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

/* ---- input ---- */

/* `object` says what the store holds under its key now: with no part set, nothing. */
static void on_change(struct resolve *self, const struct msg_object *object)
{
	const struct msg_key *key = &object->key;
	uint64_t seen_ns = object->seen_ns;

	switch ((enum msg_kind)key->kind) {
	case MSG_KIND_INGRESS:
		update_ingress(self, key, object->ingress, seen_ns);
		break;
	case MSG_KIND_INGRESS_CLASS:
		update_class(self, key, object->ingress_class, seen_ns);
		break;
	case MSG_KIND_SERVICE:
		mark_referrers(self, key, seen_ns);
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
	case MSG_KIND_NONE:
	case MSG_KIND_SECRET: /* its values say all: see resolver_resolve_secret */
	case MSG_N_KINDS:
		break;
	}
}

static bool is_stored(const struct msg_key *key)
{
	return resolver_key_can_exist(key) && key->kind != MSG_KIND_SECRET;
}

void resolver_resolve_put(struct resolve *self, const struct msg_object *object)
{
	if (!is_stored(&object->key)) {
		if (object->key.kind != MSG_KIND_SECRET)
			log_warn("object with an impossible name skipped", "kind=%s name=%s",
			         msg_kind_name((enum msg_kind)object->key.kind), err_quote(object->key.name));
		return;
	}
	if (resolver_store_put(&self->store, object))
		on_change(self, object);
}

void resolver_resolve_delete(struct resolve *self, const struct msg_object_delete *gone)
{
	struct msg_object nothing = { .key = gone->key, .seen_ns = gone->seen_ns };

	if (is_stored(&gone->key) && resolver_store_del(&self->store, &gone->key))
		on_change(self, &nothing);
}

static void sweep(struct resolve *self, enum msg_kind kind)
{
	struct msg_key *gone;
	struct pool pool;
	size_t n;

	pool_init(&pool);
	resolver_store_end(&self->store, kind, &pool, &gone, &n);
	for (size_t i = 0; i < n; i++)
		resolver_resolve_delete(self, &(struct msg_object_delete){ .key = gone[i] });
	pool_clear(&pool);
}

void resolver_resolve_kind_state(struct resolve *self, const struct msg_kind_state *news)
{
	enum msg_kind kind = (enum msg_kind)news->kind;
	bool had_settings = resolver_resolve_has(self, &self->pomerium);
	struct kind_state *state;

	if (kind == MSG_KIND_NONE || kind >= MSG_N_KINDS)
		return;
	state = &self->kinds[kind];
	switch ((enum msg_kind_condition)news->condition) {
	case MSG_KIND_LISTING:
		resolver_store_begin(&self->store, kind);
		return; /* what was known of the kind counts until the listing is complete */
	case MSG_KIND_SYNCED:
		sweep(self, kind);
		break;
	case MSG_KIND_NOT_INSTALLED:
		resolver_store_begin(&self->store, kind);
		sweep(self, kind);
		break;
	case MSG_KIND_UNAVAILABLE:
		resolver_store_give_up(&self->store, kind);
		break;
	}
	state->heard = true;
	state->known |= news->condition != MSG_KIND_UNAVAILABLE;
	state->condition = (enum msg_kind_condition)news->condition;
	snprintf(state->reason, sizeof(state->reason), STR_FMT, STR_ARG(news->reason));
	if (had_settings != resolver_resolve_has(self, &self->pomerium))
		self->sink.dirty(self->sink.self, &self->pomerium, 0);
}

void resolver_resolve_secret(struct resolve *self, const struct msg_secret_value *value)
{
	struct msg_secret_put put;
	struct pool pool;

	if (!resolver_key_can_exist(&value->key) || !resolver_secrets_take(&self->secrets, value))
		return;
	pool_init(&pool);
	if (resolver_secrets_values(&self->secrets, &value->key, &pool, &put))
		self->sink.secret_put(self->sink.self, &put);
	pool_clear(&pool);
	mark_referrers(self, &value->key, value->seen_ns);
}

bool resolver_resolve_synced(const struct resolve *self)
{
	for (size_t kind = MSG_KIND_NONE + 1; kind < MSG_N_KINDS; kind++)
		if (!self->kinds[kind].heard)
			return false;
	return true;
}

bool resolver_resolve_complete(const struct resolve *self)
{
	static const enum msg_kind makers[] = { MSG_KIND_INGRESS, MSG_KIND_INGRESS_CLASS, MSG_KIND_POMERIUM };

	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		if (self->kinds[makers[i]].condition == MSG_KIND_UNAVAILABLE)
			return false;
	return resolver_resolve_synced(self);
}

/* ---- output ---- */

enum resolve_outcome resolver_resolve_owner(struct resolve *self, const struct msg_key *owner, struct pool *pool,
                                            struct msg_bundle *bundle, struct err *err)
{
	struct bundle_source source = { .settings = &self->settings, .store = &self->store, .graph = &self->graph,
		                        .secrets = &self->secrets, .kinds = self->kinds };
	struct msg_object object;

	*bundle = (struct msg_bundle){ .owner = msg_key_dup(owner, pool) };
	if (!resolver_resolve_has(self, owner))
		return RESOLVE_GONE;
	if (owner->kind == MSG_KIND_POMERIUM)
		return resolver_bundle_from_settings(&source, pool, bundle, err);
	if (resolver_store_get(&self->store, owner, pool, &object) < 0)
		return RESOLVE_GONE;
	return resolver_bundle_from_ingress(&source, object.ingress, pool, bundle, err);
}

const struct msg_meta *resolver_resolve_meta(struct resolve *self, const struct msg_key *owner, struct pool *pool)
{
	struct msg_object object;

	if (resolver_store_get(&self->store, owner, pool, &object) < 0)
		return pool_alloc(pool, sizeof(struct msg_meta));
	return object.ingress ? &object.ingress->metadata : &object.pomerium->metadata;
}

static int compare_keys(const void *a, const void *b)
{
	return msg_key_cmp(a, b);
}

void resolver_resolve_owners(struct resolve *self, struct pool *pool, struct msg_key **owners, size_t *n)
{
	struct str text;

	*n = 0;
	*owners = pool_array(pool, self->owners.n + 1, sizeof(**owners));
	for (size_t i = 0; map_next(&self->owners, &i, &text, NULL);)
		(*owners)[(*n)++] = resolver_key_from_text(pool_str(pool, text));
	if (resolver_resolve_has(self, &self->pomerium))
		(*owners)[(*n)++] = msg_key_dup(&self->pomerium, pool);
	qsort(*owners, *n, sizeof(**owners), compare_keys);
}

void resolver_resolve_each_ingress(struct resolve *self,
                                   void (*each)(void *arg, const struct msg_key *key, const char *why_not), void *arg)
{
	struct pool pool, one;
	struct msg_key *keys;
	size_t n;

	pool_init(&pool);
	pool_init(&one);
	resolver_store_keys(&self->store, MSG_KIND_INGRESS, &pool, &keys, &n);
	for (size_t i = 0; i < n; i++) {
		struct msg_object object;

		if (resolver_store_get(&self->store, &keys[i], &one, &object) == 0)
			each(arg, &keys[i], resolver_claim_why_not(&self->claim, object.ingress, &one));
		pool_clear(&one);
	}
	pool_clear(&pool);
}

bool resolver_resolve_has(const struct resolve *self, const struct msg_key *owner)
{
	/* Without a whole list, and without any object, nobody can say that there are no settings. */
	if (msg_key_equal(owner, &self->pomerium))
		return self->kinds[MSG_KIND_POMERIUM].known || resolver_store_count(&self->store, MSG_KIND_POMERIUM) > 0;
	return owner->kind == MSG_KIND_INGRESS && is_ours(self, owner);
}

bool resolver_resolve_wants(const struct resolve *self, const struct msg_key *secret)
{
	return resolver_secrets_wants(&self->secrets, secret);
}

bool resolver_resolve_values(const struct resolve *self, const struct msg_key *secret, struct pool *pool,
                             struct msg_secret_put *out)
{
	return resolver_key_can_exist(secret) && resolver_secrets_values(&self->secrets, secret, pool, out);
}

void resolver_resolve_ask_again(struct resolve *self)
{
	struct msg_key *keys;
	struct pool pool;
	size_t n;

	pool_init(&pool);
	n = resolver_secrets_keys(&self->secrets, &pool, &keys);
	for (size_t i = 0; i < n; i++)
		self->sink.secret_wanted(self->sink.self, &keys[i], true);
	pool_clear(&pool);
}

void resolver_resolve_replay_secrets(struct resolve *self)
{
	struct msg_secret_put put;
	struct msg_key *keys;
	struct pool pool;
	size_t n;

	pool_init(&pool);
	n = resolver_secrets_keys(&self->secrets, &pool, &keys);
	for (size_t i = 0; i < n; i++)
		if (resolver_secrets_values(&self->secrets, &keys[i], &pool, &put))
			self->sink.secret_put(self->sink.self, &put);
	pool_clear(&pool);
}

/* ---- life ---- */

struct resolve *resolver_resolve_new(const struct resolve_settings *settings, const struct resolve_sink *sink)
{
	struct resolve *self = mem_alloc(sizeof(*self));
	struct resolve_settings *own = &self->settings;

	pool_init(&self->memory);
	self->sink = *sink;
	own->controller = pool_str(&self->memory, settings->controller);
	own->prefix = pool_str(&self->memory, settings->prefix);
	own->pomerium_config = pool_str(&self->memory, settings->pomerium_config);
	own->namespaces.items = pool_array(&self->memory, settings->namespaces.n, sizeof(struct str));
	for (size_t i = 0; i < settings->namespaces.n; i++)
		own->namespaces.items[own->namespaces.n++] = pool_str(&self->memory, settings->namespaces.items[i]);
	self->pomerium = (struct msg_key){ .kind = MSG_KIND_POMERIUM, .name = own->pomerium_config };
	resolver_store_init(&self->store);
	resolver_graph_init(&self->graph);
	resolver_claim_init(&self->claim, own);
	resolver_secrets_init(&self->secrets);
	map_init(&self->owners, NULL);
	return self;
}

void resolver_resolve_destroy(struct resolve **self_p)
{
	struct resolve *self = *self_p;

	if (!self)
		return;
	*self_p = NULL;
	map_clear(&self->owners);
	resolver_secrets_clear(&self->secrets);
	resolver_claim_clear(&self->claim);
	resolver_graph_clear(&self->graph);
	resolver_store_clear(&self->store);
	pool_clear(&self->memory);
	mem_free(self);
}
