/* universe: a small world of objects that bytes drive, and the two questions asked of the resolver
 * core after it: is what it holds the same as if everything had been put in anew, and was every
 * owner marked whose result changed? For the randomized test and for the fuzzer; a wrong answer
 * ends the process. */
#ifndef TESTS_RESOLVER_UNIVERSE_H
#define TESTS_RESOLVER_UNIVERSE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "resolver/owners/resolve.h"
#include "tests/unit/resolver/packed.h"

#define UNIVERSE_STEP 8    /* bytes that make one event */
#define UNIVERSE_GONE 0xb0 /* last byte: from here on the object goes */

struct universe {
	struct pool pool;
	struct map objects; /* msg_key_text -> struct msg_object * */
	struct map secrets; /* msg_key_text -> struct msg_secret_value * */
	struct map results; /* owner's text -> struct str *, as of the last look */
	struct map dirty;
	struct resolve *resolve; /* follows event by event */
	struct map wanted;
	size_t n_outcomes[4]; /* how often each enum resolve_outcome was seen */
};

static char universe_mark;

static inline void universe_fail(const char *what, struct str where)
{
	fprintf(stderr, "universe: %s: " STR_FMT "\n", what, STR_ARG(where));
	abort();
}

static inline struct str universe_name(struct universe *u, const char *word, unsigned n)
{
	return pool_printf(&u->pool, "%s%u", word, n);
}

static inline struct str_list universe_list(struct universe *u, struct str item)
{
	struct str_list list = { pool_alloc(&u->pool, sizeof(item)), 1 };

	list.items[0] = item;
	return list;
}

static inline struct str_map universe_map(struct universe *u, const char *key, struct str value)
{
	struct str_map map = { pool_alloc(&u->pool, sizeof(struct str_pair)), 1 };

	map.items[0] = (struct str_pair){ str_from(key), value };
	return map;
}

static inline struct msg_backend universe_backend(struct universe *u, unsigned n)
{
	struct msg_backend backend = { .service = pool_alloc(&u->pool, sizeof(*backend.service)) };

	backend.service->name = n == 3 ? STR("Bad/name") : universe_name(u, "service", n);
	backend.service->port = (struct msg_service_port_ref){ .name = STR(""), .number = 80 };
	return backend;
}

static inline struct msg_ingress *universe_ingress(struct universe *u, const uint8_t *b)
{
	static const char *const classes[] = { NULL, "", "class0", "class1", "other", NULL };
	struct msg_ingress *ingress = pool_alloc(&u->pool, sizeof(*ingress));
	struct msg_rule *rule = pool_push(&u->pool, &ingress->spec.rules.items,
					  &ingress->spec.rules.n, sizeof(*rule));

	ingress->spec.ingressClassName = str_from(classes[b[2] % 6]);
	if (b[2] % 6 == 5)
		ingress->metadata.annotations =
			universe_map(u, "kubernetes.io/ingress.class", STR("class0"));
	if (b[3] % 8 == 7)
		ingress->metadata.annotations =
			universe_map(u, "p.example/x_secret",
				     b[3] & 16 ? STR("/") : universe_name(u, "secret", b[3] & 1));
	rule->host = STR("h");
	rule->http = pool_alloc(&u->pool, sizeof(*rule->http));
	for (unsigned n = 0; n < 4; n++)
		if (b[4] >> n & 1 && (n < 3 || b[4] & 0x80)) {
			struct msg_path *path = pool_push(&u->pool, &rule->http->paths.items,
							  &rule->http->paths.n, sizeof(*path));

			path->backend = universe_backend(u, n);
		}
	for (unsigned n = 0; n < 3; n++)
		if (b[5] >> n & 1 && b[5] & 0x80) {
			struct msg_tls *tls = pool_push(&u->pool, &ingress->spec.tls.items,
							&ingress->spec.tls.n, sizeof(*tls));

			tls->secretName = universe_name(u, "secret", n);
		}
	if (b[6] % 4 == 1) {
		ingress->spec.defaultBackend = pool_alloc(&u->pool, sizeof(struct msg_backend));
		*ingress->spec.defaultBackend = universe_backend(u, b[6] >> 2 & 3);
	}
	ingress->metadata.generation = b[7];
	return ingress;
}

