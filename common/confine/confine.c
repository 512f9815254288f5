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
#include <sys/prctl.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "confine/filter.h"
#include "confine/calls.h"
#include "confine/threads.h"

static const char *text = "off";

void confine_prepare(void)
{
	unsigned char byte;

	tzset(); /* /etc/localtime */
	(void)OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
	(void)RAND_bytes(&byte, sizeof(byte));
}

static int set_filter(const struct confine *self, struct err *err)
{
	const unsigned who = CONFINE_OF(self->room) | (self->tcp ? CONFINE_TCP : 0) |
			     (self->client ? CONFINE_CLIENT : 0);
	int rc;

#ifdef CONFINE_SANITIZED
	log_warn("a sanitizer's calls are not filtered", "part=seccomp");
	return 0;
#endif
	rc = confine_filter_load(who, err);
	if (rc > 0)
		log_warn("this kernel does not filter system calls", "part=seccomp");
	text = rc ? "none" : "seccomp";
	return rc < 0 ? -1 : 0;
}

int confine_start(const struct confine *self, struct err *err)
{
	mem_protect_process();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(err, "rights cannot be given up for good: %s", strerror(errno));
	confine_threads_wait();
	return set_filter(self, err);
}

const char *confine_text(void)
{
	return text;
}
