/* snapshot: everything that is wanted at one moment. It does not change, so it can be rendered
 * while new changes come. */
#ifndef PUBLISHER_SNAPSHOT_H
#define PUBLISHER_SNAPSHOT_H

#include "publisher/wanted/wanted.h"

struct snapshot {
	struct good **goods; /* one for each owner that has any, held */
	size_t n_goods;
	struct cert **certs; /* to publish, in order; the goods hold them */
	size_t n_certs;
	size_t n_routes;
};

void publisher_snapshot_take(struct snapshot *snapshot, const struct wanted *wanted);
/* What an earlier snapshot has of these owners (msg_key_text) takes the place of what this one has,
 * which may be nothing. */
void publisher_snapshot_keep(struct snapshot *snapshot, const struct snapshot *earlier,
			     const struct map *owners, struct wanted *wanted);
void publisher_snapshot_let_go(struct snapshot *snapshot, struct wanted *wanted);

/* The configuration that has the bootstrap part, NULL: none. Only the Pomerium object has one. */
const struct good *publisher_snapshot_bootstrap(const struct snapshot *snapshot);
/* All routes in the reference's order; the array is the caller's. Takes a while, and may run in
 * another thread. */
const struct route **publisher_snapshot_routes(const struct snapshot *snapshot);

#endif
