/* up_flags: reads the flags of `sluice up`, and hands them on to the rooms.
 *
 *   in     argv, the environment
 *   out    what the supervisor looks at; the command line of each room
 *   owns   the table: a flag, its default, its help, the rooms that get it
 *   never  checks what a room checks itself; puts a secret into a command line
 */
#include "cli/up/up_flags.h"

#include <stdlib.h>
#include <string.h>

#include "actor/web/web_address.h"
#include "base/log.h"
#include "cli/offline/offline.h"
#include "publisher/databroker/reach.h"

#define TO(room) (1u << ROOM_##room)
#define TO_ALL (TO(WATCHER) | TO(RESOLVER) | TO(TRANSLATOR) | TO(PUBLISHER))
#define REFUSED (1u << 27)     /* they may have it, but to ignore it would be wrong */
#define NO_EFFECT (1u << 28)   /* manifests for the Go controller may have it */
#define IN_CLUSTER (1u << 30)  /* not if manifests or a recording are read */
#define EACH_A_PORT (1u << 29) /* an address: each process gets the next port */
#define SECRET (1u << 31)      /* by the environment only */

#define REFUSED_HELP \
	"refused: Pomerium's unified API is not written, and without it nothing would be"

struct up_flags cli_up_flags;

/* The value of a flag that the supervisor itself does not look at. */
union slot {
	struct str text;
	struct str_list list;
	long number;
	bool on;
	uint64_t ms;
};

struct flag_row {
	struct conf_option option; /* without a variable: it gets a slot */
	unsigned rooms;            /* TO(room) | ...; 0: the supervisor alone wants it */
};

