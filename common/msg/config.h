/* config: what became of an owner.
 *
 *   CONFIG     translator -> publisher            its part of Pomerium's configuration
 *              resolver -> publisher              of a Certificate, which needs no translation
 *   REJECT     translator, resolver -> publisher  why it has none
 *   DELETE     resolver -> publisher              the owner is gone or no longer ours
 *   INVENTORY  resolver -> publisher              all owners: the barrier
 *   FLUSHED    resolver -> publisher              tombstones up to this number can go
 *   ACK        publisher -> resolver              taken, or dropped as stale
 *   ADDRESSES  resolver -> publisher              what the status of each Ingress should say */
#ifndef MSG_CONFIG_H
#define MSG_CONFIG_H

#include "msg/bundle.h"
#include "msg/diagnostic.h"

/* Where the publisher fills in a secret value. */
struct msg_splice {
	uint64_t row;    /* of splice_table.c */
	uint64_t secret; /* which one of the ticket */
	struct str key;  /* of the value */
	struct str at;   /* the key in a map, the number in a list, else empty */
};
struct msg_splice_list {
	struct msg_splice *items;
	size_t n;
};

/* A TLS certificate that the owner offers for serving: tls.crt and tls.key of a Secret. */
struct msg_certificate {
	uint64_t secret; /* which one of the ticket */
};
struct msg_certificate_list {
	struct msg_certificate *items;
	size_t n;
};

/* A packed pomerium.config.Route that holds only policies, or only upstreams (`to`). */
struct msg_route_part {
	struct str bytes;
};
struct msg_route_part_list {
	struct msg_route_part *items;
	size_t n;
};

/* What routes share: all of them but what names and places each. */
struct msg_route_template {
	int64_t policies; /* index; -1: none */
	struct str route; /* pomerium.config.Route without policies */
};
struct msg_route_template_list {
	struct msg_route_template *items;
	size_t n;
};

/* A route is four packed messages in a row: template, policies, upstreams, and its own part, which
 * holds from, path, prefix, regex and id. */
struct msg_route {
	uint64_t template; /* index */
	int64_t upstreams; /* index; -1: none */
	struct str route;
};
struct msg_route_list {
	struct msg_route *items;
	size_t n;
};

/* A listener that an HTTPRoute is attached to. */
struct msg_attachment {
	struct msg_key parent; /* a Gateway or a ListenerSet */
	struct str listener;
};
struct msg_attachment_list {
	struct msg_attachment *items;
	size_t n;
};

/* Of the Pomerium object: who shall make certificates for hosts that have none, and where; the
 * namespace may be empty: that of this pod. Of a Certificate: who makes it. */
struct msg_issuer {
	struct str kind, name, namespace; /* kind ClusterIssuer or Issuer */
};

struct msg_config {
	struct msg_sealed_ticket ticket;
	struct msg_key owner; /* these two as in the ticket */
	struct msg_stamp stamp;
	struct msg_route_part_list policies, upstreams;
	struct msg_route_template_list templates;
	struct msg_route_list routes;
	struct str settings, bootstrap; /* pomerium.config.Config with settings only, no secret in
					   it; empty but for the Pomerium object */
	struct msg_splice_list splices;
	struct msg_certificate_list certificates;
	struct msg_diagnostic_list diagnostics; /* warnings; one whose sentence begins with
						   MSG_CONFIG_BOOTSTRAP says why there is no
						   bootstrap part */
	bool allow_mass_delete;                 /* the Pomerium object's annotation */
	/* of the Gateway API's objects only */
	struct msg_attachment_list attachments; /* each once */
	struct value *report; /* what the translator would have for its status; the rest of it, and
				 all that changes with time, is the publisher's */
	struct msg_issuer *issuer; /* of the Pomerium object and of a Certificate only */
};
#define MSG_CONFIG_BOOTSTRAP "bootstrap: "
extern const struct codec msg_config_codec;

struct msg_reject {
	struct msg_sealed_ticket ticket; /* without a MAC if it comes from the resolver */
	struct msg_key owner;            /* these two as in the ticket */
	struct msg_stamp stamp;
	struct msg_diagnostic_list diagnostics; /* at least one error */
	struct value *report;                   /* as in a CONFIG */
};
extern const struct codec msg_reject_codec;

struct msg_delete {
	struct msg_key owner;
	struct msg_stamp stamp;
	struct str reason; /* why it is no longer ours; empty: it is gone */
};
extern const struct codec msg_delete_codec;

struct msg_inventory_entry {
	struct msg_key owner;
	uint64_t number; /* the owner has arrived with a CONFIG or REJECT of this number or a later
			    one */
};
struct msg_inventory_entry_list {
	struct msg_inventory_entry *items;
	size_t n;
};
struct msg_inventory {
	uint64_t epoch;
	uint64_t number; /* N: the counter when the lists were complete */
	uint64_t chunk;  /* 0, 1, ...; chunk 0 begins a new announcement */
	bool last;
	bool complete;     /* false: some kind could not be read, so others may exist */
	bool certificates; /* all Certificates are known */
	struct msg_inventory_entry_list owners; /* at most MSG_INVENTORY_CHUNK */
};
#define MSG_INVENTORY_CHUNK 1000
extern const struct codec msg_inventory_codec;

struct msg_flushed {
	uint64_t epoch, number;
};
extern const struct codec msg_flushed_codec;

struct msg_ack {
	struct msg_key owner;
	struct msg_stamp stamp;
};
extern const struct codec msg_ack_codec;

/* Where Pomerium is reached: what the status of each Ingress should say. */
struct msg_addresses {
	bool known; /* false: nobody can tell now; what the Ingresses say stays */
	struct msg_load_balancer status;
};
extern const struct codec msg_addresses_codec;

/* Whether an IngressClass or a GatewayClass of ours is there. */
struct msg_classes {
	bool any;
};
extern const struct codec msg_classes_codec;

#endif
