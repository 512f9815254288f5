/* pomerium_flags: reads the flags that describe the Pomerium beside us.
 *
 *   in     flags with the names of the Go controller's all-in-one command
 *   out    fields of the bootstrap configuration
 *   owns   the table: a flag, where it goes, what it must look like
 *   never  sets what no flag says: Pomerium's own defaults hold then
 */
#include "translator/settings/pomerium_flags.h"

#include "base/value.h"
#include "net/url.h"
#include "pb/reflect.h"
#include "rules/rules.h"

struct pomerium_flags translator_pomerium_flags;

const struct conf_option translator_pomerium_flags_options[] = {
	{ "server-addr", CONF_TEXT, &translator_pomerium_flags.server_addr, ":8443", 0, 0,
	  "Pomerium's address: where it serves HTTPS", 0 },
	{ "address", CONF_TEXT, &translator_pomerium_flags.address, "", 0, 0,
	  "the same; empty: what --server-addr says", 0 },
	{ "http-redirect-addr", CONF_TEXT, &translator_pomerium_flags.http_redirect_addr, ":8080",
	  0, 0, "Pomerium's http_redirect_addr: where it sends HTTP to HTTPS", 0 },
	{ "grpc-addr", CONF_TEXT, &translator_pomerium_flags.grpc_addr, "", 0, 0,
	  "Pomerium's grpc_address; empty: its own default, :5443 for all services", 0 },
	{ "ssh-addr", CONF_TEXT, &translator_pomerium_flags.ssh_addr, "", 0, 0,
	  "Pomerium's ssh_address; empty: no SSH", 0 },
	{ "services", CONF_LIST, &translator_pomerium_flags.services, "", 0, 0,
	  "Pomerium's services: all, authenticate, authorize, databroker, proxy; empty: all", 0 },
	{ "databroker-auto-tls", CONF_TEXT, &translator_pomerium_flags.auto_tls, "", 0, 0,
	  "Pomerium's tls_derive: host name of a certificate from the shared secret; gRPC is "
	  "served with TLS then",
	  0 },
	{ "databroker-cluster-node-id", CONF_TEXT, &translator_pomerium_flags.node_id, "", 0, 0,
	  "Pomerium's databroker_cluster_node_id", 0 },
	{ "databroker-cluster-nodes", CONF_TEXT, &translator_pomerium_flags.nodes, "", 0, 0,
	  "Pomerium's databroker_cluster_nodes: ID or ID=URL, comma separated, or a YAML list of "
	  "{id, grpc_address, raft_address}",
	  0 },
	{ "databroker-raft-bind-address", CONF_TEXT, &translator_pomerium_flags.raft_address, "", 0,
	  0, "Pomerium's databroker_raft_bind_address", 0 },
	{ "databroker-service-urls", CONF_LIST, &translator_pomerium_flags.service_urls, "", 0, 0,
	  "Pomerium's databroker_service_urls: the databrokers that it uses", 0 },
	{ "pomerium-metrics-addr", CONF_TEXT, &translator_pomerium_flags.metrics_addr, "", 0, 0,
	  "Pomerium's metrics_address: its own metrics and Envoy's; empty: none", 0 },
	{ "pomerium-health-addr", CONF_TEXT, &translator_pomerium_flags.health_addr, "", 0, 0,
	  "Pomerium's health_check_addr: /status, /healthz, /readyz, /startupz; empty: its own "
	  "default, 127.0.0.1:28080",
	  0 },
	{ "debug-port", CONF_TEXT, &translator_pomerium_flags.debug_port, "", 0, 0,
	  "port of Pomerium's debug_address on 127.0.0.1; empty: none", 0 },
	{ "debug-pomerium", CONF_BOOL, &translator_pomerium_flags.debug_pomerium, "false", 0, 0,
	  "Pomerium's log_level: debug", 0 },
	{ "debug-envoy", CONF_BOOL, &translator_pomerium_flags.debug_envoy, "false", 0, 0,
	  "Pomerium's log_level and proxy_log_level: debug", 0 },
	{ "debug-admin-addr", CONF_TEXT, &translator_pomerium_flags.admin_addr, "", 0, 0,
	  "Pomerium's envoy_admin_address", 0 },
	{ 0 },
};

struct str translator_pomerium_flags_address(const struct pomerium_flags *flags)
{
	return flags->address.len ? flags->address : flags->server_addr;
}

/* host:port or :port */
static int check_address(const char *flag, struct str text, struct err *err)
{
	const long colon = str_rfind(text, ':');
	long long port = -1;

	if (colon < 0 || !str_to_int(str_slice(text, (size_t)colon + 1, text.len), &port) ||
	    port < 0 || port > 65535 || str_has_control(text))
		return err_rule(err, RULE_BOOT_ADDRESS, "--%s: %s should be host:port or :port",
				flag, err_quote(text));
	return 0;
}

