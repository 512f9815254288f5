/* up: runs the pipeline on one machine, or in one pod.
 *
 *   in     -f FILE|DIR..., a cluster or a recording; flags
 *   out    one process a room (N translators, and one for the settings), Pomerium too if that is
 *          wanted; the file that the publisher writes, the table
 *   owns   the verbs `up`, `controller`, `all-in-one`, `record` and `replay`, which differ in
 *          their defaults
 *   never  touches a message
 */
#include "cli/cli.h"
#include "cli/offline/input.h"
#include "cli/offline/offline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "grpc/grpc.h"
#include "kube/kube_config.h"
#include "cli/up/places.h"
#include "cli/up/standard.h"
#include "cli/up/supervisor.h"
#include "translator/settings/pomerium_flags.h"
#include "watcher/feed.h"

struct up {
	const struct up_verb *verb;
	struct supervisor supervisor;
	struct places places;
	struct standard standard;
	bool unreadable; /* with --once: some of the manifests cannot be read */
	char bin_dir[4096];
};

/* ---- command lines ---- */

static struct child *add_room(struct up *self, enum msg_room room, const char *name)
{
	const unsigned place = (unsigned)self->supervisor.n_children;
	char path[sizeof(self->bin_dir) + 64];
	struct child *child;

	snprintf(path, sizeof(path), "%s/sluice-%s", self->bin_dir, room_name(room));
	child = cli_supervisor_add(&self->supervisor, name, room, path);
	cli_up_flags_each(room, place, cli_child_add_arg, child);
	if (room == ROOM_PUBLISHER && self->supervisor.notify.flag[0])
		cli_child_add_arg(child, str_from(self->supervisor.notify.flag));
	return child;
}

static void add_flag(struct child *child, const char *name, struct str value, const char *more)
{
	struct buf flag;

	buf_init(&flag, BUF_MAX_TEXT);
	buf_printf(&flag, "--%s=" STR_FMT "%s", name, STR_ARG(value), more);
	cli_child_add_arg(child, buf_view(&flag));
	buf_clear(&flag);
}

static void add_url(struct child *child, const char *name, struct str address, const char *path)
{
	struct buf url;

	buf_init(&url, BUF_MAX_TEXT);
	cli_pomerium_url("http", address, &url);
	add_flag(child, name, buf_view(&url), path);
	buf_clear(&url);
}

/* `sluice VERB`, which asks the rooms. */
static struct child *add_verb(struct up *self, const char *verb)
{
	char path[sizeof(self->bin_dir) + 64];
	struct child *child;

	snprintf(path, sizeof(path), "%s/sluice", self->bin_dir);
	child = cli_supervisor_add(&self->supervisor, verb, ROOM_NONE, path);
	cli_child_add_arg(child, str_from(verb));
	add_flag(child, "run-dir", cli_up_flags.run_dir, "");
	add_flag(child, "log-format", cli_up_flags.log_format, "");
	return child;
}

static void add_page(struct up *self)
{
	struct child *child = add_verb(self, "web");

	add_flag(child, "web-bind-address", cli_up_flags.web, "");
	for (size_t i = 0; i < cli_up_flags.web_hosts.n; i++)
		add_flag(child, "web-host", cli_up_flags.web_hosts.items[i], "");
}

/* Answers for all. */
static void add_gatherer(struct up *self)
{
	struct child *child = add_verb(self, "metrics");

	add_flag(child, "metrics-bind-address", cli_up_flags.metrics, "");
	add_flag(child, "health-probe-bind-address", cli_up_flags.probes, "");
	if (self->supervisor.beside.program) {
		add_url(child, "pomerium-metrics-url", translator_pomerium_flags.metrics_addr,
			"/metrics");
		add_url(child, "pomerium-health-url", translator_pomerium_flags.health_addr, "");
	}
}

static void add_pomerium(struct up *self)
{
	struct supervisor *supervisor = &self->supervisor;
	struct child *child =
		cli_supervisor_add(supervisor, "pomerium", ROOM_NONE, supervisor->beside.program);

	supervisor->pomerium = child;
	cli_child_add_arg(child, STR("--config"));
	cli_child_add_arg(child, str_from(supervisor->beside.config));
}

