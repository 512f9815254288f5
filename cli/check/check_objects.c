/* check_objects: the class, the Pomerium object, Ingresses and certificates of a cluster.
 *
 *   in     the objects of a cluster, translated as a pipeline would
 *   out    findings
 *   owns   how long before its end a certificate is worth a word
 *   never  publishes anything
 */
#include "base/clock.h"
#include "base/mem.h"
#include "cli/check/check.h"
#include "publisher/wanted/shown.h"
#include "publisher/wanted/snapshot.h"

#define SOON_S (30 * 24 * 3600)

struct class_search {
	size_t n_ours, n_foreign;
};

static void on_ingress(void *arg, const struct msg_key *key, const char *why_not)
{
	struct class_search *search = arg;

	(void)key;
	search->n_ours += !why_not;
	search->n_foreign += why_not != NULL;
}

static void check_ingresses(struct findings *self, const struct offline *offline)
{
	struct class_search search = { 0, 0 };
	size_t n_rejected = 0;

	resolver_resolve_each_ingress(offline->resolve, on_ingress, &search);
	cli_check_add(
		self, search.n_ours > 0 || !search.n_foreign, "class",
		"an IngressClass needs spec.controller pomerium.io/ingress-controller, and an "
		"Ingress its name in spec.ingressClassName",
		"%zu Ingresses are ours, %zu are not", search.n_ours, search.n_foreign);
	for (size_t i = 0; i < offline->n_lines; i++) {
		const struct offline_line *line = &offline->lines[i];

		if (line->is_warning || ++n_rejected > CHECK_SHOWN_MAX)
			continue;
		cli_check_add(self, false,
			      str_find(line->name, '/') < 0 ? "Pomerium object" : "Ingress", NULL,
			      STR_FMT " is rejected: " STR_FMT, STR_ARG(line->name),
			      STR_ARG(line->text));
	}
	cli_check_rejected(self, n_rejected);
}

static void check_settings(struct findings *self, const struct offline *offline)
{
	const bool is_there = resolver_resolve_count(offline->resolve, MSG_KIND_POMERIUM) > 0;

	cli_check_add(self, is_there, "Pomerium object",
		      "kubectl apply one of kind Pomerium, named global, with spec.secrets",
		      is_there ? "there are settings" : "there are no settings");
}

static void check_expiry(struct findings *self, const struct certs *certs)
{
	const size_t n = publisher_certs_expiring(certs, clock_wall() + SOON_S);
	const uint64_t first = publisher_certs_first_expiry(certs);
	char when[CLOCK_TEXT_MAX] = "";

	if (!first)
		return;
	clock_text((int64_t)first, -1, when);
	cli_check_add(self, !n, "certificates", "renew them; cert-manager does it by itself",
		      "%zu end within 30 days; the first one at %s", n, when);
}

static bool is_encrypted(const struct route *route)
{
	return str_starts(route->from, "https://") && str_find(route->from, '*') < 0;
}

/* Hosts of routes that no certificate of a Secret is for; routes are in order of their hosts. */
static void check_hosts(struct findings *self, struct wanted *wanted)
{
	const struct certs *certs = publisher_wanted_certs(wanted);
	struct str last = STR_NONE;
	size_t n_without = 0, n_hosts = 0;
	const struct route **routes;
	struct snapshot snapshot;

	publisher_snapshot_take(&snapshot, wanted);
	routes = publisher_snapshot_routes(&snapshot);
	for (size_t i = 0; i < snapshot.n_routes; i++) {
		const struct str host = publisher_route_host(routes[i]);

		if (!is_encrypted(routes[i]) || str_eq(host, last))
			continue;
		last = host;
		n_hosts++;
		if (publisher_shown_serving(certs, host) || ++n_without > CHECK_SHOWN_MAX)
			continue;
		cli_check_add(self, false, "certificates",
			      "add the host to spec.tls of its Ingress, or a wildcard to "
			      "spec.certificates of the Pomerium object",
			      "host " STR_FMT " has none", STR_ARG(host));
	}
	if (!n_without)
		cli_check_add(self, true, "certificates", NULL, "each of %zu hosts has one",
			      n_hosts);
	else if (n_without > CHECK_SHOWN_MAX)
		cli_check_add(self, false, "certificates", NULL, "%zu more hosts have none",
			      n_without - CHECK_SHOWN_MAX);
	mem_free(routes);
	publisher_snapshot_let_go(&snapshot, wanted);
}

void cli_check_objects(struct findings *self, struct cluster_ground *ground)
{
	struct offline offline;
	struct err err = { "" };

	cli_offline_settings.files = (struct str_list){ NULL, 0 };
	if (cli_offline_load_over(&offline, &ground->ground, &err)) {
		cli_check_add(self, false, "objects", NULL, "%s", err.text);
	} else {
		cli_offline_translate(&offline, false);
		check_settings(self, &offline);
		check_ingresses(self, &offline);
		check_hosts(self, offline.wanted);
		check_expiry(self, publisher_wanted_certs(offline.wanted));
	}
	cli_offline_clear(&offline);
}
