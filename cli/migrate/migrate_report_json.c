/* migrate_report_json: prints the report as JSON.
 *
 *   in     findings and notes
 *   out    one JSON object on one line
 *   never  adds a finding
 */
#include "cli/migrate/migrate_source.h"

#include "base/cjson.h"

#define FORM 1 /* raised when a member is removed or changes its meaning */

static void add_texts(cJSON *parent, const char *key, const struct str_list *list)
{
	cJSON *texts = cjson_put_list(parent, key);

	for (size_t i = 0; i < list->n; i++)
		cjson_put_text(texts, NULL, list->items[i]);
}

static void add_findings(cJSON *parent, const char *key, struct migrate_finding *const *findings,
			 size_t n)
{
	cJSON *list = cjson_put_list(parent, key);

	for (size_t i = 0; i < n; i++) {
		const struct migrate_finding *finding = findings[i];
		const char *name = cli_migrate_outcome_names[finding->outcome];
		cJSON *object = cjson_put_object(list, NULL);

		cjson_put_filled(object, "annotation", finding->name);
		cjson_put_filled(object, finding->name.len ? "value" : "subject", finding->value);
		cjson_put_text(object, "outcome", str_from(name));
		cjson_put_text(object, "sentence", finding->sentence);
		if (finding->choices.n)
			add_texts(object, "choices", &finding->choices);
	}
}

static void add_note(cJSON *list, const struct migrate_note *note)
{
	cJSON *object = cjson_put_object(list, NULL);

	cjson_put_text(object, "code", str_from(note->code));
	cjson_put_filled(object, "host", note->host);
	cjson_put_filled(object, "path", note->path);
	cjson_put_text(object, "sentence", note->sentence);
}

static void add_counts(cJSON *parent, const size_t counts[N_OUTCOMES])
{
	cJSON *object = cjson_put_object(parent, "counts");

	for (unsigned i = 0; i < N_OUTCOMES; i++)
		cjson_put_number(object, cli_migrate_outcome_names[i], (long long)counts[i]);
}

static void add_source(cJSON *list, const struct migrate_source *source)
{
	cJSON *object = cjson_put_object(list, NULL), *names, *notes;
	size_t counts[N_OUTCOMES] = { 0 };

	for (size_t i = 0; i < source->n_findings; i++)
		counts[source->findings[i]->outcome]++;
	cjson_put_text(object, "name", source->key);
	cjson_put_text(object, "file", source->file);
	cjson_put_number(object, "line", source->line);
	names = cjson_put_list(object, "becomes");
	for (size_t i = 0; !source->off.len && i < source->n_targets; i++)
		if (source->targets[i].n_served)
			cjson_put_text(names, NULL, source->targets[i].name);
	cjson_put_filled(object, "notWritten", source->off);
	add_counts(object, counts);
	add_findings(object, "findings", source->findings, source->n_findings);
	notes = cjson_put_list(object, "notes");
	for (size_t i = 0; i < source->n_notes; i++)
		add_note(notes, &source->notes[i]);
}

void cli_migrate_report_json(const struct migrate *migrate, struct buf *out)
{
	const struct migrate_counts counts = cli_migrate_report_count(migrate);
	cJSON *doc = cjson_put_object(NULL, NULL), *list;

	cjson_put_number(doc, "form", FORM);
	add_counts(doc, counts.n);
	cjson_put_number(doc, "written", (long long)counts.n_targets);
	cjson_put_number(doc, "leftAsComments", (long long)counts.n_off);
	cjson_put_number(doc, "rejected", (long long)counts.n_rejected);
	cjson_put_number(doc, "otherDocuments", (long long)migrate->n_other_documents);
	list = cjson_put_list(doc, "ingresses");
	for (size_t i = 0; i < migrate->n_sources; i++)
		add_source(list, migrate->sources[i]);
	add_findings(doc, "all", migrate->findings, migrate->n_findings);
	add_texts(doc, "notConverted", &migrate->others);
	list = cjson_put_list(doc, "everyHost");
	for (const struct migrate_note *note = cli_migrate_everywhere; note->code; note++)
		add_note(list, note);
	cjson_print(&doc, out);
	buf_putc(out, '\n');
}
