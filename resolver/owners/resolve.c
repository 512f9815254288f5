/* resolve: objects in, bundles out; the resolver without its sockets.
 *
 *   in     what the watcher sends: objects, deletions, states of kinds, values of Secrets
 *   out    which owners have changed; on demand the bundle of one, or why it has none
 *   owns   the store, the graph, our classes, the secrets
 *   never  scans all owners on account of one change
 */
#include "resolver/owners/resolve_inside.h"

#include "base/log.h"
#include "base/mem.h"
#include "resolver/graph/key.h"

/* ---- input ---- */

static bool is_stored(const struct msg_key *key)
{
	return resolver_key_can_exist(key) && key->kind != MSG_KIND_SECRET &&
	       key->kind != MSG_KIND_CONFIG_MAP;
}

void resolver_resolve_put(struct resolve *self, const struct msg_object *object, struct str packed,
			  uint64_t seen_ns)
{
	if (!is_stored(&object->key)) {
		if (!resolver_key_can_exist(&object->key))
			log_warn("object with an impossible name skipped", "kind=%s name=%s",
				 msg_kind_name((enum msg_kind)object->key.kind),
				 err_quote(object->key.name));
		return;
	}
	if (resolver_store_put(&self->store, &object->key, packed))
		resolver_changes_follow(self, object, seen_ns);
}

void resolver_resolve_delete(struct resolve *self, const struct msg_key *key, uint64_t seen_ns)
{
	struct msg_object nothing = { .key = *key };

	if (is_stored(key) && resolver_store_del(&self->store, key))
		resolver_changes_follow(self, &nothing, seen_ns);
}

static void sweep(struct resolve *self, enum msg_kind kind)
{
	struct msg_key *gone;
	struct pool pool;
	size_t n;

	pool_init(&pool);
	resolver_store_end(&self->store, kind, &pool, &gone, &n);
	for (size_t i = 0; i < n; i++)
		resolver_resolve_delete(self, &gone[i], 0);
	pool_clear(&pool);
}

size_t resolver_resolve_count(const struct resolve *self, enum msg_kind kind)
{
	if (kind == MSG_KIND_SECRET || kind == MSG_KIND_CONFIG_MAP)
		return resolver_secrets_count(&self->secrets, kind);
	return resolver_store_count(&self->store, kind);
}

/* What is not there was perhaps only not read: who lacks it was told so. */
static void mark_lacking(struct resolve *self, enum msg_kind kind)
{
	struct key_list list;
	struct pool pool;

	pool_init(&pool);
	list = resolver_graph_referred(&self->graph, kind, &pool);
	for (size_t i = 0; i < list.n; i++)
		if (!resolver_store_has(&self->store, &list.items[i]))
			resolver_changes_mark_referrers(self, &list.items[i], 0);
	pool_clear(&pool);
}

void resolver_resolve_kind_state(struct resolve *self, const struct msg_kind_state *news)
{
	enum msg_kind kind = (enum msg_kind)news->kind;
	bool had_settings = resolver_changes_is_owner(self, &self->pomerium);
	struct kind_state *state;
	bool was_unread;

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
		break; /* the listing may still come to its end */
	}
	was_unread = state->condition == MSG_KIND_UNAVAILABLE;
	state->heard = true;
	state->known |= news->condition != MSG_KIND_UNAVAILABLE;
	state->condition = (enum msg_kind_condition)news->condition;
	snprintf(state->reason, sizeof(state->reason), STR_FMT, STR_ARG(news->reason));
	if (was_unread && state->condition != MSG_KIND_UNAVAILABLE)
		mark_lacking(self, kind);
	if (had_settings != resolver_changes_is_owner(self, &self->pomerium))
		resolver_changes_mark(self, &self->pomerium, 0);
}

/* A certificate of the Pomerium object may be for the hosts of others. */
static void mark_bare_by(struct resolve *self, const struct msg_key *secret, uint64_t seen_ns)
{
	struct key_list list;
	struct pool pool;

	if (!self->bare.n)
		return;
	pool_init(&pool);
	list = resolver_graph_referrers(&self->graph, secret, &pool);
	for (size_t i = 0; i < list.n; i++)
		if (msg_key_equal(&list.items[i], &self->pomerium))
			resolver_changes_mark_bare(self, seen_ns);
	pool_clear(&pool);
}

void resolver_resolve_secret(struct resolve *self, const struct msg_secret_value *value,
			     uint64_t seen_ns)
{
	struct msg_secret_put put;
	struct pool pool;

	if (!resolver_key_can_exist(&value->key) || !resolver_secrets_apply(&self->secrets, value))
		return;
	pool_init(&pool);
	if (resolver_secrets_values(&self->secrets, &value->key, &pool, &put))
		self->sink.secret_put(self->sink.self, &put);
	pool_clear(&pool);
	resolver_changes_mark_referrers(self, &value->key, seen_ns);
	resolver_tls_policies_follow_value(self, &value->key, seen_ns);
	mark_bare_by(self, &value->key, seen_ns);
}

