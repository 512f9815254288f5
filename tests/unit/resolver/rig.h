/* rig: a resolver core fed from YAML text, with everything it says written down. For the tests of
 * this room. */
#ifndef TESTS_RESOLVER_RIG_H
#define TESTS_RESOLVER_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/map.h"
#include "base/mem.h"
#include "resolver/owners/resolve_inside.h"
#include "tests/unit/resolver/packed.h"

struct rig {
	struct resolve *resolve;
	struct pool pool;
	struct map secrets; /* "shop/tls" -> struct msg_secret_value *, what the watcher would
			       answer */
	struct map wanted;  /* "shop/tls" -> itself */
	struct map dirty;   /* "Ingress/shop/web" -> itself; emptied by rig_expect_dirty */
	struct map puts;    /* "shop/tls" -> itself */
	bool silent;        /* wanted Secrets are not answered */
};

static char rig_mark;

static inline void rig_answer(struct rig *rig, const struct msg_key *key)
{
	struct str name = msg_key_for_people(key, &rig->pool);
	struct msg_secret_value absent = { .key = *key, .answer = MSG_SECRET_ABSENT };
	const struct msg_secret_value *value = map_get(&rig->secrets, name);

	if (!rig->silent && map_get(&rig->wanted, name))
		resolver_resolve_secret(rig->resolve, value ? value : &absent, 0);
}

static inline void rig_on_dirty(void *self, const struct msg_key *owner,
				const struct owner_news *news)
{
	struct rig *rig = self;

	assert_int_equal(news->exists, resolver_changes_is_owner(rig->resolve, owner));
	map_put(&rig->dirty, msg_key_text(owner, &rig->pool), &rig_mark);
}

static inline void rig_on_wanted(void *self, const struct msg_key *secret, bool wanted)
{
	struct rig *rig = self;
	struct str name = msg_key_for_people(secret, &rig->pool);

	if (!wanted) {
		assert_true(map_del(&rig->wanted, name));
		map_del(&rig->puts, name);
		return;
	}
	assert_null(map_get(&rig->wanted, name));
	map_put(&rig->wanted, name, &rig_mark);
	rig_answer(rig, secret);
}

static inline void rig_on_put(void *self, const struct msg_secret_put *put)
{
	struct rig *rig = self;

	map_put(&rig->puts, msg_key_for_people(&put->key, &rig->pool), &rig_mark);
}

static inline void rig_init(struct rig *rig, const struct resolve_settings *settings)
{
	struct resolve_settings plain = { .controller = STR("pomerium.io/ingress-controller"),
					  .prefix = STR("ingress.pomerium.io"),
					  .pomerium_config = STR("global") };
	struct resolve_sink sink = { .self = rig,
				     .dirty = rig_on_dirty,
				     .secret_wanted = rig_on_wanted,
				     .secret_put = rig_on_put };

	memset(rig, 0, sizeof(*rig));
	pool_init(&rig->pool);
	map_init(&rig->secrets, NULL);
	map_init(&rig->wanted, NULL);
	map_init(&rig->dirty, NULL);
	map_init(&rig->puts, NULL);
	rig->resolve = resolver_resolve_new(settings ? settings : &plain, &sink);
	/* That there is no Pomerium object is known. */
	resolver_resolve_kind_state(
		rig->resolve,
		&(struct msg_kind_state){ MSG_KIND_POMERIUM, MSG_KIND_SYNCED, STR("") });
	map_clear(&rig->dirty);
}

static inline void rig_clear(struct rig *rig)
{
	resolver_resolve_destroy(&rig->resolve);
	map_clear(&rig->secrets);
	map_clear(&rig->wanted);
	map_clear(&rig->dirty);
	map_clear(&rig->puts);
	pool_clear(&rig->pool);
}

static inline void rig_put_secret(struct rig *rig, const struct value *doc)
{
	struct msg_secret_value *value = pool_alloc(&rig->pool, sizeof(*value));
	struct err err = { { 0 } };

	if (msg_secret_from_value(doc, &rig->pool, value, &err) < 0)
		fail_msg("%s", err.text);
	map_put(&rig->secrets, msg_key_for_people(&value->key, &rig->pool), value);
	rig_answer(rig, &value->key);
}

