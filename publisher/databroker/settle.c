/* settle: what is kept of what was read once everybody has arrived.
 *
 *   in     last good configurations read from the databroker; the records of the Go controller
 *   out    last good configurations of owners that are rejected now, with their certificates;
 *          records of the Go controller to be removed
 *   owns   the bytes of the Go controller's records
 *   never  removes a record that has something for which no replacement is stored
 */
#include "publisher/databroker/databroker_inside.h"

#include "base/value.h"

#define LOOK_AGAIN_MS 10000 /* at a record of the Go controller that had to stay */
#define N_NAMED 3           /* owners that a log line names */

static const char *const legacy_ids[N_LEGACY] = { "ingress-controller", "gateway-controller",
						  "pomerium-crd" };
enum { LEGACY_INGRESS, LEGACY_GATEWAY, LEGACY_SETTINGS };

void publisher_settle_open(struct databroker *self)
{
	for (size_t i = 0; i < N_LEGACY; i++)
		buf_init(&self->legacy[i].bytes, GRPC_MESSAGE_MAX);
}

void publisher_settle_close(struct databroker *self)
{
	for (size_t i = 0; i < N_LEGACY; i++)
		buf_wipe(&self->legacy[i].bytes);
}

/* ---- the Go controller's records ---- */

bool publisher_settle_take_legacy(struct databroker *self, const Databroker__Record *record)
{
	struct str id = pb_str(record->id);
	struct legacy *legacy;
	size_t i = 0;

	while (i < N_LEGACY && !str_is(id, legacy_ids[i]))
		i++;
	if (i == N_LEGACY)
		return false;
	legacy = &self->legacy[i];
	buf_reset(&legacy->bytes);
	legacy->there = !record->deleted_at && record->data;
	legacy->entry = (struct ledger_entry){ .version = record->version };
	legacy->told = false;
	self->legacy_ms = 0;
	if (legacy->there)
		buf_str(&legacy->bytes, pb_str(record->data->value));
	else
		publisher_ledger_gone(&self->ledger, id, record->version);
	return true;
}

static Pomerium__Config__Config *unpack(const struct legacy *legacy, struct pool *pool)
{
	struct str bytes = legacy->bytes.len ? buf_view(&legacy->bytes) : STR("");

	return (void *)pb_unpack(&pomerium__config__config__descriptor, bytes, pool, NULL);
}

/* The Ingress that the Go controller wrote into the id of a route: {"n":name,"ns":namespace,...}.
 */
static bool owner_of(const Pomerium__Config__Route *route, struct pool *pool, struct msg_key *owner)
{
	const struct value *name, *namespace;
	struct value doc;

	if (json_parse(pb_str(route->id), pool, &doc, NULL) < 0)
		return false;
	name = value_get(&doc, "n");
	namespace = value_get(&doc, "ns");
	if (!name || !namespace || name->type != VALUE_STRING || namespace->type != VALUE_STRING)
		return false;
	*owner = (struct msg_key){ MSG_KIND_INGRESS, namespace->string, name->string };
	return true;
}

static const struct owner *real_settings(const struct wanted *wanted)
{
	void *value;

	for (size_t i = 0; map_next(&wanted->owners, &i, NULL, &value);) {
		const struct owner *owner = value;

		if (owner->key.kind == MSG_KIND_POMERIUM && owner->key.name.len)
			return owner;
	}
	return NULL;
}

/* What of the record has no replacement, for people; absent: nothing. */
static struct str unreplaced(const struct databroker *self, size_t which,
			     const Pomerium__Config__Config *config, struct pool *pool)
{
	struct str names = STR("");
	size_t n = 0;

	for (size_t i = 0; i < config->n_routes; i++) {
		const struct owner *owner = NULL;
		struct msg_key key;
		bool known = which == LEGACY_INGRESS && owner_of(config->routes[i], pool, &key);

		if (known)
			owner = publisher_wanted_owner(self->wanted, &key);
		if (owner && owner->good)
			continue;
		if (n++ < N_NAMED)
			names = pool_printf(
				pool, STR_FMT "%s" STR_FMT, STR_ARG(names), names.len ? ", " : "",
				STR_ARG(known ? msg_key_for_people(&key, pool)
					      : str_slice(pb_str(config->routes[i]->from), 0, 80)));
	}
	if (n > N_NAMED)
		names = pool_printf(pool, STR_FMT " and %zu more routes", STR_ARG(names),
				    n - N_NAMED);
	if (which == LEGACY_SETTINGS && config->settings &&
	    !publisher_ledger_get(&self->ledger, STR("sluice/settings")))
		return STR("the settings of a Pomerium object that is not served here");
	return n ? names : STR_NONE;
}