void resolver_resolve_adopt_secret(struct resolve *self, const struct msg_key *key,
				   const struct msg_bundle_secret *seen, struct str stand_in)
{
	struct msg_secret_put put;
	struct pool pool;

	if (!resolver_key_can_exist(key) ||
	    !resolver_secrets_adopt(&self->secrets, key, seen, stand_in))
		return;
	pool_init(&pool);
	if (resolver_secrets_values(&self->secrets, key, &pool, &put))
		self->sink.secret_put(self->sink.self, &put);
	pool_clear(&pool);
	resolver_changes_mark_referrers(self, key, 0);
	resolver_tls_policies_follow_value(self, key, 0);
}

void resolver_resolve_apply(struct resolve *self, const struct msg *m)
{
	switch (m->type) {
	case MSG_OBJECT_PUT:
		resolver_resolve_put(self, &m->body.object, m->raw, m->seen_ns);
		break;
	case MSG_OBJECT_DELETE:
		resolver_resolve_delete(self, &m->body.object_delete.key, m->seen_ns);
		break;
	case MSG_KIND_STATE:
		resolver_resolve_kind_state(self, &m->body.kind_state);
		break;
	case MSG_SECRET_VALUE:
		resolver_resolve_secret(self, &m->body.secret_value, m->seen_ns);
		break;
	default:
		break;
	}
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
	static const enum msg_kind makers[] = {
		MSG_KIND_INGRESS,       MSG_KIND_INGRESS_CLASS, MSG_KIND_POMERIUM,
		MSG_KIND_GATEWAY_CLASS, MSG_KIND_GATEWAY,       MSG_KIND_HTTP_ROUTE,
		MSG_KIND_LISTENER_SET,
	};

	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		if (self->kinds[makers[i]].condition == MSG_KIND_UNAVAILABLE)
			return false;
	return resolver_resolve_synced(self);
}

bool resolver_resolve_knows_certificates(const struct resolve *self)
{
	return self->settings.certificates &&
	       self->kinds[MSG_KIND_CERTIFICATE].condition == MSG_KIND_SYNCED;
}

/* ---- output ---- */

static void name_owner(const struct msg_key *owner, const struct msg_meta *meta,
		       struct resolved *out)
{
	*out = (struct resolved){ .bundle.owner = *owner, .ticket.owner = *owner };
	out->ticket.uid = meta ? meta->uid : STR("");
	out->ticket.generation = meta ? meta->generation : 0;
	out->ticket.created = meta ? meta->creationTimestamp : 0;
}

void resolver_resolve_describe(const struct msg_key *key, const struct msg_object *object,
			       struct resolved *out)
{
	switch ((enum msg_kind)key->kind) {
	case MSG_KIND_INGRESS:
		name_owner(key, &object->ingress->metadata, out);
		break;
	case MSG_KIND_POMERIUM:
		name_owner(key, &object->pomerium->metadata, out);
		break;
	case MSG_KIND_GATEWAY_CLASS:
		name_owner(key, &object->gateway_class->metadata, out);
		out->ticket.object_status = object->gateway_class->status;
		break;
	case MSG_KIND_GATEWAY:
		name_owner(key, &object->gateway->metadata, out);
		out->ticket.object_status = object->gateway->status;
		break;
	case MSG_KIND_LISTENER_SET:
		name_owner(key, &object->listener_set->metadata, out);
		out->ticket.object_status = object->listener_set->status;
		break;
	case MSG_KIND_HTTP_ROUTE:
		name_owner(key, &object->http_route->metadata, out);
		out->ticket.object_status = object->http_route->status;
		break;
	case MSG_KIND_POLICY_FILTER:
		name_owner(key, &object->policy_filter->metadata, out);
		out->ticket.object_status = object->policy_filter->status;
		break;
	case MSG_KIND_BACKEND_TLS_POLICY:
		name_owner(key, &object->backend_tls_policy->metadata, out);
		out->ticket.object_status = object->backend_tls_policy->status;
		break;
	case MSG_KIND_CERTIFICATE:
		name_owner(key, &object->ordered->metadata, out);
		break;
	default:
		break;
	}
}

bool resolver_resolve_makes_owners(enum msg_kind kind)
{
	return kind == MSG_KIND_INGRESS || kind == MSG_KIND_POMERIUM ||
	       kind == MSG_KIND_GATEWAY_CLASS || kind == MSG_KIND_GATEWAY ||
	       kind == MSG_KIND_LISTENER_SET || kind == MSG_KIND_HTTP_ROUTE ||
	       kind == MSG_KIND_POLICY_FILTER || kind == MSG_KIND_BACKEND_TLS_POLICY;
}

