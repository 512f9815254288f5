/* translator_settings: what the flags of a translator say. */
#ifndef TRANSLATOR_TRANSLATOR_SETTINGS_H
#define TRANSLATOR_TRANSLATOR_SETTINGS_H

#include <stdbool.h>

#include "base/str.h"

struct pomerium_flags;

struct translator_settings {
	struct str prefix;         /* annotation prefix, without the slash: ingress.pomerium.io */
	struct str cluster_domain; /* cluster.local */
	/* For the bootstrap part only. They are there whenever a Pomerium object is translated. */
	const struct pomerium_flags *pomerium;
	bool lenient;        /* Services and Secrets that are not there reject nobody */
	bool bootstrap_only; /* only this part is asked for: if it cannot be made, the object is
				rejected; elsewhere that is a warning */
};

#endif
