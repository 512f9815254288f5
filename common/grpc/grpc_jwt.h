/* grpc_jwt: the token that shows Pomerium's databroker that the caller knows the shared secret. */
#ifndef GRPC_GRPC_JWT_H
#define GRPC_GRPC_JWT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/hash.h"

/* Appends a compact JWT: HS256, typ JWT, one claim: exp (seconds since 1970). */
void grpc_jwt_add(struct buf *out, const struct hash *secret, int64_t exp);

#endif
