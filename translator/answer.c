/* answer: adds to the CONFIG that a translation is making.
 *
 *   in     errors and warnings, and the Secrets whose values belong into the configuration
 *   out    diagnostics, splices and certificates of a CONFIG, in the pool of the bundle
 *   owns   nothing
 *   never  holds a private value: it only says which value belongs where
 */
#include "translator/answer.h"

#include <stdarg.h>

#include "translator/bundle_secret.h"

/* Of one owner more help nobody; the first error is always there. */
static bool has_room(const struct msg_diagnostic_list *list, enum msg_severity severity)
{
	size_t n = 0, bytes = 0;

	for (size_t i = 0; i < list->n; i++) {
		n += list->items[i].severity == severity;
		bytes += list->items[i].field.len + list->items[i].sentence.len;
	}
	return n < MSG_DIAGNOSTICS_EACH &&
	       (bytes < MSG_DIAGNOSTICS_BYTES || (severity == MSG_SEVERITY_ERROR && !n));
}

static void add(struct msg_config *out, struct pool *pool, enum msg_severity severity,
		struct str field, const struct err *why)
{
	if (!has_room(&out->diagnostics, severity))
		return;
	if (field.len > MSG_DIAGNOSTIC_FIELD_MAX)
		field = STR("");
	*(struct msg_diagnostic *)pool_push(pool, &out->diagnostics.items, &out->diagnostics.n,
					    sizeof(*out->diagnostics.items)) =
		(struct msg_diagnostic){ severity, why->code, field,
					 pool_str(pool, str_from(why->text)) };
}

void translator_answer_refuse(struct msg_config *out, struct pool *pool, struct str field,
			      const struct err *why)
{
	const struct msg_diagnostic_list *list = &out->diagnostics;

	for (size_t i = 0; i < list->n; i++)
		if (str_is(list->items[i].sentence, why->text) &&
		    str_eq(list->items[i].field, field))
			return;
	add(out, pool, MSG_SEVERITY_ERROR, field, why);
}

int translator_answer_verdict(const struct msg_config *out, struct err *err)
{
	for (size_t i = 0; i < out->diagnostics.n; i++) {
		const struct msg_diagnostic *item = &out->diagnostics.items[i];

		if (item->severity == MSG_SEVERITY_ERROR)
			return err_rule(err, (unsigned)item->code, STR_FMT,
					STR_ARG(item->sentence));
	}
	return 0;
}

void translator_answer_warn(struct msg_config *out, struct pool *pool, unsigned code,
			    const char *fmt, ...)
{
	struct err sentence;
	va_list args;
	char text[ERR_MAX];

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	(void)err_rule(&sentence, code, "%s", text); /* one clean line */
	add(out, pool, MSG_SEVERITY_WARNING, STR(""), &sentence);
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
