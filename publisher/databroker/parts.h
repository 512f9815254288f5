/* parts: an owner that is too large for one record, in several: `<id>`, `<id>#2`, `<id>#3` ... */
#ifndef PUBLISHER_PARTS_H
#define PUBLISHER_PARTS_H

#include "grpc/grpc.h"
#include "publisher/sink/plan.h"
#include "publisher/wanted/owner.h"

#define PART_MAX (GRPC_MESSAGE_MAX - 4096) /* bytes of a record */
#define PARTS_MAX 9                        /* enough for 16 MiB, however the routes fall */
#define PARTS_ALONE SIZE_MAX

/* Some routes in a row. */
struct part {
	size_t from, to;
};

struct str publisher_parts_id(struct str id, unsigned number, struct pool *pool);
/* Cuts the number off an id: 1 if there is none, 0 if it is none of ours. */
unsigned publisher_parts_cut(struct str *id);
/* Where the routes of a record stand among those of the others of its owner that are known;
 * PARTS_ALONE: it is the only one. */
size_t publisher_parts_place(const struct plan *plan, struct str id);
/* How many records it takes, at least one. */
unsigned publisher_parts_count(const struct good *good);
/* Bytes of the record that holds these routes, at most. */
size_t publisher_parts_size(const struct good *good, struct part part);
/* The routes of one of them. */
struct part publisher_parts_get(const struct good *good, unsigned number);
/* A route that goes from one record of its owner into another is not taken away. */
void publisher_parts_balance(const struct plan *plan, struct plan_changes *changes);

#endif
