/* outlet: where the publisher's work leaves it: a file or a databroker, and reports to Kubernetes.
 *
 *   in     what is wanted, and whether this epoch may write
 *   out    a file, or records; Events and status of what is stored
 *   owns   the order: nothing is reported as stored before it is
 *   never  decides what is wanted
 */
#include "publisher/room.h"

#include "base/mem.h"

/* The first state waits that long for secret values once everybody has arrived. */
#define VALUES_MS 10000

/* ---- reports ---- */

static void on_report(void *self, int fd);

/* The descriptor of the report may have become another one. */
static void follow_report(struct publisher *p)
{
	const int fd = publisher_report_fd(p->report);

	if (fd == p->report_fd)
		return;
	if (p->report_fd >= 0)
		actor_unwatch_fd(p->loop, p->report_fd);
	if (fd >= 0)
		actor_watch_fd(p->loop, fd, on_report);
	p->report_fd = fd;
}

static void on_report(void *self, int fd)
{
	struct publisher *p = self;

	(void)fd;
	publisher_report_on_fd(p->report);
	follow_report(p);
}

/* ---- publishing ---- */

/* When this epoch may write: at once after the barrier, or a little later if secret values are on
 * their way. */
static uint64_t may_publish(const struct publisher *p)
{
	if (!p->passed_ms)
		return UINT64_MAX;
	return !p->ready && publisher_pending_n(&p->pending) ? p->passed_ms + VALUES_MS : 0;
}

/* Everything that is wanted is stored: `stored`; or another replica sees to that. */
static void become_ready(struct publisher *p, bool stored)
{
	if (!p->ready)
		actor_ready(p->loop);
	p->ready = true;
	if (stored && p->flags.once)
		actor_quit(p->loop, publisher_wanted_n_rejected(p->wanted) ? 1 : 0);
}

static void on_file_done(void *self, int fd)
{
	struct publisher *p = self;

	(void)fd;
	if (publisher_file_sink_on_done(&p->sink) < 0)
		return;
	become_ready(p, true);
	publisher_report_stored(p->report);
}

static uint64_t tick_file(struct publisher *p, uint64_t now_ms)
{
	uint64_t due;

	publisher_file_sink_plan(&p->sink);
	due = publisher_file_sink_due(&p->sink);
	if (due < may_publish(p))
		due = may_publish(p);
	if (publisher_file_sink_is_even(&p->sink)) {
		publisher_report_mark(p->report);
		publisher_report_stored(p->report);
	}
	if (due > now_ms)
		return due;
	publisher_file_sink_publish(&p->sink);
	publisher_report_mark(p->report);
	return publisher_file_sink_due(&p->sink);
}

static void on_databroker(void *self, int fd)
{
	struct publisher *p = self;

	(void)fd;
	publisher_databroker_on_fd(p->databroker);
}

static uint64_t tick_databroker(struct publisher *p, uint64_t now_ms)
{
	uint64_t due = publisher_databroker_tick(p->databroker, now_ms, may_publish(p));
	enum databroker_standing standing = publisher_databroker_standing(p->databroker);

	publisher_report_lead(p->report, publisher_databroker_is_leader(p->databroker));
	if (standing != DATABROKER_BUSY)
		become_ready(p, standing == DATABROKER_DONE);
	if (standing == DATABROKER_DONE) {
		publisher_report_mark(p->report);
		publisher_report_stored(p->report);
	}
	return due;
}

uint64_t publisher_outlet_tick(struct publisher *p, uint64_t now_ms)
{
	const uint64_t start = publisher_startup_tick(p, now_ms);
	const uint64_t due = p->databroker ? tick_databroker(p, now_ms) : tick_file(p, now_ms);
	const uint64_t report = publisher_report_tick(p->report, now_ms);

	follow_report(p);
	return clock_earlier(start, clock_earlier(report, due));
}

/* ---- start and end ---- */

static int open_file(struct publisher *p, struct err *err)
{
	const struct file_sink_settings *file = &p->flags.file;
	if (publisher_file_sink_open(&p->sink, file, p->wanted, err) < 0)
		return -1;
	return actor_watch_fd(p->loop, p->sink.done_fd, on_file_done);
}

static int open_databroker(struct publisher *p, struct err *err)
{
	struct databroker_settings *settings = &p->flags.databroker;
	char agent[64];
	int len = snprintf(agent, sizeof(agent), "sluice-publisher/%016llx",
			   (unsigned long long)actor_epoch(p->loop));

	settings->grpc.agent = (struct str){ agent, (size_t)len };
	settings->run_dir = actor_run_dir();
	p->databroker = publisher_databroker_new(settings, p->wanted, err);
	mem_wipe(&settings->grpc.secret, sizeof(settings->grpc.secret));
	if (!p->databroker)
		return -1;
	return actor_watch_fd(p->loop, publisher_databroker_fd(p->databroker), on_databroker);
}

int publisher_outlet_open(struct publisher *p, struct err *err)
{
	p->report_fd = -1;
	if (p->flags.report) {
		p->report = publisher_report_new(p->flags.kubeconfig, p->flags.context, err);
		if (!p->report)
			return -1;
	}
	if (publisher_startup_open(p, err) < 0)
		return -1;
	return p->flags.to_databroker ? open_databroker(p, err) : open_file(p, err);
}

void publisher_outlet_close(struct publisher *p)
{
	publisher_report_destroy(&p->report);
	publisher_startup_close(p);
	if (p->databroker)
		publisher_databroker_destroy(&p->databroker);
	else
		publisher_file_sink_close(&p->sink);
}
