/* databroker_inside: what the files of the databroker sink share.
 *
 *   databroker.c       the sink: what the publisher asks and tells, the tick
 *   call.c             calls and their failures
 *   stream.c           records of one type: reads them, and follows them
 *   follow.c           what is published
 *   foreign_follow.c   what others have written, where certificates are ordered
 *   foreign_read.c     what a record of theirs says
 *   lease.c            which replica writes
 *   lease_file.c       the id of the lease, over a restart
 *   put.c              what differs, in batches
 *   parts.c            an owner in several records
 *   last_good.c        what rejected owners still need of what was read
 *   legacy.c           taking over from the Go controller
 *   record.c           records and what they are made of */
#ifndef PUBLISHER_DATABROKER_INSIDE_H
#define PUBLISHER_DATABROKER_INSIDE_H

#include "base/limiter.h"
#include "base/log.h"
#include "base/retry.h"
#include "pb/databroker.pb-c.h"
#include "publisher/databroker/databroker.h"
#include "publisher/databroker/lease_file.h"
#include "publisher/databroker/record.h"
#include "publisher/orders/foreign.h"
#include "publisher/sink/guard.h"
#include "publisher/sink/pace.h"

#define DATABROKER_CALL_MS 10000 /* of a call that is answered at once */
#define N_LEGACY 3               /* records of the Go controller */

struct record_stream;

/* What becomes of the records of one type. */
struct record_stream_ops {
	const char *not_read, *not_followed; /* for the log */
	bool is_second;                      /* that nobody listens is told by another stream */
	void (*begin)(struct record_stream *stream); /* all of them are about to come ... */
	void (*note)(struct record_stream *stream, const Databroker__Record *record);
	void (*end)(struct record_stream *stream); /* ... and who has not come is not there */
};

struct record_stream {
	struct databroker *broker;
	const struct record_stream_ops *ops;
	struct str type;
	struct grpc_request *request; /* SyncLatest or Sync; NULL: none */
	bool reading;                 /* it is SyncLatest */
	bool read;                    /* the whole was read at least once, and is followed since */
	bool ended;                   /* the versions came, which end the reading */
	uint64_t server_version;      /* 0: has to be read (again) */
	uint64_t known_version;       /* of the server that was read last */
	uint64_t record_version;
	uint64_t read_ms; /* when the whole was read last */
	uint64_t sent_ms; /* when Sync went out; 0: nothing is followed */
	uint64_t next_ms;
	uint64_t early_ms; /* until then it is no news that nobody listens */
	unsigned n_ends;   /* of Sync, in a row, soon after it went out */
	struct retry retry;
};

/* Records of others, by type; those of the first one come with our own. */
struct foreign_follow {
	struct foreign *into; /* NULL: they are not followed */
	struct record_stream streams[FOREIGN_N_KINDS];
	struct limiter lines;
	bool told_full;
};

struct lease {
	struct grpc_request *request;
	bool pending;       /* request is under way; for draining */
	struct buf id;      /* empty: not ours */
	struct buf next_id; /* as it comes in */
	uint64_t sent_ms;   /* of the request */
	uint64_t until_ms;  /* the last moment at which we may write; 0: none */
	uint64_t next_ms;
	struct lease_file file;
	bool inherited;    /* the id is of the publisher before us, and was not confirmed yet */
	bool logged_other; /* a line about the other holder was written */
	struct retry retry;
};

struct put_item {
	struct str id;
	struct plan_entry sent; /* what the databroker has once it has answered */
	bool gone;              /* a deletion */
	bool added;             /* nothing was stored under this id before */
	bool answered;
};

struct put {
	struct grpc_request *request;
	bool pending;           /* request is under way; for draining */
	struct pool pool;       /* of the items */
	struct put_item *items; /* that differ, in order */
	size_t n_items, next;   /* the first that was not sent yet */
	size_t first;           /* of the batch that is under way */
	size_t n_written, n_deleted;
	uint64_t server_version; /* as the last answer had it */
	uint64_t begun_ms, seen_ns;
};

/* A record of the Go controller. */
struct legacy {
	struct buf bytes; /* of its Config */
	struct plan_entry entry;
	bool there;
	bool logged; /* that it is kept, and why */
};

struct databroker {
	struct sink sink;
	struct databroker_settings settings;
	struct sink_listener listener;
	struct wanted *wanted;
	struct grpc *grpc;
	struct record_source source;
	struct plan plan; /* by record id */
	struct pace pace;
	struct record_stream follow; /* of Config records */
	struct foreign_follow foreign;
	struct lease lease;
	struct put put;
	struct legacy legacy[N_LEGACY];
	bool begun;         /* everybody has arrived once */
	bool complete;      /* everything was stored once since we write */
	uint64_t legacy_ms; /* when to look at the records of the Go controller */
	struct guard guard;
};

