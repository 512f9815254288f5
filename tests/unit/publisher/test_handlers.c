/* test_handlers: the publisher without its sockets: what it takes, acknowledges, asks for and
 * removes. */
#include "publisher/handlers.h"

#include "base/log.h"
#include "publisher/file/file_sink.h"
#include "publisher/publisher_metrics.h"
#include "tests/unit/publisher/folders.h"
#include "tests/unit/publisher/rig.h"

static struct pool pool;
static struct handlers handlers;
static struct sinks sinks;
static size_t n_acks, n_asked, n_resyncs;
static uint64_t last_ack;

/* Stands for the actor: nothing is sent, everything is counted. */
int actor_send(struct actor_peer *peer, enum msg_type type, const void *body)
{
	(void)peer;
	if (type == MSG_ACK) {
		n_acks++;
		last_ack = ((const struct msg_ack *)body)->stamp.number;
	} else if (type == MSG_SECRET_WANTED) {
		n_asked++;
	}
	return 0;
}

void actor_ask_resync(struct actor_peer *peer, const char *reason)
{
	assert_true(peer && *reason);
	n_resyncs++;
}

static void ignore(void *self)
{
	(void)self;
}

static int setup(void **state)
{
	struct file_sink_settings settings = { .format = WANTED_JSON, .interval_ms = 500 };
	const struct sink_listener listener = { NULL, ignore, ignore };
	struct msg_ticket_key key;
	struct sink *sink;
	struct err err = { "" };

	(void)state;
	pool_init(&pool);
	folder_make();
	log_set_level(LOG_LEVEL_ERROR);
	n_acks = n_asked = n_resyncs = 0;
	publisher_handlers_init(&handlers);
	handlers.resolver = (struct actor_peer *)&handlers;
	handlers.sinks = &sinks;
	publisher_inventory_begin(&handlers.inventory, 1);
	publisher_tickets_renew(&handlers.tickets, &key);
	settings.path = folder_path("out", &pool);
	sink = publisher_file_sink_new(&settings, handlers.wanted, &listener, &err);
	if (!sink)
		fail_msg("%s", err.text);
	publisher_sinks_add(&sinks, sink);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	publisher_sinks_clear(&sinks);
	publisher_handlers_clear(&handlers);
	folder_remove();
	pool_clear(&pool);
	return 0;
}

/* Seals its ticket as the resolver would. */
static struct msg_config *seal(struct arrival *arrival)
{
	struct msg_config *config = &arrival->config;

	arrival->ticket.key_id = handlers.tickets.key_id;
	config->owner = arrival->ticket.owner;
	config->stamp = arrival->ticket.stamp;
	assert_int_equal(
		msg_ticket_seal(&arrival->ticket, &handlers.tickets.key, &pool, &config->ticket),
		0);
	return config;
}

static const char *maker = ""; /* the key of the translator */

static int take(const struct msg_config *config)
{
	struct err err;
	struct buf raw;
	int rc;

	buf_init(&raw, BUF_MAX_MESSAGE);
	codec_pack(&msg_config_codec, config, &raw);
	rc = publisher_handlers_config(
		&handlers, &(struct msg){ .raw = buf_view(&raw), .body.config = *config }, maker,
		&err);
	buf_clear(&raw);
	return rc;
}

static void config(const char *owner, uint64_t number)
{
	struct arrival message = rig_config(owner, rig_route(owner, owner, "/", &pool), &pool);

	message.ticket.stamp.number = number;
	assert_int_equal(take(seal(&message)), 0);
}

static void reject(const char *owner, uint64_t number)
{
	struct arrival of = rig_config(owner, "{}", &pool);
	struct msg_diagnostic error = { MSG_SEVERITY_ERROR, 0, STR(""), STR("it is broken") };
	struct msg_reject message = { .owner = rig_key(owner),
				      .stamp = { 1, number },
				      .diagnostics = { &error, 1 } };
	struct err err;

	of.ticket.stamp.number = number;
	message.ticket = seal(&of)->ticket;
	assert_int_equal(publisher_handlers_reject(&handlers, &message, false, &err), 0);
}

static void delete (const char *owner, uint64_t number)
{
	const struct msg_delete gone = { .owner = rig_key(owner), .stamp = { 1, number } };

	publisher_handlers_delete(&handlers, &(struct msg){ .body.delete = gone });
}

static void inventory(const char *const *owners, size_t n, bool complete)
{
	struct msg_inventory_entry entries[8];
	struct msg_inventory message = {
		.epoch = 1, .number = 100, .last = true, .complete = complete
	};
	struct err err;

	for (size_t i = 0; i < n; i++)
		entries[i] = (struct msg_inventory_entry){ rig_key(owners[i]), 1 };
	message.owners.items = entries;
	message.owners.n = n;
	assert_int_equal(publisher_inventory_announce(&handlers.inventory, &message, &err), 1);
}

static bool has(const char *owner)
{
	struct msg_key key = rig_key(owner);
	const struct owner *found = publisher_wanted_owner(handlers.wanted, &key);

	return found && found->good;
}

