/* translate: turns one bundle into one part of Pomerium's configuration. It keeps no state, does no
 * I/O and sees no private key. */
#ifndef TRANSLATOR_TRANSLATE_H
#define TRANSLATOR_TRANSLATE_H

#include "msg/msg.h"
#include "translator/translator_settings.h"

/* 0: *out is filled in, in the pool. -1: the owner is rejected, and err has the first of the errors
 * that are in out->diagnostics. */
int translator_translate(const struct translator_settings *settings,
			 const struct msg_bundle *bundle, struct pool *pool, struct msg_config *out,
			 struct err *err);

#endif
