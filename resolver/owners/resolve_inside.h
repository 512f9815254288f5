/* resolve_inside: what resolve.c, changes.c, gateways.c and tls_policies.c share. */
#ifndef RESOLVER_RESOLVE_INSIDE_H
#define RESOLVER_RESOLVE_INSIDE_H

#include "resolver/bundle/bundle_parts.h"
#include "resolver/owners/budget.h"
#include "resolver/owners/class.h"
#include "resolver/owners/resolve.h"

struct resolve {
	struct resolve_settings settings;
	struct resolve_sink sink;
	struct pool memory; /* of the settings */
	struct store store;
	struct graph graph;
	struct tls_order tls_order;
	struct class class;
	struct secrets secrets;
	struct kind_state kinds[MSG_N_KINDS];
	struct map owners; /* key texts of all but the Pomerium object -> struct owned */
	struct budget budget;
	struct map bare;   /* key texts of Ingresses that name a TLS Secret which is not there */
	struct map shapes; /* of the Gateway API: key text -> hash of what others may depend on */
	struct map ppl_sizes; /* key texts of PolicyFilters -> size_t, of the text alone */
	struct msg_key pomerium;
	size_t n_gateway_classes; /* that are ours */
};

/* changes.c: what the store holds under this key is new; with no part set, it is gone. Marks the
 * owners concerned. */
void resolver_changes_follow(struct resolve *self, const struct msg_object *object,
			     uint64_t seen_ns);
/* An owner has to be translated again, or is gone. */
void resolver_changes_mark(struct resolve *self, const struct msg_key *owner, uint64_t seen_ns);
/* An owner, but not the Pomerium object; NULL: it is none, or not there. */
struct owned *resolver_changes_owned(const struct resolve *self, const struct msg_key *key);
/* Marks all owners that refer to this key. */
void resolver_changes_mark_referrers(struct resolve *self, const struct msg_key *key,
				     uint64_t seen_ns);
typedef void resolver_changes_key_fn(struct resolve *self, const struct msg_key *key,
				     uint64_t seen_ns);
typedef void resolver_changes_object_fn(struct resolve *self, const struct msg_object *object,
					uint64_t seen_ns);
/* Calls it with each key of a kind that refers to this one; with each object of them that is there.
 */
void resolver_changes_each_key(struct resolve *self, const struct msg_key *named,
			       enum msg_kind kind, resolver_changes_key_fn *call, uint64_t seen_ns);
void resolver_changes_each_object(struct resolve *self, const struct msg_key *named,
				  enum msg_kind kind, resolver_changes_object_fn *call,
				  uint64_t seen_ns);
/* Marks the Ingresses that lack a TLS Secret: the Pomerium object may have a certificate for their
 * hosts now, or none any more. */
void resolver_changes_mark_bare(struct resolve *self, uint64_t seen_ns);
/* Whether this is an owner now. The Pomerium object is one, also when there is none, as soon as it
 * is known that there is none. */
bool resolver_changes_is_owner(const struct resolve *self, const struct msg_key *key);
/* It is one from now on, or no longer; true if it was. */
bool resolver_changes_set_ours(struct resolve *self, const struct msg_key *key, bool ours);
/* What an owner takes of the budget of its namespace from now on. */
void resolver_changes_charge(struct resolve *self, const struct msg_key *key,
			     const struct msg_meta *meta, const struct msg_cost *cost);
/* Sets the edges of an owner; Secrets that are new among them are asked for, those that no owner
 * names any more are let go. No key twice. */
void resolver_changes_set_edges(struct resolve *self, const struct msg_key *owner,
				const struct key_list *keys);

/* resolve.c: what a ticket says of an object. */
void resolver_resolve_describe(const struct msg_key *key, const struct msg_object *object,
			       struct resolved *out);
/* Whether an object of this kind can be an owner. */
bool resolver_resolve_makes_owners(enum msg_kind kind);

struct gateway_keys;
/* gateways.c: edges and ownership of an object of the Gateway API; the keys are cleared. */
void resolver_gateways_finish(struct resolve *self, const struct msg_key *key,
			      struct gateway_keys *keys, bool ours, uint64_t seen_ns);
/* Without what nobody else depends on: the status above all. */
struct msg_meta resolver_gateways_strip(const struct msg_meta *meta);
/* Notes what others depend on; NULL: the object is gone. True if that has changed. */
bool resolver_gateways_set_shape(struct resolve *self, const struct msg_key *key,
				 struct msg_object *stripped);
/* Whether an entry of a status is of our controller; NULL: there are none. */
bool resolver_gateways_has_entries(const struct resolve *self, const struct value *list);

/* tls_policies.c: the same as resolver_changes_follow for a BackendTLSPolicy. */
void resolver_tls_policies_update(struct resolve *self, const struct msg_object *object,
				  uint64_t seen_ns);
/* An HTTPRoute names this, or did so before, and its parents or Services are others now. */
void resolver_tls_policies_follow_route(struct resolve *self, const struct key_list *names,
					uint64_t seen_ns);
/* A ConfigMap or a Secret has another value: who is served by what it signs. */
void resolver_tls_policies_follow_value(struct resolve *self, const struct msg_key *key,
					uint64_t seen_ns);

/* gateways.c: the same as resolver_changes_follow for objects of the Gateway API and Namespaces. */
void resolver_gateways_follow(struct resolve *self, const struct msg_object *object,
			      uint64_t seen_ns);

#endif
