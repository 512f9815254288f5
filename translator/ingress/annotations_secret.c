/* annotations_secret: fills a route from the Secrets that annotations name.
 *
 *   in     the name of an annotation, the name of a Secret, the facts of that Secret
 *   out    splices for values that are secret, fields of the route for those that are public
 *   owns   the table of annotations and keys
 *   never  sees a secret value
 */
#include "translator/ingress/ingress.h"

#include "rules/rules.h"
#include "rules/rules_header.h"
#include "translator/answer.h"
#include "translator/bundle_secret.h"

enum key_flag {
	KEY_REQUIRED = 1, /* must exist */
	KEY_FILLED = 2,   /* and must not be empty */
	KEY_EACH = 4,     /* every key of the Secret, into a map under its own name */
	KEY_ONE_OF = 8,   /* at least one of those that carry this flag */
	KEY_CERTS = 16,   /* authorities in PEM */
	KEY_PAIR = 32,    /* the private key of tls.crt */
	KEY_CHAIN = 64    /* a certificate in PEM, and those that signed it */
};

struct secret_key {
	const char *key;
	unsigned flags;
};

static const struct secret_annotation {
	const char *name;
	const char *type; /* NULL: any */
	struct secret_key keys[2];
} table[] = {
	{ "identity_provider_secret", "Opaque", { { "client_id", 0 }, { "client_secret", 0 } } },
	{ "kubernetes_service_account_token_secret",
	  "kubernetes.io/service-account-token",
	  { { "token", KEY_REQUIRED } } },
	{ "mcp_server_upstream_oauth2_secret",
	  "Opaque",
	  { { "client_id", KEY_ONE_OF }, { "client_secret", KEY_ONE_OF } } },
	{ "set_request_headers_secret", "Opaque", { { "", KEY_EACH } } },
	{ "set_response_headers_secret", "Opaque", { { "", KEY_EACH } } },
	{ "tls_client_secret",
	  NULL,
	  { { "tls.crt", KEY_FILLED | KEY_CHAIN }, { "tls.key", KEY_FILLED | KEY_PAIR } } },
	{ "tls_custom_ca_secret", NULL, { { "ca.crt", KEY_FILLED | KEY_CERTS } } },
	{ "tls_downstream_client_ca_secret", NULL, { { "ca.crt", KEY_FILLED | KEY_CERTS } } },
};

/* What one annotation and one Secret make of a job. */
struct secret_job {
	struct ingress_job *job;
	const struct secret_annotation *annotation;
	const struct msg_bundle_secret *secret;
};

static const struct msg_splice_row *row_for(const struct secret_job *self, struct str key)
{
	return msg_splice_row_for(MSG_KIND_INGRESS, str_from(self->annotation->name), key);
}

/* A public value goes straight into the route; any other is left to the publisher. */
static int fill(const struct secret_job *self, const struct msg_secret_info *info, struct err *err)
{
	const struct msg_splice_row *row = row_for(self, info->name);
	struct ingress_job *job = self->job;
	struct buf text;
	int rc;

	if (!info->utf8 && row->encoding == MSG_SPLICE_RAW)
		return err_rule(err, RULE_SECRET_TEXT,
				"key %s of Secret " STR_FMT " is not valid UTF-8",
				err_quote(info->name), STR_ARG(self->secret->name));
	if (!info->clear.ptr) {
		translator_answer_splice(
			job->out, job->pool, job->bundle,
			&(struct answer_splice){ row, self->secret, info->name, STR("") });
		return 0;
	}
	buf_init(&text, BUF_MAX_MESSAGE);
	buf_base64(&text, info->clear);
	rc = pb_set_path(&job->route->base, str_from(row->field),
			 pool_str(job->pool, buf_view(&text)), job->pool, err);
	buf_clear(&text);
	return rc;
}

/* Headers of a Secret may not repeat a header of the plain annotation; names are compared as they
 * are written. */
