/* last_good: what rejected owners still need of what was stored before.
 *
 *   in     last good configurations read from the databroker, or stored there by another replica
 *   out    the same as last good configurations of the owners that exist, with their certificates
 *   never  replaces a last good configuration by another one
 */
#include "publisher/databroker/databroker_inside.h"
#include "publisher/databroker/parts.h"

bool publisher_last_good_is_missing(const struct owner *owner)
{
	return owner && owner->reason && !owner->good && !owner->refused;
}

const struct owner *publisher_last_good_settings(const struct wanted *wanted)
{
	const struct owner *owner;

	for (size_t i = 0; (owner = publisher_wanted_next(wanted, &i));)
		if (owner->key.kind == MSG_KIND_POMERIUM && owner->key.name.len)
			break;
	return owner;
}

void publisher_last_good_put_settings(struct wanted *wanted, Pomerium__Config__Settings *settings,
				      struct pool *pool)
{
	const struct owner *owner = publisher_last_good_settings(wanted);
	Pomerium__Config__Config *config;

	if (!settings)
		return;
	config = PB_NEW(pool, pomerium__config__config);
	settings->n_certificates = 0; /* they were restored by name */
	config->settings = settings;
	publisher_record_restore(wanted, &owner->key, PARTS_ALONE, config);
}

/* The settings that were read become those of the Pomerium object, if that is rejected. */
void publisher_last_good_restore_settings(struct wanted *wanted)
{
	const struct msg_key nameless = { MSG_KIND_POMERIUM, STR(""), STR("") };
	const struct owner *read = publisher_wanted_owner(wanted, &nameless);
	struct pool pool;

	if (!publisher_last_good_is_missing(publisher_last_good_settings(wanted)) || !read ||
	    !read->good)
		return;
	pool_init(&pool);
	publisher_last_good_put_settings(wanted,
					 (void *)pb_unpack(&pomerium__config__settings__descriptor,
							   read->good->settings, &pool, NULL),
					 &pool);
	pool_wipe(&pool);
}

/* ---- what another replica stored ---- */

/* The owner of a record as it is wanted here, NULL: none. */
static const struct owner *owner_here(const struct databroker *self, const struct msg_key *key)
{
	if (key->kind == MSG_KIND_POMERIUM)
		return publisher_last_good_settings(self->wanted);
	return publisher_wanted_owner(self->wanted, key);
}

/* A record of certificates alone, which has no owner that is translated. */
static bool is_of_certs(const struct msg_key *key)
{
	return key->kind == MSG_KIND_SECRET || key->kind == MSG_KIND_CERTIFICATE;
}

bool publisher_last_good_may_adopt(const struct databroker *self, const struct msg_key *key,
				   size_t place)
{
	const struct owner *owner;

	if (is_of_certs(key) || publisher_lease_is_ours(self))
		return false;
	owner = owner_here(self, key);
	return owner && owner->reason && (!owner->good || place != PARTS_ALONE);
}

void publisher_last_good_adopt(struct databroker *self, const struct msg_key *key, size_t place,
			       Pomerium__Config__Config *config)
{
	const struct owner *owner = owner_here(self, key);

	if (config->settings)
		config->settings->n_certificates = 0; /* they have records of their own */
	publisher_record_restore(self->wanted, &owner->key, place, config);
}

bool publisher_last_good_must_stay(const struct databroker *self, struct str id)
{
	struct msg_key key;

	return publisher_record_owner(id, &key) && !is_of_certs(&key) &&
	       publisher_last_good_is_missing(owner_here(self, &key));
}

/* ---- certificates of rejected owners ---- */

static bool is_for(const struct owner *owner, const struct cert *cert)
{
	if (owner->key.kind == MSG_KIND_POMERIUM)
		return true;
	for (size_t i = 0; i < owner->good->n_routes; i++)
		if (publisher_certs_is_for(cert, publisher_route_host(&owner->good->routes[i])))
			return true;
	return false;
}

/* Which Secret a rejected owner refers to is not known: it gets all that fit its hosts. */
static void give_certs(struct wanted *wanted, const struct owner *owner, struct cert **certs,
		       size_t n)
{
	struct msg_key key = owner->good->owner;
	struct good_parts parts;
	struct pool pool;
	struct err reason, err;

	pool_init(&pool);
	err_set(&reason, "%s", owner->reason);
	key = msg_key_dup(&key, &pool);
	parts = publisher_record_parts_of(owner->good, &pool);
	parts.certs = pool_array(&pool, n + 1, sizeof(*parts.certs));
	for (size_t i = 0; i < n; i++)
		if (is_for(owner, certs[i]))
			parts.certs[parts.n_certs++] =
				(struct part_cert){ .secret = publisher_certs_secret(certs[i]),
						    .pem = publisher_certs_pem(certs[i]),
						    .key = publisher_certs_key(certs[i]),
						    .always = key.kind == MSG_KIND_POMERIUM,
						    .optional = true };
	if (parts.n_certs) {
		publisher_wanted_adopt(wanted, &key, &parts, &err);
		publisher_wanted_fault(wanted, &key, reason.text);
	}
	pool_clear(&pool);
}

void publisher_last_good_share_certs(struct wanted *wanted)
{
	const struct owner **rejected, *owner;
	struct cert **certs = NULL;
	size_t n_rejected = 0, n_certs = 0;
	struct pool pool;

	pool_init(&pool);
	rejected = pool_array(&pool, publisher_wanted_n_owners(wanted) + 1, sizeof(struct owner *));
	for (size_t i = 0; (owner = publisher_wanted_next(wanted, &i));) {
		if (owner->reason && owner->good && !owner->good->n_certs)
			rejected[n_rejected++] = owner;
		if (owner->key.kind == MSG_KIND_SECRET && owner->good)
			for (size_t k = 0; k < owner->good->n_certs; k++)
				*(struct cert **)pool_push(&pool, &certs, &n_certs,
							   sizeof(struct cert *)) =
					owner->good->certs[k].cert;
	}
	for (size_t i = 0; i < n_rejected && n_certs; i++)
		give_certs(wanted, rejected[i], certs, n_certs);
	pool_clear(&pool);
}
