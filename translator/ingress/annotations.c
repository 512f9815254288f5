/* annotations: applies all annotations of an Ingress to the route that its routes start from.
 *
 *   in     the annotations of an Ingress under our prefix
 *   out    flags, fields of the route, splices for what is secret
 *   owns   the table of annotations
 *   never  looks at rules, paths or Services
 *
 * An annotation that is not in the table is refused first. Then the groups are read one after the
 * other, as the reference does. */
#include "translator/ingress/ingress.h"

#include "base/text/nearest.h"
#include "rules/rules.h"
#include "translator/answer.h"
#include "translator/ppl/ppl_compile.h"

enum group {
	GROUP_BASE,   /* the route's field of that name */
	GROUP_TLS,    /* a Secret: annotations_secret.c */
	GROUP_SECRET, /* the same */
	GROUP_MCP,    /* annotations_mcp.c */
	GROUP_TUNNEL,
	GROUP_POLICY, /* the field of that name of the route's one policy */
	GROUP_FLAG,   /* says how routes are built */
	GROUP_CLUSTER /* the Envoy cluster that older Pomerium reads */
};

struct annotation {
	const char *name;
	enum group group;
	const char *field; /* if it is not the name */
	enum ingress_flag flag;
};

static const struct annotation table[] = {
	{ "allow_any_authenticated_user", GROUP_BASE, NULL, 0 },
	{ "allow_public_unauthenticated_access", GROUP_BASE, NULL, 0 },
	{ "allow_spdy", GROUP_BASE, NULL, 0 },
	{ "allow_upgrades", GROUP_BASE, NULL, 0 },
	{ "allow_websockets", GROUP_BASE, NULL, 0 },
	{ "bearer_token_format", GROUP_BASE, NULL, 0 },
	{ "circuit_breaker_thresholds", GROUP_BASE, NULL, 0 },
	{ "cors_allow_preflight", GROUP_BASE, NULL, 0 },
	{ "depends_on", GROUP_BASE, NULL, 0 },
	{ "description", GROUP_BASE, NULL, 0 },
	{ "enable_google_cloud_serverless_authentication", GROUP_BASE, NULL, 0 },
	{ "health_checks", GROUP_BASE, NULL, 0 },
	{ "healthy_panic_threshold", GROUP_BASE, NULL, 0 },
	{ "host_path_regex_rewrite_pattern", GROUP_BASE, NULL, 0 },
	{ "host_path_regex_rewrite_substitution", GROUP_BASE, NULL, 0 },
	{ "host_rewrite", GROUP_BASE, NULL, 0 },
	{ "host_rewrite_header", GROUP_BASE, NULL, 0 },
	{ "idle_timeout", GROUP_BASE, NULL, 0 },
	{ "idp_access_token_allowed_audiences", GROUP_BASE, NULL, 0 },
	{ "lb_policy", GROUP_BASE, "load_balancing_policy", 0 },
	{ "load_balancing_policy", GROUP_BASE, NULL, 0 },
	{ "logo_url", GROUP_BASE, NULL, 0 },
	{ "name", GROUP_BASE, NULL, 0 },
	{ "outlier_detection", GROUP_BASE, NULL, 0 },
	{ "pass_identity_headers", GROUP_BASE, NULL, 0 },
	{ "prefix_rewrite", GROUP_BASE, NULL, 0 },
	{ "preserve_host_header", GROUP_BASE, NULL, 0 },
	{ "regex_rewrite_pattern", GROUP_BASE, NULL, 0 },
	{ "regex_rewrite_substitution", GROUP_BASE, NULL, 0 },
	{ "remove_request_headers", GROUP_BASE, NULL, 0 },
	{ "rewrite_response_headers", GROUP_BASE, NULL, 0 },
	{ "set_request_headers", GROUP_BASE, NULL, 0 },
	{ "set_response_headers", GROUP_BASE, NULL, 0 },
	{ "timeout", GROUP_BASE, NULL, 0 },
	{ "tls_server_name", GROUP_BASE, NULL, 0 },
	{ "tls_skip_verify", GROUP_BASE, NULL, 0 },

	{ "tls_client_secret", GROUP_TLS, NULL, 0 },
	{ "tls_custom_ca_secret", GROUP_TLS, NULL, 0 },
	{ "tls_downstream_client_ca_secret", GROUP_TLS, NULL, 0 },

	{ "identity_provider_secret", GROUP_SECRET, NULL, 0 },
	{ "kubernetes_service_account_token_secret", GROUP_SECRET, NULL, 0 },
	{ "mcp_server_upstream_oauth2_secret", GROUP_SECRET, NULL, 0 },
	{ "set_request_headers_secret", GROUP_SECRET, NULL, 0 },
	{ "set_response_headers_secret", GROUP_SECRET, NULL, 0 },

	{ "mcp_client", GROUP_MCP, NULL, 0 },
	{ "mcp_server", GROUP_MCP, NULL, 0 },
	{ "mcp_server_authorization_server_url", GROUP_MCP, NULL, 0 },
	{ "mcp_server_max_request_bytes", GROUP_MCP, NULL, 0 },
	{ "mcp_server_path", GROUP_MCP, NULL, 0 },
	{ "mcp_server_upstream_oauth2_auth_style", GROUP_MCP, NULL, 0 },
	{ "mcp_server_upstream_oauth2_auth_url", GROUP_MCP, NULL, 0 },
	{ "mcp_server_upstream_oauth2_authorization_url_params", GROUP_MCP, NULL, 0 },
	{ "mcp_server_upstream_oauth2_scopes", GROUP_MCP, NULL, 0 },
	{ "mcp_server_upstream_oauth2_token_url", GROUP_MCP, NULL, 0 },

	{ "upstream_tunnel", GROUP_TUNNEL, NULL, 0 },
	{ "upstream_tunnel_ssh_policy", GROUP_TUNNEL, "ssh_policy", 0 },

	{ "allowed_domains", GROUP_POLICY, NULL, 0 },
	{ "allowed_idp_claims", GROUP_POLICY, NULL, 0 },
	{ "allowed_users", GROUP_POLICY, NULL, 0 },
	{ "policy", GROUP_POLICY, "rego", 0 },

	{ "path_regex", GROUP_FLAG, NULL, INGRESS_PATH_REGEX },
	{ "secure_upstream", GROUP_FLAG, NULL, INGRESS_SECURE_UPSTREAM },
	{ "service_proxy_upstream", GROUP_FLAG, NULL, INGRESS_SERVICE_PROXY },
	{ "ssh_upstream", GROUP_FLAG, NULL, INGRESS_SSH },
	{ "subtle_allow_empty_host", GROUP_FLAG, NULL, INGRESS_EMPTY_HOST },
	{ "tcp_upstream", GROUP_FLAG, NULL, INGRESS_TCP },
	{ "udp_upstream", GROUP_FLAG, NULL, INGRESS_UDP },

	{ "least_request_lb_config", GROUP_CLUSTER, NULL, 0 },
	{ "maglev_lb_config", GROUP_CLUSTER, NULL, 0 },
	{ "ring_hash_lb_config", GROUP_CLUSTER, NULL, 0 },
};
#define N_TABLE (sizeof(table) / sizeof(table[0]))

