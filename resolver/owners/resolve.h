/* resolve: the resolver without its sockets: objects in, bundles out. Also used offline by `sluice
 * translate`.
 *
 * It owns the store, the graph of references (names that do not exist yet included), the class
 * decision (class.c) and the secret values. One change touches the owners that refer to the object
 * and no others. */
#ifndef RESOLVER_RESOLVE_H
#define RESOLVER_RESOLVE_H

#include "msg/msg.h"
#include "resolver/owners/limits.h"
#include "resolver/owners/news.h"

struct resolve;
struct secrets;

/* The annotation of an IngressClass that makes it the default. */
#define RESOLVER_CLASS_DEFAULT "ingressclass.kubernetes.io/is-default-class"

/* The name that the Pomerium object has in our words if none is ours; no object can have it. */
#define RESOLVE_NOBODY "(none)"

struct resolve_settings {
	struct str controller;         /* spec.controller of our IngressClass */
	struct str prefix;             /* annotation prefix, without the slash */
	struct str pomerium_config;    /* name of the Pomerium object; empty: none is ours */
	struct str_list namespaces;    /* empty: all; the Gateway API's objects are served in all */
	bool lenient;                  /* Services and Secrets that are not there reject nobody */
	struct str gateway_controller; /* spec.controllerName of our GatewayClasses */
	bool gateway_api;              /* false: its objects are not looked at */
	bool guesses;                  /* Secrets whose values cannot be read reject nobody */
	struct limits limits;
	bool certificates; /* false: Certificates are not looked at */
};

/* What a change means. */
struct resolve_sink {
	void *self;
	/* An owner has to be translated (again), or is gone. */
	void (*dirty)(void *self, const struct msg_key *owner, const struct owner_news *news);
	/* Values of a Secret are wanted, or no longer. */
	void (*secret_wanted)(void *self, const struct msg_key *secret, bool wanted);
	/* Values of a wanted Secret have come or changed. */
	void (*secret_put)(void *self, const struct msg_secret_put *put);
	/* A Service is new, different or gone; may be NULL. */
	void (*service)(void *self, const struct msg_key *service);
};

struct resolve *resolver_resolve_new(const struct resolve_settings *settings,
				     const struct resolve_sink *sink);
void resolver_resolve_destroy(struct resolve **self_p);

/* OBJECT_PUT, OBJECT_DELETE, KIND_STATE and SECRET_VALUE. */
void resolver_resolve_apply(struct resolve *self, const struct msg *m);
/* `packed`: the same object. seen_ns: when the change was seen; 0: unknown. */
void resolver_resolve_put(struct resolve *self, const struct msg_object *object, struct str packed,
			  uint64_t seen_ns);
void resolver_resolve_delete(struct resolve *self, const struct msg_key *key, uint64_t seen_ns);
void resolver_resolve_kind_state(struct resolve *self, const struct msg_kind_state *state);
void resolver_resolve_secret(struct resolve *self, const struct msg_secret_value *value,
			     uint64_t seen_ns);
/* A wanted Secret or ConfigMap of another process, without its values: stand_in, which lives as
 * long, is handed over in the place of each. */
void resolver_resolve_adopt_secret(struct resolve *self, const struct msg_key *key,
				   const struct msg_bundle_secret *seen, struct str stand_in);
bool resolver_resolve_synced(const struct resolve *self); /* there was a state of every kind */
bool resolver_resolve_complete(
	const struct resolve *self); /* and none of those that make owners is unavailable */

/* Every Certificate is known. */
bool resolver_resolve_knows_certificates(const struct resolve *self);

/* A bundle and what is vouched for with it: all but stamp, key and seal. */
struct resolved {
	struct msg_bundle bundle;
	struct msg_ticket ticket;
	struct msg_cost cost;     /* of an Ingress */
	struct msg_issuer issuer; /* of a Certificate */
	bool lacks_tls; /* an Ingress names a TLS Secret that is not there, covered or not */
};

enum resolve_outcome {
	RESOLVE_BUNDLE, /* *out is filled in; it lives in the pool and borrows what is known of
			   Secrets until the next change */
	RESOLVE_REJECT, /* err says why: something it needs is missing or cannot be read; of *out
			   the ticket counts, without Secrets */
	RESOLVE_WAIT,   /* secret values are on their way; it will be dirty again */
	RESOLVE_GONE,   /* no such owner, or not ours (any more) */
	RESOLVE_CONFIG  /* it needs no translator: the ticket says all, the first of its Secrets is
			   where its certificate is, or will be, and `issuer` who makes it */
};
enum resolve_outcome resolver_resolve_owner(struct resolve *self, const struct msg_key *owner,
					    struct pool *pool, struct resolved *out,
					    struct err *err);
/* Whether a class of ours is there: without one no Ingress and no HTTPRoute is ours. */
bool resolver_resolve_has_class(const struct resolve *self);
/* What there is to say of an owner now. */
struct owner_news resolver_resolve_news(const struct resolve *self, const struct msg_key *owner,
					uint64_t seen_ns);
/* Why an Ingress that is there is not ours, in the pool; NULL: it is, or it is not there. */
const char *resolver_resolve_why_not(const struct resolve *self, const struct msg_key *ingress,
				     struct pool *pool);
/* A Service as it is now, in the pool; NULL: not there. */
const struct msg_service *resolver_resolve_service(const struct resolve *self,
						   const struct msg_key *service,
						   struct pool *pool);
/* All owners there are now: first the Pomerium object, since Pomerium cannot start without it, then
 * in order of key; in the pool. */
void resolver_resolve_owners(struct resolve *self, struct pool *pool, struct msg_key **owners,
			     size_t *n);
/* Every Ingress with the reason why it is not ours (NULL: it is), in order; for explain. */
void resolver_resolve_each_ingress(struct resolve *self,
				   void (*each)(void *arg, const struct msg_key *key,
						const char *why_not),
				   void *arg);
/* Every object of a kind, in order; borrowed for the call. */
void resolver_resolve_each_object(struct resolve *self, enum msg_kind kind,
				  void (*each)(void *arg, const struct msg_object *object),
				  void *arg);
/* Those that owners refer to, with their values; borrowed. */
const struct secrets *resolver_resolve_secrets(const struct resolve *self);
/* Objects of a kind that are known; of Secrets and ConfigMaps, those that are wanted. */
size_t resolver_resolve_count(const struct resolve *self, enum msg_kind kind);

#endif
