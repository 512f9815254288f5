/* log_json: the key=value text of a log line as members of a JSON object.
 *
 *   in     logfmt fields, perhaps cut off anywhere
 *   out    members
 *   owns   nothing
 *   never  writes what a JSON parser would refuse
 */
#include "base/log_json.h"

#include <string.h>

/* Bytes of the character at the front, 0: it is none. */
static size_t character(struct str s)
{
	const unsigned char c = (unsigned char)s.ptr[0];
	const size_t n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;

	return n <= s.len && str_is_utf8(str_slice(s, 0, n)) ? n : 0;
}

void log_json_string(struct str text, struct buf *out)
{
	struct buf clean;

	if (str_is_utf8(text)) {
		buf_json(out, text);
		return;
	}
	buf_init(&clean, 3 * text.len + 1);
	while (text.len) {
		const size_t n = character(text);

		if (n)
			buf_str(&clean, str_slice(text, 0, n));
		else
			buf_puts(&clean, "\xEF\xBF\xBD");
		text = str_slice(text, n ? n : 1, text.len);
	}
	buf_json(out, buf_view(&clean));
	buf_clear(&clean);
}

/* Takes the value off the front: a quoted one is written out, and up to a blank otherwise. */
static void take_value(struct str *rest, struct buf *value)
{
	static const char letters[] = "nrt", meant[] = "\n\r\t";
	size_t i = 1;

	buf_reset(value);
	if (!str_starts(*rest, "\"")) {
		const long blank = str_find(*rest, ' ');
		const size_t end = blank < 0 ? rest->len : (size_t)blank;

		buf_str(value, str_slice(*rest, 0, end));
		*rest = str_slice(*rest, end, rest->len);
		return;
	}
	for (; i < rest->len && rest->ptr[i] != '"'; i++) {
		const char next = i + 1 < rest->len ? rest->ptr[i + 1] : '\0';
		const char *letter = next ? strchr(letters, next) : NULL;

		if (rest->ptr[i] == '\\' && (next == '"' || next == '\\' || letter)) {
			buf_putc(value, letter ? meant[letter - letters] : next);
			i++;
		} else {
			buf_putc(value, rest->ptr[i]);
		}
	}
	*rest = str_slice(*rest, i < rest->len ? i + 1 : i, rest->len);
}

/* The key at the front with its '='; empty: there is none. */
static struct str take_key(struct str *rest)
{
	size_t n = 0;

	while (n < rest->len &&
	       (rest->ptr[n] == '_' || (rest->ptr[n] >= 'a' && rest->ptr[n] <= 'z') ||
		(n && rest->ptr[n] >= '0' && rest->ptr[n] <= '9')))
		n++;
	if (!n || n == rest->len || rest->ptr[n] != '=')
		return STR("");
	*rest = str_slice(*rest, n + 1, rest->len);
	return (struct str){ rest->ptr - n - 1, n };
}

static bool is_taken(struct str key)
{
	return str_is(key, "ts") || str_is(key, "level") || str_is(key, "room") ||
	       str_is(key, "msg");
}

void log_json_fields(struct str fields, struct buf *out)
{
	struct buf value, text;

	buf_init(&value, fields.len + 1);
	buf_init(&text, fields.len + 1);
	for (fields = str_trim(fields); fields.len; fields = str_trim(fields)) {
		const struct str key = take_key(&fields);

		take_value(&fields, &value);
		if (!key.len) {
			buf_puts(&text, text.len ? " " : "");
			buf_str(&text, buf_view(&value));
			continue;
		}
		buf_printf(out, ",\"" STR_FMT "%s\":", STR_ARG(key), is_taken(key) ? "_" : "");
		log_json_string(buf_view(&value), out);
	}
	if (text.len) {
		buf_puts(out, ",\"text_\":");
		log_json_string(buf_view(&text), out);
	}
	buf_clear(&value);
	buf_clear(&text);
}
