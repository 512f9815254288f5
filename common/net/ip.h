/* ip: IP addresses in text. */
#ifndef NET_IP_H
#define NET_IP_H

#include <stdbool.h>

#include "base/str.h"

struct ip {
	unsigned char bytes[16]; /* in network order; the first four of an IPv4 address */
	bool is_v6;
};

/* As Go's net/netip without a zone: no leading zeros, no brackets. */
bool ip_parse(struct str text, struct ip *out);
bool ip_is(struct str text);
/* A host of this machine: localhost, 127.0.0.0/8 or ::1, the latter with or without brackets. */
bool ip_is_loopback(struct str host);

#endif
