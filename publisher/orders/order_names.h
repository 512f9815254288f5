/* order_names: the hosts that are served over TLS, and which of them have no certificate.
 *
 * A host has one if somebody else than we provides a certificate with its name, or with the
 * wildcard one label above. All names are in normal form (net/hostname.h). */
#ifndef PUBLISHER_ORDER_NAMES_H
#define PUBLISHER_ORDER_NAMES_H

#include <sys/queue.h>

#include "base/heap.h"
#include "base/map.h"
#include "base/pool.h"

struct order;
struct order_name;

/* A Certificate of ours is for a name. */
struct order_link {
	LIST_ENTRY(order_link) of_name;
	struct order *order;
	struct order_name *name;
};

/* A host, a DNS name of a certificate, or both. */
struct order_name {
	size_t n_routes;   /* over TLS */
	size_t n_promised; /* owners that name a TLS Secret for it */
	size_t n_there;    /* certificates of others that have it */
	LIST_HEAD(, order_link) orders;
	LIST_ENTRY(order_name) of_domain;
	struct heap_node due; /* since it is missing: when it may be ordered */
	uint64_t due_ms;
	size_t len;
	char text[];
};

struct order_names {
	struct map names;   /* -> struct order_name */
	struct map domains; /* what stands behind the first dot -> the names there */
	void *self;
	/* What is so of this name has changed; it may be about to be forgotten. */
	void (*changed)(void *self, struct order_name *name);
};

enum order_need {
	ORDER_NEEDLESS, /* no route is there, or a certificate is */
	ORDER_PROMISED, /* somebody provides one, which is not there yet */
	ORDER_NEEDED
};

void publisher_order_names_init(struct order_names *names);
void publisher_order_names_clear(struct order_names *names); /* no order may be linked */
enum order_need publisher_order_names_need(const struct order_names *names,
					   const struct order_name *name);
/* One more (one less): a route, an owner that promises it, a certificate of somebody else. */
void publisher_order_names_route(struct order_names *names, struct str host, int step);
void publisher_order_names_promise(struct order_names *names, struct str host, int step);
void publisher_order_names_there(struct order_names *names, struct str dns_name, int step);
/* A Certificate of ours, which its link names. */
void publisher_order_names_link(struct order_names *names, struct str host,
				struct order_link *link);
void publisher_order_names_unlink(struct order_names *names, struct order_link *link);

#endif
