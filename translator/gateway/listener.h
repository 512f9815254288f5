/* listener: what the listeners of a Gateway and of its ListenerSets can be used for. */
#ifndef TRANSLATOR_LISTENER_H
#define TRANSLATOR_LISTENER_H

#include "translator/gateway/gateway_job.h"

struct listener {
	const struct msg_listener *spec;
	bool takes_http_routes;
	struct str kind_group; /* nullable: as the HTTPRoute in allowedRoutes.kinds has it */
	struct str bad_kinds;  /* "K1, K2"; absent: all are supported */
	bool is_supported;     /* its protocol is */
	const char
		*conflict; /* HostnameConflict or ProtocolConflict with an earlier one; or NULL */
};

/* The listeners of a Gateway, or of one of its ListenerSets. */
struct listener_group {
	const struct msg_listener_set *set; /* NULL: they are the Gateway's own */
	const struct msg_meta *metadata;
	const struct msg_listener_list *specs;
	bool is_allowed;        /* by the Gateway */
	struct listener *items; /* one for each of the specs */
};
struct listener_groups {
	struct listener_group *items; /* the Gateway's own first, then the older ListenerSet */
	size_t n;
};
/* Of all that the bundle has; in the pool. */
struct listener_groups translator_listener_judge(const struct gateway_job *job,
						 const struct msg_gateway *gateway);
/* That of a ListenerSet; NULL: of the Gateway itself. */
const struct listener_group *translator_listener_group(const struct listener_groups *groups,
						       const struct msg_listener_set *set);
/* Whether a namespace may: `own` is that of the Gateway or ListenerSet, `otherwise` what holds if
 * nothing is said. */
bool translator_listener_admits(const struct msg_bundle *bundle,
				const struct msg_from_namespaces *from, const char *otherwise,
				struct str own, struct str namespace);
/* Whether it is accepted, as far as it and those before it say. */
bool translator_listener_is_accepted(const struct listener *listener);
/* gateway_status.c: whether a Gateway is accepted. */
bool translator_gateway_status_is_accepted(const struct msg_gateway *gateway,
					   const struct listener_groups *groups);
/* Whether routes may attach to it, as far as it alone says. */
bool translator_listener_is_open(const struct listener *listener);

#endif
