/* value_build: makes a tree of untyped data.
 *
 *   in     names, texts and numbers
 *   out    maps and lists in a pool
 *   owns   nothing
 *   never  looks for a key that is there already
 */
#include "base/value_build.h"

struct value *value_put(struct value *map, const char *key, struct pool *pool)
{
	struct value_entry *entry;

	map->type = VALUE_MAP;
	entry = pool_push(pool, &map->map.entries, &map->map.n, sizeof(*entry));
	entry->key.type = VALUE_STRING;
	entry->key.string = entry->key.text = str_from(key);
	return &entry->value;
}

struct value *value_add(struct value *list, struct pool *pool)
{
	list->type = VALUE_LIST;
	return pool_push(pool, &list->list.items, &list->list.n, sizeof(struct value));
}

void value_put_text(struct value *map, const char *key, struct str text, struct pool *pool)
{
	struct value *v = value_put(map, key, pool);

	v->type = VALUE_STRING;
	v->string = v->text = text.ptr ? text : STR("");
}

void value_put_nullable(struct value *map, const char *key, struct str text, struct pool *pool)
{
	if (text.ptr)
		value_put_text(map, key, text, pool);
}

void value_put_int(struct value *map, const char *key, int64_t number, struct pool *pool)
{
	struct value *v = value_put(map, key, pool);

	v->type = VALUE_INT;
	v->integer = number;
	v->text = pool_printf(pool, "%lld", (long long)number);
}

struct value *value_put_list(struct value *map, const char *key, struct pool *pool)
{
	struct value *v = value_put(map, key, pool);

	v->type = VALUE_LIST;
	return v;
}
