/* stand_in: what a recording has in the place of a Secret's values.
 *
 *   in     the values of a Secret
 *   out    others, of which rules say the same
 *   owns   a key for digests and some private keys, which nobody else has
 *   never  lets a value out, or what one could be found by
 */
#include "watcher/record/stand_in.h"

#include <ctype.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "x509/x509_cert.h"
#include "x509/x509_key.h"

/* A chain that was signed anew: a second time its signature would be another one. */
struct signed_chain {
	size_t len;
	char text[];
};

static void free_key(void *key)
{
	EVP_PKEY_free(key);
}

void watcher_stand_in_init(struct stand_in *self)
{
	hash_random(&self->key, sizeof(self->key));
	map_init(&self->keys, free_key);
	map_init(&self->chains, mem_free);
}

void watcher_stand_in_clear(struct stand_in *self)
{
	map_clear(&self->keys);
	map_clear(&self->chains);
	mem_wipe(&self->key, sizeof(self->key));
}

/* ---- texts ---- */

/* Bytes that depend on a value and on the key of this recording. */
struct stream {
	struct hash seed, now;
	uint64_t n;
};

static unsigned next(struct stream *stream)
{
	if (stream->n % HASH_LEN == 0)
		stream->now = hash_hmac(
			&stream->seed, (struct str){ (const char *)&stream->n, sizeof(stream->n) });
	return stream->now.bytes[stream->n++ % HASH_LEN];
}

static char replace_char(char c, struct stream *stream)
{
	const unsigned random = next(stream);

	if (c >= '0' && c <= '9')
		return (char)('0' + random % 10);
	if (c >= 'a' && c <= 'z')
		return (char)('a' + random % 26);
	if (c >= 'A' && c <= 'Z')
		return (char)('A' + random % 26);
	return c;
}

/* Nothing in it would be replaced. */
static bool is_bare(struct str value)
{
	for (size_t i = 0; i < value.len; i++)
		if (isalnum((unsigned char)value.ptr[i]) || (unsigned char)value.ptr[i] >= 0x80)
			return false;
	return true;
}

static struct str letters(size_t n, struct stream *stream, struct pool *pool)
{
	char *out = pool_alloc(pool, n + 1);

	for (size_t i = 0; i < n; i++)
		out[i] = replace_char('x', stream);
	return (struct str){ out, n };
}

/* A text beyond ASCII keeps that property and no character of it. */
static struct str scramble_text(struct str value, struct stream *stream, struct pool *pool)
{
	char *out = pool_alloc(pool, value.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < value.len; i++) {
		const unsigned char c = (unsigned char)value.ptr[i];

		if (c < 0x80) {
			out[n++] = replace_char(value.ptr[i], stream);
		} else if (c >= 0xC0) { /* a character begins, of at least two bytes */
			out[n++] = '\xC3';
			out[n++] = '\xA9';
		}
	}
	return (struct str){ out, n };
}

static struct str scramble_bytes(struct str value, struct stream *stream, struct pool *pool)
{
	char *out = pool_alloc(pool, value.len + 1);

	for (size_t i = 0; i < value.len; i++)
		out[i] = (char)(next(stream) | 0x80u);
	return (struct str){ out, value.len };
}

/* The connection of Pomerium's storage is read as a URL: what is in it must stay one. */
static struct str stand_in_url(struct stream *stream, struct pool *pool)
{
	const unsigned a = next(stream), b = next(stream), c = next(stream);

	return pool_printf(pool, "postgres://recorded:%02x%02x%02x@recorded.example.com/recorded",
			   a, b, c);
}

/* How long a line is that begins or ends a block; 0: it is another one. */
static size_t fence(struct str text)
{
	static const char allowed[] = "-ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ";
	size_t n = 0;

	if (!str_starts(text, "-----BEGIN ") && !str_starts(text, "-----END "))
		return 0;
	while (n < text.len && text.ptr[n] != '\n')
		if (!text.ptr[n] || !strchr(allowed, text.ptr[n++]))
			return 0;
	return n;
}

/* The lines that say what a block is stay, so that a broken block stays one. */
static struct str scramble_pem(struct str value, struct stream *stream, struct pool *pool)
{
	struct str out = scramble_text(value, stream, pool);

	for (size_t i = 0; i < value.len; i++)
		if (value.ptr[i] == '-')
			memcpy((char *)out.ptr + i, value.ptr + i,
			       fence(str_slice(value, i, value.len)));
	return out;
}

static struct str scramble(struct stand_in *self, struct str value, struct pool *pool)
{
	struct stream stream = { .seed = hash_hmac(&self->key, value) };

	if (str_starts(value, "postgres://") || str_starts(value, "postgresql://"))
		return stand_in_url(&stream, pool);
	if (is_bare(value))
		return letters(value.len, &stream, pool);
	if (!str_is_utf8(value))
		return scramble_bytes(value, &stream, pool);
	if (str_is_ascii(value) && x509_pem_has_block(value))
		return scramble_pem(value, &stream, pool);
	return scramble_text(value, &stream, pool);
}

/* ---- certificates and keys ---- */

/* A block that is public, as it is printed; the first certificate is signed with the key, unless
 * that is NULL. False: the block may be anything. */