static int set_texts(const struct pomerium_flags *flags, struct pool *pool,
		     Pomerium__Config__Config *config, struct err *err)
{
	const struct {
		const char *flag, *path;
		struct str text;
		bool is_address;
	} rows[] = {
		{ "http-redirect-addr", "settings.http_redirect_addr", flags->http_redirect_addr,
		  true },
		{ "grpc-addr", "settings.grpc_address", flags->grpc_addr, true },
		{ "ssh-addr", "settings.ssh_address", flags->ssh_addr, true },
		{ "databroker-raft-bind-address", "settings.databroker_raft_bind_address",
		  flags->raft_address, true },
		{ "debug-admin-addr", "settings.envoy_admin_address", flags->admin_addr, true },
		{ "pomerium-metrics-addr", "settings.metrics_address", flags->metrics_addr, true },
		{ "pomerium-health-addr", "settings.health_check_addr", flags->health_addr, true },
		{ "databroker-auto-tls", "settings.derive_tls", flags->auto_tls, false },
		{ "databroker-cluster-node-id", "settings.databroker_cluster_node_id",
		  flags->node_id, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!rows[i].text.len)
			continue;
		if (rows[i].is_address && check_address(rows[i].flag, rows[i].text, err))
			return -1;
		if (pb_set_path(&config->base, str_from(rows[i].path), rows[i].text, pool, err))
			return -1;
	}
	return 0;
}

/* Digits only, as the Go controller takes it. */
static int set_debug_port(struct str text, struct pool *pool, Pomerium__Config__Settings *settings,
			  struct err *err)
{
	long long port = -1;

	if (!text.len)
		return 0;
	if (!str_to_int(text, &port) || port < 1 || port > 65535)
		return err_rule(err, RULE_BOOT_ADDRESS,
				"--debug-port: %s should be a port from 1 to 65535",
				err_quote(text));
	PB_SET_TEXT(settings, debug_address, pool_printf(pool, "127.0.0.1:%lld", port));
	return 0;
}

static int set_services(const struct str_list *services, struct pool *pool,
			Pomerium__Config__Settings *settings, struct err *err)
{
	static const char *const known[] = { "all", "authenticate", "authorize", "databroker",
					     "proxy" };
	struct str all = STR("");

	for (size_t i = 0; i < services->n; i++) {
		size_t k = 0;

		while (k < 5 && !str_is(services->items[i], known[k]))
			k++;
		if (k == 5)
			return err_rule(err, RULE_BOOT_SERVICES,
					"--services: %s should be all, authenticate, authorize, "
					"databroker or proxy",
					err_quote(services->items[i]));
		all = pool_printf(pool, STR_FMT "%s%s", STR_ARG(all), i ? "," : "", known[k]);
	}
	if (all.len)
		PB_SET_TEXT(settings, services, all);
	return 0;
}

static int set_urls(const struct str_list *urls, struct pool *pool,
		    Pomerium__Config__Config *config, struct err *err)
{
	struct url url;

	for (size_t i = 0; i < urls->n; i++) {
		struct str path = pool_printf(pool, "settings.databroker_service_urls[%zu]", i);

		if (url_parse_full(urls->items[i], &url, err)) {
			(void)err_wrap(err, "--databroker-service-urls: %s",
				       err_quote(urls->items[i]));
			return err_code(err, RULE_BOOT_NODES);
		}
		if (pb_set_path(&config->base, path, urls->items[i], pool, err))
			return -1;
	}
	return 0;
}

int translator_pomerium_flags_set(const struct pomerium_flags *flags, struct pool *pool,
				  Pomerium__Config__Config *config, struct err *err)
{
	Pomerium__Config__Settings *settings = config->settings;

	if (set_texts(flags, pool, config, err) ||
	    set_services(&flags->services, pool, settings, err) ||
	    set_debug_port(flags->debug_port, pool, settings, err) ||
	    set_urls(&flags->service_urls, pool, config, err))
		return -1;
	if (flags->auto_tls.len)
		PB_SET(settings, grpc_insecure, false);
	if (flags->debug_pomerium || flags->debug_envoy)
		PB_SET_TEXT(settings, log_level, STR("debug"));
	if (flags->debug_envoy)
		PB_SET_TEXT(settings, proxy_log_level, STR("debug"));
	return 0;
}

/* ---- nodes ---- */

static int read_list(struct str text, struct pool *pool, struct pomerium_node **nodes, size_t *n,
		     struct err *err)
{
	struct value list;

	if (yaml_parse(text, pool, &list, err)) {
		(void)err_wrap(err, "--databroker-cluster-nodes");
		return err_code(err, RULE_BOOT_NODES);
	}
	for (size_t i = 0; list.type == VALUE_LIST && i < list.list.n; i++) {
		struct pomerium_node *node = pool_push(pool, nodes, n, sizeof(**nodes));

		node->id = value_text(&list.list.items[i], "id");
		node->grpc_address = value_text(&list.list.items[i], "grpc_address");
		node->raft_address = value_text(&list.list.items[i], "raft_address");
		if (!node->id.len)
			return err_rule(err, RULE_BOOT_NODES,
					"--databroker-cluster-nodes: entry %zu has no id; each "
					"should be {id, grpc_address, raft_address}",
					i + 1);
	}
	return 0;
}

int translator_pomerium_flags_nodes(const struct pomerium_flags *flags, struct pool *pool,
				    struct pomerium_node **nodes, size_t *n, struct err *err)
{
	struct str rest = str_trim(flags->nodes), item;

	*nodes = NULL;
	*n = 0;
	if (str_starts(rest, "[") || str_starts(rest, "- "))
		return read_list(rest, pool, nodes, n, err);
	while (rest.len) {
		struct pomerium_node *node;

		if (!str_cut(rest, ',', &item, &rest)) {
			item = rest;
			rest = STR("");
		}
		item = str_trim(item);
		if (!item.len)
			continue;
		node = pool_push(pool, nodes, n, sizeof(*node));
		*node = (struct pomerium_node){ item, STR_NONE, STR_NONE };
		(void)str_cut(item, '=', &node->id, &node->grpc_address);
	}
	return 0;
}
