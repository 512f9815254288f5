/* legacy: takes over from the Go controller, which keeps all in three records of its own.
 *
 *   in     its records, as they were read and followed; what is wanted and what is stored of it
 *   out    last good configurations of owners that are rejected now, with their certificates; its
 *          records, to be removed
 *   owns   the bytes of its records
 *   never  removes a record that has something for which no replacement is stored
 */
#include "publisher/databroker/databroker_inside.h"

#include "base/value.h"
#include "publisher/databroker/parts.h"

#define LOOK_AGAIN_MS 10000 /* at a record that had to stay */
#define N_NAMED 3           /* owners that a log line names */

static const char *const ids[N_LEGACY] = { "ingress-controller", "gateway-controller",
					   "pomerium-crd" };
enum { LEGACY_INGRESS, LEGACY_GATEWAY, LEGACY_SETTINGS };

void publisher_legacy_open(struct databroker *self)
{
	for (size_t i = 0; i < N_LEGACY; i++)
		buf_init(&self->legacy[i].bytes, GRPC_MESSAGE_MAX);
}

void publisher_legacy_close(struct databroker *self)
{
	for (size_t i = 0; i < N_LEGACY; i++)
		buf_wipe(&self->legacy[i].bytes);
}

void publisher_legacy_note(struct databroker *self, const Databroker__Record *record)
{
	struct str id = pb_str(record->id);
	struct legacy *legacy;
	size_t i = 0;

	while (i < N_LEGACY && !str_is(id, ids[i]))
		i++;
	if (i == N_LEGACY)
		return;
	legacy = &self->legacy[i];
	buf_reset(&legacy->bytes);
	legacy->there = !record->deleted_at && record->data;
	legacy->entry = (struct plan_entry){ .version = record->version };
	legacy->logged = false;
	self->legacy_ms = 0;
	if (legacy->there)
		buf_str(&legacy->bytes, pb_str(record->data->value));
	else
		publisher_plan_gone(&self->plan, id, record->version);
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

/* Routes of the Gateway API have no id: what an HTTPRoute has at the same place replaces them. */
static bool has_http_route(const struct databroker *self, const Pomerium__Config__Route *route)
{
	const struct route like = { .from = pb_str(route->from),
				    .path = pb_str(route->path),
				    .regex = pb_str(route->regex),
				    .prefix = pb_str(route->prefix) };

	return publisher_wanted_has_route(self->wanted, &like, MSG_KIND_HTTP_ROUTE);
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
		if (which == LEGACY_GATEWAY && has_http_route(self, config->routes[i]))
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
	    !publisher_plan_get(&self->plan, STR("sluice/settings")))
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
			 ids[which]);
		publisher_plan_note(&self->plan, str_from(ids[which]), &legacy->entry);
		publisher_pace_touch(&self->pace, 0);
	} else if (!legacy->logged) {
		legacy->logged = true;
		log_warn("record of the Go controller stays, since not all of it is replaced",
			 "record=%s left=%s", ids[which], log_value(left.ptr));
	}
	pool_wipe(&pool);
}

void publisher_legacy_replace(struct databroker *self)
{
	if (clock_ms() < self->legacy_ms)
		return;
	self->legacy_ms = clock_ms() + LOOK_AGAIN_MS;
	for (size_t i = 0; i < N_LEGACY; i++)
		if (self->legacy[i].there && !publisher_plan_get(&self->plan, str_from(ids[i])))
			replace_one(self, i);
}

/* ---- last good ---- */

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
		    !publisher_last_good_is_missing(publisher_wanted_owner(self->wanted, &key)))
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
		publisher_record_restore(wanted, &key, PARTS_ALONE, config);
	}
}

static void restore_routes(struct databroker *self)
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

		publisher_record_restore(self->wanted, &of->owner, PARTS_ALONE, of->config);
	}
	if (config && owners.n)
		restore_certs(self->wanted, config, &pool);
	map_clear(&owners);
	pool_wipe(&pool);
}

/* The settings become those of the Pomerium object, if that is rejected. */
static void restore_settings(struct databroker *self)
{
	const struct owner *owner = publisher_last_good_settings(self->wanted);
	Pomerium__Config__Config *config;
	struct pool pool;

	if (!publisher_last_good_is_missing(owner) || !self->legacy[LEGACY_SETTINGS].there)
		return;
	pool_init(&pool);
	config = unpack(&self->legacy[LEGACY_SETTINGS], &pool);
	if (config) {
		restore_certs(self->wanted, config, &pool);
		publisher_last_good_put_settings(self->wanted, config->settings, &pool);
	}
	pool_wipe(&pool);
}

void publisher_legacy_restore(struct databroker *self)
{
	restore_routes(self);
	restore_settings(self);
}
