/* nginx_configmap: reads the settings of ingress-nginx, and its TCP and UDP services.
 *
 *   in     the ConfigMaps of the input
 *   out    defaults for all sources; findings
 *   owns   the rule that tells which ConfigMap is ingress-nginx's
 *   never  adds an Ingress
 */
#include "cli/migrate/nginx/nginx_server.h"

#include "cli/migrate/migrate_source.h"

#define TIMEOUT 60 /* seconds, ingress-nginx's default */

/* ---- the settings ---- */

/* By the label or the name that the manifests of ingress-nginx give it. */
static bool is_settings(const struct value *meta)
{
	static const char *const names[] = { "ingress-nginx-controller", "nginx-ingress-controller",
					     "nginx-configuration" };
	const struct value *labels = value_get(meta, "labels");

	if (str_is(value_text(labels, "app.kubernetes.io/name"), "ingress-nginx"))
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_is(value_text(meta, "name"), names[i]))
			return true;
	return false;
}

static long long seconds(const struct value *data, const char *key)
{
	long long n;

	return str_to_int(value_text(data, key), &n) && n > 0 ? n : TIMEOUT;
}

static struct str full_name(struct migrate *migrate, const struct value *meta)
{
	const struct str namespace = value_text(meta, "namespace");

	return pool_printf(&migrate->pool, STR_FMT "/" STR_FMT,
			   STR_ARG(namespace.len ? namespace : STR("default")),
			   STR_ARG(value_text(meta, "name")));
}

/* The keys that take_settings reads. */
static bool is_read(struct str key)
{
	static const char *const keys[] = {
		"global-auth-url",    "whitelist-source-range", "denylist-source-range",
		"proxy-read-timeout", "proxy-send-timeout",     "allow-snippet-annotations",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (str_is(key, keys[i]))
			return true;
	return false;
}

static void note_rest(struct migrate *migrate, const struct value *data)
{
	struct migrate_finding *finding;
	struct buf rest;

	buf_init(&rest, ERR_MAX / 2);
	for (size_t i = 0; i < data->map.n; i++)
		if (!is_read(data->map.entries[i].key.text))
			buf_printf(&rest, "%s" STR_FMT, rest.len ? ", " : "",
				   STR_ARG(data->map.entries[i].key.text));
	if (rest.len) {
		finding = cli_migrate_source_finding(migrate, NULL, STR(""),
						     migrate->defaults.configmap);
		finding->outcome = OUTCOME_DECIDE;
		finding->sentence = pool_printf(
			&migrate->pool,
			"which of these settings are needed? They are not converted: " STR_FMT,
			STR_ARG(buf_view(&rest)));
		cli_migrate_source_choice(migrate, finding,
					  "set them on the Pomerium object, see docs/settings.md");
	}
	buf_clear(&rest);
}

static void take_settings(struct migrate *migrate, const struct value *doc)
{
	struct nginx_defaults *defaults = &migrate->defaults;
	const struct value *data = value_get(doc, "data");

	if (defaults->known || !data || data->type != VALUE_MAP)
		return;
	defaults->known = true;
	defaults->configmap = full_name(migrate, value_get(doc, "metadata"));
	defaults->auth_url = value_text(data, "global-auth-url");
	defaults->allow = value_text(data, "whitelist-source-range");
	defaults->deny = value_text(data, "denylist-source-range");
	defaults->snippets =
		cli_migrate_source_is_true(value_text(data, "allow-snippet-annotations"));
	defaults->read_timeout = seconds(data, "proxy-read-timeout");
	defaults->send_timeout = seconds(data, "proxy-send-timeout");
	note_rest(migrate, data);
}

/* ---- TCP and UDP ---- */

/* PORT: NAMESPACE/NAME:PORT[:PROXY[:PROXY]], for every key */
static bool is_services(const struct value *data)
{
	for (size_t i = 0; i < data->map.n; i++) {
		const struct value_entry *entry = &data->map.entries[i];
		struct str name, port;
		long long n;

		if (!str_to_int(entry->key.text, &n) || entry->value.type != VALUE_STRING ||
		    !str_cut(entry->value.string, ':', &name, &port) || str_find(name, '/') <= 0)
			return false;
	}
	return data->map.n > 0;
}

static void take_services(struct migrate *migrate, const struct value *meta,
			  const struct value *data)
{
	const struct str map = full_name(migrate, meta);
	const bool udp = memmem(map.ptr, map.len, "udp", 3) != NULL;

	for (size_t i = 0; i < data->map.n; i++) {
		const struct value_entry *entry = &data->map.entries[i];
		struct migrate_finding *finding =
			cli_migrate_source_finding(migrate, NULL, STR(""), map);

		finding->outcome = OUTCOME_DECIDE;
		finding->sentence = pool_printf(
			&migrate->pool,
			"who serves %s port " STR_FMT "? ingress-nginx sends it to " STR_FMT,
			udp ? "UDP" : "TCP", STR_ARG(entry->key.text),
			STR_ARG(cli_migrate_source_quote(migrate, entry->value.string)));
		cli_migrate_source_choice(
			migrate, finding,
			"Pomerium, for clients with pomerium-cli or Pomerium Desktop: "
			"add an Ingress with %s_upstream: 'true' and a host of its own",
			udp ? "udp" : "tcp");
		cli_migrate_source_choice(migrate, finding, "a Service of type LoadBalancer");
	}
}

void cli_nginx_configmap_read(struct migrate *migrate)
{
	migrate->defaults.read_timeout = migrate->defaults.send_timeout = TIMEOUT;
	for (size_t i = 0; i < migrate->n_documents; i++) {
		const struct value *doc = migrate->documents[i].value;
		const struct value *meta = value_get(doc, "metadata");
		const struct value *data = value_get(doc, "data");

		if (!str_is(value_text(doc, "kind"), "ConfigMap") || !data ||
		    data->type != VALUE_MAP)
			continue;
		if (is_services(data))
			take_services(migrate, meta, data);
		else if (is_settings(meta))
			take_settings(migrate, doc);
	}
}
