/* yaml_json: a JSON document as YAML, for people. */
#ifndef CLI_YAML_JSON_H
#define CLI_YAML_JSON_H

#include "base/cjson.h"

/* Appends an object or a list in block form. */
void cli_yaml_json_put(const cJSON *doc, struct buf *out);

#endif
