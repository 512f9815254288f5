/* merge: one text of metrics out of several, in Prometheus' text format 0.0.4.
 *
 *   in     texts, and the labels that tell whose they are
 *   out    one text
 *   owns   the families: all series of one name, with what they mean
 *   never  changes a value
 */
#include "cli/gather/merge.h"

#include <ctype.h>

#include "base/mem.h"

#define SAMPLES_MAX (64ul << 20) /* bytes of one family */

struct merge_family {
	struct str name, help, type; /* the line of each; absent: it was not said */
	struct buf samples;
};

void cli_merge_init(struct merge *merge)
{
	*merge = (struct merge){ 0 };
	pool_init(&merge->pool);
	map_init(&merge->by_name, NULL);
}

void cli_merge_clear(struct merge *merge)
{
	for (size_t i = 0; i < merge->n_families; i++)
		buf_clear(&merge->families[i]->samples);
	map_clear(&merge->by_name);
	pool_clear(&merge->pool);
}

static struct merge_family *family_of(struct merge *merge, struct str name)
{
	struct merge_family *family = map_get(&merge->by_name, name);

	if (family)
		return family;
	family = pool_alloc(&merge->pool, sizeof(*family));
	family->name = pool_str(&merge->pool, name);
	buf_init(&family->samples, SAMPLES_MAX);
	map_put(&merge->by_name, family->name, family);
	*(struct merge_family **)pool_push(&merge->pool, &merge->families, &merge->n_families,
					   sizeof(family)) = family;
	return family;
}

/* ---- one line ---- */

static bool is_name(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!isalnum((unsigned char)text.ptr[i]) && text.ptr[i] != '_' &&
		    text.ptr[i] != ':')
			return false;
	return text.len && !isdigit((unsigned char)text.ptr[0]);
}

static size_t name_len(struct str line)
{
	size_t n = 0;

	while (n < line.len && line.ptr[n] != '{' && line.ptr[n] != ' ' && line.ptr[n] != '\t')
		n++;
	return n;
}

/* The bytes up to the closing brace, which may stand in a value too; 0: there is none. */
static size_t labels_len(struct str text)
{
	bool quoted = false;

	for (size_t i = 0; i < text.len; i++) {
		if (quoted && text.ptr[i] == '\\')
			i++;
		else if (text.ptr[i] == '"')
			quoted = !quoted;
		else if (text.ptr[i] == '}' && !quoted)
			return i + 1;
	}
	return 0;
}

/* In labels without their braces: name="value",... */
static bool has_label(struct str labels, const char *name)
{
	const size_t len = strlen(name);
	bool quoted = false, begins = true;

	for (size_t i = 0; i < labels.len; i++) {
		if (begins && !quoted && labels.len - i > len &&
		    memcmp(labels.ptr + i, name, len) == 0 && labels.ptr[i + len] == '=')
			return true;
		begins = labels.ptr[i] == ',' && !quoted;
		if (quoted && labels.ptr[i] == '\\')
			i++;
		else if (labels.ptr[i] == '"')
			quoted = !quoted;
	}
	return false;
}

static void add_sample(struct merge_family *family, struct str line,
		       const struct merge_label *labels, size_t n_labels)
{
	const size_t n = name_len(line);
	struct str own = STR(""), rest = str_slice(line, n, line.len);
	struct buf *out = &family->samples;
	size_t len, n_written = 0;

	if (str_starts(rest, "{")) {
		len = labels_len(rest);
		if (!len)
			return;
		own = str_slice(rest, 1, len - 1);
		rest = str_slice(rest, len, rest.len);
	}
	if (!str_trim(rest).len)
		return;
	buf_str(out, str_slice(line, 0, n));
	for (size_t i = 0; i < n_labels; i++)
		if (!has_label(own, labels[i].name))
			buf_printf(out, "%s%s=\"" STR_FMT "\"", n_written++ ? "," : "{",
				   labels[i].name, STR_ARG(labels[i].value));
	if (own.len) {
		buf_puts(out, n_written++ ? "," : "{");
		buf_str(out, own);
	}
	buf_puts(out, n_written ? "}" : "");
	buf_str(out, rest);
	buf_putc(out, '\n');
}

/* "# HELP name ..." and "# TYPE name ..."; NULL: another comment. */
static struct merge_family *add_comment(struct merge *merge, struct str line)
{
	const bool help = str_starts(line, "# HELP "), type = str_starts(line, "# TYPE ");
	struct merge_family *family;
	struct str *slot, name;

	if (!help && !type)
		return NULL;
	name = str_slice(line, 7, line.len);
	name = str_slice(name, 0, name_len(name));
	if (!is_name(name))
		return NULL;
	family = family_of(merge, name);
	slot = help ? &family->help : &family->type;
	if (!slot->ptr)
		*slot = pool_str(&merge->pool, line);
	return family;
}

/* A family's own series: those of a histogram, say, end in _bucket, _sum and _count. */
static bool is_of(const struct merge_family *family, struct str name)
{
	static const char *const ends[] = { "",       "_bucket",  "_sum",    "_count",
					    "_total", "_created", "_gcount", "_gsum" };

	if (!family || !str_starts(name, family->name.ptr))
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (str_is(str_slice(name, family->name.len, name.len), ends[i]))
			return true;
	return false;
}

void cli_merge_add(struct merge *merge, struct str text, const struct merge_label *labels,
		   size_t n_labels)
{
	struct merge_family *family = NULL;
	struct str line, name;

	while (text.len) {
		if (!str_cut(text, '\n', &line, &text)) {
			line = text;
			text = STR("");
		}
		if (str_ends(line, "\r"))
			line.len--;
		if (str_starts(line, "#")) {
			family = add_comment(merge, line);
			continue;
		}
		name = str_slice(line, 0, name_len(line));
		if (!is_name(name))
			continue;
		if (!is_of(family, name))
			family = family_of(merge, name);
		add_sample(family, line, labels, n_labels);
	}
}

void cli_merge_print(const struct merge *merge, struct buf *out)
{
	for (size_t i = 0; i < merge->n_families; i++) {
		const struct merge_family *family = merge->families[i];

		if (!family->samples.len)
			continue;
		if (family->help.ptr)
			buf_printf(out, STR_FMT "\n", STR_ARG(family->help));
		if (family->type.ptr)
			buf_printf(out, STR_FMT "\n", STR_ARG(family->type));
		buf_str(out, buf_view(&family->samples));
	}
}
