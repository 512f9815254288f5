/* mem: allocation that does not fail.
 *
 *   in     sizes
 *   out    zeroed memory
 *   owns   the decision what happens without memory: one line on stderr and exit status 111
 *   never  returns NULL
 */
#include "base/mem.h"

#include <malloc.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define EXIT_SYSTEM 111

static void *checked(void *ptr)
{
	static const char text[] = "level=error msg=\"out of memory\"\n";

	if (!ptr) {
		/* write() and not the log, which would want memory. */
		ssize_t n = write(STDERR_FILENO, text, sizeof(text) - 1);

		(void)n;
		_exit(EXIT_SYSTEM);
	}
	return ptr;
}

void *mem_alloc(size_t size)
{
	return checked(calloc(1, size ? size : 1));
}

void *mem_realloc(void *ptr, size_t size)
{
	return checked(realloc(ptr, size ? size : 1));
}

char *mem_strdup(const char *text)
{
	return mem_dup(text, strlen(text));
}

char *mem_dup(const void *ptr, size_t len)
{
	char *copy = checked(len < SIZE_MAX ? malloc(len + 1) : NULL);

	if (len)
		memcpy(copy, ptr, len);
	copy[len] = '\0';
	return copy;
}

void mem_free(void *ptr)
{
	free(ptr);
}

void mem_wipe(void *ptr, size_t len)
{
	if (len)
		explicit_bzero(ptr, len);
}

void mem_trim(void)
{
	(void)malloc_trim(0);
}

void mem_protect_process(void)
{
	struct rlimit none = { 0, 0 };

	/* Either may be refused in a tight sandbox, which then does the same by itself. */
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0);
}
