/* handlers: what the messages about owners and Secrets do.
 *
 *   in     CONFIG, REJECT, DELETE, SECRET_PUT, and the moment when everybody has arrived
 *   out    ACK, SECRET_WANTED, TICKET_KEY; what is wanted, the sink told of it; a log line for what
 *          a person has to know
 *   never  writes a file
 */
#include "publisher/handlers.h"

#include "base/hash.h"
#include "base/log.h"
#include "publisher/publisher_metrics.h"
#include "publisher/wanted/apply.h"
#include "rules/rules.h"

#define FULL_LINE_MS 1000

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

static void warn(void *self, const struct msg_key *owner, const char *sentence)
{
	(void)self;
	log_owner("warning", owner, "text", sentence);
}

/* What it shares with others has another id. */
static void touch(void *self, const struct msg_key *owner)
{
	struct handlers *h = self;

	if (h->sinks)
		publisher_sinks_touch(h->sinks, owner, 0);
}

static void tell_good(void *self, const struct good *good, int step)
{
	const struct handlers *h = self;

	publisher_orders_good(h->orders, good, step);
}

/* Warnings are logged once a change: the same ones again are no news. */
static void note(struct handlers *h, const struct msg_key *owner,
		 const struct msg_diagnostic_list *list)
{
	struct str_list warnings;
	struct pool pool;

	if (!publisher_wanted_note(h->wanted, owner, list))
		return;
	pool_init(&pool);
	warnings = publisher_diagnostics_warnings(list, &pool);
	for (size_t i = 0; i < warnings.n; i++)
		warn(h, owner, warnings.items[i].ptr);
	pool_clear(&pool);
}

/* What was found here comes before what the translator says. NULL: nothing was. */
static void note_found(struct handlers *h, const struct msg_key *owner, const struct err *why,
		       const struct msg_diagnostic_list *said)
{
	struct msg_diagnostic_list all = { 0 };
	struct pool pool;

	pool_init(&pool);
	all.items = pool_array(&pool, said->n + 1, sizeof(*all.items));
	if (why)
		all.items[all.n++] = (struct msg_diagnostic){ MSG_SEVERITY_ERROR, why->code,
							      STR(""), str_from(why->text) };
	for (size_t i = 0; i < said->n; i++)
		if (said->items[i].severity == MSG_SEVERITY_WARNING)
			all.items[all.n++] = said->items[i];
	note(h, owner, &all);
	pool_clear(&pool);
}

static void log_rejected(const struct handlers *h, const struct msg_key *key)
{
	const struct owner *owner = publisher_wanted_owner(h->wanted, key);

	log_owner("rejected", key, "reason", owner->reason);
}

/* Others that have come or gone, or an age, put it in the wrong, or no longer do. */
static void judged(void *self, const struct msg_key *key, const struct err *why)
{
	static const struct msg_diagnostic_list none = { 0 };
	struct handlers *h = self;
	const struct owner *owner = publisher_wanted_owner(h->wanted, key);

	note_found(h, key, why, owner->said ? &owner->said->list : &none);
	publisher_report_judge(h->report, key,
			       &(struct report_failure){ str_from(owner->reason),
							 owner->said ? &owner->said->list : &none,
							 NULL });
	if (why)
		log_rejected(h, key);
}

static uint64_t reason_sum(const struct handlers *h, const struct msg_key *key)
{
	const struct owner *owner = publisher_wanted_owner(h->wanted, key);

	return owner && owner->reason ? hash_fast(str_from(owner->reason)) : 0;
}

/* ---- the resolver ---- */

static void ack(struct handlers *h, const struct msg_key *owner, const struct msg_stamp *stamp)
{
	struct msg_ack message = { *owner, *stamp };

	if (h->resolver)
		actor_send(h->resolver, MSG_ACK, &message);
}

static int ask(void *self, const struct msg_key *secret)
{
	struct handlers *h = self;
	struct msg_secret_wanted message = { *secret, true };

	return h->resolver ? actor_send(h->resolver, MSG_SECRET_WANTED, &message) : -1;
}

/* ---- owners ---- */

/* True if the message counts; what is stale is acknowledged, so that nobody sends it again. */
static bool admit(struct handlers *h, const struct msg_key *owner, const struct msg_stamp *stamp,
		  bool gone)
{
	enum inventory_verdict verdict =
		publisher_inventory_admit(&h->inventory, owner, stamp, gone);

	if (verdict == INVENTORY_FOREIGN)
		return false;
	ack(h, owner, stamp);
	if (verdict == INVENTORY_APPLY)
		publisher_pending_drop(&h->pending, owner);
	return verdict == INVENTORY_APPLY;
}