static const struct flag_row rows[] = {
	{ { "out", CONF_TEXT, &cli_up_flags.out, "", 0, 0,
	    "file that Pomerium's configuration is written to", 'o' },
	  TO(PUBLISHER) },
	{ { "bootstrap-out", CONF_TEXT, &cli_up_flags.bootstrap_out, "", 0, 0,
	    "config.yaml to keep for the Pomerium beside us: what it needs to start", 0 },
	  TO(PUBLISHER) },
	{ { "format", CONF_TEXT, &cli_up_flags.format, "yaml", 0, 0,
	    "yaml: Pomerium's config.yaml; json: protobuf-JSON of the Config", 0 },
	  TO(PUBLISHER) },
	{ { "kubeconfig", CONF_TEXT, &cli_up_flags.kubeconfig, "", 0, 0,
	    "watch this cluster instead of manifests; in a pod without -f: the cluster it runs in",
	    0 },
	  TO(WATCHER) | TO(PUBLISHER) | IN_CLUSTER },
	{ { "context", CONF_TEXT, &cli_up_flags.context, "", 0, 0,
	    "context of the kubeconfig; empty: its current one", 0 },
	  TO(WATCHER) | TO(PUBLISHER) | IN_CLUSTER },
	{ { "record", CONF_TEXT, &cli_up_flags.record, "", 0, 0,
	    "file that all objects go into, too, as they come, values of Secrets replaced; "
	    "`sluice replay` plays it",
	    0 },
	  TO(WATCHER) },
	{ { "replay", CONF_TEXT, &cli_up_flags.replay, "", 0, 0,
	    "recording to play, instead of a cluster or manifests", 0 },
	  TO(WATCHER) },
	{ { "replay-speed", CONF_TEXT, &cli_up_flags.replay_speed, "max", 0, 0,
	    "how many times faster than it was; max: as fast as it can be taken", 0 },
	  TO(WATCHER) },
	{ { "databroker-service-url", CONF_TEXT, &cli_up_flags.databroker_url, "", 0, 0,
	    "write into the databroker of a running Pomerium instead of --out", 0 },
	  TO(PUBLISHER) },
	{ { "shared-secret", CONF_TEXT, &cli_up_flags.shared_secret, "", 0, 0,
	    "secret shared with Pomerium, base64 of 32 bytes; rather in the environment than in a "
	    "flag; empty: that of the Pomerium object",
	    0 },
	  TO(PUBLISHER) | SECRET },
	{ { REACH_SECRET_FILE(&cli_up_flags.shared_secret_file) }, TO(PUBLISHER) },
	{ { REACH_CA(NULL) }, TO(PUBLISHER) },
	{ { REACH_CA_FILE(NULL) }, TO(PUBLISHER) },
	{ { REACH_INSECURE(&cli_up_flags.databroker_insecure) }, TO(PUBLISHER) },
	{ { REACH_OVERRIDE_NAME(NULL) }, TO(PUBLISHER) },
	{ { "max-delete-share", CONF_INT, NULL, "50", 1, 100,
	    "percent of the published routes from which on they are not removed at once; "
	    "100: no limit",
	    0 },
	  TO(PUBLISHER) },
	{ { "http3-advertise-port", CONF_INT, NULL, "443", 0, 65535,
	    "port that browsers are told to reach Pomerium's HTTP/3 on, if the Pomerium object has "
	    "codecType http3 and a databroker is written; 0: the one that it listens on",
	    0 },
	  TO(PUBLISHER) },
	{ { "lease-duration", CONF_DURATION, NULL, "30s", 1000, 3600000,
	    "how long the databroker waits for a silent publisher before another may write", 0 },
	  TO(PUBLISHER) },
	{ { "pomerium", CONF_TEXT, &cli_up_flags.pomerium, "", 0, 0,
	    "Pomerium's program, to start it too and to write into its databroker; empty: none",
	    0 },
	  0 },
	{ { "pomerium-drain-timeout", CONF_DURATION, &cli_up_flags.drain_ms, "30s", 0, 3600000,
	    "how long Pomerium may take to end, before it is killed", 0 },
	  0 },
	{ { "workers", CONF_INT, &cli_up_flags.n_workers, "1", 1, UP_FLAGS_MAX_WORKERS,
	    "translators, besides the one for the settings", 0 },
	  0 },
	{ { "certificate-namespace", CONF_TEXT, NULL, "", 0, 0,
	    "where Certificates of a ClusterIssuer are ordered (spec.certificateAutoProvision); "
	    "empty: the namespace of the pod, or of the context",
	    0 },
	  TO(PUBLISHER) },
	{ { "certificate-delay", CONF_DURATION, NULL, "60s", 0, 3600000,
	    "how long a host has to be without a certificate before one is ordered, and how long "
	    "a Certificate may be needless before it is deleted",
	    0 },
	  TO(PUBLISHER) },
	{ { "report", CONF_BOOL, &cli_up_flags.report, "false", 0, 0,
	    "tell the watched cluster what became of each Ingress, by Events, by the status of the "
	    "Pomerium object and by that of the Ingress; in a pod and for the other two verbs: "
	    "true",
	    0 },
	  TO(PUBLISHER) | IN_CLUSTER },
	{ { "update-status-from-service", CONF_TEXT, NULL, "", 0, 0,
	    "namespace/name of the Service whose address the status of our Ingresses gets", 0 },
	  TO(WATCHER) | TO(RESOLVER) | IN_CLUSTER },
	{ { "status-address", CONF_LIST, NULL, "", 0, 0,
	    "IP addresses or host names that it gets instead, comma separated", 0 },
	  TO(RESOLVER) | IN_CLUSTER },
	{ { "once", CONF_BOOL, &cli_up_flags.once, "false", 0, 0,
	    "end after the first complete state: 0, or 1 if something was rejected", 0 },
	  TO(PUBLISHER) },
	{ { "timeout", CONF_DURATION, &cli_up_flags.once_ms, "60s", 1, 3600000,
	    "with --once: end with status 111 if there is no complete state by then", 0 },
	  0 },
	{ { "table", CONF_BOOL, &cli_up_flags.table, "false", 0, 0,
	    "print a table of the routes whenever the file changes", 0 },
	  0 },
	{ { "publish-interval", CONF_DURATION, NULL, "0", 0, 3600000,
	    "least time between two writes; 0: the publisher's own choice", 0 },
	  TO(PUBLISHER) },
	{ { "run-dir", CONF_TEXT, &cli_up_flags.run_dir, "", 0, 0,
	    "folder for the sockets; empty: a fresh one, removed at the end", 0 },
	  TO_ALL },
	{ { "metrics-bind-address", CONF_TEXT, &cli_up_flags.metrics, "", 0, 0,
	    "address of /metrics, such as :9090; of `up` the watcher's, the resolver has the next "
	    "port, then the publisher, then the translators; empty or 0: none",
	    0 },
	  TO_ALL | EACH_A_PORT },
	{ { "health-probe-bind-address", CONF_TEXT, &cli_up_flags.probes, "", 0, 0,
	    "the same for /healthz, /readyz and /startupz; may be the same address", 0 },
	  TO_ALL | EACH_A_PORT },
	{ { "web-bind-address", CONF_TEXT, &cli_up_flags.web, "", 0, 0,
	    "serve `sluice web` there, such as 127.0.0.1:8088; empty or 0: nowhere", 0 },
	  0 },
	{ { "web-host", CONF_LIST, &cli_up_flags.web_hosts, "", 0, 0,
	    "names under which a browser may ask, besides localhost and IP addresses", 0 },
	  0 },
	{ { "debug-dump-config-diff", CONF_BOOL, NULL, "false", 0, 0,
	    "a line for each record that is added, changed or removed in the databroker: its "
	    "name, never what is in it",
	    0 },
	  TO(PUBLISHER) },
	/* of the Go controller's manifests */
	{ { "debug", CONF_BOOL, &cli_up_flags.debug, "false", 0, 0, "the same as --log-level debug",
	    0 },
	  0 },
	{ { "config-controller-shutdown", CONF_TEXT, NULL, "", 0, 0,
	    "accepted, no effect: a new shared secret is followed without a restart", 0 },
	  NO_EFFECT },
	{ { "certificate-controller-name", CONF_TEXT, NULL, "", 0, 0,
	    "accepted, no effect: no process here has such a name", 0 },
	  NO_EFFECT },
	{ { "leader-election-id", CONF_TEXT, NULL, "", 0, 0,
	    "accepted, no effect: the databroker's lease says who writes", 0 },
	  NO_EFFECT },
	{ { "leader-election-namespace", CONF_TEXT, NULL, "", 0, 0,
	    "accepted, no effect: the databroker's lease says who writes", 0 },
	  NO_EFFECT },
	{ { "sync-api-url", CONF_TEXT, NULL, "", 0, 0, REFUSED_HELP, 0 }, REFUSED },
	{ { "sync-api-token", CONF_TEXT, NULL, "", 0, 0, REFUSED_HELP, 0 }, REFUSED },
	{ { "sync-api-namespace-id", CONF_TEXT, NULL, "", 0, 0, REFUSED_HELP, 0 }, REFUSED },
	{ { "sync-api-ingress", CONF_TEXT, NULL, "", 0, 0, REFUSED_HELP, 0 }, REFUSED },
	{ { "log-level", CONF_TEXT, &cli_up_flags.log_level, "info", 0, 0,
	    "debug, info, warn or error", 0 },
	  TO_ALL },
	{ { "log-format", CONF_TEXT, &cli_up_flags.log_format, "logfmt", 0, 0, "logfmt or json",
	    0 },
	  TO_ALL },
	{ { "sandbox", CONF_TEXT, NULL, "on", 0, 0,
	    "on: a room gives up what it does not need once it has started; off: for debuggers",
	    0 },
	  TO_ALL },
};

