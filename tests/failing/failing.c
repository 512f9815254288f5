/* failing: makes one allocation or one call of a program fail, to be loaded before it (LD_PRELOAD),
 * so that the product needs no switch for it.
 *
 *   in     FAILING, as WHAT:WHO:N: the N-th WHAT that WHO asks for, the program itself or a library
 *          whose name begins so, fails; FAILING_COUNT, a file of two numbers
 *   out    in that file: how many there were, and whether one failed
 *   never  asks the kernel for anything after main() has begun: the room is confined then
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

void *__libc_malloc(size_t size);             /* NOLINT(bugprone-reserved-identifier) */
void *__libc_calloc(size_t n, size_t size);   /* NOLINT(bugprone-reserved-identifier) */
void *__libc_realloc(void *ptr, size_t size); /* NOLINT(bugprone-reserved-identifier) */

struct count {
	uint64_t seen, failed;
};

static struct {
	char what[16], who[32];
	uint64_t n;
	uintptr_t start, end; /* of the code of who */
	struct count *count;
} self;

static int find(struct dl_phdr_info *info, size_t size, void *arg)
{
	const char *slash = strrchr(info->dlpi_name, '/');
	const char *name = slash ? slash + 1 : info->dlpi_name;

	(void)size, (void)arg;
	if (strcmp(self.who, "program") == 0 ? *name != '\0'
					     : strncmp(name, self.who, strlen(self.who)) != 0)
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X) {
			self.start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
			self.end = self.start + info->dlpi_phdr[i].p_memsz;
		}
	return 1;
}

__attribute__((constructor)) static void begin(void)
{
	const char *said = getenv("FAILING"), *path = getenv("FAILING_COUNT");
	void *count;
	int fd;

	if (!said || !path ||
	    sscanf(said, "%15[^:]:%31[^:]:%lu", self.what, self.who, &self.n) != 3)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	count = mmap(NULL, sizeof(struct count), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	(void)dl_iterate_phdr(find, NULL);
	if (count != MAP_FAILED)
		self.count = count;
}

/* Whether this one is to fail. */
static int fails(const char *what, const void *caller)
{
	if (!self.count || (uintptr_t)caller < self.start || (uintptr_t)caller >= self.end ||
	    strcmp(self.what, what) != 0 ||
	    __atomic_add_fetch(&self.count->seen, 1, __ATOMIC_RELAXED) != self.n)
		return 0;
	self.count->failed = 1;
	return 1;
}

#define FAILS(what) fails(what, __builtin_return_address(0))

/* ---- memory ---- */

void *malloc(size_t size)
{
	if (!FAILS("alloc"))
		return __libc_malloc(size);
	errno = ENOMEM;
	return NULL;
}

void *calloc(size_t n, size_t size)
{
	if (!FAILS("alloc"))
		return __libc_calloc(n, size);
	errno = ENOMEM;
	return NULL;
}

void *realloc(void *ptr, size_t size)
{
	if (!FAILS("alloc"))
		return __libc_realloc(ptr, size);
	errno = ENOMEM;
	return NULL;
}

/* ---- calls ---- */

#define REAL(type, name, params, args, why)                        \
	type name params;                                          \
	type name params                                           \
	{                                                          \
		static type(*real) params;                         \
		if (!real)                                         \
			*(void **)&real = dlsym(RTLD_NEXT, #name); \
		if (!FAILS(#name))                                 \
			return real args;                          \
		errno = why;                                       \
		return -1;                                         \
	}

REAL(ssize_t, write, (int fd, const void *bytes, size_t n), (fd, bytes, n), ENOSPC)
REAL(ssize_t, pwrite, (int fd, const void *bytes, size_t n, off_t at), (fd, bytes, n, at), ENOSPC)
REAL(int, fsync, (int fd), (fd), EIO)
REAL(int, rename, (const char *from, const char *to), (from, to), ENOSPC)
REAL(int, renameat, (int from, const char *a, int to, const char *b), (from, a, to, b), ENOSPC)
REAL(int, connect, (int fd, const struct sockaddr *to, socklen_t n), (fd, to, n), ECONNREFUSED)
