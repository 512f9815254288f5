/* text_set: texts in the order in which they came, each once.
 *
 *   in     texts, perhaps some of them many times
 *   out    a list of them
 *   owns   what was seen
 *   never  copies a text into the list
 */
#include "base/text/text_set.h"

void text_set_init(struct text_set *set, struct pool *pool)
{
	*set = (struct text_set){ .pool = pool };
	map_init(&set->seen, NULL);
}

void text_set_clear(struct text_set *set)
{
	map_clear(&set->seen);
}

void text_set_add(struct text_set *set, struct str text)
{
	if (text_set_has(set, text))
		return;
	map_put(&set->seen, text, set);
	*(struct str *)pool_push(set->pool, &set->list.items, &set->list.n, sizeof(text)) = text;
}

bool text_set_has(const struct text_set *set, struct str text)
{
	return map_get(&set->seen, text) != NULL;
}
