/* json_scalar: one value to one scalar field, with protojson's rules about types and ranges.
 *
 *   in     a value of any type
 *   out    a number, a truth, an enum's number or bytes at the place of a field, or a sentence
 *   owns   nothing
 *   never  converts between types, but for numbers that stand in strings */
#include "pb/json_read.h"

#include <errno.h>
#include <math.h>
#include "pb/reflect.h"

static bool is_number(const struct value *v)
{
	return v->type == VALUE_INT || v->type == VALUE_UINT || v->type == VALUE_FLOAT;
}

/* A whole number of either sign: -1 out of range or no whole number. */
static bool whole(const struct value *v, bool *negative, uint64_t *magnitude)
{
	switch (v->type) {
	case VALUE_INT:
		*negative = v->integer < 0;
		*magnitude = *negative ? 0 - (uint64_t)v->integer : (uint64_t)v->integer;
		return true;
	case VALUE_UINT:
		*negative = false;
		*magnitude = v->uinteger;
		return true;
	case VALUE_FLOAT:
		*negative = v->number < 0;
		if (!(fabs(v->number) < 18446744073709551616.0) || v->number != floor(v->number))
			return false;
		*magnitude = (uint64_t)fabs(v->number);
		return true;
	default:
		return false;
	}
}

/* The number itself, or the one in a string. */
static bool number_of(const struct value *v, struct value *out)
{
	if (v->type == VALUE_STRING && !v->binary)
		return pb_text_number(v->string, out);
	*out = *v;
	return is_number(v) && !(v->type == VALUE_FLOAT && !isfinite(v->number));
}

static bool signed_of(const struct value *v, uint64_t limit, int64_t *out)
{
	bool negative;
	uint64_t magnitude;

	if (!whole(v, &negative, &magnitude) || magnitude > limit + negative)
		return false;
	*out = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return true;
}

static bool unsigned_of(const struct value *v, uint64_t limit, uint64_t *out)
{
	bool negative;

	return whole(v, &negative, out) && *out <= limit && (!negative || *out == 0);
}

static int read_whole(const struct pb_spot *spot, const struct value *v,
		      const struct pb_field *field, void *at, struct err *err)
{
	struct value number;
	int64_t i = 0;
	uint64_t u = 0;
	bool ok = number_of(v, &number);

	switch (field->desc->type) {
	case PROTOBUF_C_TYPE_INT32:
		if (!ok || !signed_of(&number, INT32_MAX, &i))
			return pb_spot_err(spot, v, "a whole number from -2147483648 to 2147483647",
					   err);
		*(int32_t *)at = (int32_t)i;
		return 0;
	case PROTOBUF_C_TYPE_INT64:
		if (!ok || !signed_of(&number, INT64_MAX, &i))
			return pb_spot_err(spot, v, "a whole number of at most 64 bits", err);
		*(int64_t *)at = i;
		return 0;
	case PROTOBUF_C_TYPE_UINT32:
		if (!ok || !unsigned_of(&number, UINT32_MAX, &u))
			return pb_spot_err(spot, v, "a whole number from 0 to 4294967295", err);
		*(uint32_t *)at = (uint32_t)u;
		return 0;
	default:
		if (!ok || !unsigned_of(&number, UINT64_MAX, &u))
			return pb_spot_err(spot, v, "a whole number from 0 to 18446744073709551615",
					   err);
		*(uint64_t *)at = u;
		return 0;
	}
}

static int read_double(const struct pb_spot *spot, const struct value *v, double *at,
		       struct err *err)
{
	struct value number;

	if (v->type == VALUE_STRING && str_is(v->string, "NaN"))
		*at = NAN;
	else if (v->type == VALUE_STRING && str_is(v->string, "Infinity"))
		*at = INFINITY;
	else if (v->type == VALUE_STRING && str_is(v->string, "-Infinity"))
		*at = -INFINITY;
	else if (!number_of(v, &number))
		return pb_spot_err(spot, v, "a number", err);
	else
		*at = number.type == VALUE_INT    ? (double)number.integer
		      : number.type == VALUE_UINT ? (double)number.uinteger
						  : number.number;
	return 0;
}

