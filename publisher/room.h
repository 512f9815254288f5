/* room: what the publisher is made of; shared by publisher.c, handlers.c, startup.c and
 * outlet.c. */
#ifndef PUBLISHER_ROOM_H
#define PUBLISHER_ROOM_H

#include "actor/actor.h"
#include "publisher/bootstrap/bootstrap_sink.h"
#include "publisher/databroker/databroker.h"
#include "publisher/flags.h"
#include "publisher/report/report.h"
#include "publisher/file/file_sink.h"
#include "publisher/wanted/pending.h"
#include "publisher/wanted/wanted.h"
#include "publisher/wanted/inventory.h"

struct publisher {
	struct actor_loop *loop;
	struct actor_peer *resolver; /* NULL: down */
	struct wanted *wanted;
	struct inventory inventory;
	struct pending pending;
	struct flags flags;
	struct file_sink sink;           /* the file, unless there is a databroker */
	struct databroker *databroker;   /* or NULL */
	struct bootstrap_sink bootstrap; /* if there is a --bootstrap-out */
	bool started;                    /* what Pomerium needs to start has come */
	uint64_t lack;         /* sum of the reason why it has not, as it was told last; 0: none */
	struct report *report; /* NULL: nobody is told */
	int report_fd;         /* of it, that is waited on; -1: none */
	bool ready;            /* everything was stored once, or another replica writes */
	uint64_t compared;     /* the announcement that wanted was compared with; 0: none */
	uint64_t passed_ms;    /* when the barrier of this epoch was passed; 0: not yet */
};

/* intake.c: what messages do. Each is taken, kept until a secret value has come, or dropped as
 * stale: then it is acknowledged; of another epoch: then it is not. */
void publisher_handlers_config(struct publisher *p, const struct msg_config *config,
			       struct str raw);
void publisher_handlers_reject(struct publisher *p, const struct msg_reject *reject);
void publisher_handlers_delete(struct publisher *p, const struct msg_delete *gone);
void publisher_handlers_secret(struct publisher *p, const struct msg_secret_put *put);
/* Once for each announcement, when everybody has arrived: who is not in it goes. */
void publisher_handlers_sweep(struct publisher *p, uint64_t now_ms);
/* Callbacks of wanted and waiting; self is the publisher. */
void publisher_handlers_warn(void *self, const struct msg_key *owner, const char *sentence);
int publisher_handlers_ask(void *self, const struct msg_key *secret);

/* start.c: what Pomerium needs to start. Opened before the outlet. */
int publisher_startup_open(struct publisher *p, struct err *err);
void publisher_startup_close(struct publisher *p);
/* Something became of the Pomerium object. */
void publisher_startup_follow(struct publisher *p, const struct msg_key *pomerium);
uint64_t publisher_startup_tick(struct publisher *p, uint64_t now_ms); /* next deadline */

/* outlet.c: the file or the databroker, and the reports. */
int publisher_outlet_open(struct publisher *p, struct err *err);
void publisher_outlet_close(struct publisher *p);
uint64_t publisher_outlet_tick(struct publisher *p, uint64_t now_ms); /* next deadline */

#endif
