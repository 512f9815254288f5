/* failing: makes one allocation or one call of a program fail, to be loaded before it (LD_PRELOAD),
 * so that the product needs no switch for it.
 *
 *   in     FAILING, as WHAT:WHO:N: the N-th WHAT that WHO asks for, the program itself or a library
 *          whose name begins so, fails; as WHAT:WHO:@PATH: the first on that path of calls;
 *          FAILING_COUNT, a file of the struct count
 *   out    in that file: how many there were, whether one failed, and the paths of them
 *   never  asks the kernel for anything after main() has begun: the room is confined then
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
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

#define PATHS_MAX 8192 /* as failing.py has it */
#define FRAMES_MAX 40
#define CALLS_MAX 12 /* the innermost calls of the program make the path */

struct count {
	uint64_t seen, failed, paths[PATHS_MAX]; /* a set: 0 is no path */
};

static struct {
	char what[16], who[32];
	uint64_t n, path;     /* one of them is 0 */
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
	void *count, *frame;
	int fd;

	if (!said || !path ||
	    (sscanf(said, "%15[^:]:%31[^:]:@%lx", self.what, self.who, &self.path) != 3 &&
	     sscanf(said, "%15[^:]:%31[^:]:%lu", self.what, self.who, &self.n) != 3))
		return;
	(void)backtrace(&frame, 1); /* the first one loads a library */
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	count = mmap(NULL, sizeof(struct count), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	(void)dl_iterate_phdr(find, NULL);
	if (count != MAP_FAILED)
		self.count = count;
}

static int is_whose(const void *address)
{
	return (uintptr_t)address >= self.start && (uintptr_t)address < self.end;
}

/* The calls that lead here, whatever lies between them, as one number (FNV-1a). */
static uint64_t find_path(void)
{
	void *frames[FRAMES_MAX];
	const int n = backtrace(frames, FRAMES_MAX);
	uint64_t path = 0xcbf29ce484222325;

	for (int i = 0, calls = 0; i < n && calls < CALLS_MAX; i++) {
		if (!is_whose(frames[i]))
			continue;
		path = (path ^ ((uintptr_t)frames[i] - self.start)) * 0x100000001b3;
		calls++;
	}
	return path;
}

/* True: it was not there. */
static int add_path(uint64_t path)
{
	for (size_t i = 0; i < PATHS_MAX; i++) {
		uint64_t *place = &self.count->paths[(path + i) % PATHS_MAX], none = 0;

		if (__atomic_compare_exchange_n(place, &none, path, 0, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return 1;
		if (none == path)
			return 0;
	}
	return 0;
}

/* Whether this one is to fail. */
static int fails(const char *what, const void *caller)
{
	uint64_t n, path;
	int is_first;

	if (!self.count || !is_whose(caller) || strcmp(self.what, what) != 0)
		return 0;
	n = __atomic_add_fetch(&self.count->seen, 1, __ATOMIC_RELAXED);
	path = find_path();
	is_first = add_path(path);
	if (n != self.n && !(is_first && path == self.path))
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
