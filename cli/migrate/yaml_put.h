/* yaml_put: strings as YAML for people, the way kubectl prints them: quotes only where a reader
 * needs them, text of several lines as a block. */
#ifndef CLI_YAML_PUT_H
#define CLI_YAML_PUT_H

#include "base/buf.h"

void cli_yaml_put_indent(struct buf *out, unsigned indent);
/* A string as a scalar behind "key: " or "- "; the lines of a block are indented by `indent`
 * blanks. No line end behind it. */
void cli_yaml_put_text(struct buf *out, struct str text, unsigned indent);
/* "key: text" on a line of its own, indented by `indent` blanks. */
void cli_yaml_put_pair(struct buf *out, struct str key, struct str text, unsigned indent);

#endif
