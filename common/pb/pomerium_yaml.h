/* pomerium_yaml: the parts of config.yaml, inside common/pb. */
#ifndef PB_POMERIUM_YAML_H
#define PB_POMERIUM_YAML_H

#include "pb/json_read.h"
#include "pb/yaml_text.h"

/* A field to write, and the spot that names it in sentences. */
struct yaml_site {
	const struct pb_spot *spot;
	const ProtobufCMessage *m;
	struct pb_field field;
};

typedef int (*pb_yaml_special_fn)(struct yaml_out *y, const struct yaml_site *site,
				  struct err *err);
/* What writes a field that Pomerium reads in a form of its own, key and all; NULL for most. */
pb_yaml_special_fn pb_yaml_special(const struct yaml_site *site);
/* "Pomerium's config.yaml cannot say <spot>: <why>". Always -1. */
int pb_yaml_err(const struct pb_spot *spot, const char *why, struct err *err);
/* The lower-case name without what all names of its type begin with: BEARER_TOKEN_FORMAT_JWT is
 * jwt. NULL: no such number. */
const ProtobufCEnumValue *pb_yaml_enum(struct buf *out, const ProtobufCEnumDescriptor *type,
				       int number);
/* True for a value that means that nothing was chosen. */
bool pb_yaml_enum_open(const ProtobufCEnumDescriptor *type, int number);

#endif
