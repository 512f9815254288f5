/* certs_inside: what the files of this folder share; others use certs.h. */
#ifndef PUBLISHER_CERTS_INSIDE_H
#define PUBLISHER_CERTS_INSIDE_H

#include "publisher/certs/certs.h"

/* One certificate and key, in however many Secrets it is. */
struct cert_content {
	struct map namespaces; /* of the Secrets that are offered -> struct cert_space */
	size_t n_certs, n_first;
};
struct cert_space {
	size_t n;
};

struct cert {
	struct str secret, pem, key;
	struct str place;     /* in the map of certificates */
	struct str namespace; /* of the Secret */
	struct cert_content *content;
	struct x509_leaf info;
	size_t n_holders, n_offers, n_always;
	size_t n_names;                /* hosts and wildcards that it serves now */
	size_t n_hurts;                /* names by which it would take a host from another one */
	struct str hurt_host, hurt_by; /* the first of these, and the Secret that has it */
	bool told;
	size_t n_ordered; /* Certificates that it is of */
};

struct cert_offer {
	struct cert *cert;
	bool hurts;
};

/* A host, a DNS name of a certificate, or both. */
struct cert_name {
	size_t n_routes;
	size_t n_foreign;          /* records of others that have routes on it */
	struct cert_offer *offers; /* best first */
	size_t n_offers;
	struct cert *exact; /* serves the host under its own name, or NULL */
	struct cert *wild;  /* serves hosts below this wildcard, or NULL */
	bool falls;         /* the host is left to the wildcard one label above */
	size_t at;          /* among the hosts of its domain */
};

struct cert_domain {
	struct str *hosts; /* right below it */
	size_t n_hosts, n_falls;
	struct cert *chosen; /* of the wildcard, before anything is withheld */
	bool contested;      /* several contents have the wildcard */
};

/* A name with its dot: one without any gets one at its end, so that "*" covers single labels. */
struct cert_label {
	struct str name, domain, wildcard;
};
struct cert_label publisher_cert_names_label(struct str name, struct pool *pool);

/* Best first; equal ones in a row. */
int publisher_certs_compare(const struct cert *a, const struct cert *b);
bool publisher_certs_is_withheld(const struct cert *cert);
/* It serves one name more, or less. */
void publisher_certs_count_name(struct certs *certs, struct cert *cert, long step);
/* One name more, or less, by which it would take this host from that one. */
void publisher_certs_count_hurt(struct certs *certs, struct cert *cert, bool hurts, struct str host,
				const struct cert *by);
/* It is missed now: people are told why it is withheld, if it is. NULL: nothing is missed. */
void publisher_certs_tell_withheld(struct certs *certs, struct cert *cert);

/* It is offered under a DNS name, or no more; or whose it is is different. */
void publisher_cert_names_offer(struct certs *certs, struct cert *cert, struct str dns_name);
void publisher_cert_names_drop(struct certs *certs, struct cert *cert, struct str dns_name);
void publisher_cert_names_renew(struct certs *certs, const struct cert *cert);
/* An offer of a name is about to go. `domain`: of the name, NULL: it has no hosts. */
void publisher_cert_choice_forget(struct certs *certs, struct cert_name *name, size_t offer,
				  struct cert_domain *domain);
/* Follows all changes since the last time, unless it has to wait. */
void publisher_cert_choice_settle(struct certs *certs);

#endif
