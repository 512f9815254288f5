/* foreign: what others have stored in the databroker, as far as orders go.
 *
 *   in     what each record says, and when it is gone
 *   out    what counts from now on, and what does no more
 *   owns   the names of each record, and nothing else of it
 *   never  keeps more than it may, whatever others write; forgets what has not been read again
 */
#include "publisher/orders/foreign.h"

#include "base/mem.h"
#include "base/text/text_list.h"

/* What a name costs beside its text, here and in order_names. */
#define NAME_SIZE 256

struct foreign_record {
	struct foreign_facts facts; /* in these, which are NULL if it is unreadable: */
	struct text_list *hosts, *names;
	size_t size;
	unsigned round; /* in which it was told last */
};

static void free_record(void *ptr)
{
	struct foreign_record *record = ptr;

	mem_free(record->hosts);
	mem_free(record->names);
	mem_free(record);
}

void publisher_foreign_init(struct foreign *foreign, size_t max_size)
{
	*foreign = (struct foreign){ .max_size = max_size };
	for (int i = 0; i < FOREIGN_N_KINDS; i++)
		map_init(&foreign->records[i], free_record);
}

static void tell(const struct foreign *foreign, const struct foreign_facts *facts, int step)
{
	if (foreign->changed && (facts->hosts.n || facts->names.n))
		foreign->changed(foreign->self, facts, step);
}

void publisher_foreign_each(const struct foreign *foreign, void *self,
			    void (*call)(void *self, const struct foreign_facts *facts))
{
	void *value;

	for (int kind = 0; kind < FOREIGN_N_KINDS; kind++)
		for (size_t i = 0; map_next(&foreign->records[kind], &i, NULL, &value);)
			call(self, &((const struct foreign_record *)value)->facts);
}

static void drop(struct foreign *foreign, enum foreign_kind kind, struct str id,
		 const struct foreign_record *record)
{
	tell(foreign, &record->facts, -1);
	foreign->size -= record->size;
	map_del(&foreign->records[kind], id);
}

void publisher_foreign_gone(struct foreign *foreign, enum foreign_kind kind, struct str id)
{
	const struct foreign_record *record = map_get(&foreign->records[kind], id);

	if (record)
		drop(foreign, kind, id, record);
}

void publisher_foreign_clear(struct foreign *foreign)
{
	for (int kind = 0; kind < FOREIGN_N_KINDS; kind++) {
		publisher_foreign_begin(foreign, (enum foreign_kind)kind);
		publisher_foreign_end(foreign, (enum foreign_kind)kind);
		map_clear(&foreign->records[kind]);
	}
	foreign->is_full = false;
}

/* ---- one round ---- */

void publisher_foreign_begin(struct foreign *foreign, enum foreign_kind kind)
{
	foreign->round[kind]++;
}

void publisher_foreign_end(struct foreign *foreign, enum foreign_kind kind)
{
	struct str id;
	void *value;

	for (size_t i = 0; map_next(&foreign->records[kind], &i, &id, &value);)
		if (((const struct foreign_record *)value)->round != foreign->round[kind])
			drop(foreign, kind, id, value);
}

/* ---- a record ---- */

static size_t size_of(const struct str_list *list)
{
	size_t size = 0;

	for (size_t i = 0; i < list->n; i++)
		size += NAME_SIZE + 2 * list->items[i].len;
	return size;
}

static struct foreign_record *new_record(const struct foreign_facts *facts, size_t size)
{
	struct foreign_record *record = mem_alloc(sizeof(*record));

	record->size = size;
	if (!facts)
		return record;
	record->hosts = text_list_new(&facts->hosts);
	record->names = text_list_new(&facts->names);
	record->facts = (struct foreign_facts){ text_list_view(record->hosts),
						text_list_view(record->names) };
	return record;
}

/* What does not fit leaves what was there before, which may be wrong: not everything is known. The
 * new facts are told before the old ones cease, so that what both have never does. */
bool publisher_foreign_put(struct foreign *foreign, enum foreign_kind kind, struct str id,
			   const struct foreign_facts *facts)
{
	struct map *records = &foreign->records[kind];
	struct foreign_record *old = map_get(records, id), *record;
	size_t size = sizeof(*record) + NAME_SIZE + id.len;
	const bool was_unreadable = old && !old->hosts;

	if (facts)
		size += size_of(&facts->hosts) + size_of(&facts->names);
	if (old)
		old->round = foreign->round[kind];
	if (foreign->size - (old ? old->size : 0) + size > foreign->max_size) {
		foreign->is_full = true;
		return false;
	}
	record = new_record(facts, size);
	record->round = foreign->round[kind];
	tell(foreign, &record->facts, 1);
	publisher_foreign_gone(foreign, kind, id);
	foreign->size += size;
	map_put(records, id, record);
	return !facts && !was_unreadable;
}

void publisher_foreign_count(const struct foreign_facts *facts, struct order_names *names, int step)
{
	for (size_t i = 0; i < facts->hosts.n; i++)
		publisher_order_names_route(names, facts->hosts.items[i], step);
	for (size_t i = 0; i < facts->names.n; i++)
		publisher_order_names_there(names, facts->names.items[i], step);
}
