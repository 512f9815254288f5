/* kinds: the table of what is watched in a cluster. EndpointSlices are there for every Service, so Endpoints are not. */
#include "watcher/kinds.h"

const struct kind_row watcher_kinds_table[] = {
	{ MSG_KIND_INGRESS_CLASS, "/apis/networking.k8s.io/v1", "ingressclasses", "networking.k8s.io/v1", "IngressClass",
	  NULL, false },
	{ MSG_KIND_SERVICE, "/api/v1", "services", "v1", "Service", NULL, false },
	{ MSG_KIND_ENDPOINT_SLICE, "/apis/discovery.k8s.io/v1", "endpointslices", "discovery.k8s.io/v1",
	  "EndpointSlice", NULL, false },
	/* Helm keeps its releases in Secrets of up to 1 MB: nobody refers to them */
	{ MSG_KIND_SECRET, "/api/v1", "secrets", "v1", "Secret", "type%21%3Dhelm.sh%2Frelease.v1", true },
	{ MSG_KIND_POMERIUM, "/apis/ingress.pomerium.io/v1", "pomerium", "ingress.pomerium.io/v1", "Pomerium", NULL,
	  false },
	{ MSG_KIND_INGRESS, "/apis/networking.k8s.io/v1", "ingresses", "networking.k8s.io/v1", "Ingress", NULL, false },
	{ MSG_KIND_NONE, NULL, NULL, NULL, NULL, NULL, false },
};