/* The flags that `translate` and `explain` have too; offline.c has their rows. */
static const struct {
	const char *name;
	unsigned rooms;
} shared[] = {
	{ "file", TO(WATCHER) },
	{ "namespaces", TO(WATCHER) | TO(RESOLVER) },
	{ "experimental-gateway-api", TO(WATCHER) | TO(RESOLVER) },
	{ "gateway-class-controller-name", TO(RESOLVER) | TO(TRANSLATOR) | TO(PUBLISHER) },
	{ "gateway-path-elements", TO(TRANSLATOR) },
	{ "gateway-no-backend-status", TO(TRANSLATOR) },
	{ "name", TO(RESOLVER) },
	{ "prefix", TO(RESOLVER) | TO(TRANSLATOR) },
	{ "pomerium-config", TO(RESOLVER) },
	{ "max-owner-work", TO(RESOLVER) | TO(TRANSLATOR) },
	{ "max-owner-bytes", TO(RESOLVER) | TO(TRANSLATOR) },
	{ "max-namespace-routes", TO(RESOLVER) },
	{ "max-namespace-bytes", TO(RESOLVER) },
	{ "cluster-domain", TO(TRANSLATOR) },
	{ "host-ownership", TO(PUBLISHER) },
	{ "shared-host", TO(PUBLISHER) },
	{ "authenticate-namespaces", TO(PUBLISHER) },
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))
#define N_SHARED (sizeof(shared) / sizeof(shared[0]))

static union slot slots[N_ROWS];
static struct conf_option options[N_ROWS + 1]; /* the rows as conf wants them */
static struct conf_option shared_options[16];  /* cli_offline_options */
static const struct conf_option *const tables[] = { shared_options, options,
						    resolver_limits_options,
						    translator_pomerium_flags_options, NULL };