/* ---- names ---- */

static const struct annotation *find(struct str name)
{
	for (size_t i = 0; i < N_TABLE; i++)
		if (str_is(name, table[i].name))
			return &table[i];
	return NULL;
}

/* The name without "prefix/"; STR_NONE if it is not ours. */
static struct str own_name(const struct ingress_job *job, struct str key)
{
	struct str prefix = job->settings->prefix;

	if (key.len <= prefix.len || key.ptr[prefix.len] != '/' ||
	    (prefix.len && memcmp(key.ptr, prefix.ptr, prefix.len) != 0))
		return STR_NONE;
	return str_slice(key, prefix.len + 1, key.len);
}

static void explain_unknown(const struct ingress_job *job, struct str key, struct str name,
			    struct err *err)
{
	struct nearest nearest;

	nearest_open(&nearest, name);
	for (size_t i = 0; i < N_TABLE; i++)
		nearest_offer(&nearest, str_from(table[i].name));
	if (nearest.found.ptr)
		err_rule(err, RULE_ANNOTATION_UNKNOWN,
			 "annotation %s is unknown; did you mean " STR_FMT "/" STR_FMT "?",
			 err_quote(key), STR_ARG(job->settings->prefix), STR_ARG(nearest.found));
	else
		err_rule(err, RULE_ANNOTATION_UNKNOWN,
			 "annotation %s is unknown: remove it, or give it another prefix "
			 "than " STR_FMT "/",
			 err_quote(key), STR_ARG(job->settings->prefix));
}

