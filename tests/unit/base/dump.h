/* dump: a value as one line that tells every type apart. For the tests of yaml and json. */
#ifndef TESTS_BASE_DUMP_H
#define TESTS_BASE_DUMP_H

#include <math.h>
#include "base/mem.h"
#include "base/value.h"

static inline void dump_value(const struct value *v, struct buf *out);

static inline int dump_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline void dump_map(const struct value *v, struct buf *out)
{
	char **lines = mem_alloc((v->map.n + 1) * sizeof(*lines));

	for (size_t i = 0; i < v->map.n; i++) {
		struct buf line;

		buf_init(&line, BUF_MAX_TEXT);
		dump_value(&v->map.entries[i].key, &line);
		buf_putc(&line, ':');
		dump_value(&v->map.entries[i].value, &line);
		lines[i] = mem_strdup(line.ptr);
		buf_clear(&line);
	}
	qsort(lines, v->map.n, sizeof(*lines), dump_order);
	buf_putc(out, '{');
	for (size_t i = 0; i < v->map.n; i++) {
		buf_printf(out, "%s,", lines[i]);
		mem_free(lines[i]);
	}
	buf_putc(out, '}');
	mem_free(lines);
}

/* n T F i12 f0.5 fNaN s<hex> t"<RFC 3339>" [a,b,] {k:v,} */
static inline void dump_value(const struct value *v, struct buf *out)
{
	switch (v->type) {
	case VALUE_NULL:
		buf_putc(out, 'n');
		break;
	case VALUE_BOOL:
		buf_putc(out, v->boolean ? 'T' : 'F');
		break;
	case VALUE_INT:
		buf_printf(out, "i%lld", (long long)v->integer);
		break;
	case VALUE_UINT:
		buf_printf(out, "i%llu", (unsigned long long)v->uinteger);
		break;
	case VALUE_FLOAT:
		buf_putc(out, 'f');
		value_print_float(out, v->number);
		break;
	case VALUE_STRING:
		buf_putc(out, 's');
		for (size_t i = 0; i < v->string.len; i++)
			buf_printf(out, "%02x", (unsigned char)v->string.ptr[i]);
		break;
	case VALUE_TIME:
		buf_putc(out, 't');
		if (value_to_json(v, false, out, NULL))
			buf_puts(out, "BAD");
		break;
	case VALUE_LIST:
		buf_putc(out, '[');
		for (size_t i = 0; i < v->list.n; i++) {
			dump_value(&v->list.items[i], out);
			buf_putc(out, ',');
		}
		buf_putc(out, ']');
		break;
	case VALUE_MAP:
		dump_map(v, out);
		break;
	}
}

#endif
