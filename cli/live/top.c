/* top: shows what every process of a running pipeline does, live in a terminal.
 *
 *   in     /metrics and /state of each process, over its web socket
 *   out    a screen every --interval, or (--once, or no terminal) one of them
 *   owns   the counters of the last look, for rates
 *   never  asks more often than it shows
 */
#include "cli/cli.h"
#include "cli/live/live.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "actor/conf.h"
#include "base/cjson.h"
#include "base/map.h"
#include "base/mem.h"
#include "cli/live/series.h"

static struct str run_dir;
static uint64_t interval_ms;
static bool once;

static const struct conf_option options[] = {
	{ "run-dir", CONF_TEXT, &run_dir, "/run/sluice", 0, 0,
	  "folder of the sockets between processes", 0 },
	{ "interval", CONF_DURATION, &interval_ms, "1s", 100, 60000, "time between two looks", 0 },
	{ "once", CONF_BOOL, &once, "false", 0, 0,
	  "show one screen and end, with rates over one interval; also when stdout is no terminal",
	  0 },
	{ 0 },
};

struct top_process {
	struct series series;
	bool ready;
	struct str why_not, last_error; /* in the pool of this look */
	long long last_error_at;
};

struct top {
	struct map processes; /* path of the socket -> struct top_process */
	int signals;
};

static void free_seen(void *ptr)
{
	struct top_process *seen = ptr;

	cli_series_clear(&seen->series);
	mem_free(seen);
}

/* ---- one look ---- */

static void read_state(struct top_process *seen, struct str text, struct pool *pool)
{
	cJSON *state = cjson_parse(text);

	if (!state)
		return;
	seen->ready = cjson_flag(state, "ready");
	seen->why_not = pool_str(pool, cjson_text(state, "why_not"));
	seen->last_error = pool_str(pool, cjson_text(state, "last_error"));
	seen->last_error_at = cjson_number(state, "last_error_at");
	cJSON_Delete(state);
}

static void look_at(struct top *top, const struct live_process *process, struct pool *pool)
{
	struct top_process *seen = map_get(&top->processes, process->path);
	struct err err = { "" };
	struct buf text;

	if (!seen) {
		seen = mem_alloc(sizeof(*seen));
		cli_series_init(&seen->series);
		map_put(&top->processes, process->path, seen);
	}
	cli_series_next(&seen->series);
	seen->ready = false;
	seen->why_not = STR("it does not answer");
	seen->last_error = STR("");
	buf_init(&text, BUF_MAX_TEXT);
	if (cli_live_get_all(process, "/metrics", &text, &err) == 200) {
		cli_series_read(&seen->series, buf_view(&text));
		buf_reset(&text);
		if (cli_live_get_all(process, "/state", &text, &err) == 200)
			read_state(seen, buf_view(&text), pool);
	}
	buf_clear(&text);
}

/* ---- the screen ---- */

static void print_process(const struct live_process *process, const struct top_process *seen)
{
	const struct series *series = &seen->series;
	struct err why; /* without anything that a terminal would obey */

	err_set(&why, STR_FMT, STR_ARG(seen->why_not));
	printf("%-11s %7ld  %-5s %8.1f %8.1f %7.0f %6.1f %7.1f %6.0f  %s\n", process->room.ptr,
	       process->pid, seen->ready ? "yes" : "no",
	       cli_series_rate(series, "sluice_messages_received_total"),
	       cli_series_rate(series, "sluice_messages_sent_total"),
	       cli_series_sum(series, "sluice_messages_queued"),
	       cli_series_rate(series, "process_cpu_seconds_total") * 100,
	       cli_series_value(series, "process_resident_memory_bytes") / 1048576.0,
	       cli_series_sum(series, "sluice_peers"), why.text);
}

static void print_resolver(const struct top_process *seen)
{
	const struct series *series = &seen->series;

	printf("resolver   owners %.0f, objects %.0f, jobs: %.0f waiting, %.0f in flight, %.0f "
	       "alone; lost %.0f, set aside %.0f\n",
	       cli_series_value(series, "sluice_resolver_owners"),
	       cli_series_sum(series, "sluice_resolver_objects"),
	       cli_series_value(series, "sluice_resolver_jobs{state=\"waiting\"}") +
		       cli_series_value(series, "sluice_resolver_jobs{state=\"big\"}") +
		       cli_series_value(series, "sluice_resolver_jobs{state=\"settings\"}"),
	       cli_series_value(series, "sluice_resolver_jobs{state=\"in_flight\"}"),
	       cli_series_value(series, "sluice_resolver_jobs{state=\"alone\"}"),
	       cli_series_value(series, "sluice_resolver_jobs_lost_total"),
	       cli_series_value(series, "sluice_resolver_jobs{state=\"set_aside\"}"));
}

