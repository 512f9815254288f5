/* actor: the shared main: from argv to the loop, and to a clean end.
 *
 *   in     argv, the environment
 *   out    the exit status: 0 clean, 2 wrong settings, 111 it cannot start or go on
 *   owns   what is opened before the loop and closed after it
 *   never  handles a message: the loop does
 */
#include "actor/actor.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actor/actor_metrics.h"
#include "actor/actor_settings.h"
#include "actor/loop.h"
#include "actor/socket_file.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/vault/vault.h"
#include "confine/confine.h"

/* ---- open ---- */

static int open_keys(struct actor_loop *loop, struct err *err)
{
	if (actor_curve_open(&loop->curve, actor_settings.curve_dir.ptr, actor_settings.curve_needs,
			     err) < 0)
		return -1;
	return actor_zap_open(&loop->zap, &loop->curve, &loop->strangers, err);
}

static int open_link(struct actor_loop *loop, enum msg_link id, struct err *err)
{
	struct link_settings settings = { .id = id, .endpoints = &actor_settings.endpoints[id] };
	char ipc[PATH_MAX];
	struct str text;
	struct str_list in_run_dir = { &text, 1 };

	if (!actor_link_is_of(id, loop->actor->room, &settings.is_router))
		return 0;
	settings.credit = id == LINK_JOBS && !settings.is_router
				  ? (uint64_t)actor_settings.jobs_credit
				  : LINK_CREDIT;
	snprintf(ipc, sizeof(ipc), "ipc://%s/%s", actor_settings.run_dir.ptr, actor_link_name(id));
	text = str_from(ipc);
	if (!settings.endpoints->n)
		settings.endpoints = &in_run_dir;
	if (settings.is_router && (id == LINK_JOBS || id == LINK_CONFIGS))
		settings.settings_endpoint = actor_settings.settings_endpoint;
	loop->links[id] = actor_link_open(&loop->commons, &settings, err);
	return loop->links[id] ? 0 : -1;
}

static int open_links(struct actor_loop *loop, struct err *err)
{
	for (int id = 0; id < N_LINKS; id++)
		if (open_link(loop, (enum msg_link)id, err) < 0)
			return -1;
	return 0;
}

static void open_taps(struct actor_loop *loop)
{
	char ipc[PATH_MAX + 8], path[PATH_MAX];

	actor_socket_file_name(actor_settings.run_dir.ptr, "tap", loop->actor->room, path);
	snprintf(ipc, sizeof(ipc), "ipc://%s", path);
	actor_taps_open(&loop->taps, actor_settings.tap.len ? actor_settings.tap.ptr : ipc);
}

static int open_web(struct actor_loop *loop, struct err *err)
{
	const struct web_owner owner = { .actor = loop->actor,
					 .loop = loop,
					 .measure = actor_loop_measure };
	char path[PATH_MAX];

	actor_socket_file_name(actor_settings.run_dir.ptr, "web", loop->actor->room, path);
	return actor_web_open(&loop->web, &owner,
			      &(struct web_places){ .path = path,
						    .metrics = actor_settings.metrics_at,
						    .probes = actor_settings.probes_at },
			      err);
}

static int open_all(struct actor_loop *loop, struct err *err)
{
	if (actor_loop_open_signals(loop, err) < 0 || open_keys(loop, err) < 0 ||
	    open_links(loop, err) < 0)
		return -1;
	open_taps(loop);
	return open_web(loop, err);
}

static void close_all(struct actor_loop *loop)
{
	for (int id = 0; id < N_LINKS; id++)
		actor_link_close(&loop->links[id]);
	actor_zap_close(&loop->zap);
	actor_curve_close(&loop->curve);
	actor_taps_close(&loop->taps);
	actor_web_close(&loop->web);
	zsys_shutdown();
	if (loop->signals >= 0)
		close(loop->signals);
	log_debug("ends", "secrets=%zu locked=%zu", vault_size(), vault_locked());
	mem_free(loop->fds);
}

/* ---- main ---- */

/* What every room needs: its links, its tap, its addresses. */
static void add_standard_needs(enum msg_room room, struct confine *needs)
{
	for (int id = 0; id < N_LINKS; id++) {
		const struct str_list *ends = &actor_settings.endpoints[id];
		bool is_router;

		if (!actor_link_is_of((enum msg_link)id, room, &is_router))
			continue;
		for (size_t i = 0; i < ends->n; i++)
			(is_router ? confine_bind_at : confine_connect_to)(needs, ends->items[i]);
	}
	if (actor_settings.settings_endpoint.len)
		confine_bind_at(needs, actor_settings.settings_endpoint);
	if (actor_settings.tap.len)
		confine_bind_at(needs, actor_settings.tap);
	confine_bind(needs, actor_settings.metrics_at.port);
	confine_bind(needs, actor_settings.probes_at.port);
	confine_read(needs, actor_settings.curve_dir);
}

