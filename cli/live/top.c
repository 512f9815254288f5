/* top: shows what every process of a running pipeline does, live in a terminal.
 *
 *   in     /metrics and /state of each process, over its web socket; the key q
 *   out    a screen every --interval, or (--once, or no terminal) one of them
 *   owns   the counters of the last look, for rates
 *   never  asks more often than it shows
 */
#include "cli/cli.h"
#include "cli/live/live.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "actor/conf.h"
#include "base/cjson.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "cli/live/series.h"
#include "cli/process.h"
#include "cli/terminal.h"

#define AGE_MAX 48

static struct str run_dir;
static uint64_t interval_ms;
static bool once;

static const struct conf_option options[] = {
	CLI_LIVE_RUN_DIR(&run_dir),
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
	long long restarts; /* -1: nobody counts them */
};

struct top {
	struct map processes; /* path of the socket -> struct top_process */
	int signals;
	bool has_keys;       /* a person may press q */
	struct termios keys; /* as they were */
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
	if (cJSON_HasObjectItem(state, "restarts"))
		seen->restarts = cjson_number(state, "restarts");
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
	seen->restarts = -1;
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

/* 42s, 12m, 3h05m, 4d02h */
static void print_age(double seconds, char out[AGE_MAX])
{
	const long s = seconds > 0 ? (long)seconds : 0;

	if (s < 60)
		(void)snprintf(out, AGE_MAX, "%lds", s);
	else if (s < 3600)
		(void)snprintf(out, AGE_MAX, "%ldm", s / 60);
	else if (s < 86400)
		(void)snprintf(out, AGE_MAX, "%ldh%02ldm", s / 3600, s / 60 % 60);
	else
		(void)snprintf(out, AGE_MAX, "%ldd%02ldh", s / 86400, s / 3600 % 24);
}

static void print_process(const struct live_process *process, const struct top_process *seen,
			  struct buf *out)
{
	const struct series *series = &seen->series;
	const double start = cli_series_value(series, "process_start_time_seconds");
	const bool is_settings = cli_series_value(series, "sluice_translator_settings") > 0;
	char age[AGE_MAX] = "-", restarts[24] = "-";

	if (start > 0)
		print_age((double)clock_wall() - start, age);
	if (seen->restarts >= 0)
		(void)snprintf(restarts, sizeof(restarts), "%lld", seen->restarts);
	buf_printf(out, "%-10s %7ld %-5s %6s %8s %7.1f %7.1f %5.0f %5.1f %5.0f %5.0f\n",
		   is_settings ? "settings" : process->room.ptr, process->pid,
		   seen->ready ? "yes" : "no", age, restarts,
		   cli_series_rate(series, "sluice_messages_received_total"),
		   cli_series_rate(series, "sluice_messages_sent_total"),
		   cli_series_sum(series, "sluice_messages_queued"),
		   cli_series_rate(series, "process_cpu_seconds_total") * 100,
		   cli_series_value(series, "process_resident_memory_bytes") / 1048576.0,
		   cli_series_sum(series, "sluice_peers"));
}

static void print_resolver(const struct top_process *seen, struct buf *out)
{
	const struct series *series = &seen->series;

	buf_printf(out, "resolver   owners %.0f, objects %.0f\n",
		   cli_series_value(series, "sluice_resolver_owners"),
		   cli_series_sum(series, "sluice_resolver_objects"));
	buf_printf(
		out,
		"           jobs: %.0f waiting, %.0f in flight, %.0f alone; lost %.0f, set aside "
		"%.0f\n",
		cli_series_value(series, "sluice_resolver_jobs{state=\"waiting\"}") +
			cli_series_value(series, "sluice_resolver_jobs{state=\"big\"}") +
			cli_series_value(series, "sluice_resolver_jobs{state=\"settings\"}"),
		cli_series_value(series, "sluice_resolver_jobs{state=\"in_flight\"}"),
		cli_series_value(series, "sluice_resolver_jobs{state=\"alone\"}"),
		cli_series_value(series, "sluice_resolver_jobs_lost_total"),
		cli_series_value(series, "sluice_resolver_jobs{state=\"set_aside\"}"));
}

static void print_publisher(const struct top_process *seen, struct buf *out)
{
	const struct series *series = &seen->series;

	buf_printf(out, "publisher  %s, routes %.0f\n",
		   cli_series_value(series, "sluice_publisher_leader") > 0 ? "leader" : "standby",
		   cli_series_value(series, "sluice_publisher_routes"));
	buf_printf(out, "           owners: %.0f good, %.0f rejected, %.0f waiting, %.0f missing\n",
		   cli_series_value(series, "sluice_publisher_owners{state=\"good\"}"),
		   cli_series_value(series, "sluice_publisher_owners{state=\"rejected\"}"),
		   cli_series_value(series, "sluice_publisher_owners{state=\"waiting\"}"),
		   cli_series_value(series, "sluice_publisher_owners{state=\"missing\"}"));
	buf_printf(out, "           writes %.0f (%.1f/s), saved %.0f, failed %.0f\n",
		   cli_series_sum(series, "sluice_publisher_writes_total"),
		   cli_series_rate(series, "sluice_publisher_writes_total"),
		   cli_series_value(series, "sluice_publisher_writes_saved_total"),
		   cli_series_sum(series, "sluice_publisher_write_failures_total"));
}

/* What is wrong with a process, in sentences without anything that a terminal would obey. */
static void print_trouble(const struct live_process *process, const struct top_process *seen,
			  struct buf *out)
{
	char when[CLOCK_TEXT_MAX];
	struct err text;

