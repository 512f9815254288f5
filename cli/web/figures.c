/* figures: what every process does at this moment.
 *
 *   in     answers of all processes to /metrics and /state
 *   out    JSON, rates over the time between two looks
 *   owns   the series of two looks
 *   never  asks anybody
 */
#include "cli/web/figures.h"

#include <math.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/mem.h"
#include "cli/live/series.h"
#include "msg/msg.h"

struct figures_process {
	enum msg_room room;
	long pid;
	struct series series;
	uint64_t round; /* of the last answer */
	bool ready;
	char *why_not, *last_error;
	long long last_error_at;
};

static void free_process(void *ptr)
{
	struct figures_process *process = ptr;

	cli_series_clear(&process->series);
	mem_free(process->why_not);
	mem_free(process->last_error);
	mem_free(process);
}

void cli_web_figures_init(struct figures *figures)
{
	*figures = (struct figures){ 0 };
	map_init(&figures->processes, free_process);
}

/* ---- read ---- */

/* By its key the processes are in the order of the pipeline. */
static struct figures_process *process_of(struct figures *figures,
					  const struct gather_answer *answer)
{
	struct figures_process *process;
	int room = ROOM_NONE + 1;
	char key[48];

	while (room < N_ROOMS && !str_is(answer->room, room_name((enum msg_room)room)))
		room++;
	if (room == N_ROOMS)
		return NULL;
	(void)snprintf(key, sizeof(key), "%d %010ld", room, answer->pid);
	process = map_get(&figures->processes, str_from(key));
	if (process)
		return process;
	process = mem_alloc(sizeof(*process));
	process->room = (enum msg_room)room;
	process->pid = answer->pid;
	cli_series_init(&process->series);
	map_put(&figures->processes, str_from(key), process);
	return process;
}

static void set_text(char **text, struct str to)
{
	mem_free(*text);
	*text = mem_dup(to.ptr ? to.ptr : "", to.len);
}

static void drop_gone(struct figures *figures)
{
	struct str key;
	void *value;

	for (size_t i = 0; map_next(&figures->processes, &i, &key, &value);)
		if (((const struct figures_process *)value)->round != figures->round)
			map_del(&figures->processes, key);
}

void cli_web_figures_metrics(struct figures *figures, const struct gather_answer *answers, size_t n)
{
	figures->round++;
	for (size_t i = 0; i < n; i++) {
		struct figures_process *process = process_of(figures, &answers[i]);

		if (!process)
			continue;
		process->round = figures->round;
		cli_series_next(&process->series);
		if (answers[i].status == 200)
			cli_series_read(&process->series, buf_view(&answers[i].body));
	}
	drop_gone(figures);
}

static void read_state(struct figures_process *process, const struct gather_answer *answer)
{
	cJSON *doc = answer->status == 200 ? cjson_parse(buf_view(&answer->body)) : NULL;

	process->ready = cjson_flag(doc, "ready");
	set_text(&process->why_not, doc ? cjson_text(doc, "why_not") : STR("it does not answer"));
	set_text(&process->last_error, cjson_text(doc, "last_error"));
	process->last_error_at = cjson_number(doc, "last_error_at");
	cJSON_Delete(doc);
}

void cli_web_figures_state(struct figures *figures, const struct gather_answer *answers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct figures_process *process = process_of(figures, &answers[i]);

		if (process)
			read_state(process, &answers[i]);
	}
	drop_gone(figures);
}

uint64_t cli_web_figures_mark(const struct figures *figures)
{
	static const char *const series[] = {
		"sluice_messages_received_total{type=\"OBJECT_PUT\"}",
		"sluice_messages_received_total{type=\"OBJECT_DELETE\"}",
		"sluice_messages_received_total{type=\"CONFIG\"}",
		"sluice_messages_received_total{type=\"REJECT\"}",
		"sluice_messages_received_total{type=\"DELETE\"}",
		"sluice_messages_received_total{type=\"SECRET_PUT\"}",
		"sluice_publisher_delete_guard",
		"sluice_publisher_routes",
	};
	uint64_t mark = 1;
	void *value;

	for (size_t i = 0; map_next(&figures->processes, &i, NULL, &value);) {
		const struct figures_process *process = value;
		uint64_t of_process = (uint64_t)process->pid;

		if (process->room != ROOM_RESOLVER && process->room != ROOM_PUBLISHER)
			continue;
		for (size_t k = 0; k < sizeof(series) / sizeof(series[0]); k++)
			of_process = of_process * 31 +
				     (uint64_t)cli_series_value(&process->series, series[k]);
		mark += of_process * 31 + (uint64_t)process->room; /* in any order */
	}
	return mark;
}

