/* report_inside: what the files of the report share.
 *
 *   report.c         what is news, and when it may be told
 *   status_patch.c   the status of the Pomerium object: read once, then patched
 *   address_patch.c  the status of Ingresses: where Pomerium is reached
 *   event_queue.c    Events on their way */
#ifndef PUBLISHER_REPORT_INSIDE_H
#define PUBLISHER_REPORT_INSIDE_H

#include "base/clock.h"
#include "kube/kube.h"
#include "publisher/report/address.h"
#include "publisher/report/event.h"
#include "publisher/report/report.h"
#include "publisher/report/status.h"

#define REPORT_QUEUE_MAX 4096 /* Events that wait; more are dropped */
#define REPORT_PARALLEL 4     /* requests for Events at a time, and for Ingresses */
#define REPORT_ADDRESS_MS 10  /* least time between two patches of Ingresses */
#define REPORT_STATUS_MS 5000 /* least time between two patches of the status */
#define REPORT_FORBIDDEN_MS 60000
#define REPORT_REFUSED_MAX 10 /* in a row, then none is tried for that long */
#define REPORT_RETRY_FIRST_MS 500
#define REPORT_RETRY_LONGEST_MS 30000
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

/* A failure of the API server to say once. */
struct report_failures {
	long status; /* that was said; -1: none */
	struct backoff backoff;
};

struct event_queue {
	struct map jobs; /* name -> struct event_job, waiting and flying */
	TAILQ_HEAD(, event_job) waiting;
	size_t n_flying;
	uint64_t hold_ms; /* not before */
	uint64_t n_dropped;
	unsigned n_refused; /* in a row */
	struct event_bucket bucket;
	struct report_failures trouble;
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
	struct report_failures trouble;
};

enum status_phase {
	STATUS_NONE, /* no Pomerium object */
	STATUS_ASK,  /* what it says has to be read */
	STATUS_KNOWN
};

struct status_patch {
	enum status_phase phase;
	char *name, *uid;        /* of the Pomerium object; NULL: none */
	struct map told;         /* key -> verdict, as it says */
	struct status_plan plan; /* that is under way */
	struct kube_request *request;
	bool dirty;
	size_t n_left_out; /* that was said */
	uint64_t due_ms;
	struct report_failures reading, trouble; /* of the GET, of the patches */
};

struct report {
	struct kube *kube;
	struct map news;    /* key -> struct news: not told yet */
	struct map now;     /* key -> verdict: what is so */
	struct map repeats; /* key -> struct repeat, of those that failed */
	bool open, complete, look, leads;
	uint64_t seq, marked, stored; /* of news; what the sink took; what it has stored */
	struct status_patch status;
	struct address_patch address;
	struct event_queue send;
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
void publisher_event_queue_stop(struct report *self); /* what waits is not told */
/* A failure that a later try may not meet. */
bool publisher_report_is_passing(long status);
/* Logs a failed request once; returns how long nothing should be asked. */
uint64_t publisher_report_failure(struct report_failures *trouble, const char *what,
				  const struct kube_result *result);
void publisher_report_success(struct report_failures *trouble); /* it went well */

#endif
