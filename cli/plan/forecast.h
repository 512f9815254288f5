/* forecast: what would be different if one view took the place of another. */
#ifndef CLI_FORECAST_H
#define CLI_FORECAST_H

#include "cli/view/view.h"

enum route_change { ROUTE_ADDED, ROUTE_REMOVED, ROUTE_CHANGED };

struct forecast_field {
	const char *name;
	const cJSON *before, *after; /* NULL: not there */
};
struct forecast_fields {
	struct forecast_field *items;
	size_t n;
};
struct forecast_route {
	enum route_change change;
	const struct view_route *route; /* as it would be; of a removed one as it is */
	struct forecast_fields fields;
};

enum access_change { ACCESS_WIDER, ACCESS_NARROWER, ACCESS_OTHER_POLICY };

/* What changes for those who come to a host and path. */
struct forecast_access {
	enum access_change change;
	const struct view_route *before, *after; /* before NULL: nothing was there */
};

/* A host that an owner serves now which did not before, beside or instead of others. */
struct forecast_host {
	struct str host;
	struct str before, after; /* owners, with commas */
};

struct forecast_cert {
	bool added;
	const struct view_owner *owner;
	struct str secret;
};

struct forecast_reject {
	const struct view_owner *owner;
	bool is_new;     /* it is not rejected now for the same reason, or the manifests name it */
	bool keeps_last; /* its last good routes stay */
};

struct forecast {
	struct pool pool;
	struct forecast_access *access;
	size_t n_access;
	struct forecast_route *routes;
	size_t n_routes;
	struct forecast_host *hosts;
	size_t n_hosts;
	struct forecast_cert *certs;
	size_t n_certs;
	struct forecast_fields settings; /* of the Pomerium object */
	struct forecast_reject *rejects;
	size_t n_rejects;
	size_t n_held,
		n_served; /* routes that the guard against mass deletion would hold, of all */
};

/* Rejected owners of `after` keep the routes that they have in `before`, as in a pipeline. Points
 * into both views, which have whole routes. */
void cli_forecast_make(struct forecast *self, struct view *before, struct view *after,
		       unsigned max_delete_share);
void cli_forecast_clear(struct forecast *self);
/* CLI_GOOD: no change, CLI_REJECTED: something is invalid, CLI_CHANGES. */
enum cli_status cli_forecast_status(const struct forecast *self);

/* forecast_print.c, forecast_json.c */
void cli_forecast_print(const struct forecast *self, struct buf *out);
void cli_forecast_json(const struct forecast *self, struct buf *out);

#endif
