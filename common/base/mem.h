/* mem: allocation that does not fail. A process without memory ends with status 111 (s6: system
 * failure). */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size); /* zeroed */
void *mem_realloc(void *ptr, size_t size);
char *mem_strdup(const char *text);
char *mem_dup(const void *ptr, size_t len); /* len bytes and a NUL */
void mem_free(void *ptr);                   /* NULL is fine */
void mem_wipe(void *ptr, size_t len);       /* zeroes in a way the compiler keeps */
void mem_trim(void);                        /* gives the kernel back what is free */
/* The struct that has this member at this address. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
/* No core dump, no ptrace by others: for processes that hold secrets. */
void mem_protect_process(void);

#endif
