/* test_handlers: the publisher without its sockets: what it takes, acknowledges, asks for and
 * removes. */
#include "publisher/handlers.h"

#include "base/log.h"
#include "publisher/file/file_sink.h"
#include "tests/unit/publisher/folders.h"
#include "tests/unit/publisher/rig.h"

static struct pool pool;
static struct handlers handlers;
static struct sinks sinks;
static size_t n_acks, n_asked;
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

static void ignore(void *self)
{
	(void)self;
}

static int setup(void **state)
{
	struct file_sink_settings settings = { .format = WANTED_JSON, .interval_ms = 500 };
	const struct sink_listener listener = { NULL, ignore, ignore };
	struct sink *sink;
	struct err err = { "" };

	(void)state;
	pool_init(&pool);
	folder_make();
	log_set_level(LOG_LEVEL_ERROR);
	n_acks = n_asked = 0;
	publisher_handlers_init(&handlers);
	handlers.resolver = (struct actor_peer *)&handlers;
	handlers.sinks = &sinks;
	publisher_inventory_begin(&handlers.inventory, 1);
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

static void take(const struct msg_config *config, struct str raw)
{
	publisher_handlers_config(&handlers, &(struct msg){ .raw = raw, .body.config = *config });
}

static void config(const char *owner, uint64_t number)
{
	struct msg_config message = rig_config(owner, rig_route(owner, owner, "/", &pool), &pool);

	message.stamp.number = number;
	take(&message, STR(""));
}

static void reject(const char *owner, uint64_t number)
{
	struct msg_reject message = { .owner = rig_key(owner),
				      .stamp = { 1, number },
				      .reason = STR("it is broken") };

	publisher_handlers_reject(&handlers, &message);
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
	struct msg_config message = rig_config("a", rig_route("a", "h", "/", &pool), &pool);

	(void)state;
	message.stamp.epoch = 2;
	take(&message, STR(""));
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

/* A CONFIG that names a value which has not come. */
static struct msg_config with_secret(struct msg_splice *splice, uint64_t number)
{
	struct msg_config message = rig_config("a", rig_route("a", "h", "/", &pool), &pool);

	*splice = (struct msg_splice){ .route_id = STR(""),
				       .path = STR("tls_client_key"),
				       .secret_namespace = STR("ns"),
				       .secret_name = STR("s"),
				       .secret_key = STR("k"),
				       .hmac = hash_of(STR("KEY")) };
	message.uid = STR("");
	message.stamp.number = number;
	message.splices = (struct msg_splice_list){ splice, 1 };
	return message;
}

static void send_packed(const struct msg_config *message)
{
	struct buf raw;

	buf_init(&raw, BUF_MAX_MESSAGE);
	codec_pack(&msg_config_codec, message, &raw);
	take(message, buf_view(&raw));
	buf_clear(&raw);
}

static void secret(const char *text)
{
	struct msg_secret_entry entry = { STR("k"), hash_of(str_from(text)), str_from(text) };
	struct msg_secret_put put = { { MSG_KIND_SECRET, STR("ns"), STR("s") }, { &entry, 1 } };

	publisher_handlers_secret(&handlers, &put);
}

static void waits_for_a_value_and_asks(void **state)
{
	struct msg_splice splice;
	struct msg_config message = with_secret(&splice, 5);

	(void)state;
	send_packed(&message);
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
	struct msg_splice splice;
	struct msg_config message = with_secret(&splice, 5);

	(void)state;
	send_packed(&message);
	config("a", 6);
	assert_int_equal(publisher_pending_n(&handlers.pending), 0);
	secret("KEY");
	assert_null(strstr(rig_render(handlers.wanted, WANTED_JSON, &pool), "tls_client_key"));
	message.stamp.number = 7;
	splice.hmac = hash_of(STR("LATER"));
	send_packed(&message);
	delete ("a", 8);
	secret("LATER");
	assert_false(has("a"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_and_acknowledges),
		TEST(other_epochs_are_not_answered),
		TEST(sweeps_once_everybody_is_there),
		TEST(nobody_goes_on_account_of_what_cannot_be_read),
		TEST(waits_for_a_value_and_asks),
		TEST(what_is_newer_ends_the_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
