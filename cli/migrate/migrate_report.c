/* migrate_report: prints the report as text.
 *
 *   in     findings and notes
 *   out    text; counts, for the other formats as well
 *   owns   the notes about every host
 *   never  adds a finding
 */
#include "cli/migrate/migrate_source.h"

#define COLUMNS 100
#define LABEL 12 /* columns before a sentence */

const struct migrate_note cli_migrate_everywhere[] = {
	{ "escaped-slash", STR("*"), STR(""),
	  STR("Pomerium answers 400 if there is %2F or %5C in the path; nginx decodes them (as "
	      "Pomerium does with spec.pathWithEscapedSlashesAction: unescape_and_forward)") },
	{ "escaped", STR("*"), STR(""),
	  STR("other percent-encoded characters are compared as they are, unless they need no "
	      "encoding; nginx compares them decoded") },
	{ "above-root", STR("*"), STR(""),
	  STR("Pomerium ignores /.. at the root; nginx answers 400") },
	{ "as-sent", STR("*"), STR(""),
	  STR("the upstream gets a normalised path, without // and "
	      "/../; nginx passes it on as it is unless it is rewritten") },
	{ "own-paths", STR("*"), STR(""),
	  STR("Pomerium itself answers /ping, /healthz, "
	      "/.pomerium and /.well-known/pomerium on every host") },
	{ "https", STR("*"), STR(""),
	  STR("Pomerium redirects http to https, so every host needs a certificate, from spec.tls "
	      "or from spec.certificates of the Pomerium object") },
	{ NULL, { NULL, 0 }, { NULL, 0 }, { NULL, 0 } },
};

/* ---- counts ---- */

static void count(struct migrate_counts *counts, struct migrate_finding *const *findings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		counts->n[findings[i]->outcome]++;
}

struct migrate_counts cli_migrate_report_count(const struct migrate *migrate)
{
	struct migrate_counts counts = { .n_sources = migrate->n_sources };

	count(&counts, migrate->findings, migrate->n_findings);
	for (size_t i = 0; i < migrate->n_sources; i++) {
		const struct migrate_source *source = migrate->sources[i];
		size_t n = 0;

		count(&counts, source->findings, source->n_findings);
		for (size_t k = 0; !source->off.len && k < source->n_targets; k++)
			n += source->targets[k].n_served > 0;
		counts.n_targets += n;
		counts.n_off += !n;
		counts.n_rejected += source->n_rejected;
	}
	return counts;
}

/* ---- text ---- */

static void add_words(struct buf *out, const char *label, struct str text)
{
	size_t column = LABEL;
	struct str word;

	buf_printf(out, "  %-*s", LABEL - 2, label);
	for (bool begins = true; text.len; begins = false) {
		if (!str_cut(text, ' ', &word, &text)) {
			word = text;
			text = STR_NONE;
		}
		if (!begins && column + 1 + word.len > COLUMNS) {
			buf_printf(out, "\n%*s", LABEL, "");
			column = LABEL;
			begins = true;
		}
		buf_printf(out, "%s" STR_FMT, begins ? "" : " ", STR_ARG(word));
		column += word.len + !begins;
	}
	buf_putc(out, '\n');
}

static void add_finding(struct buf *out, const struct migrate_finding *finding)
{
	struct buf text;

	buf_init(&text, BUF_MAX_TEXT);
	cli_migrate_source_print(finding, &text);
	add_words(out, cli_migrate_outcome_names[finding->outcome], buf_view(&text));
	for (size_t i = 0; i < finding->choices.n; i++) {
		buf_reset(&text);
		buf_printf(&text, "- " STR_FMT, STR_ARG(finding->choices.items[i]));
		add_words(out, "", buf_view(&text));
	}
	buf_clear(&text);
}

static void add_note(struct buf *out, const struct migrate_note *note)
{
	struct buf text;

	buf_init(&text, BUF_MAX_TEXT);
	if (note->host.len || note->path.len)
		buf_printf(&text, STR_FMT STR_FMT ": ", STR_ARG(note->host), STR_ARG(note->path));
	buf_str(&text, note->sentence);
	add_words(out, "note", buf_view(&text));
	buf_clear(&text);
}

static void add_source(struct buf *out, const struct migrate_source *source)
{
	const char *separator = " becomes ";

	buf_printf(out, STR_FMT " (" STR_FMT, STR_ARG(source->key), STR_ARG(source->file));
	buf_printf(out, source->line ? ":%u)" : ")", source->line);
	for (size_t i = 0; !source->off.len && i < source->n_targets; i++) {
		buf_printf(out, "%s" STR_FMT, separator, STR_ARG(source->targets[i].name));
		separator = ", ";
	}
	if (source->off.len)
		buf_printf(out, " is not written: " STR_FMT, STR_ARG(source->off));
	buf_putc(out, '\n');
	for (unsigned outcome = 0; outcome < N_OUTCOMES; outcome++)
		for (size_t i = 0; i < source->n_findings; i++)
			if (source->findings[i]->outcome == outcome)
				add_finding(out, source->findings[i]);
	for (size_t i = 0; i < source->n_notes; i++)
		add_note(out, &source->notes[i]);
	buf_putc(out, '\n');
}

static void add_counts(const struct migrate *migrate, struct buf *out)
{
	const struct migrate_counts counts = cli_migrate_report_count(migrate);
	const char *separator = "";

	buf_printf(out, "Ingresses for ingress-nginx: %zu, written: %zu, left as comments: %zu\n",
		   counts.n_sources, counts.n_targets, counts.n_off);
	if (migrate->others.n)
		buf_printf(out, "Ingresses that are not for ingress-nginx: %zu\n",
			   migrate->others.n);
	if (migrate->n_other_documents)
		buf_printf(out, "documents that are not Ingresses: %zu\n",
			   migrate->n_other_documents);
	for (unsigned i = 0; i < N_OUTCOMES; i++) {
		buf_printf(out, "%s%zu %s", separator, counts.n[i], cli_migrate_outcome_names[i]);
		separator = ", ";
	}
	buf_putc(out, '\n');
}

void cli_migrate_report_text(const struct migrate *migrate, struct buf *out)
{
	for (size_t i = 0; i < migrate->n_sources; i++)
		add_source(out, migrate->sources[i]);
	if (migrate->n_findings)
		buf_puts(out, "all Ingresses\n");
	for (size_t i = 0; i < migrate->n_findings; i++)
		add_finding(out, migrate->findings[i]);
	if (migrate->others.n)
		buf_puts(out, "not converted\n");
	for (size_t i = 0; i < migrate->others.n; i++)
		add_words(out, "", migrate->others.items[i]);
	buf_puts(out, "every host\n");
	for (const struct migrate_note *note = cli_migrate_everywhere; note->code; note++)
		add_words(out, "note", note->sentence);
	if (!migrate->defaults.known)
		add_words(out, "note",
			  STR("the input has no ConfigMap of ingress-nginx, so its settings are "
			      "taken to be the defaults"));
	buf_putc(out, '\n');
	add_counts(migrate, out);
}