static void replace_one(struct databroker *self, size_t which)
{
	struct legacy *legacy = &self->legacy[which];
	Pomerium__Config__Config *config;
	struct str left = STR("a configuration that does not decode");
	struct pool pool;

	pool_init(&pool);
	config = unpack(legacy, &pool);
	if (config)
		left = unreplaced(self, which, config, &pool);
	if (!left.ptr) {
		log_info("taken over from the Go controller, its record goes", "record=%s",
			 legacy_ids[which]);
		publisher_ledger_note(&self->ledger, str_from(legacy_ids[which]), &legacy->entry);
		publisher_databroker_changed(self);
	} else if (!legacy->told) {
		legacy->told = true;
		log_warn("record of the Go controller stays, since not all of it is replaced",
			 "record=%s left=%s", legacy_ids[which], log_value(left.ptr));
	}
	pool_wipe(&pool);
}

void publisher_settle_replace_legacy(struct databroker *self)
{
	if (clock_ms() < self->legacy_ms)
		return;
	self->legacy_ms = clock_ms() + LOOK_AGAIN_MS;
	for (size_t i = 0; i < N_LEGACY; i++)
		if (self->legacy[i].there &&
		    !publisher_ledger_get(&self->ledger, str_from(legacy_ids[i])))
			replace_one(self, i);
}

/* ---- last good from the Go controller's records ---- */

static bool needs_last_good(const struct owner *owner)
{
	return owner && owner->reason && !owner->good;
}

/* The routes of one owner, gathered. */
struct gathered {
	struct msg_key owner;
	Pomerium__Config__Config *config;
};

static void gather(const struct databroker *self, const Pomerium__Config__Config *config,
		   struct map *owners, struct pool *pool)
{
	for (size_t i = 0; i < config->n_routes; i++) {
		struct gathered *of;
		struct msg_key key;
		struct str text;

		if (!owner_of(config->routes[i], pool, &key) ||
		    !needs_last_good(publisher_wanted_owner(self->wanted, &key)))
			continue;
		text = msg_key_text(&key, pool);
		of = map_get(owners, text);
		if (!of) {
			of = pool_alloc(pool, sizeof(*of));
			*of = (struct gathered){ key, PB_NEW(pool, pomerium__config__config) };
			map_put(owners, text, of);
		}
		PB_PUSH(pool, of->config, routes, config->routes[i]);
	}
}

/* The certificates of a record of the Go controller have no Secret; they get a name of their own.
 */
static void restore_certs(struct wanted *wanted, const Pomerium__Config__Config *from,
			  struct pool *pool)
{
	for (size_t i = 0; from->settings && i < from->settings->n_certificates; i++) {
		Pomerium__Config__Config *config = PB_NEW(pool, pomerium__config__config);
		struct hash hash = hash_of(pb_str(from->settings->certificates[i]->cert_bytes));
		struct msg_key key = { MSG_KIND_SECRET, STR("ingress-controller"), STR("") };

		key.name = pool_printf(pool, "%02x%02x%02x%02x%02x%02x%02x%02x", hash.bytes[0],
				       hash.bytes[1], hash.bytes[2], hash.bytes[3], hash.bytes[4],
				       hash.bytes[5], hash.bytes[6], hash.bytes[7]);
		config->settings = PB_NEW(pool, pomerium__config__settings);
		PB_PUSH(pool, config->settings, certificates, from->settings->certificates[i]);
		publisher_record_restore(wanted, &key, config);
	}
}

static void restore_legacy_routes(struct databroker *self)
{
	struct pool pool;
	struct map owners;
	void *value;
	Pomerium__Config__Config *config;

	if (!self->legacy[LEGACY_INGRESS].there)
		return;
	pool_init(&pool);
	map_init(&owners, NULL);
	config = unpack(&self->legacy[LEGACY_INGRESS], &pool);
	if (config)
		gather(self, config, &owners, &pool);
	for (size_t i = 0; map_next(&owners, &i, NULL, &value);) {
		const struct gathered *of = value;

		publisher_record_restore(self->wanted, &of->owner, of->config);
	}
	if (config && owners.n)
		restore_certs(self->wanted, config, &pool);
	map_clear(&owners);
	pool_wipe(&pool);
}

/* The settings that were read, or those of the Go controller, become those of the Pomerium object
 * if it is rejected. */
