/* authority: who may sign for a backend: what stands under ca.crt in ConfigMaps and Secrets. */
#ifndef TRANSLATOR_AUTHORITY_H
#define TRANSLATOR_AUTHORITY_H

#include "translator/gateway/condition.h"
#include "translator/gateway/gateway_job.h"

struct authorities {
	struct refusals refusals; /* references that are not good */
	size_t n_good;
	struct str base64; /* PEM of those that are, each once; empty: there is none to be had */
};
/* What a BackendTLSPolicy of the bundle names. -1 and a sentence: it is too much. */
int translator_authority_collect(struct gateway_job *job,
				 const struct msg_backend_tls_policy *policy,
				 struct authorities *out, struct err *err);

#endif