static void add_children(struct up *self)
{
	add_room(self, ROOM_WATCHER, "watcher");
	add_room(self, ROOM_RESOLVER, "resolver");
	add_room(self, ROOM_PUBLISHER, "publisher");
	for (long i = 0; i < cli_up_flags.n_workers; i++)
		add_room(self, ROOM_TRANSLATOR, "translator");
	cli_child_add_arg(add_room(self, ROOM_TRANSLATOR, "settings"), STR("--settings"));
	if (self->verb->one_address && (cli_up_flags.metrics.len || cli_up_flags.probes.len))
		add_gatherer(self);
	if (cli_up_flags.web.len && !str_is(cli_up_flags.web, "0"))
		add_page(self);
	if (self->supervisor.beside.program)
		add_pomerium(self);
}

/* ---- start and end ---- */

static int find_bin_dir(struct up *self, struct err *err)
{
	ssize_t len = readlink("/proc/self/exe", self->bin_dir, sizeof(self->bin_dir) - 1);

	if (len < 0)
		return err_set(err, "/proc/self/exe cannot be read, so the rooms' binaries beside "
				    "it cannot be found");
	self->bin_dir[len] = '\0';
	*strrchr(self->bin_dir, '/') = '\0';
	return 0;
}

static int check_pomerium(struct up *self, struct err *err)
{
	if (!cli_up_flags.pomerium.len)
		return 0;
	if (cli_up_flags.out.len)
		return err_set(err, "--pomerium gets its routes through its databroker, not from a "
				    "file; leave --out out");
	if (cli_up_flags.once)
		return err_set(err, "--once would end Pomerium as soon as it serves; leave it or "
				    "--pomerium out");
	if (!cli_up_flags.databroker_url.len)
		cli_pomerium_set_databroker();
	return cli_pomerium_find(&self->supervisor.beside, cli_up_flags.pomerium, err);
}

static int check_url(struct err *err)
{
	struct grpc *grpc =
		grpc_new(&(struct grpc_settings){ .url = cli_up_flags.databroker_url }, err);

	if (!grpc)
		return err_wrap(err, "--databroker-service-url");
	grpc_destroy(&grpc);
	return 0;
}

static int check_sink(struct err *err)
{
	const bool databroker = cli_up_flags.databroker_url.len;

	if (!cli_up_flags.out.len == !databroker)
		return err_set(err, "name either the file to write with --out, or a databroker "
				    "with --databroker-service-url");
	if ((databroker || str_is(cli_up_flags.out, "-")) && cli_up_flags.table)
		return err_set(err, "--table shows what is in a file; it needs --out FILE");
	if (databroker && !cli_offline_settings.resolve.pomerium_config.len &&
	    !cli_up_flags.shared_secret.len && !cli_up_flags.shared_secret_file.len)
		return err_set(err, "the databroker wants a secret: name it with --shared-secret, "
				    "or the Pomerium object that has it with --pomerium-config");
	return databroker ? check_url(err) : 0;
}

static int check_source(struct err *err)
{
	const bool files = cli_offline_settings.files.n, cluster = cli_up_flags.kubeconfig.len;

	if (cli_up_flags.replay.len && (files || cluster || cli_up_flags.record.len))
		return err_set(err, "a recording is played alone; leave -f, --kubeconfig and "
				    "--record out");
	if (!files && !cluster && !cli_up_flags.replay.len && !getenv("KUBERNETES_SERVICE_HOST"))
		return err_set(err, "name at least one manifest file or folder with -f, or a "
				    "cluster with --kubeconfig");
	return 0;
}

/* The first argument of some verbs is no manifest. */
static int take_argument(const struct up_verb *verb, struct str_list *rest, struct err *err)
{
	if (!verb->argument || verb->argument->len)
		return 0;
	if (!rest->n)
		return err_set(err, "name the file of the recording");
	*verb->argument = rest->items[0];
	rest->items++;
	rest->n--;
	return 0;
}

