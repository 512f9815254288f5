/* splice_table: which value of which Secret may go where.
 *
 *   in     a kind of owner, where it names the Secret, a key
 *   out    the field, and how the value is written there
 *   owns   the table
 *   never  changes what the number of a row means
 */
#include "msg/splice_table.h"

#include <string.h>

#define OPAQUE "Opaque"
#define TLS "kubernetes.io/tls"
#define SSH "kubernetes.io/ssh-auth"
#define TOKEN "kubernetes.io/service-account-token"
#define ROW(id, kind, reference, type, key, target, field, encoding)                   \
	{                                                                              \
		id, MSG_KIND_##kind, reference, type, key, MSG_SPLICE_##target, field, \
			MSG_SPLICE_##encoding                                          \
	}

/* clang-format off */
static const struct msg_splice_row table[] = {
	ROW(1, INGRESS, "identity_provider_secret", OPAQUE, "client_id", ROUTES, "idp_client_id", RAW),
	ROW(2, INGRESS, "identity_provider_secret", OPAQUE, "client_secret", ROUTES, "idp_client_secret", RAW),
	ROW(3, INGRESS, "kubernetes_service_account_token_secret", TOKEN, "token", ROUTES,
	    "kubernetes_service_account_token", RAW),
	ROW(4, INGRESS, "mcp_server_upstream_oauth2_secret", OPAQUE, "client_id", ROUTES,
	    "mcp.server.upstream_oauth2.client_id", RAW),
	ROW(5, INGRESS, "mcp_server_upstream_oauth2_secret", OPAQUE, "client_secret", ROUTES,
	    "mcp.server.upstream_oauth2.client_secret", RAW),
	ROW(6, INGRESS, "set_request_headers_secret", OPAQUE, "*", ROUTES, "set_request_headers[*]", RAW),
	ROW(7, INGRESS, "set_response_headers_secret", OPAQUE, "*", ROUTES, "set_response_headers[*]", RAW),
	ROW(8, INGRESS, "tls_client_secret", NULL, "tls.crt", ROUTES, "tls_client_cert", BASE64),
	ROW(9, INGRESS, "tls_client_secret", NULL, "tls.key", ROUTES, "tls_client_key", BASE64),
	ROW(10, INGRESS, "tls_custom_ca_secret", NULL, "ca.crt", ROUTES, "tls_custom_ca", BASE64),
	ROW(11, INGRESS, "tls_downstream_client_ca_secret", NULL, "ca.crt", ROUTES, "tls_downstream_client_ca",
	    BASE64),

	ROW(32, POMERIUM, "spec.identityProvider.secret", NULL, "client_id", SETTINGS, "idp_client_id", RAW),
	ROW(33, POMERIUM, "spec.identityProvider.secret", NULL, "client_secret", SETTINGS, "idp_client_secret", RAW),
	ROW(34, POMERIUM, "spec.identityProvider.requestParamsSecret", NULL, "*", SETTINGS, "request_params[*]", RAW),
	ROW(35, POMERIUM, "spec.ssh.hostKeySecrets", SSH, "ssh-privatekey", SETTINGS, "ssh_host_keys.values[n]", RAW),
	ROW(36, POMERIUM, "spec.ssh.userCaKeySecret", SSH, "ssh-privatekey", SETTINGS, "ssh_user_ca_key", RAW),

	ROW(48, POMERIUM, "spec.secrets", NULL, "shared_secret", BOOTSTRAP, "shared_secret", BASE64),
	ROW(49, POMERIUM, "spec.secrets", NULL, "cookie_secret", BOOTSTRAP, "cookie_secret", BASE64),
	ROW(50, POMERIUM, "spec.secrets", NULL, "signing_key", BOOTSTRAP, "signing_key", BASE64),
	ROW(51, POMERIUM, "spec.storage.postgres.secret", NULL, "connection", BOOTSTRAP,
	    "databroker_storage_connection_string", POSTGRES_URL),
	ROW(52, POMERIUM, "spec.storage.postgres.caSecret", NULL, "ca.crt", FILE, "sslrootcert", RAW),
	ROW(53, POMERIUM, "spec.storage.postgres.tlsSecret", TLS, "tls.crt", FILE, "sslcert", RAW),
	ROW(54, POMERIUM, "spec.storage.postgres.tlsSecret", TLS, "tls.key", FILE, "sslkey", RAW),
};
/* clang-format on */

#define N_ROWS (sizeof(table) / sizeof(table[0]))

static bool takes(const struct msg_splice_row *row, struct str key)
{
	return strcmp(row->key, "*") == 0 || str_is(key, row->key);
}

const struct msg_splice_row *msg_splice_row(uint64_t id)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (table[i].id == id)
			return &table[i];
	return NULL;
}

const struct msg_splice_row *msg_splice_row_for(enum msg_kind owner, struct str reference,
						struct str key)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (table[i].owner == owner && str_is(reference, table[i].reference) &&
		    takes(&table[i], key))
			return &table[i];
	return NULL;
}

/* The field without what stands in brackets. */
static struct str stem(const struct msg_splice_row *row)
{
	struct str field = str_from(row->field);
	long bracket = str_find(field, '[');

	return bracket < 0 ? field : str_slice(field, 0, (size_t)bracket);
}

static bool is_place(const struct msg_splice_row *row, struct str key, struct str at)
{
	long long n;

	if (str_ends(str_from(row->field), "[*]"))
		return str_eq(at, key);
	if (str_ends(str_from(row->field), "[n]"))
		return str_to_int(at, &n) && n >= 0;
	return at.len == 0;
}

bool msg_splice_fits(const struct msg_splice_row *row, enum msg_kind owner,
		     const struct msg_ticket_secret *secret, struct str key, struct str at)
{
	if (row->owner != owner || !takes(row, key) || !is_place(row, key, at) ||
	    (row->type && !str_is(secret->type, row->type)))
		return false;
	for (size_t i = 0; i < secret->references.n; i++)
		if (str_is(secret->references.items[i], row->reference))
			return true;
	return false;
}

struct str msg_splice_path(const struct msg_splice_row *row, struct str at, struct pool *pool)
{
	struct str field = stem(row);

	if (field.len == strlen(row->field))
		return field;
	return pool_printf(pool, STR_FMT "[" STR_FMT "]", STR_ARG(field), STR_ARG(at));
}
