/* translator: turns bundles into Pomerium's configuration, one at a time. Any number may run.
 *
 *   in     BUNDLE           from resolver
 *   out    CONFIG REJECT    to publisher, with ticket and stamp of the bundle unchanged
 *   owns   nothing: the resolver hands what one translator has not finished to another
 *   never  sees a private key; opens anything but its sockets; takes a bundle while the publisher
 *          cannot take the answer
 */
#include "actor/actor.h"
#include "base/clock.h"
#include "rules/rules.h"
#include "translator/answer.h"
#include "translator/settings/pomerium_flags.h"
#include "translator/translate.h"
#include "translator/watchdog.h"

struct translator {
	struct translator_settings settings;
	struct actor_loop *loop;
};

static struct translator translator;

/* ---- what it counts ---- */

enum outcome { OUTCOME_CONFIG, OUTCOME_REJECT, N_OUTCOMES };

static const struct metric_bounds microseconds = {
	12, { 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 100000, 500000, 2500000 }
};
static const char *const outcomes[] = { "config", "reject", NULL };

static struct {
	uint64_t bundles[N_OUTCOMES];
	struct metric_histogram took; /* us */
	uint64_t settings;
} stats = { .took = { .bounds = &microseconds } };

static const struct metric metrics[] = {
	{ "sluice_translator_bundles_total", "Bundles that were translated, by what became of them",
	  METRIC_COUNTER, stats.bundles, 1, "result", outcomes },
	{ "sluice_translator_settings",
	  "1 if this one translates the Pomerium object and nothing else", METRIC_GAUGE,
	  &stats.settings, 1, NULL, NULL },
	{ "sluice_translator_translate_seconds", "Time that one bundle took", METRIC_HISTOGRAM,
	  &stats.took, 1000000, NULL, NULL },
	{ 0 },
};

/* ---- bundles ---- */

/* Reads bundles only while the publisher has credit left for the answer. */
static void read_if_credit(struct translator *self)
{
	struct actor_peer *publisher = actor_peer_of(self->loop, LINK_CONFIGS);

	actor_set_reading(self->loop, LINK_JOBS, publisher && actor_credit(publisher) > 0);
}

/* A translation that fails has said all the same whom it is about. */
static void send_reject(struct actor_peer *publisher, const struct msg_config *config,
			uint64_t seen_ns)
{
	const struct msg_reject reject = { .ticket = config->ticket,
					   .owner = config->owner,
					   .stamp = config->stamp,
					   .diagnostics = config->diagnostics,
					   .report = config->report };

	actor_send_seen(publisher, MSG_REJECT, &reject, seen_ns);
}

static int on_bundle(void *arg, struct actor_peer *from, const struct msg *m, struct err *err)
{
	struct translator *self = arg;
	const struct msg_bundle *bundle = &m->body.bundle;
	struct actor_peer *publisher = actor_peer_of(self->loop, LINK_CONFIGS);
	struct msg_config config;
	struct pool pool;
	struct err reason = { "" };
	uint64_t begun_ns;

	/* The resolver takes the job whose credit it misses for the one that we are at. */
	actor_return_credit(from);
	if (!publisher)
		return err_set(
			err,
			"the publisher has disconnected; the resolver will send this bundle again");
	begun_ns = clock_ns();
	translator_watchdog_begin();
	pool_init(&pool);
	if (translator_translate(&self->settings, bundle, &pool, &config, &reason)) {
		send_reject(publisher, &config, m->seen_ns);
	} else if (actor_send_seen(publisher, MSG_CONFIG, &config, m->seen_ns) &&
		   actor_credit(publisher) > 0) {
		/* the link is fine: the message is too large for every peer */
		err_rule(&reason, RULE_CONFIG_SIZE,
			 "its configuration is too large to be published; it needs fewer paths");
		translator_answer_refuse(&config, &pool, STR(""), &reason);
		send_reject(publisher, &config, m->seen_ns);
	}
	pool_clear(&pool);
	translator_watchdog_end();
	stats.bundles[reason.text[0] ? OUTCOME_REJECT : OUTCOME_CONFIG]++;
	metric_observe(&stats.took, (clock_ns() - begun_ns) / 1000);
	read_if_credit(self);
	return 0;
}

