/* hostname: one spelling for each host, so that rooms can compare what was written in different
 * ways. */
#ifndef NET_HOSTNAME_H
#define NET_HOSTNAME_H

#include "base/pool.h"

/* The host in a URL, as it stands there: without user, port and brackets. Borrowed. */
struct str hostname_of_url(struct str url);
/* Its normal form: ASCII in lower case, no dot at the end. */
struct str hostname_normal(struct str host, struct pool *pool);
/* The normal form of a host as an Ingress writes it, without a URL around it; empty means all. */
struct str hostname_of_rule(struct str host, struct pool *pool);
bool hostname_has_capitals(struct str host);
/* Lower-case letters, digits and inner dashes, as RFC 1123 has a label, with dots between several:
 * what Kubernetes calls its objects by. Of any length. */
bool hostname_is_dns_name(struct str name, bool with_dots);
/* The narrower of two, where they are one host or one is a wildcard for the other: *.example.com is
 * for a.example.com and *.a.example.com. Borrowed; absent: they have no host in common. */
struct str hostname_meet(struct str a, struct str b);

#endif
