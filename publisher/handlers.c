/* handlers: what the messages about owners and Secrets do.
 *
 *   in     CONFIG, REJECT, DELETE, SECRET_PUT, and the moment when everybody has arrived
 *   out    ACK, SECRET_WANTED; what is wanted, the sink told of it; a log line for what a person
 *          has to know
 *   never  writes a file
 */
#include "publisher/publisher_metrics.h"
#include "publisher/room.h"
#include "publisher/wanted/apply.h"

#include "base/hash.h"
#include "base/log.h"

/* ---- people ---- */

static void log_owner(const char *message, const struct msg_key *owner, const char *word,
		      const char *sentence)
{
	struct pool pool;

	pool_init(&pool);
	log_warn(message, "kind=%s owner=%s %s=%s", msg_kind_name((enum msg_kind)owner->kind),
		 log_value(msg_key_for_people(owner, &pool).ptr), word, log_value(sentence));
	pool_clear(&pool);
}

void publisher_handlers_warn(void *self, const struct msg_key *owner, const char *sentence)
{
	(void)self;
	log_owner("warning", owner, "text", sentence);
}

/* Once per change: the same words again are no news. */
static void log_warnings(struct publisher *p, const struct msg_config *config)
{
	uint64_t sum = config->warnings.n;

	for (size_t i = 0; i < config->warnings.n; i++)
		sum = sum * 31 + hash_fast(config->warnings.items[i]);
	if (!publisher_wanted_note_warnings(p->wanted, &config->owner, sum))
		return;
	for (size_t i = 0; i < config->warnings.n; i++)
		publisher_handlers_warn(p, &config->owner, config->warnings.items[i].ptr);
}

static uint64_t reason_sum(const struct publisher *p, const struct msg_key *key)
{
	const struct owner *owner = publisher_wanted_owner(p->wanted, key);

	return owner && owner->reason ? hash_fast(str_from(owner->reason)) : 0;
}

static void log_rejected(const struct publisher *p, const struct msg_key *key)
{
	const struct owner *owner = publisher_wanted_owner(p->wanted, key);

	log_owner("rejected", key, "reason", owner->reason);
}

/* ---- the resolver ---- */

static void ack(struct publisher *p, const struct msg_key *owner, const struct msg_stamp *stamp)
{
	struct msg_ack message = { *owner, *stamp };

	if (p->resolver)
		actor_send(p->resolver, MSG_ACK, &message);
}

int publisher_handlers_ask(void *self, const struct msg_key *secret)
{
	struct publisher *p = self;
	struct msg_secret_wanted message = { *secret, true };

	return p->resolver ? actor_send(p->resolver, MSG_SECRET_WANTED, &message) : -1;
}

/* ---- owners ---- */

static void touch(struct publisher *p, const struct msg_key *owner, uint64_t seen_ns)
{
	if (p->databroker)
		publisher_databroker_touch(p->databroker, owner, seen_ns);
	else
		publisher_file_sink_touch(&p->sink, owner, seen_ns);
}

/* True if the message counts; what is stale is acknowledged, so that nobody sends it again. */
static bool admit(struct publisher *p, const struct msg_key *owner, const struct msg_stamp *stamp,
		  bool gone)
{
	enum inventory_verdict verdict =
		publisher_inventory_admit(&p->inventory, owner, stamp, gone);

	if (verdict == INVENTORY_FOREIGN)
		return false;
	ack(p, owner, stamp);
	if (verdict == INVENTORY_APPLY)
		publisher_pending_drop(&p->pending, owner);
	return verdict == INVENTORY_APPLY;
}

static void report_unusable(struct publisher *p, const struct msg_config *config)
{
	const struct owner *owner = publisher_wanted_owner(p->wanted, &config->owner);
	struct msg_reject reject = { config->owner, config->stamp, config->uid, config->generation,
				     str_from(owner ? owner->reason : NULL) };

	publisher_report_reject(p->report, &reject);
}

static void settings_changed(struct publisher *p, const struct msg_key *owner)
{
	if (owner->kind == MSG_KIND_POMERIUM)
		publisher_startup_follow(p, owner);
}

