/* answer: adds to the CONFIG that a translation is making. Everything lives in the pool of the
 * bundle. */
#ifndef TRANSLATOR_ANSWER_H
#define TRANSLATOR_ANSWER_H

#include "base/pool.h"
#include "msg/msg.h"

/* Adds a warning, made one clean line, with its code (enum rule_code). */
void translator_answer_warn(struct msg_config *out, struct pool *pool, unsigned code,
			    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Adds the value of a Secret that the publisher puts at this path of the configuration. */
struct msg_splice *translator_answer_splice(struct msg_config *out, struct pool *pool,
					    const struct msg_bundle_secret *secret,
					    const struct msg_secret_info *info, struct str path);
/* Adds a certificate with its key; the publisher chooses among all that were offered. */
struct msg_certificate *translator_answer_certificate(struct msg_config *out, struct pool *pool,
						      const struct msg_bundle_secret *secret);

#endif
