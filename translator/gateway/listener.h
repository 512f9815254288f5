/* listener: what a listener of a Gateway can be used for. */
#ifndef TRANSLATOR_LISTENER_H
#define TRANSLATOR_LISTENER_H

#include "msg/gateway.h"

struct listener {
	const struct msg_listener *spec;
	bool takes_http_routes;
	struct str kind_group; /* nullable: as the HTTPRoute in allowedRoutes.kinds has it */
	struct str bad_kinds;  /* "K1, K2"; absent: all are supported */
	bool is_supported;     /* its protocol is */
	const char
		*conflict; /* HostnameConflict or ProtocolConflict with an earlier one; or NULL */
};

/* One for each listener of the Gateway, in its order; in the pool. */
struct listener *translator_listener_judge(const struct msg_gateway *gateway, struct pool *pool);
/* Whether routes may attach to it, as far as it alone says. */
bool translator_listener_is_open(const struct listener *listener);

#endif