/* Before there is a thread: which files and ports it may use from now on. */
static int prepare(const struct actor *actor, struct confine *needs, struct err *err)
{
	*needs = (struct confine){ .room = actor->room,
				   .tcp = actor_settings.tcp,
				   .run_dir = actor_settings.run_dir };
	if (mkdir(actor_settings.run_dir.ptr, 0700) < 0 && errno != EEXIST)
		log_info("no run folder", "path=%s reason=%s",
			 log_value(actor_settings.run_dir.ptr), log_value(strerror(errno)));
	add_standard_needs(actor->room, needs);
	if (actor->prepare && actor->prepare(actor->self, needs, err) < 0)
		return -1;
	confine_prepare();
	if (actor_settings.confined)
		confine_places(needs);
	else
		log_warn("not confined: whoever takes this process over has all rights of its user",
			 "flag=--sandbox=off");
	return 0;
}

/* All that needs more than the table of the room allows is behind it. */
static int confine(const struct confine *needs, struct err *err)
{
	if (!actor_settings.confined)
		return 0;
	confine_limit(needs);
	actor_metrics_limit();
	return confine_start(needs, err);
}

static int open_room(const struct actor *actor, struct actor_loop *loop, struct err *err)
{
	struct confine needs;

	actor_metrics_limit();
	if (prepare(actor, &needs, err) < 0 || open_all(loop, err) < 0 ||
	    (actor->start && actor->start(actor->self, loop, err) < 0))
		return -1;
	return confine(&needs, err);
}

static void init(struct actor_loop *loop, const struct actor *actor)
{
	*loop = (struct actor_loop){ .actor = actor,
				     .signals = -1,
				     .web.epoll = -1,
				     .curve.changes = -1,
				     .heartbeat_ms = actor_settings.heartbeat_ms,
				     .ready_fd = (int)actor_settings.ready_fd,
				     .status = EXIT_SYSTEM };
	loop->commons = (struct link_commons){ .actor = actor,
					       .epoch = hash_random64(),
					       .curve = &loop->curve,
					       .strangers = &loop->strangers,
					       .taps = &loop->taps,
					       .loop = loop,
					       .on_numbered = actor_loop_on_numbered };
	loop->moved_ms = loop->now_ms = clock_ms();
	if (loop->ready_fd >= 0) /* not for the plugins that a room starts */
		(void)fcntl(loop->ready_fd, F_SETFD, FD_CLOEXEC);
	actor_metrics_open(actor->room);
}

static void *crypto_alloc(size_t size, const char *file, int line)
{
	(void)file, (void)line;
	return size ? mem_alloc(size) : NULL;
}

static void *crypto_realloc(void *ptr, size_t size, const char *file, int line)
{
	(void)file, (void)line;
	if (size)
		return mem_realloc(ptr, size);
	mem_free(ptr);
	return NULL;
}

static void crypto_free(void *ptr, const char *file, int line)
{
	(void)file, (void)line;
	mem_free(ptr);
}

int actor_main(const struct actor *actor, int argc, char **argv)
{
	struct actor_loop loop;
	struct err err = { "" };
	int rc;

	log_open(room_name(actor->room));
	mem_protect_process();
	/* OpenSSL without memory crashes, or finds a good certificate bad. */
	(void)CRYPTO_set_mem_functions(crypto_alloc, crypto_realloc, crypto_free);
	umask(077);
	rc = actor_settings_read(actor, argc, argv, &err);
	if (rc < 0)
		fprintf(stderr, "sluice-%s: %s\n", room_name(actor->room), err.text);
	if (rc != 0)
		return rc < 0 ? EXIT_USAGE : EXIT_CLEAN;
	init(&loop, actor);
	if (open_room(actor, &loop, &err) < 0) {
		log_error("cannot start", "reason=%s", log_value(err.text));
	} else {
		loop.status = EXIT_CLEAN;
		actor_loop_run(&loop);
		if (actor->stop)
			actor->stop(actor->self);
	}
	close_all(&loop);
	return loop.status;
}

struct str actor_run_dir(void)
{
	return actor_settings.run_dir;
}
