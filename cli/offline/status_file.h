/* status_file: the statuses of the Gateway API's objects, as they would be written. */
#ifndef CLI_STATUS_FILE_H
#define CLI_STATUS_FILE_H

#include "cli/offline/offline.h"
#include "resolver/outgoing/addresses.h"

/* A map from "KIND/NAMESPACE/NAME" of each object to its status without times, in the pool. The
 * reports must have been kept. */
void cli_status_file_make(struct offline *offline, struct addresses *addresses, struct pool *pool,
			  struct value *out);
/* The same as a file of JSON. */
int cli_status_file_write(struct offline *offline, struct addresses *addresses, const char *path,
			  struct err *err);

#endif
