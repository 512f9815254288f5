/* zap: tells ZeroMQ which connections may pass (ZAP, RFC 27). */
#ifndef ACTOR_ZAP_H
#define ACTOR_ZAP_H

#include "actor/link/curve.h"
#include "actor/link/strangers.h"

struct zap {
	void *sock; /* NULL: no end of ours binds with CURVE */
	const struct curve *curve;
	struct strangers *strangers;
};

int actor_zap_open(struct zap *zap, const struct curve *curve, struct strangers *strangers,
		   struct err *err);
void actor_zap_close(struct zap *zap);
void actor_zap_on_question(struct zap *zap);

#endif
