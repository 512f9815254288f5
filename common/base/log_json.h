/* log_json: the key=value text of a log line as members of a JSON object. */
#ifndef BASE_LOG_JSON_H
#define BASE_LOG_JSON_H

#include "base/buf.h"

/* ,"key":"value" for each; whatever the bytes are, what comes out is valid JSON. Values are
 * strings. Words that are no key=value go to "text_"; a key that each line has anyway gets a _ at
 * its end. */
void log_json_fields(struct str fields, struct buf *out);
/* A JSON string; what is not UTF-8 becomes U+FFFD. */
void log_json_string(struct str text, struct buf *out);

#endif
