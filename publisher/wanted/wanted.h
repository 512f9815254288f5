/* wanted: what should be published, by owner, and what is needed to render it. The publisher
 * without its sockets; also used offline by `sluice translate`.
 *
 * Holds for each owner its last good configuration with the secrets filled in, the index of hosts,
 * the certificates, and the last rejection. One change costs what that owner's routes cost. */
#ifndef PUBLISHER_WANTED_H
#define PUBLISHER_WANTED_H

#include "msg/msg.h"
#include "publisher/hosts/host_policy.h"
#include "publisher/hosts/host_owner.h"

struct wanted;

enum wanted_format { WANTED_JSON, WANTED_YAML };

struct wanted_listener {
	void *self;
	/* Others have a route of this owner, too. */
	void (*warn)(void *self, const struct msg_key *owner, const char *sentence);
	/* Since others changed, other routes of it are published, or under other ids. May be
	 * NULL. */
	void (*changed)(void *self, const struct msg_key *owner);
	/* Since others changed, it is rejected; NULL: it is no longer, and what of it is published
	 * may be different. May be NULL. */
	void (*refused)(void *self, const struct msg_key *owner, const struct err *why);
	/* What is wanted of an owner begins (1) or ceases (-1) to be. May be NULL. */
	void (*good)(void *self, const struct good *good, int step);
};

struct wanted *publisher_wanted_new(const struct wanted_listener *listener);
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

/* Who may have which host; borrowed, set before anything is put. NULL: all share them. */
void publisher_wanted_govern(struct wanted *self, const struct host_policy *policy);

enum wanted_outcome {
	WANTED_CHANGED,  /* what would be published is different now */
	WANTED_SAME,     /* applied, but nothing would be written */
	WANTED_REJECTED, /* this owner's config cannot be used (err); its last good stays */
	WANTED_WAITS /* a secret value has not come: put again when it has; the last good stays */
};

/* Between these, owners arrive, and none is compared with the others before all are there. */
void publisher_wanted_gather(struct wanted *self, bool gather);

/* What an owner names counts, whether it can be published or not. */
void publisher_wanted_claim(struct wanted *self, const struct msg_ticket *ticket);
/* The last good configuration stays; its errors are kept as the reason, for reports. */
void publisher_wanted_reject(struct wanted *self, const struct msg_reject *message);
enum wanted_outcome publisher_wanted_delete(struct wanted *self, const struct msg_key *owner);
/* Values that CONFIGs will name; a sweep wipes those that none has named for a while. */
void publisher_wanted_secret(struct wanted *self, const struct msg_secret_put *put);
void publisher_wanted_sweep_secrets(struct wanted *self);

/* Makes the parts the last good configuration of an owner, which is made if it is new. */
enum wanted_outcome publisher_wanted_adopt(struct wanted *self, const struct msg_key *key,
					   const struct good_parts *parts, struct err *err);
/* The last good one was made by a translator with this key; empty: without one. */
void publisher_wanted_made_by(struct wanted *self, const struct msg_key *key, const char *maker);
/* Doubts what was made under keys that do not count any more; returns how many owners. What is
 * doubted stays until it is made anew, ... */
size_t publisher_wanted_doubt(struct wanted *self, const void *arg,
			      bool (*counts)(const void *arg, const char *maker));
/* ... or goes, since the owner is rejected. False: it is not doubted. */
bool publisher_wanted_drop_doubted(struct wanted *self, const struct msg_key *key);
/* The newest state of an owner cannot be published, for this reason; its last good stays, and what
 * others have to do with it is no reason any more. */
void publisher_wanted_fault(struct wanted *self, const struct msg_key *key, const char *reason);
/* Keeps what the newest state of an owner is told, in owner->said. False: there is no such owner,
 * or it had these warnings before, as far as their sum says. */
bool publisher_wanted_note(struct wanted *self, const struct msg_key *key,
			   const struct msg_diagnostic_list *list);
/* The owners that have a route at the same place, which must be one of theirs; in the pool. */
size_t publisher_wanted_rivals(const struct wanted *self, const struct route *route,
			       struct pool *pool, const struct owner ***owners);
/* Lets go of a configuration that was held with publisher_good_hold. */
void publisher_wanted_let_go(struct wanted *self, struct good **good);

/* The owner of this key, or of this msg_key_text; NULL: none. */
const struct owner *publisher_wanted_owner(const struct wanted *self, const struct msg_key *key);
const struct owner *publisher_wanted_find(const struct wanted *self, struct str text);
/* for (size_t i = 0; (owner = publisher_wanted_next(wanted, &i));) ...   in any order. */
const struct owner *publisher_wanted_next(const struct wanted *self, size_t *i);
/* The msg_key_text of all owners, in byte order; the array is the caller's. */
struct str *publisher_wanted_sorted(const struct wanted *self);
/* See publisher_conflicts_has. */
bool publisher_wanted_has_route(const struct wanted *self, const struct route *like,
				enum msg_kind kind);
/* See publisher_conflicts_id. */
struct str publisher_wanted_twin_id(const struct wanted *self, const struct route *route,
				    struct pool *pool);
size_t publisher_wanted_n_owners(const struct wanted *self);
size_t publisher_wanted_n_routes(const struct wanted *self);
size_t publisher_wanted_n_rejected(const struct wanted *self);

const struct certs *publisher_wanted_certs(const struct wanted *self);
const struct host_claims *publisher_wanted_claims(const struct wanted *self);
/* One more (one less) record of others that serves a host. */
void publisher_wanted_count_foreign(struct wanted *self, struct str host, int step);
/* Called when a certificate begins or ceases to be published; NULL: nothing is. */
void publisher_wanted_on_cert(struct wanted *self, void *arg,
			      void (*on_change)(void *arg, struct cert *cert, bool published));

#endif