static inline struct msg_endpoint_slice *universe_slice(struct universe *u, const uint8_t *b)
{
	struct msg_endpoint_slice *slice = pool_alloc(&u->pool, sizeof(*slice));
	struct msg_endpoint *endpoint = pool_push(&u->pool, &slice->endpoints.items,
						  &slice->endpoints.n, sizeof(*endpoint));
	struct msg_endpoint_port *port =
		pool_push(&u->pool, &slice->ports.items, &slice->ports.n, sizeof(*port));

	if (b[2] % 4 < 3)
		slice->metadata.labels = universe_map(u, "kubernetes.io/service-name",
						      universe_name(u, "service", b[2] % 4));
	slice->addressType = b[3] & 1 ? STR("IPv4") : STR("IPv6");
	endpoint->addresses = universe_list(u, universe_name(u, "10.0.0.", b[4] % 4));
	endpoint->conditions.ready = (int8_t)(b[5] % 3 - 1);
	*port = (struct msg_endpoint_port){ .name = STR("http"),
					    .protocol = STR("TCP"),
					    .port = b[6] % 3 };
	return slice;
}

static inline struct msg_endpoints *universe_endpoints(struct universe *u, const uint8_t *b)
{
	struct msg_endpoints *object = pool_alloc(&u->pool, sizeof(*object));
	struct msg_endpoint_subset *s =
		pool_push(&u->pool, &object->subsets.items, &object->subsets.n, sizeof(*s));

	((struct msg_endpoint_address *)pool_push(&u->pool, &s->addresses.items, &s->addresses.n,
						  sizeof(struct msg_endpoint_address)))
		->ip = universe_name(u, "10.1.0.", b[2] % 4);
	((struct msg_endpoint_port *)pool_push(&u->pool, &s->ports.items, &s->ports.n,
					       sizeof(struct msg_endpoint_port)))
		->port = b[3] % 3;
	return object;
}

static inline struct value universe_text(struct universe *u, const uint8_t b)
{
	static const char *const odd[] = { "shop", "a/b/c", "" };
	struct value v = { .type = VALUE_STRING };

	v.string = b % 16 < 3 ? str_from(odd[b % 16])
			      : pool_printf(&u->pool, "n%u/secret%u", b & 1, b >> 1 & 3);
	return v;
}

static inline struct msg_pomerium *universe_pomerium(struct universe *u, const uint8_t *b)
{
	static const char *const fields[] = { "secrets", "certificates", "caSecrets" };
	struct msg_pomerium *pomerium = pool_alloc(&u->pool, sizeof(*pomerium));
	struct value *spec = pomerium->spec = pool_alloc(&u->pool, sizeof(*spec));

	spec->type = VALUE_MAP;
	for (unsigned n = 0; n < 3; n++) {
		struct value_entry *entry;

		if (!(b[2] >> n & 1))
			continue;
		entry = pool_push(&u->pool, &spec->map.entries, &spec->map.n, sizeof(*entry));
		entry->key = (struct value){ .type = VALUE_STRING, .string = str_from(fields[n]) };
		entry->value = universe_text(u, b[3 + n]);
		if (n > 0) {
			struct value *item = pool_alloc(&u->pool, sizeof(*item));

			*item = entry->value;
			entry->value = (struct value){ .type = VALUE_LIST, .list = { item, 1 } };
		}
	}
	return pomerium;
}

