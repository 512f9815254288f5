/* curve_text: the keys in the text of a key file.
 *
 *   in     text that may be a secret, or anything else
 *   out    keys, one by one
 *   owns   nothing
 *   never  repeats a line, leaves the bytes of a key on the stack
 */
#include "actor/link/curve_text.h"

#include <stdint.h>
#include <string.h>
#include <zmq.h>

#include "base/mem.h"

/* No key begins with '#', though it is a digit of Z85: the first five would pass 32 bits. */
static bool key_from(struct str word, struct curve_key *key)
{
	uint8_t bytes[32];
	bool good;

	if (word.len != CURVE_KEY_LEN || memchr(word.ptr, '\0', word.len))
		return false;
	memcpy(key->text, word.ptr, word.len);
	key->text[word.len] = '\0';
	good = zmq_z85_decode(bytes, key->text);
	mem_wipe(bytes, sizeof(bytes));
	return good;
}

static struct str first_word(struct str line, struct str *rest)
{
	size_t n = 0;

	while (n < line.len && line.ptr[n] != ' ' && line.ptr[n] != '\t')
		n++;
	*rest = str_trim(str_slice(line, n, line.len));
	return str_slice(line, 0, n);
}

/* ROOM_NONE: the word is none that connects. */
static enum msg_room room_from(struct str word)
{
	static const enum msg_room rooms[] = { ROOM_WATCHER, ROOM_RESOLVER, ROOM_TRANSLATOR };

	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++)
		if (str_is(word, room_name(rooms[i])))
			return rooms[i];
	return ROOM_NONE;
}

static bool line_from(struct str text, struct curve_line *line)
{
	struct str rest, word = first_word(text, &rest);

	line->room = room_from(word);
	if (line->room)
		word = first_word(rest, &rest);
	return key_from(word, &line->key) && (!rest.len || rest.ptr[0] == '#');
}

int actor_curve_text_next(struct str *text, size_t *n_lines, struct curve_line *line,
			  struct err *err)
{
	struct str next;

	while (text->len) {
		if (!str_cut(*text, '\n', &next, text)) {
			next = *text;
			*text = STR("");
		}
		++*n_lines;
		next = str_trim(next);
		if (line_from(next, line))
			return 1;
		if (next.len && next.ptr[0] != '#')
			return err_set(
				err,
				"line %zu is no key; one key a line, 40 characters of Z85, in "
				"clients.pub behind watcher, resolver or translator",
				*n_lines);
	}
	return 0;
}
