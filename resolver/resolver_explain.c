/* resolver_explain: what the resolver knows of one object, and all of it, as JSON.
 *
 *   in     the state of the resolver, when it is asked for
 *   out    JSON text, in pieces if it is long
 *   owns   only the keys of a dump that is being written
 *   never  shows a value of a Secret, changes anything
 */
#include "resolver/resolver_explain.h"

#include "base/cjson.h"
#include "base/text/nearest.h"
#include "resolver/graph/key.h"
#include "resolver/owners/resolve_inside.h"
#include "rules/rules.h"

#define PIECE_BYTES (16u << 10)

struct explained {
	struct resolve *resolve;
	const struct queue *queue;
};

/* ---- what an owner refers to ---- */

static void put_key(cJSON *out, const struct msg_key *key)
{
	cjson_put_text(out, "kind", str_from(msg_kind_name((enum msg_kind)key->kind)));
	if (key->namespace.len)
		cjson_put_text(out, "namespace", key->namespace);
	cjson_put_text(out, "name", key->name);
}

static const char *secret_state(const struct resolve *resolve, const struct msg_key *key)
{
	static const char *const states[] = { [MSG_SECRET_FOUND] = "found",
					      [MSG_SECRET_ABSENT] = "absent",
					      [MSG_SECRET_FORBIDDEN] = "forbidden",
					      [MSG_SECRET_UNAVAILABLE] = "unavailable" };
	struct msg_bundle_secret info;

	if (!resolver_secrets_get(&resolve->secrets, key, &info))
		return "asked for";
	return states[info.answer];
}

static void put_addresses(cJSON *out, const struct msg_bundle_service *service, struct pool *pool)
{
	cJSON *list = cjson_put_list(out, "addresses");

	for (size_t i = 0; i < service->endpoints.n; i++) {
		const struct msg_bundle_endpoint *port = &service->endpoints.items[i];

		for (size_t k = 0; k < port->addresses.n; k++) {
			const struct str address = port->addresses.items[k];
			const bool v6 = str_find(address, ':') >= 0;

			cjson_put_text(list, NULL,
				       pool_printf(pool, v6 ? "[%.*s]:%lld" : "%.*s:%lld",
						   STR_ARG(address), (long long)port->port));
		}
	}
}

static void put_reference(const struct resolve *resolve, const struct msg_key *key,
			  const struct msg_bundle *bundle, struct pool *pool, cJSON *list)
{
	cJSON *out = cjson_put_object(list, NULL);

	put_key(out, key);
	if (key->kind == MSG_KIND_SECRET || key->kind == MSG_KIND_CONFIG_MAP)
		cjson_put_text(out, "state", str_from(secret_state(resolve, key)));
	else
		cjson_put_text(out, "state",
			       resolver_store_has(&resolve->store, key) ? STR("found")
									: STR("absent"));
	for (size_t i = 0; key->kind == MSG_KIND_SERVICE && i < bundle->services.n; i++)
		if (str_eq(bundle->services.items[i].name, key->name))
			put_addresses(out, &bundle->services.items[i], pool);
}

static void put_references(const struct resolve *resolve, const struct msg_key *owner,
			   const struct msg_bundle *bundle, struct pool *pool, cJSON *out)
{
	const struct key_list keys = resolver_graph_references(&resolve->graph, owner, pool);
	cJSON *list = cjson_put_list(out, "references");

	for (size_t i = 0; i < keys.n; i++)
		if (!str_is(keys.items[i].name, CLASS_OF_NONE) &&
		    keys.items[i].kind != MSG_KIND_REFERENCE_GRANT &&
		    keys.items[i].kind != MSG_KIND_BACKEND_TLS_POLICY)
			put_reference(resolve, &keys.items[i], bundle, pool, list);
}

/* ---- one owner ---- */

static void put_state(struct resolve *resolve, const struct msg_key *key, struct pool *pool,
		      struct msg_bundle *bundle, cJSON *out)
{
	struct resolved what;
	struct err err = { "" };
	const enum resolve_outcome outcome =
		resolver_resolve_owner(resolve, key, pool, &what, &err);

	*bundle = what.bundle;
	switch (outcome) {
	case RESOLVE_BUNDLE:
	case RESOLVE_CONFIG:
		cjson_put_text(out, "state", STR("ready"));
		break;
	case RESOLVE_REJECT:
		cjson_put_text(out, "state", STR("rejected"));
		cjson_put_text(out, "reason", rules_sentence(&err, pool));
		break;
	case RESOLVE_WAIT:
		cjson_put_text(out, "state", STR("waiting"));
		cjson_put_text(out, "reason", STR("values of its Secrets are on their way"));
		break;
	case RESOLVE_GONE:
		cjson_put_text(out, "state", STR("not ours"));
		break;
	}
}