static int check(struct up *self, struct str_list *rest, struct err *err)
{
	if (take_argument(self->verb, rest, err))
		return -1;
	(void)cli_offline_add_files(rest);
	if (check_source(err))
		return -1;
	if (!str_is(cli_up_flags.format, "json") && !str_is(cli_up_flags.format, "yaml"))
		return err_set(err, "--format is %s; it must be json or yaml",
			       err_quote(cli_up_flags.format));
	return check_pomerium(self, err) ? -1 : check_sink(err);
}

/* A pipeline that stays waits for files to appear. With --once there is nothing to wait for. */
static int check_files(struct err *err)
{
	const struct str_list *files = &cli_offline_settings.files;

	for (size_t i = 0; cli_up_flags.once && i < files->n; i++)
		if (!str_is(files->items[i], "-") && access(files->items[i].ptr, R_OK))
			return err_set(err, "%s cannot be read: %s", err_quote(files->items[i]),
				       strerror(errno));
	return 0;
}

/* The processes would try again and again. */
static int check_recording(struct err *err)
{
	FILE *file;
	double speed;

	if (!cli_up_flags.replay.len)
		return cli_places_check_out("--record", cli_up_flags.record, err);
	if (watcher_replay_open(cli_up_flags.replay, cli_up_flags.replay_speed, &file, &speed,
				err) < 0)
		return -1;
	(void)fclose(file);
	return 0;
}

static int check_cluster(struct err *err)
{
	struct kube_config config = { 0 };
	int rc;

	if (!cli_up_flags_watch_cluster())
		return 0;
	rc = cli_up_flags.kubeconfig.len
		     ? kube_config_load(&config, cli_up_flags.kubeconfig, cli_up_flags.context, err)
		     : kube_config_in_cluster(&config, err);
	kube_config_clear(&config);
	if (!rc && !cli_up_flags.report)
		log_info("the cluster is not told what becomes of its Ingresses; --report does",
			 NULL);
	return rc;
}

static int open_places(struct up *self, struct err *err)
{
	const bool to_stdout = str_is(cli_up_flags.out, "-");

	if (find_bin_dir(self, err) ||
	    cli_places_follow_link("--bootstrap-out", &cli_up_flags.bootstrap_out, err) ||
	    (!to_stdout && cli_places_follow_link("--out", &cli_up_flags.out, err)) ||
	    cli_places_check_out("--bootstrap-out", cli_up_flags.bootstrap_out, err) ||
	    (!to_stdout && cli_places_lock_out(&self->places, cli_up_flags.out, err)) ||
	    cli_places_open(&self->places, &cli_up_flags.run_dir, err) ||
	    cli_standard_open(&self->standard, cli_up_flags.run_dir, &cli_offline_settings.files,
			      &cli_up_flags.out, err))
		return -1;
	/* the watcher names what it cannot read, and goes on; here nobody will mend it */
	self->unreadable = cli_up_flags.once && cli_offline_settings.files.n &&
			   cli_input_is_unreadable(&cli_offline_settings.files);
	return self->supervisor.beside.program
		       ? cli_pomerium_set_flags(&self->supervisor.beside, self->verb->one_address,
						err)
		       : 0;
}

static void add_hint(struct buf *out, const char *words, const char *what)
{
	buf_printf(out, "  %s %-20s  %s\n", program_invocation_name, words, what);
}

/* For a newcomer in front of `make run`. */
static void say_how_to_ask(struct buf *out)
{
	buf_puts(out, "Edits are followed until Ctrl-C. In another terminal:\n\n");
	add_hint(out, "routes", "these routes; -o wide: nothing is cut");
	add_hint(out, "explain URL", "which of them serves it, and how");
	add_hint(out, "explain ingress NAME", "all that is known of one");
	add_hint(out, "web", "a page for the browser");
	add_hint(out, "top", "what the processes do");
	add_hint(out, "tap", "what they say to each other");
	buf_printf(out, "\nIf several run: --run-dir " STR_FMT "\n\n",
		   STR_ARG(cli_up_flags.run_dir));
}

