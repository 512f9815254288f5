/* vault: memory for values that must not get out: in no core, not swapped out as far as the limit
 * of locked memory allows, wiped when it is given back. */
#ifndef BASE_VAULT_H
#define BASE_VAULT_H

#include <stddef.h>

void *vault_alloc(size_t size);               /* zeroed; does not fail, as mem_alloc */
void *vault_dup(const void *ptr, size_t len); /* len bytes and a NUL: give back len + 1 */
void vault_free(void *ptr, size_t size);      /* NULL is fine */
/* Bytes of the vault, and those of them that are locked. */
size_t vault_size(void);
size_t vault_locked(void);

#endif