static inline struct msg_meta *universe_fill(struct universe *u, struct msg_object *o,
					     const uint8_t *b)
{
	switch ((enum msg_kind)o->key.kind) {
	case MSG_KIND_INGRESS:
		return &(o->ingress = universe_ingress(u, b))->metadata;
	case MSG_KIND_INGRESS_CLASS:
		o->ingress_class = pool_alloc(&u->pool, sizeof(*o->ingress_class));
		o->ingress_class->spec.controller = b[2] & 1 ? STR("ours") : STR("theirs");
		if (b[3] & 1)
			o->ingress_class->metadata.annotations = universe_map(
				u, "ingressclass.kubernetes.io/is-default-class", STR("true"));
		return &o->ingress_class->metadata;
	case MSG_KIND_SERVICE:
		o->service = pool_alloc(&u->pool, sizeof(*o->service));
		o->service->spec.type = b[2] & 1 ? STR("ExternalName") : STR("ClusterIP");
		return &o->service->metadata;
	case MSG_KIND_ENDPOINT_SLICE:
		return &(o->endpoint_slice = universe_slice(u, b))->metadata;
	case MSG_KIND_ENDPOINTS:
		return &(o->endpoints = universe_endpoints(u, b))->metadata;
	case MSG_KIND_POMERIUM:
		return &(o->pomerium = universe_pomerium(u, b))->metadata;
	default:
		return NULL;
	}
}

static inline struct msg_key universe_key(struct universe *u, const uint8_t *b)
{
	static const char *const words[] = { "",      "ingress", "class",  "service",
					     "slice", "service", "secret", "global" };
	struct msg_key key = { .kind = 1 + b[0] % MSG_KIND_POMERIUM, .namespace = STR("") };

	if (msg_kind_is_namespaced((enum msg_kind)key.kind))
		key.namespace = universe_name(u, "n", b[1] & 1);
	key.name = universe_name(u, words[key.kind], b[1] >> 1 & 3);
	return key;
}

/* ---- what a resolver says about an owner, as text ---- */

static inline void universe_answer(struct universe *u, struct resolve *resolve,
				   const struct msg_key *key)
{
	struct msg_secret_value absent = { .key = *key, .answer = MSG_SECRET_ABSENT };
	struct msg_secret_value *value = map_get(&u->secrets, msg_key_text(key, &u->pool));

	resolver_resolve_secret(resolve, value ? value : &absent, 0);
}

static inline struct str universe_result(struct universe *u, struct resolve *resolve,
					 const struct msg_key *owner)
{
	struct msg_sealed_ticket sealed;
	struct resolved what;
	struct err err = { "" };
	struct buf out;
	struct str text;
	enum resolve_outcome outcome =
		resolver_resolve_owner(resolve, owner, &u->pool, &what, &err);

	u->n_outcomes[outcome]++;
	buf_init(&out, BUF_MAX_MESSAGE);
	buf_printf(&out, "%d %s ", outcome, err.text);
	for (size_t i = 0; outcome == RESOLVE_BUNDLE && i < what.ticket.secrets.n; i++) {
		/* Fingerprints are of one boot. */
		struct msg_ticket_secret *secret = &what.ticket.secrets.items[i];
		struct msg_ticket_value *values =
			pool_array(&u->pool, secret->values.n, sizeof(*values));

		for (size_t j = 0; j < secret->values.n; j++)
			values[j].key = secret->values.items[j].key;
		secret->values.items = values;
	}
	if (outcome == RESOLVE_BUNDLE)
		codec_print(&msg_bundle_codec, &what.bundle, &out);
	if (msg_ticket_seal(&what.ticket, NULL, &u->pool, &sealed) < 0)
		universe_fail("a ticket that is too large", owner->name);
	buf_base64(&out, sealed.bytes);
	text = pool_str(&u->pool, buf_view(&out));
	buf_clear(&out);
	return text;
}

/* ---- the follower ---- */

static inline void universe_on_dirty(void *self, const struct msg_key *owner,
				     const struct owner_news *news)
{
	struct universe *u = self;

	(void)news;
	map_put(&u->dirty, msg_key_text(owner, &u->pool), &universe_mark);
}

static inline void universe_on_wanted(void *self, const struct msg_key *secret, bool wanted)
{
	struct universe *u = self;
	struct str text = msg_key_text(secret, &u->pool);

	if ((map_get(&u->wanted, text) != NULL) == wanted)
		universe_fail("wanted twice, or let go twice", text);
	if (!wanted) {
		map_del(&u->wanted, text);
		return;
	}
	map_put(&u->wanted, text, &universe_mark);
	universe_answer(u, u->resolve, secret);
}

