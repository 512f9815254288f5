/* hash: digests (OpenSSL) and random bytes.
 *
 *   in     bytes
 *   out    SHA-256, HMAC-SHA-256, SipHash-1-3, random bytes of the kernel
 *   owns   the SipHash seed of this process
 *   never  returns a digest that was not computed: a broken library ends the process
 */
#include "base/hash.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <sys/random.h>
#include <unistd.h>
#include "base/log.h"

#define EXIT_SYSTEM 111

static void give_up(const char *what)
{
	log_error(what, NULL);
	_exit(EXIT_SYSTEM);
}

/* OpenSSL looks an algorithm up for each digest, unless it was fetched before. */
static EVP_MD *sha256;

static void fetch_sha256(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!sha256)
		give_up("SHA-256 is not available");
}

static const EVP_MD *get_sha256(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fetch_sha256);
	return sha256;
}

struct hash hash_of(struct str bytes)
{
	struct hash out;
	unsigned len = 0;

	if (!EVP_Digest(bytes.ptr ? bytes.ptr : "", bytes.len, out.bytes, &len, get_sha256(),
			NULL) ||
	    len != HASH_LEN)
		give_up("SHA-256 is not available");
	return out;
}

/* A context of OpenSSL. */
struct hash_sum *hash_sum_new(void)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (!context || !EVP_DigestInit_ex(context, get_sha256(), NULL))
		give_up("SHA-256 is not available");
	return (struct hash_sum *)context;
}

void hash_sum_add(struct hash_sum *sum, struct str bytes)
{
	if (bytes.len && !EVP_DigestUpdate((EVP_MD_CTX *)sum, bytes.ptr, bytes.len))
		give_up("SHA-256 is not available");
}

struct hash hash_sum_end(struct hash_sum **sum_p)
{
	EVP_MD_CTX *context = (EVP_MD_CTX *)*sum_p;
	struct hash out;
	unsigned len = 0;

	*sum_p = NULL;
	if (!EVP_DigestFinal_ex(context, out.bytes, &len) || len != HASH_LEN)
		give_up("SHA-256 is not available");
	EVP_MD_CTX_free(context);
	return out;
}

struct hash hash_hmac(const struct hash *key, struct str bytes)
{
	struct hash out;
	unsigned len = 0;

	if (!HMAC(get_sha256(), key->bytes, HASH_LEN,
		  (const unsigned char *)(bytes.ptr ? bytes.ptr : ""), bytes.len, out.bytes,
		  &len) ||
	    len != HASH_LEN)
		give_up("HMAC-SHA-256 is not available");
	return out;
}

int hash_equal(const struct hash *a, const struct hash *b)
{
	return CRYPTO_memcmp(a->bytes, b->bytes, HASH_LEN) == 0;
}

void hash_random(void *out, size_t len)
{
	char *p = out;

	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			give_up("the kernel gives no random bytes");
		p += n;
		len -= (size_t)n;
	}
}

uint64_t hash_random64(void)
{
	uint64_t n = 0;

	while (n == 0)
		hash_random(&n, sizeof(n));
	return n;
}

static uint64_t rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

/* Before main, and so before any thread. */
static uint64_t seed[2];

static void __attribute__((constructor)) draw_seed(void)
{
	hash_random(seed, sizeof(seed));
}

/* SipHash-1-3 of Aumasson and Bernstein: short keys, hostile input. */
uint64_t hash_fast(struct str bytes)
{
	uint64_t last = (uint64_t)bytes.len << 56, word;
	size_t i = 0;
	uint64_t v[4] = { seed[0] ^ 0x736f6d6570736575u, seed[1] ^ 0x646f72616e646f6du,
			  seed[0] ^ 0x6c7967656e657261u, seed[1] ^ 0x7465646279746573u };

	for (; bytes.len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, bytes.ptr + i, sizeof(word));
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	for (int shift = 0; i < bytes.len; i++, shift += 8)
		last |= (uint64_t)(unsigned char)bytes.ptr[i] << shift;
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xFF;
	for (int i_round = 0; i_round < 3; i_round++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
