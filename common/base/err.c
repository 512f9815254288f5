/* err: the sentence that goes with a -1.
 *
 *   in     a format and its values, which may be hostile
 *   out    one line of valid UTF-8 without control characters, at most ERR_MAX bytes
 *   owns   four static slots for quoted values
 *   never  allocates for the sentence, never fails
 */
#include "base/err.h"

#include "base/buf.h"

/* One of U+0080 to U+009F, which terminals obey as they do escapes. */
static bool is_control(const char *text)
{
	return (unsigned char)text[0] == 0xC2 && (unsigned char)text[1] >= 0x80 &&
	       (unsigned char)text[1] < 0xA0;
}

/* Makes the text one clean line: what does not print becomes a blank, a cut character goes. */
static void clean(char *text)
{
	size_t len = strlen(text), out = 0;

	for (size_t i = 0; i < len;) {
		unsigned char c = (unsigned char)text[i];
		size_t n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;

		if (n > len - i && c >= 0xC2 && c <= 0xF4)
			break; /* the cut went through this character */
		if (c < 0x20 || c == 0x7F || is_control(text + i)) {
			text[out++] = ' ';
			i += c < 0x80 ? 1 : 2;
			continue;
		}
		if (!str_is_utf8((struct str){ text + i, n })) {
			text[out++] = '?';
			i++;
			continue;
		}
		memmove(text + out, text + i, n);
		out += n;
		i += n;
	}
	text[out] = '\0';
}

__attribute__((format(printf, 3, 0))) static int set(struct err *err, unsigned code,
						     const char *fmt, va_list args)
{
	char text[ERR_MAX];

	if (!err)
		return -1;
	/* Through a second buffer: the values may be part of the old sentence. */
	(void)vsnprintf(text, sizeof(text), fmt, args);
	clean(text);
	memcpy(err->text, text, sizeof(text));
	err->code = code;
	return -1;
}

int err_set(struct err *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)set(err, 0, fmt, args);
	va_end(args);
	return -1;
}

int err_rule(struct err *err, unsigned code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)set(err, code, fmt, args);
	va_end(args);
	return -1;
}

int err_code(struct err *err, unsigned code)
{
	if (err && !err->code)
		err->code = code;
	return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	va_list args;
	char text[ERR_MAX * 2 + 2];
	int len;

	if (!err)
		return -1;
	va_start(args, fmt);
	len = vsnprintf(text, ERR_MAX, fmt, args);
	va_end(args);
	if (len >= 0 && len < ERR_MAX)
		(void)snprintf(text + len, sizeof(text) - (size_t)len, ": %s", err->text);
	text[ERR_MAX - 1] = '\0';
	clean(text);
	memcpy(err->text, text, ERR_MAX);
	return -1;
}

const char *err_quote(struct str value)
{
	static _Thread_local char slots[4][ERR_VALUE_MAX * 4];
	static _Thread_local unsigned next;
	char *slot = slots[next++ % 4];
	struct buf quoted;

	buf_init(&quoted, sizeof(slots[0]) - 1);
	buf_quoted(&quoted, value, ERR_VALUE_MAX);
	memcpy(slot, buf_view(&quoted).ptr, quoted.len);
	slot[quoted.len] = '\0';
	buf_clear(&quoted);
	return slot;
}
