/* yaml_site: a field of a Config on its way to config.yaml, inside common/pb. */
#ifndef PB_YAML_SITE_H
#define PB_YAML_SITE_H

#include "pb/json_spot.h"
#include "pb/traits.h"

/* A field to write, and the spot that names it in sentences. */
struct yaml_site {
	const struct pb_spot *spot;
	const ProtobufCMessage *m;
	struct pb_field field;
};

/* "Pomerium's config.yaml cannot say <spot>: <why>". Always -1. */
int pb_yaml_err(const struct pb_spot *spot, const char *why, struct err *err);
/* The lower-case name without what all names of its type begin with: BEARER_TOKEN_FORMAT_JWT is
 * jwt. NULL: no such number. */
const ProtobufCEnumValue *pb_yaml_enum(struct buf *out, const ProtobufCEnumDescriptor *type,
				       int number);
/* True for a value that means that nothing was chosen. */
bool pb_yaml_enum_open(const ProtobufCEnumDescriptor *type, int number);

#endif
