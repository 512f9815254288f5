/* annotations_mcp: makes a route one to a server or a client of the Model Context Protocol.
 *
 *   in     an annotation mcp_client, mcp_server or mcp_server_*: plain text, and YAML for
 *          the parameters
 *   out    mcp of the route
 *   owns   the table of these annotations
 *   never  reads the Secret with the OAuth2 credentials: annotations_secret.c does
 *
 * Any annotation of the server makes the route a server, even if it is empty. */
#include "translator/ingress/ingress.h"

#include "net/url.h"
#include "rules/rules.h"

enum kind { MCP_CLIENT, MCP_SERVER, MCP_BYTES, MCP_TEXT, MCP_SCOPES, MCP_STYLE, MCP_PARAMS };

static const struct mcp_annotation {
	const char *name;
	enum kind kind;
	const char *path; /* of a text, inside the server */
} table[] = {
	{ "mcp_client", MCP_CLIENT, NULL },
	{ "mcp_server", MCP_SERVER, NULL },
	{ "mcp_server_authorization_server_url", MCP_TEXT, "authorization_server_url" },
	{ "mcp_server_max_request_bytes", MCP_BYTES, NULL },
	{ "mcp_server_path", MCP_TEXT, "path" },
	{ "mcp_server_upstream_oauth2_auth_style", MCP_STYLE, NULL },
	{ "mcp_server_upstream_oauth2_auth_url", MCP_TEXT,
	  "upstream_oauth2.oauth2_endpoint.auth_url" },
	{ "mcp_server_upstream_oauth2_authorization_url_params", MCP_PARAMS, NULL },
	{ "mcp_server_upstream_oauth2_scopes", MCP_SCOPES, NULL },
	{ "mcp_server_upstream_oauth2_token_url", MCP_TEXT,
	  "upstream_oauth2.oauth2_endpoint.token_url" },
};

static Pomerium__Config__UpstreamOAuth2 *oauth2_of(struct ingress_job *job)
{
	Pomerium__Config__MCPServer *server = job->route->mcp->server;

	if (!server->upstream_oauth2)
		server->upstream_oauth2 = PB_NEW(job->pool, pomerium__config__upstream_oauth2);
	return server->upstream_oauth2;
}

static int set_client(struct ingress_job *job, struct str text, struct err *err)
{
	struct url url;

	if (text.len && !str_is(text, "true") &&
	    (url_parse(text, &url, NULL) || !str_is(url.scheme, "https") || !url.hostname.len))
		return err_set(err, "should be true, empty or an https URL, got %s",
			       err_quote(text));
	job->route->mcp->client = PB_NEW(job->pool, pomerium__config__mcpclient);
	return 0;
}

static int set_bytes(struct ingress_job *job, struct str text, struct err *err)
{
	Pomerium__Config__MCPServer *server = job->route->mcp->server;
	long long number;

	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return err_set(err, "should be a number of bytes, got %s", err_quote(text));
	if (!str_to_int(text, &number) || number > UINT32_MAX)
		return err_set(err, "should be a number of bytes up to 4294967295, got %s",
			       err_quote(text));
	PB_SET(server, max_request_bytes, (uint32_t)number);
	return 0;
}

static void set_scopes(struct ingress_job *job, struct str text)
{
	Pomerium__Config__UpstreamOAuth2 *oauth2 = oauth2_of(job);
	struct str head, tail = text;

	while (str_cut(tail, ',', &head, &tail))
		PB_PUSH(job->pool, oauth2, scopes, pb_bytes(str_trim(head)));
	PB_PUSH(job->pool, oauth2, scopes, pb_bytes(str_trim(tail)));
}