static inline void universe_on_put(void *self, const struct msg_secret_put *put)
{
	struct universe *u = self;

	if (!map_get(&u->wanted, msg_key_text(&put->key, &u->pool)))
		universe_fail("a value that nobody wants", put->key.name);
}

/* Every owner there ever was; notes what changed since the last look, and whether it was told. */
static inline void universe_look(struct universe *u)
{
	for (unsigned n = 0; n < 9; n++) {
		struct msg_key owner = { .kind = MSG_KIND_POMERIUM,
					 .namespace = STR(""),
					 .name = STR("global0") };
		struct str text, now, *before;

		if (n < 8)
			owner = (struct msg_key){ MSG_KIND_INGRESS, universe_name(u, "n", n & 1),
						  universe_name(u, "ingress", n >> 1) };
		text = msg_key_text(&owner, &u->pool);
		now = universe_result(u, u->resolve, &owner);
		before = map_get(&u->results, text);
		if (before && !str_eq(*before, now) && !map_get(&u->dirty, text))
			universe_fail("a change that nobody was told of", text);
		before = pool_alloc(&u->pool, sizeof(*before));
		*before = now;
		map_put(&u->results, text, before);
	}
	map_clear(&u->dirty);
}

/* ---- the one that is built anew ---- */

struct universe_second {
	struct universe *u;
	struct resolve *resolve;
	struct map wanted;
};

static inline void universe_second_dirty(void *self, const struct msg_key *owner,
					 const struct owner_news *news)
{
	(void)self, (void)owner, (void)news;
}

static inline void universe_second_wanted(void *self, const struct msg_key *secret, bool wanted)
{
	struct universe_second *second = self;

	if (wanted)
		map_put(&second->wanted, msg_key_text(secret, &second->u->pool), &universe_mark);
	else
		map_del(&second->wanted, msg_key_text(secret, &second->u->pool));
	if (wanted)
		universe_answer(second->u, second->resolve, secret);
}

static inline void universe_second_put(void *self, const struct msg_secret_put *put)
{
	(void)self, (void)put;
}

static inline const struct resolve_settings *universe_settings(void)
{
	static struct str namespaces[] = { STR("n0"), STR("n1") };
	static const struct resolve_settings settings = {
		.controller = STR("ours"),
		.prefix = STR("p.example"),
		.pomerium_config = STR("global0"),
		.namespaces = { namespaces, 2 },
		.limits.namespace = { .routes = 6 },
	};

	return &settings;
}

/* That there is no Pomerium object is known from the first moment on. */
static inline void universe_know_settings(struct resolve *resolve)
{
	resolver_resolve_kind_state(
		resolve, &(struct msg_kind_state){ MSG_KIND_POMERIUM, MSG_KIND_SYNCED, STR("") });
}

static inline void universe_compare(struct universe *u)
{
	struct universe_second second = { .u = u };
	struct resolve_sink sink = { &second, universe_second_dirty, universe_second_wanted,
				     universe_second_put, NULL };
	struct str key;
	void *value;

	map_init(&second.wanted, NULL);
	second.resolve = resolver_resolve_new(universe_settings(), &sink);
	universe_know_settings(second.resolve);
	for (size_t i = 0; map_next(&u->objects, &i, NULL, &value);)
		packed_put(second.resolve, value);
	if (second.wanted.n != u->wanted.n)
		universe_fail("other Secrets are wanted", STR(""));
	for (size_t i = 0; map_next(&second.wanted, &i, &key, NULL);)
		if (!map_get(&u->wanted, key))
			universe_fail("not wanted", key);
	for (size_t i = 0; map_next(&u->results, &i, &key, &value);) {
		struct msg_key owner = { .namespace = STR("") };
		struct str rest, kind;

		str_cut(key, '/', &kind, &rest);
		str_cut(rest, '/', &owner.namespace, &owner.name);
		owner.kind = str_is(kind, "Ingress") ? MSG_KIND_INGRESS : MSG_KIND_POMERIUM;
		if (!str_eq(*(struct str *)value, universe_result(u, second.resolve, &owner)))
			universe_fail("it differs from what is built anew", key);
	}
	resolver_resolve_destroy(&second.resolve);
	map_clear(&second.wanted);
}

