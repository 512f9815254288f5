/* trust: whether what lies on the disk can be of somebody else.
 *
 *   in     what stat says of it
 *   out    why it is not to be trusted
 *   never  looks at the disk
 */
#include "base/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *trust_why_not(const struct stat *st, char why[TRUST_WHY_MAX])
{
	const char *pod = getenv("KUBERNETES_SERVICE_HOST");

	if (st->st_uid != geteuid() && st->st_uid != 0) {
		snprintf(why, TRUST_WHY_MAX, "belongs to user %lu", (unsigned long)st->st_uid);
		return why;
	}
	if (S_ISLNK(st->st_mode) || !(st->st_mode & 022) || (pod && *pod))
		return NULL;
	snprintf(why, TRUST_WHY_MAX, "can be written by other users (its mode is %04o)",
		 (unsigned)st->st_mode & 07777);
	return why;
}
