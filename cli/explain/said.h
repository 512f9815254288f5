/* said: what the processes say of an owner, as lines for a person. */
#ifndef CLI_SAID_H
#define CLI_SAID_H

#include "base/buf.h"
#include "base/cjson.h"

/* A list of {kind, namespace, name, state, addresses}, as resolver_explain has it. */
void cli_said_references(const cJSON *references, struct buf *text);
/* {state, record or file, version, writer}, as the sinks have it. */
void cli_said_stored(const cJSON *stored, struct buf *text);

#endif
