/* names: makes the ids and the statistics names of routes.
 *
 *   in     namespace and name of an Ingress, a host, a path: any text
 *   out    the route's id (JSON) and its statistics name (a slug), byte for byte the reference's
 *   owns   nothing: the transliteration is a constant table
 *   never  fails: what cannot be written in ASCII is left out
 */
#include "translator/ingress/names.h"

#include "base/buf.h"

static const char *const transliterations[256] = {
#include "translator/ingress/transliterate.inc"
};

/* One character of valid UTF-8; moves *i past it. */
static uint32_t next_char(struct str s, size_t *i)
{
	unsigned char c = (unsigned char)s.ptr[(*i)++];
	size_t more = c < 0x80 ? 0 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
	uint32_t point = more ? c & (0x3Fu >> more) : c;

	for (; more && *i < s.len; more--)
		point = point << 6 | ((unsigned char)s.ptr[(*i)++] & 0x3Fu);
	return point;
}

/* ---- slugs ---- */

/* What the table says for ASCII, without looking it up: nearly all text is ASCII. */
static struct str ascii_word(const char *at)
{
	static const char lower[] = "abcdefghijklmnopqrstuvwxyz";
	char c = *at;

	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')
		return (struct str){ at, 1 };
	if (c >= 'A' && c <= 'Z')
		return (struct str){ lower + (c - 'A'), 1 };
	if (c == '&')
		return STR("and");
	if (c == '@')
		return STR("at");
	return c == '"' || c == '\'' ? STR("") : STR("-");
}

/* The word of the table for a character; nothing for those beyond the basic plane. */
static struct str table_word(uint32_t point)
{
	const char *word = point < 0x10000 ? transliterations[point >> 8] : NULL;
	struct str rest = str_from(word), head;

	for (uint32_t i = 0; i < (point & 0xFF) && rest.ptr; i++) {
		if (!str_cut(rest, ' ', &head, &rest))
			rest = STR_NONE;
	}
	return str_cut(rest, ' ', &head, &rest) ? head : rest;
}

static void slug_byte(struct buf *out, size_t start, char c)
{
	bool first = out->len == start;

	if (c == '-' && (first || out->ptr[out->len - 1] == '-'))
		return;
	if (c == '_' && first)
		return;
	buf_putc(out, c);
}

/* Appends the slug of the parts with a dash between them; the ends carry neither dash nor
 * underscore. */
static void slug(struct buf *out, const struct str *parts, size_t n)
{
	size_t start = out->len;

	for (size_t p = 0; p < n; p++) {
		if (p)
			slug_byte(out, start, '-');
		for (size_t i = 0; i < parts[p].len;) {
			const char *at = parts[p].ptr + i;
			uint32_t point = next_char(parts[p], &i);
			struct str word = point < 0x80 ? ascii_word(at) : table_word(point);

			for (size_t k = 0; k < word.len; k++)
				slug_byte(out, start, word.ptr[k]);
		}
	}
	while (out->len > start && (out->ptr[out->len - 1] == '-' || out->ptr[out->len - 1] == '_'))
		out->len--;
}

static struct str finish(struct buf *text, struct pool *pool)
{
	struct str copy = pool_str(pool, buf_view(text));

	buf_clear(text);
	return copy;
}

struct str translator_names_slug(const struct str *parts, size_t n, struct pool *pool)
{
	struct buf out;

	buf_init(&out, BUF_MAX_TEXT);
	slug(&out, parts, n);
	return finish(&out, pool);
}

struct str translator_names_stat(const struct translator_route_name *of, struct pool *pool)
{
	const struct str who[] = { of->namespace, of->name, of->host };
	struct buf out;
	size_t len;

	buf_init(&out, BUF_MAX_TEXT);
	slug(&out, who, 3);
	len = out.len;
	buf_putc(&out, '-');
	slug(&out, &of->path, 1);
	if (out.len == len + 1)
		out.len = len; /* the path has nothing to say */
	return finish(&out, pool);
}

/* ---- ids ---- */

static void json_char(struct buf *out, uint32_t point, struct str bytes)
{
	static const char shorts[][2] = { { '"', '"' },  { '\\', '\\' }, { '\b', 'b' },
					  { '\f', 'f' }, { '\n', 'n' },  { '\r', 'r' },
					  { '\t', 't' } };

	for (size_t i = 0; i < sizeof(shorts) / sizeof(shorts[0]); i++) {
		if (point == (unsigned char)shorts[i][0]) {
			buf_putc(out, '\\');
			buf_putc(out, shorts[i][1]);
			return;
		}
	}
	/* Go escapes what could end a script element or a JavaScript line. */
	if (point < 0x20 || point == '<' || point == '>' || point == '&' || point == 0x2028 ||
	    point == 0x2029)
		buf_printf(out, "\\u%04x", (unsigned)point);
	else
		buf_str(out, bytes);
}

static void json_member(struct buf *out, const char *key, struct str value)
{
	buf_printf(out, "%s\"%s\":\"", out->len ? "," : "{", key);
	for (size_t i = 0; i < value.len;) {
		size_t start = i;
		uint32_t point = next_char(value, &i);

		json_char(out, point, str_slice(value, start, i));
	}
	buf_putc(out, '"');
}

struct str translator_names_id(const struct translator_route_name *of, bool exact,
			       struct pool *pool)
{
	struct buf out;

	buf_init(&out, BUF_MAX_TEXT);
	json_member(&out, "n", of->name);
	json_member(&out, "ns", of->namespace);
	json_member(&out, "h", of->host);
	json_member(&out, "p", of->path);
	if (exact)
		json_member(&out, "t", STR("Exact"));
	buf_putc(&out, '}');
	return finish(&out, pool);
}
