/* shown: what may be shown of a route: where it leads, who may come in, and with `whole` all of it
 * without the values of Secrets. */
#ifndef PUBLISHER_SHOWN_H
#define PUBLISHER_SHOWN_H

#include "base/cjson.h"
#include "publisher/wanted/access.h"

/* In the place of a value that stands in a Secret, or may. */
#define SHOWN_HIDDEN "(hidden)"

/* Adds id, from, path, prefix or regex, to, access, and with `whole` config: the route as
 * protobuf-JSON, the Rego of its policies only if they have no source. The pool holds secrets
 * then. */
void publisher_shown_route(const struct route *route, bool whole, struct pool *pool, cJSON *out);
/* The certificate that serves the host; NULL: none. */
const struct cert *publisher_shown_serving(const struct certs *certs, struct str host);
/* Adds the Secret of the certificate that serves the host, and its end, if there is one. */
void publisher_shown_certificate(const struct certs *certs, struct str host, cJSON *out);

#endif