static void take_config(struct publisher *p, const struct msg_config *config, struct str raw)
{
	struct msg_key missing;
	uint64_t before = reason_sum(p, &config->owner);
	struct err err;

	enum wanted_outcome outcome = publisher_apply_config(p->wanted, config, &missing, &err);

	switch (outcome) {
	case WANTED_WAITS:
		publisher_pending_put(&p->pending, &config->owner, raw, &missing);
		return;
	case WANTED_REJECTED:
		publisher_metrics.rejects[REJECT_VALUE]++;
		if (reason_sum(p, &config->owner) != before)
			log_rejected(p, &config->owner);
		report_unusable(p, config);
		log_warnings(p, config);
		settings_changed(p, &config->owner);
		return;
	case WANTED_CHANGED:
		touch(p, &config->owner, config->stamp.seen_ns);
		break;
	case WANTED_SAME:
		publisher_metrics.writes_saved++;
		break;
	}
	if (p->databroker && config->owner.kind == MSG_KIND_POMERIUM)
		publisher_databroker_allow_mass_delete(p->databroker, config->allow_mass_delete);
	publisher_report_config(p->report, config, outcome == WANTED_CHANGED);
	log_warnings(p, config);
	settings_changed(p, &config->owner);
}

void publisher_handlers_config(struct publisher *p, const struct msg_config *config, struct str raw)
{
	if (admit(p, &config->owner, &config->stamp, false))
		take_config(p, config, raw);
}

void publisher_handlers_reject(struct publisher *p, const struct msg_reject *reject)
{
	uint64_t before;

	if (!admit(p, &reject->owner, &reject->stamp, false))
		return;
	before = reason_sum(p, &reject->owner);
	publisher_wanted_reject(p->wanted, reject);
	publisher_report_reject(p->report, reject);
	if (reason_sum(p, &reject->owner) != before)
		log_rejected(p, &reject->owner);
	settings_changed(p, &reject->owner);
}

void publisher_handlers_delete(struct publisher *p, const struct msg_delete *gone)
{
	if (!admit(p, &gone->owner, &gone->stamp, true))
		return;
	if (publisher_wanted_delete(p->wanted, &gone->owner) == WANTED_CHANGED)
		touch(p, &gone->owner, gone->stamp.seen_ns);
	if (p->databroker && gone->owner.kind == MSG_KIND_POMERIUM)
		publisher_databroker_allow_mass_delete(p->databroker, false);
	publisher_report_gone(p->report, &gone->owner, gone->reason);
}

/* ---- secrets ---- */

static void put_again(void *self, struct str raw)
{
	struct publisher *p = self;
	struct msg_config config;
	struct pool pool;
	struct err err;

	pool_init(&pool);
	if (codec_unpack(&msg_config_codec, raw, &pool, &config, &err) == 0)
		take_config(p, &config, raw);
	pool_clear(&pool);
}

void publisher_handlers_secret(struct publisher *p, const struct msg_secret_put *put)
{
	publisher_wanted_secret(p->wanted, put);
	publisher_pending_release(&p->pending, &put->key, put_again);
}

/* ---- the inventory ---- */

void publisher_handlers_sweep(struct publisher *p, uint64_t now_ms)
{
	const struct msg_key **gone;
	const struct owner *owner;
	size_t n_gone = 0;
	struct pool pool;

	if (!publisher_inventory_passed(&p->inventory) || p->compared == p->inventory.in_force)
		return;
	if (p->databroker && !publisher_databroker_is_read(p->databroker))
		return; /* what was published before is not known */
	if (p->databroker)
		publisher_databroker_begin(p->databroker);
	pool_init(&pool);
	gone = pool_array(&pool, publisher_wanted_n_owners(p->wanted) + 1, sizeof(*gone));
	for (size_t i = 0; (owner = publisher_wanted_next(p->wanted, &i));)
		if (publisher_inventory_is_gone(&p->inventory, &owner->key))
			gone[n_gone++] = &owner->key;
	log_info("everybody has arrived", "owners=%zu gone=%zu complete=%d",
		 publisher_wanted_n_owners(p->wanted), n_gone, p->inventory.complete);
	for (size_t i = 0; i < n_gone; i++) {
		touch(p, gone[i], 0);
		publisher_report_gone(p->report, gone[i], STR(""));
		publisher_wanted_delete(p->wanted, gone[i]);
	}
	pool_clear(&pool);
	publisher_report_open(p->report, p->inventory.complete);
	p->compared = p->inventory.in_force;
	if (!p->passed_ms)
		p->passed_ms = now_ms;
}
