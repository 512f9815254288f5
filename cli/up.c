/* up: the pipeline on one machine: starts its processes, starts them again when they die, ends them
 * cleanly.
 *
 *   in     -f FILE|DIR..., SIGTERM and SIGINT, the deaths of children
 *   out    one process a room (N translators), the file that the publisher writes, the table
 *   owns   who runs, since when, and when to try again
 *   never  touches a message
 */
#include "cli/cli.h"
#include "cli/offline.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/places.h"
#include "cli/table.h"

#define MAX_WORKERS 64
#define MAX_CHILDREN (3 + MAX_WORKERS)
#define MAX_ARGS 64
#define STABLE_MS 5000 /* a child that lived this long starts with the shortest wait again */
#define END_MS 5000    /* from SIGTERM to SIGKILL */

static struct str out_file, format, run_dir, log_level, publish_interval, kubeconfig, context;
static struct str databroker_url, secret, secret_file, databroker_ca, databroker_ca_file,
	databroker_name, max_delete_share;
static struct str lease_duration;
static bool databroker_insecure;
static long n_workers;
static bool once, table, report;

static const struct conf_option options[] = {
	{ "out", CONF_TEXT, &out_file, "", 0, 0, "file that Pomerium's configuration is written to",
	  'o' },
	{ "format", CONF_TEXT, &format, "yaml", 0, 0,
	  "yaml: Pomerium's config.yaml; json: protobuf-JSON of the Config", 0 },
	{ "kubeconfig", CONF_TEXT, &kubeconfig, "", 0, 0,
	  "watch this cluster instead of manifests; in a pod without -f: the cluster it runs in",
	  0 },
	{ "context", CONF_TEXT, &context, "", 0, 0,
	  "context of the kubeconfig; empty: its current one", 0 },
	{ "databroker-service-url", CONF_TEXT, &databroker_url, "", 0, 0,
	  "write into the databroker of a running Pomerium instead of --out", 0 },
	{ "shared-secret", CONF_TEXT, &secret, "", 0, 0,
	  "secret shared with Pomerium, base64 of 32 bytes; rather in the environment than in a "
	  "flag",
	  0 },
	{ "shared-secret-file", CONF_TEXT, &secret_file, "", 0, 0,
	  "file that holds the shared secret", 0 },
	{ "databroker-tls-ca", CONF_TEXT, &databroker_ca, "", 0, 0,
	  "base64 of the CA certificates of the databroker", 0 },
	{ "databroker-tls-ca-file", CONF_TEXT, &databroker_ca_file, "", 0, 0,
	  "file with the CA certificates of the databroker", 0 },
	{ "databroker-tls-insecure-skip-verify", CONF_BOOL, &databroker_insecure, "false", 0, 0,
	  "do not check the databroker's certificate", 0 },
	{ "databroker-tls-override-certificate-name", CONF_TEXT, &databroker_name, "", 0, 0,
	  "name in the databroker's certificate, if it is not the host of the URL", 0 },
	{ "max-delete-share", CONF_TEXT, &max_delete_share, "", 0, 0,
	  "percent of the routes in the databroker from which on they are not removed at once; "
	  "empty: 50; 100: no limit",
	  0 },
	{ "lease-duration", CONF_TEXT, &lease_duration, "", 0, 0,
	  "how long the databroker waits for a silent publisher before another may write; empty: "
	  "30s",
	  0 },
	{ "workers", CONF_INT, &n_workers, "1", 1, MAX_WORKERS, "translators", 0 },
	{ "report", CONF_BOOL, &report, "true", 0, 0,
	  "tell the watched cluster what became of each Ingress, by Events and by the status of "
	  "the Pomerium object",
	  0 },
	{ "once", CONF_BOOL, &once, "false", 0, 0,
	  "end after the first complete state: 0, or 1 if something was rejected", 0 },
	{ "table", CONF_BOOL, &table, "false", 0, 0,
	  "print a table of the routes whenever the file changes", 0 },
	{ "publish-interval", CONF_TEXT, &publish_interval, "", 0, 0,
	  "least time between two writes; empty: the publisher's own choice", 0 },
	{ "run-dir", CONF_TEXT, &run_dir, "", 0, 0,
	  "folder for the sockets; empty: a fresh one, removed at the end", 0 },
	{ "log-level", CONF_TEXT, &log_level, "info", 0, 0, "debug, info, warn or error", 0 },
	{ 0 },
};

