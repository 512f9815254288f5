/* backend_tls: how the backends of a rule are spoken to: without TLS, or as a BackendTLSPolicy
 * says. */
#ifndef TRANSLATOR_BACKEND_TLS_H
#define TRANSLATOR_BACKEND_TLS_H

#include "translator/gateway/authority.h"

/* What there is to say of a policy, whoever asks. */
struct backend_tls {
	const char *reason; /* why it cannot be held: Invalid, NoValidCACertificate; NULL: it can */
	struct err sentence;
	struct str hostname;
	struct authorities authorities; /* none: those that the system has */
};
/* Of a policy of the bundle; judged once. */
const struct backend_tls *translator_backend_tls_judge(struct gateway_job *job,
						       const struct msg_backend_tls_policy *policy);
/* Whether both are the same to a backend; NULL: without TLS. */
bool translator_backend_tls_is_same(const struct backend_tls *a, const struct backend_tls *b);
/* Has the routes of a rule speak so. */
void translator_backend_tls_apply(const struct backend_tls *tls, Pomerium__Config__Route *route);

/* The policy for a port of a Service, or for the Service where `section` is absent: of several the
 * oldest. NULL: none. */
const struct msg_backend_tls_policy *translator_backend_tls_oldest(const struct msg_bundle *bundle,
								   struct str namespace,
								   struct str service,
								   struct str section);
/* That of its port, if it has one, else that of the Service. */
const struct msg_backend_tls_policy *
translator_backend_tls_find(const struct msg_bundle *bundle,
			    const struct msg_bundle_service *service,
			    const struct msg_service_port *port);

#endif
