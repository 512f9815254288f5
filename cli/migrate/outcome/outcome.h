/* outcome: what the functions of outcome_table use to say what becomes of an annotation. */
#ifndef CLI_OUTCOME_H
#define CLI_OUTCOME_H

#include "cli/migrate/migrate_source.h"

struct outcome_job {
	struct migrate *migrate;
	struct migrate_source *source;
	const struct outcome_row *row;
	struct str value;
	struct migrate_finding *finding;
};

/* Converts all annotations of a source. */
void cli_outcome_convert(struct migrate *migrate, struct migrate_source *source);

/* Sets the outcome of the job's finding and its sentence. */
void cli_outcome_say(struct outcome_job *job, enum migrate_outcome outcome, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* outcome_access.c, outcome_upstream.c, outcome_headers.c: annotations that several of nginx's
 * make together, or that every Ingress gets. */
void cli_outcome_access(struct migrate *migrate, struct migrate_source *source);
void cli_outcome_upstream(struct migrate *migrate, struct migrate_source *source);
void cli_outcome_headers(struct migrate *migrate, struct migrate_source *source);

/* outcome_access.c */
bool cli_outcome_access_has_own(const struct migrate_source *source); /* a person's annotation */
void cli_outcome_access_say_own(struct outcome_job *job);
/* Removes a header that the upstream trusts from requests: a client must not be able to send it. */
void cli_outcome_access_remove_header(struct outcome_job *job, struct str name);
/* outcome_certificates.c: is a decision about client certificates open? */
bool cli_outcome_certificates_open(const struct migrate *migrate,
				   const struct migrate_source *source);
void cli_outcome_certificates(struct migrate *migrate, struct migrate_source *source);

/* outcome_paths.c: is some path of the source rewritten? */
bool cli_outcome_paths_rewrites(const struct migrate *migrate, const struct migrate_source *source);

#endif
