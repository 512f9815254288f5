/* report_inside: what the files of the report share.
 *
 *   report.c         what is reported, and when it may be
 *   report_state.c   how far the report of each owner has come
 *   status_patch.c   the status of the Pomerium object: read once, then patched
 *   address_patch.c  the status of Ingresses: where Pomerium is reached
 *   event_queue.c    Events on their way
 *   api_retry.c      requests that fail */
#ifndef PUBLISHER_REPORT_INSIDE_H
#define PUBLISHER_REPORT_INSIDE_H

#include "publisher/gateway/object_reports.h"
#include "publisher/report/api_retry.h"
#include "publisher/report/address.h"
#include "publisher/report/event.h"
#include "publisher/report/report.h"
#include "publisher/report/report_state.h"
#include "publisher/report/status.h"

#define REPORT_QUEUE_MAX 4096           /* Events that wait; more are dropped */
#define REPORT_PARALLEL 4               /* requests for Events at a time, and for Ingresses */
#define REPORT_ADDRESS_MS 10            /* least time between two patches of Ingresses */
#define REPORT_STATUS_MS 5000           /* least time between two patches of the status */
#define REPORT_REFUSED_MAX 10           /* in a row, then none is tried for that long */
#define REPORT_REPEAT_FIRST_MS 10000    /* the same failure again: least time between two counts, */
#define REPORT_REPEAT_LONGEST_MS 600000 /* which doubles up to here */

enum event_step { SEND_POST, SEND_GET, SEND_PATCH };

/* One Event on its way. */
struct event_job {
	struct report *report;
	TAILQ_ENTRY(event_job) link; /* among those that wait */
	struct kube_request *request;
	char *name, *url; /* url: of the Events of its namespace */
	char *json;       /* the Event, as if it had never happened before */
	uint64_t count;   /* how often it happened since it was sent */
	uint64_t total;   /* for the patch */
	bool only_new;    /* if it is there already, that was this */
	enum event_step step;
};

struct event_queue {
	struct map jobs; /* name -> struct event_job, waiting and flying */
	TAILQ_HEAD(, event_job) waiting;
	size_t n_flying;
	uint64_t hold_ms; /* not before */
	uint64_t n_dropped;
	unsigned n_refused; /* in a row */
	struct event_bucket bucket;
	struct api_retry retry;
};

/* One patch of an Ingress under way. */
struct address_flight {
	struct report *report;
	struct kube_request *request;
	char *key;    /* NULL: free */
	uint64_t sum; /* of what it will say */
};

struct address_patch {
	struct address_table table;
	struct buf json; /* what they should say */
	struct address_flight flights[REPORT_PARALLEL];
	uint64_t hold_ms;   /* not before */
	unsigned n_refused; /* in a row */
	struct api_retry retry;
};

enum status_phase {
	STATUS_NONE, /* no Pomerium object */
	STATUS_ASK,  /* what it says has to be read */
	STATUS_KNOWN
};

struct status_patch {
	enum status_phase phase;
	char *name, *uid;        /* of the Pomerium object; NULL: none */
	struct map reported;     /* key -> verdict, as it says */
	struct status_plan plan; /* that is under way */
	struct kube_request *request;
	bool dirty;
	size_t n_left_out; /* that was said */
	uint64_t due_ms;
	struct api_retry reading, retry; /* of the GET, of the patches */
};

struct report {
	struct kube *kube;
	struct report_owners owners;
	struct map now; /* key -> verdict: what is so, of those that were reported */
	bool open, complete, leads;
	struct status_patch status;
	struct address_patch address;
	struct event_queue send;
	struct object_reports *objects; /* of the Gateway API */
};

/* ---- status_patch.c ---- */
void publisher_status_patch_open(struct report *self);
void publisher_status_patch_close(struct report *self);
/* The Pomerium object is this one now; uid empty: there is none. */
void publisher_status_patch_is(struct report *self, struct str name, struct str uid);
uint64_t publisher_status_patch_tick(struct report *self, uint64_t now_ms);
void publisher_status_patch_stop(struct report *self); /* it has to be read again */

/* ---- address_patch.c ---- */
void publisher_address_patch_open(struct report *self);
void publisher_address_patch_close(struct report *self);
/* What the status of Ingresses should say from now on. */
void publisher_address_patch_want(struct report *self, const struct msg_addresses *addresses);
/* This Ingress is not patched until publisher_address_put says what it says. */
void publisher_address_patch_pause(struct report *self, struct str key);
void publisher_address_patch_stop(struct report *self);
uint64_t publisher_address_patch_tick(struct report *self, uint64_t now_ms);

/* ---- event_queue.c ---- */
void publisher_event_queue_open(struct report *self);
void publisher_event_queue_close(struct report *self);
void publisher_event_queue_add(struct report *self, const struct event *event, uint64_t count,
			       bool only_new);
uint64_t publisher_event_queue_tick(struct report *self, uint64_t now_ms);
void publisher_event_queue_stop(struct report *self); /* what waits is dropped */

#endif
