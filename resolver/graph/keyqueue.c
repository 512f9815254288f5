/* line: keys that wait their turn.
 *
 *   in     keys, as often as something happens to them
 *   out    each once, in the order of their first coming
 *   owns   at most one place a key: so its length is bounded by the number of objects
 */
#include "resolver/graph/keyqueue.h"

#include "base/mem.h"
#include "resolver/graph/key.h"

struct line_place {
	struct line_place *before, *behind;
	size_t text_len;
	char text[];
};

void resolver_line_init(struct line *line)
{
	*line = (struct line){ 0 };
	map_init(&line->places, mem_free);
}

void resolver_line_clear(struct line *line)
{
	map_clear(&line->places);
	line->first = line->last = NULL;
}

void resolver_line_add(struct line *line, const struct msg_key *key)
{
	struct key_text buf;
	struct str text = resolver_key_text(key, &buf);
	struct line_place *place;

	if (map_get(&line->places, text))
		return;
	place = mem_alloc(sizeof(*place) + text.len + 1);
	place->text_len = text.len;
	memcpy(place->text, text.ptr, text.len);
	place->before = line->last;
	if (line->last)
		line->last->behind = place;
	else
		line->first = place;
	line->last = place;
	map_put(&line->places, text, place);
}

static void leave(struct line *line, struct line_place *place)
{
	if (place->before)
		place->before->behind = place->behind;
	else
		line->first = place->behind;
	if (place->behind)
		place->behind->before = place->before;
	else
		line->last = place->before;
	map_del(&line->places, (struct str){ place->text, place->text_len });
}

bool resolver_line_take(struct line *line, struct pool *pool, struct msg_key *key)
{
	struct line_place *place = line->first;

	if (!place)
		return false;
	*key = resolver_key_from_text(pool_bytes(pool, place->text, place->text_len));
	leave(line, place);
	return true;
}