/* What to run and how it went. */
struct child {
	const char *room;
	char *argv[MAX_ARGS];
	int n_args;
	pid_t pid; /* 0: not running */
	uint64_t started_ms;
	uint64_t again_ms; /* not running: when to start it */
	struct backoff backoff;
};

struct supervisor {
	struct child children[MAX_CHILDREN];
	size_t n_children;
	char bin_dir[4096];
	struct places places;
	int signals;
	struct table table;
	bool ending;
	uint64_t kill_ms; /* while ending: when patience is over */
	int status;
};

/* ---- command lines ---- */

static void add_arg(struct child *child, struct str arg)
{
	if (child->n_args + 1 < MAX_ARGS)
		child->argv[child->n_args++] = mem_dup(arg.ptr ? arg.ptr : "", arg.len);
}

/* A flag is passed on only if it says something: a room's own default stands otherwise. */
static void add_flag(struct child *child, const char *name, struct str value)
{
	if (!value.len)
		return;
	add_arg(child, str_from(name));
	add_arg(child, value);
}

static struct child *add_child(struct supervisor *self, const char *room)
{
	struct child *child = &self->children[self->n_children++];
	char path[sizeof(self->bin_dir) + 64];

	child->room = room;
	snprintf(path, sizeof(path), "%s/sluice-%s", self->bin_dir, room);
	backoff_init(&child->backoff, 20, 1000);
	add_arg(child, str_from(path));
	add_flag(child, "--run-dir", run_dir);
	add_flag(child, "--log-level", log_level);
	return child;
}

static void add_list_flag(struct child *child, const char *name, const struct str_list *list)
{
	struct buf joined;

	buf_init(&joined, BUF_MAX_TEXT);
	for (size_t i = 0; i < list->n; i++) {
		buf_puts(&joined, i ? "," : "");
		buf_str(&joined, list->items[i]);
	}
	add_flag(child, name, buf_view(&joined));
	buf_clear(&joined);
}

static void describe_children(struct supervisor *self)
{
	const struct resolve_settings *resolve = &offline_settings.resolve;
	struct child *child = add_child(self, "watcher");

	add_list_flag(child, "--file", &offline_settings.files);
	if (!offline_settings.files.n) {
		add_flag(child, "--kubeconfig", kubeconfig);
		add_flag(child, "--context", context);
		add_list_flag(child, "--namespaces", &resolve->namespaces);
	}

	child = add_child(self, "resolver");
	add_flag(child, "--name", resolve->controller);
	add_flag(child, "--prefix", resolve->prefix);
	add_flag(child, "--pomerium-config", resolve->pomerium_config);
	add_list_flag(child, "--namespaces", &resolve->namespaces);

	child = add_child(self, "publisher"); /* the secret goes through its environment */
	add_flag(child, "--out", out_file);
	add_flag(child, "--format", format);
	add_flag(child, "--databroker-service-url", databroker_url);
	add_flag(child, "--shared-secret-file", secret_file);
	add_flag(child, "--databroker-tls-ca", databroker_ca);
	add_flag(child, "--databroker-tls-ca-file", databroker_ca_file);
	add_flag(child, "--databroker-tls-override-certificate-name", databroker_name);
	add_flag(child, "--max-delete-share", max_delete_share);
	add_flag(child, "--lease-duration", lease_duration);
	if (databroker_insecure)
		add_arg(child, STR("--databroker-tls-insecure-skip-verify"));
	add_flag(child, "--publish-interval", publish_interval);
	if (report && !offline_settings.files.n) {
		add_arg(child, STR("--report"));
		add_flag(child, "--kubeconfig", kubeconfig);
		add_flag(child, "--context", context);
	}
	if (once)
		add_arg(child, STR("--once"));

	for (long i = 0; i < n_workers; i++) {
		child = add_child(self, "translator");
		add_flag(child, "--name", resolve->controller);
		add_flag(child, "--prefix", resolve->prefix);
		add_flag(child, "--cluster-domain", offline_settings.cluster_domain);
	}
}

