/* bundle_from_ordered: a Certificate that was ordered, with its Secret, as far as that is there.
 *
 *   in     one Certificate, the store
 *   out    a ticket with its hosts and its Secret, and who makes it
 *   never  misses the Secret: that it is not there yet is what is to be expected
 */
#include "resolver/bundle/bundle_parts.h"

#include "base/text/text_set.h"
#include "net/hostname.h"
#include "resolver/graph/key.h"
#include "rules/rules.h"

/* One of another group has another kind than any that settings can name. */
static struct msg_issuer issuer_of(const struct msg_ordered *ordered, struct pool *pool)
{
	const struct msg_issuer_ref *ref = &ordered->spec.issuerRef;
	struct str kind = ref->kind.len ? ref->kind : STR("Issuer");

	if (ref->group.len && !str_is(ref->group, "cert-manager.io"))
		kind = pool_printf(pool, STR_FMT "." STR_FMT, STR_ARG(kind), STR_ARG(ref->group));
	return (struct msg_issuer){ kind, ref->name, ordered->metadata.namespace };
}

static struct str_list list_hosts(const struct str_list *names, struct pool *pool)
{
	struct text_set hosts;

	text_set_init(&hosts, pool);
	for (size_t i = 0; i < names->n; i++)
		text_set_add(&hosts, hostname_normal(names->items[i], pool));
	text_set_clear(&hosts);
	return hosts.list;
}

static void add_secret(const struct bundle_source *source, const struct msg_key *key, bool found,
		       struct pool *pool, struct msg_ticket *out)
{
	struct msg_ticket_secret *secret =
		pool_push(pool, &out->secrets.items, &out->secrets.n, sizeof(*secret));

	*secret = (struct msg_ticket_secret){ key->namespace, key->name, STR(""), { 0 }, { 0 } };
	if (found)
		resolver_secrets_vouch(source->secrets, key, secret);
	*(struct str *)pool_push(pool, &secret->references.items, &secret->references.n,
				 sizeof(struct str)) = STR(MSG_TICKET_ORDERED);
}

enum resolve_outcome resolver_bundle_from_ordered(const struct bundle_source *source,
						  const struct msg_ordered *ordered,
						  struct pool *pool, struct resolved *out,
						  struct err *err)
{
	const struct msg_key key = { MSG_KIND_SECRET, ordered->metadata.namespace,
				     ordered->spec.secretName };
	struct msg_bundle_secret secret = { .answer = MSG_SECRET_ABSENT };

	out->issuer = issuer_of(ordered, pool);
	out->ticket.hosts = list_hosts(&ordered->spec.dnsNames, pool);
	if (!resolver_key_can_exist(&key))
		return RESOLVE_CONFIG;
	if (!resolver_secrets_get(source->secrets, &key, &secret))
		return RESOLVE_WAIT;
	if (secret.answer == MSG_SECRET_UNAVAILABLE || secret.answer == MSG_SECRET_FORBIDDEN) {
		err_rule(err, RULE_SECRET_UNREAD,
			 "spec.secretName: Secret \"" STR_FMT "/" STR_FMT
			 "\" cannot be read just now, it is tried again",
			 STR_ARG(key.namespace), STR_ARG(key.name));
		return RESOLVE_REJECT;
	}
	add_secret(source, &key, secret.answer == MSG_SECRET_FOUND, pool, &out->ticket);
	return RESOLVE_CONFIG;
}
