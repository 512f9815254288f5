/* migrate: turns a set of Ingresses for ingress-nginx into Ingresses for Pomerium.
 *
 *   migrate_read      files, folders, stdin     -> documents
 *   migrate_cluster   an API server             -> documents
 *   migrate_set       documents                 -> sources: the Ingresses that nginx serves
 *   nginx_server      sources                   -> servers: hosts and locations as nginx has them
 *   migrate_route     servers                   -> routes: paths as Pomerium wants them
 *   outcome_table     annotations of a source   -> findings, and annotations for Pomerium
 *   migrate_target    a source with its routes  -> targets: the Ingresses to write
 *   migrate_check     targets                   -> what Sluice would reject
 *   migrate_write     targets                   -> YAML with comments
 *   migrate_report    all of it                 -> text, Markdown, JSON
 *
 * Everything lives in one pool. */
#ifndef CLI_MIGRATE_H
#define CLI_MIGRATE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/pool.h"
#include "base/value.h"
#include "msg/object.h"

enum migrate_outcome {
	OUTCOME_WRITTEN,   /* Pomerium has the same under another name */
	OUTCOME_REWRITTEN, /* Pomerium does it in another way */
	OUTCOME_UNNEEDED,  /* Pomerium always does it, or it has no effect */
	OUTCOME_DECIDE,    /* a person has to choose */
	OUTCOME_REFUSED,   /* Pomerium cannot do it */
	N_OUTCOMES
};

/* Groups of annotations in the output, in this order. */
enum migrate_place {
	PLACE_ACCESS,
	PLACE_PATHS,
	PLACE_UPSTREAM,
	PLACE_HEADERS,
	PLACE_OTHER,
	N_PLACES
};

/* What became of one annotation, one path or one object. */
struct migrate_finding {
	struct str name;  /* of the annotation, without its prefix; empty for anything else */
	struct str value; /* of the annotation; otherwise the host, path or object */
	enum migrate_outcome outcome;
	enum migrate_place place;
	bool silent; /* not commented in the output: another finding says it there */
	struct str sentence;
	struct str_list choices;
};

/* Something that a request would notice. */
struct migrate_note {
	const char *code; /* one stable word */
	struct str host, path;
	struct str sentence;
};

/* An annotation to write, without its prefix. */
struct migrate_line {
	enum migrate_place place;
	struct str name, value;
};

/* One path of an output Ingress. */
struct migrate_route {
	const struct nginx_location *location;
	const char *type; /* pathType; ImplementationSpecific is a regular expression */
	struct str host;
	struct str path;
	struct str literal; /* of an expression: what every match begins with, in lower case */
	struct str pattern, substitution; /* absent: the path is not rewritten */
	struct str decide; /* why it is only written as a comment; empty: it is not */
	struct str_list choices;
};

/* An output Ingress: the routes of a source that are rewritten in the same way. */
struct migrate_target {
	struct str name;
	struct str pattern, substitution;
	struct migrate_route **routes;
	size_t n_routes, n_served; /* n_served: those that are not comments */
	bool has_regex, has_empty_host;
};

/* An annotation of ingress-nginx. */
struct nginx_annotation {
	const struct outcome_row *row; /* NULL: ingress-nginx has none of that name */
	struct str name, value;
};

/* An Ingress that ingress-nginx serves. */
struct migrate_source {
	struct str file;
	uint32_t line;
	const struct msg_ingress *ingress;
	struct str key; /* namespace/name */
	bool has_namespace;
	struct str created; /* RFC 3339; empty if unknown */
	bool is_canary;
	struct nginx_annotation *given;
	size_t n_given;
	/* results */
	struct migrate_finding **findings;
	size_t n_findings;
	struct migrate_note *notes;
	size_t n_notes;
	struct migrate_line *lines;
	size_t n_lines;
	struct str_map request_headers, response_headers; /* to set */
	struct str_list removed_headers;                  /* of requests */
	struct migrate_route **routes;
	size_t n_routes;
	struct str off; /* why the whole Ingress is only a comment; empty: it is not */
	struct migrate_target *targets;
	size_t n_targets, n_rejected; /* n_rejected: those that Sluice would not accept */
};

