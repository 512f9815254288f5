/* actor_metrics: what every process counts: its links, its messages, its loop, its log, itself.
 *
 *   in     increments by the other files of the actor; /proc/self
 *   out    Prometheus text
 *   owns   the counters
 *   never  adds a series while the process runs
 */
#include "actor/actor_metrics.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "confine/confine.h"

static const struct metric_bounds lag_bounds = {
	13, { 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000 }
};

struct actor_metrics actor_metrics = { .lag = { .bounds = &lag_bounds } };

/* Filled in at start: "" for what this room never has. */
static const char *received_types[MSG_N_TYPES + 1], *sent_types[MSG_N_TYPES + 1];
static const char *link_names[N_LINKS + 1];
static const char *const refusals[] = {
	[PEER_REFUSED_VERSION] = "version",       [PEER_REFUSED_KEY] = "key",
	[PEER_REFUSED_CONNECTION] = "connection", [PEER_REFUSED_SECOND] = "second",
	[PEER_REFUSED_CROWD] = "crowd",           [N_PEER_REFUSALS] = NULL,
};
static const char *const levels[] = { "debug", "info", "warn", "error", NULL };
static const char *const loud_levels[] = { "", "", "warn", "error", NULL };

/* Of /proc/self: a confined process opens no file. */
static int memory = -1;
static DIR *descriptors;

#define F actor_metrics

static const struct metric table[] = {
	{ "sluice_ready", "Whether /readyz says yes", METRIC_GAUGE, &F.ready, 1, NULL, NULL },
	{ "sluice_peers", "Processes at the other end of a link that are up", METRIC_GAUGE, F.peers,
	  1, "link", link_names },
	{ "sluice_messages_received_total", "Messages that came in", METRIC_COUNTER, F.received, 1,
	  "type", received_types },
	{ "sluice_messages_sent_total", "Messages that went out", METRIC_COUNTER, F.sent, 1, "type",
	  sent_types },
	{ "sluice_messages_queued", "Messages that wait for credit of the peer", METRIC_GAUGE,
	  F.queued, 1, "link", link_names },
	{ "sluice_link_credit", "Messages that the peers take before they give more credit",
	  METRIC_GAUGE, F.credit, 1, "link", link_names },
	{ "sluice_link_connects_total", "Times that another process came up at the other end",
	  METRIC_COUNTER, F.connects, 1, "link", link_names },
	{ "sluice_link_restarts_total",
	  "Times that a link started over: a gap, something malformed, a wish", METRIC_COUNTER,
	  F.restarts, 1, "link", link_names },
	{ "sluice_frames_malformed_total", "Frames that were refused", METRIC_COUNTER, F.malformed,
	  1, "link", link_names },
	{ "sluice_peers_refused_total", "Attempts of peers that are not served", METRIC_COUNTER,
	  F.refused, 1, "reason", refusals },
	{ "sluice_loop_lag_seconds",
	  "How long the loop did not look at its descriptors: the work of a round, or a deadline "
	  "that was missed",
	  METRIC_HISTOGRAM, &F.lag, 1000, NULL, NULL },
	{ "sluice_log_lines_total", "Lines of the log, those below the level too", METRIC_COUNTER,
	  F.log_lines, 1, "level", levels },
	{ "sluice_log_last_timestamp_seconds", "When such a line was last written; 0: never",
	  METRIC_GAUGE, F.log_last_s, 1, "level", loud_levels },
	{ 0 },
};

/* Names and meanings that Prometheus prescribes; without the label of the room. */
static const struct metric process_table[] = {
	{ "process_cpu_seconds_total", "User and system time", METRIC_COUNTER, &F.cpu_ms, 1000,
	  NULL, NULL },
	{ "process_open_fds", "Open file descriptors", METRIC_GAUGE, &F.n_fds, 1, NULL, NULL },
	{ "process_max_fds", "Largest number of open file descriptors", METRIC_GAUGE, &F.max_fds, 1,
	  NULL, NULL },
	{ "process_virtual_memory_bytes", "Virtual memory", METRIC_GAUGE, &F.virtual_bytes, 1, NULL,
	  NULL },
	{ "process_resident_memory_bytes", "Resident memory", METRIC_GAUGE, &F.resident_bytes, 1,
	  NULL, NULL },
	{ "process_start_time_seconds", "Start of the process, in seconds since 1970", METRIC_GAUGE,
	  &F.started_s, 1, NULL, NULL },
	{ 0 },
};

