/* lint_print: findings for a person, for programs, and as annotations of a GitHub workflow.
 *
 *   in     findings in order
 *   out    text
 *   owns   nothing
 *   never  decides what is wrong
 */
#include "cli/lint/lint.h"

#include "base/cjson.h"

static void put_text(const struct lint_finding *finding, struct buf *out)
{
	if (finding->file.len)
		buf_str(out, finding->file);
	if (finding->line)
		buf_printf(out, ":%u", finding->line);
	if (finding->file.len)
		buf_puts(out, ": ");
	if (finding->name.len)
		buf_printf(out, STR_FMT ": ", STR_ARG(finding->name));
	if (finding->is_warning)
		buf_puts(out, "warning: ");
	buf_str(out, finding->sentence);
	if (finding->code)
		buf_printf(out, " [SLU%04u]", finding->code);
	buf_putc(out, '\n');
}

void cli_lint_print_text(const struct lint *lint, struct buf *out)
{
	for (size_t i = 0; i < lint->n_findings; i++)
		put_text(&lint->findings[i], out);
}

/* ---- JSON ---- */

void cli_lint_print_json(const struct lint *lint, struct buf *out)
{
	const struct lint_counts counts = cli_lint_count(lint);
	cJSON *doc = cJSON_CreateObject(), *list = cjson_put_list(doc, "findings");

	for (size_t i = 0; i < lint->n_findings; i++) {
		const struct lint_finding *finding = &lint->findings[i];
		cJSON *item = cjson_put_object(list, NULL);
		char code[16];

		(void)snprintf(code, sizeof(code), "SLU%04u", finding->code);
		cjson_put_filled(item, "file", finding->file);
		if (finding->line) {
			cjson_put_number(item, "line", finding->line);
			cjson_put_number(item, "column", finding->column ? finding->column : 1);
		}
		cjson_put_filled(item, "kind", finding->kind);
		cjson_put_filled(item, "name", finding->name);
		cjson_put_text(item, "severity",
			       str_from(finding->is_warning ? "warning" : "error"));
		if (finding->code)
			cjson_put_text(item, "code", str_from(code));
		cjson_put_filled(item, "field", finding->field);
		cjson_put_text(item, "sentence", finding->sentence);
	}
	cjson_put_number(doc, "objects", (long long)lint->n_objects);
	cjson_put_number(doc, "errors", (long long)counts.errors);
	cjson_put_number(doc, "warnings", (long long)counts.warnings);
	cjson_print(&doc, out);
	buf_putc(out, '\n');
}

/* ---- GitHub ---- */

/* A workflow command ends with its line, a property with a comma or a colon. */
static void put_escaped(struct buf *out, struct str text, bool is_property)
{
	for (size_t i = 0; i < text.len; i++) {
		const unsigned char c = (unsigned char)text.ptr[i];

		if (c == '%' || c == '\r' || c == '\n' || (is_property && (c == ':' || c == ',')))
			buf_printf(out, "%%%02X", c);
		else
			buf_putc(out, (char)c);
	}
}

void cli_lint_print_github(const struct lint *lint, struct buf *out)
{
	for (size_t i = 0; i < lint->n_findings; i++) {
		const struct lint_finding *finding = &lint->findings[i];
		const char *comma = " ";

		buf_printf(out, "::%s", finding->is_warning ? "warning" : "error");
		if (finding->file.len) {
			buf_puts(out, " file=");
			put_escaped(out, finding->file, true);
			comma = ",";
		}
		if (finding->line)
			buf_printf(out, ",line=%u,col=%u", finding->line,
				   finding->column ? finding->column : 1);
		if (finding->code)
			buf_printf(out, "%stitle=SLU%04u", comma, finding->code);
		buf_puts(out, "::");
		if (finding->name.len) {
			put_escaped(out, finding->name, false);
			buf_puts(out, ": ");
		}
		put_escaped(out, finding->sentence, false);
		if (finding->code)
			buf_printf(out, " [SLU%04u]", finding->code);
		buf_putc(out, '\n');
	}
}
