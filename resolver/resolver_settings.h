/* resolver_settings: what the flags of the resolver say of whose objects are ours. */
#ifndef RESOLVER_SETTINGS_H
#define RESOLVER_SETTINGS_H

#include "actor/conf.h"
#include "resolver/owners/resolve.h"

extern struct resolve_settings resolver_settings_resolve; /* filled in by conf_read */
extern const struct conf_option resolver_settings_options[];

#endif
