/* yaml_text: lines and strings of YAML.
 *
 *   in     keys, texts, messages
 *   out    YAML appended to a buf: block style, strings in double quotes
 *   owns   nothing
 *   never  knows what a key means */
#include "pb/yaml_text.h"

/* The code point of a character of two or three bytes that YAML takes for a line end, a mark or
 * nothing; 0: fine as it is. */
static unsigned unprintable(struct str s, size_t i, size_t *len)
{
	unsigned char a = (unsigned char)s.ptr[i], b, c;
	unsigned code;

	*len = 1;
	if (a == 0x7f)
		return a;
	if (a == 0xc2 && i + 1 < s.len) { /* U+0080 to U+009F, but U+0085 is no better */
		*len = 2;
		b = (unsigned char)s.ptr[i + 1];
		return b < 0xa0 ? b : 0;
	}
	if (a < 0xe2 || a > 0xef || i + 2 >= s.len)
		return 0;
	b = (unsigned char)s.ptr[i + 1];
	c = (unsigned char)s.ptr[i + 2];
	code = (unsigned)(a & 0x0f) << 12 | (unsigned)(b & 0x3f) << 6 | (c & 0x3f);
	*len = 3;
	return code == 0x2028 || code == 0x2029 || code == 0xfeff || code >= 0xfffe ? code : 0;
}

void pb_yaml_add_json(struct buf *out, struct str json)
{
	size_t from = 0, len;

	for (size_t i = 0; i < json.len; i++) {
		unsigned code;

		if ((unsigned char)json.ptr[i] < 0x7f)
			continue;
		code = unprintable(json, i, &len);
		if (code == 0)
			continue;
		buf_str(out, str_slice(json, from, i));
		buf_printf(out, "\\u%04x", code);
		from = i + len;
		i += len - 1;
	}
	buf_str(out, str_slice(json, from, json.len));
}

void pb_yaml_string(struct buf *out, struct str text)
{
	struct buf json;
	size_t i = 0;

	while (i < text.len && (unsigned char)text.ptr[i] < 0x7f)
		i++;
	if (i == text.len) {
		buf_json(out, text.len > 0 ? text : STR(""));
		return;
	}
	buf_init(&json, BUF_MAX_OUTPUT);
	buf_json(&json, text);
	pb_yaml_add_json(out, buf_view(&json));
	buf_wipe(&json);
}

void pb_yaml_json(struct buf *out, const ProtobufCMessage *m)
{
	struct buf json;

	buf_init(&json, BUF_MAX_OUTPUT);
	pb_to_json(m, 0, &json);
	pb_yaml_add_json(out, buf_view(&json));
	buf_wipe(&json);
}

static void begin_line(struct yaml_out *y)
{
	if (!y->dash)
		for (unsigned i = 0; i < y->depth; i++)
			buf_puts(y->out, "  ");
	y->dash = false;
}

void pb_yaml_key(struct yaml_out *y, const char *key)
{
	begin_line(y);
	buf_puts(y->out, key);
	buf_putc(y->out, ':');
}

bool pb_yaml_user_key(struct yaml_out *y, struct str key)
{
	size_t start;

	begin_line(y);
	start = y->out->len;
	pb_yaml_string(y->out, key);
	if (y->out->len - start > YAML_KEY_MAX)
		return false;
	buf_putc(y->out, ':');
	return true;
}

void pb_yaml_dash(struct yaml_out *y)
{
	begin_line(y);
	buf_puts(y->out, "- ");
	y->dash = true;
}

void pb_yaml_end(struct yaml_out *y)
{
	buf_putc(y->out, '\n');
	y->dash = false;
}