struct migrate_settings {
	struct str class, suffix;
	struct str from_prefix; /* nginx.ingress.kubernetes.io */
	struct str_list from_classes;
	struct str prefix; /* ingress.pomerium.io */
	struct str_list drop;
	struct str_list namespaces;
	struct str kubeconfig, context;
};
extern struct migrate_settings cli_migrate_settings;

struct migrate_document {
	const struct value *value;
	struct str file;
};

/* Settings of ingress-nginx for all Ingresses, from its ConfigMap. */
struct nginx_defaults {
	bool known;           /* the ConfigMap is in the set */
	struct str configmap; /* namespace/name */
	struct str auth_url, allow, deny;
	bool snippets; /* allow-snippet-annotations */
	long long read_timeout, send_timeout;
};

struct migrate {
	struct pool pool;
	struct migrate_document *documents;
	size_t n_documents;
	struct migrate_source **sources; /* in nginx's order: the first one wins */
	size_t n_sources;
	struct nginx_server **servers; /* in nginx's order */
	size_t n_servers;
	struct map by_host; /* -> struct nginx_server */
	struct map by_path; /* host and path -> struct nginx_location */
	struct map objects; /* Kind/namespace/name -> struct value */
	struct nginx_defaults defaults;
	struct migrate_finding **findings; /* about no single source */
	size_t n_findings;
	struct str_list others; /* Ingresses of others, "namespace/name: reason" */
	size_t n_other_documents;
	bool unreadable;
};

/* ---- migrate_convert.c ---- */

void cli_migrate_convert_init(struct migrate *migrate);
void cli_migrate_convert_clear(struct migrate *migrate);
void cli_migrate_convert(struct migrate *migrate);

/* ---- migrate_read.c, migrate_cluster.c ---- */

void cli_migrate_read(struct migrate *migrate, const struct str_list *paths);
/* Adds a document, or each item of a list. `value` must live in the pool. */
void cli_migrate_read_value(struct migrate *migrate, const struct value *value, struct str file);
int cli_migrate_cluster(struct migrate *migrate, struct err *err);

/* ---- migrate_set.c ---- */

void cli_migrate_set_make(struct migrate *migrate);
/* An object of the set, or NULL. */
const struct value *cli_migrate_set_find(struct migrate *migrate, const char *kind,
					 struct str namespace, struct str name);

/* ---- migrate_route.c, migrate_order.c, migrate_target.c ---- */

void cli_migrate_route_make(struct migrate *migrate);
/* Does the wildcard host `wide` match the host `narrow`? Empty means a rule without a host. */
bool cli_migrate_route_is_below(struct str narrow, struct str wide);
/* Makes Pomerium try the expressions of a host in nginx's order. */
void cli_migrate_order(struct migrate *migrate, struct nginx_server *server);
void cli_migrate_target_make(struct migrate *migrate);

/* ---- migrate_check.c, migrate_write.c ---- */

/* Adds a finding for each target that Sluice would reject. */
int cli_migrate_check(struct migrate *migrate, struct err *err);
void cli_migrate_write(const struct migrate *migrate, struct buf *out);
/* The targets of one source, without references to Secrets and without comments. */
void cli_migrate_write_alone(const struct migrate_source *source, struct buf *out);

/* ---- migrate_report*.c ---- */

struct migrate_counts {
	size_t n[N_OUTCOMES];
	size_t n_sources, n_targets, n_off, n_rejected;
};
struct migrate_counts cli_migrate_report_count(const struct migrate *migrate);
extern const struct migrate_note cli_migrate_everywhere[]; /* about every host; ends with NULL */
void cli_migrate_report_text(const struct migrate *migrate, struct buf *out);
void cli_migrate_report_markdown(const struct migrate *migrate, struct buf *out);
void cli_migrate_report_json(const struct migrate *migrate, struct buf *out);

#endif
