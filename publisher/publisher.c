/* publisher: keeps Pomerium's configuration file in step with what the translators made of each
 * owner.
 *
 *   in     CONFIG REJECT                     from a translator
 *          REJECT DELETE SECRET_PUT          from the resolver
 *          WORLD FLUSHED                     from the resolver: who exists, the barrier
 *   out    ACK SECRET_WANTED                 to the resolver
 *          FILE and FILE.state               to Pomerium and to the next publisher
 *   owns   what is wanted, the last good configuration of each owner, what is published
 *   never  writes before everybody has arrived, translates, asks the API server
 */
#include "publisher/room.h"

#define VALUES_MS \
	10000 /* the first file waits that long for secret values once everybody has arrived */

static struct {
	struct str out, format;
	uint64_t interval_ms;
	bool once;
} settings;

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
	return p->sink.forced && publisher_waiting_n(&p->waiting) ? p->passed_ms + VALUES_MS : 0;
}

static void on_done(void *self, int fd)
{
	struct publisher *p = self;
	bool first = p->sink.forced;

	(void)fd;
	if (publisher_sink_on_done(&p->sink) < 0 || !first)
		return;
	actor_ready(p->loop);
	if (settings.once)
		actor_quit(p->loop, publisher_wanted_n_rejected(p->wanted) ? 1 : 0);
}

static uint64_t tick(void *self, uint64_t now_ms)
{
	struct publisher *p = self;
	uint64_t ask, due;

	publisher_intake_settle(p, now_ms);
	publisher_sink_plan(&p->sink);
	ask = publisher_waiting_tick(&p->waiting, now_ms);
	due = publisher_sink_due(&p->sink);
	if (due < may_publish(p))
		due = may_publish(p);
	if (due <= now_ms) {
		publisher_sink_publish(&p->sink);
		due = publisher_sink_due(&p->sink);
	}
	return ask < due ? ask : due;
}

/* ---- start ---- */

static int start(void *self, struct actor_loop *loop, struct err *err)
{
	struct publisher *p = self;
	struct wanted_sink warnings = { p, publisher_intake_warn };
	struct sink_settings sink = { .path = settings.out.ptr,
				      .interval_ms = settings.interval_ms };

	p->loop = loop;
	if (!settings.out.len)
		return err_set(err, "--out is missing; it names the file to write");
	if (!str_is(settings.format, "json") && !str_is(settings.format, "yaml"))
		return err_set(err, "--format is %s; it must be json or yaml",
			       err_quote(settings.format));
	sink.format = str_is(settings.format, "json") ? WANTED_JSON : WANTED_YAML;
	p->wanted = publisher_wanted_new(&warnings);
	publisher_wanted_need(p->wanted, (struct wanted_needs){ sink.format == WANTED_YAML,
								sink.format == WANTED_YAML });
	publisher_world_init(&p->world);
	publisher_waiting_init(&p->waiting, p, publisher_intake_ask);
	if (publisher_sink_open(&p->sink, &sink, p->wanted, err) < 0)
		return -1;
	return actor_watch_fd(loop, p->sink.done_fd, on_done);
}

static void stop(void *self)
{
	struct publisher *p = self;

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

static const struct conf_option options[] = {
	{ "out", CONF_TEXT, &settings.out, "", 0, 0, "file to keep Pomerium's configuration in",
	  'o' },
	{ "format", CONF_TEXT, &settings.format, "yaml", 0, 0,
	  "yaml: Pomerium's config.yaml; json: protobuf-JSON of the Config", 0 },
	{ "publish-interval", CONF_DURATION, &settings.interval_ms, "500ms", 1, 3600000,
	  "longest time that a change waits for others", 0 },
	{ "once", CONF_BOOL, &settings.once, "false", 0, 0,
	  "end after the first complete state: status 0, or 1 if something is rejected", 0 },
	{ 0 },
};

int main(int argc, char **argv)
{
	struct publisher p = { 0 };

	return actor_main(&(struct actor){ .room = ROOM_PUBLISHER,
					   .summary = "keeps Pomerium's configuration in step",
					   .self = &p,
					   .inputs = inputs,
					   .options = options,
					   .start = start,
					   .stop = stop,
					   .on_peer_up = on_peer_up,
					   .on_peer_down = on_peer_down,
					   .tick = tick },
			  argc, argv);
}
