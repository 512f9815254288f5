/* ingress: what the files that translate one Ingress share. Everything lives in the pool of the
 * bundle. */
#ifndef TRANSLATOR_INGRESS_H
#define TRANSLATOR_INGRESS_H

#include "base/map.h"
#include "base/value.h"
#include "msg/msg.h"
#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"
#include "translator/translator_settings.h"

/* Annotations that say `true` and change how routes are built. */
enum ingress_flag {
	INGRESS_PATH_REGEX = 1,
	INGRESS_SECURE_UPSTREAM = 2,
	INGRESS_TCP = 4,
	INGRESS_UDP = 8,
	INGRESS_SSH = 16,
	INGRESS_SERVICE_PROXY = 32,
	INGRESS_EMPTY_HOST = 64,
	INGRESS_SOLVER = 128 /* cert-manager's HTTP-01 solver: annotations do not count */
};

struct route_places;

struct ingress_job {
	const struct translator_settings *settings;
	const struct msg_bundle *bundle;
	const struct msg_ingress *ingress;
	struct pool *pool;
	struct msg_config *out;
	unsigned flags; /* enum ingress_flag */
	Pomerium__Config__Route
		*route;       /* what the annotations say; every route starts as a copy of it */
	struct map services;  /* of the bundle, by name */
	struct map upstreams; /* by port of a Service: struct upstreams; made once for all paths */
	const struct route_places *places; /* which path each route is of */
};

/* Where the paths to one port of one Service lead. */
struct upstreams {
	ProtobufCBinaryData *to; /* URLs in order, none twice */
	size_t n;
	uint64_t bytes; /* of all of them */
	bool are_ready; /* they are endpoints */
};

/* Those that make something of the whole Ingress return nothing: each error goes into
 * job->out->diagnostics, and they look for more. */

/* annotations.c: reads all annotations under our prefix into job->flags, job->route and
 * job->out->splices. */
void translator_annotations_apply(struct ingress_job *job);
/* Where the annotation of this name stands, for a diagnostic. */
struct str translator_annotations_field(const struct ingress_job *job, struct str name);
/* annotations_secret.c: an annotation that names a Secret, and what the keys of the Secret fill in.
 */
int translator_annotations_secret(struct ingress_job *job, const char *name, struct str secret,
				  struct err *err);
/* annotations_mcp.c: one of mcp_server*, mcp_client. */
int translator_annotations_mcp(struct ingress_job *job, const char *name, struct str text,
			       struct err *err);

/* annotation_value.c: short forms become those of protobuf-JSON: short names of enums, a bare list
 * for a StringList. */
void translator_annotation_value_expand(pb_type *type, const char *field, struct value *v,
					struct pool *pool);

/* route_from_ingress.c: every route of the Ingress, in the reference's order. */
void translator_route_from_ingress(struct ingress_job *job, Pomerium__Config__Config *config);
/* Where the host, the path or the backend of a route stands. */
struct str translator_route_from_ingress_field(const struct ingress_job *job,
					       const Pomerium__Config__Route *route,
					       const char *part);

/* answer_routes.c: the routes as a CONFIG has them: what they share is packed once. */
int translator_answer_routes(struct ingress_job *job, const Pomerium__Config__Config *config,
			     struct err *err);

/* cost_of_routes.c: whether what there is to make stays within the limits. */
int translator_cost_of_routes_check(struct ingress_job *job, struct err *err);

/* upstream_from_service.c: what the job looks up there. */
void translator_upstreams_init(struct ingress_job *job);
void translator_upstreams_clear(struct ingress_job *job);
/* NULL: there is no such Service or port. */
const struct upstreams *translator_upstreams_of(struct ingress_job *job,
						const struct msg_service_ref *ref, struct err *err);
/* `to` and perhaps tls_server_name of a route. */
int translator_upstream_from_service(struct ingress_job *job, const struct msg_service_ref *ref,
				     Pomerium__Config__Route *route, struct err *err);
/* The number of the port that the backend names; -1 if the Service has no port of that name. */
int translator_upstream_from_service_port(struct ingress_job *job,
					  const struct msg_service_ref *ref, int64_t *port,
					  struct err *err);

/* certificates_from_ingress.c: every TLS Secret of the bundle as an offer to serve. */
void translator_certificates_from_ingress(struct ingress_job *job);

#endif
