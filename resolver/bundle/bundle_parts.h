/* bundle_parts: everything that one owner needs, gathered from the store. */
#ifndef RESOLVER_BUNDLE_PARTS_H
#define RESOLVER_BUNDLE_PARTS_H

#include "base/map.h"
#include "msg/cost.h"
#include "resolver/graph/graph.h"
#include "resolver/graph/references.h"
#include "resolver/owners/resolve.h"
#include "resolver/graph/store.h"
#include "resolver/graph/tls_order.h"
#include "resolver/secrets/secrets.h"

/* The state of a kind, as the watcher reported it last. */
struct kind_state {
	bool heard; /* there was a report */
	bool known; /* a list of it was complete once */
	enum msg_kind_condition condition;
	char reason[200]; /* why it is unavailable */
};

/* Where bundles are gathered from; all borrowed. */
struct bundle_source {
	const struct resolve_settings *settings;
	const struct store *store;
	const struct graph *graph;
	const struct secrets *secrets;
	const struct kind_state *kinds; /* [MSG_N_KINDS] */
	const struct map *owners;       /* key texts */
	const struct tls_order *tls_order;
};

/* bundle_from_ingress.c; the Ingress was unpacked into the pool. The cost is filled in as far as it
 * is reckoned, whatever the outcome; nothing is gathered that costs too much. */
enum resolve_outcome resolver_bundle_from_ingress(const struct bundle_source *source,
						  struct msg_ingress *ingress, struct pool *pool,
						  struct resolved *out, struct err *err);
/* bundle_from_settings.c */
enum resolve_outcome resolver_bundle_from_settings(const struct bundle_source *source,
						   struct pool *pool, struct resolved *out,
						   struct err *err);

/* bundle_from_gateway.c; of the Gateway API, unpacked into the pool. */
enum resolve_outcome resolver_bundle_from_gateway(const struct bundle_source *source,
						  const struct msg_object *object,
						  struct pool *pool, struct resolved *out,
						  struct err *err);

/* bundle_from_ordered.c; the Certificate was unpacked into the pool. */
enum resolve_outcome resolver_bundle_from_ordered(const struct bundle_source *source,
						  const struct msg_ordered *ordered,
						  struct pool *pool, struct resolved *out,
						  struct err *err);

/* bundle_parts.c. Secrets among the references into out; RESOLVE_BUNDLE if all are there. */
enum resolve_outcome resolver_bundle_parts_add_secrets(const struct bundle_source *source,
						       const struct reference_list *refs,
						       struct pool *pool, struct resolved *out,
						       struct err *err);
/* ": Services cannot be read (reason)" if a kind cannot be read just now, else "". */
const char *resolver_bundle_parts_why_unread(const struct bundle_source *source, enum msg_kind kind,
					     struct pool *pool);

#endif
