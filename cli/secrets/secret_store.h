/* secret_store: looks at and makes the Secrets of a cluster. A person waits for the end, so each
 * call waits too. An existing Secret is never overwritten. */
#ifndef CLI_SECRET_STORE_H
#define CLI_SECRET_STORE_H

#include <stdbool.h>

#include "cli/secrets/made_secret.h"
#include "kube/kube.h"

/* 1: it is there, 0: it is not, -1 with a sentence. */
int cli_secret_store_has(struct kube *kube, const struct made_secret *secret, struct err *err);
/* 1: made, 0: it was there and is kept, -1 with a sentence. */
int cli_secret_store_put(struct kube *kube, const struct made_secret *secret, struct err *err);

#endif
