/* access: who may come in by a route, in a word.
 *
 *   in     a route
 *   out    public, any user, policy or nobody
 *   owns   the words
 *   never  judges what a policy says
 */
#include "publisher/wanted/access.h"

#include "pb/reflect.h"

static const char *const words[] = { [ACCESS_NOBODY] = "nobody",
				     [ACCESS_POLICY] = "policy",
				     [ACCESS_ANY_USER] = "any user",
				     [ACCESS_PUBLIC] = "public" };

static bool has_text(const Pomerium__Config__Policy *policy)
{
	return policy->n_rego || policy->source_ppl.len || policy->n_allowed_users ||
	       policy->n_allowed_domains || policy->n_allowed_idp_claims;
}

enum access publisher_access_of(const Pomerium__Config__Route *route)
{
	if (route->allow_public_unauthenticated_access)
		return ACCESS_PUBLIC;
	if (route->allow_any_authenticated_user)
		return ACCESS_ANY_USER;
	if (route->n_allowed_users || route->n_allowed_domains || route->n_allowed_idp_claims ||
	    route->n_ppl_policies)
		return ACCESS_POLICY;
	for (size_t i = 0; i < route->n_policies; i++)
		if (has_text(route->policies[i]))
			return ACCESS_POLICY;
	return ACCESS_NOBODY;
}

const char *publisher_access_word(enum access access)
{
	return words[access];
}

enum access publisher_access_from(struct str word)
{
	int access = 0;

	while (access < N_ACCESS && !str_is(word, words[access]))
		access++;
	return (enum access)access;
}

Pomerium__Config__Route *publisher_access_unpack(const struct route *route, struct pool *pool)
{
	Pomerium__Config__Route *message;
	struct buf both;

	buf_init(&both, BUF_MAX_MESSAGE);
	publisher_route_put(&route->packed, &both);
	message = (void *)pb_unpack(&pomerium__config__route__descriptor, buf_view(&both), pool,
				    NULL);
	buf_wipe(&both);
	return message;
}
