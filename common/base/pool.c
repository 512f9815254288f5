/* pool: memory that is freed all at once.
 *
 *   in     sizes
 *   out    zeroed memory, aligned for any type
 *   owns   a list of blocks: the first of 1 KiB, then doubling to 256 KiB, or larger if need be
 *   never  gives a piece back before the whole
 */
#include "base/pool.h"

#include <stdint.h>
#include "base/mem.h"
#include "base/vault/vault.h"

#define BLOCK_FIRST 1024u /* most pools are for a key or two; a Secret in the vault has one */
#define BLOCK_LARGEST (256u << 10)
#define ALIGN (_Alignof(max_align_t))

struct pool_block {
	SLIST_ENTRY(pool_block) next;
	size_t used, size;
	max_align_t bytes[];
};

void pool_init(struct pool *pool)
{
	*pool = (struct pool){ 0 };
}

void pool_init_in_vault(struct pool *pool)
{
	*pool = (struct pool){ .in_vault = true };
}

void pool_clear(struct pool *pool)
{
	while (!SLIST_EMPTY(&pool->blocks)) {
		struct pool_block *first = SLIST_FIRST(&pool->blocks);

		SLIST_REMOVE_HEAD(&pool->blocks, next);
		if (pool->in_vault)
			vault_free(first, sizeof(*first) + first->size);
		else
			mem_free(first);
	}
	pool->used = 0;
}

void pool_wipe(struct pool *pool)
{
	struct pool_block *block;

	SLIST_FOREACH(block, &pool->blocks, next)
		mem_wipe(block->bytes, block->used);
	pool_clear(pool);
}

/* A block that holds size bytes. The newest block stays in front if more is free in it than in the
 * new one. */
static struct pool_block *add_block(struct pool *pool, size_t size)
{
	struct pool_block *front = SLIST_FIRST(&pool->blocks), *block;
	size_t block_size = BLOCK_FIRST - sizeof(*block);

	if (front)
		block_size = front->size < BLOCK_LARGEST / 2 ? front->size * 2 : BLOCK_LARGEST;
	if (size > block_size)
		block_size = size;
	block = pool->in_vault ? vault_alloc(sizeof(*block) + block_size)
			       : mem_alloc(sizeof(*block) + block_size);
	block->size = block_size;
	if (front && front->size - front->used > block_size - size)
		SLIST_INSERT_AFTER(front, block, next);
	else
		SLIST_INSERT_HEAD(&pool->blocks, block, next);
	return block;
}

static void *take(struct pool *pool, size_t size)
{
	struct pool_block *block = SLIST_FIRST(&pool->blocks);
	char *ptr;

	if (size > SIZE_MAX / 2)
		return mem_alloc(SIZE_MAX); /* ends the process */
	size = (size + ALIGN - 1) / ALIGN * ALIGN;
	if (!block || block->size - block->used < size)
		block = add_block(pool, size);
	ptr = (char *)block->bytes + block->used;
	block->used += size;
	pool->used += size;
	return ptr;
}

void *pool_alloc(struct pool *pool, size_t size)
{
	/* Blocks come zeroed and nothing is handed out twice. */
	return take(pool, size ? size : 1);
}

void *pool_array(struct pool *pool, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / 2 / size)
		return mem_alloc(SIZE_MAX);
	return pool_alloc(pool, n * size);
}

struct str pool_bytes(struct pool *pool, const void *ptr, size_t len)
{
	char *copy = take(pool, len + 1);

	if (len)
		memcpy(copy, ptr, len);
	return (struct str){ copy, len };
}

struct str pool_str(struct pool *pool, struct str s)
{
	return s.ptr ? pool_bytes(pool, s.ptr, s.len) : s;
}

struct str pool_printf(struct pool *pool, const char *fmt, ...)
{
	char small[256];
	va_list args;
	char *text;
	int len;

	va_start(args, fmt);
	len = vsnprintf(small, sizeof(small), fmt, args);
	va_end(args);
	if (len < 0)
		return pool_bytes(pool, "", 0);
	if ((size_t)len < sizeof(small))
		return pool_bytes(pool, small, (size_t)len);
	text = take(pool, (size_t)len + 1);
	va_start(args, fmt);
	(void)vsnprintf(text, (size_t)len + 1, fmt, args);
	va_end(args);
	return (struct str){ text, (size_t)len };
}

void *pool_push(struct pool *pool, void *items_ptr, size_t *n, size_t size)
{
	void **items = items_ptr;

	/* The capacity is the next power of two, so it needs no field: full exactly when n is one
	 * (or 0). */
	if (*n == 0) {
		*items = pool_array(pool, 1, size);
	} else if ((*n & (*n - 1)) == 0) {
		void *grown = pool_array(pool, *n * 2, size);

		memcpy(grown, *items, *n * size);
		*items = grown;
	}
	return (char *)*items + size * (*n)++;
}