	if (!seen->ready) {
		err_set(&text, STR_FMT, STR_ARG(seen->why_not));
		buf_printf(out, "%s %ld is not ready: %s\n", process->room.ptr, process->pid,
			   text.text);
	}
	if (!seen->last_error.len)
		return;
	clock_text(seen->last_error_at, -1, when);
	err_set(&text, STR_FMT, STR_ARG(seen->last_error));
	buf_printf(out, "last error of the %s, %s: %s\n", process->room.ptr, when, text.text);
}

static void make_screen(const struct top *top, const struct live_list *list, struct buf *out)
{
	buf_printf(out, "%-10s %7s %-5s %6s %8s %7s %7s %5s %5s %5s %5s\n", "ROOM", "PID", "READY",
		   "UP", "RESTARTS", "IN/s", "OUT/s", "QUEUE", "CPU%", "MB", "PEERS");
	for (size_t i = 0; i < list->n; i++)
		print_process(&list->items[i], map_get(&top->processes, list->items[i].path), out);
	for (size_t i = 0; i < list->n; i++) {
		const struct top_process *seen = map_get(&top->processes, list->items[i].path);

		if (str_is(list->items[i].room, "resolver"))
			print_resolver(seen, out);
		else if (str_is(list->items[i].room, "publisher"))
			print_publisher(seen, out);
	}
	for (size_t i = 0; i < list->n; i++)
		print_trouble(&list->items[i], map_get(&top->processes, list->items[i].path), out);
}

/* A line is cut where the terminal ends: a screen that wraps does not stand still. */
static void show(struct str screen, bool clear)
{
	const size_t columns = cli_terminal_columns();
	struct buf out;
	struct str line;

	buf_init(&out, BUF_MAX_TEXT);
	if (clear)
		cli_terminal_clear(&out);
	while (str_cut(screen, '\n', &line, &screen)) {
		buf_str(&out, str_slice(line, 0, columns ? columns : line.len));
		buf_putc(&out, '\n');
	}
	fwrite(out.ptr, 1, out.len, stdout);
	fflush(stdout);
	buf_clear(&out);
}

static int look(struct top *top, bool shows, bool clear, struct err *err)
{
	struct live_list list;
	struct buf screen;
	struct pool pool;
	int rc;

	pool_init(&pool);
	buf_init(&screen, BUF_MAX_TEXT);
	rc = cli_live_find(run_dir, &pool, &list, err);
	for (size_t i = 0; rc == 0 && i < list.n; i++)
		look_at(top, &list.items[i], &pool);
	if (rc == 0)
		make_screen(top, &list, &screen);
	else if (clear) /* it may come back */
		buf_printf(&screen, "%s\n", err->text);
	if (shows)
		show(buf_view(&screen), clear);
	buf_clear(&screen);
	pool_clear(&pool);
	return rc;
}

/* Waits; false: a signal or the key q asks for the end. */
static bool pause_for(const struct top *top, uint64_t ms)
{
	const uint64_t end = clock_ms() + ms;
	char keys[16];

	for (uint64_t now = clock_ms(); now < end; now = clock_ms()) {
		struct pollfd fds[] = { { top->signals, POLLIN, 0 },
					{ top->has_keys ? STDIN_FILENO : -1, POLLIN, 0 } };
		ssize_t n;

		if (poll(fds, 2, (int)(end - now)) <= 0)
			continue;
		if (fds[0].revents)
			return false;
		n = read(STDIN_FILENO, keys, sizeof(keys));
		if (n <= 0 || memchr(keys, 'q', (size_t)n) || memchr(keys, 'Q', (size_t)n))
			return false;
	}
	return true;
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

/* Keys come at once, and are not shown; not for a job in the background, which would be stopped. */
static void open_keys(struct top *top)
{
	struct termios raw;

	if (once || tcgetpgrp(STDIN_FILENO) != getpgrp() || tcgetattr(STDIN_FILENO, &top->keys))
		return;
	raw = top->keys;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	top->has_keys = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

/* With the folder known. */
static enum cli_status follow(struct err *err)
{
	struct top top = { .signals = -1 };
	int rc;

	once = once || !isatty(STDOUT_FILENO);
	map_init(&top.processes, free_seen);
	top.signals = cli_process_open_signals();
	open_keys(&top);
	rc = run(&top, err);
	if (top.has_keys)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &top.keys);
	map_clear(&top.processes);
	close(top.signals);
	return rc < 0 ? CLI_UNREADABLE : CLI_GOOD;
}

int cli_top(int argc, char **argv)
{
	static const struct conf_option *const tables[] = { options, NULL };
	struct err err = { "" };
	enum cli_status status;
	struct pool pool;
	int rc = cli_process_read_flags(tables, "sluice top", "show what every process does, live",
					argc, argv, &err);

	if (rc > 0)
		return CLI_GOOD;
	if (rc < 0)
		return cli_usage("top", err.text);
	pool_init(&pool);
	status = cli_live_locate(&run_dir, &pool, &err);
	if (status == CLI_GOOD)
		status = follow(&err);
	if (status)
		fprintf(stderr, "sluice top: %s\n", err.text);
	pool_clear(&pool);
	return (int)status;
}
