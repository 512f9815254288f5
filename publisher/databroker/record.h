/* record: which records make up what is wanted, and what a record that was read says.
 *
 *   sluice/ingress/<namespace>/<name>   the routes of an Ingress, no settings at all
 *   sluice/gateway/<namespace>/<name>   the routes of an HTTPRoute, the same
 *   .../<name>#2, #3 ...                more of them, where one record cannot hold all
 *   sluice/settings                     the settings of the Pomerium object, no certificates
 *   sluice/cert/<namespace>/<name>      the certificates of a TLS Secret, nothing else
 *
 * and under the id that the Go controller has for it, so that either finds what the other has left:
 *
 *   pomerium-certificate-controller-config   the certificates that were ordered, as far as they
 *                                            fit; those that do not have records of their own */
#ifndef PUBLISHER_RECORD_H
#define PUBLISHER_RECORD_H

#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"
#include "publisher/sink/plan.h"
#include "publisher/wanted/wanted.h"

#define RECORD_TYPE "type.googleapis.com/pomerium.config.Config"

struct record_certs;

/* What is wanted, by record. */
struct record_source {
	struct wanted *wanted;
	unsigned http3_port; /* said in the settings if they say HTTP/3; 0: left to Pomerium */
	struct map certs;    /* "namespace/name" -> struct record_certs: those to publish */
	struct record_certs *ordered; /* of Certificates, in one record */
	void *self;
	void (*touch)(void *self, struct str id); /* a certificate record may have changed */
};

void publisher_record_open(struct record_source *source, struct wanted *wanted);
void publisher_record_close(struct record_source *source);

/* The record of an owner, in the pool. Who has neither routes nor settings, such as a Gateway, has
 * one in name only, which is never stored. */
struct str publisher_record_id(const struct msg_key *owner, struct pool *pool);
/* Whose record this is, borrowed from the id; the settings have no name, and a certificate has the
 * kind Secret; those that were ordered are of a Certificate that nobody has. False: not one of
 * ours. */
bool publisher_record_owner(struct str id, struct msg_key *owner);

/* The Config that should be stored under an id, packed, appended to `out`, which its owner wipes.
 * False: none. */
bool publisher_record_pack(const struct record_source *source, struct str id, struct buf *out,
			   size_t *n_routes);
/* The same in the pool; absent: none. */
struct str publisher_record_wanted(const struct record_source *source, struct str id,
				   struct pool *pool, size_t *n_routes);
/* What a packed Config says, in our own packing. -1: it does not decode. */
int publisher_record_read(struct str bytes, struct plan_entry *out, struct err *err);
/* Makes it the last good configuration of its owner, if that has none yet. One of
 * several records joins what was read of the others, at its place; PARTS_ALONE: it is the only one.
 */
void publisher_record_restore(struct wanted *wanted, const struct msg_key *owner, size_t place,
			      const Pomerium__Config__Config *config);
/* What a configuration is made of, borrowed from it; certificates that cannot be served any more
 * may be left out. */
struct good_parts publisher_record_parts_of(const struct good *good, struct pool *pool);

#endif