static const struct metric build_info = { "sluice_build_info",
					  "Always 1; the version of this process, and what "
					  "holds it back",
					  METRIC_GAUGE,
					  NULL,
					  1,
					  NULL,
					  NULL };

const struct metric *actor_metrics_table(void)
{
	return table;
}

/* Whether some room may say this to `to` (or hear it of `to`). */
static bool is_possible(enum msg_type type, enum msg_room room, bool received)
{
	bool possible = false, is_router;

	for (int id = 0; id < N_LINKS; id++) {
		const enum msg_link link = (enum msg_link)id;
		enum msg_room other;

		if (!actor_link_is_of(link, room, &is_router))
			continue;
		if (type == MSG_RESYNC && is_router == received)
			continue; /* it goes from the end that binds to the other */
		other = is_router ? actor_link_dealer(link) : actor_link_router(link);
		possible |= received ? msg_allowed(type, other, room, link)
				     : msg_allowed(type, room, other, link);
	}
	return possible;
}

void actor_metrics_open(enum msg_room room)
{
	bool is_router;

	for (int type = 0; type < MSG_N_TYPES; type++) {
		const char *name = type == MSG_NONE ? "" : msg_name((enum msg_type)type);

		received_types[type] = is_possible((enum msg_type)type, room, true) ? name : "";
		sent_types[type] = is_possible((enum msg_type)type, room, false) ? name : "";
	}
	for (int id = 0; id < N_LINKS; id++)
		link_names[id] = actor_link_is_of((enum msg_link)id, room, &is_router)
					 ? actor_link_name((enum msg_link)id)
					 : "";
	F.started_s = (uint64_t)clock_wall();
	memory = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	descriptors = opendir("/proc/self/fd");
}

void actor_metrics_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		F.max_fds = limit.rlim_cur;
}

static void measure_memory(void)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	char text[128] = "";
	ssize_t n = lseek(memory, 0, SEEK_SET) ? 0 : read(memory, text, sizeof(text) - 1);
	char *rest = text;

	if (n > 0) {
		F.virtual_bytes = strtoull(text, &rest, 10) * page;
		F.resident_bytes = strtoull(rest, NULL, 10) * page;
	}
}

static void measure_descriptors(void)
{
	F.n_fds = 0;
	if (!descriptors)
		return;
	rewinddir(descriptors);
	while (readdir(descriptors))
		F.n_fds++;
	F.n_fds -= 2; /* "." and ".." */
}

static void measure_process(void)
{
	struct timespec cpu;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0)
		F.cpu_ms = (uint64_t)cpu.tv_sec * 1000 + (uint64_t)cpu.tv_nsec / 1000000;
	measure_memory();
	measure_descriptors();
}

void actor_metrics_measure(const struct actor *actor)
{
	struct err why;

	measure_process();
	for (int level = 0; level < 4; level++) {
		F.log_lines[level] = log_n_lines((enum log_level)level);
		F.log_last_s[level] = (uint64_t)log_last_time((enum log_level)level);
	}
	F.ready = !actor->ready || actor->ready(actor->self, &why);
	if (actor->measure)
		actor->measure(actor->self);
}

void actor_metrics_print(const struct actor *actor, struct buf *out)
{
	metric_print_head(&build_info, out);
	buf_printf(
		out,
		"sluice_build_info{room=\"%s\",version=\"%s\",protocol=\"%d\",sandbox=\"%s\"} 1\n",
		room_name(actor->room), conf_version, MSG_PROTOCOL_VERSION, confine_text());
	metric_print_table(table, room_name(actor->room), out);
	metric_print_table(process_table, NULL, out);
	if (actor->metrics)
		metric_print_table(actor->metrics, NULL, out);
}
