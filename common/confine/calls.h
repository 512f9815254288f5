/* calls: the system calls of each room. */
#ifndef CONFINE_CALLS_H
#define CONFINE_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "msg/msg.h"

/* Who may make a call. */
#define CONFINE_OF(room) (1u << (room))
#define CONFINE_TCP (1u << N_ROOMS)          /* a room with a link over TCP */
#define CONFINE_CLIENT (1u << (N_ROOMS + 1)) /* one that asks a server */

struct confine_call { /* NOLINT(clang-analyzer-optin.performance.Padding): written by position */
	const char *name; /* NULL ends the table */
	unsigned who;
	/* Only where (argument & mask) == value; mask 0: always. With `fails` it fails with that
	 * errno where a bit of the mask is set, and else ends the process. */
	unsigned arg;
	uint64_t mask, value;
	int fails;
};

/* The run time of a sanitizer reads files, starts programs and traces its own threads. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CONFINE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CONFINE_SANITIZED 1
#endif
#endif

#define CONFINE_SELF UINT64_MAX /* as a value: the number of this process */

extern const struct confine_call confine_allowed[];
/* What fails with `fails`, in place of ending a process that has no right to it. */
extern const struct confine_call confine_refused[];

#endif
