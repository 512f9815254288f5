/* certs: which certificates Pomerium needs.
 *
 * A host should be served by the first that covers it: the Pomerium object's certificate under the
 * host's name, one of a namespace that the host belongs to, the Pomerium object's wildcard one
 * label above, that of such a namespace, anybody else's; of several, the one that is valid longest.
 * One that would take a host away from the one that should serve it is withheld as a whole. What
 * serves no host is not published, unless it is said to be always there. */
#ifndef PUBLISHER_CERTS_H
#define PUBLISHER_CERTS_H

#include "base/map.h"
#include "x509/x509_pair.h"

struct cert;

struct certs {
	struct map certs;    /* Secret and content -> struct cert */
	struct map contents; /* content -> struct cert_content */
	struct map names;    /* host or DNS name -> struct cert_name */
	struct map domains;  /* what stands behind the first dot -> struct cert_domain */
	uint64_t
		n_changes; /* counts each time that a certificate began or ceased to be published */
	void *self;
	/* A certificate begins or ceases to be published; NULL: nobody wants to know. */
	void (*on_change)(void *self, struct cert *cert, bool published);
	void *self_owner;
	/* The i-th namespace that a host belongs to, absent: there are not that many. NULL: hosts
	 * belong to nobody. */
	struct str (*owner)(void *self, struct str host, size_t i);
	int64_t (*age)(void *self, struct str host); /* since when; 0: unknown */
	/* A certificate is missed, which is withheld since it would take the host from the
	 * certificate of that Secret. May be NULL. */
	void (*withheld)(void *self, struct str secret, struct str host, struct str by);
	struct map changed, touched, wildcards; /* names and domains that are to be settled */
	bool waits;
};

enum cert_use {
	CERT_SERVES, /* is published if it serves a host */
	CERT_ALWAYS, /* is published */
	CERT_FIRST   /* the same, and it goes before those of others */
};

void publisher_certs_init(struct certs *certs);
void publisher_certs_clear(struct certs *certs); /* wipes the keys */

/* A certificate of `secret` ("namespace/name"): the one that is known, or a new one read from the
 * bytes; held by the caller until it lets go. NULL: it cannot be served. */
struct cert *publisher_certs_hold(struct certs *certs, struct str secret, const struct str pair[2],
				  struct err *err);
void publisher_certs_let_go(struct certs *certs, struct cert *cert);
/* Offers a held certificate, and takes the offer back. */
void publisher_certs_offer(struct certs *certs, struct cert *cert, enum cert_use use);
void publisher_certs_withdraw(struct certs *certs, struct cert *cert, enum cert_use use);
/* Between these, nothing is chosen. */
void publisher_certs_gather(struct certs *certs, bool gather);
/* The host belongs to others, or is of another age. */
void publisher_certs_host_changed(struct certs *certs, struct str host);
/* One more (one less) Certificate has it for its Secret: before it is offered, after the offer was
 * taken back. */
void publisher_certs_count_ordered(struct cert *cert, long step);
bool publisher_certs_is_ordered(const struct cert *cert);
/* Whether the host, or the wildcard one label above it, is among its names. */
bool publisher_certs_is_for(const struct cert *cert, struct str host);
/* How many references say that it is to be published whether it serves or not. */
size_t publisher_certs_n_always(const struct cert *cert);
/* One more (one less) route on a host. */
void publisher_certs_add_host(struct certs *certs, struct str host);
void publisher_certs_drop_host(struct certs *certs, struct str host);
/* One more (one less) record of others that serves a host. Only what was ordered serves that. */
void publisher_certs_count_foreign(struct certs *certs, struct str host, int step);

/* The certificates for a host: the one that serves, NULL: none does; then the others, those of its
 * name, then those of the wildcard one label above. NULL: there is none with this number. */
const struct cert *publisher_certs_for_host(const struct certs *certs, struct str host, size_t i);

/* How many published certificates expire before then (seconds since 1970), and when the first one
 * does; 0: there is none. Both look at every certificate. */
size_t publisher_certs_expiring(const struct certs *certs, int64_t before);
uint64_t publisher_certs_first_expiry(const struct certs *certs);
/* for (size_t i = 0; (cert = publisher_certs_next(certs, &i));) ...   in any order. */
const struct cert *publisher_certs_next(const struct certs *certs, size_t *i);
bool publisher_certs_is_published(const struct cert *cert);
int64_t publisher_certs_not_after(const struct cert *cert); /* seconds since 1970 */
const struct str_list *publisher_certs_names(const struct cert *cert);
struct str publisher_certs_secret(const struct cert *cert);
struct str publisher_certs_pem(const struct cert *cert);
struct str publisher_certs_key(const struct cert *cert);
/* The certificates to publish, in order of their bytes, each content once among those that serve.
 * The array is the caller's, the certificates are not. */
struct cert **publisher_certs_published(const struct certs *certs, size_t *n);
/* Puts a list into that order, none of them twice. Returns how many are left. */
size_t publisher_certs_arrange(struct cert **list, size_t n);

#endif
