/* bundle_from_settings: the Pomerium object with its Secrets.
 *
 *   in     the store
 *   out    a bundle; without any Pomerium object one that says so
 *   never  reads the settings themselves: that is the translator's work
 */
#include "resolver/bundle/bundle_parts.h"

#include "rules/rules.h"

enum resolve_outcome resolver_bundle_from_settings(const struct bundle_source *source,
						   struct pool *pool, struct resolved *out,
						   struct err *err)
{
	struct reference_list refs;
	struct msg_object object;

	if (resolver_store_get(source->store, &out->bundle.owner, pool, &object) == 0) {
		out->bundle.pomerium = object.pomerium;
		resolver_references_from_pomerium(object.pomerium, pool, &refs);
		return resolver_bundle_parts_add_secrets(source, &refs, pool, out, err);
	}
	/* There are others, but not ours: then the name is misspelled, and settings are wanted. */
	if (!str_is(out->bundle.owner.name, RESOLVE_NOBODY) &&
	    resolver_store_count(source->store, MSG_KIND_POMERIUM) > 0) {
		err_rule(err, RULE_POMERIUM_NAME,
			 "Pomerium %s not found, though there are objects of this kind: give the "
			 "name of one with --pomerium-config",
			 err_quote(out->bundle.owner.name));
		return RESOLVE_REJECT;
	}
	return RESOLVE_BUNDLE;
}
