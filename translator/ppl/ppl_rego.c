/* ppl_rego: prints values and clauses as OPA's formatter does.
 *
 *   in     values of a parsed policy, lines of a rule body
 *   out    Rego text, appended to a buf
 *   owns   nothing
 *   never  breaks a line inside an expression: the reference's nodes all stand on one source line
 */
#include "translator/ppl/ppl.h"

/* One UTF-8 sequence of valid text. */
static size_t decode(const char *text, uint32_t *code)
{
	const unsigned char *p = (const unsigned char *)text;

	if (p[0] < 0x80) {
		*code = p[0];
		return 1;
	}
	if (p[0] < 0xe0) {
		*code = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
		return 2;
	}
	if (p[0] < 0xf0) {
		*code = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
		return 3;
	}
	*code = (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
	return 4;
}

static void put_escaped(struct buf *out, uint32_t code)
{
	static const char short_forms[128] = {
		['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
		['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
	};

	if (code < 128 && short_forms[code])
		buf_printf(out, "\\%c", short_forms[code]);
	else if (code < 0x10000)
		buf_printf(out, "\\u%04x", code);
	else
		buf_printf(out, "\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10),
			   0xdc00 + (code & 0x3ff));
}

/* What Go prints in quotes as it is stays as it is; the rest gets the escapes of JSON, the only
 * ones Rego knows. */
void translator_ppl_rego_string(struct buf *out, struct str text)
{
	size_t plain = 0;

	buf_putc(out, '"');
	for (size_t i = 0; i < text.len;) {
		uint32_t code;
		size_t len = decode(text.ptr + i, &code);

		if (code == '"' || code == '\\' || !translator_ppl_printable(code)) {
			buf_str(out, str_slice(text, plain, i));
			put_escaped(out, code);
			plain = i + len;
		}
		i += len;
	}
	buf_str(out, str_slice(text, plain, text.len));
	buf_putc(out, '"');
}

static int by_key(const void *a, const void *b)
{
	const struct value_entry *const *left = a, *const *right = b;

	return str_cmp((*left)->key.string, (*right)->key.string);
}

const struct value_entry **translator_ppl_rego_sorted(const struct value *map, struct pool *pool)
{
	const struct value_entry **sorted =
		pool_array(pool, map->map.n, sizeof(const struct value_entry *));

	for (size_t i = 0; i < map->map.n; i++)
		sorted[i] = &map->map.entries[i];
	if (map->map.n > 1)
		qsort(sorted, map->map.n, sizeof(const struct value_entry *), by_key);
	return sorted;
}

static void put_object(struct buf *out, const struct value *v, struct pool *pool)
{
	const struct value_entry **sorted = translator_ppl_rego_sorted(v, pool);

	buf_putc(out, '{');
	for (size_t i = 0; i < v->map.n; i++) {
		if (i)
			buf_puts(out, ", ");
		translator_ppl_rego_string(out, sorted[i]->key.string);
		buf_puts(out, ": ");
		translator_ppl_rego_value(out, &sorted[i]->value, pool);
	}
	buf_putc(out, '}');
}

void translator_ppl_rego_value(struct buf *out, const struct value *v, struct pool *pool)
{
	switch (v->type) {
	case VALUE_NULL:
		buf_puts(out, "null");
		break;
	case VALUE_BOOL:
		buf_puts(out, v->boolean ? "true" : "false");
		break;
	case VALUE_INT:
		buf_printf(out, "%lld", (long long)v->integer);
		break;
	case VALUE_UINT:
		buf_printf(out, "%llu", (unsigned long long)v->uinteger);
		break;
	case VALUE_FLOAT:
		value_print_float(out, v->number);
		break;
	case VALUE_STRING:
	case VALUE_TIME:
		translator_ppl_rego_string(out, v->string);
		break;
	case VALUE_LIST:
		buf_putc(out, '[');
		for (size_t i = 0; i < v->list.n; i++) {
			if (i)
				buf_puts(out, ", ");
			translator_ppl_rego_value(out, &v->list.items[i], pool);
		}
		buf_putc(out, ']');
		break;
	case VALUE_MAP:
		put_object(out, v, pool);
		break;
	}
}

void translator_ppl_rego_clause(struct buf *out, struct str head, const struct buf *body)
{
	struct str lines = buf_view(body);

	buf_str(out, head);
	if (lines.len == 0) {
		buf_putc(out, '\n');
	} else if (str_find(lines, '\n') == (long)lines.len - 1) {
		buf_puts(out, " if ");
		buf_str(out, str_slice(lines, 1, lines.len));
	} else {
		buf_puts(out, " if {\n");
		buf_str(out, lines);
		buf_puts(out, "}\n");
	}
}