static bool has_header(const struct ingress_job *job, bool is_response, struct str name)
{
	const Pomerium__Config__Route *route = job->route;

	if (!is_response) {
		for (size_t i = 0; i < route->n_set_request_headers; i++)
			if (str_eq(pb_str(route->set_request_headers[i]->key), name))
				return true;
		return false;
	}
	for (size_t i = 0; i < route->n_set_response_headers; i++)
		if (str_eq(pb_str(route->set_response_headers[i]->key), name))
			return true;
	return false;
}

static int check_header(const struct secret_job *self, const struct msg_secret_info *info,
			struct err *err)
{
	const bool is_response = strcmp(self->annotation->name, "set_response_headers_secret") == 0;
	const struct str secret = self->secret->name;

	if (has_header(self->job, is_response, info->name))
		return err_rule(err, RULE_HEADER_TWICE,
				"key %s of Secret " STR_FMT
				" is also set by the annotation %s: keep one of them",
				err_quote(info->name), STR_ARG(secret),
				is_response ? "set_response_headers" : "set_request_headers");
	if (is_response && str_is_nocase(info->name, "host"))
		return err_rule(err, RULE_HEADER_FIXED,
				"key %s of Secret " STR_FMT ": this header cannot be changed here",
				err_quote(info->name), STR_ARG(secret));
	if (!info->utf8)
		return err_rule(err, RULE_SECRET_TEXT,
				"key %s of Secret " STR_FMT
				" is not valid UTF-8, so it cannot be a header",
				err_quote(info->name), STR_ARG(secret));
	if (info->has_control)
		return err_rule(err, RULE_HEADER_VALUE,
				"key %s of Secret " STR_FMT
				" holds a NUL, a carriage return or a line feed, which a "
				"header cannot carry",
				err_quote(info->name), STR_ARG(secret));
	return 0;
}

static int check_n_headers(const struct secret_job *self, struct err *err)
{
	const size_t n = self->job->route->n_set_response_headers + self->secret->values.n;

	if (strcmp(self->annotation->name, "set_response_headers_secret") != 0 ||
	    n <= RULES_HEADERS_MAX)
		return 0;
	return err_rule(err, RULE_HEADER_COUNT,
			"with those of Secret " STR_FMT " %zu headers are set, but there may be %d",
			STR_ARG(self->secret->name), n, RULES_HEADERS_MAX);
}

static int fill_each(const struct secret_job *self, struct err *err)
{
	struct ingress_job *job = self->job;

	if (check_n_headers(self, err))
		return -1;

	for (size_t i = 0; i < self->secret->values.n; i++) {
		const struct msg_secret_info *info = &self->secret->values.items[i];

		if (check_header(self, info, err))
			return -1;
		translator_answer_splice(job->out, job->pool, job->bundle,
					 &(struct answer_splice){ row_for(self, info->name),
								  self->secret, info->name,
								  info->name });
	}
	return 0;
}

static int check_type(const struct secret_annotation *a, const struct msg_bundle_secret *secret,
		      struct err *err)
{
	if (!a->type || str_is(secret->type, a->type))
		return 0;
	return err_rule(err, RULE_SECRET_TYPE,
			"Secret " STR_FMT " should have the type %s, but has %s",
			STR_ARG(secret->name), a->type, err_quote(secret->type));
}

/* A value that is not in clear holds a private key: nobody could check what stands around it. */
static int check_certs(const struct msg_secret_info *info, const struct secret_key *key,
		       struct err *err)
{
	if (!info->clear.ptr)
		return err_rule(err,
				key->flags & KEY_CHAIN ? RULE_CERT_HOLDS_KEY : RULE_CA_HOLDS_KEY,
				"it holds a private key: it should hold certificates only");
	return key->flags & KEY_CHAIN
		       ? x509_strict_check_chain(info->clear, X509_CLIENT, NULL, NULL, err)
		       : x509_strict_check_bundle(info->clear, err);
}