static int run(struct up *self)
{
	struct supervisor *supervisor = &self->supervisor;
	const bool to_stdout = self->standard.out.len,
		   shown = cli_up_flags.table || (to_stdout && !self->verb->is_silent);
	struct buf hint;

	buf_init(&hint, BUF_MAX_TEXT);
	if (!cli_up_flags.once)
		say_how_to_ask(&hint);
	cli_notify_open(&supervisor->notify);
	add_children(self);
	cli_table_open(&supervisor->table, shown ? cli_up_flags.out.ptr : NULL, to_stdout,
		       buf_view(&hint));
	if (cli_up_flags.table)
		cli_held_log_open(&supervisor->log);
	cli_supervisor_run(supervisor);
	if (shown)
		cli_table_show(&supervisor->table);
	cli_table_close(&supervisor->table);
	buf_clear(&hint);
	return supervisor->status <= CLI_REJECTED && self->unreadable ? CLI_UNREADABLE
								      : supervisor->status;
}

static int start(struct up *self, int argc, char **argv)
{
	struct str_list rest = { 0 };
	struct err err = { "" };
	int rc = cli_up_flags_read(self->verb, argc, argv, &rest, &err);

	if (rc > 0)
		return CLI_GOOD;
	if (rc || check(self, &rest, &err))
		return cli_usage(self->verb->name, err.text);
	log_set_format(str_is(cli_up_flags.log_format, "json") ? LOG_JSON : LOG_LOGFMT);
	cli_up_flags_warn();
	rc = check_files(&err) || check_recording(&err) || check_cluster(&err) ? CLI_UNREADABLE
									       : CLI_GOOD;
	if (!rc) {
		/* first: a signal would leave the run folder behind */
		cli_supervisor_catch_signals(&self->supervisor);
		rc = open_places(self, &err) ? CLI_SYSTEM : CLI_GOOD;
	}
	if (rc)
		fprintf(stderr, "sluice %s: %s\n", self->verb->name, err.text);
	return rc ? rc : run(self);
}

static int run_verb(const struct up_verb *verb, int argc, char **argv)
{
	struct up *self = mem_alloc(sizeof(*self));
	int rc;

	self->verb = verb;
	cli_supervisor_init(&self->supervisor);
	rc = start(self, argc, argv);
	cli_supervisor_clear(&self->supervisor);
	cli_standard_close(&self->standard);
	cli_places_close(&self->places);
	mem_free(self);
	return rc;
}

/* ---- the verbs ---- */

int cli_up(int argc, char **argv)
{
	static const struct up_verb verb = { .name = "up",
					     .summary = "run the pipeline on this machine" };

	return run_verb(&verb, argc, argv);
}

int cli_controller(int argc, char **argv)
{
	static const struct up_verb verb = {
		.name = "controller",
		.summary = "run the pipeline beside a Pomerium, with the Go controller's defaults",
		.one_address = true,
		.defaults = { { "databroker-service-url", "http://localhost:5443" },
			      { "metrics-bind-address", ":9090" },
			      { "health-probe-bind-address", ":8081" },
			      { "pomerium-config", "" },
			      { "report", "true" } },
	};

	return run_verb(&verb, argc, argv);
}

int cli_all_in_one(int argc, char **argv)
{
	static const struct up_verb verb = {
		.name = "all-in-one",
		.summary = "run the pipeline and Pomerium, with the Go controller's defaults",
		.one_address = true,
		.defaults = { { "pomerium", "pomerium" },
			      { "health-probe-bind-address", "127.0.0.1:28080" },
			      { "report", "true" } },
	};

	return run_verb(&verb, argc, argv);
}

int cli_record(int argc, char **argv)
{
	static const struct up_verb verb = {
		.name = "record",
		.summary = "keep what a cluster says, for a report of a fault",
		.argument = &cli_up_flags.record,
		.is_silent = true,
		.defaults = { { "out", "-" }, { "report", "false" } },
	};

	return run_verb(&verb, argc, argv);
}

int cli_replay(int argc, char **argv)
{
	static const struct up_verb verb = {
		.name = "replay",
		.summary = "run the pipeline on what was recorded",
		.argument = &cli_up_flags.replay,
		.defaults = { { "out", "-" } },
	};

	return run_verb(&verb, argc, argv);
}
