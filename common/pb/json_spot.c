/* json_spot: where in a message the reading stands, for sentences.
 *
 *   in     names, keys and indexes on the way down
 *   out    a path such as "health_checks[0].timeout"; a sentence
 *   owns   nothing: spots live on the stack of the reader
 *   never  shows more of a value than err_quote does */
#include "pb/json_spot.h"

struct pb_spot pb_spot_field(const struct pb_spot *up, struct str name)
{
	return (struct pb_spot){ up->pool, up->loose, up, name, -1, false };
}

struct pb_spot pb_spot_key(const struct pb_spot *up, struct str key)
{
	return (struct pb_spot){ up->pool, up->loose, up, key, -1, true };
}

struct pb_spot pb_spot_item(const struct pb_spot *up, size_t index)
{
	return (struct pb_spot){ up->pool, up->loose, up, STR_NONE, (long)index, false };
}

void pb_spot_print(const struct pb_spot *spot, struct buf *out)
{
	if (spot->up == NULL)
		return;
	pb_spot_print(spot->up, out);
	if (spot->index >= 0)
		buf_printf(out, "[%ld]", spot->index);
	else if (spot->key)
		buf_printf(out, "[%s]", err_quote(spot->name));
	else
		buf_printf(out, "%s" STR_FMT, out->len > 0 ? "." : "", STR_ARG(spot->name));
}

static bool is_scalar(const struct value *v)
{
	return v->type != VALUE_LIST && v->type != VALUE_MAP && v->type != VALUE_NULL;
}

int pb_spot_err(const struct pb_spot *spot, const struct value *v, const char *right,
		struct err *err)
{
	const char *article = v->type == VALUE_NULL ? "" : v->type == VALUE_INT ? "an " : "a ";
	struct str text = v->type == VALUE_STRING || v->type == VALUE_TIME ? v->string : v->text;
	struct buf path;

	buf_init(&path, ERR_MAX);
	pb_spot_print(spot, &path);
	err_set(err, "%s" STR_FMT " must be %s, not %s%s%s%s", path.len == 0 ? "the value" : "",
		STR_ARG(buf_view(&path)), right, is_scalar(v) ? "the " : article,
		value_type_name(v->type), is_scalar(v) ? " " : "",
		is_scalar(v) ? err_quote(text) : "");
	buf_clear(&path);
	return -1;
}
