/* crd: the schema of the Pomerium object, ingress.pomerium.io/v1, and where its fields go. */
#ifndef TRANSLATOR_CRD_H
#define TRANSLATOR_CRD_H

#include "base/value.h"

/* Who hears of each field that is wrong: "spec.timeouts.read". */
struct crd_sink {
	void *self;
	void (*refuse)(void *self, struct str field, const struct err *why);
};
/* Unknown fields, types, required fields, allowed values, lengths, and what the identity provider
 * needs. -1 if anything is wrong. */
int translator_crd_check(const struct value *spec, const struct crd_sink *sink);
/* What the present CRD refuses and older ones took, so that it may be stored in a cluster; NULL:
 * nothing. Of a checked spec. */
const char *translator_crd_odd(const struct value *spec);
/* A field below spec, "identityProvider.url"; NULL if it is absent or null. */
const struct value *translator_crd_get(const struct value *spec, const char *path);
/* The same for text; STR_NONE if it is absent. */
struct str translator_crd_text(const struct value *spec, const char *path);
/* Is this one of the values that the schema allows for the field? */
bool translator_crd_is_allowed(const char *path, struct str text);
/* Is this the name of a field whose keys are a user's own? */
bool translator_crd_is_map(struct str name);
/* Every field that has one place in pomerium.config.Settings, as the protobuf-JSON of that message.
 * The spec is checked. */
int translator_crd_settings(const struct value *spec, struct pool *pool, struct value *out,
			    struct err *err);
/* Puts a value at "downstream_mtls.ca" of such a tree. */
void translator_crd_settings_put(struct pool *pool, struct value *tree, struct str path,
				 const struct value *v);

#endif
