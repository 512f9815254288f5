/* wanted_inside: struct wanted, for the files of this folder; others use wanted.h. */
#ifndef PUBLISHER_WANTED_INSIDE_H
#define PUBLISHER_WANTED_INSIDE_H

#include "publisher/wanted/conflicts.h"
#include "publisher/wanted/wanted.h"

struct wanted {
	struct map owners; /* msg_key_text -> struct owner */
	struct secret_cache secret_cache;
	struct certs certs;
	struct host_claims claims;
	struct conflicts conflicts;
	struct conflicts likenesses; /* where routes go into a file; else empty */
	struct map unsettled; /* msg_key_text -> struct owner: others may have changed its lot */
	const struct host_policy *policy; /* NULL: hosts are shared */
	struct str authenticate; /* the authenticate host, in normal form; empty: none is known */
	struct str login;        /* the same as it is written */
	struct wanted_listener listener;
	struct wanted_needs needs;
	size_t n_routes, n_rejected;
	size_t n_capitals; /* owners with capitals in a host: in a cluster there are none */
	bool waits;        /* nothing is settled before all have arrived */
};

/* wanted.c: why its newest state cannot be published; NULL: it can. */
void publisher_wanted_set_reason(struct wanted *self, struct owner *owner, const char *reason);

#endif
