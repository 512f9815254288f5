/* annotation_value: expands the short forms that annotations have and protobuf-JSON has not.
 *
 *   in     an untyped value, as YAML gives it, and the field that it is for
 *   out    the same value, changed in place: the short name of an enum becomes the long one, a bare
 *          list for a StringList becomes {values: [...]}
 *   owns   the table of short names
 *   never  says whether the value fits its field: pb/reflect does
 */
#include "translator/ingress/ingress.h"

#include "pb/traits.h"

static void set_text(struct value *v, struct str text)
{
	v->type = VALUE_STRING;
	v->binary = false;
	v->string = text;
	v->text = text;
}

/* Short names of enums that the reference accepts. */
static const struct short_names {
	const char *type;
	const char *prefix;
	bool any_case; /* the long form as well */
	int first;     /* numbers below have no short name; "" is number 0 */
} short_names[] = {
	{ "pomerium.config.LoadBalancingPolicy", "LOAD_BALANCING_POLICY_", true, 0 },
	{ "pomerium.config.BearerTokenFormat", "BEARER_TOKEN_FORMAT_", false, 1 },
};

/* b is in upper case; a is in lower case, or in any. */
static bool equal_name(struct str a, const char *b, bool any_case)
{
	if (a.len != strlen(b))
		return false;
	for (size_t i = 0; i < a.len; i++) {
		char c = a.ptr[i];

		if (c >= 'A' && c <= 'Z' && !any_case)
			return false;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (c != b[i])
			return false;
	}
	return true;
}

static void lengthen_enum(const ProtobufCEnumDescriptor *type, struct value *v)
{
	const struct short_names *names = NULL;

	for (size_t i = 0; i < sizeof(short_names) / sizeof(short_names[0]); i++)
		if (strcmp(type->name, short_names[i].type) == 0)
			names = &short_names[i];
	if (!names || v->type != VALUE_STRING)
		return;
	for (unsigned i = 0; i < type->n_values; i++) {
		const ProtobufCEnumValue *value = &type->values[i];
		const char *tail = value->name + strlen(names->prefix);

		if ((value->value == 0 && v->string.len == 0) ||
		    (value->value >= names->first &&
		     equal_name(v->string, tail, names->any_case)) ||
		    (names->any_case && equal_name(v->string, value->name, true))) {
			set_text(v, str_from(value->name));
			return;
		}
	}
}

static void wrap_list(struct value *v, struct pool *pool)
{
	struct value_entry *entry = pool_alloc(pool, sizeof(*entry));

	entry->value = *v;
	set_text(&entry->key, STR("values"));
	v->type = VALUE_MAP;
	v->map.entries = entry;
	v->map.n = 1;
}

void translator_annotation_value_expand(pb_type *type, const char *field, struct value *v,
					struct pool *pool)
{
	struct pb_field found;

	if (!pb_field_named(pb_shape_of(type), str_from(field), &found))
		return;
	if (found.desc->type == PROTOBUF_C_TYPE_ENUM)
		lengthen_enum(found.desc->descriptor, v);
	else if (found.desc->type == PROTOBUF_C_TYPE_MESSAGE && v->type == VALUE_LIST &&
		 strcmp(found.trait->sub->type->name, "pomerium.config.Route.StringList") == 0)
		wrap_list(v, pool);
}
