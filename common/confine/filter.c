/* filter: the table as a filter of the kernel.
 *
 *   in     the table, and who we are in it
 *   out    a seccomp filter in force for all threads, until the process ends
 *   owns   nothing
 *   never  allows what the table does not: that ends the process
 */
#include "confine/filter.h"

#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <unistd.h>

#include "confine/calls.h"

#define BY_TREE 2 /* libseccomp: a binary tree in the place of a list */
#define ARG_BITS 32
#ifndef CONFINE_DEFAULT
#define CONFINE_DEFAULT SCMP_ACT_KILL_PROCESS
#endif

/* A name that libseccomp does not know is of a newer kernel than it; one that this processor does
 * not have is none of its rules. */
static int number_of(const struct confine_call *call)
{
	return seccomp_syscall_resolve_name(call->name);
}

static int allow(scmp_filter_ctx filter, const struct confine_call *call)
{
	const uint64_t value = call->value == CONFINE_SELF ? (uint64_t)getpid() : call->value;

	if (!call->mask)
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number_of(call), 0);
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number_of(call), 1,
				SCMP_CMP64(call->arg, SCMP_CMP_MASKED_EQ, call->mask, value));
}

/* One rule for each bit that may not be set. */
static int refuse_bits(scmp_filter_ctx filter, const struct confine_call *call)
{
	int rc = 0;

	for (int i = 0; i < ARG_BITS && !rc && call->fails; i++) {
		const uint64_t bit = UINT64_C(1) << i;

		if (call->mask & bit)
			rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO((unsigned)call->fails),
					      number_of(call), 1,
					      SCMP_CMP64(call->arg, SCMP_CMP_MASKED_EQ, bit, bit));
	}
	return rc;
}

static bool is_allowed(const struct confine_call *refused, unsigned who)
{
	for (const struct confine_call *call = confine_allowed; call->name; call++)
		if (call->who & who && strcmp(call->name, refused->name) == 0)
			return true;
	return false;
}

/* Another row allows it whatever the argument is. */
static bool is_free(const struct confine_call *masked, unsigned who)
{
	for (const struct confine_call *call = confine_allowed; call->name; call++)
		if (masked->mask && !call->mask && call->who & who &&
		    strcmp(call->name, masked->name) == 0)
			return true;
	return false;
}

static int add_rules(scmp_filter_ctx filter, unsigned who)
{
	int rc = 0;

	for (const struct confine_call *call = confine_allowed; call->name && !rc; call++)
		if (call->who & who && number_of(call) != __NR_SCMP_ERROR && !is_free(call, who)) {
			rc = allow(filter, call);
			if (!rc)
				rc = refuse_bits(filter, call);
		}
	for (const struct confine_call *call = confine_refused; call->name && !rc; call++)
		if (call->who & who && number_of(call) != __NR_SCMP_ERROR && !is_allowed(call, who))
			rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO((unsigned)call->fails),
					      number_of(call), 0);
	return rc;
}

static int set_up(scmp_filter_ctx filter, unsigned who)
{
	int rc = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (!rc)
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!rc)
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, BY_TREE);
	return rc ? rc : add_rules(filter, who);
}

/* The kernel has none, or a sandbox around us keeps them from us. */
static bool is_lacking(int rc)
{
	return rc == -ENOSYS || rc == -EINVAL || rc == -EPERM || rc == -EACCES || rc == -EOPNOTSUPP;
}

int confine_filter_load(unsigned who, struct err *err)
{
	scmp_filter_ctx filter = seccomp_init(CONFINE_DEFAULT);
	int rc = filter ? set_up(filter, who) : -EOPNOTSUPP;

	if (rc) {
		seccomp_release(filter);
		return rc == -EOPNOTSUPP
			       ? 1
			       : err_set(err, "the filter of system calls cannot be made: %s",
					 strerror(-rc));
	}
	rc = seccomp_load(filter);
	seccomp_release(filter);
	if (rc && is_lacking(rc))
		return 1;
	return rc ? err_set(err, "the filter of system calls cannot be set: %s", strerror(-rc)) : 0;
}
