/* yaml_special: the fields of a Config that config.yaml has in another form, inside common/pb. */
#ifndef PB_YAML_SPECIAL_H
#define PB_YAML_SPECIAL_H

#include "pb/yaml_site.h"
#include "pb/yaml_text.h"

typedef int (*pb_yaml_special_fn)(struct yaml_out *y, const struct yaml_site *site,
				  struct err *err);
/* What writes a field that Pomerium reads in a form of its own, key and all; NULL for most. */
pb_yaml_special_fn pb_yaml_special(const struct yaml_site *site);

#endif
