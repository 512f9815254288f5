/* migrate_source: the annotations of an Ingress, and what is said about it.
 *
 *   in     an Ingress for ingress-nginx
 *   out    findings, notes and annotations for Pomerium
 *   owns   the rule that a person's own annotation wins
 *   never  knows a single annotation
 */
#include "cli/migrate/migrate_source.h"

/* ---- annotations ---- */

struct str cli_migrate_source_get(const struct migrate_source *source, const char *name)
{
	for (size_t i = 0; i < source->n_given; i++)
		if (str_is(source->given[i].name, name))
			return source->given[i].value;
	return STR_NONE;
}

/* As Go's strconv.ParseBool; ingress-nginx takes anything else for false. */
bool cli_migrate_source_is_true(struct str value)
{
	static const char *const words[] = { "1", "t", "T", "TRUE", "true", "True" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_is(value, words[i]))
			return true;
	return false;
}

bool cli_migrate_source_flag(const struct migrate_source *source, const char *name)
{
	return cli_migrate_source_is_true(cli_migrate_source_get(source, name));
}

const char *const cli_migrate_outcome_names[N_OUTCOMES] = { "written", "rewritten", "unneeded",
							    "decide", "refused" };

/* err_set keeps the text printable and bounded. */
struct str cli_migrate_source_format(struct migrate *migrate, const char *fmt, va_list args)
{
	char line[ERR_MAX];
	struct err text;

	(void)vsnprintf(line, sizeof(line), fmt, args);
	err_set(&text, "%s", line);
	return pool_str(&migrate->pool, str_from(text.text));
}

#define FORMAT(out, migrate, fmt)                                       \
	do {                                                            \
		va_list args_;                                          \
		va_start(args_, fmt);                                   \
		(out) = cli_migrate_source_format(migrate, fmt, args_); \
		va_end(args_);                                          \
	} while (0)

/* ---- small helpers ---- */

struct str cli_migrate_source_quote(struct migrate *migrate, struct str value)
{
	return pool_str(&migrate->pool, str_from(err_quote(value)));
}

void cli_migrate_source_add(struct migrate *migrate, struct str_list *list, struct str text)
{
	*(struct str *)pool_push(&migrate->pool, &list->items, &list->n, sizeof(text)) = text;
}

bool cli_migrate_source_next(struct str *rest, struct str *part)
{
	if (!rest->len)
		return false;
	if (!str_cut(*rest, ',', part, rest)) {
		*part = *rest;
		*rest = STR_NONE;
	}
	*part = str_trim(*part);
	return true;
}

/* ---- findings and notes ---- */

struct migrate_finding *cli_migrate_source_finding(struct migrate *migrate,
						   struct migrate_source *source, struct str name,
						   struct str value)
{
	struct migrate_finding *finding = pool_alloc(&migrate->pool, sizeof(*finding));
	struct migrate_finding ***list = source ? &source->findings : &migrate->findings;
	size_t *n = source ? &source->n_findings : &migrate->n_findings;

	finding->name = name;
	finding->value = value;
	finding->place = PLACE_PATHS;
	*(struct migrate_finding **)pool_push(&migrate->pool, list, n, sizeof(finding)) = finding;
	return finding;
}

void cli_migrate_source_print(const struct migrate_finding *finding, struct buf *out)
{
	if (finding->name.len)
		buf_printf(out, STR_FMT " %s: ", STR_ARG(finding->name), err_quote(finding->value));
	else if (finding->value.len)
		buf_printf(out, "%s: ", err_quote(finding->value));
	buf_str(out, finding->sentence);
}

void cli_migrate_source_choice(struct migrate *migrate, struct migrate_finding *finding,
			       const char *fmt, ...)
{
	struct str text;

	FORMAT(text, migrate, fmt);
	cli_migrate_source_add(migrate, &finding->choices, text);
}

void cli_migrate_source_note(struct migrate *migrate, struct migrate_source *source,
			     const char *code, struct str host, struct str path, const char *fmt,
			     ...)
{
	struct migrate_note *note =
		pool_push(&migrate->pool, &source->notes, &source->n_notes, sizeof(*note));

	*note = (struct migrate_note){ code, host, path, STR_NONE };
	FORMAT(note->sentence, migrate, fmt);
}

void cli_migrate_source_off(struct migrate *migrate, struct migrate_source *source, const char *fmt,
			    ...)
{
	if (!source->off.len)
		FORMAT(source->off, migrate, fmt);
}

/* ---- annotations for Pomerium ---- */

bool cli_migrate_source_has_own(const struct migrate_source *source, const char *name)
{
	const struct str_map *all = &source->ingress->metadata.annotations;
	const struct str prefix = cli_migrate_settings.prefix;

	for (size_t i = 0; i < all->n; i++) {
		const struct str key = all->items[i].key;

		if (key.len > prefix.len && str_eq(str_slice(key, 0, prefix.len), prefix) &&
		    key.ptr[prefix.len] == '/' &&
		    str_is(str_slice(key, prefix.len + 1, key.len), name))
			return true;
	}
	return false;
}

void cli_migrate_source_line(struct migrate *migrate, struct migrate_source *source,
			     enum migrate_place place, const char *name, struct str value)
{
	struct migrate_line *line;

	if (cli_migrate_source_has_own(source, name))
		return;
	for (size_t i = 0; i < source->n_lines; i++)
		if (str_is(source->lines[i].name, name))
			return;
	line = pool_push(&migrate->pool, &source->lines, &source->n_lines, sizeof(*line));
	*line = (struct migrate_line){ place, str_from(name), value };
}

void cli_migrate_source_header(struct migrate *migrate, struct str_map *headers, struct str name,
			       struct str value)
{
	struct str_pair *pair;

	for (size_t i = 0; i < headers->n; i++) {
		pair = &headers->items[i];
		if (pair->key.len == name.len && !strncasecmp(pair->key.ptr, name.ptr, name.len)) {
			pair->value = value;
			return;
		}
	}
	pair = pool_push(&migrate->pool, &headers->items, &headers->n, sizeof(*pair));
	*pair = (struct str_pair){ name, value };
}