static void explain_groups(const struct ingress_job *job, struct err *err)
{
	err_rule(err, RULE_ANNOTATION_GONE,
		 "annotation " STR_FMT
		 "/allowed_groups is no longer supported: groups come as claims of the "
		 "identity provider now, so use " STR_FMT "/policy with a criterion claim/groups "
		 "(https://docs.pomerium.com/docs/overview/upgrading#idp-directory-sync)",
		 STR_ARG(job->settings->prefix), STR_ARG(job->settings->prefix));
}

/* An annotation of the Ingress that the table knows. */
struct given {
	const struct annotation *annotation;
	struct str key, text;
};

struct given_list {
	struct given *items;
	size_t n;
};

struct str translator_annotations_field(const struct ingress_job *job, struct str name)
{
	return pool_printf(job->pool, "metadata.annotations[" STR_FMT "/" STR_FMT "]",
			   STR_ARG(job->settings->prefix), STR_ARG(name));
}

static void refuse(struct ingress_job *job, struct str name, const struct err *why)
{
	translator_answer_refuse(job->out, job->pool, translator_annotations_field(job, name), why);
}

static void collect(struct ingress_job *job, struct given_list *out)
{
	const struct str_map *all = &job->ingress->metadata.annotations;
	struct err err;

	for (size_t i = 0; i < all->n; i++) {
		struct str name = own_name(job, all->items[i].key);
		const struct annotation *a = name.ptr ? find(name) : NULL;
		struct given *given;

		if (!name.ptr || ((job->flags & INGRESS_SOLVER) && !(a && a->group == GROUP_FLAG)))
			continue;
		if (!a) {
			if (str_is(name, "allowed_groups"))
				explain_groups(job, &err);
			else
				explain_unknown(job, all->items[i].key, name, &err);
			refuse(job, name, &err);
			continue;
		}
		given = pool_push(job->pool, &out->items, &out->n, sizeof(*given));
		*given = (struct given){ a, all->items[i].key, all->items[i].value };
	}
}

/* ---- groups ---- */

static int apply_field(struct ingress_job *job, const struct annotation *a, struct str text,
		       ProtobufCMessage *m, struct err *err)
{
	const char *field = a->field ? a->field : a->name;
	struct value value = { 0 };

	if (yaml_parse(text, job->pool, &value, err))
		return err_code(err, RULE_ANNOTATION_YAML);
	translator_annotation_value_expand(m->descriptor, field, &value, job->pool);
	return pb_field_from_value(&value, field, job->pool, m, err)
		       ? err_code(err, RULE_ANNOTATION_TYPE)
		       : 0;
}

static int apply_policy(struct ingress_job *job, const struct annotation *a, struct str text,
			struct err *err)
{
	Pomerium__Config__Policy *policy = job->route->policies[0];
	struct str rego;

	if (!a->field)
		return apply_field(job, a, text, &policy->base, err);
	if (translator_ppl_compile(text, job->pool, &rego, err))
		return err_code(err, RULE_POLICY_COMPILES);
	PB_SET_TEXT(policy, source_ppl, text);
	PB_PUSH(job->pool, policy, rego, pb_bytes(rego));
	return 0;
}

static int apply_tunnel(struct ingress_job *job, const struct annotation *a, struct str text,
			struct err *err)
{
	Pomerium__Config__UpstreamTunnel *tunnel = job->route->upstream_tunnel;
	struct str rego;

	if (!tunnel)
		tunnel = job->route->upstream_tunnel =
			PB_NEW(job->pool, pomerium__config__upstream_tunnel);
	if (!a->field)
		return 0; /* any value turns it on */
	if (translator_ppl_compile(text, job->pool, &rego, err))
		return err_code(err, RULE_POLICY_COMPILES);
	tunnel->ssh_policy = PB_NEW(job->pool, pomerium__config__pplpolicy);
	PB_SET_TEXT(tunnel->ssh_policy, raw, text);
	return 0;
}

/* Numbers of Envoy's Cluster.LbPolicy by those of Pomerium's LoadBalancingPolicy. */
static const int envoy_policies[] = { 0, 0, 5, 3, 2, 1 };

static int apply_cluster(struct ingress_job *job, const struct annotation *a, struct str text,
			 struct err *err)
{
	Pomerium__Config__Route *route = job->route;
	Envoy__Config__Cluster__V3__Cluster *cluster = route->envoy_opts;
	unsigned policy =
		route->has_load_balancing_policy ? (unsigned)route->load_balancing_policy : 0;

