/* fuzz_foreign: records of others in the databroker: what is kept of them is names that can be
 * ordered, within its bound, and all of it goes again.
 *
 * Input: records of a byte that says of which type, a byte that names it, two bytes of length and
 * that many bytes of a packed message; the uppermost bit of the first: it is deleted. */
#include "publisher/databroker/foreign_read.h"

#define MOST 20000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How many of each are told and have not ceased. */
struct counted {
	size_t n_hosts, n_names;
};

static void check(const struct str_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (!list->items[i].len || list->items[i].len > 255 ||
		    !str_is_ascii(list->items[i]) || str_has_control(list->items[i]))
			__builtin_trap();
}

static void on_changed(void *self, const struct foreign_facts *facts, int step)
{
	struct counted *counted = self;

	check(&facts->hosts);
	check(&facts->names);
	counted->n_hosts += (size_t)step * facts->hosts.n;
	counted->n_names += (size_t)step * facts->names.n;
}

static void take(struct foreign *foreign, unsigned what, struct str id, struct str bytes)
{
	const enum foreign_kind kind = (enum foreign_kind)(what % 0x80 % FOREIGN_N_KINDS);
	struct foreign_facts facts;
	struct pool pool;
	struct err err = { "" };

	if (what & 0x80) {
		publisher_foreign_gone(foreign, kind, id);
		return;
	}
	pool_init(&pool);
	if (publisher_foreign_read(kind, bytes, &pool, &facts, &err) == 0)
		publisher_foreign_put(foreign, kind, id, &facts);
	else if (err.text[0])
		publisher_foreign_put(foreign, kind, id, NULL);
	else
		__builtin_trap();
	pool_clear(&pool);
	if (foreign->size > MOST)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct counted counted = { 0 };
	struct foreign foreign;

	publisher_foreign_init(&foreign, MOST);
	foreign.self = &counted;
	foreign.changed = on_changed;
	while (size >= 4) {
		size_t len = (size_t)data[2] | (size_t)data[3] << 8;

		len = len < size - 4 ? len : size - 4;
		take(&foreign, data[0], (struct str){ (const char *)data + 1, 1 },
		     (struct str){ (const char *)data + 4, len });
		data += 4 + len;
		size -= 4 + len;
	}
	publisher_foreign_clear(&foreign);
	if (foreign.size || counted.n_hosts || counted.n_names)
		__builtin_trap();
	return 0;
}
