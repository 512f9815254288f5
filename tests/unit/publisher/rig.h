/* rig: CONFIGs for tests, built from a line of text. */
#ifndef TESTS_PUBLISHER_RIG_H
#define TESTS_PUBLISHER_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "msg/config.h"
#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"
#include "publisher/wanted/apply.h"
#include "publisher/wanted/render.h"
#include "tests/lib/pb_from_json.h"

static inline struct msg_key rig_key(const char *name)
{
	return (struct msg_key){ MSG_KIND_INGRESS, STR("ns"), str_from(name) };
}

static inline struct str rig_pack(const ProtobufCMessage *m, struct pool *pool)
{
	struct buf buf;
	struct str out;

	buf_init(&buf, BUF_MAX_MESSAGE);
	pb_pack(m, &buf);
	out = pool_str(pool, buf.len ? buf_view(&buf) : STR(""));
	buf_clear(&buf);
	return out;
}

/* A Config from its protobuf-JSON, packed. */
static inline struct str rig_pack_json(const char *json, struct pool *pool)
{
	Pomerium__Config__Config *config = PB_NEW(pool, pomerium__config__config);
	struct err err = { "" };

	if (pb_from_json(str_from(json), pool, &config->base, &err) < 0)
		fail_msg("%s: %s", json, err.text);
	return rig_pack(&config->base, pool);
}

/* A CONFIG of an Ingress with the Config that the JSON says. */
static inline struct msg_config rig_config(const char *name, const char *json, struct pool *pool)
{
	return (struct msg_config){ .owner = rig_key(name),
				    .stamp = { .epoch = 1, .number = 1 },
				    .config = rig_pack_json(json, pool),
				    .bootstrap = STR("") };
}

/* One route: host without scheme, a prefix and an id that belongs to the owner. */
static inline const char *rig_route(const char *owner, const char *host, const char *prefix,
				    struct pool *pool)
{
	return pool_printf(pool,
			   "{\"routes\":[{\"id\":\"%s%s\",\"from\":\"https://"
			   "%s\",\"prefix\":\"%s\",\"to\":[\"http://x\"]}]}",
			   owner, prefix, host, prefix)
		.ptr;
}

/* SECRET_PUT of ns/name with one value. */
static inline void rig_secret(struct wanted *wanted, const char *name, const char *key,
			      struct str bytes)
{
	struct msg_secret_entry entry = { str_from(key), hash_of(bytes), bytes };
	struct msg_secret_put put = { { MSG_KIND_SECRET, STR("ns"), str_from(name) },
				      { &entry, 1 } };

	publisher_wanted_secret(wanted, &put);
}

static inline enum wanted_outcome rig_put(struct wanted *wanted, const struct msg_config *config)
{
	struct msg_key missing;
	struct err err = { "" };

	return publisher_apply_config(wanted, config, &missing, &err);
}

/* The rendered JSON, in the pool. */
static inline const char *rig_render(struct wanted *wanted, enum wanted_format format,
				     struct pool *pool)
{
	struct buf out;
	struct err err = { "" };
	const char *text;

	buf_init(&out, BUF_MAX_OUTPUT);
	if (publisher_render_all(wanted, format, &out, &err) < 0)
		fail_msg("%s", err.text);
	text = pool_str(pool, buf_view(&out)).ptr;
	buf_clear(&out);
	return text;
}

#endif
