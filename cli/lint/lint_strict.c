/* lint_strict: Services, Secrets and addresses that an owner refers to and that are not there.
 *
 *   in     an owner with what is there of what it refers to
 *   out    errors
 *   owns   nothing
 *   never  looks at a value
 */
#include "cli/lint/lint.h"

#include "resolver/graph/references.h"
#include "rules/rules.h"

static const struct msg_bundle_service *service_of(const struct msg_bundle *bundle, struct str name)
{
	for (size_t i = 0; i < bundle->services.n; i++)
		if (str_eq(bundle->services.items[i].name, name))
			return &bundle->services.items[i];
	return NULL;
}

static bool has_secret(const struct msg_bundle *bundle, const struct msg_key *key)
{
	for (size_t i = 0; i < bundle->secrets.n; i++)
		if (str_eq(bundle->secrets.items[i].namespace, key->namespace) &&
		    str_eq(bundle->secrets.items[i].name, key->name))
			return true;
	return false;
}

/* "annotation KEY" is how a reference names that place. */
static struct str field_of(struct lint *lint, const struct reference *ref)
{
	static const char annotation[] = "annotation ";

	if (!str_starts(ref->where, annotation))
		return ref->where;
	return pool_printf(&lint->pool, "metadata.annotations[%s]",
			   ref->where.ptr + strlen(annotation));
}

static void check(struct lint *lint, const struct msg_bundle *bundle, const struct reference *ref)
{
	const struct str field = field_of(lint, ref);
	const struct msg_bundle_service *service;

	if (ref->key.kind == MSG_KIND_NONE)
		return; /* the name itself is wrong, which the resolver tells */
	if (ref->kind == MSG_KIND_SECRET) {
		if (!has_secret(bundle, &ref->key))
			(void)cli_lint_find(lint, &bundle->owner, RULE_SECRET_MISSING, field,
					    STR_FMT ": Secret \"" STR_FMT "/" STR_FMT
						    "\" not found",
					    STR_ARG(ref->where), STR_ARG(ref->key.namespace),
					    STR_ARG(ref->key.name));
		return;
	}
	service = service_of(bundle, ref->key.name);
	if (!service)
		(void)cli_lint_find(lint, &bundle->owner, RULE_SERVICE_MISSING, field,
				    STR_FMT ": Service \"" STR_FMT "/" STR_FMT "\" not found",
				    STR_ARG(ref->where), STR_ARG(ref->key.namespace),
				    STR_ARG(ref->key.name));
	else if (!service->endpoints.n && !str_is(service->spec.type, "ExternalName"))
		(void)cli_lint_find(
			lint, &bundle->owner, RULE_ENDPOINTS_NONE, field,
			STR_FMT ": no address of Service \"" STR_FMT "/" STR_FMT "\" is ready",
			STR_ARG(ref->where), STR_ARG(ref->key.namespace), STR_ARG(ref->key.name));
}

void cli_lint_strict(struct lint *lint, const struct msg_bundle *bundle)
{
	struct reference_list refs = { NULL, 0 };
	struct pool pool;

	pool_init(&pool);
	if (bundle->ingress)
		resolver_references_from_ingress(bundle->ingress,
						 cli_offline_settings.resolve.prefix, &pool, &refs);
	else if (bundle->pomerium)
		resolver_references_from_pomerium(bundle->pomerium, &pool, &refs);
	for (size_t i = 0; i < refs.n; i++)
		check(lint, bundle, &refs.items[i]);
	pool_clear(&pool);
}