static int check_private(const struct msg_secret_info *info, struct err *err)
{
	if (!info->is_private_key)
		return err_rule(err, RULE_KEY_READS,
				"it is not a private key in PEM form without a password");
	return info->matches_cert
		       ? 0
		       : err_rule(err, RULE_KEY_MATCHES,
				  "it is not the private key of the certificate in its tls.crt");
}

static int check_key(const struct msg_bundle_secret *secret, const struct secret_key *key,
		     struct err *err)
{
	const struct msg_secret_info *info = msg_bundle_secret_info(secret, key->key);
	int rc = 0;

	if (!info && (key->flags & (KEY_REQUIRED | KEY_FILLED)))
		return err_rule(err, RULE_SECRET_KEY, "Secret " STR_FMT " has no key %s",
				STR_ARG(secret->name), key->key);
	if (!info)
		return 0;
	if (!info->len && (key->flags & KEY_FILLED))
		return err_rule(err, RULE_SECRET_KEY, "key %s of Secret " STR_FMT " is empty",
				key->key, STR_ARG(secret->name));
	if (key->flags & (KEY_CERTS | KEY_CHAIN))
		rc = check_certs(info, key, err);
	else if (key->flags & KEY_PAIR)
		rc = check_private(info, err);
	return rc ? err_wrap(err, "key %s of Secret " STR_FMT, key->key, STR_ARG(secret->name)) : 0;
}

static int apply_keys(const struct secret_job *self, struct err *err)
{
	const struct secret_key *keys = self->annotation->keys;
	bool one_of = false, any = false;

	if (keys[0].flags & KEY_EACH)
		return fill_each(self, err);
	for (size_t i = 0; i < 2 && keys[i].key; i++) {
		const struct msg_secret_info *info =
			msg_bundle_secret_info(self->secret, keys[i].key);

		if (check_key(self->secret, &keys[i], err))
			return -1;
		one_of |= (keys[i].flags & KEY_ONE_OF) != 0;
		any |= info != NULL;
		if (info && fill(self, info, err))
			return -1;
	}
	if (one_of && !any)
		return err_rule(err, RULE_SECRET_KEY,
				"Secret " STR_FMT " should have at least one of the keys %s and %s",
				STR_ARG(self->secret->name), keys[0].key, keys[1].key);
	return 0;
}

/* The OAuth2 Secret alone makes the route an MCP server; of a client it says nothing. */
static bool wants_mcp(struct ingress_job *job)
{
	Pomerium__Config__MCP *mcp = job->route->mcp;

	if (mcp && mcp->client)
		return false;
	if (!mcp)
		mcp = job->route->mcp = PB_NEW(job->pool, pomerium__config__mcp);
	if (!mcp->server)
		mcp->server = PB_NEW(job->pool, pomerium__config__mcpserver);
	if (!mcp->server->upstream_oauth2)
		mcp->server->upstream_oauth2 = PB_NEW(job->pool, pomerium__config__upstream_oauth2);
	return true;
}

int translator_annotations_secret(struct ingress_job *job, const char *name, struct str secret_name,
				  struct err *err)
{
	const struct secret_annotation *a = table;
	const struct msg_bundle_secret *secret = translator_bundle_secret_find(
		job->bundle, job->ingress->metadata.namespace, secret_name);

	while (strcmp(a->name, name) != 0)
		a++; /* every annotation of the group is in the table */
	if (!secret && job->settings->lenient)
		return 0;
	if (!secret)
		return err_rule(err, RULE_SECRET_MISSING, "Secret %s does not exist",
				err_quote(secret_name));
	if (check_type(a, secret, err))
		return -1;
	if (a->keys[0].flags & KEY_ONE_OF && !wants_mcp(job))
		return 0;
	return apply_keys(&(struct secret_job){ job, a, secret }, err);
}
