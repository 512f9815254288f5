/* secret_info: what a process that must not see a secret value may know of it.
 *
 *   in     the decoded values of one Secret
 *   out    length, keyed digest, form, and the public parts in clear
 *   never  keeps, prints or copies a value
 */
#include "resolver/secrets/secret_info.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/mem.h"

#define PEM_MAX (1u << 20) /* larger values are no keys: Kubernetes stores no more in a Secret */

static const char OPENSSH_BEGIN[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
static const char OPENSSH_END[] = "-----END OPENSSH PRIVATE KEY-----";
/* How the bytes of an OpenSSH key begin, up to the cipher, where that is "none". */
static const char OPENSSH_PLAIN[] = "openssh-key-v1\0\0\0\0\4none";

/* Without this OpenSSL would ask the terminal for a passphrase. */
static int no_passphrase(char *out, int size, int writing, void *arg)
{
	(void)out, (void)size, (void)writing, (void)arg;
	return -1;
}

static EVP_PKEY *read_key(struct str pem)
{
	BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;

	BIO_free(bio);
	ERR_clear_error();
	return key;
}

static X509 *read_certificate(struct str pem)
{
	BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, no_passphrase, NULL) : NULL;

	BIO_free(bio);
	ERR_clear_error();
	return certificate;
}

/* Key types that Pomerium can serve with; OpenSSL reads more. */
static bool is_usable(EVP_PKEY *key)
{
	static const char *const curves[] = { "secp224r1", "prime256v1", "secp384r1", "secp521r1" };
	char name[32];

	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_ED25519:
		return true;
	case EVP_PKEY_EC:
		break;
	default:
		return false;
	}
	if (EVP_PKEY_get_group_name(key, name, sizeof(name), NULL) != 1)
		return false;
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (strcmp(name, curves[i]) == 0)
			return true;
	return false;
}

static const char *find_text(struct str in, const char *text)
{
	return in.ptr ? memmem(in.ptr, in.len, text, strlen(text)) : NULL;
}

static bool is_openssh_key(struct str pem)
{
	const char *begin = find_text(pem, OPENSSH_BEGIN);
	const char *end = find_text(pem, OPENSSH_END);
	struct buf bytes;
	bool plain = false;

	if (!begin || !end || end < begin + strlen(OPENSSH_BEGIN))
		return false;
	begin += strlen(OPENSSH_BEGIN);
	buf_init(&bytes, PEM_MAX);
	if (buf_unbase64(&bytes, (struct str){ begin, (size_t)(end - begin) }) == 0)
		plain = bytes.len >= sizeof(OPENSSH_PLAIN) - 1 &&
			memcmp(bytes.ptr, OPENSSH_PLAIN, sizeof(OPENSSH_PLAIN) - 1) == 0;
	buf_wipe(&bytes);
	return plain;
}

static bool is_blank(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != ' ' && (s.ptr[i] < '\t' || s.ptr[i] > '\r'))
			return false;
	return true;
}

static void judge_key(struct msg_secret_info *info, struct str value, X509 *certificate)
{
	EVP_PKEY *key;

	if (value.len == 0 || value.len > PEM_MAX || !find_text(value, "PRIVATE KEY-----"))
		return;
	key = read_key(value);
	info->is_private_key = key ? is_usable(key) : is_openssh_key(value);
	info->matches_cert = key && certificate && X509_check_private_key(certificate, key) == 1;
	ERR_clear_error();
	EVP_PKEY_free(key);
}

/* Certificates may be shown, unless there is a private key among them. */
static bool is_public(struct str name, struct str value)
{
	return (str_is(name, "tls.crt") || str_is(name, "ca.crt")) &&
	       !find_text(value, "PRIVATE KEY");
}

void resolver_secret_info_from_data(const struct str_map *data, const struct hash *boot_key,
				    struct pool *pool, struct msg_secret_info_list *out)
{
	struct str pem = str_map_get(data, "tls.crt");
	X509 *certificate = pem.len > 0 && pem.len <= PEM_MAX ? read_certificate(pem) : NULL;

	out->items = pool_array(pool, data->n, sizeof(*out->items));
	out->n = data->n;
	for (size_t i = 0; i < data->n; i++) {
		struct msg_secret_info *info = &out->items[i];
		struct str value = data->items[i].value;

		info->name = data->items[i].key;
		info->len = value.len;
		info->hmac = hash_hmac(boot_key, value);
		info->utf8 = str_is_utf8(value);
		info->has_control = str_has_control(value);
		info->is_blank = is_blank(value);
		judge_key(info, value, certificate);
		if (is_public(info->name, value))
			info->clear = value.ptr ? value : STR("");
	}
	X509_free(certificate);
}
