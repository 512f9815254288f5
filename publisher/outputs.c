/* outputs: where the publisher's work leaves it: the sinks, and reports to Kubernetes.
 *
 *   in     what is wanted, and whether this epoch may write
 *   out    a file, or records; Events and status of what is stored; Certificates that are ordered
 *   owns   the order: nothing is reported as stored before it is
 *   never  decides what is wanted
 *
 * Only here is it known which kinds of sinks there are.
 */
#include "publisher/outputs.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "publisher/bootstrap/bootstrap_sink.h"
#include "publisher/databroker/databroker.h"
#include "publisher/file/file_sink.h"

/* The first state waits that long for secret values once everybody has arrived. */
#define VALUES_MS 10000
/* What has happened in a gap is heard of within so long. */
#define SETTLE_MS 5000

/* ---- what the sinks tell ---- */

static void become_ready(struct outputs *self)
{
	if (self->ready)
		return;
	self->ready = true;
	actor_ready(self->loop);
	mem_trim(); /* all that came at the start was larger than what is kept of it */
}

static void on_taken(void *arg)
{
	struct outputs *self = arg;

	publisher_report_take(self->report);
}

static void on_stored(void *arg)
{
	struct outputs *self = arg;

	become_ready(self);
	if (self->once)
		actor_quit(self->loop, publisher_wanted_n_rejected(self->handlers->wanted) ? 1 : 0);
	publisher_report_stored(self->report);
}

/* ---- descriptors and deadlines ---- */

/* The descriptor of the report may have become another one. */
static void watch_report(struct outputs *self)
{
	const int fd = publisher_report_fd(self->report);

	if (fd == self->report_fd)
		return;
	if (self->report_fd >= 0)
		actor_unwatch_fd(self->loop, self->report_fd);
	if (fd >= 0)
		actor_watch_fd(self->loop, fd, self->on_fd);
	self->report_fd = fd;
}

void publisher_outputs_on_fd(struct outputs *self, int fd)
{
	if (fd != self->report_fd) {
		publisher_sinks_on_fd(&self->sinks, fd);
		return;
	}
	publisher_report_on_fd(self->report);
	watch_report(self);
}

/* When this epoch may write: at once after the barrier, or a little later if secret values are on
 * their way. */
static uint64_t may_write_ms(const struct outputs *self)
{
	const struct handlers *handlers = self->handlers;

	if (!handlers->passed_ms)
		return UINT64_MAX;
	return !self->ready && publisher_pending_n(&handlers->pending)
		       ? handlers->passed_ms + VALUES_MS
		       : 0;
}

/* What is not known is not gone: nothing is ordered or taken back before everybody has arrived, or
 * what others have stored was read, and a while has passed; nor while there is a gap in what is
 * heard of them. UINT64_MAX: somebody else has to come first. */
static uint64_t order_from_ms(const struct outputs *self, const struct sink_state *state)
{
	const uint64_t passed_ms = self->handlers->passed_ms, delay_ms = self->order_delay_ms;
	const uint64_t known_ms = passed_ms > state->read_ms ? passed_ms : state->read_ms;
	const uint64_t settled_ms = state->followed_ms + clock_earlier(delay_ms, SETTLE_MS);

	if (!passed_ms || state->followed_ms == UINT64_MAX)
		return UINT64_MAX;
	return known_ms + delay_ms > settled_ms ? known_ms + delay_ms : settled_ms;
}

static bool may_order(const struct outputs *self, const struct sink_state *state)
{
	return self->ready && state->leads && !state->holds_back &&
	       self->handlers->inventory.certificates;
}

/* Said once: they may be known later. */
static void tell_unknown(struct outputs *self)
{
	const struct handlers *handlers = self->handlers;

	if (!handlers->passed_ms || handlers->inventory.certificates ||
	    !publisher_orders_is_on(self->orders) || self->told_unknown)
		return;
	self->told_unknown = true;
	log_warn("no certificate is ordered: cert-manager is not installed, or its Certificates "
		 "may not be read",
		 "field=spec.certificateAutoProvision");
}

