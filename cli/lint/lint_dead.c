/* lint_dead: what an Ingress says that is accepted and has no effect, or another than it looks.
 *
 *   in     an Ingress with the Services that are there
 *   out    warnings
 *   owns   the rules of it
 *   never  warns of what is an error
 */
#include "cli/lint/lint.h"

#include "base/mem.h"
#include "rules/rules.h"

struct dead {
	struct lint *lint;
	const struct msg_bundle *bundle;
	const struct msg_ingress *ingress;
	struct str prefix;
};

/* ---- annotations ---- */

/* STR_NONE: it is not there. */
static struct str annotation(const struct dead *dead, const char *name)
{
	const struct str_map *all = &dead->ingress->metadata.annotations;

	for (size_t i = 0; i < all->n; i++) {
		const struct str key = all->items[i].key;

		if (key.len > dead->prefix.len && key.ptr[dead->prefix.len] == '/' &&
		    str_eq(str_slice(key, 0, dead->prefix.len), dead->prefix) &&
		    str_is(str_slice(key, dead->prefix.len + 1, key.len), name))
			return all->items[i].value;
	}
	return STR_NONE;
}

static bool flag(const struct dead *dead, const char *name)
{
	return str_is_nocase(annotation(dead, name), "true");
}

static bool is_tunnel(const struct dead *dead)
{
	return flag(dead, "tcp_upstream") || flag(dead, "udp_upstream") ||
	       flag(dead, "ssh_upstream");
}

static struct str field_of(const struct dead *dead, struct str key)
{
	return pool_printf(&dead->lint->pool, "metadata.annotations[" STR_FMT "]", STR_ARG(key));
}

/* YAML that says nothing. */
static bool is_blank(struct str text)
{
	static const char *const words[] = { "", "~", "null", "[]", "{}", "''", "\"\"" };

	text = str_trim(text);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_is(text, words[i]))
			return true;
	return false;
}

static void check_access(const struct dead *dead)
{
	static const char *const policies[] = { "allowed_users", "allowed_domains",
						"allowed_idp_claims" };
	static const char *const flags[] = { "allow_public_unauthenticated_access",
					     "allow_any_authenticated_user" };
	const struct str solver =
		str_map_get(&dead->ingress->metadata.labels, "acme.cert-manager.io/http01-solver");

	if (str_is_nocase(solver, "true") || annotation(dead, "policy").ptr)
		return;
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		if (!is_blank(annotation(dead, policies[i])))
			return;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flag(dead, flags[i]))
			return;
	(void)cli_lint_find(dead->lint, &dead->bundle->owner, RULE_NO_ACCESS,
			    STR("metadata.annotations"),
			    "nobody may come in: an annotation " STR_FMT "/policy, or " STR_FMT
			    "/allow_any_authenticated_user, should say who may",
			    STR_ARG(dead->prefix), STR_ARG(dead->prefix));
}

static void check_tls(const struct dead *dead)
{
	static const char *const names[] = { "tls_server_name", "tls_skip_verify",
					     "tls_custom_ca_secret", "tls_client_secret" };

	if (flag(dead, "secure_upstream"))
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct str text = annotation(dead, names[i]);

		if (is_blank(text) || str_is_nocase(text, "false"))
			continue;
		(void)cli_lint_find(dead->lint, &dead->bundle->owner, RULE_TLS_PLAIN,
				    field_of(dead, pool_printf(&dead->lint->pool, STR_FMT "/%s",
							       STR_ARG(dead->prefix), names[i])),
				    "annotation " STR_FMT
				    "/%s has no effect: upstreams are spoken to without "
				    "TLS unless " STR_FMT "/secure_upstream is true",
				    STR_ARG(dead->prefix), names[i], STR_ARG(dead->prefix));
	}
}

static void check_nginx(const struct dead *dead)
{
	const struct str_map *all = &dead->ingress->metadata.annotations;

	for (size_t i = 0; i < all->n; i++)
		if (str_starts(all->items[i].key, "nginx.ingress.kubernetes.io/"))
			(void)cli_lint_find(dead->lint, &dead->bundle->owner, RULE_NGINX_ANNOTATION,
					    field_of(dead, all->items[i].key),
					    "annotation %s has no effect here; `sluice migrate` "
					    "says what would replace it",
					    err_quote(all->items[i].key));
}

/* ---- paths ---- */

static bool looks_like_regex(struct str path)
{
	if (!path.len)
		return false;
	return strpbrk(path.ptr, "*\\[^|{") != NULL || strstr(path.ptr, ".+") != NULL ||
	       strstr(path.ptr, "(?") != NULL || str_ends(path, "$");
}

static void check_regex(const struct dead *dead, const struct msg_path *path, struct str field)
{
	const bool wanted = flag(dead, "path_regex");

	if (!looks_like_regex(path->path) || is_tunnel(dead) ||
	    (wanted && str_is(path->pathType, "ImplementationSpecific")))
		return;
	(void)cli_lint_find(
		dead->lint, &dead->bundle->owner, RULE_PATH_REGEX,
		pool_printf(&dead->lint->pool, STR_FMT ".path", STR_ARG(field)),
		"path %s looks like a regular expression and is plain text: %s%s" STR_FMT
		"%s make it one",
		err_quote(path->path), "the path type ImplementationSpecific",
		wanted ? " and the annotation " : " together with the annotation ",
		STR_ARG(dead->prefix), "/path_regex: \"true\" would");
}