/* Every document of the text is put. */
static inline void rig_put(struct rig *rig, const char *yaml)
{
	struct yaml_documents docs = { 0 };
	struct err err = { { 0 } };

	if (yaml_parse_all(str_from(yaml), &rig->pool, &docs, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < docs.n; i++) {
		struct msg_object object = { 0 };

		if (msg_object_from_value(&docs.items[i], &rig->pool, &object, &err) < 0)
			fail_msg("%s", err.text);
		if (object.key.kind == MSG_KIND_SECRET || object.key.kind == MSG_KIND_CONFIG_MAP)
			rig_put_secret(rig, &docs.items[i]);
		if (object.key.kind != MSG_KIND_NONE)
			packed_put(rig->resolve, &object);
	}
}

/* "shop/web" or "global". */
static inline struct msg_key rig_key(enum msg_kind kind, const char *name)
{
	struct msg_key key = { .kind = kind };

	if (!str_cut(str_from(name), '/', &key.namespace, &key.name))
		key.name = str_from(name);
	return key;
}

static inline void rig_delete(struct rig *rig, enum msg_kind kind, const char *name)
{
	struct msg_key key = rig_key(kind, name);

	if (kind == MSG_KIND_SECRET || kind == MSG_KIND_CONFIG_MAP) {
		map_del(&rig->secrets, str_from(name));
		rig_answer(rig, &key);
		return;
	}
	resolver_resolve_delete(rig->resolve, &key, 0);
}

static inline void rig_state(struct rig *rig, enum msg_kind kind, enum msg_kind_condition condition)
{
	resolver_resolve_kind_state(rig->resolve,
				    &(struct msg_kind_state){ .kind = kind,
							      .condition = condition,
							      .reason = STR("away") });
}

/* Exactly these owners were marked since the last call, e.g. "Ingress/shop/web Pomerium//global";
 * in order. */
static inline void rig_expect_dirty(struct rig *rig, const char *expected)
{
	struct str *keys = map_sorted_keys(&rig->dirty);
	struct buf got;

	buf_init(&got, BUF_MAX_TEXT);
	for (size_t i = 0; i < rig->dirty.n; i++)
		buf_printf(&got, "%s" STR_FMT, i ? " " : "", STR_ARG(keys[i]));
	assert_string_equal(got.len ? got.ptr : "", expected);
	buf_clear(&got);
	mem_free(keys);
	map_clear(&rig->dirty);
}

/* The outcome for an Ingress ("shop/web") or the Pomerium object ("global"). */
static inline enum resolve_outcome rig_resolve(struct rig *rig, const char *owner,
					       struct msg_bundle *bundle, struct err *err)
{
	struct msg_key key =
		rig_key(strchr(owner, '/') ? MSG_KIND_INGRESS : MSG_KIND_POMERIUM, owner);

	struct resolved what;
	const enum resolve_outcome outcome =
		resolver_resolve_owner(rig->resolve, &key, &rig->pool, &what, err);

	*bundle = what.bundle;
	return outcome;
}

static inline struct msg_ticket rig_ticket(struct rig *rig, const char *owner)
{
	struct msg_key key =
		rig_key(strchr(owner, '/') ? MSG_KIND_INGRESS : MSG_KIND_POMERIUM, owner);
	struct resolved what;

	(void)resolver_resolve_owner(rig->resolve, &key, &rig->pool, &what, NULL);
	return what.ticket;
}

static inline struct msg_bundle rig_bundle(struct rig *rig, const char *owner)
{
	struct err err = { { 0 } };
	struct msg_bundle bundle;

	if (rig_resolve(rig, owner, &bundle, &err) != RESOLVE_BUNDLE)
		fail_msg("%s has no bundle: %s", owner, err.text);
	return bundle;
}

static inline void rig_expect_reject(struct rig *rig, const char *owner, const char *sentence)
{
	struct err err = { { 0 } };
	struct msg_bundle bundle;

	assert_int_equal(rig_resolve(rig, owner, &bundle, &err), RESOLVE_REJECT);
	assert_string_equal(err.text, sentence);
}

static inline void rig_expect_outcome(struct rig *rig, const char *owner,
				      enum resolve_outcome outcome)
{
	struct msg_bundle bundle;

	assert_int_equal(rig_resolve(rig, owner, &bundle, NULL), outcome);
}

#endif