/* ---- events ---- */

static inline void universe_secret(struct universe *u, const struct msg_key *key, const uint8_t *b)
{
	struct msg_secret_value *value = pool_alloc(&u->pool, sizeof(*value));

	*value = (struct msg_secret_value){ .key = *key,
					    .type = b[2] & 1 ? STR("Opaque")
							     : STR("kubernetes.io/tls") };
	value->data =
		universe_map(u, b[3] & 1 ? "tls.crt" : "k", universe_name(u, "value", b[4] % 4));
	value->answer = b[5] % 8 == 7 ? MSG_SECRET_FORBIDDEN : MSG_SECRET_FOUND;
	if (b[7] >= UNIVERSE_GONE)
		map_del(&u->secrets, msg_key_text(key, &u->pool));
	else
		map_put(&u->secrets, msg_key_text(key, &u->pool), value);
	universe_answer(u, u->resolve, key);
}

/* A listing that brings everything again but one in four of its kind. */
static inline void universe_relist(struct universe *u, enum msg_kind kind, uint8_t dice)
{
	struct msg_kind_state state = { .kind = kind, .condition = MSG_KIND_LISTING };
	struct str key;
	void *value;

	resolver_resolve_kind_state(u->resolve, &state);
	for (size_t i = 0; map_next(&u->objects, &i, &key, &value);) {
		const struct msg_object *object = value;

		if (object->key.kind != kind)
			continue;
		if ((dice++ & 3) == 0 && !(dice & 0x40))
			map_del(&u->objects, key);
		else
			packed_put(u->resolve, object);
	}
	state.condition = MSG_KIND_SYNCED;
	resolver_resolve_kind_state(u->resolve, &state);
}

static inline void universe_event(struct universe *u, const uint8_t *b)
{
	struct msg_key key = universe_key(u, b);
	struct msg_object *object;
	struct msg_meta *meta;

	if ((b[0] & 0xf8) == 0xf8) {
		universe_relist(u, (enum msg_kind)key.kind, b[2]);
	} else if (key.kind == MSG_KIND_SECRET) {
		universe_secret(u, &key, b);
	} else if (b[7] >= UNIVERSE_GONE) {
		map_del(&u->objects, msg_key_text(&key, &u->pool));
		resolver_resolve_delete(u->resolve, &key, 0);
	} else {
		object = pool_alloc(&u->pool, sizeof(*object));
		object->key = key;
		meta = universe_fill(u, object, b);
		meta->namespace = key.namespace;
		meta->name = key.name;
		map_put(&u->objects, msg_key_text(&key, &u->pool), object);
		packed_put(u->resolve, object);
	}
}

/* Adds to n_outcomes[4] what was seen on the way. */
static inline void universe_run(const uint8_t *bytes, size_t n, size_t *n_outcomes)
{
	struct universe u = { .resolve = NULL };
	struct resolve_sink sink = { &u, universe_on_dirty, universe_on_wanted, universe_on_put,
				     NULL };

	pool_init(&u.pool);
	map_init(&u.objects, NULL);
	map_init(&u.secrets, NULL);
	map_init(&u.results, NULL);
	map_init(&u.dirty, NULL);
	map_init(&u.wanted, NULL);
	u.resolve = resolver_resolve_new(universe_settings(), &sink);
	universe_know_settings(u.resolve);
	universe_look(&u);
	for (; n >= UNIVERSE_STEP; bytes += UNIVERSE_STEP, n -= UNIVERSE_STEP) {
		universe_event(&u, bytes);
		universe_look(&u);
	}
	universe_compare(&u);
	for (size_t i = 0; i < 4; i++)
		n_outcomes[i] += u.n_outcomes[i];
	resolver_resolve_destroy(&u.resolve);
	map_clear(&u.wanted);
	map_clear(&u.dirty);
	map_clear(&u.results);
	map_clear(&u.secrets);
	map_clear(&u.objects);
	pool_clear(&u.pool);
}

#endif