/* ---- processes ---- */

static void start_child(struct supervisor *self, struct child *child)
{
	const pid_t parent = getpid();
	sigset_t none;

	child->started_ms = clock_ms();
	child->pid = fork();
	if (child->pid < 0) {
		child->pid = 0;
		child->again_ms = child->started_ms + backoff_next(&child->backoff);
		log_error("fork failed", "room=%s reason=%s", child->room,
			  log_value(strerror(errno)));
		return;
	}
	if (child->pid)
		return;
	/* the child: dies with us, even if we are killed */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(CLI_SYSTEM);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (secret.len && !strcmp(child->room, "publisher"))
		setenv("SHARED_SECRET", secret.ptr, 1);
	else
		unsetenv("SHARED_SECRET"); /* nobody else needs it */
	setpgid(0, 0); /* Ctrl-C goes to the supervisor alone, which ends all in order */
	execv(child->argv[0], child->argv);
	fprintf(stderr, "sluice up: %s: %s\n", child->argv[0], strerror(errno));
	(void)self;
	_exit(127);
}

static void begin_end(struct supervisor *self, int status)
{
	if (self->ending)
		return;
	self->ending = true;
	self->status = status;
	self->kill_ms = clock_ms() + END_MS;
	for (size_t i = 0; i < self->n_children; i++)
		if (self->children[i].pid)
			kill(self->children[i].pid, SIGTERM);
}

/* Statuses that mean "this command line cannot work": trying again would not help. */
static bool is_hopeless(int wait_status)
{
	return WIFEXITED(wait_status) &&
	       (WEXITSTATUS(wait_status) == CLI_USAGE || WEXITSTATUS(wait_status) == 127);
}

static void on_death(struct supervisor *self, struct child *child, int wait_status)
{
	const uint64_t now = clock_ms();

	child->pid = 0;
	if (self->ending)
		return;
	if (once && !strcmp(child->room, "publisher") && WIFEXITED(wait_status) &&
	    WEXITSTATUS(wait_status) <= 1) {
		begin_end(self, WEXITSTATUS(wait_status));
		return;
	}
	if (is_hopeless(wait_status)) {
		begin_end(self, WEXITSTATUS(wait_status) == 127 ? CLI_SYSTEM : CLI_USAGE);
		return;
	}
	if (now - child->started_ms > STABLE_MS)
		backoff_reset(&child->backoff);
	child->again_ms = now + backoff_next(&child->backoff);
	log_warn("process ended, starting it again", "room=%s %s=%d after_ms=%llu", child->room,
		 WIFSIGNALED(wait_status) ? "signal" : "status",
		 WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status),
		 (unsigned long long)(child->again_ms - now));
}

static void reap(struct supervisor *self)
{
	int wait_status;
	pid_t pid;

	while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0)
		for (size_t i = 0; i < self->n_children; i++)
			if (self->children[i].pid == pid)
				on_death(self, &self->children[i], wait_status);
}

static bool any_running(const struct supervisor *self)
{
	for (size_t i = 0; i < self->n_children; i++)
		if (self->children[i].pid)
			return true;
	return false;
}

/* Starts what is due; returns the next deadline in ms, UINT64_MAX: none. */
static uint64_t start_due(struct supervisor *self)
{
	const uint64_t now = clock_ms();
	uint64_t next = UINT64_MAX;

	if (self->ending) {
		if (now < self->kill_ms)
			return self->kill_ms;
		for (size_t i = 0; i < self->n_children; i++)
			if (self->children[i].pid)
				kill(self->children[i].pid, SIGKILL);
		return UINT64_MAX;
	}
	for (size_t i = 0; i < self->n_children; i++) {
		struct child *child = &self->children[i];

		if (!child->pid && child->again_ms <= now)
			start_child(self, child);
		if (!child->pid && child->again_ms < next)
			next = child->again_ms;
	}
	return next;
}

