/* migrate_report_markdown: prints the report as Markdown, with a table for each Ingress.
 *
 *   in     findings and notes
 *   out    Markdown
 *   never  adds a finding
 */
#include "cli/migrate/migrate_source.h"

/* Escapes what would end the cell or start markup. */
static void add_cell(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (strchr("|<\\*_`", text.ptr[i]) && text.ptr[i])
			buf_putc(out, '\\');
		buf_putc(out, text.ptr[i]);
	}
}

static void add_finding(struct buf *out, const struct migrate_finding *finding)
{
	buf_printf(out, "| %s | ", cli_migrate_outcome_names[finding->outcome]);
	add_cell(out, finding->name);
	if (finding->name.len && finding->value.len)
		buf_putc(out, ' ');
	if (finding->value.len)
		add_cell(out, str_from(err_quote(finding->value)));
	buf_puts(out, " | ");
	add_cell(out, finding->sentence);
	for (size_t i = 0; i < finding->choices.n; i++) {
		buf_puts(out, "<br>- ");
		add_cell(out, finding->choices.items[i]);
	}
	buf_puts(out, " |\n");
}

static void add_findings(struct buf *out, struct migrate_finding *const *findings, size_t n)
{
	if (!n)
		return;
	buf_puts(out, "\n| outcome | what | |\n| --- | --- | --- |\n");
	for (unsigned outcome = N_OUTCOMES; outcome-- > 0;)
		for (size_t i = 0; i < n; i++)
			if (findings[i]->outcome == outcome)
				add_finding(out, findings[i]);
}

static void add_note(struct buf *out, const struct migrate_note *note)
{
	buf_puts(out, "- ");
	add_cell(out, note->host);
	add_cell(out, note->path);
	if (note->host.len || note->path.len)
		buf_puts(out, ": ");
	add_cell(out, note->sentence);
	buf_putc(out, '\n');
}

static void add_source(struct buf *out, const struct migrate_source *source)
{
	buf_puts(out, "\n## ");
	add_cell(out, source->key);
	buf_puts(out, "\n\n");
	if (source->off.len) {
		buf_puts(out, "Not written: ");
		add_cell(out, source->off);
		buf_puts(out, ".\n");
	}
	for (size_t i = 0; !source->off.len && i < source->n_targets; i++)
		buf_printf(out, "%s`" STR_FMT "`%s", i ? ", " : "Becomes ",
			   STR_ARG(source->targets[i].name),
			   i + 1 < source->n_targets ? "" : ".\n");
	add_findings(out, source->findings, source->n_findings);
	if (source->n_notes)
		buf_putc(out, '\n');
	for (size_t i = 0; i < source->n_notes; i++)
		add_note(out, &source->notes[i]);
}

void cli_migrate_report_markdown(const struct migrate *migrate, struct buf *out)
{
	const struct migrate_counts counts = cli_migrate_report_count(migrate);

	buf_puts(out, "# From ingress-nginx\n\n| Ingresses | written | left as comments");
	for (unsigned i = 0; i < N_OUTCOMES; i++)
		buf_printf(out, " | %s", cli_migrate_outcome_names[i]);
	buf_puts(out, " |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n");
	buf_printf(out, "| %zu | %zu | %zu", counts.n_sources, counts.n_targets, counts.n_off);
	for (unsigned i = 0; i < N_OUTCOMES; i++)
		buf_printf(out, " | %zu", counts.n[i]);
	buf_puts(out, " |\n");
	for (size_t i = 0; i < migrate->n_sources; i++)
		add_source(out, migrate->sources[i]);
	if (migrate->n_findings)
		buf_puts(out, "\n## All Ingresses\n");
	add_findings(out, migrate->findings, migrate->n_findings);
	if (migrate->others.n)
		buf_puts(out, "\n## Not converted\n\n");
	for (size_t i = 0; i < migrate->others.n; i++) {
		buf_puts(out, "- ");
		add_cell(out, migrate->others.items[i]);
		buf_putc(out, '\n');
	}
	buf_puts(out, "\n## Every host\n\n");
	for (const struct migrate_note *note = cli_migrate_everywhere; note->code; note++)
		add_note(out,
			 &(struct migrate_note){ note->code, STR(""), STR(""), note->sentence });
}