static int enum_err(const struct pb_spot *spot, const struct value *v,
		    const ProtobufCEnumDescriptor *type, struct err *err)
{
	struct buf right;

	buf_init(&right, ERR_MAX / 2);
	buf_puts(&right, "one of ");
	for (unsigned i = 0; i < type->n_values; i++)
		buf_printf(&right, "%s%s", i > 0 ? ", " : "", type->values[i].name);
	pb_spot_err(spot, v, right.ptr, err);
	buf_clear(&right);
	return -1;
}

static int read_enum(const struct pb_spot *spot, const struct value *v,
		     const struct pb_field *field, int32_t *at, struct err *err)
{
	const ProtobufCEnumDescriptor *type = field->desc->descriptor;
	const ProtobufCEnumValue *named = NULL;
	int64_t number;

	if (v->type == VALUE_NULL && strcmp(type->name, "google.protobuf.NullValue") == 0) {
		*at = 0;
		return 0;
	}
	if (is_number(v) && signed_of(v, INT32_MAX, &number)) {
		*at = (int32_t)number;
		return 0;
	}
	for (unsigned i = 0; v->type == VALUE_STRING && i < type->n_values; i++)
		if (str_is(v->string, type->values[i].name))
			named = &type->values[i];
	if (named == NULL)
		return enum_err(spot, v, type, err);
	*at = named->value;
	return 0;
}

/* base64 of either alphabet, padded or not. */
static bool unbase64(struct str text, struct buf *out)
{
	bool url = str_find(text, '-') >= 0 || str_find(text, '_') >= 0;
	struct buf plain;
	size_t n = 0;
	int rc;

	buf_init(&plain, BUF_MAX_MESSAGE);
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (url && (c == '+' || c == '/'))
			c = '!';
		n += c != '\n' && c != '\r';
		buf_putc(&plain, c == '-' ? '+' : c == '_' ? '/' : c);
	}
	if (text.len % 4 != 0 && str_find(text, '=') < 0)
		for (; n % 4 != 0; n++)
			buf_putc(&plain, '=');
	rc = plain.full ? -1 : buf_unbase64(out, buf_view(&plain));
	buf_wipe(&plain);
	return rc == 0;
}

static int read_bytes(const struct pb_spot *spot, const struct value *v,
		      const struct pb_field *field, ProtobufCBinaryData *at, struct err *err)
{
	struct buf bytes;
	struct str text;
	int rc = 0;

	if (!pb_value_text(v, spot->pool, &text))
		return pb_spot_err(spot, v,
				   field->trait->flags & PB_TEXT ? "a string (put it in quotes)"
								 : "a string of base64",
				   err);
	if (field->trait->flags & PB_TEXT) {
		*at = pb_bytes(text);
		return 0;
	}
	buf_init(&bytes, BUF_MAX_MESSAGE);
	if (unbase64(text, &bytes))
		*at = pb_bytes(pool_bytes(spot->pool, bytes.len > 0 ? bytes.ptr : "", bytes.len));
	else
		rc = pb_spot_err(spot, v, "base64", err);
	buf_wipe(&bytes);
	return rc;
}

int pb_read_scalar(const struct pb_spot *spot, const struct value *v, const struct pb_field *field,
		   void *at, struct err *err)
{
	switch (field->desc->type) {
	case PROTOBUF_C_TYPE_BOOL:
		if (v->type != VALUE_BOOL)
			return pb_spot_err(spot, v, "true or false", err);
		*(protobuf_c_boolean *)at = v->boolean;
		return 0;
	case PROTOBUF_C_TYPE_BYTES:
		return read_bytes(spot, v, field, at, err);
	case PROTOBUF_C_TYPE_ENUM:
		return read_enum(spot, v, field, at, err);
	case PROTOBUF_C_TYPE_DOUBLE:
		return read_double(spot, v, at, err);
	default:
		return read_whole(spot, v, field, at, err);
	}
}