static uint64_t tick_orders(struct outputs *self, const struct sink_state *state, uint64_t now_ms)
{
	const uint64_t from_ms = order_from_ms(self, state);
	uint64_t next = publisher_orders_tick(self->orders, now_ms,
					      now_ms >= from_ms && may_order(self, state));

	tell_unknown(self);
	return self->orders && now_ms < from_ms ? clock_earlier(next, from_ms) : next;
}

uint64_t publisher_outputs_tick(struct outputs *self, uint64_t now_ms)
{
	struct sink_state state;
	uint64_t next;

	publisher_sinks_follow_foreign(&self->sinks, publisher_orders_foreign(self->orders));
	next = publisher_sinks_tick(&self->sinks, now_ms, may_write_ms(self));
	publisher_sinks_look(&self->sinks, &state);
	if (state.standby)
		become_ready(self);
	publisher_report_lead(self->report, state.leads);
	next = clock_earlier(next, tick_orders(self, &state, now_ms));
	next = clock_earlier(next, publisher_report_tick(self->report, now_ms));
	watch_report(self);
	return next;
}

/* ---- start and end ---- */

static struct sink *new_databroker(struct outputs *self, struct databroker_settings *settings,
				   const struct sink_listener *listener, struct err *err)
{
	char agent[64];
	struct sink *sink;
	int len = snprintf(agent, sizeof(agent), "sluice-publisher/%016llx",
			   (unsigned long long)actor_epoch(self->loop));

	settings->grpc.agent = (struct str){ agent, (size_t)len };
	settings->run_dir = actor_run_dir();
	sink = publisher_databroker_new(settings, self->handlers->wanted, listener, err);
	mem_wipe(&settings->grpc.secret, sizeof(settings->grpc.secret));
	return sink;
}

static int open_sinks(struct outputs *self, struct flags *flags, struct err *err)
{
	const struct sink_listener listener = { self, on_taken, on_stored };
	struct wanted *wanted = self->handlers->wanted;
	struct sink *sink = flags->to_databroker
				    ? new_databroker(self, &flags->databroker, &listener, err)
				    : publisher_file_sink_new(&flags->file, wanted, &listener, err);

	if (!sink)
		return -1;
	publisher_sinks_add(&self->sinks, sink);
	if (flags->bootstrap_out) {
		sink = publisher_bootstrap_sink_new(flags->bootstrap_out, wanted, err);
		if (!sink)
			return -1;
		publisher_sinks_add(&self->sinks, sink);
	}
	for (size_t i = 0; i < self->sinks.n; i++)
		actor_watch_fd(self->loop, publisher_sinks_fd(&self->sinks, i), self->on_fd);
	return 0;
}

int publisher_outputs_prepare(struct outputs *self, const struct flags *flags,
			      struct confine *needs, struct err *err)
{
	if (!flags->report)
		return 0;
	self->report = publisher_report_new(flags->kubeconfig, flags->context,
					    flags->gateway_controller, err);
	if (!self->report)
		return -1;
	publisher_report_confine(self->report, needs);
	return 0;
}

static void open_orders(struct outputs *self, const struct flags *flags)
{
	struct kube *kube = publisher_report_kube(self->report);
	const struct orders_settings settings = {
		.namespace = flags->certificate_namespace.len ? flags->certificate_namespace
							      : kube_namespace(kube),
		.wait_ms = flags->certificate_delay_ms,
	};

	self->order_delay_ms = flags->certificate_delay_ms;
	self->orders = publisher_orders_new(kube, self->handlers->wanted, &settings);
}

int publisher_outputs_open(struct outputs *self, struct flags *flags, struct handlers *handlers,
			   struct err *err)
{
	self->handlers = handlers;
	self->report_fd = -1;
	self->once = flags->once;
	if (self->report)
		open_orders(self, flags);
	handlers->sinks = &self->sinks;
	handlers->report = self->report;
	if (publisher_host_policy_open(&handlers->policy, &flags->hosts, err) < 0)
		return -1;
	publisher_wanted_govern(handlers->wanted, &handlers->policy);
	handlers->orders = self->orders;
	publisher_wanted_need(handlers->wanted, flags->needs);
	return open_sinks(self, flags, err);
}

void publisher_outputs_close(struct outputs *self)
{
	publisher_orders_destroy(&self->orders);
	publisher_report_destroy(&self->report);
	publisher_sinks_clear(&self->sinks);
}
