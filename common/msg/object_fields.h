/* object_fields: the tables that other files of msg need. */
#ifndef MSG_OBJECT_FIELDS_H
#define MSG_OBJECT_FIELDS_H

#include "msg/object.h"

extern const struct codec msg_meta_codec;
extern const struct codec msg_labelled_meta_codec; /* without annotations */
extern const struct codec msg_plain_meta_codec;    /* without labels, too */
extern const struct codec msg_load_balancer_codec;
extern const struct codec msg_ingress_class_codec;
extern const struct codec msg_service_codec;
extern const struct codec msg_service_spec_codec;
extern const struct codec msg_endpoint_slice_codec;
extern const struct codec msg_endpoints_codec;
extern const struct codec msg_secret_meta_codec;
extern const struct codec msg_pomerium_codec;
extern const struct codec msg_ordered_codec;

/* gateway.c */
extern const struct codec msg_gateway_class_codec;
extern const struct codec msg_gateway_codec;
extern const struct codec msg_listener_set_codec;
extern const struct codec msg_http_route_codec;
/* gateway_policy.c */
extern const struct codec msg_reference_grant_codec;
extern const struct codec msg_policy_filter_codec;
extern const struct codec msg_backend_tls_policy_codec;
extern const struct codec msg_config_map_codec;
extern const struct codec msg_namespace_codec;

/* Whether a key can name an object: a kind, a namespace exactly where the kind has one, a name. */
int msg_key_check(const struct msg_key *key, struct err *err);
/* Whether exactly the part that key.kind names is there. */
int msg_object_check(const struct msg_object *object, struct err *err);

#endif
