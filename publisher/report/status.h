/* status: what the Pomerium object says of each Ingress and of itself, and the patch that makes it
 * say what is so. Pure.
 *
 * What is said of one object is kept as JSON text without the time (a verdict), so two are the same
 * if their bytes are. The settings' own verdict stands under STATUS_SETTINGS. */
#ifndef PUBLISHER_STATUS_H
#define PUBLISHER_STATUS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"

#define STATUS_MAX (512u << 10) /* bytes of all entries; etcd takes 1.5 MB an object */
#define STATUS_ERROR_MAX 2048   /* bytes of one sentence */
#define STATUS_WARNINGS_MAX 16  /* of one object */
#define STATUS_SETTINGS "/"     /* no Ingress is called so */

struct status_entry {
	struct str error; /* empty: reconciled */
	int64_t generation;
	struct str_list warnings;
};

/* One verdict, without its time. */
void publisher_status_print(const struct status_entry *entry, struct buf *out);
/* The verdicts that a Pomerium object holds: key -> text, the map's. */
int publisher_status_read(struct str json, struct map *reported, struct err *err);

struct status_plan {
	struct buf patch; /* empty: nothing to write */
	struct map after; /* what the object says once it is written */
	size_t n_changes;
	size_t n_left_out; /* for want of room */
};
struct status_want {
	const struct map *reported, *now; /* key -> verdict: what the object says, what is so */
	/* Whether it is not known yet what is so of a key; NULL: it always is. */
	bool (*is_pending)(const void *owners, struct str key);
	const void *owners;
	bool forget; /* what is not so any more is removed */
};
void publisher_status_plan(const struct status_want *want, int64_t time, struct status_plan *out);
void publisher_status_plan_clear(struct status_plan *plan);

#endif
