/* lint_junit: findings as a JUnit report, in which each object is a test.
 *
 *   in     findings in order, the objects that were looked at
 *   out    XML
 *   owns   nothing
 *   never  decides what is wrong
 */
#include "cli/lint/lint.h"

static void put_xml(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		const char c = text.ptr[i];

		if (c == '&')
			buf_puts(out, "&amp;");
		else if (c == '<')
			buf_puts(out, "&lt;");
		else if (c == '>')
			buf_puts(out, "&gt;");
		else if (c == '"')
			buf_puts(out, "&quot;");
		else
			buf_putc(out, c);
	}
}

static bool is_about(const struct lint_finding *finding, const struct lint_object *object)
{
	return str_eq(finding->name, object->name) && str_eq(finding->kind, object->kind);
}

static void put_line(const struct lint_finding *finding, struct buf *out)
{
	put_xml(out, finding->file);
	if (finding->line)
		buf_printf(out, ":%u", finding->line);
	buf_puts(out, ": ");
	put_xml(out, finding->sentence);
	if (finding->code)
		buf_printf(out, " [SLU%04u]", finding->code);
	buf_putc(out, '\n');
}

/* All errors, or all warnings, of an object in one element; nothing if there is none. */
static void put_findings(const struct lint *lint, const struct lint_object *object, bool warnings,
			 struct buf *out)
{
	bool any = false;

	for (size_t i = 0; i < lint->n_findings; i++) {
		const struct lint_finding *finding = &lint->findings[i];

		if (finding->is_warning != warnings || !is_about(finding, object))
			continue;
		if (!any && warnings) {
			buf_puts(out, "<system-out>");
		} else if (!any) {
			buf_printf(out, "<failure type=\"SLU%04u\" message=\"", finding->code);
			put_xml(out, finding->sentence);
			buf_puts(out, "\">");
		}
		any = true;
		put_line(finding, out);
	}
	if (any)
		buf_puts(out, warnings ? "</system-out>\n" : "</failure>\n");
}

static void put_case(const struct lint *lint, const struct lint_object *object, struct buf *out)
{
	buf_puts(out, "<testcase classname=\"");
	put_xml(out, object->file.len ? object->file : STR("sluice lint"));
	buf_puts(out, "\" name=\"");
	put_xml(out, object->kind);
	buf_puts(out, object->name.len ? " " : "file");
	put_xml(out, object->name);
	buf_puts(out, "\">\n");
	put_findings(lint, object, false, out);
	put_findings(lint, object, true, out);
	buf_puts(out, "</testcase>\n");
}

/* The objects, and what else there are findings about, each once. */
static size_t gather(const struct lint *lint, struct pool *pool, struct lint_object **out)
{
	struct map seen;
	size_t n = 0;

	map_init(&seen, NULL);
	*out = pool_array(pool, lint->n_objects + lint->n_findings + 1, sizeof(**out));
	for (size_t i = 0; i < lint->n_objects + lint->n_findings; i++) {
		const struct lint_finding *finding =
			i < lint->n_objects ? NULL : &lint->findings[i - lint->n_objects];
		const struct lint_object object =
			finding ? (struct lint_object){ finding->file, finding->kind,
							finding->name }
				: lint->objects[i];
		struct str key = pool_printf(pool, STR_FMT " " STR_FMT, STR_ARG(object.kind),
					     STR_ARG(object.name));

		if (map_get(&seen, key))
			continue;
		map_put(&seen, key, &seen);
		(*out)[n++] = object;
	}
	map_clear(&seen);
	return n;
}

static size_t count_failures(const struct lint *lint, const struct lint_object *objects, size_t n)
{
	size_t failures = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < lint->n_findings; k++)
			if (!lint->findings[k].is_warning &&
			    is_about(&lint->findings[k], &objects[i])) {
				failures++;
				break;
			}
	return failures;
}

void cli_lint_print_junit(const struct lint *lint, struct buf *out)
{
	struct lint_object *objects;
	struct pool pool;
	size_t n;

	pool_init(&pool);
	n = gather(lint, &pool, &objects);
	buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
	buf_printf(out,
		   "<testsuite name=\"sluice lint\" tests=\"%zu\" failures=\"%zu\" "
		   "errors=\"0\" skipped=\"0\">\n",
		   n, count_failures(lint, objects, n));
	for (size_t i = 0; i < n; i++)
		put_case(lint, &objects[i], out);
	buf_puts(out, "</testsuite>\n</testsuites>\n");
	pool_clear(&pool);
}