static void takes_and_acknowledges(void **state)
{
	(void)state;
	config("a", 5);
	assert_int_equal(n_acks, 1);
	assert_int_equal(last_ack, 5);
	config("a", 4); /* stale: dropped, but nobody has to send it again */
	assert_int_equal(n_acks, 2);
	reject("a", 6);
	assert_true(has("a"));
	assert_int_equal(publisher_wanted_n_rejected(handlers.wanted), 1);
	delete ("a", 7);
	assert_false(has("a"));
	config("a", 6);
	assert_false(has("a"));
	assert_int_equal(n_acks, 5);
}

static void other_epochs_are_not_answered(void **state)
{
	struct arrival message = rig_config("a", rig_route("a", "h", "/", &pool), &pool);

	(void)state;
	message.ticket.stamp.epoch = 2;
	assert_int_equal(take(seal(&message)), 0);
	assert_int_equal(n_acks, 0);
	assert_false(has("a"));
}

/* What was restored stays until everybody has arrived; then who is not in the inventory goes. */
static void sweeps_once_everybody_is_there(void **state)
{
	(void)state;
	config("gone", 1);
	config("stays", 1);
	publisher_inventory_begin(&handlers.inventory,
				  1); /* a restart: wanted is what the state file had */
	inventory((const char *[]){ "stays", "new" }, 2, true);
	publisher_handlers_sweep(&handlers, 1000);
	assert_true(has("gone"));
	assert_int_equal(handlers.passed_ms, 0);
	config("stays", 101);
	config("new", 102);
	publisher_handlers_sweep(&handlers, 2000);
	assert_false(has("gone"));
	assert_true(has("stays") && has("new"));
	assert_int_equal(handlers.passed_ms, 2000);
	publisher_handlers_sweep(&handlers, 3000);
	assert_int_equal(handlers.passed_ms, 2000);
}

static void nobody_goes_on_account_of_what_cannot_be_read(void **state)
{
	(void)state;
	config("restored", 1);
	publisher_inventory_begin(&handlers.inventory, 1);
	inventory(NULL, 0, false);
	publisher_handlers_sweep(&handlers, 1000);
	assert_true(has("restored"));
	inventory(NULL, 0, true); /* it could be read again */
	publisher_handlers_sweep(&handlers, 2000);
	assert_false(has("restored"));
}

/* What a translator of today says counts, and nothing that it makes up. */
static void a_ticket_is_of_its_owner_and_of_today(void **state)
{
	struct arrival message = rig_config("a", rig_route("a", "h", "/", &pool), &pool);
	struct msg_config *sealed = seal(&message), other = *sealed;
	struct msg_ticket_key key;
	char bytes[HASH_LEN];

	(void)state;
	other.owner = rig_key("b"); /* with the ticket of another owner */
	assert_int_equal(take(&other), -1);
	other = *sealed;
	other.stamp.number++;
	assert_int_equal(take(&other), -1);
	other = *sealed;
	memcpy(bytes, sealed->ticket.mac.ptr, HASH_LEN);
	bytes[7] ^= 1;
	other.ticket.mac.ptr = bytes;
	assert_int_equal(take(&other), -1);
	other.ticket.mac = STR_NONE;
	assert_int_equal(take(&other), -1);
	other = *sealed;
	other.ticket.bytes = STR("made up");
	assert_int_equal(take(&other), -1);
	assert_int_equal(publisher_metrics.tickets[TICKET_FORGED], 5);
	publisher_tickets_renew(&handlers.tickets, &key); /* a new session of the resolver */
	assert_int_equal(take(sealed), 0);
	assert_int_equal(publisher_metrics.tickets[TICKET_OLD], 1);
	assert_int_equal(n_acks, 0);
	assert_false(has("a"));
	assert_int_equal(take(seal(&message)), 0);
	assert_true(has("a"));
	assert_int_equal(n_acks, 1);
}

static void a_number_counts_once(void **state)
{
	const struct msg_flushed flushed = { .epoch = 1, .number = 9 };

	(void)state;
	config("a", 5);
	delete ("a", 6);
	publisher_inventory_flushed(&handlers.inventory, &flushed);
	config("a", 5); /* the tombstone is gone, and FLUSHED is a floor */
	config("b", 9);
	assert_false(has("a") || has("b"));
	config("b", 10);
	assert_true(has("b"));
	assert_int_equal(n_acks, 5);
}

/* A CONFIG that names a value which has not come. */
static struct arrival with_secret_of(const char *owner, const char *value, uint64_t number)
{
	const struct rig_value key = { "s", "tls.key", str_from(value) };
	struct arrival message = rig_config(owner, rig_route(owner, "h", "/", &pool), &pool);

	rig_splice(&message, "tls_client_secret", &key, "", &pool);
	message.ticket.stamp.number = number;
	return message;
}

static struct arrival with_secret(const char *value, uint64_t number)
{
	return with_secret_of("a", value, number);
}