/* 1: the resolver vouches for it; 0: its ticket is of an earlier key; -1: it is forged. */
static int open_ticket(struct handlers *h, const struct msg_sealed_ticket *sealed, bool vouched,
		       struct pool *pool, struct msg_ticket *out, struct err *err)
{
	if (vouched)
		return msg_ticket_open(sealed, pool, out, err) ? -1 : 1;
	switch (publisher_tickets_check(&h->tickets, sealed, pool, out, err)) {
	case TICKETS_GOOD:
		return 1;
	case TICKETS_OLD:
		publisher_metrics.tickets[TICKET_OLD]++;
		return 0;
	case TICKETS_FORGED:
		break;
	}
	return -1;
}

static int check_subject(const struct msg_ticket *ticket, const struct msg_key *owner,
			 const struct msg_stamp *stamp, struct err *err)
{
	if (publisher_tickets_is_about(ticket, owner, stamp))
		return 0;
	return err_set(err, "its ticket is of another owner, or of another change of it");
}

static int refuse(int rc)
{
	publisher_metrics.tickets[TICKET_FORGED] += rc < 0;
	return rc < 0 ? -1 : 0;
}

static void report_unusable(struct handlers *h, const struct arrival *arrival)
{
	const struct owner *owner = publisher_wanted_owner(h->wanted, &arrival->ticket.owner);

	publisher_report_reject(h->report, &arrival->ticket,
				&(struct report_failure){ str_from(owner ? owner->reason : NULL),
							  &arrival->config.diagnostics,
							  arrival->config.report });
}

static void settings_changed(struct handlers *h, const struct msg_key *owner)
{
	if (owner->kind == MSG_KIND_POMERIUM)
		publisher_startup_follow(&h->startup, h->sinks,
					 publisher_wanted_owner(h->wanted, owner));
}

/* A last good configuration that nobody who counts has made is none. */
static void drop_doubted(struct handlers *h, const struct msg_key *owner)
{
	if (!publisher_wanted_drop_doubted(h->wanted, owner))
		return;
	log_owner(
		"last good configuration dropped", owner, "reason",
		"the key of the translator that made it was withdrawn, and its owner is rejected");
	publisher_sinks_touch(h->sinks, owner, 0);
}

void publisher_handlers_doubt(struct handlers *h, const void *arg,
			      bool (*counts)(const void *arg, const char *maker))
{
	const size_t n = publisher_wanted_doubt(h->wanted, arg, counts);

	if (!n)
		return;
	log_warn("a key was withdrawn: what was made with it is made again", "owners=%zu", n);
	if (h->resolver)
		actor_ask_resync(h->resolver, "a translator's key was withdrawn");
}

static void reject_unusable(struct handlers *h, const struct arrival *arrival,
			    const struct err *why)
{
	report_unusable(h, arrival);
	note_found(h, &arrival->ticket.owner, why, &arrival->config.diagnostics);
	drop_doubted(h, &arrival->ticket.owner);
	settings_changed(h, &arrival->ticket.owner);
}

static void apply_config(struct handlers *h, const struct arrival *arrival,
			 const struct pending_config *packed)
{
	const struct msg_key *owner = &arrival->ticket.owner;
	const uint64_t before = reason_sum(h, owner);
	struct msg_key missing;
	struct err err;

	enum wanted_outcome outcome = publisher_apply_config(h->wanted, arrival, &missing, &err);

	switch (outcome) {
	case WANTED_WAITS:
		publisher_pending_put(&h->pending, owner, packed, &missing);
		return;
	case WANTED_REJECTED:
		publisher_metrics.rejects[REJECT_VALUE]++;
		if (publisher_wanted_owner(h->wanted, owner)->refused) /* it is right by itself */
			publisher_wanted_made_by(h->wanted, owner, packed->maker);
		if (reason_sum(h, owner) != before)
			log_rejected(h, owner);
		reject_unusable(h, arrival, &err);
		return;
	case WANTED_CHANGED:
		publisher_sinks_touch(h->sinks, owner, packed->seen_ns);
		break;
	case WANTED_SAME:
		publisher_metrics.writes_saved++;
		break;
	}
	publisher_wanted_made_by(h->wanted, owner, packed->maker);
	if (owner->kind == MSG_KIND_POMERIUM) {
		publisher_sinks_allow_mass_delete(h->sinks, arrival->config.allow_mass_delete);
		publisher_orders_settings(h->orders, arrival);
	}
	publisher_report_config(h->report, arrival, outcome == WANTED_CHANGED);
	note(h, owner, &arrival->config.diagnostics);
	settings_changed(h, owner);
}

