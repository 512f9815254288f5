/* cut_json: cuts a JSON text into the items of its lists without reading them.
 *
 *   in     JSON that one of our processes has written
 *   out    parts of it
 *   owns   nothing
 *   never  says whether it is JSON: whoever reads a part does
 */
#include "cli/ground/cut_json.h"

#include <string.h>

/* How long the string is that begins there, with both of its quotes. */
static size_t string_len(struct str text)
{
	size_t i = 1;

	while (i < text.len && text.ptr[i] != '"')
		i += text.ptr[i] == '\\' ? 2 : 1;
	return i < text.len ? i + 1 : text.len;
}

/* How long the value is that begins there. */
static size_t value_len(struct str text)
{
	size_t depth = 0, i = 0;

	while (i < text.len) {
		const char c = text.ptr[i];

		if (!depth && (c == ',' || c == ']' || c == '}'))
			break;
		if (c == '"') {
			i += string_len(str_slice(text, i, text.len));
			continue;
		}
		if (c == '[' || c == '{')
			depth++;
		else if (c == ']' || c == '}')
			depth--;
		i++;
	}
	return i;
}

/* What stands between two values. */
static struct str skip(struct str text)
{
	size_t i = 0;

	while (i < text.len && strchr(" \t\r\n,:", text.ptr[i]))
		i++;
	return str_slice(text, i, text.len);
}

static bool cut(struct str *text, struct str *value)
{
	const struct str rest = skip(*text);
	const size_t n = value_len(rest);

	*value = str_slice(rest, 0, n);
	*text = str_slice(rest, n, rest.len);
	return n > 0;
}

static bool cut_name(struct str *object, struct str *name)
{
	const struct str rest = skip(*object);
	const size_t n = rest.len && rest.ptr[0] == '"' ? string_len(rest) : 0;

	*name = str_slice(rest, 0, n);
	*object = str_slice(rest, n, rest.len);
	return n > 0;
}

struct str cli_cut_json_member(struct str object, const char *key)
{
	struct str rest = str_slice(skip(object), 1, object.len), name, value;

	while (cut_name(&rest, &name) && cut(&rest, &value))
		if (str_is(str_slice(name, 1, name.len - 1), key))
			return value;
	return STR_NONE;
}

struct str cli_cut_json_list(struct str object, const char *key)
{
	const struct str value = cli_cut_json_member(object, key);

	return value.len && value.ptr[0] == '[' ? str_slice(value, 1, value.len) : STR("");
}

bool cli_cut_json_item(struct str *list, struct str *item)
{
	return cut(list, item);
}
