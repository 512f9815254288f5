/* page: `sluice web`: a page for a browser about a running pipeline.
 *
 *   in     a run folder; requests at --web-bind-address
 *   out    the page, tables of it as JSON, figures as server-sent events
 *   owns   the listener, the model, the requests that are under way
 *   never  changes anything, is needed by the pipeline, asks it while nobody looks
 */
#include "cli/cli.h"

#include <stdio.h>

#include "actor/conf.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli/gather/serve.h"
#include "cli/live/live.h"
#include "cli/process.h"
#include "cli/web/api.h"
#include "cli/web/figures.h"
#include "cli/web/host.h"

#define LOOK_MS 500     /* between two looks at the figures, while somebody has the page open */
#define FIGURES_MS 2000 /* that a process may take to tell its figures: else it is frozen */
#define ANSWER_MS 10000 /* that a room may take */
#define WAIT_MS 500     /* between two looks at all owners, at least */
#define SHARE 10        /* and this many times what the last one took, */
#define PAUSE_MS 10000  /* at most */
#define STREAMS_MAX 32  /* pages that are open */
#define WAITING_MAX 32  /* requests that wait for the model */

/* A request that is answered when the model has come. */
struct page_waiting {
	struct web_ticket *ticket;
	struct str path; /* of a table: a literal */
};

static struct {
	struct web web;
	struct gather gather;
	struct model model;
	struct figures figures;
	struct web_stream *streams[STREAMS_MAX];
	size_t n_streams;
	struct page_waiting waiting[WAITING_MAX];
	size_t n_waiting;
	bool looks, takes; /* a round is under way */
	bool stale;        /* the model may not be the newest */
	uint64_t mark;     /* of the figures, when the model was taken */
	uint64_t next_look_ms, next_take_ms, began_ms;
} page;

static struct str run_dir, bind_address, log_format;
static struct str_list hosts;

static const struct conf_option options[] = {
	{ "run-dir", CONF_TEXT, &run_dir, "/run/sluice", 0, 0,
	  "folder of the sockets between processes", 0 },
	{ "web-bind-address", CONF_TEXT, &bind_address, "127.0.0.1:8088", 0, 0,
	  "where the page is; whoever reaches it sees all routes, so others than the loopback want "
	  "a "
	  "Pomerium before them",
	  0 },
	{ "web-host", CONF_LIST, &hosts, "", 0, 0,
	  "names under which a browser may ask, besides localhost and IP addresses", 0 },
	{ "log-format", CONF_TEXT, &log_format, "logfmt", 0, 0, "logfmt or json", 0 },
	{ 0 },
};

/* ---- to the pages ---- */

static void push(struct web_stream *stream)
{
	cJSON *doc = cJSON_CreateObject();
	struct buf text;

	cjson_put_number(doc, "version", (long long)page.model.version);
	cjson_put_filled(doc, "trouble", str_from(page.model.trouble.text));
	cli_web_figures_put(&page.figures, doc);
	buf_init(&text, BUF_MAX_TEXT);
	buf_puts(&text, "event: figures\ndata: ");
	cjson_print(&doc, &text);
	buf_puts(&text, "\n\n");
	(void)actor_web_stream_push(stream, buf_view(&text)); /* else it gets the next one */
	buf_clear(&text);
}

static void push_all(void)
{
	for (size_t i = 0; i < page.n_streams; i++)
		push(page.streams[i]);
}

static void on_gone(void *self, struct web_stream *stream)
{
	(void)self;
	for (size_t i = 0; i < page.n_streams; i++)
		if (page.streams[i] == stream)
			page.streams[i] = page.streams[--page.n_streams];
}

/* ---- look at the pipeline ---- */

static void start(const char *path, long longest_ms,
		  void (*on_done)(void *self, const struct gather_answer *answers, size_t n))
{
	cli_gather_start(&page.gather, &(struct gather_ask){ .run_dir = run_dir,
							     .path = path,
							     .longest_ms = longest_ms,
							     .on_done = on_done });
}

static void answer_waiting(void)
{
	while (page.n_waiting) {
		const struct page_waiting *waiting = &page.waiting[--page.n_waiting];
		struct buf body;
		unsigned status;

		buf_init(&body, BUF_MAX_MESSAGE);
		status = cli_web_api_table(&page.model, waiting->path, waiting->ticket, &body);
		actor_web_reply(waiting->ticket, status, API_JSON, &body);
	}
}

static void on_owners(void *self, const struct gather_answer *answers, size_t n)
{
	const uint64_t before = page.model.version;
	uint64_t pause_ms;

	(void)self;
	cli_web_model_take(&page.model, answers, n);
	page.takes = false;
	page.stale |= page.model.trouble.text[0] && page.n_streams;
	pause_ms = WAIT_MS + SHARE * (clock_ms() - page.began_ms);
	page.next_take_ms = clock_ms() + (pause_ms < PAUSE_MS ? pause_ms : PAUSE_MS);
	answer_waiting();
	if (page.model.version != before)
		push_all();
}

static void take(void)
{
	page.takes = true;
	page.stale = false;
	page.began_ms = clock_ms();
	start("/owners", ANSWER_MS, on_owners);
}

static void on_state(void *self, const struct gather_answer *answers, size_t n)
{
	uint64_t mark;

	(void)self;
	cli_web_figures_state(&page.figures, answers, n);
	page.looks = false;
	page.next_look_ms = clock_ms() + LOOK_MS;
	mark = cli_web_figures_mark(&page.figures);
	page.stale |= mark != page.mark;
	page.mark = mark;
	push_all();
}

