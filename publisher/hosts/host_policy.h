/* host_policy: who may have which host: what the flags say about namespaces that share hosts, and
 * about the authenticate host. */
#ifndef PUBLISHER_HOST_POLICY_H
#define PUBLISHER_HOST_POLICY_H

#include "base/err.h"
#include "base/map.h"
#include "base/pool.h"

struct host_policy {
	bool by_namespace;       /* a host belongs to one namespace, else all share it */
	struct map shared;       /* "host namespace": it may have that host, too */
	struct map authenticate; /* namespaces that may have the authenticate host */
	bool is_wide;            /* and what covers it: wildcards and the empty host */
};

/* --host-ownership, --shared-host and --authenticate-namespaces. */
struct host_policy_flags {
	struct str ownership, shared_host;
	struct str_list authenticate_namespaces;
};
#define HOST_POLICY_OWNERSHIP_HELP                                                              \
	"shared: all namespaces may add paths to a host; namespace: it belongs to that of the " \
	"oldest "                                                                               \
	"Ingress or HTTPRoute, and others that name it are rejected"
#define HOST_POLICY_SHARED_HELP                                                                \
	"exceptions of --host-ownership namespace: HOST=NAMESPACE,NAMESPACE, several of them " \
	"with "                                                                                \
	"blanks between"
#define HOST_POLICY_AUTHENTICATE_HELP                                                             \
	"namespaces that may have routes on the authenticate host, wildcards and the empty host " \
	"above it included, comma separated; empty: in a pod its own, on that host alone; "       \
	"elsewhere "                                                                              \
	"all"

/* Opens it, or a sentence and -1: a flag has no such value. */
int publisher_host_policy_open(struct host_policy *policy, const struct host_policy_flags *flags,
			       struct err *err);
/* Whether the flags have such values. */
int publisher_host_policy_check(const struct host_policy_flags *flags, struct err *err);
void publisher_host_policy_clear(struct host_policy *policy);

bool publisher_host_policy_is_shared(const struct host_policy *policy, struct str host,
				     struct str namespace);
/* Whether anybody may have the authenticate host. */
bool publisher_host_policy_is_open(const struct host_policy *policy);
/* Whether the host is the authenticate host, or covers it, and the namespace may not have it. */
bool publisher_host_policy_reserves(const struct host_policy *policy, struct str authenticate,
				    struct str host, struct str namespace);

#endif
