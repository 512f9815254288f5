/* regex_reader: reads the text of an expression, rune by rune.
 *
 *   in     an expression, hostile
 *   out    runes; the sentence of a refusal, with the part that it is about
 *   owns   nothing
 *   never  knows what a rune means
 */
#include "translator/regex/regex_reader.h"

#include "base/buf.h"

/* The part as a person typed it: backslashes stay single; what does not print, or is no UTF-8, is
 * \xNN. */
static void show(struct str part, struct buf *out)
{
	bool is_text = str_is_utf8(part);

	for (size_t i = 0; i < part.len; i++) {
		unsigned char c = (unsigned char)part.ptr[i];

		if (c < ' ' || c == 0x7f || (c >= 0x80 && !is_text))
			buf_printf(out, "\\x%02x", c);
		else
			buf_putc(out, (char)c);
	}
}

int translator_regex_reader_fail(struct regex_reader *r, const char *reason, struct str from)
{
	struct str part = str_slice(from, 0, from.len - r->rest.len);
	size_t len = part.len < ERR_VALUE_MAX ? part.len : ERR_VALUE_MAX;
	struct buf shown;

	/* not in the middle of a character */
	while (len > 0 && len < part.len && (part.ptr[len] & 0xc0) == 0x80)
		len--;
	buf_init(&shown, ERR_MAX);
	show(str_slice(part, 0, len), &shown);
	err_set(r->err, "%s: `" STR_FMT "%s`", reason, STR_ARG(buf_view(&shown)),
		len < part.len ? "..." : "");
	buf_clear(&shown);
	return -1;
}

bool translator_regex_reader_is_at(const struct regex_reader *r, const char *text)
{
	return str_starts(r->rest, text);
}

void translator_regex_reader_skip(struct regex_reader *r, size_t n)
{
	r->rest = str_slice(r->rest, n, r->rest.len);
}

int translator_regex_reader_rune(struct regex_reader *r, uint32_t *rune)
{
	const unsigned char *p = (const unsigned char *)r->rest.ptr;
	struct str start = r->rest;
	size_t len;

	*rune = UINT32_MAX;
	if (r->rest.len == 0)
		return 0;
	len = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (len > r->rest.len || !str_is_utf8(str_slice(r->rest, 0, len))) {
		translator_regex_reader_skip(r, r->rest.len);
		return translator_regex_reader_fail(r, REGEX_INVALID_UTF8, start);
	}
	*rune = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++)
		*rune = *rune << 6 | (p[i] & 0x3fu);
	translator_regex_reader_skip(r, len);
	return 0;
}