static void on_metrics(void *self, const struct gather_answer *answers, size_t n)
{
	(void)self;
	cli_web_figures_metrics(&page.figures, answers, n);
	start("/state", FIGURES_MS, on_state);
}

static uint64_t next_due(void)
{
	uint64_t next = UINT64_MAX;

	if (page.n_streams && !page.looks)
		next = page.next_look_ms;
	if (page.stale && !page.takes)
		next = clock_earlier(next, page.next_take_ms);
	return next;
}

static void start_due(uint64_t now_ms)
{
	if (page.n_streams && !page.looks && page.next_look_ms <= now_ms) {
		page.looks = true;
		start("/metrics", FIGURES_MS, on_metrics);
	}
	if (page.stale && !page.takes && page.next_take_ms <= now_ms)
		take();
}

/* ---- answers ---- */

static void on_explain(void *ticket, const struct gather_answer *answers, size_t n)
{
	struct buf body;
	unsigned status;

	buf_init(&body, BUF_MAX_MESSAGE);
	status = cli_web_api_explain(answers, n, &body);
	actor_web_reply(ticket, status, API_JSON, &body);
}

static void answer_explain(const struct web_request *request, struct web_answer *out)
{
	struct buf path;

	buf_init(&path, BUF_MAX_TEXT);
	cli_live_explain_path(request->kind, request->namespace, request->name, &path);
	out->later = true;
	cli_gather_start(&page.gather, &(struct gather_ask){ .run_dir = run_dir,
							     .path = path.ptr,
							     .longest_ms = ANSWER_MS,
							     .on_done = on_explain,
							     .self = request->ticket });
	buf_clear(&path);
}

static void refuse(struct web_answer *out, unsigned status, const char *sentence)
{
	out->status = status;
	out->type = API_JSON;
	cli_web_api_error(sentence, &out->body);
}

static void answer_stream(struct web_answer *out)
{
	if (page.n_streams == STREAMS_MAX) {
		refuse(out, 503, "too many pages are open");
		return;
	}
	out->status = 200;
	out->type = "text/event-stream";
	out->stream = actor_web_stream_new(NULL, on_gone);
	page.streams[page.n_streams++] = out->stream;
	page.stale |= page.n_streams == 1; /* nobody has looked */
	(void)actor_web_stream_push(out->stream, STR("retry: 1000\n\n"));
}

/* Nobody looks at the pipeline for us while no page is open: then the model is taken anew. */
static void answer_table(const struct web_request *request, struct web_answer *out)
{
	page.stale |= !page.n_streams || !page.model.version;
	out->type = API_JSON;
	if (page.n_waiting < WAITING_MAX &&
	    (page.takes || (page.stale && page.next_take_ms <= clock_ms()))) {
		out->later = true;
		page.waiting[page.n_waiting++] =
			(struct page_waiting){ request->ticket,
					       cli_web_api_table_path(request->path) };
		return;
	}
	out->status = cli_web_api_table(&page.model, request->path, request->ticket, &out->body);
}

static void answer(void *self, const struct web_request *request, struct web_answer *out)
{
	(void)self;
	out->policy = API_POLICY;
	if (!cli_web_host_is_ours(request->host, &hosts))
		refuse(out, 421, "the page is not known by this name: say it with --web-host");
	else if (str_is(request->path, "/events"))
		answer_stream(out);
	else if (str_is(request->path, "/api/explain"))
		answer_explain(request, out);
	else if (cli_web_api_table_path(request->path).ptr)
		answer_table(request, out);
	else if (str_is(request->path, "/favicon.ico")) /* each browser asks for it */
		out->status = 204;
	else if (!cli_web_api_file(request->path, out))
		refuse(out, 404, "not found");
}

/* ---- the server ---- */

static int open_and_serve(struct err *err)
{
	struct web_places places = { .flag = "--web-bind-address" };

	if (actor_web_address_from(bind_address, &places.metrics, err) < 0) {
		err_wrap(err, "--web-bind-address");
		return CLI_USAGE;
	}
	if (!places.metrics.port) {
		err_set(err, "--web-bind-address is off, and there is nothing else to do");
		return CLI_USAGE;
	}
	cli_gather_open(&page.gather);
	cli_web_model_init(&page.model);
	cli_web_figures_init(&page.figures);
	if (actor_web_open(&page.web, &(struct web_owner){ .answer = answer }, &places, err) < 0)
		return CLI_SYSTEM;
	log_info("the page is served", "address=%s", log_value(bind_address.ptr));
	cli_serve_run(&(struct serve){ .web = &page.web,
				       .gather = &page.gather,
				       .start_due = start_due,
				       .next_due = next_due });
	cli_web_model_clear(&page.model);
	return CLI_GOOD; /* the process ends: nobody waits for an answer any more */
}

int cli_web(int argc, char **argv)
{
	static const struct conf_option *const tables[] = { options, NULL };
	struct err err = { "" };
	int status, rc;

	rc = cli_process_read_flags(tables, "sluice web", "serve a page about a running pipeline",
				    argc, argv, &err);
	if (rc > 0)
		return CLI_GOOD;
	if (rc)
		return cli_usage("web", err.text);
	log_set_format(str_is(log_format, "json") ? LOG_JSON : LOG_LOGFMT);
	status = open_and_serve(&err);
	if (status == CLI_USAGE)
		return cli_usage("web", err.text);
	if (status)
		fprintf(stderr, "sluice web: %s\n", err.text);
	return status;
}