static void secret(const char *text)
{
	struct msg_secret_entry entry = { STR("tls.key"), hash_of(str_from(text)), str_from(text) };
	struct msg_secret_put put = { { MSG_KIND_SECRET, STR("ns"), STR("s") }, { &entry, 1 } };

	publisher_handlers_secret(&handlers, &put);
}

static void waits_for_a_value_and_asks(void **state)
{
	struct arrival message = with_secret("KEY", 5);

	(void)state;
	take(seal(&message));
	assert_int_equal(n_acks, 1); /* it waits here, nobody has to send it again */
	assert_int_equal(n_asked, 1);
	assert_false(has("a"));
	secret("another");
	assert_false(has("a"));
	secret("KEY");
	assert_true(has("a"));
	assert_int_equal(publisher_pending_n(&handlers.pending), 0);
}

static void what_is_newer_ends_the_waiting(void **state)
{
	struct arrival message = with_secret("KEY", 5);

	(void)state;
	take(seal(&message));
	config("a", 6);
	assert_int_equal(publisher_pending_n(&handlers.pending), 0);
	secret("KEY");
	assert_null(strstr(rig_render(handlers.wanted, WANTED_JSON, &pool), "tls_client_key"));
	message = with_secret("LATER", 7);
	take(seal(&message));
	delete ("a", 8);
	secret("LATER");
	assert_false(has("a"));
}

/* Who finds no room is not acknowledged, so that it comes again; whose values are there needs none. */
static void so_many_wait_and_no_more(void **state)
{
	struct arrival message;
	char name[16];

	(void)state;
	for (int i = 0; i < PENDING_MAX; i++) {
		(void)snprintf(name, sizeof(name), "w%d", i);
		message = with_secret_of(name, "KEY", 5);
		assert_int_equal(take(seal(&message)), 0);
	}
	assert_int_equal(n_acks, PENDING_MAX);
	message = with_secret_of("late", "KEY", 5);
	assert_int_equal(take(seal(&message)), 0);
	config("plain", 5);
	message = with_secret_of("w0", "KEY", 6); /* in the place of its own */
	assert_int_equal(take(seal(&message)), 0);
	assert_int_equal(n_acks, PENDING_MAX + 2);
	assert_int_equal(publisher_pending_n(&handlers.pending), PENDING_MAX);
	assert_true(has("plain"));
	secret("KEY");
	assert_int_equal(publisher_pending_n(&handlers.pending), 0);
	message = with_secret_of("late", "KEY", 5);
	assert_int_equal(take(seal(&message)), 0);
	assert_true(has("late") && has("w0"));
}

/* It is told what is missing, and is good as soon as that comes. */
static void who_waits_for_long_is_rejected_meanwhile(void **state)
{
	struct msg_key key = rig_key("a");
	struct arrival message = with_secret("NEW", 6);

	(void)state;
	config("a", 5);
	take(seal(&message));
	publisher_pending_tick(&handlers.pending, clock_ms() + 2 * PENDING_LATE_MS);
	assert_true(has("a"));
	assert_int_equal(publisher_wanted_n_rejected(handlers.wanted), 1);
	assert_non_null(strstr(publisher_wanted_owner(handlers.wanted, &key)->reason,
			       "Secret ns/s has not come from the resolver within 30 s"));
	secret("NEW");
	assert_int_equal(publisher_wanted_n_rejected(handlers.wanted), 0);
}

static bool is_not_old(const void *arg, const char *key)
{
	(void)arg;
	return strcmp(key, "old") != 0;
}

/* What a withdrawn key made goes if nobody else makes it again, and nothing else does. */
static void what_a_withdrawn_key_made_goes_if_it_is_rejected(void **state)
{
	struct arrival message = with_secret("KEY", 5);

	(void)state;
	maker = "old";
	config("b", 5);
	config("c", 5);
	take(seal(&message)); /* it waits, and its key is not forgotten */
	maker = "new";
	config("d", 5);
	maker = "";
	config("e", 5);
	secret("KEY");
	publisher_handlers_doubt(&handlers, NULL, is_not_old);
	assert_int_equal(n_resyncs, 1);
	assert_true(has("a") && has("b")); /* until it is known better */
	config("c", 6);
	for (const char *owner = "abcde"; *owner; owner++)
		reject((char[]){ *owner, '\0' }, 7);
	assert_false(has("a") || has("b"));
	assert_true(has("c") && has("d") && has("e"));
	publisher_handlers_doubt(&handlers, NULL, is_not_old);
	assert_int_equal(n_resyncs, 1); /* nobody is left */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_and_acknowledges),
		TEST(other_epochs_are_not_answered),
		TEST(sweeps_once_everybody_is_there),
		TEST(nobody_goes_on_account_of_what_cannot_be_read),
		TEST(a_ticket_is_of_its_owner_and_of_today),
		TEST(a_number_counts_once),
		TEST(waits_for_a_value_and_asks),
		TEST(what_is_newer_ends_the_waiting),
		TEST(so_many_wait_and_no_more),
		TEST(who_waits_for_long_is_rejected_meanwhile),
		TEST(what_a_withdrawn_key_made_goes_if_it_is_rejected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
