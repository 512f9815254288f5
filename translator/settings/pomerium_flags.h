/* pomerium_flags: reads the flags that describe the Pomerium beside us. They go into its bootstrap
 * configuration; the names are those of the Go controller's all-in-one command. */
#ifndef TRANSLATOR_POMERIUM_FLAGS_H
#define TRANSLATOR_POMERIUM_FLAGS_H

#include "actor/conf.h"
#include "base/pool.h"
#include "pb/pomerium.pb-c.h"

struct pomerium_flags {
	struct str address, server_addr; /* the first one wins */
	struct str http_redirect_addr, grpc_addr, ssh_addr, raft_address, admin_addr;
	struct str metrics_addr, health_addr, debug_port;
	struct str auto_tls, node_id;
	struct str nodes; /* "ID,ID=URL", or a YAML list of what config.yaml has */
	struct str_list services, service_urls;
	bool debug_pomerium, debug_envoy;
};

/* For conf_read, which fills in this one. */
extern const struct conf_option translator_pomerium_flags_options[];
extern struct pomerium_flags translator_pomerium_flags;

/* Sets what the flags say, all but the address and the nodes. -1: one of them makes no sense. */
int translator_pomerium_flags_set(const struct pomerium_flags *flags, struct pool *pool,
				  Pomerium__Config__Config *config, struct err *err);
/* The address that Pomerium serves HTTPS on; absent: none was said. */
struct str translator_pomerium_flags_address(const struct pomerium_flags *flags);
/* One node of the databroker cluster; no address: it is known elsewhere. */
struct pomerium_node {
	struct str id, grpc_address, raft_address;
};
int translator_pomerium_flags_nodes(const struct pomerium_flags *flags, struct pool *pool,
				    struct pomerium_node **nodes, size_t *n, struct err *err);

#endif
