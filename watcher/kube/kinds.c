/* kinds: the table of what is watched in a cluster.
 *
 * EndpointSlices are there for every Service, so Endpoints are not. Helm keeps its releases in
 * Secrets of up to 1 MB, to which no owner refers. */
#include "watcher/kube/kinds.h"

#define NETWORKING "/apis/networking.k8s.io/v1"
#define DISCOVERY "/apis/discovery.k8s.io/v1"
#define POMERIUM "/apis/ingress.pomerium.io/v1"
#define NO_HELM "type%21%3Dhelm.sh%2Frelease.v1"

const struct kind_row watcher_kinds_table[] = {
	{ MSG_KIND_INGRESS_CLASS, NETWORKING, "ingressclasses", NULL, false, false },
	{ MSG_KIND_SERVICE, "/api/v1", "services", NULL, false, false },
	{ MSG_KIND_ENDPOINT_SLICE, DISCOVERY, "endpointslices", NULL, false, false },
	{ MSG_KIND_SECRET, "/api/v1", "secrets", NO_HELM, true, false },
	{ MSG_KIND_POMERIUM, POMERIUM, "pomerium", NULL, false, true },
	{ MSG_KIND_INGRESS, NETWORKING, "ingresses", NULL, false, false },
	{ MSG_KIND_NONE, NULL, NULL, NULL, false, false },
};