static void put_ingress(const struct resolve *resolve, const struct msg_ingress *ingress,
			struct pool *pool, cJSON *out)
{
	const char *why_not = resolver_class_why_not(&resolve->class, ingress, pool);

	cjson_put_bool(out, "managed", !why_not);
	if (why_not)
		cjson_put_text(out, "why_not", str_from(why_not));
	cjson_put_text(out, "class", resolver_class_of(ingress));
	cjson_put_number(out, "generation", ingress->metadata.generation);
}

/* Of the settings, which name Secrets and have no value of one. */
static void put_spec(const struct value *spec, cJSON *out)
{
	struct buf text;

	buf_init(&text, BUF_MAX_MESSAGE);
	if (!value_to_json(spec, false, &text, NULL))
		cjson_put_raw(out, "spec", buf_view(&text));
	buf_clear(&text);
}

/* Why an object of the Gateway API is not ours. */
static const char *why_not_ours(const struct resolve *resolve, const struct msg_object *object,
				struct pool *pool)
{
	if (!resolve->settings.gateway_api)
		return "the Gateway API is switched off";
	switch ((enum msg_kind)object->key.kind) {
	case MSG_KIND_GATEWAY_CLASS:
		return pool_printf(pool, "its controllerName is %s, ours is " STR_FMT,
				   err_quote(object->gateway_class->spec.controllerName),
				   STR_ARG(resolve->settings.gateway_controller))
			.ptr;
	case MSG_KIND_GATEWAY:
		return pool_printf(pool, "GatewayClass %s is not ours, or not there",
				   err_quote(object->gateway->spec.gatewayClassName))
			.ptr;
	case MSG_KIND_LISTENER_SET:
		return pool_printf(pool, "Gateway %s is not ours, or not there",
				   err_quote(object->listener_set->spec.parentRef.name))
			.ptr;
	case MSG_KIND_BACKEND_TLS_POLICY:
		return "no HTTPRoute of ours has one of its targets for a backend";
	default:
		return "none of its parents is a Gateway of ours, or a ListenerSet of one";
	}
}

static void put_gateway_api(struct resolve *resolve, const struct msg_object *object,
			    struct pool *pool, cJSON *out)
{
	const bool managed = resolver_changes_is_owner(resolve, &object->key);
	struct resolved named;

	cjson_put_bool(out, "managed", managed);
	if (!managed)
		cjson_put_text(out, "why_not", str_from(why_not_ours(resolve, object, pool)));
	resolver_resolve_describe(&object->key, object, &named);
	cjson_put_number(out, "generation", named.ticket.generation);
}

static void put_owner(const struct explained *from, const struct msg_object *object,
		      struct pool *pool, struct buf *out)
{
	struct msg_bundle bundle = { 0 };
	cJSON *doc = cJSON_CreateObject();

	put_key(doc, &object->key);
	if (object->ingress)
		put_ingress(from->resolve, object->ingress, pool, doc);
	else if (object->key.kind != MSG_KIND_POMERIUM)
		put_gateway_api(from->resolve, object, pool, doc);
	cjson_put_text(doc, "queue", str_from(resolver_queue_state(from->queue, &object->key)));
	put_state(from->resolve, &object->key, pool, &bundle, doc);
	put_references(from->resolve, &object->key, &bundle, pool, doc);
	if (bundle.pomerium && bundle.pomerium->spec)
		put_spec(bundle.pomerium->spec, doc);
	cjson_print(&doc, out);
}

static int say_unknown(const struct resolve *resolve, const struct msg_key *key, struct pool *pool,
		       struct err *err)
{
	struct nearest nearest;
	struct msg_key *keys;
	size_t n;

	nearest_open(&nearest, msg_key_for_people(key, pool));
	resolver_store_keys(&resolve->store, (enum msg_kind)key->kind, pool, &keys, &n);
	for (size_t i = 0; i < n; i++)
		nearest_offer(&nearest, msg_key_for_people(&keys[i], pool));
	return err_set(
		err, "there is no %s " STR_FMT " among the objects that are watched%s" STR_FMT "%s",
		msg_kind_name((enum msg_kind)key->kind), STR_ARG(nearest.asked),
		nearest.found.ptr ? "; did you mean " : "", STR_ARG(nearest.found),
		nearest.found.ptr ? "?" : "");
}

int resolver_explain(struct resolve *resolve, const struct queue *queue, const struct msg_key *key,
		     struct buf *out, struct err *err)
{
	const struct explained from = { resolve, queue };
	struct msg_object object;
	struct pool pool;
	int rc = 0;

	pool_init(&pool);
	if (!resolver_resolve_makes_owners((enum msg_kind)key->kind) ||
	    !resolver_key_can_exist(key))
		rc = err_set(err, "only an Ingress, a Pomerium object or one of the Gateway API "
				  "can be explained");
	else if (resolver_store_get(&resolve->store, key, &pool, &object) < 0)
		rc = say_unknown(resolve, key, &pool, err);
	else
		put_owner(&from, &object, &pool, out);
	pool_clear(&pool);
	return rc;
}

