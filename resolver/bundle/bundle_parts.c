/* bundle_parts: what the bundles of Ingresses and of the Pomerium object share.
 *
 *   in     references of an owner
 *   out    what may be known of its Secrets, or the sentence that names the one it lacks
 *   never  puts a value into a bundle
 */
#include "resolver/bundle/bundle_parts.h"

#include "resolver/bundle/tls_cover.h"
#include "rules/rules.h"

const char *resolver_bundle_parts_why_unread(const struct bundle_source *source, enum msg_kind kind,
					     struct pool *pool)
{
	const struct kind_state *state = &source->kinds[kind];

	if (!state->heard || state->condition != MSG_KIND_UNAVAILABLE)
		return "";
	return pool_printf(pool, ": objects of kind %s cannot be read just now (%s)",
			   msg_kind_name(kind), state->reason)
		.ptr;
}

static int explain_malformed(const struct reference *ref, const struct msg_bundle *out,
			     struct err *err)
{
	if (!ref->text.ptr)
		return err_rule(err, RULE_SECRET_NAME,
				STR_FMT " is required: the Secret's namespace/name",
				STR_ARG(ref->where));
	if (out->owner.kind == MSG_KIND_INGRESS)
		return err_rule(err, RULE_SECRET_NAME,
				STR_FMT ": Secret %s not found: no object can have this name",
				STR_ARG(ref->where), err_quote(ref->text));
	return err_rule(err, RULE_SECRET_NAME,
			STR_FMT ": %s names no Secret, expected namespace/name",
			STR_ARG(ref->where), err_quote(ref->text));
}

static int explain_answer(const struct bundle_source *source, const struct reference *ref,
			  enum msg_secret_answer answer, struct err *err)
{
	struct pool pool;

	switch (answer) {
	case MSG_SECRET_FOUND:
		return 0;
	case MSG_SECRET_FORBIDDEN:
		return err_rule(err, RULE_SECRET_FORBIDDEN,
				STR_FMT ": Secret \"" STR_FMT "/" STR_FMT
					"\" may not be read: the API server forbids it, "
					"a Role must allow \"get\" on it",
				STR_ARG(ref->where), STR_ARG(ref->key.namespace),
				STR_ARG(ref->key.name));
	case MSG_SECRET_UNAVAILABLE:
		return err_rule(err, RULE_SECRET_UNREAD,
				STR_FMT ": Secret \"" STR_FMT "/" STR_FMT
					"\" cannot be read just now, it is tried again",
				STR_ARG(ref->where), STR_ARG(ref->key.namespace),
				STR_ARG(ref->key.name));
	case MSG_SECRET_ABSENT:
		break;
	}
	pool_init(&pool);
	err_rule(err, RULE_SECRET_MISSING,
		 STR_FMT ": Secret \"" STR_FMT "/" STR_FMT "\" not found%s", STR_ARG(ref->where),
		 STR_ARG(ref->key.namespace), STR_ARG(ref->key.name),
		 resolver_bundle_parts_why_unread(source, MSG_KIND_SECRET, &pool));
	pool_clear(&pool);
	return -1;
}

/* One place in the bundle, the same in the ticket. */
static void add_secret(const struct bundle_source *source, const struct reference *ref,
		       const struct msg_bundle_secret *secret, struct pool *pool,
		       struct resolved *out)
{
	struct msg_bundle_secret_list *facts = &out->bundle.secrets;
	struct msg_ticket_secret_list *vouched = &out->ticket.secrets;
	struct msg_ticket_secret *of_ticket;

	*(struct msg_bundle_secret *)pool_push(pool, &facts->items, &facts->n, sizeof(*secret)) =
		*secret;
	of_ticket = pool_push(pool, &vouched->items, &vouched->n, sizeof(*of_ticket));
	resolver_secrets_vouch(source->secrets, &ref->key, of_ticket);
	of_ticket->references = ref->places;
}

/* True: an Ingress can do without, since another certificate is for its hosts. */
static bool note_absent(const struct bundle_source *source, const struct reference *ref,
			struct pool *pool, struct resolved *out)
{
	struct str note;

	if (!out->bundle.ingress || !resolver_tls_cover_is_tls(ref))
		return false;
	out->lacks_tls = true;
	note = resolver_tls_cover_note(source, out->bundle.ingress, ref, pool);
	if (note.ptr)
		*(struct str *)pool_push(pool, &out->bundle.notes.items, &out->bundle.notes.n,
					 sizeof(note)) = note;
	return note.ptr != NULL;
}

enum resolve_outcome resolver_bundle_parts_add_secrets(const struct bundle_source *source,
						       const struct reference_list *refs,
						       struct pool *pool, struct resolved *out,
						       struct err *err)
{
	enum resolve_outcome outcome = RESOLVE_BUNDLE;

	for (size_t i = 0; i < refs->n; i++) {
		const struct reference *ref = &refs->items[i];
		struct msg_bundle_secret secret;

		if (ref->kind != MSG_KIND_SECRET)
			continue;
		if (ref->key.kind == MSG_KIND_NONE) {
			explain_malformed(ref, &out->bundle, err);
			return RESOLVE_REJECT;
		}
		if (!resolver_secrets_get(source->secrets, &ref->key, &secret)) {
			outcome = RESOLVE_WAIT;
			continue;
		}
		if (secret.answer != MSG_SECRET_FOUND &&
		    (source->settings->lenient ||
		     (secret.answer == MSG_SECRET_ABSENT && ref->is_optional)))
			continue;
		if (secret.answer == MSG_SECRET_UNAVAILABLE && source->settings->guesses)
			continue;
		if (secret.answer == MSG_SECRET_ABSENT && note_absent(source, ref, pool, out))
			continue;
		if (explain_answer(source, ref, (enum msg_secret_answer)secret.answer, err) < 0)
			return RESOLVE_REJECT;
		add_secret(source, ref, &secret, pool, out);
	}
	return outcome;
}