/* ---- print ---- */

static void put_number(cJSON *out, const char *key, double number)
{
	(void)cJSON_AddNumberToObject(out, key, round(number * 10) / 10);
}

static void put_process(const struct figures_process *process, cJSON *out)
{
	const struct series *series = &process->series;

	cjson_put_text(out, "room", str_from(room_name(process->room)));
	cjson_put_number(out, "pid", process->pid);
	cjson_put_bool(out, "ready", process->ready);
	cjson_put_filled(out, "why_not", str_from(process->why_not));
	cjson_put_filled(out, "last_error", str_from(process->last_error));
	cjson_put_number(out, "last_error_at", process->last_error_at);
	put_number(out, "in", cli_series_rate(series, "sluice_messages_received_total"));
	put_number(out, "out", cli_series_rate(series, "sluice_messages_sent_total"));
	put_number(out, "queued", cli_series_sum(series, "sluice_messages_queued"));
	put_number(out, "cpu", cli_series_rate(series, "process_cpu_seconds_total") * 100);
	put_number(out, "memory",
		   cli_series_value(series, "process_resident_memory_bytes") / 1048576.0);
	put_number(out, "peers", cli_series_sum(series, "sluice_peers"));
}

/* What a room tells of itself beyond that. */
static void put_more(const struct figures_process *process, cJSON *out)
{
	static const struct {
		enum msg_room room;
		const char *key, *series;
	} more[] = {
		{ ROOM_WATCHER, "objects", "sluice_messages_sent_total{type=\"OBJECT_PUT\"}" },
		{ ROOM_RESOLVER, "owners", "sluice_resolver_owners" },
		{ ROOM_RESOLVER, "waiting", "sluice_resolver_jobs{state=\"waiting\"}" },
		{ ROOM_RESOLVER, "big", "sluice_resolver_jobs{state=\"big\"}" },
		{ ROOM_RESOLVER, "settings", "sluice_resolver_jobs{state=\"settings\"}" },
		{ ROOM_RESOLVER, "set_aside", "sluice_resolver_jobs{state=\"set_aside\"}" },
		{ ROOM_RESOLVER, "in_flight", "sluice_resolver_jobs{state=\"in_flight\"}" },
		{ ROOM_RESOLVER, "alone", "sluice_resolver_jobs{state=\"alone\"}" },
		{ ROOM_TRANSLATOR, "settings", "sluice_translator_settings" },
		{ ROOM_PUBLISHER, "routes", "sluice_publisher_routes" },
		{ ROOM_PUBLISHER, "good", "sluice_publisher_owners{state=\"good\"}" },
		{ ROOM_PUBLISHER, "rejected", "sluice_publisher_owners{state=\"rejected\"}" },
		{ ROOM_PUBLISHER, "writes", "sluice_publisher_writes_total" },
		{ ROOM_PUBLISHER, "failed", "sluice_publisher_write_failures_total" },
		{ ROOM_PUBLISHER, "leader", "sluice_publisher_leader" },
		{ ROOM_PUBLISHER, "guard", "sluice_publisher_delete_guard" },
	};

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (more[i].room == process->room)
			put_number(out, more[i].key,
				   cli_series_sum(&process->series, more[i].series));
}

void cli_web_figures_put(const struct figures *figures, cJSON *out)
{
	struct str *keys = map_sorted_keys(&figures->processes);
	cJSON *list = cjson_put_list(out, "processes"), *item;

	for (size_t i = 0; i < figures->processes.n; i++) {
		const struct figures_process *process = map_get(&figures->processes, keys[i]);

		if (!process->why_not)
			continue; /* it has come since, and said nothing yet of its state */
		item = cjson_put_object(list, NULL);
		put_process(process, item);
		put_more(process, item);
	}
	mem_free(keys);
}
