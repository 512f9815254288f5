/* text_list: texts in one block of memory, for a short list that each of many owners has. A pool
 * of its own would take 1 KiB for each. */
#ifndef BASE_TEXT_LIST_H
#define BASE_TEXT_LIST_H

#include "base/str.h"

struct text_list {
	size_t n;
	struct str items[]; /* their texts stand behind them */
};

/* A copy, whole; to be freed with mem_free. */
struct text_list *text_list_new(const struct str_list *texts);
/* As a list, borrowed. */
struct str_list text_list_view(struct text_list *list);

#endif
