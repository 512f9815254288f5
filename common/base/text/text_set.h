/* text_set: texts in the order in which they came, each once. */
#ifndef BASE_TEXT_SET_H
#define BASE_TEXT_SET_H

#include "base/map.h"
#include "base/pool.h"

struct text_set {
	struct pool *pool; /* has the list; the texts are borrowed */
	struct map seen;
	struct str_list list;
};

void text_set_init(struct text_set *set, struct pool *pool);
void text_set_clear(struct text_set *set); /* the list stays, in the pool */
void text_set_add(struct text_set *set, struct str text);
bool text_set_has(const struct text_set *set, struct str text);

#endif