static bool one_address; /* of the verb */

/* Each process has a port of its own, counted from the one that is named. */
static int check_ports(const struct web_address *metrics, const struct web_address *probes,
		       struct err *err)
{
	const unsigned n = UP_FLAGS_PLACES + (unsigned)cli_up_flags.n_workers + 1;
	unsigned apart;

	if (metrics->port + n > 65536 || probes->port + n > 65536)
		return err_set(err, "there are not %u ports from %u on, one for each process", n,
			       metrics->port > probes->port ? metrics->port : probes->port);
	apart = metrics->port > probes->port ? metrics->port - probes->port
					     : probes->port - metrics->port;
	if (metrics->port && probes->port && apart && apart < n)
		return err_set(
			err,
			"--metrics-bind-address and --health-probe-bind-address: ports %u "
			"and %u should be the same or %u apart, since each process needs one",
			metrics->port, probes->port, n);
	return 0;
}

static int check_addresses(struct err *err)
{
	struct web_address metrics, probes, web;

	if (actor_web_address_from(cli_up_flags.web, &web, err) < 0)
		return err_wrap(err, "--web-bind-address");
	if (actor_web_address_from(cli_up_flags.metrics, &metrics, err) < 0)
		return err_wrap(err, "--metrics-bind-address");
	if (actor_web_address_from(cli_up_flags.probes, &probes, err) < 0)
		return err_wrap(err, "--health-probe-bind-address");
	return one_address ? 0 : check_ports(&metrics, &probes, err);
}

static void print_value(const struct conf_option *option, struct buf *out)
{
	const struct str_list *list;
	uint64_t ms;

	switch (option->type) {
	case CONF_TEXT:
		buf_str(out, *(const struct str *)option->var);
		break;
	case CONF_LIST:
		list = option->var;
		for (size_t i = 0; i < list->n; i++) {
			buf_puts(out, i ? "," : "");
			buf_str(out, list->items[i]);
		}
		break;
	case CONF_INT:
		buf_printf(out, "%ld", *(const long *)option->var);
		break;
	case CONF_BOOL:
		buf_puts(out, *(const bool *)option->var ? "true" : "false");
		break;
	case CONF_DURATION:
		ms = *(const uint64_t *)option->var;
		buf_printf(out, ms ? "%llums" : "%llu", (unsigned long long)ms);
		break;
	case CONF_PATHS:
	case CONF_REST:
		break;
	}
}

static bool is_given(size_t row)
{
	struct buf value;
	bool given;

	buf_init(&value, BUF_MAX_TEXT);
	print_value(&options[row], &value);
	given = value.len && !str_is(buf_view(&value), "false");
	buf_wipe(&value);
	return given;
}

static int refuse(struct err *err)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (rows[i].rooms & REFUSED && is_given(i))
			return err_set(err,
				       "--%s: Pomerium's unified API is not written by Sluice; "
				       "leave it out, and name a databroker with "
				       "--databroker-service-url",
				       options[i].name);
	return 0;
}

static void set_defaults(struct conf_option *table, const struct up_verb *verb)
{
	for (; table->name; table++)
		for (size_t i = 0; verb->defaults[i].name; i++)
			if (strcmp(table->name, verb->defaults[i].name) == 0)
				table->fallback = verb->defaults[i].fallback;
}

static const struct up_verb in_a_pod = { .defaults = { { "report", "true" } } };

static void make_tables(const struct up_verb *verb)
{
	for (size_t i = 0; cli_offline_options[i].name; i++)
		shared_options[i] = cli_offline_options[i];
	for (size_t i = 0; i < N_ROWS; i++) {
		options[i] = rows[i].option;
		if (!options[i].var)
			options[i].var = &slots[i];
	}
	if (getenv("KUBERNETES_SERVICE_HOST"))
		set_defaults(options, &in_a_pod);
	set_defaults(shared_options, verb);
	set_defaults(options, verb);
	one_address = verb->one_address;
}

int cli_up_flags_read(const struct up_verb *verb, int argc, char **argv, struct str_list *rest,
		      struct err *err)
{
	char program[64];
	int rc;

	make_tables(verb);
	snprintf(program, sizeof(program), "sluice %s", verb->name);
	rc = conf_read(tables, program, verb->summary, argc, argv, rest, err);
	if (rc)
		return rc;
	if (cli_up_flags.debug)
		cli_up_flags.log_level = STR("debug");
	if (refuse(err) || publisher_host_policy_check(&cli_offline_settings.hosts, err) < 0)
		return -1;
	return check_addresses(err);
}

