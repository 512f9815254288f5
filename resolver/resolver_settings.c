/* resolver_settings: what the flags of the resolver say of whose objects are ours.
 *
 *   in     argv and the environment, by way of conf_read
 *   out    the settings of resolve.c
 *   owns   both, as long as the process lives
 *   never  checks a name: one that nobody has makes nothing ours
 */
#include "resolver/resolver_settings.h"

struct resolve_settings resolver_settings_resolve = { .certificates = true };

const struct conf_option resolver_settings_options[] = {
	{ "name", CONF_TEXT, &resolver_settings_resolve.controller,
	  "pomerium.io/ingress-controller", 0, 0,
	  "spec.controller of the IngressClass that is ours", 0 },
	{ "prefix", CONF_TEXT, &resolver_settings_resolve.prefix, "ingress.pomerium.io", 0, 0,
	  "prefix of our annotations", 0 },
	{ "namespaces", CONF_LIST, &resolver_settings_resolve.namespaces, "", 0, 0,
	  "namespaces to serve, comma separated; empty means all", 0 },
	{ "pomerium-config", CONF_TEXT, &resolver_settings_resolve.pomerium_config, "global", 0, 0,
	  "name of the Pomerium object with the settings; empty: none", 0 },
	{ "experimental-gateway-api", CONF_BOOL, &resolver_settings_resolve.gateway_api, "true", 0,
	  0, "serve objects of the Gateway API", 0 },
	{ "gateway-class-controller-name", CONF_TEXT, &resolver_settings_resolve.gateway_controller,
	  "pomerium.io/gateway-controller", 0, 0,
	  "spec.controllerName of the GatewayClasses that are ours", 0 },
	{ 0 },
};
