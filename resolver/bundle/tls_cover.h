/* tls_cover: who has a certificate for the hosts of a TLS Secret that is not there. */
#ifndef RESOLVER_TLS_COVER_H
#define RESOLVER_TLS_COVER_H

#include "resolver/bundle/bundle_parts.h"

/* A reference of an Ingress that is no more than one of spec.tls. */
bool resolver_tls_cover_is_tls(const struct reference *ref);
/* A sentence that names the Secret and those that are served for its hosts: others of the Ingress,
 * or of spec.certificates of the Pomerium object; in the pool. Absent: a host has none. */
struct str resolver_tls_cover_note(const struct bundle_source *source,
				   const struct msg_ingress *ingress, const struct reference *ref,
				   struct pool *pool);

#endif
