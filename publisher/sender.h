/* sender: who may say what of which owner. */
#ifndef PUBLISHER_SENDER_H
#define PUBLISHER_SENDER_H

#include "actor/actor.h"

/* -1: what this translator says of this owner counts for nothing; it is to be cut off. */
int publisher_sender_check(const struct actor_peer *from, const struct msg_key *owner,
			   struct err *err);
/* Translators may have this key; for publisher_handlers_doubt. */
bool publisher_sender_counts(const void *loop, const char *key);

#endif
