/* translator_settings: what the flags of a translator say. */
#ifndef TRANSLATOR_TRANSLATOR_SETTINGS_H
#define TRANSLATOR_TRANSLATOR_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "msg/cost.h"

struct pomerium_flags;

struct translator_settings {
	bool settings_only;        /* it is for the Pomerium object and for nothing else */
	struct str prefix;         /* annotation prefix, without the slash: ingress.pomerium.io */
	struct str cluster_domain; /* cluster.local */
	struct str gateway_controller; /* spec.controllerName of the GatewayClasses that are ours */
	bool path_elements;            /* a prefix of an HTTPRoute ends where an element ends */
	long no_backend_status;        /* what a rule of an HTTPRoute without backends answers */
	struct msg_cost_limits limits;
	/* For the bootstrap part only. They are there whenever a Pomerium object is translated. */
	const struct pomerium_flags *pomerium;
	bool lenient;        /* Services and Secrets that are not there reject nobody */
	bool bootstrap_only; /* only this part is asked for: if it cannot be made, the object is
				rejected; elsewhere that is a warning */
};

#endif
