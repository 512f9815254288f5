/* buf: a growing run of bytes with a ceiling.
 *
 *   in     bytes to append
 *   out    one run of bytes with a NUL after it
 *   owns   its memory
 *   never  grows past max: what does not fit is refused as a whole and sets full
 */
#include "base/buf.h"

#include "base/mem.h"

void buf_init(struct buf *buf, size_t max)
{
	*buf = (struct buf){ .max = max };
}

void buf_clear(struct buf *buf)
{
	mem_free(buf->ptr);
	buf_init(buf, buf->max);
}

void buf_reset(struct buf *buf)
{
	buf->len = 0;
	buf->full = false;
	if (buf->ptr)
		buf->ptr[0] = '\0';
}

void buf_wipe(struct buf *buf)
{
	if (buf->ptr)
		mem_wipe(buf->ptr, buf->cap);
	buf_clear(buf);
}

/* Makes space for len more bytes and a NUL. False, and full from now on: they pass the ceiling. */
static bool grow(struct buf *buf, size_t len)
{
	size_t cap = buf->cap ? buf->cap : 64;
	char *grown;

	if (buf->full || len > buf->max || buf->len > buf->max - len) {
		buf->full = true;
		return false;
	}
	if (buf->cap && buf->cap - buf->len > len)
		return true;
	while (cap - buf->len <= len)
		cap *= 2;
	/* Not realloc: a buf may hold a secret, and the old bytes must not stay in memory. */
	grown = mem_alloc(cap);
	if (buf->ptr) {
		memcpy(grown, buf->ptr, buf->len);
		mem_wipe(buf->ptr, buf->len);
		mem_free(buf->ptr);
	}
	buf->ptr = grown;
	buf->cap = cap;
	return true;
}

void buf_reserve(struct buf *buf, size_t len)
{
	if (len <= buf->max && buf->len <= buf->max - len)
		(void)grow(buf, len);
}

void buf_add(struct buf *buf, const void *ptr, size_t len)
{
	if (!grow(buf, len))
		return;
	if (len)
		memcpy(buf->ptr + buf->len, ptr, len);
	buf->len += len;
	buf->ptr[buf->len] = '\0';
}

void buf_str(struct buf *buf, struct str s)
{
	buf_add(buf, s.ptr, s.len);
}

void buf_puts(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_putc(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0 || !grow(buf, (size_t)len))
		return;
	va_start(args, fmt);
	(void)vsnprintf(buf->ptr + buf->len, (size_t)len + 1, fmt, args);
	va_end(args);
	buf->len += (size_t)len;
}

struct str buf_view(const struct buf *buf)
{
	return (struct str){ buf->ptr ? buf->ptr : "", buf->len };
}

void buf_base64(struct buf *buf, struct str bytes)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)bytes.ptr;

	if (!grow(buf, bytes.len / 3 * 4 + 4))
		return;
	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t left = bytes.len - i;
		unsigned b1 = left > 1 ? p[i + 1] : 0, b2 = left > 2 ? p[i + 2] : 0;
		char four[4] = { digits[p[i] >> 2], digits[(p[i] & 3) << 4 | b1 >> 4], '=', '=' };

		if (left > 1)
			four[2] = digits[(b1 & 15) << 2 | b2 >> 6];
		if (left > 2)
			four[3] = digits[b2 & 63];
		buf_add(buf, four, sizeof(four));
	}
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int buf_unbase64(struct buf *buf, struct str text)
{
	unsigned word = 0, n_digits = 0, n_pads = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		int digit = base64_digit(c);

		if (c == '\n' || c == '\r')
			continue;
		if (c == '=' && n_digits >= 2 && n_digits + n_pads < 4) {
			n_pads++;
			continue;
		}
		if (digit < 0 || n_pads)
			return -1;
		word = word << 6 | (unsigned)digit;
		if (++n_digits == 4) {
			char three[3] = { (char)(word >> 16), (char)(word >> 8), (char)word };

			buf_add(buf, three, 3);
			word = n_digits = 0;
		}
	}
	if (n_digits == 0)
		return 0;
	if (n_digits + n_pads != 4)
		return -1;
	if (n_digits == 2) {
		buf_putc(buf, (char)(word >> 4));
	} else {
		buf_putc(buf, (char)(word >> 10));
		buf_putc(buf, (char)(word >> 2));
	}
	return 0;
}

void buf_json(struct buf *buf, struct str text)
{
	static const char hex[] = "0123456789abcdef";
	static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	size_t from = 0;

	buf_putc(buf, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		char escape[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
		size_t len = 6;

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		for (size_t k = 0; k + 1 < sizeof(names); k += 2) {
			if ((char)c == names[k]) {
				escape[1] = names[k + 1];
				len = 2;
			}
		}
		buf_add(buf, text.ptr + from, i - from);
		buf_add(buf, escape, len);
		from = i + 1;
	}
	buf_str(buf, str_slice(text, from, text.len));
	buf_putc(buf, '"');
}

/* The number of bytes of one character that prints, or 0. */
static size_t printable(struct str s)
{
	unsigned char c = (unsigned char)s.ptr[0];
	size_t n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;

	if (c < 0x20 || c == 0x7F || n > s.len || !str_is_utf8(str_slice(s, 0, n)))
		return 0;
	if (c == 0xC2 && (unsigned char)s.ptr[1] < 0xA0)
		return 0; /* C1 controls */
	if (c == 0xE2 && (unsigned char)s.ptr[1] == 0x80 && (unsigned char)s.ptr[2] >= 0xA8 &&
	    (unsigned char)s.ptr[2] <= 0xAE)
		return 0; /* line separators and changes of direction */
	return n;
}

void buf_quoted(struct buf *buf, struct str text, size_t max)
{
	size_t start = buf->len + 1;

	buf_putc(buf, '"');
	while (text.len > 0) {
		size_t n = printable(text);
		char one[8];
		struct str shown = { text.ptr, n };

		if (n == 1 && (text.ptr[0] == '"' || text.ptr[0] == '\\'))
			shown = (struct str){ one, (size_t)snprintf(one, sizeof(one), "\\%c",
								    text.ptr[0]) };
		else if (n == 0 &&
			 (text.ptr[0] == '\n' || text.ptr[0] == '\t' || text.ptr[0] == '\r'))
			shown = str_from(text.ptr[0] == '\n'   ? "\\n"
					 : text.ptr[0] == '\t' ? "\\t"
							       : "\\r");
		else if (n == 0)
			shown = (struct str){ one, (size_t)snprintf(one, sizeof(one), "\\x%02x",
								    (unsigned char)text.ptr[0]) };
		if (buf->len + shown.len > start + max) {
			buf_puts(buf, "...");
			break;
		}
		buf_str(buf, shown);
		text = str_slice(text, n ? n : 1, text.len);
	}
	buf_putc(buf, '"');
}
