/* cost: what an owner with routes takes to translate and to store, reckoned before either is done.
 *
 * A unit of work is about a microsecond of a translator. docs/tuning.md has the figures. */
#ifndef MSG_COST_H
#define MSG_COST_H

#include "base/err.h"
#include "msg/object.h"

#define MSG_COST_PATHS_MAX 10000
#define MSG_COST_URLS_MAX 130000
#define MSG_COST_ANNOTATIONS_MAX (256u << 10) /* bytes; Kubernetes takes no more either */
#define MSG_COST_ADDRESSES_MAX 65536          /* of one port of a Service: a list in a message */
#define MSG_COST_TEMPLATE_MAX (3u << 20)
#define MSG_COST_ROUTE_BYTES 300 /* of a route without its host, path, template and upstreams */
#define MSG_COST_ROUTE_MAX ((4u << 20) - (16u << 10)) /* less than a message of gRPC */

struct msg_cost {
	uint64_t paths;
	uint64_t urls;        /* upstreams: the sum over all paths */
	uint64_t annotations; /* bytes of ours, names and values */
	uint64_t template;    /* bytes that every route has from them; 0: not known yet */
	uint64_t own_bytes;   /* of what each route has for itself, but for its upstreams */
	uint64_t url_bytes;   /* of the upstreams of all routes */
	bool is_proxied;      /* a Service is one upstream, however many endpoints it has */
};

/* What the flags allow; 0: anything. */
struct msg_cost_limits {
	long work, bytes; /* of one Ingress */
};

/* As far as the Ingress alone tells: each path has one upstream. */
struct msg_cost msg_cost_of(const struct msg_ingress *ingress, struct str prefix);
uint64_t msg_cost_work(const struct msg_cost *cost);
int msg_cost_check(const struct msg_cost *cost, const struct msg_cost_limits *limits,
		   struct err *err);

#endif
