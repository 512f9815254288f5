/* crd_settings: copies the fields that have exactly one place in pomerium.config.Settings.
 *
 *   in     a spec that crd.c found good
 *   out    the protobuf-JSON of Settings as a tree, ready for pb_from_value
 *   owns   nothing: crd_table.c says where a field goes
 *   never  reads a Secret
 */
#include "translator/settings/crd_table.h"

#include <ctype.h>

#include "pb/reflect.h"
#include "rules/rules.h"

static struct value text_value(struct str text)
{
	return (struct value){ .type = VALUE_STRING, .string = text, .text = text };
}

/* The entry of a map; makes it if the map has none of that name. */
static struct value *entry_of(struct pool *pool, struct value *map, struct str name)
{
	struct value_entry *entry;

	for (size_t i = 0; i < map->map.n; i++)
		if (str_eq(map->map.entries[i].key.string, name))
			return &map->map.entries[i].value;
	entry = pool_push(pool, &map->map.entries, &map->map.n, sizeof(*entry));
	entry->key = text_value(name);
	entry->value = (struct value){ .type = VALUE_MAP };
	return &entry->value;
}

void translator_crd_settings_put(struct pool *pool, struct value *tree, struct str path,
				 const struct value *v)
{
	struct str step, rest = path;

	while (str_cut(rest, '.', &step, &rest))
		tree = entry_of(pool, tree, step);
	*entry_of(pool, tree, rest) = *v;
}

static int duration_value(const struct value *v, struct pool *pool, struct value *out,
			  struct err *err)
{
	struct buf text;
	int64_t ns;

	if (pb_parse_go_duration(v->string, &ns, err))
		return -1;
	buf_init(&text, 64);
	pb_print_duration(&text, ns / 1000000000, (int32_t)(ns % 1000000000));
	*out = text_value(pool_str(pool, buf_view(&text)));
	buf_clear(&text);
	return 0;
}

static struct value upper_value(const struct crd_field *field, struct str text, struct pool *pool)
{
	struct str upper = pool_printf(pool, "%s" STR_FMT, field->prefix, STR_ARG(text));

	for (size_t i = strlen(field->prefix); i < upper.len; i++)
		((char *)upper.ptr)[i] = (char)toupper((unsigned char)upper.ptr[i]);
	return text_value(upper);
}

static struct value strings_value(const struct value *list, struct pool *pool)
{
	struct value out = { .type = VALUE_MAP };

	*entry_of(pool, &out, STR("values")) = *list;
	return out;
}

static int convert(const struct crd_field *field, const struct value *v, struct pool *pool,
		   struct value *out, struct err *err)
{
	if (field->type == CRD_DURATION)
		return duration_value(v, pool, out, err);
	if (field->form == CRD_UPPER)
		*out = upper_value(field, v->string, pool);
	else if (field->form == CRD_STRINGS)
		*out = strings_value(v, pool);
	else if (field->type == CRD_TEXT)
		*out = text_value(v->string); /* a date that was not quoted included */
	else if (field->type == CRD_OBJECT)
		*out = (struct value){ .type = VALUE_MAP };
	else
		*out = *v;
	return 0;
}

int translator_crd_settings(const struct value *spec, struct pool *pool, struct value *out,
			    struct err *err)
{
	*out = (struct value){ .type = VALUE_MAP };
	for (const struct crd_field *f = translator_crd_table; f->path; f++) {
		const struct value *v = f->to ? translator_crd_get(spec, f->path) : NULL;
		struct value converted;

		if (!v || (f->flags & CRD_LENIENT && !translator_crd_table_allows(f, v->string)))
			continue;
		if (convert(f, v, pool, &converted, err)) {
			(void)err_wrap(err, "spec.%s", f->path);
			return err_code(err, RULE_SPEC_VALUE);
		}
		translator_crd_settings_put(pool, out, str_from(f->to), &converted);
	}
	return 0;
}
