/* outcome: converts the annotations of a source.
 *
 *   in     annotations of ingress-nginx
 *   out    findings, notes and annotations for Pomerium, in the source
 *   owns   --drop
 *   never  knows a single annotation: that is for the table
 */
#include "cli/migrate/outcome/outcome.h"

#include <stdarg.h>

#include "cli/migrate/outcome/outcome_table.h"

void cli_outcome_say(struct outcome_job *job, enum migrate_outcome outcome, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	job->finding->outcome = outcome;
	job->finding->sentence = cli_migrate_source_format(job->migrate, fmt, args);
	va_end(args);
}

static bool is_dropped(struct str name)
{
	for (size_t i = 0; i < cli_migrate_settings.drop.n; i++)
		if (str_eq(cli_migrate_settings.drop.items[i], name))
			return true;
	return false;
}

/* A canary takes everything but its share of the traffic from the Ingress it stands beside. */
static bool is_ignored(const struct migrate_source *source, const struct outcome_row *row)
{
	return source->is_canary && row->convert != cli_outcome_canary &&
	       row->convert != cli_outcome_canary_rule;
}

static void say_constant(struct outcome_job *job)
{
	for (unsigned i = 0; i < N_OUTCOMES; i++)
		if (job->row->outcomes & 1u << i)
			job->finding->outcome = i;
	job->finding->sentence = str_from(job->row->how);
}

static void convert(struct migrate *migrate, struct migrate_source *source,
		    const struct nginx_annotation *given)
{
	struct outcome_job job = {
		.migrate = migrate, .source = source, .row = given->row, .value = given->value
	};

	job.finding = cli_migrate_source_finding(migrate, source, given->name, given->value);
	job.finding->place = given->row ? given->row->place : PLACE_OTHER;
	if (!given->row)
		cli_outcome_say(&job, OUTCOME_REFUSED, "ingress-nginx has no such annotation");
	else if (is_dropped(given->name))
		cli_outcome_say(&job, OUTCOME_UNNEEDED, "dropped, as --drop asks");
	else if (is_ignored(source, given->row))
		cli_outcome_say(&job, OUTCOME_UNNEEDED,
				"nginx ignores it on a canary and takes that of the main Ingress");
	else if (given->row->convert)
		given->row->convert(&job);
	else
		say_constant(&job);
}

void cli_outcome_convert(struct migrate *migrate, struct migrate_source *source)
{
	for (size_t i = 0; i < source->n_given; i++)
		convert(migrate, source, &source->given[i]);
	if (source->is_canary)
		return;
	cli_outcome_access(migrate, source);
	cli_outcome_upstream(migrate, source);
	cli_outcome_headers(migrate, source);
}
