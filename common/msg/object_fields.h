/* object_fields: the tables that other files of msg need. */
#ifndef MSG_OBJECT_FIELDS_H
#define MSG_OBJECT_FIELDS_H

#include "msg/object.h"

extern const struct codec msg_load_balancer_codec;
extern const struct codec msg_ingress_class_codec;
extern const struct codec msg_service_codec;
extern const struct codec msg_service_spec_codec;
extern const struct codec msg_endpoint_slice_codec;
extern const struct codec msg_endpoints_codec;
extern const struct codec msg_secret_meta_codec;
extern const struct codec msg_pomerium_codec;

/* Whether a key can name an object: a kind, a namespace exactly where the kind has one, a name. */
int msg_key_check(const struct msg_key *key, struct err *err);
/* Whether exactly the part that key.kind names is there. */
int msg_object_check(const struct msg_object *object, struct err *err);

#endif
