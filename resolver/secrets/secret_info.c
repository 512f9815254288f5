/* secret_info: what a process that must not see a secret value may know of it.
 *
 *   in     the decoded values of one Secret
 *   out    length, form, and the public parts in clear
 *   never  keeps, prints or copies a value
 */
#include "resolver/secrets/secret_info.h"

#include "x509/x509_cert.h"
#include "x509/x509_key.h"
#include "x509/x509_strict.h"

#define PEM_MAX (1u << 20) /* larger values are no keys: Kubernetes stores no more in a Secret */

static bool is_blank(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != ' ' && (s.ptr[i] < '\t' || s.ptr[i] > '\r'))
			return false;
	return true;
}

static void judge_key(struct msg_secret_info *info, struct str value, const X509 *cert)
{
	EVP_PKEY *key;

	if (value.len > PEM_MAX || !x509_pem_has_key(value) || x509_strict_check_text(value, NULL))
		return;
	key = x509_key_read(value, X509_BORINGSSL);
	info->is_private_key = key ? x509_key_is_usable(key) && x509_key_is_whole(key)
				   : x509_key_is_openssh(value);
	info->matches_cert = key && info->is_private_key && cert && x509_key_matches(key, cert);
	x509_key_free(key);
}

/* Certificates may be shown, unless there is a private key among them. */
static bool is_public(struct str name, struct str value)
{
	return (str_is(name, "tls.crt") || str_is(name, "ca.crt")) && !x509_pem_has_key(value);
}

void resolver_secret_info_from_data(const struct str_map *data, struct pool *pool,
				    struct msg_secret_info_list *out)
{
	struct str pem = str_map_get(data, "tls.crt");
	X509 *cert = pem.len <= PEM_MAX ? x509_cert_read(pem, X509_BORINGSSL, NULL) : NULL;

	out->items = pool_array(pool, data->n, sizeof(*out->items));
	out->n = data->n;
	for (size_t i = 0; i < data->n; i++) {
		struct msg_secret_info *info = &out->items[i];
		struct str value = data->items[i].value;

		info->name = data->items[i].key;
		info->len = value.len;
		info->utf8 = str_is_utf8(value);
		info->has_control = str_has_control(value);
		info->is_blank = is_blank(value);
		judge_key(info, value, cert);
		if (is_public(info->name, value))
			info->clear = value.ptr ? value : STR("");
	}
	x509_cert_free(cert);
}
