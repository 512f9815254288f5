/* config: what became of an owner.
 *
 *   CONFIG     translator -> publisher            its part of Pomerium's configuration
 *   REJECT     translator, resolver -> publisher  why it has none
 *   DELETE     resolver -> publisher              the owner is gone or no longer ours
 *   INVENTORY  resolver -> publisher              all owners: the barrier
 *   FLUSHED    resolver -> publisher              tombstones up to this number can go
 *   ACK        publisher -> resolver              taken, or dropped as stale
 *   ADDRESSES  resolver -> publisher              what the status of each Ingress should say */
#ifndef MSG_CONFIG_H
#define MSG_CONFIG_H

#include "msg/bundle.h"

enum msg_splice_encoding {
	MSG_SPLICE_RAW,
	MSG_SPLICE_BASE64,
	MSG_SPLICE_POSTGRES_URL /* parsed as a connection string; names of the TLS files are added
				   by the publisher */
};

/* Where the publisher fills in a secret value. */
struct msg_splice {
	bool bootstrap;      /* into `bootstrap` instead of `config` */
	struct str route_id; /* empty: every route of this config; ignored when path starts with
				"settings." */
	struct str path;     /* proto names: tls_client_key, set_request_headers[X-Key],
				settings.ssh_host_keys[0] */
	struct str secret_namespace, secret_name, secret_key;
	struct hash hmac;
	uint64_t encoding; /* enum msg_splice_encoding */
};
struct msg_splice_list {
	struct msg_splice *items;
	size_t n;
};

/* A TLS certificate that the owner offers for serving. */
struct msg_certificate {
	struct str secret_namespace, secret_name;
	struct str cert;      /* PEM, byte for byte */
	struct hash key_hmac; /* of tls.key in the same Secret */
	bool always;          /* named by the Pomerium object: kept even if no host uses it */
};
struct msg_certificate_list {
	struct msg_certificate *items;
	size_t n;
};

/* A file beside Pomerium's bootstrap configuration (Postgres TLS). */
struct msg_file {
	struct str name; /* sslrootcert, sslcert, sslkey */
	struct str secret_namespace, secret_name, secret_key;
	struct hash hmac;
};
struct msg_file_list {
	struct msg_file *items;
	size_t n;
};

struct msg_config {
	struct msg_key owner;
	struct msg_stamp stamp;
	struct str uid;
	int64_t generation;
	struct msg_load_balancer status; /* as the owner has it now */
	struct str config;               /* pomerium.config.Config, protobuf; no secret in it */
	struct str bootstrap; /* pomerium.config.Config with settings only; empty but for the
				 Pomerium object */
	struct msg_splice_list splices;
	struct msg_certificate_list certificates;
	struct msg_file_list files;
	struct str_list warnings; /* full sentences; one that begins with MSG_CONFIG_BOOTSTRAP says
				     why there is no bootstrap part */
	bool allow_mass_delete;   /* the Pomerium object's annotation */
};
#define MSG_CONFIG_BOOTSTRAP "bootstrap: "
extern const struct codec msg_config_codec;

struct msg_reject {
	struct msg_key owner;
	struct msg_stamp stamp;
	struct str uid;
	int64_t generation;
	struct str reason; /* one full sentence */
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
	bool complete; /* false: some kind could not be read, so others may exist */
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

#endif
