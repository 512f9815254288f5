/* yaml_site: a field of a Config on its way to config.yaml.
 *
 *   in     a field, an enum
 *   out    a sentence that names the field; the name of a number in config.yaml
 *   owns   nothing
 *   never  writes a key
 */
#include "pb/yaml_site.h"

#include "pb/pomerium.pb-c.h"

int pb_yaml_err(const struct pb_spot *spot, const char *why, struct err *err)
{
	struct buf path;

	buf_init(&path, ERR_MAX);
	pb_spot_print(spot, &path);
	err_set(err, "Pomerium's config.yaml cannot say " STR_FMT ": %s", STR_ARG(buf_view(&path)),
		why);
	buf_clear(&path);
	return -1;
}

/* How much of their names the values share, up to an underscore. */
static size_t enum_prefix(const ProtobufCEnumDescriptor *type)
{
	const char *first = type->values[0].name;
	size_t shared = strlen(first);

	for (unsigned i = 1; i < type->n_values; i++)
		for (size_t k = 0; k < shared; k++)
			if (type->values[i].name[k] != first[k])
				shared = k;
	while (shared > 0 && first[shared - 1] != '_')
		shared--;
	return shared;
}

const ProtobufCEnumValue *pb_yaml_enum(struct buf *out, const ProtobufCEnumDescriptor *type,
				       int number)
{
	const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(type, number);
	bool issuer = type == &pomerium__config__issuer_format__descriptor;

	if (value == NULL)
		return NULL;
	if (issuer)
		buf_puts(out,
			 number == POMERIUM__CONFIG__ISSUER_FORMAT__IssuerURI ? "uri" : "hostOnly");
	for (const char *p = value->name + enum_prefix(type); !issuer && *p != '\0'; p++)
		buf_putc(out, (char)(*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p));
	return value;
}

bool pb_yaml_enum_open(const ProtobufCEnumDescriptor *type, int number)
{
	const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(type, number);

	return number == 0 && value != NULL &&
	       (str_ends(str_from(value->name), "UNKNOWN") ||
		str_ends(str_from(value->name), "UNSPECIFIED"));
}