static void print_publisher(const struct top_process *seen)
{
	const struct series *series = &seen->series;

	printf("publisher  %s, routes %.0f, owners: %.0f good, %.0f rejected, %.0f waiting, %.0f "
	       "missing; writes %.0f (%.1f/s), saved %.0f, failed %.0f\n",
	       cli_series_value(series, "sluice_publisher_leader") > 0 ? "leader" : "standby",
	       cli_series_value(series, "sluice_publisher_routes"),
	       cli_series_value(series, "sluice_publisher_owners{state=\"good\"}"),
	       cli_series_value(series, "sluice_publisher_owners{state=\"rejected\"}"),
	       cli_series_value(series, "sluice_publisher_owners{state=\"waiting\"}"),
	       cli_series_value(series, "sluice_publisher_owners{state=\"missing\"}"),
	       cli_series_sum(series, "sluice_publisher_writes_total"),
	       cli_series_rate(series, "sluice_publisher_writes_total"),
	       cli_series_value(series, "sluice_publisher_writes_saved_total"),
	       cli_series_sum(series, "sluice_publisher_write_failures_total"));
}

static void print_error(const struct live_process *process, const struct top_process *seen)
{
	const time_t at = (time_t)seen->last_error_at;
	char when[32] = "";
	struct err text;
	struct tm tm;

	if (!seen->last_error.len)
		return;
	if (gmtime_r(&at, &tm))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	err_set(&text, STR_FMT, STR_ARG(seen->last_error));
	printf("last error of the %s, %s: %s\n", process->room.ptr, when, text.text);
}

static void print_screen(const struct top *top, const struct live_list *list)
{
	printf("%-11s %7s  %-5s %8s %8s %7s %6s %7s %6s\n", "ROOM", "PID", "READY", "IN/s", "OUT/s",
	       "QUEUED", "CPU%", "RSS MB", "PEERS");
	for (size_t i = 0; i < list->n; i++)
		print_process(&list->items[i], map_get(&top->processes, list->items[i].path));
	for (size_t i = 0; i < list->n; i++) {
		const struct top_process *seen = map_get(&top->processes, list->items[i].path);

		if (str_is(list->items[i].room, "resolver"))
			print_resolver(seen);
		else if (str_is(list->items[i].room, "publisher"))
			print_publisher(seen);
	}
	for (size_t i = 0; i < list->n; i++)
		print_error(&list->items[i], map_get(&top->processes, list->items[i].path));
	fflush(stdout);
}

static int look(struct top *top, bool show, bool clear, struct err *err)
{
	struct live_list list;
	struct pool pool;
	int rc;

	pool_init(&pool);
	rc = cli_live_find(run_dir, &pool, &list, err);
	for (size_t i = 0; rc == 0 && i < list.n; i++)
		look_at(top, &list.items[i], &pool);
	if (show && clear)
		fputs("\033[H\033[J", stdout);
	if (show && rc == 0)
		print_screen(top, &list);
	else if (show && clear) /* it may come back */
		printf("%s\n", err->text);
	fflush(stdout);
	pool_clear(&pool);
	return rc;
}

/* Waits; false: a signal asks for the end. */
static bool pause_for(const struct top *top, uint64_t ms)
{
	struct pollfd fd = { top->signals, POLLIN, 0 };

	return poll(&fd, 1, (int)ms) == 0;
}

static int run(struct top *top, struct err *err)
{
	if (look(top, !once, !once, err) < 0 && once)
		return -1;
	while (pause_for(top, interval_ms)) {
		if (look(top, true, !once, err) < 0 && once)
			return -1;
		if (once)
			break;
	}
	return 0;
}

int cli_top(int argc, char **argv)
{
	static const struct conf_option *const tables[] = { options, NULL };
	struct str_list rest = { 0 };
	struct top top = { .signals = -1 };
	struct err err = { "" };
	sigset_t set;
	int rc = conf_read(tables, "sluice top", "show what every process does, live", argc, argv,
			   &rest, &err);

	if (rc > 0)
		return CLI_GOOD;
	if (rc == 0 && rest.n)
		rc = err_set(&err, "unexpected argument %s", err_quote(rest.items[0]));
	if (rc < 0)
		return cli_usage("top", err.text);
	once = once || !isatty(STDOUT_FILENO);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	top.signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	map_init(&top.processes, free_seen);
	rc = run(&top, &err);
	if (rc < 0)
		fprintf(stderr, "sluice top: %s\n", err.text);
	map_clear(&top.processes);
	close(top.signals);
	return rc < 0 ? CLI_UNREADABLE : CLI_GOOD;
}