static int set_style(struct ingress_job *job, struct str text, struct err *err)
{
	Pomerium__Config__UpstreamOAuth2 *oauth2;

	if (!str_is(text, "in_params") && !str_is(text, "in_header"))
		return err_set(err, "should be in_params or in_header, got %s", err_quote(text));
	oauth2 = oauth2_of(job);
	if (!oauth2->oauth2_endpoint)
		oauth2->oauth2_endpoint = PB_NEW(job->pool, pomerium__config__oauth2_endpoint);
	PB_SET(oauth2->oauth2_endpoint, auth_style,
	       str_is(text, "in_params")
		       ? POMERIUM__CONFIG__OAUTH2_AUTH_STYLE__OAUTH2_AUTH_STYLE_IN_PARAMS
		       : POMERIUM__CONFIG__OAUTH2_AUTH_STYLE__OAUTH2_AUTH_STYLE_IN_HEADER);
	return 0;
}

/* A scalar counts as it is written, as in go-yaml's map of texts; null is the empty text. */
static int scalar_text(const struct value *v, struct str *out, struct err *err)
{
	if (v->type == VALUE_LIST || v->type == VALUE_MAP)
		return err_set(err, "should be a map of texts, but holds a %s",
			       value_type_name(v->type));
	if (v->type == VALUE_NULL)
		*out = STR("");
	else
		*out = v->type == VALUE_STRING ? v->string : v->text;
	if (!str_is_utf8(*out))
		return err_set(err, "%s is not valid UTF-8", err_quote(*out));
	return 0;
}

static int set_params(struct ingress_job *job, struct str text, struct err *err)
{
	Pomerium__Config__UpstreamOAuth2 *oauth2 = oauth2_of(job);
	struct value v = { 0 };

	if (yaml_parse(text, job->pool, &v, err))
		return -1;
	if (v.type != VALUE_MAP && v.type != VALUE_NULL)
		return err_set(err, "should be a map of texts, got %s", err_quote(text));
	for (size_t i = 0; v.type == VALUE_MAP && i < v.map.n; i++) {
		Pomerium__Config__UpstreamOAuth2__AuthorizationUrlParamsEntry *entry;
		struct str key = STR_NONE, value = STR_NONE;

		if (v.map.entries[i].key.type == VALUE_NULL)
			continue;
		if (scalar_text(&v.map.entries[i].key, &key, err) ||
		    scalar_text(&v.map.entries[i].value, &value, err))
			return -1;
		entry = PB_NEW(job->pool,
			       pomerium__config__upstream_oauth2__authorization_url_params_entry);
		PB_SET_TEXT(entry, key, key);
		PB_SET_TEXT(entry, value, value);
		PB_PUSH(job->pool, oauth2, authorization_url_params, entry);
	}
	return 0;
}

static int set_server(struct ingress_job *job, const struct mcp_annotation *a, struct str text,
		      struct err *err)
{
	if (a->kind == MCP_SERVER)
		return !text.len || str_is(text, "true")
			       ? 0
			       : err_set(err, "should be true or empty, got %s", err_quote(text));
	if (!text.len)
		return 0;
	switch (a->kind) {
	case MCP_BYTES:
		return set_bytes(job, text, err);
	case MCP_TEXT:
		return pb_set_path(&job->route->mcp->server->base, str_from(a->path), text,
				   job->pool, err);
	case MCP_STYLE:
		return set_style(job, text, err);
	case MCP_PARAMS:
		return set_params(job, text, err);
	case MCP_SCOPES:
		set_scopes(job, text);
		return 0;
	default:
		return 0;
	}
}

int translator_annotations_mcp(struct ingress_job *job, const char *name, struct str text,
			       struct err *err)
{
	const struct mcp_annotation *a = table;
	Pomerium__Config__MCP *mcp = job->route->mcp;

	while (strcmp(a->name, name) != 0)
		a++; /* every annotation of the group is in the table */
	if (!mcp)
		mcp = job->route->mcp = PB_NEW(job->pool, pomerium__config__mcp);
	if (a->kind == MCP_CLIENT ? mcp->server != NULL : mcp->client != NULL)
		return err_rule(err, RULE_MCP_ROLE,
				"a route is either a server or a client of MCP: remove "
				"mcp_client, or all annotations that begin with "
				"mcp_server");
	if (a->kind == MCP_CLIENT)
		return set_client(job, text, err);
	if (!mcp->server)
		mcp->server = PB_NEW(job->pool, pomerium__config__mcpserver);
	return set_server(job, a, text, err);
}
