/* answer: adds to the CONFIG that a translation is making.
 *
 *   in     warnings, and the Secrets whose values belong into the configuration
 *   out    warnings, splices and certificates of a CONFIG, in the pool of the bundle
 *   owns   nothing
 *   never  holds a private value: it only says which value belongs where
 */
#include "translator/answer.h"

#include <stdarg.h>

#include "rules/rules.h"
#include "translator/bundle_secret.h"

void translator_answer_warn(struct msg_config *out, struct pool *pool, unsigned code,
			    const char *fmt, ...)
{
	struct str_list *warnings = &out->warnings;
	struct err sentence;
	va_list args;
	char text[ERR_MAX];

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	(void)err_rule(&sentence, code, "%s", text); /* one clean line */
	*(struct str *)pool_push(pool, &warnings->items, &warnings->n, sizeof(*warnings->items)) =
		rules_sentence(&sentence, pool);
}

/* Bundle and ticket have the same Secrets in the same order. */
static uint64_t index_of(const struct msg_bundle *bundle, const struct msg_bundle_secret *secret)
{
	return (uint64_t)(secret - bundle->secrets.items);
}

void translator_answer_splice(struct msg_config *out, struct pool *pool,
			      const struct msg_bundle *bundle, const struct answer_splice *splice)
{
	struct msg_splice *item =
		pool_push(pool, &out->splices.items, &out->splices.n, sizeof(*item));

	*item = (struct msg_splice){ .row = splice->row->id,
				     .secret = index_of(bundle, splice->secret),
				     .key = splice->key,
				     .at = splice->at };
}

void translator_answer_certificate(struct msg_config *out, struct pool *pool,
				   const struct msg_bundle *bundle,
				   const struct msg_bundle_secret *secret)
{
	struct msg_certificate *offer =
		pool_push(pool, &out->certificates.items, &out->certificates.n, sizeof(*offer));

	offer->secret = index_of(bundle, secret);
}
