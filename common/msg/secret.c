/* secret: field tables of the lane past the translator, and the values of a Secret document. */
#include "msg/secret.h"

#include <string.h>

#include "base/map.h"
#include "msg/gateway.h"

#define DATA_MAX (1u << 20)
#define ENTRIES_MAX 65536u
#define KEY_MAX 253u

static const struct codec_field secret_wanted_fields[] = {
	CODEC_FIELD(msg_secret_wanted, key, CODEC_STRUCT, .of = &msg_key_codec),
	CODEC_FIELD(msg_secret_wanted, wanted, CODEC_BOOL),
};
const struct codec msg_secret_wanted_codec = CODEC_OF(msg_secret_wanted, secret_wanted_fields);

static const struct codec_field secret_value_fields[] = {
	CODEC_FIELD(msg_secret_value, key, CODEC_STRUCT, .of = &msg_key_codec),
	CODEC_FIELD(msg_secret_value, answer, CODEC_UINT, .max = MSG_SECRET_UNAVAILABLE),
	CODEC_FIELD(msg_secret_value, type, CODEC_TEXT),
	CODEC_FIELD(msg_secret_value, data, CODEC_BYTES_MAP, .flags = CODEC_HIDDEN),
};
const struct codec msg_secret_value_codec = CODEC_OF(msg_secret_value, secret_value_fields);

static const struct codec_field secret_entry_fields[] = {
	CODEC_FIELD(msg_secret_entry, name, CODEC_TEXT),
	CODEC_FIELD(msg_secret_entry, fingerprint, CODEC_HASH),
	CODEC_FIELD(msg_secret_entry, bytes, CODEC_BYTES, .flags = CODEC_HIDDEN),
};
static const struct codec secret_entry_codec = CODEC_OF(msg_secret_entry, secret_entry_fields);

static const struct codec_field secret_put_fields[] = {
	CODEC_FIELD(msg_secret_put, key, CODEC_STRUCT, .of = &msg_key_codec),
	CODEC_FIELD(msg_secret_put, entries, CODEC_LIST, .of = &secret_entry_codec),
};
const struct codec msg_secret_put_codec = CODEC_OF(msg_secret_put, secret_put_fields);

/* ---- from a document ---- */
struct secret_document {
	struct str type;
	struct str_map data, stringData;
};

static const struct codec_field document_fields[] = {
	CODEC_FIELD(secret_document, type, CODEC_TEXT),
	CODEC_FIELD(secret_document, data, CODEC_BYTES_MAP, .flags = CODEC_HIDDEN),
	CODEC_FIELD(secret_document, stringData, CODEC_TEXT_MAP, .flags = CODEC_HIDDEN),
};
static const struct codec document_codec = CODEC_OF(secret_document, document_fields);

/* As the API server does, and never more than fits into one message. */
static int check_size(const struct str_map *data, struct err *err)
{
	size_t total = 0;

	for (size_t i = 0; i < data->n; i++) {
		if (data->items[i].key.len > KEY_MAX)
			return err_set(err,
				       "data: the key %s has %zu bytes, at most %u are allowed, as "
				       "in Kubernetes",
				       err_quote(data->items[i].key), data->items[i].key.len,
				       KEY_MAX);
		total += data->items[i].value.len;
	}
	if (total > DATA_MAX)
		return err_set(err,
			       "data: %zu bytes in all, at most %u are allowed, as in Kubernetes",
			       total, DATA_MAX);
	if (data->n > ENTRIES_MAX)
		return err_set(err, "data: %zu entries, at most %u are allowed", data->n,
			       ENTRIES_MAX);
	return 0;
}

/* stringData wins over data, as in the API server. */
static struct str_map fold(const struct secret_document *doc, struct pool *pool)
{
	struct str_map out = {
		pool_array(pool, doc->data.n + doc->stringData.n, sizeof(*out.items)), 0
	};
	struct map strings;

	map_init(&strings, NULL);
	for (size_t i = 0; i < doc->stringData.n; i++)
		map_put(&strings, doc->stringData.items[i].key, &doc->stringData.items[i]);
	for (size_t i = 0; i < doc->data.n; i++)
		if (!map_get(&strings, doc->data.items[i].key))
			out.items[out.n++] = doc->data.items[i];
	for (size_t i = 0; i < doc->stringData.n; i++)
		out.items[out.n++] = doc->stringData.items[i];
	map_clear(&strings);
	return out;
}

/* Its authorities, if it has any. */
static void from_config_map(const struct msg_config_map *map, struct pool *pool,
			    struct msg_secret_value *out)
{
	out->key = (struct msg_key){ MSG_KIND_CONFIG_MAP, map->metadata.namespace,
				     map->metadata.name };
	out->answer = MSG_SECRET_FOUND;
	out->type = STR("");
	if (map->data.ca_crt.ptr)
		*(struct str_pair *)pool_push(pool, &out->data.items, &out->data.n,
					      sizeof(struct str_pair)) =
			(struct str_pair){ STR("ca.crt"), map->data.ca_crt };
}

int msg_secret_from_value(const struct value *doc, struct pool *pool, struct msg_secret_value *out,
			  struct err *err)
{
	struct msg_object object;
	struct secret_document document;

	memset(out, 0, sizeof(*out));
	if (msg_object_from_value(doc, pool, &object, err) < 0)
		return -1;
	if (object.key.kind == MSG_KIND_CONFIG_MAP) {
		from_config_map(object.config_map, pool, out);
		return 0;
	}
	if (object.key.kind != MSG_KIND_SECRET)
		return err_set(err, "this document is not a Secret of apiVersion v1");
	if (codec_from_value(&document_codec, doc, pool, &document, err) < 0)
		return -1;
	out->key = object.key;
	out->answer = MSG_SECRET_FOUND;
	out->type = document.type.len ? document.type : STR("Opaque");
	out->data = fold(&document, pool);
	return check_size(&out->data, err);
}
