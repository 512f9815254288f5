/* json_put: JSON text, member by member.
 *
 *   in     names and values
 *   out    text that is appended
 *   never  checks that brackets match: that is the caller's
 */
#include "base/json_put.h"

#include <string.h>

void json_put_key(struct buf *out, const char *key)
{
	if (out->len && !strchr("{[:,", out->ptr[out->len - 1]))
		buf_putc(out, ',');
	if (!key)
		return;
	buf_json(out, str_from(key));
	buf_putc(out, ':');
}

void json_put_open(struct buf *out, const char *key, char bracket)
{
	json_put_key(out, key);
	buf_putc(out, bracket);
}

void json_put_close(struct buf *out, char bracket)
{
	buf_putc(out, bracket);
}

void json_put_text(struct buf *out, const char *key, struct str text)
{
	json_put_key(out, key);
	if (text.ptr)
		buf_json(out, text);
	else
		buf_puts(out, "null");
}

void json_put_filled(struct buf *out, const char *key, struct str text)
{
	if (text.len)
		json_put_text(out, key, text);
}

void json_put_number(struct buf *out, const char *key, long long number)
{
	json_put_key(out, key);
	buf_printf(out, "%lld", number);
}

void json_put_bool(struct buf *out, const char *key, bool yes)
{
	json_put_key(out, key);
	buf_puts(out, yes ? "true" : "false");
}
