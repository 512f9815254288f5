/* vault: memory for values that must not get out.
 *
 *   in     sizes
 *   out    zeroed memory, aligned for any type
 *   owns   its mappings: pieces of a size that is a power of two are handed out again, and large
 *          ones go back to the kernel
 *   never  lets a value stay where it was given back; hands out memory of the heap
 */
#include "base/vault/vault.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/log.h"
#include "base/mem.h"

#define CHUNK (256u << 10)
#define CLASS_SHIFT 6 /* the smallest piece has 64 bytes */
#define CLASSES 12    /* the largest 128 KiB; what is larger is a mapping of its own */
#define PAGE 4096u

struct free_piece {
	struct free_piece *next;
};

static struct {
	struct free_piece *free[CLASSES];
	char *chunk;
	size_t left; /* of it */
	size_t size, locked;
	bool complained;
} vault;

size_t vault_size(void)
{
	return vault.size;
}

size_t vault_locked(void)
{
	return vault.locked;
}

/* Once: from now on it is the same for all. */
static void complain(void)
{
	struct rlimit limit = { 0 };

	if (vault.complained)
		return;
	vault.complained = true;
	(void)getrlimit(RLIMIT_MEMLOCK, &limit);
	log_info("no more memory can be locked: values of Secrets may be swapped out",
		 "locked=%zu limit=%llu", vault.locked, (unsigned long long)limit.rlim_cur);
}

static void *map(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return mem_alloc(SIZE_MAX); /* ends the process */
	(void)madvise(memory, size, MADV_DONTDUMP);
	vault.size += size;
	if (mlock(memory, size) == 0)
		vault.locked += size;
	else
		complain();
	return memory;
}

static size_t to_pages(size_t size)
{
	return (size + PAGE - 1) / PAGE * PAGE;
}

/* CLASSES: too large for all. */
static unsigned class_of(size_t size)
{
	unsigned class = 0;

	while (class < CLASSES && size > (size_t)1 << (class + CLASS_SHIFT))
		class ++;
	return class;
}

static void *carve(unsigned class)
{
	const size_t size = (size_t)1 << (class + CLASS_SHIFT);
	void *piece;

	if (vault.left < size) {
		vault.chunk = map(CHUNK);
		vault.left = CHUNK;
	}
	piece = vault.chunk;
	vault.chunk += size;
	vault.left -= size;
	return piece;
}

void *vault_alloc(size_t size)
{
	const unsigned class = class_of(size);
	struct free_piece *piece;

	if (size > SIZE_MAX / 2)
		return mem_alloc(SIZE_MAX);
	if (class == CLASSES)
		return map(to_pages(size));
	piece = vault.free[class];
	if (!piece)
		return carve(class);
	vault.free[class] = piece->next;
	piece->next = NULL;
	return piece;
}

void *vault_dup(const void *ptr, size_t len)
{
	char *copy = vault_alloc(len + 1);

	if (len)
		memcpy(copy, ptr, len);
	return copy;
}

void vault_free(void *ptr, size_t size)
{
	const unsigned class = class_of(size);
	struct free_piece *piece = ptr;

	if (!ptr)
		return;
	mem_wipe(ptr, size);
	if (class == CLASSES) {
		vault.size -= to_pages(size);
		if (munmap(ptr, to_pages(size)) == 0 && vault.locked > vault.size)
			vault.locked = vault.size;
		return;
	}
	piece->next = vault.free[class];
	vault.free[class] = piece;
}
