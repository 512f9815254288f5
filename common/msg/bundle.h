/* bundle: everything a translator needs to translate one owner alone.
 *
 *   BUNDLE  resolver -> translator */
#ifndef MSG_BUNDLE_H
#define MSG_BUNDLE_H

#include "msg/gateway.h"
#include "msg/ticket.h"

/* Facts of one value of a Secret, by the resolver; the value itself only if it is public. */
struct msg_secret_info {
	struct str name; /* key in data */
	uint64_t len;
	bool utf8;
	bool has_control;    /* NUL, CR or LF */
	bool is_private_key; /* parses as a PEM private key (PKCS#1, PKCS#8, SEC 1) or an OpenSSH
				private key, unencrypted */
	bool matches_cert;   /* a private key of the certificate in tls.crt of the same Secret */
	bool is_blank;       /* empty, or only white space */
	struct str clear; /* nullable: bytes of tls.crt and ca.crt, unless a PEM block in them is a
			     private key */
};
struct msg_secret_info_list {
	struct msg_secret_info *items;
	size_t n;
};
struct msg_bundle_secret {
	struct str namespace, name;
	uint64_t answer; /* enum msg_secret_answer: anything but FOUND never gets into a bundle of
			    an owner that needs it */
	struct str type;
	struct msg_secret_info_list values;
};
extern const struct codec msg_bundle_secret_codec;
/* What is known of the value under a key; NULL if the Secret has no such key. */
const struct msg_secret_info *msg_bundle_secret_info(const struct msg_bundle_secret *secret,
						     const char *key);
struct msg_bundle_secret_list {
	struct msg_bundle_secret *items;
	size_t n;
};

/* Ready addresses of one port of a Service, merged over its slices, in byte order, none twice. */
struct msg_bundle_endpoint {
	struct str port_name;
	int64_t port;
	struct str protocol;
	struct str_list addresses; /* bare: IPv6 without brackets */
};
struct msg_bundle_endpoint_list {
	struct msg_bundle_endpoint *items;
	size_t n;
};
struct msg_bundle_service {
	struct str namespace, name;
	struct msg_service_spec spec;
	struct msg_bundle_endpoint_list endpoints; /* empty: none ready, use cluster DNS */
};
struct msg_bundle_service_list {
	struct msg_bundle_service *items;
	size_t n;
};

/* Objects of the Gateway API that an owner refers to. Only the owner itself has a status. */
struct msg_gateway_list {
	struct msg_gateway *items;
	size_t n;
};
struct msg_listener_set_list {
	struct msg_listener_set *items;
	size_t n;
};
struct msg_gateway_class_list {
	struct msg_gateway_class *items;
	size_t n;
};
struct msg_policy_filter_list {
	struct msg_policy_filter *items;
	size_t n;
};
struct msg_reference_grant_list {
	struct msg_reference_grant *items;
	size_t n;
};
struct msg_namespace_list {
	struct msg_namespace *items;
	size_t n;
};
struct msg_backend_tls_policy_list {
	struct msg_backend_tls_policy *items;
	size_t n;
};

/* A ConfigMap or a Secret that a BackendTLSPolicy names: who may sign for its backends. */
struct msg_bundle_authority {
	struct msg_key key;
	uint64_t answer; /* enum msg_secret_answer */
	struct str
		text; /* nullable: bytes of ca.crt, unless a PEM block in them is a private key */
};
struct msg_bundle_authority_list {
	struct msg_bundle_authority *items;
	size_t n;
};

struct msg_bundle {
	struct msg_sealed_ticket ticket; /* the answer brings it back */
	struct msg_key owner; /* an Ingress, the Pomerium object (also when there is none), or of
				 the Gateway API: an HTTPRoute, a Gateway, a ListenerSet, a
				 GatewayClass, a PolicyFilter or a BackendTLSPolicy */
	struct msg_stamp stamp;
	struct msg_ingress *ingress;
	struct msg_pomerium *pomerium;
	struct msg_http_route *http_route;
	struct msg_gateway_list gateways; /* the owner, those of ours that an HTTPRoute names, or
					     those that a BackendTLSPolicy counts for */
	struct msg_listener_set_list listener_sets;    /* the owner first; those of the Gateways */
	struct msg_gateway_class_list gateway_classes; /* the owner, or those of the Gateways */
	struct msg_policy_filter_list policy_filters;  /* the owner, or those that are named */
	struct msg_backend_tls_policy_list
		backend_tls_policies; /* the owner first; all those of the Services */
	struct msg_bundle_authority_list authorities;     /* that they name; of a policy: its own */
	struct msg_reference_grant_list reference_grants; /* of the other namespaces */
	struct msg_namespace_list namespaces; /* that of an HTTPRoute, those of ListenerSets */
	struct msg_bundle_service_list services;
	struct msg_bundle_secret_list secrets; /* in the order of those of the ticket */
	struct str_list notes; /* on TLS Secrets that are not there, and who has a certificate */
};
extern const struct codec msg_bundle_codec;

#endif
