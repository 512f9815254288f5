/* migrate_source: the annotations of an Ingress, and what is said about it. */
#ifndef CLI_MIGRATE_SOURCE_H
#define CLI_MIGRATE_SOURCE_H

#include <stdarg.h>

#include "cli/migrate/migrate.h"

extern const char *const cli_migrate_outcome_names[N_OUTCOMES];

/* An annotation of ingress-nginx; STR_NONE if it is not there. */
struct str cli_migrate_source_get(const struct migrate_source *source, const char *name);
bool cli_migrate_source_is_true(struct str value); /* as ingress-nginx reads it */
bool cli_migrate_source_flag(const struct migrate_source *source, const char *name);

/* What it is about, and its sentence. */
void cli_migrate_source_print(const struct migrate_finding *finding, struct buf *out);
void cli_migrate_source_choice(struct migrate *migrate, struct migrate_finding *finding,
			       const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A finding that belongs to no annotation of the source; source may be NULL. */
struct migrate_finding *cli_migrate_source_finding(struct migrate *migrate,
						   struct migrate_source *source, struct str name,
						   struct str value);
void cli_migrate_source_note(struct migrate *migrate, struct migrate_source *source,
			     const char *code, struct str host, struct str path, const char *fmt,
			     ...) __attribute__((format(printf, 6, 7)));
/* Turns the whole Ingress into a comment; the first reason counts. */
void cli_migrate_source_off(struct migrate *migrate, struct migrate_source *source, const char *fmt,
			    ...) __attribute__((format(printf, 3, 4)));

/* Adds an annotation for Pomerium, unless the source already has it: a person's own wins. */
void cli_migrate_source_line(struct migrate *migrate, struct migrate_source *source,
			     enum migrate_place place, const char *name, struct str value);
bool cli_migrate_source_has_own(const struct migrate_source *source, const char *name);
void cli_migrate_source_header(struct migrate *migrate, struct str_map *headers, struct str name,
			       struct str value);

void cli_migrate_source_add(struct migrate *migrate, struct str_list *list, struct str text);
/* The next part of a comma separated list, trimmed; false at its end. */
bool cli_migrate_source_next(struct str *rest, struct str *part);
/* A value in quotes, cut and printable, in the pool. */
struct str cli_migrate_source_quote(struct migrate *migrate, struct str value);
/* A sentence: printable, bounded, in the pool. */
struct str cli_migrate_source_format(struct migrate *migrate, const char *fmt, va_list args)
	__attribute__((format(printf, 2, 0)));

#endif
