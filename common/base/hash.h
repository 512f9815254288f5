/* hash: digests (OpenSSL) and random bytes. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include "base/str.h"

#define HASH_LEN 32 /* SHA-256 */

struct hash {
	unsigned char bytes[HASH_LEN];
};

struct hash hash_of(struct str bytes); /* SHA-256 */
/* The same of bytes that come one after the other. */
struct hash_sum;
struct hash_sum *hash_sum_new(void);
void hash_sum_add(struct hash_sum *sum, struct str bytes);
struct hash hash_sum_end(struct hash_sum **sum_p);
struct hash hash_hmac(const struct hash *key, struct str bytes); /* HMAC-SHA-256, RFC 2104 */
int hash_equal(const struct hash *a, const struct hash *b);      /* in constant time */
void hash_random(void *out, size_t len); /* from the kernel; ends the process if it cannot */
uint64_t hash_random64(void);            /* never 0 */
uint64_t hash_fast(struct str bytes);    /* SipHash under this process's seed; for tables only */

#endif
