/* databroker: the records of a running Pomerium's databroker follow what is wanted.
 *
 * One record for each Ingress, each certificate and the settings; Pomerium merges them. What is
 * published is read at start and followed live, and whatever differs from what is wanted is
 * written, by the holder of the databroker's lease only. */
#ifndef PUBLISHER_DATABROKER_H
#define PUBLISHER_DATABROKER_H

#include "grpc/grpc.h"
#include "publisher/wanted/wanted.h"

struct databroker;

struct databroker_settings {
	struct grpc_settings grpc;
	bool secret_later;    /* nobody is called before publisher_databroker_set_secret */
	uint64_t interval_ms; /* the longest that a change waits for others; 0: as the number of
				 routes has it */
	uint64_t lease_ms;
	struct str run_dir;    /* where the id of the lease is kept; empty: nowhere */
	long max_delete_share; /* percent of the routes that may go at once; 100: all */
};

/* Reads and follows at once; what is read becomes the last good state of owners of which nothing
 * came. */
struct databroker *publisher_databroker_new(const struct databroker_settings *settings,
					    struct wanted *wanted, struct err *err);
/* Gives the lease back; waits for that, but not for long. */
void publisher_databroker_destroy(struct databroker **self_p);
int publisher_databroker_fd(const struct databroker *self);
void publisher_databroker_on_fd(struct databroker *self);

/* Signs the calls from now on; what was refused is tried again at once. */
void publisher_databroker_set_secret(struct databroker *self, const struct hash *secret);
/* An owner may differ from what is published. */
void publisher_databroker_touch(struct databroker *self, const struct msg_key *owner,
				uint64_t seen_ns);
/* The databroker was read: what was published before this process is known. */
bool publisher_databroker_is_read(const struct databroker *self);
/* Whether many routes may go at once whatever max_delete_share says: the Pomerium object has it. */
void publisher_databroker_allow_mass_delete(struct databroker *self, bool allowed);
/* Everybody has arrived, and who is gone is about to be deleted: what rejected owners still need of
 * what was read becomes theirs. */
void publisher_databroker_begin(struct databroker *self);

enum databroker_standing {
	DATABROKER_BUSY,    /* something is still to be read or written */
	DATABROKER_STANDBY, /* nothing to do: another replica writes */
	DATABROKER_DONE     /* everything wanted is stored */
};
/* Calls that have ended, [GRPC_N_STATUS]; NULL of NULL. */
const uint64_t *publisher_databroker_calls(const struct databroker *self);
/* The guard against mass deletion holds something back. */
bool publisher_databroker_holds_back(const struct databroker *self);
enum databroker_standing publisher_databroker_standing(const struct databroker *self);
/* This process is the one that writes, at this moment. */
bool publisher_databroker_is_leader(const struct databroker *self);
/* What is stored of an owner, as JSON members: record, version, state (equal, older, not yet,
 * nothing, not read yet), writer. */
void publisher_databroker_explain(const struct databroker *self, const struct msg_key *owner,
				  struct buf *out);
/* Reads, follows and renews; writes from may_ms on. Returns the next deadline, UINT64_MAX: none. */
uint64_t publisher_databroker_tick(struct databroker *self, uint64_t now_ms, uint64_t may_ms);

#endif
