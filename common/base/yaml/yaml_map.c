/* yaml_map: a map from the nodes that were read for it, with go-yaml v3's rules for keys and
 * merges.
 *
 *   in     keys and values in turn
 *   out    entries in the order of the source, keys unique; what is merged comes last
 *   owns   nothing that outlives a call
 *   never  compares more than MAX_COMPARED keys for the merges of one document
 */
#include "base/yaml/yaml_map.h"

#include "base/mem.h"

#define MAX_COMPARED 20000000
#define FEW 32 /* keys up to here need no array of their own */

static int blame(struct yaml_map_job *job, const struct value *guilty)
{
	job->guilty = guilty;
	return -1;
}

/* One text for all spellings of a key: 1 and 0x1, a text and an alias of it. */
static struct str canonical_key(struct pool *pool, const struct value *key)
{
	switch (key->type) {
	case VALUE_STRING:
	case VALUE_TIME:
		return key->string;
	case VALUE_BOOL:
		return pool_printf(pool, "%cbool %d", '\0', key->boolean);
	case VALUE_INT:
		return pool_printf(pool, "%cint %lld", '\0', (long long)key->integer);
	case VALUE_UINT:
		return pool_printf(pool, "%cint %llu", '\0', (unsigned long long)key->uinteger);
	case VALUE_FLOAT:
		return pool_printf(pool, "%cfloat %.17g", '\0', key->number);
	default:
		return pool_printf(pool, "%c%d", '\0', key->type);
	}
}

/* By spelling, as go-yaml does; then by meaning, since keys are unique in a value. */
static bool find_twice(const struct yaml_map_job *job, struct str *names, size_t *first,
		       size_t *second)
{
	size_t n = job->n / 2;
	bool plain = true;

	for (size_t i = 0; i < n; i++) {
		names[i] = job->nodes[i * 2].name;
		plain = plain && job->nodes[i * 2].value.type == VALUE_STRING &&
			!job->nodes[i * 2].is_alias;
	}
	if (value_find_twice(names, n, first, second))
		return true;
	for (size_t i = 0; i < n && !plain; i++)
		names[i] = canonical_key(job->pool, &job->nodes[i * 2].value);
	return !plain && value_find_twice(names, n, first, second);
}

static int check_keys(struct yaml_map_job *job, struct err *err)
{
	size_t n = job->n / 2, first, second;
	struct str few[FEW] = { STR_NONE }, *names = few;
	bool twice;

	for (size_t i = 0; i < n; i++) {
		const struct value *key = &job->nodes[i * 2].value;

		if (key->type != VALUE_LIST && key->type != VALUE_MAP)
			continue;
		err_set(err, "invalid map key: a %s cannot be one", value_type_name(key->type));
		return blame(job, key);
	}
	if (n > FEW)
		names = mem_alloc(n * sizeof(*names));
	twice = find_twice(job, names, &first, &second);
	if (names != few)
		mem_free(names);
	if (!twice)
		return 0;
	err_set(err, "mapping key %s already defined at line %u",
		err_quote(job->nodes[second * 2].value.text), job->nodes[first * 2].value.line);
	return blame(job, &job->nodes[second * 2].value);
}

static bool has_key(const struct value *map, const struct value *key)
{
	for (size_t i = 0; i < map->map.n; i++)
		if (value_equal(&map->map.entries[i].key, key))
			return true;
	return false;
}

static void add_entry(struct pool *pool, struct value *map, const struct value_entry *entry)
{
	*(struct value_entry *)pool_push(pool, &map->map.entries, &map->map.n, sizeof(*entry)) =
		*entry;
}

/* Entries of the merged map that the map does not have yet. */
static int merge_map(struct yaml_map_job *job, struct value *map, const struct value *merged,
		     struct err *err)
{
	if (merged->type != VALUE_MAP) {
		err_set(err, "map merge requires map or sequence of maps as the value");
		return blame(job, merged);
	}
	/* The search is linear, so the product is what has to be bounded. */
	*job->n_compared += (map->map.n + merged->map.n) * merged->map.n;
	if (*job->n_compared > MAX_COMPARED) {
		err_set(err, "map merge of too many keys");
		return blame(job, merged);
	}
	for (size_t i = 0; i < merged->map.n; i++)
		if (!has_key(map, &merged->map.entries[i].key))
			add_entry(job->pool, map, &merged->map.entries[i]);
	return 0;
}

static int merge(struct yaml_map_job *job, struct value *map, const struct yaml_node *merged,
		 struct err *err)
{
	const struct value *v = &merged->value;

	/* A list of maps is fine, an alias of one is not: go-yaml's rule. */
	if (v->type != VALUE_LIST || merged->is_alias)
		return merge_map(job, map, v, err);
	for (size_t i = 0; i < v->list.n; i++)
		if (merge_map(job, map, &v->list.items[i], err))
			return -1;
	return 0;
}

int yaml_map_build(struct yaml_map_job *job, struct value *out, struct err *err)
{
	const struct yaml_node *merged = NULL;
	struct value_entry *own;
	size_t n = 0;

	if (check_keys(job, err))
		return -1;
	own = pool_array(job->pool, job->n / 2, sizeof(*own));
	for (size_t i = 0; i < job->n; i += 2) {
		if (job->nodes[i].is_merge)
			merged = &job->nodes[i + 1];
		else
			own[n++] = (struct value_entry){ job->nodes[i].value,
							 job->nodes[i + 1].value };
	}
	out->type = VALUE_MAP;
	out->map.entries = merged ? NULL : own;
	out->map.n = merged ? 0 : n;
	if (!merged)
		return 0;
	for (size_t i = 0; i < n; i++)
		add_entry(job->pool, out, &own[i]); /* an array of pool_push from here on */
	return merge(job, out, merged, err);
}