/* ---- call.c ---- */
void publisher_call_start(struct databroker *self, struct grpc_request **out,
			  const struct grpc_call *call);
/* Logs a failed call, unless that is no news, and returns how long to wait before the next one. */
uint64_t publisher_call_failure(struct retry *retry, const char *what,
				const struct grpc_result *result);

/* ---- stream.c ---- */
void publisher_stream_open(struct record_stream *stream, struct databroker *broker, struct str type,
			   const struct record_stream_ops *ops);
void publisher_stream_close(struct record_stream *stream);
/* Nothing is read before it may. */
uint64_t publisher_stream_tick(struct record_stream *stream, uint64_t now_ms, bool may_read);
void publisher_stream_again(struct record_stream *stream); /* all is read anew */
/* An answer came from a databroker of this version: if it is another one, all is read anew. */
void publisher_stream_check(struct record_stream *stream, uint64_t server_version);

/* ---- follow.c ---- */
void publisher_follow_open(struct databroker *self);

/* ---- foreign_follow.c ---- */
void publisher_foreign_follow_open(struct databroker *self);
void publisher_foreign_follow_close(struct databroker *self);
/* What of others counts from now on comes here; NULL: nothing does. */
void publisher_foreign_follow_into(struct databroker *self, struct foreign *into);
/* Records that are not ours: those of a type begin to come, one comes, all have come. */
void publisher_foreign_follow_note(struct databroker *self, enum foreign_kind kind,
				   const Databroker__Record *record);
void publisher_foreign_follow_begin(struct databroker *self, enum foreign_kind kind);
void publisher_foreign_follow_end(struct databroker *self, enum foreign_kind kind);
uint64_t publisher_foreign_follow_tick(struct databroker *self, uint64_t now_ms);
/* An answer came from a databroker of this version. */
void publisher_foreign_follow_check(struct databroker *self, uint64_t server_version);
/* When all was read, and since when it is followed; as in sink_state. */
void publisher_foreign_follow_look(const struct databroker *self, struct sink_state *out);

/* ---- lease.c ---- */
void publisher_lease_open(struct databroker *self);
void publisher_lease_close(struct databroker *self); /* gives it back */
uint64_t publisher_lease_tick(struct databroker *self, uint64_t now_ms);
bool publisher_lease_is_ours(const struct databroker *self);
void publisher_lease_void(struct databroker *self); /* the databroker that gave it is no more */

/* ---- put.c ---- */
void publisher_put_open(struct databroker *self);
void publisher_put_close(struct databroker *self);
bool publisher_put_is_busy(const struct databroker *self); /* a batch is under way */
bool publisher_put_is_done(const struct databroker *self); /* nothing of the plan is left */
/* Finds out what differs among the touched; false: nothing. */
bool publisher_put_plan(struct databroker *self);
/* What was sent under an id and not answered yet; NULL: nothing. */
const struct plan_entry *publisher_put_sent(const struct databroker *self, struct str id);
/* Sends the next batch of the plan, if none is under way. */
void publisher_put_next(struct databroker *self);

/* ---- legacy.c ---- */
void publisher_legacy_open(struct databroker *self);
void publisher_legacy_close(struct databroker *self);
/* A record that is not ours, as it was read or followed: noted if it is one of the Go controller.
 */
void publisher_legacy_note(struct databroker *self, const Databroker__Record *record);
/* Everybody has arrived: what rejected owners need of its records becomes theirs. */
void publisher_legacy_restore(struct databroker *self);
/* Everything wanted is stored: touches those of its records for which that is a replacement. */
void publisher_legacy_replace(struct databroker *self);

/* ---- last_good.c ---- */
/* It is rejected, and nothing good is known of it here. */
bool publisher_last_good_is_missing(const struct owner *owner);
/* The Pomerium object; NULL: there is none. One without a name is only what was read. */
const struct owner *publisher_last_good_settings(const struct wanted *wanted);
/* Makes these (NULL: none) the last good settings of the Pomerium object, which lacks them. */
void publisher_last_good_put_settings(struct wanted *wanted, Pomerium__Config__Settings *settings,
				      struct pool *pool);
void publisher_last_good_restore_settings(struct wanted *wanted);
/* The certificates that were read go to the rejected owners for whose hosts they are. */
void publisher_last_good_share_certs(struct wanted *wanted);
/* What another replica stored of an owner that is rejected here and has nothing good: its last good
 * configuration from now on. */
bool publisher_last_good_may_adopt(const struct databroker *self, const struct msg_key *owner,
				   size_t place);
void publisher_last_good_adopt(struct databroker *self, const struct msg_key *owner, size_t place,
			       Pomerium__Config__Config *config);
/* An owner that exists, but of which nothing good is known here: its record has to stay. */
bool publisher_last_good_must_stay(const struct databroker *self, struct str id);

#endif
