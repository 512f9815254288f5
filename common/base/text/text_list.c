/* text_list: texts in one block of memory.
 *
 *   in     a list of texts
 *   out    a copy of it
 *   owns   nothing
 *   never  grows
 */
#include "base/text/text_list.h"

#include <string.h>

#include "base/mem.h"

struct text_list *text_list_new(const struct str_list *texts)
{
	struct text_list *list;
	size_t len = 0;
	char *at;

	for (size_t i = 0; i < texts->n; i++)
		len += texts->items[i].len;
	list = mem_alloc(sizeof(*list) + texts->n * sizeof(struct str) + len);
	at = (char *)&list->items[texts->n];
	for (; list->n < texts->n; list->n++) {
		const struct str text = texts->items[list->n];

		if (text.len)
			memcpy(at, text.ptr, text.len);
		list->items[list->n] = (struct str){ at, text.len };
		at += text.len;
	}
	return list;
}

struct str_list text_list_view(struct text_list *list)
{
	return (struct str_list){ list->items, list->n };
}
