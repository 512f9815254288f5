/* databroker: a sink that keeps the records of a running Pomerium's databroker.
 *
 * One record for each Ingress, each certificate and the settings; Pomerium merges them. What is
 * stored is read at start and followed live, and whatever differs from what is wanted is written,
 * by the holder of the databroker's lease only. */
#ifndef PUBLISHER_DATABROKER_H
#define PUBLISHER_DATABROKER_H

#include "grpc/grpc.h"
#include "publisher/sink/sink.h"

struct databroker_settings {
	struct grpc_settings grpc;
	bool secret_later;    /* nobody is called before start_with brings the secret */
	uint64_t interval_ms; /* the longest that a change waits for others; 0: as the number of
				 routes has it */
	uint64_t lease_ms;
	bool name_changes;     /* the log names each record that is written */
	struct str run_dir;    /* where the id of the lease is kept; empty: nowhere */
	unsigned http3_port;   /* as in record_source */
	long max_delete_share; /* percent of the routes that may go at once; 100: all */
};

/* Reads and follows at once; what is read becomes the last good state of owners of which nothing
 * came. When it goes, it gives the lease back, and waits for that, but not for long. */
struct sink *publisher_databroker_new(const struct databroker_settings *settings,
				      struct wanted *wanted, const struct sink_listener *listener,
				      struct err *err);

#endif