static void restore_settings(struct databroker *self)
{
	const struct msg_key nameless = { MSG_KIND_POMERIUM, STR(""), STR("") };
	const struct owner *real = real_settings(self->wanted);
	const struct owner *read = publisher_wanted_owner(self->wanted, &nameless);
	Pomerium__Config__Config *config = NULL;
	struct pool pool;

	if (!needs_last_good(real))
		return;
	pool_init(&pool);
	if (read && read->good) {
		config = PB_NEW(&pool, pomerium__config__config);
		config->settings = (void *)pb_unpack(&pomerium__config__settings__descriptor,
						     read->good->settings, &pool, NULL);
	} else if (self->legacy[LEGACY_SETTINGS].there) {
		config = unpack(&self->legacy[LEGACY_SETTINGS], &pool);
		if (config)
			restore_certs(self->wanted, config, &pool);
	}
	if (config && config->settings) {
		config->settings->n_certificates = 0; /* they were restored by name */
		publisher_record_restore(self->wanted, &real->key, config);
	}
	pool_wipe(&pool);
}

/* ---- what another replica stored ---- */

/* The owner of a record as it is wanted here, NULL: none. */
static const struct owner *owner_here(const struct databroker *self, const struct msg_key *key)
{
	if (key->kind == MSG_KIND_POMERIUM)
		return real_settings(self->wanted);
	return publisher_wanted_owner(self->wanted, key);
}

void publisher_settle_adopt(struct databroker *self, const struct msg_key *key,
			    Pomerium__Config__Config *config)
{
	const struct owner *owner;

	if (key->kind == MSG_KIND_SECRET || publisher_lease_is_ours(self))
		return;
	owner = owner_here(self, key);
	if (!needs_last_good(owner))
		return;
	if (config->settings)
		config->settings->n_certificates = 0; /* they have records of their own */
	publisher_record_restore(self->wanted, &owner->key, config);
}

bool publisher_settle_must_stay(const struct databroker *self, struct str id)
{
	struct msg_key key;

	return publisher_record_owner(id, &key) && key.kind != MSG_KIND_SECRET &&
	       needs_last_good(owner_here(self, &key));
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

static void add_cert(struct wanted *wanted, struct cert *cert, bool always,
		     struct good_parts *parts)
{
	const struct str pair[2] = { publisher_certs_pem(cert), publisher_certs_key(cert) };
	struct cert *held =
		publisher_certs_hold(&wanted->certs, publisher_certs_secret(cert), pair, NULL);

	if (held)
		parts->certs[parts->n_certs++] = (struct good_cert){ held, always };
}

/* Which Secret a rejected owner refers to is not known: it gets all that fit its hosts. */
static void give_certs(struct wanted *wanted, const struct owner *owner, struct cert **certs,
		       size_t n)
{
	const struct good *good = owner->good;
	struct msg_key key = good->owner;
	struct good_parts parts = { .settings = good->settings, .bootstrap = good->bootstrap };
	struct pool pool;
	struct err reason, err;

	pool_init(&pool);
	err_set(&reason, "%s", owner->reason);
	key = msg_key_dup(&key, &pool);
	parts.routes = pool_array(&pool, good->n_routes + 1, sizeof(*parts.routes));
	for (; parts.n_routes < good->n_routes; parts.n_routes++)
		parts.routes[parts.n_routes] = good->routes[parts.n_routes].packed;
	parts.certs = pool_array(&pool, n + 1, sizeof(*parts.certs));
	for (size_t i = 0; i < n; i++)
		if (is_for(owner, certs[i]))
			add_cert(wanted, certs[i], key.kind == MSG_KIND_POMERIUM, &parts);
	if (parts.n_certs) {
		publisher_wanted_adopt(wanted, &key, &parts, &err);
		publisher_wanted_fault(wanted, &key, reason.text);
	}
	pool_clear(&pool);
}

static void share_certs(struct wanted *wanted)
{
	const struct owner **rejected;
	struct cert **certs = NULL;
	size_t n_rejected = 0, n_certs = 0;
	struct pool pool;
	void *value;

	pool_init(&pool);
	rejected = pool_array(&pool, wanted->owners.n + 1, sizeof(struct owner *));
	for (size_t i = 0; map_next(&wanted->owners, &i, NULL, &value);) {
		const struct owner *owner = value;

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

void publisher_databroker_settle(struct databroker *self)
{
	struct pool pool;
	void *value;

	if (self->settled)
		return;
	self->settled = true;
	restore_legacy_routes(self);
	restore_settings(self);
	share_certs(self->wanted);
	pool_init(&pool);
	for (size_t i = 0; map_next(&self->wanted->owners, &i, NULL, &value);)
		publisher_ledger_touch(
			&self->ledger,
			publisher_record_id(&((const struct owner *)value)->key, &pool));
	pool_clear(&pool);
	publisher_databroker_changed(self);
}