static void on_turn_of_budget(void *arg, const struct owned *owned)
{
	const struct msg_key key = resolver_key_from_text(owned->text);

	resolver_changes_mark(arg, &key, 0);
}

static enum resolve_outcome resolve_ingress(struct resolve *self,
					    const struct bundle_source *source,
					    struct msg_ingress *ingress, struct pool *pool,
					    struct resolved *out, struct err *err)
{
	struct owned *owned = resolver_changes_owned(self, &out->bundle.owner);
	enum resolve_outcome outcome;
	struct key_text text;

	if (resolver_budget_check(&self->budget, owned, err))
		return RESOLVE_REJECT;
	outcome = resolver_bundle_from_ingress(source, ingress, pool, out, err);
	if (out->lacks_tls)
		map_put(&self->bare, resolver_key_text(&out->bundle.owner, &text), owned);
	else
		map_del(&self->bare, resolver_key_text(&out->bundle.owner, &text));
	owned->cost.urls = out->cost.urls;
	owned->cost.url_bytes = out->cost.url_bytes;
	return outcome;
}

static enum resolve_outcome resolve_gateway(struct resolve *self,
					    const struct bundle_source *source,
					    const struct msg_object *object, struct pool *pool,
					    struct resolved *out, struct err *err)
{
	out->bundle.http_route = object->http_route; /* a rejection is told to it, too */
	if (object->http_route &&
	    resolver_budget_check(&self->budget, resolver_changes_owned(self, &out->bundle.owner),
				  err))
		return RESOLVE_REJECT;
	return resolver_bundle_from_gateway(source, object, pool, out, err);
}

enum resolve_outcome resolver_resolve_owner(struct resolve *self, const struct msg_key *owner,
					    struct pool *pool, struct resolved *out,
					    struct err *err)
{
	struct bundle_source source = { .settings = &self->settings,
					.store = &self->store,
					.graph = &self->graph,
					.secrets = &self->secrets,
					.kinds = self->kinds,
					.owners = &self->owners,
					.tls_order = &self->tls_order };
	const struct msg_key key = msg_key_dup(owner, pool);
	enum resolve_outcome outcome;
	struct msg_object object;

	resolver_budget_settle(&self->budget, on_turn_of_budget, self);
	name_owner(&key, NULL, out);
	if (!resolver_changes_is_owner(self, owner))
		return RESOLVE_GONE;
	if (resolver_store_get(&self->store, owner, pool, &object) == 0)
		resolver_resolve_describe(&key, &object, out);
	else if (owner->kind != MSG_KIND_POMERIUM)
		return RESOLVE_GONE;
	if (owner->kind == MSG_KIND_POMERIUM)
		outcome = resolver_bundle_from_settings(&source, pool, out, err);
	else if (owner->kind == MSG_KIND_INGRESS)
		outcome = resolve_ingress(self, &source, object.ingress, pool, out, err);
	else if (owner->kind == MSG_KIND_CERTIFICATE)
		outcome = resolver_bundle_from_ordered(&source, object.ordered, pool, out, err);
	else
		outcome = resolve_gateway(self, &source, &object, pool, out, err);
	if (outcome == RESOLVE_REJECT)
		out->ticket.secrets.n = 0;
	return outcome;
}

struct owner_news resolver_resolve_news(const struct resolve *self, const struct msg_key *owner,
					uint64_t seen_ns)
{
	const struct owned *owned = resolver_changes_owned(self, owner);
	struct owner_news news = { .exists = resolver_changes_is_owner(self, owner),
				   .seen_ns = seen_ns };

	if (!owned)
		return news;
	news.work = msg_cost_work(&owned->cost);
	news.refused = owned->is_over ||
		       (owner->kind == MSG_KIND_INGRESS &&
			msg_cost_check(&owned->cost, &self->settings.limits.owner, NULL) < 0);
	return news;
}

static int compare_keys(const void *a, const void *b)
{
	return msg_key_cmp(a, b);
}

void resolver_resolve_owners(struct resolve *self, struct pool *pool, struct msg_key **owners,
			     size_t *n)
{
	struct str text;
	size_t first;

	*n = 0;
	*owners = pool_array(pool, self->owners.n + 1, sizeof(**owners));
	if (resolver_changes_is_owner(self, &self->pomerium))
		(*owners)[(*n)++] = msg_key_dup(&self->pomerium, pool);
	first = *n;
	for (size_t i = 0; map_next(&self->owners, &i, &text, NULL);)
		(*owners)[(*n)++] = resolver_key_from_text(pool_str(pool, text));
	qsort(*owners + first, *n - first, sizeof(**owners), compare_keys);
}

