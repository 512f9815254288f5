/* cut_json: cuts a JSON text into the items of its lists without reading them: a dump has more
 * values than json_parse takes at once. */
#ifndef CLI_CUT_JSON_H
#define CLI_CUT_JSON_H

#include "base/str.h"

/* The text of a member of an object; absent: it has none of this name. */
struct str cli_cut_json_member(struct str object, const char *key);
/* What is inside the list that is a member of the object; empty: it has no such list. */
struct str cli_cut_json_list(struct str object, const char *key);
/* The first item of the inside of a list, which is left without it. False: there is none. */
bool cli_cut_json_item(struct str *list, struct str *item);

#endif
