/* gathering: looks up what an owner of the Gateway API names.
 *
 *   in     keys; the store
 *   out    objects without what nobody else depends on; a Service in the bundle
 *   owns   nothing
 *   never  takes what cannot be read just now for what is not there
 */
#include "resolver/bundle/gathering.h"

#include "resolver/graph/key.h"
#include "rules/rules.h"

struct msg_meta resolver_gathering_bare(const struct msg_meta *meta)
{
	return (struct msg_meta){ .namespace = meta->namespace,
				  .name = meta->name,
				  .uid = STR(""),
				  .labels = meta->labels,
				  .deletionTimestamp = meta->deletionTimestamp };
}

int resolver_gathering_get(struct gathering *g, const struct msg_key *key, struct msg_object *out)
{
	const char *why;

	if (resolver_store_get(g->source->store, key, g->pool, out) == 0)
		return 1;
	why = resolver_bundle_parts_why_unread(g->source, (enum msg_kind)key->kind, g->pool);
	if (!*why)
		return 0;
	return err_rule(g->err, RULE_GATEWAY_UNREAD, "%s \"" STR_FMT "/" STR_FMT "\" not found%s",
			msg_kind_name((enum msg_kind)key->kind), STR_ARG(key->namespace),
			STR_ARG(key->name), why);
}

bool resolver_gathering_is_ours(const struct gathering *g, const struct msg_key *key)
{
	struct key_text text;

	return map_get(g->source->owners, resolver_key_text(key, &text)) != NULL;
}

int resolver_gathering_add_service(struct gathering *g, const struct msg_key *key)
{
	struct msg_bundle_service_list *list = &g->out->services;
	struct msg_bundle_service *service;
	struct msg_object object;
	int rc = resolver_gathering_get(g, key, &object);

	if (rc < 1)
		return rc;
	service = pool_push(g->pool, &list->items, &list->n, sizeof(*service));
	service->namespace = key->namespace;
	service->name = key->name;
	service->spec = object.service->spec;
	return 0;
}