static void on_signal(struct supervisor *self)
{
	struct signalfd_siginfo info;

	while (read(self->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(self);
		else
			begin_end(self, CLI_GOOD);
	}
}

static void supervise(struct supervisor *self)
{
	for (;;) {
		const uint64_t next = start_due(self);
		const uint64_t now = clock_ms();
		struct pollfd fds[] = { { self->signals, POLLIN, 0 },
					{ table_fd(&self->table), POLLIN, 0 } };
		int wait_ms = next == UINT64_MAX ? -1 : next <= now ? 0 : (int)(next - now);

		if (self->ending && !any_running(self))
			return;
		if (poll(fds, 2, wait_ms) < 0 && errno != EINTR)
			return;
		if (fds[0].revents)
			on_signal(self);
		if (fds[1].revents)
			table_on_fd(&self->table);
	}
}

/* ---- start and end ---- */

static int find_bin_dir(struct supervisor *self, struct err *err)
{
	ssize_t len = readlink("/proc/self/exe", self->bin_dir, sizeof(self->bin_dir) - 1);

	if (len < 0)
		return err_set(err, "/proc/self/exe cannot be read, so the rooms' binaries beside "
				    "it cannot be found");
	self->bin_dir[len] = '\0';
	*strrchr(self->bin_dir, '/') = '\0';
	return 0;
}

static void catch_signals(struct supervisor *self)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	self->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int check(const struct str_list *rest, struct err *err)
{
	if (offline_take_files(rest) && !kubeconfig.len && !getenv("KUBERNETES_SERVICE_HOST"))
		return err_set(err, "name at least one manifest file or folder with -f, or a "
				    "cluster with --kubeconfig");
	if (!out_file.len == !databroker_url.len)
		return err_set(err, "name either the file to write with --out, or a databroker "
				    "with --databroker-service-url");
	if (databroker_url.len && !secret.len && !secret_file.len)
		return err_set(err, "the databroker's shared secret is missing; give it in "
				    "SHARED_SECRET or with --shared-secret-file");
	if (databroker_url.len && table)
		return err_set(err, "--table shows what is in a file; it needs --out");
	if (!str_is(format, "json") && !str_is(format, "yaml"))
		return err_set(err, "--format is %s; it must be json or yaml", err_quote(format));
	return 0;
}

/* A pipeline that stays waits for them to appear; one that is to end has nothing to wait for. */
static int check_files(struct err *err)
{
	const struct str_list *files = &offline_settings.files;

	for (size_t i = 0; once && i < files->n; i++)
		if (access(files->items[i].ptr, R_OK))
			return err_set(err, "%s cannot be read: %s", err_quote(files->items[i]),
				       strerror(errno));
	return 0;
}

int cli_up(int argc, char **argv)
{
	const struct conf_option *const tables[] = { offline_options, options, NULL };
	struct supervisor *self;
	struct str_list rest = { 0 };
	struct err err = { "" };
	int rc;

	rc = conf_read(tables, "sluice up", "run the pipeline on this machine", argc, argv, &rest,
		       &err);
	if (rc > 0)
		return CLI_GOOD;
	if (rc || check(&rest, &err))
		return offline_usage("up", err.text);
	if (check_files(&err)) {
		fprintf(stderr, "sluice up: %s\n", err.text);
		return CLI_UNREADABLE;
	}
	self = mem_alloc(sizeof(*self));
	catch_signals(self); /* before there is a run folder that a signal would leave behind */
	if (find_bin_dir(self, &err) || places_check_out(out_file, &err) ||
	    places_open(&self->places, &run_dir, &err)) {
		fprintf(stderr, "sluice up: %s\n", err.text);
		rc = CLI_SYSTEM;
		goto out;
	}
	describe_children(self);
	table_open(&self->table, table ? out_file.ptr : NULL, str_is(format, "yaml"));
	supervise(self);
	if (table)
		table_show(&self->table);
	table_close(&self->table);
	rc = self->status;
out:
	places_close(&self->places);
	for (size_t i = 0; i < self->n_children; i++)
		for (int k = 0; k < self->children[i].n_args; k++)
			mem_free(self->children[i].argv[k]);
	mem_free(self);
	return rc;
}