/* ---- everything ---- */

struct dump_position {
	struct msg_key *keys; /* of the kind that is being dumped; in the dump's pool */
	size_t n, next;
	size_t kind;
	size_t n_put; /* entries of the present list */
	bool owners;  /* the first list: owners; the second: all objects */
};

static bool is_listed(const struct dump_position *state)
{
	return !state->owners || state->kind == MSG_KIND_INGRESS ||
	       state->kind == MSG_KIND_POMERIUM;
}

/* To the next kind of this list; false: there is none. */
static bool next_kind(const struct explained *from, struct actor_dump *dump,
		      struct dump_position *state)
{
	do {
		state->kind++;
	} while (state->kind < MSG_N_KINDS && !is_listed(state));
	if (state->kind == MSG_N_KINDS)
		return false;
	state->next = 0;
	resolver_store_keys(&from->resolve->store, (enum msg_kind)state->kind, &dump->pool,
			    &state->keys, &state->n);
	return true;
}

static void put_entry(const struct explained *from, struct dump_position *state,
		      const struct msg_key *key, struct buf *out)
{
	struct msg_object object;
	struct pool pool;

	pool_init(&pool);
	if (resolver_store_get(&from->resolve->store, key, &pool, &object) == 0) { /* still there */
		if (state->n_put++)
			buf_putc(out, ',');
		if (state->owners)
			put_owner(from, &object, &pool, out);
		else
			codec_print(&msg_object_codec, &object, out);
	}
	pool_clear(&pool);
}

/* Of those that are wanted: what a translator may know, too. */
static void put_secrets(const struct resolve *resolve, const char *list, enum msg_kind kind,
			struct buf *out)
{
	struct msg_key *keys;
	struct pool pool;
	size_t n, n_put = 0;

	pool_init(&pool);
	buf_printf(out, ",\"%s\":[", list);
	n = resolver_secrets_keys(&resolve->secrets, &pool, &keys);
	for (size_t i = 0; i < n; i++) {
		struct msg_bundle_secret seen;

		if (keys[i].kind != kind ||
		    !resolver_secrets_get(&resolve->secrets, &keys[i], &seen))
			continue;
		if (n_put++)
			buf_putc(out, ',');
		codec_print(&msg_bundle_secret_codec, &seen, out);
	}
	buf_putc(out, ']');
	pool_clear(&pool);
}

/* What is ours: who translates the objects anew has to know. */
static void put_settings(const struct resolve *resolve, struct buf *out)
{
	const struct resolve_settings *own = &resolve->settings;
	cJSON *doc = cJSON_CreateObject(), *list;

	cjson_put_text(doc, "name", own->controller);
	cjson_put_text(doc, "prefix", own->prefix);
	cjson_put_text(doc, "pomerium_config", own->pomerium_config);
	cjson_put_bool(doc, "experimental_gateway_api", own->gateway_api);
	cjson_put_text(doc, "gateway_class_controller_name", own->gateway_controller);
	list = cjson_put_list(doc, "namespaces");
	for (size_t i = 0; i < own->namespaces.n; i++)
		cjson_put_text(list, NULL, own->namespaces.items[i]);
	cjson_print(&doc, out);
}

static struct dump_position *begin(const struct explained *from, struct actor_dump *dump,
				   struct buf *out)
{
	struct dump_position *state = pool_alloc(&dump->pool, sizeof(*state));

	state->owners = true;
	buf_puts(out, "{\"room\":\"resolver\",");
	if (!dump->owners_only) {
		buf_puts(out, "\"settings\":");
		put_settings(from->resolve, out);
		buf_putc(out, ',');
	}
	buf_puts(out, "\"owners\":[");
	next_kind(from, dump, state);
	return state;
}

bool resolver_explain_dump(struct resolve *resolve, const struct queue *queue,
			   struct actor_dump *dump, struct buf *out)
{
	const struct explained from = { resolve, queue };
	struct dump_position *state = dump->state;

	if (!state)
		dump->state = state = begin(&from, dump, out);
	while (out->len < PIECE_BYTES) {
		if (state->next < state->n) {
			put_entry(&from, state, &state->keys[state->next++], out);
		} else if (next_kind(&from, dump, state)) {
			continue;
		} else if (state->owners && !dump->owners_only) {
			*state = (struct dump_position){ 0 };
			buf_puts(out, "],\"objects\":[");
		} else {
			buf_putc(out, ']');
			if (!dump->owners_only) {
				put_secrets(resolve, "secrets", MSG_KIND_SECRET, out);
				put_secrets(resolve, "config_maps", MSG_KIND_CONFIG_MAP, out);
			}
			buf_puts(out, "}\n");
			return false;
		}
	}
	return true;
}
