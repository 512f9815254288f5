/* view: the routes that are served, and the owners that have none, of one side: manifests, a
 * cluster, or a running pipeline. */
#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include "base/cjson.h"
#include "base/map.h"
#include "cli/cli.h"
#include "cli/offline/offline.h"
#include "publisher/databroker/reach.h"
#include "publisher/wanted/access.h"

enum view_state {
	VIEW_SERVED,
	VIEW_LAST_GOOD, /* served, and its newest state is rejected */
	VIEW_REJECTED,
	VIEW_IGNORED /* not ours */
};

struct view_owner {
	struct owner owner; /* its key only: what a `struct route` points to */
	enum view_state state;
	struct str reason;     /* why it is rejected or ignored */
	struct str last_error; /* why it was rejected the last time, which was mended */
	struct str since;      /* when its last good routes were made, as far as a pipeline knows */
	const cJSON *stored;   /* what is stored of it; NULL: it was translated here */
	struct str_list certs; /* Secrets of certificates that it offers, "namespace/name" */
	bool is_named;         /* the manifests have it */
	size_t n_routes;
};

struct view_route {
	struct route route; /* without its packed message */
	struct view_owner *owner;
	struct str_list to; /* "redirect" or "response" if it leads nowhere */
	enum access access;
	const cJSON *config; /* all of it that may be shown; NULL: it was not asked for */
};

/* What is asked for beyond what every view has. */
struct view_wish {
	bool whole;      /* config of each route */
	struct str host; /* routes that may serve it, and its certificate; empty: all */
};

struct view {
	struct view_wish wish;
	cJSON *doc;                 /* what the routes point into */
	cJSON *settings;            /* spec of the Pomerium object; NULL: it is not known */
	bool no_class;              /* there is none that is ours */
	bool allows_mass_delete;    /* the Pomerium object does */
	const cJSON *certificate;   /* of the host that is asked for; NULL: there is none */
	struct pool pool;           /* may hold secrets: wiped */
	struct map by_key;          /* msg_key_text -> struct view_owner */
	struct view_owner **owners; /* by key, after cli_view_sort */
	size_t n_owners;
	struct view_route **routes; /* in the proxy's order, after cli_view_sort */
	size_t n_routes;
};

const char *cli_view_state_word(enum view_state state);

/* ---- for those who fill one; side.h has the ways that there are ---- */

void cli_view_init(struct view *view, const struct view_wish *wish);
void cli_view_close(struct view *view);
/* The owner of that key, new if need be. */
struct view_owner *cli_view_owner(struct view *view, const struct msg_key *key);
/* From what publisher_shown_route has made, which lives as long as the view. */
void cli_view_add_route(struct view *view, struct view_owner *owner, const cJSON *item);
/* The route of another view, which has to live as long. */
void cli_view_take_route(struct view *view, struct view_owner *owner,
			 const struct view_route *route);
void cli_view_add_cert(struct view *view, struct view_owner *owner, struct str secret);
void cli_view_sort(struct view *view);
/* What became of translated manifests. */
void cli_view_add_offline(struct view *view, struct offline *offline);
/* view_wanted.c: all that is wanted. */
void cli_view_add_wanted(struct view *view, struct wanted *wanted);
/* view_live.c */
void cli_view_add_published(struct view *view, const cJSON *doc); /* the publisher's */
void cli_view_add_ignored(struct view *view, const cJSON *doc);   /* the resolver's */
enum cli_status cli_view_add_live(struct view *view, struct str *run_dir, struct err *err);
/* view_databroker.c */
enum cli_status cli_view_add_databroker(struct view *view, const struct reach *reach,
					struct err *err);

#endif
