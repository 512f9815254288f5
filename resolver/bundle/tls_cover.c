/* tls_cover: who has a certificate for the hosts of a TLS Secret that is not there.
 *
 *   in     an Ingress, a reference of its spec.tls; the store, what is known of Secrets
 *   out    a sentence, or that a host would be without a certificate
 *   owns   nothing
 *   never  looks at certificates of other Ingresses: those are theirs to take away
 */
#include "resolver/bundle/tls_cover.h"

#include "msg/secret.h"
#include "x509/x509_leaf.h"

#define HOSTS_MAX 100 /* more are not looked at, and not covered */

/* Certificates that could be served, each with its Secret. */
struct cover {
	const struct bundle_source *source;
	struct pool *pool;
	struct cover_cert {
		struct str secret;
		struct str_list names;
		bool told;
	} * certs;
	size_t n;
};

bool resolver_tls_cover_is_tls(const struct reference *ref)
{
	return ref->kind == MSG_KIND_SECRET && ref->places.n == 1 &&
	       str_is(ref->places.items[0], MSG_TICKET_TLS);
}

static void add(struct cover *cover, const struct msg_key *key)
{
	struct msg_bundle_secret secret;
	const struct msg_secret_info *info;
	struct cover_cert *cert;
	struct x509_leaf leaf;

	if (key->kind != MSG_KIND_SECRET ||
	    !resolver_secrets_get(cover->source->secrets, key, &secret) ||
	    secret.answer != MSG_SECRET_FOUND || !str_is(secret.type, "kubernetes.io/tls") ||
	    !(info = msg_bundle_secret_info(&secret, "tls.crt")) ||
	    x509_leaf_read(info->clear, cover->pool, &leaf, NULL))
		return;
	cert = pool_push(cover->pool, &cover->certs, &cover->n, sizeof(*cert));
	cert->secret = msg_key_for_people(key, cover->pool);
	cert->names = leaf.names;
}

static void add_all(struct cover *cover, const struct reference_list *refs, const char *place)
{
	for (size_t i = 0; i < refs->n; i++)
		for (size_t k = 0; k < refs->items[i].places.n; k++)
			if (str_is(refs->items[i].places.items[k], place))
				add(cover, &refs->items[i].key);
}

static void gather(struct cover *cover, const struct msg_ingress *ingress)
{
	const struct resolve_settings *settings = cover->source->settings;
	const struct msg_key pomerium = { .kind = MSG_KIND_POMERIUM,
					  .name = settings->pomerium_config };
	struct reference_list refs;
	struct msg_object object;

	resolver_references_from_ingress(ingress, settings->prefix, cover->pool, &refs);
	add_all(cover, &refs, MSG_TICKET_TLS);
	if (resolver_store_get(cover->source->store, &pomerium, cover->pool, &object) < 0)
		return;
	resolver_references_from_pomerium(object.pomerium, cover->pool, &refs);
	add_all(cover, &refs, MSG_TICKET_CERTIFICATES);
}

/* Tells each Secret once. */
static bool has(struct cover *cover, struct str host, struct str *told)
{
	for (size_t i = 0; i < cover->n; i++) {
		struct cover_cert *cert = &cover->certs[i];

		if (!host.len || !x509_leaf_names_host(&cert->names, host))
			continue;
		if (!cert->told)
			*told = pool_printf(cover->pool, STR_FMT "%s\"" STR_FMT "\"",
					    STR_ARG(*told), told->len ? ", " : "",
					    STR_ARG(cert->secret));
		cert->told = true;
		return true;
	}
	return false;
}

/* Of an entry of spec.tls without hosts, the Secret is for all of the Ingress. */
static bool has_entry(struct cover *cover, const struct msg_ingress_spec *spec,
		      const struct msg_tls *tls, struct str *told)
{
	if (tls->hosts.n > HOSTS_MAX || (!tls->hosts.n && spec->rules.n > HOSTS_MAX))
		return false;
	for (size_t i = 0; i < tls->hosts.n; i++)
		if (!has(cover, tls->hosts.items[i], told))
			return false;
	for (size_t i = 0; !tls->hosts.n && i < spec->rules.n; i++)
		if (!has(cover, spec->rules.items[i].host, told))
			return false;
	return true;
}

struct str resolver_tls_cover_note(const struct bundle_source *source,
				   const struct msg_ingress *ingress, const struct reference *ref,
				   struct pool *pool)
{
	const struct msg_ingress_spec *spec = &ingress->spec;
	struct cover cover = { .source = source, .pool = pool };
	struct str told = STR("");

	gather(&cover, ingress);
	for (size_t i = 0; i < spec->tls.n; i++)
		if (str_eq(spec->tls.items[i].secretName, ref->text) &&
		    !has_entry(&cover, spec, &spec->tls.items[i], &told))
			return STR_NONE;
	if (!told.len)
		return STR_NONE;
	return pool_printf(pool,
			   STR_FMT ": Secret \"" STR_FMT "/" STR_FMT
				   "\" not found; until it is there, the certificate of " STR_FMT
				   " is served for its hosts",
			   STR_ARG(ref->where), STR_ARG(ref->key.namespace), STR_ARG(ref->key.name),
			   STR_ARG(told));
}
