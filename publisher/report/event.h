/* event: what an Event says, its name, and how many may be sent. Pure. */
#ifndef PUBLISHER_EVENT_H
#define PUBLISHER_EVENT_H

#include "base/cjson.h"
#include "base/pool.h"
#include "msg/object.h"

#define EVENT_NAME_MAX 48
#define EVENT_MESSAGE_MAX 1024 /* bytes, as the API server has it for a note */
#define EVENT_BURST 100        /* at once, */
#define EVENT_EACH_MS 50       /* and one in this time afterwards */

struct event {
	struct msg_key about; /* Ingress or Pomerium */
	struct str uid;
	bool warning;
	const char *reason;
	const char *component;
	struct str message;
	struct str ingress; /* ns/name for the annotation; empty: none */
};

/* The same event has the same name in every process: it is one object, and a restart finds it. */
void publisher_event_name(const struct event *event, char name[EVENT_NAME_MAX]);
/* The namespace it is kept in: that of its object, `default` if it has none. */
struct str publisher_event_namespace(const struct event *event);
/* A core/v1 Event that has happened `count` times. */
void publisher_event_print(const struct event *event, uint64_t count, int64_t now, struct buf *out);
/* What makes it `count` times: a merge patch. */
void publisher_event_print_again(uint64_t count, int64_t now, struct buf *out);
/* RFC 3339 in seconds. */
void publisher_event_put_time(cJSON *object, const char *key, int64_t now);

/* What became of an owner; strings are borrowed. */
struct event_news {
	struct msg_key owner;
	struct str uid;
	struct str reason; /* empty: its configuration is stored; of one that is gone: why it is no
			      longer ours, empty: it was deleted */
	struct str_list warnings;
	bool gone;
	struct msg_key settings; /* the Pomerium object; its name is empty if there is none */
	struct str settings_uid;
};
struct event_list {
	struct event *items;
	size_t n;
};
/* The Events that tell of it; they live in the pool and borrow from news. */
void publisher_event_follow(const struct event_news *news, struct pool *pool,
			    struct event_list *out);

/* A token bucket. */
struct event_bucket {
	uint64_t full_ms; /* when it is full again */
};
/* True: one may go. Else *due_ms is when. */
bool publisher_event_take(struct event_bucket *bucket, uint64_t now_ms, uint64_t *due_ms);

#endif
