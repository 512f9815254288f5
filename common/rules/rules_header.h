/* rules_header: values of response headers, in which Envoy reads %...% as commands. */
#ifndef RULES_RULES_HEADER_H
#define RULES_RULES_HEADER_H

#include "base/err.h"
#include "base/str.h"

/* Envoy's limit of response_headers_to_add is 1000; Pomerium adds three of its own. */
#define RULES_HEADERS_MAX 997

/* Envoy takes the value, and it reads nothing that is nobody's business. The sentence holds nothing
 * of the value but the name of a command. */
int rules_header_check_commands(struct str value, struct err *err);

#endif
