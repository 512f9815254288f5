/* lint: what is wrong with the manifests of an application, and what in them has no effect. */
#ifndef CLI_LINT_H
#define CLI_LINT_H

#include "base/map.h"
#include "cli/offline/offline.h"

struct lint_finding {
	struct str file;
	uint32_t line, column; /* 0: not known */
	struct str kind, name; /* of the object: "Ingress", "shop/web"; empty: of the file */
	struct str field;      /* as in struct msg_diagnostic */
	struct str sentence;
	unsigned code; /* enum rule_code; 0: none */
	bool is_warning;
};

/* An object that was looked at. */
struct lint_object {
	struct str file, kind, name;
};

struct lint {
	struct pool pool;
	struct offline offline;
	struct map files;           /* key text -> char *: the file that has the object */
	struct map spots;           /* key text, blank, field -> struct lint_spot */
	struct map protocols;       /* key text of a Service, blank, port -> char *: appProtocol */
	struct str kind, name, key; /* of the document that is being read; key empty: not ours */
	uint32_t line;
	struct lint_finding *findings;
	size_t n_findings;
	struct lint_object *objects; /* Ingresses of ours, the Pomerium object */
	size_t n_objects;
	bool strict;
	bool unreadable;
};

/* ---- lint_spot.c: where a field stands ---- */

/* Remembers a document of ours. */
void cli_lint_spot_note(struct lint *lint, const char *path, const struct value *document);
/* Fills in file, line and column of a finding about an object, by its field or the nearest part of
 * the object around it. */
void cli_lint_spot_find(const struct lint *lint, const struct msg_key *key,
			struct lint_finding *finding);

/* ---- lint_find.c: what is wrong ---- */

struct lint_finding *cli_lint_find(struct lint *lint, const struct msg_key *key, unsigned code,
				   struct str field, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void cli_lint_find_problem(void *lint, const char *path, uint32_t line, const struct err *why);
/* What the offline run has said of the owners. */
void cli_lint_find_lines(struct lint *lint);
void cli_lint_find_sort(struct lint *lint);

/* ---- what is accepted and has no effect ---- */

/* lint_document.c: kinds that nobody knows, misspelt. */
void cli_lint_document(struct lint *lint, const char *path, const struct value *document);
/* lint_dead.c; of a document it notes what a message does not carry. */
void cli_lint_dead_note(struct lint *lint, const struct value *document);
void cli_lint_dead(struct lint *lint, const struct msg_bundle *bundle);
/* lint_gateway.c: HTTPRoutes whose Gateway is in no manifest are looked at as if it took them. */
void cli_lint_gateway_assume(void *lint);
/* Rules that let nobody in. */
void cli_lint_gateway(struct lint *lint, const struct msg_bundle *bundle);
/* lint_strict.c: Services and Secrets that are not there. */
void cli_lint_strict(struct lint *lint, const struct msg_bundle *bundle);

/* ---- how it is said ---- */

struct lint_counts {
	size_t errors, warnings;
};
struct lint_counts cli_lint_count(const struct lint *lint);

void cli_lint_print_text(const struct lint *lint, struct buf *out);
void cli_lint_print_json(const struct lint *lint, struct buf *out);
void cli_lint_print_github(const struct lint *lint, struct buf *out);
void cli_lint_print_sarif(const struct lint *lint, struct buf *out);
void cli_lint_print_junit(const struct lint *lint, struct buf *out);

#endif