static void on_peer_up(void *arg, struct actor_peer *peer, bool again)
{
	struct translator *self = arg;

	(void)again;
	if (actor_peer_room(peer) == ROOM_PUBLISHER)
		actor_ready(self->loop);
	read_if_credit(self);
}

static void on_peer_down(void *arg, struct actor_peer *peer)
{
	(void)peer;
	read_if_credit(arg);
}

static void on_writable(void *arg, struct actor_peer *peer)
{
	(void)peer;
	read_if_credit(arg);
}

static bool ready(void *arg, struct err *why)
{
	const struct translator *self = arg;

	if (!actor_peer_of(self->loop, LINK_CONFIGS))
		return !err_set(why, "the publisher is not connected");
	if (!actor_peer_of(self->loop, LINK_JOBS))
		return !err_set(why, "the resolver is not connected");
	return true;
}

static int start(void *arg, struct actor_loop *loop, struct err *err)
{
	struct translator *self = arg;

	(void)err;
	self->loop = loop;
	translator_watchdog_open();
	self->settings.pomerium = &translator_pomerium_flags;
	stats.settings = self->settings.settings_only;
	actor_set_reading(loop, LINK_JOBS, false);
	return 0;
}

static const struct actor_input inputs[] = {
	{ MSG_BUNDLE, on_bundle },
	{ 0 },
};

static const struct conf_option options[] = {
	{ "settings", CONF_BOOL, &translator.settings.settings_only, "false", 0, 0,
	  "translate the Pomerium object and nothing else; over ipc only", 0 },
	{ "prefix", CONF_TEXT, &translator.settings.prefix, "ingress.pomerium.io", 0, 0,
	  "prefix of our annotations", 0 },
	{ "max-owner-work", CONF_INT, &translator.settings.limits.work, "160000", 0, 1L << 40,
	  "microseconds that one Ingress may take to translate, reckoned beforehand; 0: any", 0 },
	{ "max-owner-bytes", CONF_INT, &translator.settings.limits.bytes, "16777216", 0, 1L << 40,
	  "bytes of configuration that one Ingress may make, reckoned beforehand; 0: any", 0 },
	{ "cluster-domain", CONF_TEXT, &translator.settings.cluster_domain, "cluster.local", 0, 0,
	  "DNS domain of the cluster", 0 },
	{ "gateway-class-controller-name", CONF_TEXT, &translator.settings.gateway_controller,
	  "pomerium.io/gateway-controller", 0, 0,
	  "spec.controllerName of the GatewayClasses that are ours", 0 },
	{ "gateway-path-elements", CONF_BOOL, &translator.settings.path_elements, "false", 0, 0,
	  "a path prefix of an HTTPRoute ends where an element of the path ends", 0 },
	{ "gateway-no-backend-status", CONF_INT, &translator.settings.no_backend_status, "404", 404,
	  500, "what a rule of an HTTPRoute without backends answers: 404 or 500", 0 },
	{ 0 },
};

int main(int argc, char **argv)
{
	return actor_main(
		&(struct actor){
			.room = ROOM_TRANSLATOR,
			.summary =
				"translates Ingresses and settings into Pomerium's configuration",
			.self = &translator,
			.settings = &translator.settings.settings_only,
			.inputs = inputs,
			.options = options,
			.more_options = { translator_pomerium_flags_options },
			.start = start,
			.on_peer_up = on_peer_up,
			.on_peer_down = on_peer_down,
			.on_writable = on_writable,
			.metrics = metrics,
			.ready = ready },
		argc, argv);
}
