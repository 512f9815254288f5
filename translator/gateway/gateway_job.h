/* gateway_job: what the files that translate the Gateway API share. Everything lives in the pool of
 * the bundle. */
#ifndef TRANSLATOR_GATEWAY_JOB_H
#define TRANSLATOR_GATEWAY_JOB_H

#include "msg/msg.h"
#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"
#include "translator/translator_settings.h"

#define GATEWAY_GROUP "gateway.networking.k8s.io"
#define GATEWAY_POLICY_GROUP "gateway.pomerium.io"

struct gateway_job {
	const struct translator_settings *settings;
	const struct msg_bundle *bundle;
	struct pool *pool;
	struct msg_config *out;              /* its report is there also if the owner is rejected */
	Pomerium__Config__Policy **policies; /* of the bundle's PolicyFilters, once compiled */
	struct backend_tls **tls;            /* of its BackendTLSPolicies, once judged */
	struct authority *authorities;       /* of its authorities, the same */
	size_t n_authority_bytes;            /* that were made of them */
};

/* http_route.c: an HTTPRoute's routes, what it is attached to, its entries of status.parents. */
int translator_http_route_translate(struct gateway_job *job, Pomerium__Config__Config *config,
				    struct err *err);
/* answer_rules.c: the routes as a CONFIG has them. */
int translator_answer_rules(struct gateway_job *job, const Pomerium__Config__Config *config,
			    struct err *err);
/* gateway_status.c: a Gateway's certificates, conditions and listeners. */
void translator_gateway_status_make(struct gateway_job *job);
/* listener_set.c: a ListenerSet's certificates, conditions and listeners. */
void translator_listener_set_make(struct gateway_job *job);
/* gateway_class.c: a GatewayClass's conditions, and what it can do. */
void translator_gateway_class_make(struct gateway_job *job);
/* policy_filter.c: a PolicyFilter's condition. */
void translator_policy_filter_make(struct gateway_job *job);
/* backend_tls_status.c: a BackendTLSPolicy's entries of status.ancestors. */
void translator_backend_tls_status_make(struct gateway_job *job);
/* The policy of that PolicyFilter, compiled; NULL and a sentence if there is none that is good. */
Pomerium__Config__Policy *translator_policy_filter_policy(struct gateway_job *job,
							  struct str namespace, struct str name,
							  struct err *err);

/* A text that the API may leave out. */
static inline struct str gateway_default(struct str text, const char *otherwise)
{
	return text.ptr ? text : str_from(otherwise);
}

#endif
