/* nginx_server: the hosts and locations that ingress-nginx makes of a set of Ingresses. */
#ifndef CLI_NGINX_SERVER_H
#define CLI_NGINX_SERVER_H

#include "cli/migrate/migrate.h"

/* A location as an Ingress asks for it. */
struct nginx_location {
	struct str path;
	bool exact;
	struct migrate_source *owner;
	const struct msg_backend *backend; /* NULL: nginx answers 404 */
	bool by_itself; /* the "/" that every host has until an Ingress asks for one */
	bool rewrites;  /* rewrite-target says something else than the path */
	bool is_regex;  /* rewrites, or use-regex */
};

/* A location as nginx.conf has it. */
struct nginx_match {
	struct str path;
	bool exact; /* location = */
	struct nginx_location *location;
};

struct nginx_server {
	struct str host;                   /* empty: every other host */
	struct nginx_location **locations; /* in the order in which they came */
	size_t n_locations;
	struct nginx_match *matches; /* in the order of nginx.conf */
	size_t n_matches;
	bool is_regex; /* every location is ~* "^PATH" */
	struct str_list aliases;
	/* whose server-alias and auth-tls-secret count for the host; NULL: nobody's */
	const struct migrate_source *aliases_of, *certificate_of;
	struct migrate_route **routes; /* of migrate_route.c, in nginx's order */
	size_t n_routes;
};

void cli_nginx_server_make(struct migrate *migrate);
struct nginx_server *cli_nginx_server_get(const struct migrate *migrate, struct str host);
struct nginx_location *cli_nginx_server_location(struct migrate *migrate, struct str host,
						 struct str path, bool exact);
/* nginx_configmap.c: the defaults, and findings about TCP and UDP services. */
void cli_nginx_configmap_read(struct migrate *migrate);

#endif
