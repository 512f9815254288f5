/* kinds: the table of what is watched in a cluster.
 *
 * EndpointSlices are there for every Service, so Endpoints are not. Helm keeps its releases in
 * Secrets of up to 1 MB, to which no owner refers. Certificates that others order are not ours. */
#include "watcher/kube/kinds.h"

#define NETWORKING "/apis/networking.k8s.io/v1"
#define DISCOVERY "/apis/discovery.k8s.io/v1"
#define POMERIUM "/apis/ingress.pomerium.io/v1"
#define GATEWAY "/apis/gateway.networking.k8s.io/v1"
#define GRANTS "/apis/gateway.networking.k8s.io/v1beta1"
#define POLICY "/apis/gateway.pomerium.io/v1alpha1"
#define CERT_MANAGER "/apis/cert-manager.io/v1"
#define SECRETS "fieldSelector=type%21%3Dhelm.sh%2Frelease.v1&"
#define ORDERED "labelSelector=app.kubernetes.io%2Fmanaged-by%3Dpomerium-certificate-controller&"

const struct kind_row watcher_kinds_table[] = {
	{ MSG_KIND_INGRESS_CLASS, NETWORKING, "ingressclasses", NULL, false, false, false, false },
	{ MSG_KIND_SERVICE, "/api/v1", "services", NULL, false, false, false, false },
	{ MSG_KIND_ENDPOINT_SLICE, DISCOVERY, "endpointslices", NULL, false, false, false, false },
	{ MSG_KIND_SECRET, "/api/v1", "secrets", SECRETS, true, false, false, false },
	{ MSG_KIND_POMERIUM, POMERIUM, "pomerium", NULL, false, true, false, false },
	{ MSG_KIND_NAMESPACE, "/api/v1", "namespaces", NULL, false, true, true, false },
	{ MSG_KIND_REFERENCE_GRANT, GRANTS, "referencegrants", NULL, false, true, true, false },
	{ MSG_KIND_POLICY_FILTER, POLICY, "policyfilters", NULL, false, true, true, false },
	{ MSG_KIND_BACKEND_TLS_POLICY, GATEWAY, "backendtlspolicies", NULL, false, true, true,
	  false },
	{ MSG_KIND_GATEWAY_CLASS, GATEWAY, "gatewayclasses", NULL, false, true, true, false },
	{ MSG_KIND_GATEWAY, GATEWAY, "gateways", NULL, false, true, true, false },
	{ MSG_KIND_LISTENER_SET, GATEWAY, "listenersets", NULL, false, true, true, false },
	{ MSG_KIND_HTTP_ROUTE, GATEWAY, "httproutes", NULL, false, true, true, false },
	{ MSG_KIND_CERTIFICATE, CERT_MANAGER, "certificates", ORDERED, false, true, false, true },
	{ MSG_KIND_INGRESS, NETWORKING, "ingresses", NULL, false, false, false, false },
	{ MSG_KIND_NONE, NULL, NULL, NULL, false, false, false, false },
};