static bool print_block(const struct x509_pem *pem, EVP_PKEY *key, BIO *out)
{
	const unsigned char *at = pem->der;
	X509 *cert = x509_pem_is(pem, "CERTIFICATE") ? d2i_X509(NULL, &at, pem->len) : NULL;
	X509_CRL *list = x509_pem_is(pem, "X509 CRL") ? d2i_X509_CRL(NULL, &at, pem->len) : NULL;
	const bool whole = (cert || list) && at == pem->der + pem->len;

	if (whole && cert && key) {
		X509_set_pubkey(cert, key);
		X509_sign(cert, key,
			  EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256());
	}
	if (whole)
		(void)(cert ? PEM_write_bio_X509(out, cert) : PEM_write_bio_X509_CRL(out, list));
	X509_free(cert);
	X509_CRL_free(list);
	ERR_clear_error();
	return whole;
}

static struct str take_text(BIO *bio, struct pool *pool)
{
	char *text;
	const long len = BIO_get_mem_data(bio, &text);
	struct str out = pool_bytes(pool, text, (size_t)len);

	BIO_free(bio);
	return out;
}

/* Certificates and revocation lists are public. What stands around them is left out. Absent: there
 * is something else in it, or nothing. */
static struct str print_public(struct str value, EVP_PKEY *key, struct pool *pool)
{
	BIO *out = BIO_new(BIO_s_mem());
	struct x509_pem pem;
	enum x509_pem_found found;
	struct str text;
	size_t n = 0;
	bool all = true;

	x509_pem_open(&pem, value);
	while (all && (found = x509_pem_next(&pem)) != X509_PEM_END)
		all = found == X509_PEM_BLOCK && print_block(&pem, n++ ? NULL : key, out);
	x509_pem_close(&pem);
	text = take_text(out, pool);
	return all && n ? text : STR_NONE;
}

static EVP_PKEY *make_key(const EVP_PKEY *like, const char *curve)
{
	if (*curve)
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve);
	if (EVP_PKEY_get_base_id(like) == EVP_PKEY_RSA)
		return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)EVP_PKEY_get_bits(like));
	return EVP_PKEY_Q_keygen(NULL, NULL, EVP_PKEY_get0_type_name(like));
}

/* One of each type and size is enough. NULL: of a type that cannot be made. */
static EVP_PKEY *key_like(struct stand_in *self, const EVP_PKEY *like)
{
	char curve[64] = "", name[128];
	EVP_PKEY *key;

	if (EVP_PKEY_get_base_id(like) == EVP_PKEY_EC)
		(void)EVP_PKEY_get_group_name(like, curve, sizeof(curve), NULL);
	(void)snprintf(name, sizeof(name), "%s %s %d", EVP_PKEY_get0_type_name(like), curve,
		       EVP_PKEY_get_bits(like));
	key = map_get(&self->keys, str_from(name));
	if (key)
		return key;
	key = make_key(like, curve);
	if (key)
		map_put(&self->keys, str_from(name), key);
	return key;
}

static struct str key_text(EVP_PKEY *key, struct pool *pool)
{
	BIO *out = BIO_new(BIO_s_mem());

	PEM_write_bio_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL);
	return take_text(out, pool);
}

/* The private key in another value that this certificate is for. */
static EVP_PKEY *key_of(const struct str_map *data, struct str chain)
{
	X509 *cert = x509_cert_read(chain, X509_GO, NULL);
	EVP_PKEY *found = NULL;

	for (size_t i = 0; cert && !found && i < data->n; i++) {
		EVP_PKEY *key = x509_key_read(data->items[i].value, X509_GO);

		if (key && x509_key_matches(key, cert))
			found = key;
		else
			x509_key_free(key);
	}
	x509_cert_free(cert);
	return found;
}

/* As the first time. */
static struct str sign_anew(struct stand_in *self, struct str chain, EVP_PKEY *key,
			    struct pool *pool)
{
	const struct hash digest = hash_hmac(&self->key, chain);
	const struct str name = { (const char *)digest.bytes, sizeof(digest.bytes) };
	struct signed_chain *known = map_get(&self->chains, name);

	if (!known) {
		const struct str text = print_public(chain, key, pool);

		known = mem_alloc(sizeof(*known) + text.len);
		known->len = text.len;
		if (text.len)
			memcpy(known->text, text.ptr, text.len);
		map_put(&self->chains, name, known);
	}
	return pool_bytes(pool, known->text, known->len);
}

static struct str replace_value(struct stand_in *self, const struct str_map *data, struct str value,
				struct pool *pool)
{
	const bool is_public = print_public(value, NULL, pool).len > 0;
	EVP_PKEY *key = is_public ? key_of(data, value) : x509_key_read(value, X509_GO);
	EVP_PKEY *like = key ? key_like(self, key) : NULL;

	x509_key_free(key);
	if (is_public)
		return like ? sign_anew(self, value, like, pool) : print_public(value, NULL, pool);
	return like ? key_text(like, pool) : scramble(self, value, pool);
}

struct msg_secret_value watcher_stand_in_of(struct stand_in *self,
					    const struct msg_secret_value *value, struct pool *pool)
{
	struct msg_secret_value out = *value;

	out.data.items = pool_array(pool, value->data.n, sizeof(*out.data.items));
	for (size_t i = 0; i < value->data.n; i++)
		out.data.items[i] =
			(struct str_pair){ value->data.items[i].key,
					   replace_value(self, &value->data,
							 value->data.items[i].value, pool) };
	return out;
}
