/* web_address: the address of --metrics-bind-address and --health-probe-bind-address. */
#ifndef ACTOR_WEB_ADDRESS_H
#define ACTOR_WEB_ADDRESS_H

#include <sys/socket.h>

#include "base/buf.h"
#include "base/err.h"

struct web_address {
	struct str host; /* borrowed, without brackets; empty: every address */
	unsigned port;   /* 0: off */
};

/* ":9090", "127.0.0.1:9090", "[::1]:9090"; "" and "0" are off. */
int actor_web_address_from(struct str text, struct web_address *out, struct err *err);
bool actor_web_address_same(const struct web_address *a, const struct web_address *b);
/* As it would be written; nothing if it is off. */
void actor_web_address_print(const struct web_address *address, struct buf *out);
/* A listening socket, or -1. */
int actor_web_address_listen(const struct web_address *address, struct err *err);

#endif
