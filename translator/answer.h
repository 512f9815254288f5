/* answer: adds to the CONFIG that a translation is making. Everything lives in the pool of the
 * bundle. */
#ifndef TRANSLATOR_ANSWER_H
#define TRANSLATOR_ANSWER_H

#include "base/pool.h"
#include "msg/msg.h"
#include "msg/splice_table.h"

/* Adds an error: the owner will be refused, and what else is wrong is looked for all the same. Of
 * two that say the same of one field the first counts, of very many the first few. */
void translator_answer_refuse(struct msg_config *out, struct pool *pool, struct str field,
			      const struct err *why);
/* 0, or -1 and the first error. */
int translator_answer_verdict(const struct msg_config *out, struct err *err);
/* Adds a warning, made one clean line, with its code (enum rule_code). */
void translator_answer_warn(struct msg_config *out, struct pool *pool, unsigned code,
			    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Adds the value of a Secret that the publisher puts where this row of splice_table.c sends it. */
struct answer_splice {
	const struct msg_splice_row *row;
	const struct msg_bundle_secret *secret; /* of the bundle */
	struct str key;
	struct str at; /* the key in a map, the number in a list, else empty */
};
void translator_answer_splice(struct msg_config *out, struct pool *pool,
			      const struct msg_bundle *bundle, const struct answer_splice *splice);
/* Adds a certificate with its key; the publisher chooses among all that were offered. */
void translator_answer_certificate(struct msg_config *out, struct pool *pool,
				   const struct msg_bundle *bundle,
				   const struct msg_bundle_secret *secret);

#endif
