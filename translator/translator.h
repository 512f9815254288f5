/* translator: turns one bundle into one part of Pomerium's configuration. The functions here are
 * pure: they keep no state, do no I/O and see no private key. */
#ifndef TRANSLATOR_TRANSLATOR_H
#define TRANSLATOR_TRANSLATOR_H

#include "base/value.h"
#include "msg/msg.h"
#include "pb/reflect.h"
#include "translator/settings/pomerium_flags.h"

struct translator_settings {
	struct str prefix;         /* annotation prefix, without the slash: ingress.pomerium.io */
	struct str cluster_domain; /* cluster.local */
	/* bootstrap part only */
	struct pomerium_flags pomerium;
	bool bootstrap_only; /* only this part is asked for: a fault in it rejects, elsewhere it is
				a warning */
};

/* translate.c. 0: *out is filled in, in the pool. -1: the owner is rejected, err says why. */
int translator_translate(const struct translator_settings *settings,
			 const struct msg_bundle *bundle, struct pool *pool, struct msg_config *out,
			 struct err *err);

/* ppl/: Pomerium Policy Language (YAML or JSON text) to Rego, byte for byte as Pomerium's compiler.
 * Errors without prefix. */
int translator_ppl_compile(struct str text, struct pool *pool, struct str *rego, struct err *err);

/* regex.c: does Go's regexp (RE2 syntax) accept it? -1 with Go's reason in words. */
int translator_regex_check(struct str pattern, struct err *err);

#endif
