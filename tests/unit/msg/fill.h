/* fill: structs with made-up content, by their field tables, so that every field of every message
 * is tried. */
#ifndef TEST_MSG_FILL_H
#define TEST_MSG_FILL_H

#include <string.h>

#include "base/hash.h"
#include "msg/msg.h"

#define FILL_SECRET "CANARY" /* begins every hidden byte string */

struct fill {
	uint64_t state; /* of the dice */
	struct pool *pool;
};

static inline uint64_t fill_dice(struct fill *f, uint64_t n)
{
	f->state = f->state * 6364136223846793005u + 1442695040888963407u;
	return (f->state >> 33) % n;
}

static inline struct str fill_text(struct fill *f, uint64_t max)
{
	static const char *const texts[] = {
		"", "a", "web", "h\xc3\xa9llo", "line\nline", "\xf0\x9f\x8c\x8a", "x\"y\\z"
	};
	struct str s = pool_str(f->pool, str_from(texts[fill_dice(f, 7)]));

	if (fill_dice(f, 5) == 0) {
		size_t len = 30 + fill_dice(f, max < 70000 ? max - 30 : 70000);
		char *bytes = pool_alloc(f->pool, len + 1);

		memset(bytes, 'm', len);
		s = (struct str){ bytes, len };
	}
	return s.len <= max ? s : STR("");
}

static inline struct str fill_bytes(struct fill *f, unsigned flags)
{
	size_t len = fill_dice(f, 300);
	char *bytes = pool_alloc(f->pool, len + 16);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)fill_dice(f, 256);
	if (flags & CODEC_HIDDEN) {
		memcpy(bytes, FILL_SECRET, 6);
		len = len < 6 ? 6 : len;
	}
	return (struct str){ bytes, len };
}

static inline void fill_value(struct fill *f, struct value *v, unsigned depth)
{
	v->type = (enum value_type)fill_dice(f, depth > 3 ? VALUE_TIME + 1 : VALUE_MAP + 1);
	v->text = fill_text(f, 200);
	switch (v->type) {
	case VALUE_NULL:
		break;
	case VALUE_BOOL:
		v->boolean = fill_dice(f, 2);
		break;
	case VALUE_INT:
		v->integer = fill_dice(f, 2) ? INT64_MIN : (int64_t)fill_dice(f, 1000) - 500;
		break;
	case VALUE_UINT:
		v->uinteger = UINT64_MAX - fill_dice(f, 10);
		break;
	case VALUE_FLOAT:
		v->number = (double)fill_dice(f, 1000) / 7;
		break;
	case VALUE_STRING:
	case VALUE_TIME:
		v->string = fill_text(f, 1000);
		break;
	case VALUE_LIST:
		v->list.n = fill_dice(f, 4);
		v->list.items = pool_array(f->pool, v->list.n, sizeof(*v->list.items));
		for (size_t i = 0; i < v->list.n; i++)
			fill_value(f, &v->list.items[i], depth + 1);
		break;
	case VALUE_MAP:
		v->map.n = fill_dice(f, 4);
		v->map.entries = pool_array(f->pool, v->map.n, sizeof(*v->map.entries));
		for (size_t i = 0; i < v->map.n; i++) {
			v->map.entries[i].key.type = VALUE_STRING;
			v->map.entries[i].key.string = pool_printf(f->pool, "key%zu", i);
			fill_value(f, &v->map.entries[i].value, depth + 1);
		}
		break;
	}
}

static inline void fill_map(struct fill *f, const struct codec_field *field, struct str_map *map)
{
	map->n = fill_dice(f, 20);
	map->items = pool_array(f->pool, map->n, sizeof(*map->items));
	for (size_t i = 0; i < map->n; i++) {
		map->items[i].key = pool_printf(f->pool, "key%zu", i);
		map->items[i].value = field->type == CODEC_TEXT_MAP ? fill_text(f, 1000)
								    : fill_bytes(f, field->flags);
	}
}

static inline int64_t fill_int(struct fill *f, uint64_t max)
{
	uint64_t top = max ? max : (uint64_t)INT64_MAX;
	uint64_t x = fill_dice(f, 3) == 0 ? top : fill_dice(f, 70000) % (top + 1);

	return fill_dice(f, 2) ? (int64_t)x : -(int64_t)x;
}

static inline void fill_struct(struct fill *f, const struct codec *codec, void *to);

static inline void fill_list(struct fill *f, const struct codec *of, struct codec_list *list)
{
	list->n = fill_dice(f, 5);
	list->items = pool_array(f->pool, list->n, of->size);
	for (size_t i = 0; i < list->n; i++)
		fill_struct(f, of, (char *)list->items + i * of->size);
}

