/* traits: the generated table of shapes, and fields found by number, name or JSON name.
 *
 *   in     a descriptor or a name
 *   out    shapes and fields, static and constant
 *   owns   nothing
 *   never  looks into a message */
#include "pb/traits.h"

#include "pb/pb_traits.inc"

const struct pb_shape *pb_shape_by_name(struct str name)
{
	size_t low = 0, high = sizeof(pb_shapes) / sizeof(pb_shapes[0]);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_cmp(name, str_from(pb_shapes[middle].type->name));

		if (order == 0)
			return &pb_shapes[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct pb_shape *pb_shape_of(pb_type *type)
{
	return pb_shape_by_name(
		str_from(type->name)); /* there: descriptors and shapes come from one table */
}

struct pb_field pb_field_at(const struct pb_shape *shape, size_t i)
{
	return (struct pb_field){ &shape->type->fields[i], &shape->traits[i] };
}

bool pb_field_named(const struct pb_shape *shape, struct str name, struct pb_field *out)
{
	size_t low = 0, high = shape->type->n_fields;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		unsigned i = shape->type->fields_sorted_by_name[middle];
		int order = str_cmp(name, str_from(shape->type->fields[i].name));

		if (order == 0) {
			*out = pb_field_at(shape, i);
			return true;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

bool pb_field_json(const struct pb_shape *shape, struct str name, struct pb_field *out)
{
	size_t low = 0, high = shape->type->n_fields;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		unsigned i = shape->by_json[middle];
		int order = str_cmp(name, str_from(shape->traits[i].json));

		if (order == 0) {
			*out = pb_field_at(shape, i);
			return true;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return pb_field_named(shape, name, out);
}
