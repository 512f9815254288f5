/* manifests: objects of the namespace shop, as text. */
#ifndef TESTS_RESOLVER_MANIFESTS_H
#define TESTS_RESOLVER_MANIFESTS_H

#define CLASS                                                                                      \
	"---\n{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: pomerium}, " \
	"spec: {controller: pomerium.io/ingress-controller}}\n"
#define SERVICE(name)                                                 \
	"---\n{apiVersion: v1, kind: Service, metadata: {name: " name \
	", namespace: shop}, spec: {ports: [{port: 80}]}}\n"
#define INGRESS(name, annotations, spec)                                                \
	"---\n{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: " name \
	", namespace: shop, uid: u-" name ", generation: 3, annotations: {" annotations \
	"}}, spec: {ingressClassName: pomerium" spec "}}\n"
#define PATH(service) \
	"{path: /, pathType: Prefix, backend: {service: {name: " service ", port: {number: 80}}}}"
#define RULE(paths) ", rules: [{host: h.example, http: {paths: [" paths "]}}]"
#define SECRET(name)                                                 \
	"---\n{apiVersion: v1, kind: Secret, metadata: {name: " name \
	", namespace: shop}, stringData: {k: v}}\n"
#define SLICE(name, service, address, ready)                                                 \
	"---\n{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: " name \
	", namespace: shop, labels: {kubernetes.io/service-name: " service                   \
	"}}, addressType: IPv4, "                                                            \
	"endpoints: [{addresses: [" address "], conditions: {" ready                         \
	"}}], ports: [{name: http, port: 8080}]}\n"
#define ENDPOINTS(name, address)                                                               \
	"---\n{apiVersion: v1, kind: Endpoints, metadata: {name: " name ", namespace: shop}, " \
	"subsets: [{addresses: [{ip: " address "}], ports: [{name: http, port: 8080}]}]}\n"
#define POMERIUM(name, spec)                                                               \
	"---\n{apiVersion: ingress.pomerium.io/v1, kind: Pomerium, metadata: {name: " name \
	"}, spec: {" spec "}}\n"
#define PREFIX "ingress.pomerium.io/"

#endif
