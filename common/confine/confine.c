/* confine: what a room may still ask of the kernel once it has started.
 *
 *   in     which room, and what its links are
 *   out    a process that can do no more than that room does
 *   owns   what is in force
 *   never  takes a right back that was given up
 */
#include "confine/confine.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "confine/filter.h"
#include "confine/calls.h"
#include "confine/landlock.h"
#include "confine/threads.h"

static bool has_landlock, has_seccomp;

static int compare(const void *a, const void *b)
{
	return *(const unsigned char *)a - *(const unsigned char *)b;
}

void confine_prepare(void)
{
	unsigned char byte, bytes[2048] = { 0 };

	/* libc asks at its first large sort how much memory there is, and looks for no error */
	qsort(bytes, sizeof(bytes), 1, compare);
	tzset(); /* /etc/localtime */
	(void)OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
	(void)RAND_bytes(&byte, sizeof(byte));
}

void confine_places(const struct confine *self)
{
#ifdef CONFINE_SANITIZED
	(void)self;
	log_warn("a sanitizer's calls are not confined", NULL);
#else
	has_landlock = confine_landlock_set(self) == 0;
	if (!has_landlock)
		log_warn("this kernel does not confine files and ports", "part=landlock");
#endif
}

static int set_filter(const struct confine *self, struct err *err)
{
	const unsigned who = CONFINE_OF(self->room) | (self->tcp ? CONFINE_TCP : 0) |
			     (self->client ? CONFINE_CLIENT : 0);
	const int rc = confine_filter_load(who, err);

	if (rc > 0)
		log_warn("this kernel does not filter system calls", "part=seccomp");
	has_seccomp = !rc;
	return rc < 0 ? -1 : 0;
}

int confine_start(const struct confine *self, struct err *err)
{
	mem_protect_process();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(err, "rights cannot be given up for good: %s", strerror(errno));
#ifdef CONFINE_SANITIZED
	return 0;
#endif
	confine_threads_wait();
	return set_filter(self, err);
}

const char *confine_text(void)
{
	static const char *const texts[2][2] = { { "off", "seccomp" },
						 { "landlock", "landlock,seccomp" } };

	return texts[has_landlock][has_seccomp];
}
