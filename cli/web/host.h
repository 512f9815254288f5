/* host: whether a browser that asks means us. A page elsewhere can make its own name lead to our
 * address (DNS rebinding), but its name then stands in the request. */
#ifndef CLI_WEB_HOST_H
#define CLI_WEB_HOST_H

#include <stdbool.h>

#include "base/str.h"

/* The header Host: localhost, an IP address or one of `names`, with or without a port. */
bool cli_web_host_is_ours(struct str host, const struct str_list *names);

#endif