/* Without an acknowledgement it comes again, when there may be room. */
static bool has_room(struct handlers *h, const struct arrival *arrival, size_t len)
{
	const struct msg_key *owner = &arrival->ticket.owner;
	unsigned n_kept;

	if (publisher_pending_has_room(&h->pending, owner, len) ||
	    !publisher_apply_lacks(h->wanted, arrival))
		return true;
	if (limiter_pass(&h->full, FULL_LINE_MS, &n_kept))
		log_owner("too many configurations wait for values of Secrets", owner, "reason",
			  "it is dropped, and will come again");
	return false;
}

int publisher_handlers_config(struct handlers *h, const struct msg *m, const char *maker,
			      struct err *err)
{
	struct arrival arrival = { .config = m->body.config };
	struct pending_config packed = { m->raw, m->seen_ns, "" };
	const struct msg_config *config = &arrival.config;
	struct pool pool;
	int rc;

	pool_init(&pool);
	(void)snprintf(packed.maker, sizeof(packed.maker), "%s", maker ? maker : "");
	rc = open_ticket(h, &config->ticket, !maker, &pool, &arrival.ticket, err);
	if (rc > 0)
		rc = check_subject(&arrival.ticket, &config->owner, &config->stamp, err) ? -1 : 1;
	if (rc > 0 && has_room(h, &arrival, m->raw.len) &&
	    admit(h, &config->owner, &config->stamp, false)) {
		publisher_orders_owner(h->orders, &arrival.ticket, config->issuer);
		apply_config(h, &arrival, &packed);
	}
	pool_clear(&pool);
	return refuse(rc);
}

static void apply_reject(struct handlers *h, const struct msg_reject *reject,
			 const struct msg_ticket *ticket)
{
	const uint64_t before = reason_sum(h, &reject->owner);
	const struct owner *owner;

	publisher_wanted_claim(h->wanted, ticket);
	publisher_orders_owner(h->orders, ticket, NULL);
	publisher_wanted_reject(h->wanted, reject);
	owner = publisher_wanted_owner(h->wanted, &reject->owner);
	publisher_report_reject(h->report, ticket,
				&(struct report_failure){ str_from(owner->reason),
							  &reject->diagnostics, reject->report });
	if (reason_sum(h, &reject->owner) != before)
		log_rejected(h, &reject->owner);
	note(h, &reject->owner, &reject->diagnostics);
	drop_doubted(h, &reject->owner);
	settings_changed(h, &reject->owner);
}

int publisher_handlers_reject(struct handlers *h, const struct msg_reject *reject, bool vouched,
			      struct err *err)
{
	struct msg_ticket ticket;
	struct pool pool;
	int rc;

	pool_init(&pool);
	rc = open_ticket(h, &reject->ticket, vouched, &pool, &ticket, err);
	if (rc > 0)
		rc = check_subject(&ticket, &reject->owner, &reject->stamp, err) ? -1 : 1;
	if (rc > 0 && admit(h, &reject->owner, &reject->stamp, false))
		apply_reject(h, reject, &ticket);
	pool_clear(&pool);
	return refuse(rc);
}

void publisher_handlers_delete(struct handlers *h, const struct msg *m)
{
	const struct msg_delete *gone = &m->body.delete;

	if (!admit(h, &gone->owner, &gone->stamp, true))
		return;
	publisher_removed_note(&h->removed, &gone->owner, gone->reason);
	if (publisher_wanted_delete(h->wanted, &gone->owner) == WANTED_CHANGED)
		publisher_sinks_touch(h->sinks, &gone->owner, m->seen_ns);
	if (gone->owner.kind == MSG_KIND_POMERIUM)
		publisher_sinks_allow_mass_delete(h->sinks, false);
	publisher_report_gone(h->report, &gone->owner, gone->reason);
	publisher_orders_gone(h->orders, &gone->owner);
}

/* ---- secrets ---- */

/* Its ticket was checked when it came. */
static int unpack_again(const struct pending_config *packed, struct pool *pool, struct arrival *out)
{
	struct err err;

	return codec_unpack(&msg_config_codec, packed->raw, pool, &out->config, &err) < 0
		       ? -1
		       : msg_ticket_open(&out->config.ticket, pool, &out->ticket, &err);
}

static void apply_again(void *self, const struct pending_config *packed)
{
	struct handlers *h = self;
	struct arrival arrival;
	struct pool pool;

	pool_init(&pool);
	if (unpack_again(packed, &pool, &arrival) == 0)
		apply_config(h, &arrival, packed);
	pool_clear(&pool);
}

