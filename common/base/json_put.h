/* json_put: JSON text, member by member, appended to a buf.
 *
 * The comma comes by itself: none at the beginning and behind a '{', a '[' or a ':'. `key` is a
 * member's name in an object, NULL in a list or at the top. */
#ifndef BASE_JSON_PUT_H
#define BASE_JSON_PUT_H

#include "base/buf.h"

void json_put_open(struct buf *out, const char *key, char bracket);    /* '{' or '[' */
void json_put_close(struct buf *out, char bracket);                    /* '}' or ']' */
void json_put_text(struct buf *out, const char *key, struct str text); /* absent: null */
/* Nothing at all if the text is empty. */
void json_put_filled(struct buf *out, const char *key, struct str text);
void json_put_number(struct buf *out, const char *key, long long number);
void json_put_bool(struct buf *out, const char *key, bool yes);
/* Comma and key alone; what follows is the caller's. */
void json_put_key(struct buf *out, const char *key);

#endif