void resolver_resolve_each_object(struct resolve *self, enum msg_kind kind,
				  void (*each)(void *arg, const struct msg_object *object),
				  void *arg)
{
	struct pool pool, one;
	struct msg_key *keys;
	size_t n;

	pool_init(&pool);
	pool_init(&one);
	resolver_store_keys(&self->store, kind, &pool, &keys, &n);
	for (size_t i = 0; i < n; i++) {
		struct msg_object object;

		if (resolver_store_get(&self->store, &keys[i], &one, &object) == 0)
			each(arg, &object);
		pool_clear(&one);
	}
	pool_clear(&pool);
}

struct each_ingress {
	struct resolve *self;
	void (*each)(void *arg, const struct msg_key *key, const char *why_not);
	void *arg;
};

static void judge_ingress(void *arg, const struct msg_object *object)
{
	const struct each_ingress *walk = arg;
	struct pool pool;

	pool_init(&pool);
	walk->each(walk->arg, &object->key,
		   resolver_class_why_not(&walk->self->class, object->ingress, &pool));
	pool_clear(&pool);
}

void resolver_resolve_each_ingress(struct resolve *self,
				   void (*each)(void *arg, const struct msg_key *key,
						const char *why_not),
				   void *arg)
{
	struct each_ingress walk = { self, each, arg };

	resolver_resolve_each_object(self, MSG_KIND_INGRESS, judge_ingress, &walk);
}

bool resolver_resolve_has_class(const struct resolve *self)
{
	return self->class.classes.n > 0 || self->n_gateway_classes > 0;
}

const char *resolver_resolve_why_not(const struct resolve *self, const struct msg_key *ingress,
				     struct pool *pool)
{
	struct msg_object object;

	if (ingress->kind != MSG_KIND_INGRESS ||
	    resolver_store_get(&self->store, ingress, pool, &object) < 0)
		return NULL;
	return resolver_class_why_not(&self->class, object.ingress, pool);
}

const struct msg_service *resolver_resolve_service(const struct resolve *self,
						   const struct msg_key *service, struct pool *pool)
{
	struct msg_object object;

	return resolver_store_get(&self->store, service, pool, &object) ? NULL : object.service;
}

const struct secrets *resolver_resolve_secrets(const struct resolve *self)
{
	return &self->secrets;
}

/* ---- life ---- */

struct resolve *resolver_resolve_new(const struct resolve_settings *settings,
				     const struct resolve_sink *sink)
{
	struct resolve *self = mem_alloc(sizeof(*self));
	struct resolve_settings *own = &self->settings;

	pool_init(&self->memory);
	self->sink = *sink;
	own->controller = pool_str(&self->memory, settings->controller);
	own->prefix = pool_str(&self->memory, settings->prefix);
	own->gateway_controller = pool_str(&self->memory, settings->gateway_controller);
	own->gateway_api = settings->gateway_api;
	own->certificates = settings->certificates;
	own->pomerium_config =
		pool_str(&self->memory, settings->pomerium_config.len ? settings->pomerium_config
								      : STR(RESOLVE_NOBODY));
	own->lenient = settings->lenient;
	own->guesses = settings->guesses;
	own->namespaces.items =
		pool_array(&self->memory, settings->namespaces.n, sizeof(struct str));
	own->limits = settings->limits;
	for (size_t i = 0; i < settings->namespaces.n; i++)
		own->namespaces.items[own->namespaces.n++] =
			pool_str(&self->memory, settings->namespaces.items[i]);
	self->pomerium =
		(struct msg_key){ .kind = MSG_KIND_POMERIUM, .name = own->pomerium_config };
	resolver_store_init(&self->store);
	resolver_graph_init(&self->graph);
	resolver_tls_order_init(&self->tls_order);
	resolver_class_init(&self->class, own);
	resolver_secrets_init(&self->secrets);
	map_init(&self->owners, mem_free);
	map_init(&self->shapes, mem_free);
	map_init(&self->ppl_sizes, mem_free);
	map_init(&self->bare, NULL);
	resolver_budget_init(&self->budget, &own->limits);
	return self;
}

void resolver_resolve_destroy(struct resolve **self_p)
{
	struct resolve *self = *self_p;

	if (!self)
		return;
	*self_p = NULL;
	map_clear(&self->shapes);
	map_clear(&self->ppl_sizes);
	map_clear(&self->bare);
	resolver_budget_clear(&self->budget);
	map_clear(&self->owners);
	resolver_secrets_clear(&self->secrets);
	resolver_class_clear(&self->class);
	resolver_tls_order_clear(&self->tls_order);
	resolver_graph_clear(&self->graph);
	resolver_store_clear(&self->store);
	pool_clear(&self->memory);
	mem_free(self);
}
