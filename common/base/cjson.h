/* cjson: builds, prints and reads JSON with cJSON, where we have written the JSON or trust it.
 *
 * JSON from elsewhere is for json_parse (base/value.h): a text of cJSON ends at its first NUL, its
 * numbers are doubles, and it accepts invalid UTF-8 and two members of one name.
 *
 * `key` is the name of a member of an object; NULL adds to a list. What cJSON frees is wiped. */
#ifndef BASE_CJSON_H
#define BASE_CJSON_H

#include <cjson/cJSON.h>

#include "base/buf.h"

/* ---- build and print ---- */

cJSON *cjson_put_object(cJSON *parent, const char *key);
cJSON *cjson_put_list(cJSON *parent, const char *key);
void cjson_put_text(cJSON *parent, const char *key, struct str text); /* absent: null */
/* Does nothing if the text is empty. */
void cjson_put_filled(cJSON *parent, const char *key, struct str text);
void cjson_put_number(cJSON *parent, const char *key, long long number); /* all 64 bits */
void cjson_put_bool(cJSON *parent, const char *key, bool yes);
/* JSON text that another printer has made. */
void cjson_put_raw(cJSON *parent, const char *key, struct str json);
/* Appends the document without a blank, and frees it. */
void cjson_print(cJSON **doc, struct buf *out);

/* ---- read ---- */

/* NULL if it is not JSON. cJSON_Delete frees it. */
cJSON *cjson_parse(struct str text);
/* A member; absent, 0 and false if there is none of that type. A text lives as long as its
 * document, a number has at most 53 bits. */
struct str cjson_text(const cJSON *object, const char *key);
long long cjson_number(const cJSON *object, const char *key);
bool cjson_flag(const cJSON *object, const char *key);

#endif
