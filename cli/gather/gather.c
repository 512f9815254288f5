/* gather: asks every process of a running pipeline the same.
 *
 *   in     a run folder, a path, perhaps a URL besides
 *   out    all answers, once the last has come or its time is over
 *   owns   the requests that are under way
 *   never  waits
 */
#include "cli/gather/gather.h"

#include "base/mem.h"
#include "cli/gather/merge.h"
#include "cli/live/live.h"
#include "msg/msg.h"

struct gather_request {
	struct gather_round *round;
	struct gather_answer *answer;
	CURL *easy;
};

struct gather_round {
	struct gather *gather;
	struct gather_ask ask;
	struct pool pool;
	struct gather_answer *answers;
	struct gather_request *requests;
	size_t n, n_pending;
};

/* ---- one round ---- */

static void finish(struct gather_round *round)
{
	round->ask.on_done(round->ask.self, round->answers, round->n);
	for (size_t i = 0; i < round->n; i++)
		buf_clear(&round->answers[i].body);
	pool_clear(&round->pool);
	mem_free(round);
}

static void on_done(void *of, CURLcode code)
{
	struct gather_request *request = of;
	struct gather_round *round = request->round;
	struct gather_answer *answer = request->answer;

	answer->why = curl_easy_strerror(code);
	if (code == CURLE_OK && !answer->body.full)
		curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &answer->status);
	else if (answer->body.full)
		answer->why = "its answer is too large";
	curl_multi_remove_handle(round->gather->http.multi, request->easy);
	curl_easy_cleanup(request->easy);
	if (!--round->n_pending)
		finish(round);
}

static size_t on_bytes(char *bytes, size_t size, size_t n, void *arg)
{
	struct gather_request *request = arg;

	buf_add(&request->answer->body, bytes, size * n);
	return request->answer->body.full ? 0 : size * n;
}

static void start(struct gather_request *request, struct str url, const char *socket_path)
{
	struct gather_round *round = request->round;
	CURL *easy = request->easy = curl_easy_init();

	http_loop_prepare(easy);
	curl_easy_setopt(easy, CURLOPT_URL, url.ptr);
	if (socket_path)
		curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket_path);
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, round->ask.longest_ms);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
	curl_multi_add_handle(round->gather->http.multi, easy);
	round->n_pending++;
}

static struct gather_request *add(struct gather_round *round, struct str room, long pid)
{
	struct gather_request *request = &round->requests[round->n];
	struct gather_answer *answer = &round->answers[round->n++];

	*answer = (struct gather_answer){ .room = room, .pid = pid };
	buf_init(&answer->body, GATHER_ANSWER_MAX);
	*request = (struct gather_request){ .round = round, .answer = answer };
	return request;
}

void cli_gather_start(struct gather *gather, const struct gather_ask *ask)
{
	struct gather_round *round = mem_alloc(sizeof(*round));
	struct live_list list = { 0 };
	struct str url;

	*round = (struct gather_round){ .gather = gather, .ask = *ask };
	pool_init(&round->pool);
	if (ask->run_dir.len) /* nobody: an empty list */
		(void)cli_live_find(ask->run_dir, &round->pool, &list, NULL);
	round->answers = pool_array(&round->pool, list.n + 1, sizeof(*round->answers));
	round->requests = pool_array(&round->pool, list.n + 1, sizeof(*round->requests));
	url = pool_printf(&round->pool, "http://localhost%s", ask->path);
	for (size_t i = 0; i < list.n; i++)
		start(add(round, list.items[i].room, list.items[i].pid), url,
		      list.items[i].path.ptr);
	if (ask->also_url.len)
		start(add(round, pool_str(&round->pool, ask->also_name), 0),
		      pool_str(&round->pool, ask->also_url), NULL);
	if (!round->n_pending)
		finish(round);
}

void cli_gather_open(struct gather *gather)
{
	http_loop_open(&gather->http, on_done);
}

void cli_gather_close(struct gather *gather)
{
	http_loop_close(&gather->http);
}

/* ---- what is made of the answers ---- */

static bool is_good(const struct gather_answer *answer)
{
	return answer->status == 200;
}

static void add_gathered(struct merge *merge, const struct gather_answer *answers, size_t n)
{
	struct buf text;

	buf_init(&text, BUF_MAX_TEXT);
	buf_puts(&text, "# HELP sluice_gathered Whether a process answered this scrape\n"
			"# TYPE sluice_gathered gauge\n");
	for (size_t i = 0; i < n; i++) {
		buf_printf(&text, "sluice_gathered{room=\"" STR_FMT "\"", STR_ARG(answers[i].room));
		if (str_is(answers[i].room, room_name(ROOM_TRANSLATOR)))
			buf_printf(&text, ",pid=\"%ld\"", answers[i].pid);
		buf_printf(&text, "} %d\n", is_good(&answers[i]));
	}
	cli_merge_add(merge, buf_view(&text), NULL, 0);
	buf_clear(&text);
}

void cli_gather_metrics(const struct gather_answer *answers, size_t n, struct buf *out)
{
	struct merge merge;

	cli_merge_init(&merge);
	add_gathered(&merge, answers, n);
	for (size_t i = 0; i < n; i++) {
		char pid[24];
		struct merge_label labels[] = { { "room", answers[i].room }, { "pid", STR("") } };
		size_t n_labels = answers[i].pid ? 1 : 0;

		if (!is_good(&answers[i]))
			continue;
		(void)snprintf(pid, sizeof(pid), "%ld", answers[i].pid);
		labels[1].value = str_from(pid);
		if (str_is(answers[i].room, room_name(ROOM_TRANSLATOR)))
			n_labels = 2;
		cli_merge_add(&merge, buf_view(&answers[i].body), labels, n_labels);
	}
	cli_merge_print(&merge, out);
	cli_merge_clear(&merge);
}

static bool has_room(const struct gather_answer *answers, size_t n, const char *room)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(answers[i].room, room))
			return true;
	return false;
}

static bool probe_one(const struct gather_answer *answer, struct buf *out)
{
	if (is_good(answer))
		return true;
	if (answer->status)
		buf_printf(out, STR_FMT ": " STR_FMT "\n", STR_ARG(answer->room),
			   STR_ARG(str_trim(buf_view(&answer->body))));
	else
		buf_printf(out, STR_FMT ": it does not answer: %s\n", STR_ARG(answer->room),
			   answer->why);
	return false;
}

bool cli_gather_probe(const struct gather_answer *answers, size_t n, struct buf *out)
{
	bool good = true;

	for (int room = ROOM_NONE + 1; room < N_ROOMS; room++)
		if (!has_room(answers, n, room_name((enum msg_room)room))) {
			buf_printf(out, "%s: it does not run\n", room_name((enum msg_room)room));
			good = false;
		}
	for (size_t i = 0; i < n; i++)
		good &= probe_one(&answers[i], out);
	if (good)
		buf_puts(out, "ok\n");
	return good;
}

bool cli_gather_probe_other(const struct gather_answer *answers, size_t n, struct buf *out)
{
	const bool good = n && !answers[n - 1].pid && probe_one(&answers[n - 1], out);

	if (good)
		buf_puts(out, "ok\n");
	return good;
}
