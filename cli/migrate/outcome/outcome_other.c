/* outcome_other: switches of which one position means nothing here.
 *
 *   in     annotations that are on or off, and the like
 *   out    findings
 *   never  adds an annotation
 */
#include "cli/migrate/outcome/outcome_table.h"

/* The outcome of the row that is not "unneeded", in the words of the table. */
static void say_row(struct outcome_job *job)
{
	for (unsigned i = 0; i < N_OUTCOMES; i++)
		if (i != OUTCOME_UNNEEDED && job->row->outcomes & 1u << i)
			job->finding->outcome = i;
	job->finding->sentence = str_from(job->row->how);
}

static bool is_off(struct str value)
{
	static const char *const words[] = { "0", "f", "F", "FALSE", "false", "False", "off", "" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_is(value, words[i]))
			return true;
	return false;
}

void cli_outcome_if_on(struct outcome_job *job)
{
	if (is_off(job->value))
		cli_outcome_say(job, OUTCOME_UNNEEDED, "it is off");
	else
		say_row(job);
}

void cli_outcome_if_off(struct outcome_job *job)
{
	if (is_off(job->value))
		say_row(job);
	else
		cli_outcome_say(job, OUTCOME_UNNEEDED, "Pomerium always does");
}

void cli_outcome_http_version(struct outcome_job *job)
{
	if (str_is(job->value, "1.0"))
		cli_outcome_say(job, OUTCOME_REFUSED, "Pomerium does not speak HTTP/1.0 upstream");
	else
		cli_outcome_say(job, OUTCOME_UNNEEDED, "Pomerium speaks HTTP/1.1 or 2");
}

void cli_outcome_ssl_redirect(struct outcome_job *job)
{
	if (!is_off(job->value)) {
		cli_outcome_say(job, OUTCOME_UNNEEDED, "Pomerium always redirects to https");
		return;
	}
	cli_outcome_say(job, OUTCOME_DECIDE,
			"who needs plain http? Pomerium redirects it to https");
	cli_migrate_source_choice(job->migrate, job->finding, "nobody: let clients use https");
	cli_migrate_source_choice(
		job->migrate, job->finding,
		"a load balancer that terminates TLS: let it speak https to Pomerium");
}

void cli_outcome_telemetry(struct outcome_job *job)
{
	if (is_off(job->value)) {
		cli_outcome_say(job, OUTCOME_UNNEEDED,
				"it is off; spec.otel of the Pomerium object is for all routes");
		return;
	}
	cli_outcome_say(job, OUTCOME_DECIDE,
			"are requests traced? Pomerium traces all routes or "
			"none");
	cli_migrate_source_choice(job->migrate, job->finding,
				  "yes: set spec.otel.endpoint on the Pomerium object");
	cli_migrate_source_choice(job->migrate, job->finding, "no");
}
