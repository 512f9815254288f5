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
	struct str sentence; /* without its code */
};
struct msg_diagnostic_list {
	struct msg_diagnostic *items;
	size_t n;
};

#endif
