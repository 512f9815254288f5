/* owner: the last good configuration of one owner, packed, with everything it holds elsewhere. */
#ifndef PUBLISHER_OWNER_H
#define PUBLISHER_OWNER_H

#include "base/buf.h"
#include "base/hash.h"
#include "msg/config.h"
#include "pb/pomerium.pb-c.h"
#include "publisher/certs/certs.h"
#include "publisher/wanted/diagnostics.h"
#include "publisher/wanted/secret_cache.h"

struct owner;

/* A pomerium.config.Route in pieces that make one when they stand in a row: routes of one owner
 * mostly have one template, whose pieces are kept once. */
struct packed_route {
	struct str shared, policies; /* of the template */
	struct str own;              /* with from, path, prefix, regex and id */
};

struct good;

/* One route as it will be published. Everything points into the memory of its `good`. */
struct route {
	struct owner *owner; /* may be gone while others hold the good one */
	const struct good *good;
	struct packed_route packed;
	struct str from, path, regex, prefix, id; /* in its own part */
};

struct good_file {
	struct str name, bytes;
};

struct good_cert {
	struct cert *cert;
	bool always;
};

/* A configuration that can be published. It does not change, so another thread may read it while it
 * is held. */
struct good {
	size_t n_holders;
	struct msg_key owner;
	int64_t created; /* of the owner; 0: unknown */
	char *memory;    /* of all text; wiped */
	size_t memory_len, memory_used;
	struct route *routes;
	size_t n_routes;
	struct str settings;  /* pomerium.config.Settings; absent: none */
	struct str bootstrap; /* pomerium.config.Settings; absent: none */
	struct good_file *files;
	size_t n_files;
	struct good_cert *certs;
	size_t n_certs;
	struct cached_value **values; /* held in the secret cache */
	size_t n_values;
	struct hash digest; /* of all of the above but the values */
	bool was_stored;    /* by a process before this one: which values are secret is not known */
};

struct owner {
	struct msg_key key;
	struct str text;          /* msg_key_text, its key in the map of owners: the map's */
	int64_t created;          /* since 1970; 0: unknown */
	struct str_list hosts;    /* that it names, in normal form, each once */
	struct good *whole;       /* what it would publish if it were alone; NULL: none yet */
	struct good *good;        /* what is published of `whole`, NULL: nothing */
	size_t n_contested;       /* places of its routes where others have one, too */
	bool is_solver;           /* a route of it is where challenges are answered */
	bool has_capitals;        /* in the host of a route */
	bool refused;             /* `reason` is what it shares with others */
	bool is_barred;           /* for that nothing of it is published, whatever `reason` is */
	uint64_t told_refused;    /* sum of the reason that others have given it, as far as the
				     listener knows; 0: none */
	bool told_login;          /* that it has the authenticate host */
	char *reason;             /* why its newest state cannot be published; NULL: it can */
	char *last_reason;        /* why the last one could not, which was mended; NULL: none */
	struct diagnostics *said; /* of its newest state; NULL: nothing */
	char *maker;              /* the key of the translator that made `good`; NULL: over ipc, or
				     it was read from where it is stored */
	bool is_doubted;          /* that key was withdrawn */
	int64_t good_since, reason_since; /* seconds since 1970: `good` is the same; the newest
					     state was rejected or mended. 0: unknown */
};

/* A certificate with its key, as it came. */
struct part_cert {
	struct str secret; /* "namespace/name" */
	struct str pem, key;
	bool always;   /* publish it whether it serves a host or not */
	bool optional; /* leave it out if it cannot be served */
};

/* What names and places a route. */
struct route_place {
	struct str from, path, regex, prefix, id;
	size_t at; /* all of it stands in its own part from here on */
};

/* What a `good` is made of, in someone else's memory. */
struct good_parts {
	struct packed_route *routes;      /* equal pieces of two in a row may be the same bytes */
	const struct route_place *places; /* of each; NULL: the routes have to be decoded for it */
	size_t n_routes;
	struct str settings, bootstrap;
	struct good_file *files;
	size_t n_files;
	struct part_cert *certs;
	size_t n_certs;
	struct cached_value **values; /* not held yet */
	size_t n_values;
	int64_t created;       /* of the owner; 0: unknown */
	struct str_list hosts; /* that it names, those of its routes apart */
	bool was_stored; /* by a process before this one: age and hosts are as they are known */
};

/* In the map of owners. */
struct owner *publisher_owner_new(struct map *owners, struct str text);
void publisher_owner_destroy(struct owner **self_p); /* its good must be gone */
/* "Ingress shop/web". */
struct str publisher_owner_title(const struct owner *owner, struct pool *pool);

/* Held once. NULL and a sentence if a route does not decode or a certificate cannot be served. */
struct good *publisher_good_new(const struct good_parts *parts, struct owner *owner,
				struct certs *certs, struct err *err);
/* Its certificates as parts of another one: n_certs of them, in the pool. */
struct part_cert *publisher_good_certs(const struct good *good, bool optional, struct pool *pool);
void publisher_good_hold(struct good *good);
/* The last holder wipes it, and lets go of its secret values and of its certificates. */
void publisher_good_let_go(struct good **self_p, struct secret_cache *cache, struct certs *certs);
/* Holds other values instead. */
void publisher_good_hold_values(struct good *good, struct secret_cache *cache,
				struct cached_value **values, size_t n);
struct route_place publisher_route_place(const Pomerium__Config__Route *route);
/* Among the routes of its owner. */
size_t publisher_route_index(const struct route *route);
/* Its path, expression or prefix. */
struct str publisher_route_path(const struct route *route);
/* Appends the whole route; without its policies. */
void publisher_route_put(const struct packed_route *route, struct buf *out);
void publisher_route_put_head(const struct packed_route *route, struct buf *out);
/* The reference's order: from ascending; path, regex and prefix descending; id ascending. Where
 * that does not decide: the older owner, the owner's name, its own order. */
int publisher_route_compare(const struct route *a, const struct route *b);
/* The host in the `from` of a route, without port and brackets. */
struct str publisher_route_host(const struct route *route);

#endif
