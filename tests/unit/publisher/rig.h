/* rig: CONFIGs for tests, built from a line of text. */
#ifndef TESTS_PUBLISHER_RIG_H
#define TESTS_PUBLISHER_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "msg/config.h"
#include "msg/splice_table.h"
#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"
#include "publisher/wanted/apply.h"
#include "publisher/wanted/render.h"
#include "tests/lib/config_parts.h"
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

/* A CONFIG of an Ingress with the Config that the JSON says, and its ticket. */
static inline struct arrival rig_config(const char *name, const char *json, struct pool *pool)
{
	struct arrival arrival = { .ticket = { .owner = rig_key(name),
					       .stamp = { .epoch = 1, .number = 1 },
					       .uid = STR("") },
				   .config = { .bootstrap = STR("") } };

	assert_true(config_parts_split(rig_pack_json(json, pool), pool, &arrival.config,
				       &arrival.ticket.hosts));
	return arrival;
}

/* The same of a Pomerium object. */
static inline struct arrival rig_settings(const char *name, const char *json, struct pool *pool)
{
	struct arrival arrival = rig_config(name, json, pool);

	arrival.ticket.owner = (struct msg_key){ MSG_KIND_POMERIUM, STR(""), str_from(name) };
	return arrival;
}

/* One value of a Secret in the namespace ns. */
struct rig_value {
	const char *secret, *key;
	struct str bytes;
};

/* The ticket vouches for a Secret with these values under this reference. Returns its index. */
static inline uint64_t rig_vouch(struct arrival *arrival, const char *reference, const char *type,
				 const struct rig_value *values, size_t n, struct pool *pool)
{
	struct msg_ticket_secret_list *list = &arrival->ticket.secrets;
	struct msg_ticket_secret *secret = pool_push(pool, &list->items, &list->n, sizeof(*secret));

	*secret = (struct msg_ticket_secret){ .namespace = STR("ns"),
					      .name = str_from(values->secret),
					      .type = str_from(type) };
	*(struct str *)pool_push(pool, &secret->references.items, &secret->references.n,
				 sizeof(struct str)) = str_from(reference);
	for (size_t i = 0; i < n; i++)
		*(struct msg_ticket_value *)pool_push(pool, &secret->values.items,
						      &secret->values.n,
						      sizeof(struct msg_ticket_value)) =
			(struct msg_ticket_value){ str_from(values[i].key),
						   hash_of(values[i].bytes) };
	return list->n - 1;
}

/* A splice of this value by the row of this reference, and what vouches for it. */
static inline void rig_splice(struct arrival *arrival, const char *reference,
			      const struct rig_value *value, const char *at, struct pool *pool)
{
	struct msg_splice_list *list = &arrival->config.splices;
	const struct msg_splice_row *row =
		msg_splice_row_for((enum msg_kind)arrival->ticket.owner.kind, str_from(reference),
				   str_from(value->key));

	assert_non_null(row);
	*(struct msg_splice *)pool_push(pool, &list->items, &list->n, sizeof(struct msg_splice)) =
		(struct msg_splice){ row->id,
				     rig_vouch(arrival, reference, row->type ? row->type : "Opaque",
					       value, 1, pool),
				     str_from(value->key), str_from(at) };
}

/* A certificate of the Secret ns/tls. */
static inline void rig_certificate(struct arrival *arrival, const struct rig_value *values,
				   size_t n, struct pool *pool)
{
	struct msg_certificate_list *list = &arrival->config.certificates;

	*(struct msg_certificate *)pool_push(pool, &list->items, &list->n,
					     sizeof(struct msg_certificate)) =
		(struct msg_certificate){ rig_vouch(arrival, MSG_TICKET_TLS, "kubernetes.io/tls",
						    values, n, pool) };
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

/* SECRET_PUT of a Secret with these values. */
static inline void rig_secret(struct wanted *wanted, const struct rig_value *values, size_t n)
{
	struct msg_secret_entry entries[4];
	struct msg_secret_put put = { { MSG_KIND_SECRET, STR("ns"), str_from(values->secret) },
				      { entries, n } };

	for (size_t i = 0; i < n; i++)
		entries[i] = (struct msg_secret_entry){ str_from(values[i].key),
							hash_of(values[i].bytes), values[i].bytes };
	publisher_wanted_secret(wanted, &put);
}

static inline enum wanted_outcome rig_put(struct wanted *wanted, const struct arrival *arrival)
{
	struct msg_key missing;
	struct err err = { "" };

	return publisher_apply_config(wanted, arrival, &missing, &err);
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
