/* report_inside: what the files of the report share.
 *
 *   report.c          what is news, and when it may be told
 *   report_status.c   the status of the Pomerium object: read once, then patched
 *   report_address.c  the status of Ingresses: where Pomerium is reached
 *   report_send.c     the queue of Events */
#ifndef PUBLISHER_REPORT_INSIDE_H
#define PUBLISHER_REPORT_INSIDE_H

#include "base/clock.h"
#include "kube/kube.h"
#include "publisher/address.h"
#include "publisher/event.h"
#include "publisher/report.h"
#include "publisher/status.h"

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

enum send_step { SEND_POST, SEND_GET, SEND_PATCH };

/* One Event on its way. */
struct send_job {
	struct report *report;
	struct send_job *next; /* in the queue */
	struct kube_request *request;
	char *name, *url; /* url: of the Events of its namespace */
	char *json;       /* the Event, as if it had never happened before */
	uint64_t count;   /* how often it happened since it was sent */
	uint64_t total;   /* for the patch */
	bool only_new;    /* if it is there already, that was this */
	enum send_step step;
};

/* A failure of the API server to say once. */
struct send_trouble {
	long status; /* that was said; -1: none */
	struct backoff backoff;
};

struct send_queue {
	struct map jobs; /* name -> struct send_job, waiting and flying */
	struct send_job *first, *last;
	size_t n_flying;
	uint64_t hold_ms; /* not before */
	uint64_t n_dropped;
	unsigned n_refused; /* in a row */
	struct event_bucket bucket;
	struct send_trouble trouble;
};

/* One patch of an Ingress under way. */
struct address_flight {
	struct report *report;
	struct kube_request *request;
	char *key;    /* NULL: free */
	uint64_t sum; /* of what it will say */
};

struct report_address {
	struct address_table table;
	struct buf json; /* what they should say */
	struct address_flight flights[REPORT_PARALLEL];
	uint64_t hold_ms;   /* not before */
	unsigned n_refused; /* in a row */
	struct send_trouble trouble;
};

enum status_phase {
	STATUS_NONE, /* no Pomerium object */
	STATUS_ASK,  /* what it says has to be read */
	STATUS_KNOWN
};

struct report_status {
	enum status_phase phase;
	char *name, *uid;        /* of the Pomerium object; NULL: none */
	struct map told;         /* key -> verdict, as it says */
	struct status_plan plan; /* that is under way */
	struct kube_request *request;
	bool dirty;
	size_t n_left_out; /* that was said */
	uint64_t due_ms;
	struct send_trouble reading, trouble; /* of the GET, of the patches */
};

struct report {
	struct kube *kube;
	struct map news;    /* key -> struct news: not told yet */
	struct map now;     /* key -> verdict: what is so */
	struct map repeats; /* key -> struct repeat, of those that failed */
	bool open, complete, look, leads;
	uint64_t seq, marked, stored; /* of news; what the sink took; what it has stored */
	struct report_status status;
	struct report_address address;
	struct send_queue send;
};

/* ---- report_status.c ---- */
void publisher_report_status_open(struct report *self);
void publisher_report_status_close(struct report *self);
/* The Pomerium object is this one now; uid empty: there is none. */
void publisher_report_status_is(struct report *self, struct str name, struct str uid);
uint64_t publisher_report_status_tick(struct report *self, uint64_t now_ms);
void publisher_report_status_stop(struct report *self); /* it has to be read again */

/* ---- report_address.c ---- */
void publisher_report_address_open(struct report *self);
void publisher_report_address_close(struct report *self);
/* This Ingress is not patched until publisher_address_put says what it says. */
void publisher_report_address_pause(struct report *self, struct str key);
void publisher_report_address_stop(struct report *self);
uint64_t publisher_report_address_tick(struct report *self, uint64_t now_ms);

/* ---- report_send.c ---- */
void publisher_report_send_open(struct report *self);
void publisher_report_send_close(struct report *self);
void publisher_report_send(struct report *self, const struct event *event, uint64_t count,
			   bool only_new);
uint64_t publisher_report_send_tick(struct report *self, uint64_t now_ms);
void publisher_report_send_stop(struct report *self); /* what waits is not told */
/* A failure that a later try may not meet. */
bool publisher_report_is_passing(long status);
/* Logs a failed request once; returns how long nothing should be asked. */
uint64_t publisher_report_trouble(struct send_trouble *trouble, const char *what,
				  const struct kube_result *result);
void publisher_report_content(struct send_trouble *trouble); /* it went well */

#endif
