/* foreign_read: what a record that others have written says of hosts and of certificates.
 *
 *   in     the bytes of a record, hostile
 *   out    hosts that are served over TLS and can be ordered for; DNS names of certificates for
 *          servers
 *   owns   nothing
 *   never  looks at a key, or at the conditions of a VersionedConfig: it may be in force tomorrow
 */
#include "publisher/databroker/foreign_read.h"

#include <ctype.h>

#include "base/text/text_set.h"
#include "net/hostname.h"
#include "net/ip.h"
#include "net/url.h"
#include "pb/pomerium.pb-c.h"
#include "pb/reflect.h"
#include "x509/x509_leaf.h"

#define NAME_MAX_LEN 253
#define LABEL_MAX_LEN 63
#define TYPE(name) STR("type.googleapis.com/pomerium.config." name)

struct foreign_reading {
	struct text_set hosts, names;
	struct pool *pool;
};

/* ---- names ---- */

/* Of letters, digits, dashes and underscores. */
static bool is_label(struct str label)
{
	for (size_t i = 0; i < label.len; i++)
		if (!isalnum((unsigned char)label.ptr[i]) && label.ptr[i] != '-' &&
		    label.ptr[i] != '_')
			return false;
	return label.len > 0 && label.len <= LABEL_MAX_LEN;
}

static bool is_name(struct str name)
{
	struct str rest = name, label;

	while (str_cut(rest, '.', &label, &rest))
		if (!is_label(label))
			return false;
	return is_label(rest) && name.len <= NAME_MAX_LEN;
}

/* As for routes of ours; an order for anything else would be refused. */
static void add_host(struct foreign_reading *self, struct str from)
{
	const struct str host = hostname_normal(hostname_of_url(from), self->pool);

	if (url_is_tls(from) && is_name(host) && !ip_is(host))
		text_set_add(&self->hosts, host);
}

static void add_certificate(struct foreign_reading *self, struct str pem)
{
	const struct str_list names = x509_leaf_server_names(pem, self->pool);

	for (size_t i = 0; i < names.n; i++) {
		const struct str name = hostname_normal(names.items[i], self->pool);

		if (is_name(str_starts(name, "*.") ? str_slice(name, 2, name.len) : name))
			text_set_add(&self->names, name);
	}
}

/* ---- types ---- */

static void read_key_pair(struct foreign_reading *self, const ProtobufCMessage *m)
{
	add_certificate(self, pb_str(((const Pomerium__Config__KeyPair *)m)->certificate));
}

static void read_route(struct foreign_reading *self, const ProtobufCMessage *m)
{
	add_host(self, pb_str(((const Pomerium__Config__Route *)m)->from));
}

static void read_settings(struct foreign_reading *self, const ProtobufCMessage *m)
{
	const Pomerium__Config__Settings *settings = (const void *)m;

	for (size_t i = 0; i < settings->n_certificates; i++)
		add_certificate(self, pb_str(settings->certificates[i]->cert_bytes));
}

static void read_config(struct foreign_reading *self, const ProtobufCMessage *m)
{
	const Pomerium__Config__Config *config = (const void *)m;

	for (size_t i = 0; i < config->n_routes; i++)
		read_route(self, &config->routes[i]->base);
	if (config->settings)
		read_settings(self, &config->settings->base);
}

static void read_versioned_config(struct foreign_reading *self, const ProtobufCMessage *m)
{
	const Pomerium__Config__VersionedConfig *versioned = (const void *)m;

	if (versioned->config)
		read_config(self, &versioned->config->base);
}

static const struct {
	struct str name;
	pb_type *type;
	void (*read)(struct foreign_reading *self, const ProtobufCMessage *m);
} types[FOREIGN_N_KINDS] = {
	[FOREIGN_CONFIG] = { TYPE("Config"), &pomerium__config__config__descriptor, read_config },
	[FOREIGN_KEY_PAIR] = { TYPE("KeyPair"), &pomerium__config__key_pair__descriptor,
			       read_key_pair },
	[FOREIGN_ROUTE] = { TYPE("Route"), &pomerium__config__route__descriptor, read_route },
	[FOREIGN_SETTINGS] = { TYPE("Settings"), &pomerium__config__settings__descriptor,
			       read_settings },
	[FOREIGN_VERSIONED_CONFIG] = { TYPE("VersionedConfig"),
				       &pomerium__config__versioned_config__descriptor,
				       read_versioned_config },
};

struct str publisher_foreign_read_type(enum foreign_kind kind)
{
	return types[kind].name;
}

int publisher_foreign_read(enum foreign_kind kind, struct str bytes, struct pool *pool,
			   struct foreign_facts *out, struct err *err)
{
	const ProtobufCMessage *m = pb_unpack(types[kind].type, bytes, pool, err);
	struct foreign_reading reading = { .pool = pool };

	*out = (struct foreign_facts){ 0 };
	if (!m)
		return -1;
	text_set_init(&reading.hosts, pool);
	text_set_init(&reading.names, pool);
	types[kind].read(&reading, m);
	*out = (struct foreign_facts){ reading.hosts.list, reading.names.list };
	text_set_clear(&reading.hosts);
	text_set_clear(&reading.names);
	return 0;
}
