/* explain_object: says what an object of the Gateway API would be told. */
#ifndef CLI_EXPLAIN_OBJECT_H
#define CLI_EXPLAIN_OBJECT_H

#include "cli/cli.h"
#include "cli/offline/offline.h"

/* What `sluice explain` is asked for: gateway, listenerset, httproute, gatewayclass, policyfilter
 * or backendtlspolicy, and a name. NULL if the arguments are something else; else the name of its
 * status, in the pool, and the two arguments are removed. */
const char *cli_explain_object_cut(struct str_list *rest, struct pool *pool);
/* The manifests were translated, and the reports kept. CLI_REJECTED: something is not as it should
 * be; CLI_UNREADABLE: there is no such object. */
enum cli_status cli_explain_object(struct offline *offline, const char *name, bool as_json);

/* The kind that such a word stands for, or none. */
enum msg_kind cli_explain_object_kind(struct str word);
/* Prints a status; whether all of it is as it should be. */
bool cli_explain_object_print(const struct value *status);

#endif
