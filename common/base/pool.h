/* pool: memory that is freed all at once.
 *
 * A message, a bundle, a parsed document: everything that belongs to one of them lives in its pool.
 * Nothing from a pool is freed alone. Allocation never fails: a process without memory ends (exit
 * status 111) and its supervisor starts it again. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include "base/str.h"

struct pool_block;

struct pool {
	SLIST_HEAD(pool_blocks, pool_block) blocks; /* newest first */
	size_t used;                                /* bytes handed out, for ceilings */
	bool in_vault;                              /* its blocks come from vault.h */
};

void pool_init(struct pool *pool);
void pool_init_in_vault(struct pool *pool);       /* for secrets that stay: wiped by clear, too */
void pool_clear(struct pool *pool);               /* frees all; the pool can be used again */
void *pool_alloc(struct pool *pool, size_t size); /* zeroed, aligned for any type */
void *pool_array(struct pool *pool, size_t n, size_t size); /* zeroed; checks n * size */
struct str pool_str(struct pool *pool,
		    struct str s); /* a copy, NUL after it; absent stays absent */
struct str pool_bytes(struct pool *pool, const void *ptr, size_t len);
struct str pool_printf(struct pool *pool, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Grows an array that lives in the pool by one item (capacities double; the old copy stays until
 * clear). *items may move. Returns the new zeroed item. */
void *pool_push(struct pool *pool, void *items_ptr, size_t *n, size_t size);
/* Overwrites everything handed out with zeros before freeing: for secrets. */
void pool_wipe(struct pool *pool);

#endif
