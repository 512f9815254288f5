/* publisher: keeps Pomerium's configuration file in step with what the translators made of each
 * owner.
 *
 *   in     CONFIG REJECT                     from a translator
 *          REJECT DELETE SECRET_PUT          from the resolver
 *          WORLD FLUSHED                     from the resolver: who exists, the barrier
 *   out    ACK SECRET_WANTED                 to the resolver
 *          FILE and FILE.state, or records   to Pomerium and to the next publisher
 *   owns   what is wanted, the last good configuration of each owner, what is published
 *   never  writes before everybody has arrived, translates, asks the API server
 */
#include "publisher/room.h"

#include "base/mem.h"

#define VALUES_MS \
	10000 /* the first file waits that long for secret values once everybody has arrived */

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

static void on_peer_up(void *self, struct actor_peer *peer, bool again)
{
	struct publisher *p = self;
	uint64_t epoch = actor_peer_epoch(peer);

	(void)again; /* one that starts over in its epoch announces the world anew */
	if (actor_peer_room(peer) != ROOM_RESOLVER)
		return;
	p->resolver = peer;
	if (epoch == p->world.epoch)
		return;
	publisher_world_begin(&p->world, epoch);
	publisher_waiting_clear(&p->waiting);
	p->settled = p->passed_ms = 0;
}

static void on_peer_down(void *self, struct actor_peer *peer)
{
	struct publisher *p = self;

	if (peer == p->resolver)
		p->resolver = NULL;
}

/* ---- messages ---- */

static int on_config(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	(void)from, (void)err;
	publisher_intake_config(self, &m->body.config, m->raw);
	return 0;
}

static int on_reject(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	(void)from, (void)err;
	publisher_intake_reject(self, &m->body.reject);
	return 0;
}

static int on_delete(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	(void)from, (void)err;
	publisher_intake_delete(self, &m->body.delete);
	return 0;
}

static int on_secret_put(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	(void)from, (void)err;
	publisher_intake_secret(self, &m->body.secret_put);
	return 0;
}

static int on_world(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	struct publisher *p = self;

	if (publisher_world_announce(&p->world, &m->body.world, err) < 0) {
		actor_ask_resync(from, err->text);
		return -1;
	}
	return 0;
}

static int on_flushed(void *self, struct actor_peer *from, const struct msg *m, struct err *err)
{
	struct publisher *p = self;

	(void)from, (void)err;
	publisher_world_flushed(&p->world, &m->body.flushed);
	publisher_vault_sweep(&p->wanted->vault);
	return 0;
}

/* ---- publishing ---- */

/* When this epoch may write: at once after the barrier, or a little later if secret values are on
 * their way. */
static uint64_t may_publish(const struct publisher *p)
{
	if (!p->passed_ms)
		return UINT64_MAX;
	return !p->ready && publisher_waiting_n(&p->waiting) ? p->passed_ms + VALUES_MS : 0;
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
	if (publisher_sink_on_done(&p->sink) < 0)
		return;
	become_ready(p, true);
	publisher_report_stored(p->report);
}

static uint64_t tick_file(struct publisher *p, uint64_t now_ms)
{
	uint64_t due;

	publisher_sink_plan(&p->sink);
	due = publisher_sink_due(&p->sink);
	if (due < may_publish(p))
		due = may_publish(p);
	if (publisher_sink_is_even(&p->sink)) {
		publisher_report_mark(p->report);
		publisher_report_stored(p->report);
	}
	if (due > now_ms)
		return due;
	publisher_sink_publish(&p->sink);
	publisher_report_mark(p->report);
	return publisher_sink_due(&p->sink);
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

	if (standing != DATABROKER_BUSY)
		become_ready(p, standing == DATABROKER_DONE);
	if (standing == DATABROKER_DONE) {
		publisher_report_mark(p->report);
		publisher_report_stored(p->report);
	}
	return due;
}

static uint64_t tick(void *self, uint64_t now_ms)
{
	struct publisher *p = self;
	uint64_t ask, due;

	publisher_intake_settle(p, now_ms);
	ask = publisher_waiting_tick(&p->waiting, now_ms);
	due = p->databroker ? tick_databroker(p, now_ms) : tick_file(p, now_ms);
	due = ask < due ? ask : due;
	ask = publisher_report_tick(p->report, now_ms);
	follow_report(p);
	return ask < due ? ask : due;
}

/* ---- start ---- */

static int open_file(struct publisher *p, struct err *err)
{
	const struct sink_settings *file = &p->flags.file;
	const bool yaml = file->format == WANTED_YAML;

	publisher_wanted_need(p->wanted, (struct wanted_needs){ .yaml = yaml });
	if (publisher_sink_open(&p->sink, file, p->wanted, err) < 0)
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
	p->databroker = publisher_databroker_new(settings, p->wanted, err);
	mem_wipe(&settings->grpc.secret, sizeof(settings->grpc.secret));
	if (!p->databroker)
		return -1;
	return actor_watch_fd(p->loop, publisher_databroker_fd(p->databroker), on_databroker);
}

static int check(void *self, struct err *err)
{
	struct publisher *p = self;

	return publisher_flags_read(&p->flags, err);
}

static int start(void *self, struct actor_loop *loop, struct err *err)
{
	struct publisher *p = self;
	struct wanted_sink warnings = { p, publisher_intake_warn };

	p->loop = loop;
	p->report_fd = -1;
	if (p->flags.report) {
		p->report = publisher_report_new(p->flags.kubeconfig, p->flags.context, err);
		if (!p->report)
			return -1;
	}
	p->wanted = publisher_wanted_new(&warnings);
	publisher_world_init(&p->world);
	publisher_waiting_init(&p->waiting, p, publisher_intake_ask);
	return p->flags.to_databroker ? open_databroker(p, err) : open_file(p, err);
}

static void stop(void *self)
{
	struct publisher *p = self;

	publisher_report_destroy(&p->report);
	if (p->databroker)
		publisher_databroker_destroy(&p->databroker);
	else
		publisher_sink_close(&p->sink);
	publisher_waiting_clear(&p->waiting);
	publisher_world_clear(&p->world);
	publisher_wanted_destroy(&p->wanted);
}

static const struct actor_input inputs[] = {
	{ MSG_CONFIG, on_config }, { MSG_REJECT, on_reject },   { MSG_DELETE, on_delete },
	{ MSG_WORLD, on_world },   { MSG_FLUSHED, on_flushed }, { MSG_SECRET_PUT, on_secret_put },
	{ MSG_NONE, NULL },
};

int main(int argc, char **argv)
{
	struct publisher p = { 0 };

	return actor_main(&(struct actor){ .room = ROOM_PUBLISHER,
					   .summary = "keeps Pomerium's configuration in step",
					   .self = &p,
					   .inputs = inputs,
					   .options = publisher_flags_options,
					   .check = check,
					   .start = start,
					   .stop = stop,
					   .on_peer_up = on_peer_up,
					   .on_peer_down = on_peer_down,
					   .tick = tick },
			  argc, argv);
}
