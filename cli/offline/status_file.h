/* status_file: the statuses of the Gateway API's objects, as they would be written. */
#ifndef CLI_STATUS_FILE_H
#define CLI_STATUS_FILE_H

#include "cli/offline/offline.h"
#include "resolver/outgoing/addresses.h"

/* JSON: "KIND/NAMESPACE/NAME" of each object and its status, without times. The reports must have
 * been kept. */
int cli_status_file_write(struct offline *offline, struct addresses *addresses, const char *path,
			  struct err *err);

#endif