	if (!cluster)
		cluster = route->envoy_opts =
			PB_NEW(job->pool, envoy__config__cluster__v3__cluster);
	if (policy > 1 && policy < sizeof(envoy_policies) / sizeof(envoy_policies[0]))
		PB_SET(cluster, lb_policy,
		       (Envoy__Config__Cluster__V3__Cluster__LbPolicy)envoy_policies[policy]);
	if (apply_field(job, a, text, &cluster->base, err))
		return -1;
	translator_answer_warn(job->out, job->pool, RULE_ANNOTATION_OLD,
			       "annotation " STR_FMT
			       "/%s is read by older Pomerium only: the current one ignores it",
			       STR_ARG(job->settings->prefix), a->name);
	return 0;
}

/* true and false in the cases that YAML knows; null and nothing say nothing. */
static int apply_flag(struct ingress_job *job, const struct annotation *a, struct str text,
		      struct err *err)
{
	struct value value = { 0 };

	if (yaml_parse(text, job->pool, &value, NULL) ||
	    (value.type != VALUE_BOOL && value.type != VALUE_NULL))
		return err_rule(err, RULE_ANNOTATION_BOOL, "%s should be true or false",
				err_quote(text));
	if (value.type == VALUE_BOOL && value.boolean)
		job->flags |= a->flag;
	return 0;
}

static int apply_one(struct ingress_job *job, const struct annotation *a, struct str text,
		     struct err *err)
{
	switch (a->group) {
	case GROUP_BASE:
		return apply_field(job, a, text, &job->route->base, err);
	case GROUP_TLS:
	case GROUP_SECRET:
		return translator_annotations_secret(job, a->name, text, err);
	case GROUP_MCP:
		return translator_annotations_mcp(job, a->name, text, err)
			       ? err_code(err, RULE_MCP_VALUE)
			       : 0;
	case GROUP_TUNNEL:
		return apply_tunnel(job, a, text, err);
	case GROUP_POLICY:
		return apply_policy(job, a, text, err);
	case GROUP_CLUSTER:
		return apply_cluster(job, a, text, err);
	case GROUP_FLAG:
		return apply_flag(job, a, text, err);
	}
	return 0;
}

/* Groups in the order in which they are read: secrets add to what the others say. */
static const enum group order[] = { GROUP_FLAG, GROUP_BASE,   GROUP_CLUSTER, GROUP_MCP,
				    GROUP_TLS,  GROUP_SECRET, GROUP_TUNNEL,  GROUP_POLICY };

static const struct given *given_field(const struct given_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i].annotation->name, name) == 0)
			return &list->items[i];
	return NULL;
}

static void check_alias(struct ingress_job *job, const struct given_list *list)
{
	const struct given *alias = given_field(list, "lb_policy");
	const struct given *field = given_field(list, "load_balancing_policy");
	struct err err;

	if (!alias || !field)
		return;
	err_rule(&err, RULE_ANNOTATION_ALIAS,
		 "annotations " STR_FMT " and " STR_FMT " mean the same: keep one of them",
		 STR_ARG(alias->key), STR_ARG(field->key));
	refuse(job, STR("lb_policy"), &err);
}

static void apply_group(struct ingress_job *job, const struct given_list *list, enum group group)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct given *given = &list->items[i];
		struct err err;

		if (given->annotation->group != group ||
		    !apply_one(job, given->annotation, given->text, &err))
			continue;
		err_wrap(&err, "annotation " STR_FMT, STR_ARG(given->key));
		refuse(job, str_from(given->annotation->name), &err);
	}
}

void translator_annotations_apply(struct ingress_job *job)
{
	struct given_list list = { NULL, 0 };

	job->route = PB_NEW(job->pool, pomerium__config__route);
	collect(job, &list);
	check_alias(job, &list);
	if (job->flags & INGRESS_SOLVER) {
		PB_SET(job->route, allow_public_unauthenticated_access, 1);
		PB_SET(job->route, preserve_host_header, 1);
	} else {
		PB_PUSH(job->pool, job->route, policies,
			PB_NEW(job->pool, pomerium__config__policy));
	}
	for (size_t g = 0; g < sizeof(order) / sizeof(order[0]); g++)
		apply_group(job, &list, order[g]);
}