bool cli_up_flags_watch_cluster(void)
{
	return !cli_offline_settings.files.n && !cli_up_flags.replay.len;
}

/* ---- command lines ---- */

static bool is_for(unsigned rooms, enum msg_room room)
{
	if (rooms & IN_CLUSTER && !cli_up_flags_watch_cluster())
		return false;
	return rooms & 1u << room;
}

/* The address of the process at this place. */
static void print_address(const struct conf_option *option, unsigned place, struct buf *out)
{
	struct web_address address;

	if (one_address) {
		buf_puts(out, "0"); /* which the environment might say otherwise */
		return;
	}
	if (actor_web_address_from(*(const struct str *)option->var, &address, NULL) < 0 ||
	    !address.port)
		return;
	address.port += place;
	actor_web_address_print(&address, out);
}

static void pass_paths(const struct conf_option *option, cli_up_flags_fn *each, void *arg)
{
	const struct str_list *paths = option->var;
	struct buf flag;

	buf_init(&flag, BUF_MAX_TEXT);
	for (size_t i = 0; i < paths->n; i++) {
		buf_reset(&flag);
		buf_printf(&flag, "--%s=" STR_FMT, option->name, STR_ARG(paths->items[i]));
		each(arg, buf_view(&flag));
	}
	buf_clear(&flag);
}

/* An empty value is not handed on: the room's own default holds then. The one name that may be
 * empty is that of the Pomerium object. */
static void pass_on(const struct conf_option *option, const unsigned *place, cli_up_flags_fn *each,
		    void *arg)
{
	struct buf value, flag;

	if (option->type == CONF_PATHS) {
		pass_paths(option, each, arg);
		return;
	}
	buf_init(&value, BUF_MAX_TEXT);
	buf_init(&flag, BUF_MAX_TEXT);
	if (place)
		print_address(option, *place, &value);
	else
		print_value(option, &value);
	if (value.len || !strcmp(option->name, "pomerium-config")) {
		buf_printf(&flag, "--%s=", option->name);
		buf_str(&flag, buf_view(&value));
		each(arg, buf_view(&flag));
	}
	buf_clear(&value);
	buf_clear(&flag);
}

static const struct conf_option *find_shared(const char *name)
{
	const struct conf_option *const both[] = { shared_options, resolver_limits_options };

	for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++)
		for (const struct conf_option *o = both[i]; o->name; o++)
			if (strcmp(o->name, name) == 0)
				return o;
	return NULL; /* never: the table above names these only */
}

void cli_up_flags_each(enum msg_room room, unsigned place, cli_up_flags_fn *each, void *arg)
{
	for (size_t i = 0; i < N_SHARED; i++)
		if (is_for(shared[i].rooms, room))
			pass_on(find_shared(shared[i].name), NULL, each, arg);
	for (size_t i = 0; i < N_ROWS; i++)
		if (is_for(rows[i].rooms, room) && !(rows[i].rooms & SECRET))
			pass_on(&options[i], rows[i].rooms & EACH_A_PORT ? &place : NULL, each,
				arg);
	for (const struct conf_option *o = translator_pomerium_flags_options;
	     room == ROOM_TRANSLATOR && o->name; o++)
		pass_on(o, NULL, each, arg);
}

void cli_up_flags_warn(void)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (rows[i].rooms & NO_EFFECT && is_given(i))
			log_warn("flag has no effect", "flag=--%s reason=%s", options[i].name,
				 log_value(strchr(options[i].help, ':') + 2));
}

void cli_up_flags_set_secrets(enum msg_room room)
{
	char name[CONF_NAME_MAX];

	for (size_t i = 0; i < N_ROWS; i++) {
		const struct str *secret = options[i].var;

		if (!(rows[i].rooms & SECRET))
			continue;
		conf_env_name(options[i].name, name);
		if (secret->len && is_for(rows[i].rooms, room))
			setenv(name, secret->ptr, 1);
		else
			unsetenv(name); /* no other room needs it */
	}
}

void cli_up_flags_clear_environment(void)
{
	char name[CONF_NAME_MAX];

	for (size_t t = 0; tables[t]; t++)
		for (const struct conf_option *o = tables[t]; o->name; o++) {
			conf_env_name(o->name, name);
			unsetenv(name);
		}
}
