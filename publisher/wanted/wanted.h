/* wanted: what should be published, by owner, and what is needed to render it. The publisher
 * without its sockets; also used offline by `sluice translate`.
 *
 * Holds for each owner its last good configuration with the secrets filled in, the index of hosts,
 * the certificates, and the last rejection. One change costs what that owner's routes cost. */
#ifndef PUBLISHER_WANTED_H
#define PUBLISHER_WANTED_H

#include "msg/msg.h"

struct wanted;

enum wanted_format { WANTED_JSON, WANTED_YAML };

struct wanted_sink {
	void *self;
	/* A conflict begins: two owners have one from and path. Each of them gets a warning. */
	void (*warn)(void *self, const struct msg_key *owner, const char *sentence);
};

struct wanted *publisher_wanted_new(const struct wanted_sink *sink);
void publisher_wanted_destroy(struct wanted **self_p);

/* What is asked for, beyond routes and settings; set it before anything is put. */
struct wanted_needs {
	bool yaml; /* an owner of whom Pomerium's config.yaml cannot say everything is rejected;
		      that file has the bootstrap part too */
	bool bootstrap; /* Pomerium starts with it: whatever is wrong with the bootstrap part
			   rejects the Pomerium object. Else that is a warning, and the part is left
			   out, or stays as it was in the file that has it. */
};
void publisher_wanted_need(struct wanted *self, struct wanted_needs needs);

enum wanted_outcome {
	WANTED_CHANGED,  /* what would be published is different now */
	WANTED_SAME,     /* taken, but nothing would be written */
	WANTED_REJECTED, /* this owner's config cannot be used (err); its last good stays */
	WANTED_WAITS /* a secret value has not come: put again when it has; the last good stays */
};

/* The last good configuration stays; the reason is kept for reports. */
void publisher_wanted_reject(struct wanted *self, const struct msg_reject *reject);
enum wanted_outcome publisher_wanted_delete(struct wanted *self, const struct msg_key *owner);
void publisher_wanted_secret(struct wanted *self, const struct msg_secret_put *put);

size_t publisher_wanted_n_routes(const struct wanted *self);
size_t publisher_wanted_n_rejected(const struct wanted *self);

#endif