/* ---- ports ---- */

static const struct msg_bundle_service *service_of(const struct msg_bundle *bundle, struct str name)
{
	for (size_t i = 0; i < bundle->services.n; i++)
		if (str_eq(bundle->services.items[i].name, name))
			return &bundle->services.items[i];
	return NULL;
}

static const struct msg_service_port *port_of(const struct msg_bundle_service *service,
					      const struct msg_service_port_ref *ref)
{
	for (size_t i = 0; i < service->spec.ports.n; i++) {
		const struct msg_service_port *port = &service->spec.ports.items[i];

		if (ref->name.len ? str_eq(port->name, ref->name) : port->port == ref->number)
			return port;
	}
	return NULL;
}

static bool is_served(const struct dead *dead, struct str protocol)
{
	const bool secure = flag(dead, "secure_upstream");

	if (str_starts(protocol, "kubernetes.io/"))
		protocol = str_slice(protocol, strlen("kubernetes.io/"), protocol.len);
	if (str_is_nocase(protocol, "https"))
		return secure;
	if (str_is_nocase(protocol, "http") || str_is_nocase(protocol, "http/1.1"))
		return !secure;
	if (str_is_nocase(protocol, "ws") || str_is_nocase(protocol, "wss"))
		return flag(dead, "allow_websockets") && secure == str_is_nocase(protocol, "wss");
	return false;
}

static void check_protocol(const struct dead *dead, const struct msg_service_ref *ref,
			   const struct msg_service_port *port, struct str field)
{
	const struct msg_key service = { .kind = MSG_KIND_SERVICE,
					 .namespace = dead->ingress->metadata.namespace,
					 .name = ref->name };
	struct pool *pool = &dead->lint->pool;
	const char *protocol =
		map_get(&dead->lint->protocols,
			pool_printf(pool, STR_FMT " %lld", STR_ARG(msg_key_text(&service, pool)),
				    (long long)port->port));

	if (!protocol || is_tunnel(dead) || is_served(dead, str_from(protocol)))
		return;
	(void)cli_lint_find(dead->lint, &dead->bundle->owner, RULE_APP_PROTOCOL, field,
			    "port %lld of Service " STR_FMT
			    " speaks %s, as its appProtocol says, and requests go there as %s",
			    (long long)port->port, STR_ARG(ref->name),
			    err_quote(str_from(protocol)),
			    flag(dead, "secure_upstream") ? "HTTP over TLS" : "plain HTTP");
}

static void check_port(const struct dead *dead, const struct msg_service_ref *ref, struct str field)
{
	const struct msg_bundle_service *service = service_of(dead->bundle, ref->name);
	const struct msg_service_port *port;

	field = pool_printf(&dead->lint->pool, STR_FMT ".service.port.%s", STR_ARG(field),
			    ref->port.name.len ? "name" : "number");
	if (!service || str_is(service->spec.type, "ExternalName"))
		return;
	port = port_of(service, &ref->port);
	if (port)
		check_protocol(dead, ref, port, field);
	else if (!ref->port.name.len)
		(void)cli_lint_find(dead->lint, &dead->bundle->owner, RULE_PORT_NUMBER, field,
				    "Service " STR_FMT " has no port %lld", STR_ARG(ref->name),
				    (long long)ref->port.number);
}

/* ---- all ---- */

static void check_paths(const struct dead *dead)
{
	const struct msg_ingress_spec *spec = &dead->ingress->spec;
	struct pool *pool = &dead->lint->pool;

	if (spec->defaultBackend && spec->defaultBackend->service)
		check_port(dead, spec->defaultBackend->service, STR("spec.defaultBackend"));
	for (size_t i = 0; i < spec->rules.n; i++) {
		const struct msg_http_rule *http = spec->rules.items[i].http;

		for (size_t k = 0; http && k < http->paths.n; k++) {
			const struct msg_path *path = &http->paths.items[k];
			struct str field =
				pool_printf(pool, "spec.rules[%zu].http.paths[%zu]", i, k);

			check_regex(dead, path, field);
			if (path->backend.service)
				check_port(dead, path->backend.service,
					   pool_printf(pool, STR_FMT ".backend", STR_ARG(field)));
		}
	}
}

void cli_lint_dead(struct lint *lint, const struct msg_bundle *bundle)
{
	const struct dead dead = { lint, bundle, bundle->ingress,
				   cli_offline_settings.resolve.prefix };

	if (!bundle->ingress)
		return;
	check_access(&dead);
	check_tls(&dead);
	check_nginx(&dead);
	check_paths(&dead);
}

void cli_lint_dead_note(struct lint *lint, const struct value *document)
{
	const struct value *ports = value_get(value_get(document, "spec"), "ports");
	struct pool pool;

	if (!str_starts(lint->key, "Service/") || !ports || ports->type != VALUE_LIST)
		return;
	pool_init(&pool);
	for (size_t i = 0; i < ports->list.n; i++) {
		const struct value *number = value_get(&ports->list.items[i], "port");
		const struct str protocol = value_text(&ports->list.items[i], "appProtocol");

		if (protocol.len && number && number->type == VALUE_INT)
			map_put(&lint->protocols,
				pool_printf(&pool, STR_FMT " %lld", STR_ARG(lint->key),
					    (long long)number->integer),
				mem_strdup(protocol.ptr));
	}
	pool_clear(&pool);
}
