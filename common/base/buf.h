/* buf: a growing run of bytes with a ceiling.
 *
 * Every buf declares how large it may become. What would pass the ceiling is not appended and
 * sets `full`, which the owner checks once at the end: appends need no check of their own. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/str.h"

struct buf {
	char *ptr; /* NUL-terminated while len > 0 */
	size_t len;
	size_t cap;
	size_t max; /* ceiling in bytes */
	bool full;  /* something was refused */
};

/* Ceilings, all in one place (bytes). */
#define BUF_MAX_MESSAGE (32u << 20)   /* one frame between rooms */
#define BUF_MAX_FILE (64u << 20)      /* one manifest file */
#define BUF_MAX_TEXT (4u << 20)       /* one generated text: Rego, an id, a sentence */
#define BUF_MAX_OUTPUT (2048ul << 20) /* a whole rendered configuration */

void buf_init(struct buf *buf, size_t max);
void buf_clear(struct buf *buf);               /* frees; usable again after buf_init */
void buf_reset(struct buf *buf);               /* empties, keeps the memory */
void buf_wipe(struct buf *buf);                /* zeroes, then frees: for secrets */
void buf_reserve(struct buf *buf, size_t len); /* so much will come: it is not copied on the way */
void buf_add(struct buf *buf, const void *ptr, size_t len);
void buf_str(struct buf *buf, struct str s);
void buf_puts(struct buf *buf, const char *text);
void buf_putc(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct str buf_view(const struct buf *buf); /* valid until the next append */
/* Encodings. */
void buf_base64(struct buf *buf, struct str bytes); /* RFC 4648 with padding */
int buf_unbase64(struct buf *buf, struct str text); /* strict, newlines skipped; -1 if malformed */
void buf_json(struct buf *buf, struct str text);    /* a JSON string with its quotes, RFC 8259 */
/* For people: quoted, escapes for what does not print, cut at `max` bytes with "..." */
void buf_quoted(struct buf *buf, struct str text, size_t max);

#endif
