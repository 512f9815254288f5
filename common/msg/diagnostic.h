/* diagnostic: what is wrong with an owner, or has no effect. */
#ifndef MSG_DIAGNOSTIC_H
#define MSG_DIAGNOSTIC_H

#include <stdint.h>
#include "base/str.h"

enum msg_severity { MSG_SEVERITY_ERROR, MSG_SEVERITY_WARNING };

struct msg_diagnostic {
	uint64_t severity; /* enum msg_severity */
	uint64_t code;     /* enum rule_code; 0: none */
	struct str field;  /* "spec.rules[0].host", "metadata.annotations[KEY]"; empty: not known */
	struct str sentence; /* one line, without its code */
};
struct msg_diagnostic_list {
	struct msg_diagnostic *items;
	size_t n;
};

/* Of one owner; what is more is left out. */
#define MSG_DIAGNOSTICS_EACH 100                       /* errors, and as many warnings */
#define MSG_DIAGNOSTICS_MAX (2 * MSG_DIAGNOSTICS_EACH) /* on the wire */
#define MSG_DIAGNOSTICS_BYTES (64u << 10)              /* of all their text */
#define MSG_DIAGNOSTIC_FIELD_MAX 1024                  /* bytes; of a sentence: below ERR_MAX */

#endif
