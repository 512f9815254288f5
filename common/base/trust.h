/* trust: whether what lies on the disk can be of somebody else, who might lie to us there. */
#ifndef BASE_TRUST_H
#define BASE_TRUST_H

#include <sys/stat.h>

#define TRUST_WHY_MAX 80

/* NULL: only we and root can have put it there, and can change it. Else why not, "belongs to user
 * 1000" for a sentence. In a pod nobody else is there: its volumes are open to everybody. */
const char *trust_why_not(const struct stat *st, char why[TRUST_WHY_MAX]);

#endif