static inline void fill_field(struct fill *f, const struct codec_field *field, void *at)
{
	uint64_t max = field->max ? field->max : UINT64_MAX;
	struct str_list *texts = at;

	if (field->flags & CODEC_NULLABLE && fill_dice(f, 3) == 0)
		return;
	switch (field->type) {
	case CODEC_BOOL:
		*(bool *)at = fill_dice(f, 2);
		break;
	case CODEC_TRISTATE:
		*(int8_t *)at = (int8_t)((int)fill_dice(f, 3) - 1);
		break;
	case CODEC_INT:
		*(int64_t *)at = fill_int(f, field->max);
		break;
	case CODEC_NATURAL:
		*(int64_t *)at = (int64_t)fill_dice(f, field->max ? field->max : 70000) - 1;
		break;
	case CODEC_TIME:
		*(int64_t *)at = fill_int(f, 253402300799);
		break;
	case CODEC_UINT:
		*(uint64_t *)at =
			fill_dice(f, 3) == 0 ? max : fill_dice(f, max < 70000 ? max + 1 : 70000);
		break;
	case CODEC_TEXT:
		*(struct str *)at = fill_text(f, max < 65536 ? max : 65536);
		break;
	case CODEC_BYTES:
		*(struct str *)at = fill_bytes(f, field->flags);
		if (((struct str *)at)->len > max)
			((struct str *)at)->len = max;
		break;
	case CODEC_INT_OR_TEXT:
		((struct msg_int_or_text *)at)->is_int = fill_dice(f, 2);
		((struct msg_int_or_text *)at)->number =
			((struct msg_int_or_text *)at)->is_int ? fill_int(f, 0) : 0;
		if (!((struct msg_int_or_text *)at)->is_int && fill_dice(f, 2))
			((struct msg_int_or_text *)at)->text = fill_text(f, 100);
		break;
	case CODEC_TEXTS:
		texts->n = fill_dice(f, 20);
		texts->items = pool_array(f->pool, texts->n, sizeof(*texts->items));
		for (size_t i = 0; i < texts->n; i++)
			texts->items[i] = fill_text(f, 65536);
		break;
	case CODEC_TEXT_MAP:
	case CODEC_BYTES_MAP:
		fill_map(f, field, at);
		break;
	case CODEC_STRUCT:
		fill_struct(f, field->of, at);
		break;
	case CODEC_OPTIONAL:
		if (fill_dice(f, 2)) {
			*(void **)at = pool_alloc(f->pool, field->of->size);
			fill_struct(f, field->of, *(void **)at);
		}
		break;
	case CODEC_LIST:
		fill_list(f, field->of, at);
		break;
	case CODEC_VALUE:
		if (fill_dice(f, 2)) {
			*(struct value **)at = pool_alloc(f->pool, sizeof(struct value));
			fill_value(f, *(struct value **)at, 0);
		}
		break;
	case CODEC_HASH:
		memset(at, (int)fill_dice(f, 256), HASH_LEN);
		break;
	}
}

static inline void fill_struct(struct fill *f, const struct codec *codec, void *to)
{
	memset(to, 0, codec->size);
	for (size_t i = 0; i < codec->n_fields; i++)
		fill_field(f, &codec->fields[i], (char *)to + codec->fields[i].offset);
}

static inline void fill_key(struct fill *f, struct msg_key *key)
{
	key->kind = 1 + fill_dice(f, MSG_N_KINDS - 1);
	key->namespace = msg_kind_is_namespaced((enum msg_kind)key->kind) ? STR("shop") : STR("");
	key->name = pool_printf(f->pool, "web-%llu", (unsigned long long)fill_dice(f, 100));
}

/* A message that msg_unpack takes. */
static inline void fill_msg(struct fill *f, enum msg_type type, struct msg *m)
{
	struct msg_object *o = &m->body.object;

	memset(m, 0, sizeof(*m));
	m->type = type;
	m->seq = type <= MSG_RESYNC ? 0 : 1 + fill_dice(f, 100000);
	m->seen_ns = m->seq ? fill_dice(f, 3) * 1000000007 * fill_dice(f, 70000) : 0;
	fill_struct(f, msg_codec(type), &m->body);
	if (msg_subject(m))
		fill_key(f, (struct msg_key *)msg_subject(m));
	if (type == MSG_KIND_STATE)
		m->body.kind_state.kind = MSG_KIND_SECRET;
	if (type == MSG_INVENTORY)
		for (size_t i = 0; i < m->body.inventory.owners.n; i++)
			fill_key(f, &m->body.inventory.owners.items[i].owner);
	if (type == MSG_OBJECT_PUT) {
		struct msg_key key = o->key;

		memset(o, 0, sizeof(*o));
		o->key = key;
		/* the parts stand at the end, in the order of the kinds */
		const struct codec_field *part =
			&msg_object_codec
				 .fields[msg_object_codec.n_fields - MSG_N_KINDS + key.kind];
		void *to = pool_alloc(f->pool, part->of->size);

		fill_struct(f, part->of, to);
		memcpy((char *)o + part->offset, &to, sizeof(to));
	}
}

#endif