/* What is wrong is told; once the value is there, it is right. */
static void reject_late(void *self, const struct pending_config *packed,
			const struct msg_key *secret)
{
	struct handlers *h = self;
	struct arrival arrival;
	struct pool pool;
	struct err why;

	pool_init(&pool);
	err_rule(&why, RULE_SECRET_LATE,
		 "a value of Secret " STR_FMT "/" STR_FMT
		 " has not come from the resolver within %d s; it is waited for",
		 STR_ARG(secret->namespace), STR_ARG(secret->name), PENDING_LATE_MS / 1000);
	if (unpack_again(packed, &pool, &arrival) == 0) {
		publisher_wanted_fault(h->wanted, &arrival.ticket.owner,
				       rules_sentence(&why, &pool).ptr);
		log_rejected(h, &arrival.ticket.owner);
		reject_unusable(h, &arrival, &why);
	}
	pool_clear(&pool);
}

void publisher_handlers_secret(struct handlers *h, const struct msg_secret_put *put)
{
	publisher_wanted_secret(h->wanted, put);
	publisher_pending_release(&h->pending, &put->key, apply_again);
}

/* ---- the inventory ---- */

void publisher_handlers_flushed(struct handlers *h, const struct msg_flushed *flushed)
{
	publisher_inventory_flushed(&h->inventory, flushed);
	publisher_wanted_sweep_secrets(h->wanted);
}

void publisher_handlers_classes(struct handlers *h, bool any)
{
	h->no_class = !any;
	if (h->no_class)
		publisher_sinks_no_class(h->sinks, true);
}

void publisher_handlers_sweep(struct handlers *h, uint64_t now_ms)
{
	const struct msg_key **gone;
	const struct owner *owner;
	size_t n_gone = 0;
	struct pool pool;

	if (!publisher_inventory_passed(&h->inventory) || h->compared == h->inventory.in_force ||
	    !publisher_sinks_begin(h->sinks))
		return;
	pool_init(&pool);
	gone = pool_array(&pool, publisher_wanted_n_owners(h->wanted) + 1, sizeof(*gone));
	for (size_t i = 0; (owner = publisher_wanted_next(h->wanted, &i));)
		if (publisher_inventory_is_gone(&h->inventory, &owner->key))
			gone[n_gone++] = &owner->key;
	log_info("everybody has arrived", "owners=%zu gone=%zu complete=%d",
		 publisher_wanted_n_owners(h->wanted), n_gone, h->inventory.complete);
	for (size_t i = 0; i < n_gone; i++) {
		publisher_sinks_touch(h->sinks, gone[i], 0);
		publisher_report_gone(h->report, gone[i], STR(""));
		publisher_orders_gone(h->orders, gone[i]);
		publisher_wanted_delete(h->wanted, gone[i]);
	}
	pool_clear(&pool);
	publisher_wanted_gather(h->wanted, false);
	publisher_sinks_no_class(h->sinks, h->no_class);
	publisher_report_open(h->report, h->inventory.complete);
	h->compared = h->inventory.in_force;
	if (!h->passed_ms)
		h->passed_ms = now_ms;
}

int publisher_handlers_check(const struct handlers *h, struct err *why)
{
	if (!h->inventory.epoch)
		return err_set(why, "no resolver has been there yet");
	if (!h->inventory.in_force)
		return err_set(why, "the resolver has not announced all owners yet");
	if (!h->passed_ms)
		return err_set(why, "%zu of %zu owners have not arrived yet",
			       h->inventory.n_missing, h->inventory.owners.n);
	if (publisher_pending_n(&h->pending))
		return err_set(why, "%zu owners wait for values of Secrets",
			       publisher_pending_n(&h->pending));
	return 0;
}

/* ---- start and end ---- */

void publisher_handlers_init(struct handlers *h)
{
	*h = (struct handlers){ .wanted = publisher_wanted_new(&(struct wanted_listener){
					h, warn, touch, judged, tell_good }) };
	publisher_wanted_gather(h->wanted, true); /* what is stored comes one by one, too */
	publisher_inventory_init(&h->inventory);
	publisher_pending_init(&h->pending, &(struct pending_hooks){ h, ask, reject_late });
}

void publisher_handlers_clear(struct handlers *h)
{
	publisher_removed_clear(&h->removed);
	publisher_pending_clear(&h->pending);
	publisher_inventory_clear(&h->inventory);
	publisher_tickets_clear(&h->tickets);
	publisher_wanted_destroy(&h->wanted);
	publisher_host_policy_clear(&h->policy);
}

void publisher_handlers_begin(struct handlers *h, struct actor_peer *resolver, uint64_t epoch)
{
	struct msg_ticket_key key;

	h->resolver = resolver;
	publisher_tickets_renew(&h->tickets, &key);
	actor_send(resolver, MSG_TICKET_KEY, &key);
	if (epoch == h->inventory.epoch)
		return;
	publisher_inventory_begin(&h->inventory, epoch);
	publisher_wanted_gather(h->wanted, true);
	publisher_pending_clear(&h->pending);
	h->compared = h->passed_ms = 0;
}
