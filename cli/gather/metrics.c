/* metrics: `sluice metrics`: one /metrics, and one set of probes, of all processes of a pipeline.
 *
 *   in     a run folder; requests at --metrics-bind-address and --health-probe-bind-address
 *   out    the metrics of all on stdout, or the answers
 *   owns   the listeners, the requests that are under way
 *   never  is needed by the pipeline
 */
#include "cli/cli.h"

#include <poll.h>
#include <stdio.h>

#include "actor/conf.h"
#include "actor/web/web.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli/gather/gather.h"
#include "cli/gather/serve.h"
#include "cli/process.h"

#define METRICS_MS 5000 /* Prometheus' own patience is 10 s */
#define PROBE_MS 800    /* the kubelet's is one second */
#define TEXT "text/plain; charset=utf-8"
#define EXPOSITION "text/plain; version=0.0.4; charset=utf-8"

static struct str run_dir, pomerium_url, health_url, metrics_address, probes_address, log_format;
static bool were_ready; /* all of them, once */

static const struct conf_option options[] = {
	{ "run-dir", CONF_TEXT, &run_dir, "/run/sluice", 0, 0, "folder of the sockets", 0 },
	{ "metrics-bind-address", CONF_TEXT, &metrics_address, "", 0, 0,
	  "serve them as /metrics there, such as :9090, instead of printing them once", 0 },
	{ "health-probe-bind-address", CONF_TEXT, &probes_address, "", 0, 0,
	  "serve /healthz, /readyz and /startupz of all processes together; may be the same "
	  "address",
	  0 },
	{ "pomerium-metrics-url", CONF_TEXT, &pomerium_url, "", 0, 0,
	  "where Pomerium's own metrics are, which come with them: http://HOST:PORT/metrics", 0 },
	{ "pomerium-health-url", CONF_TEXT, &health_url, "", 0, 0,
	  "where Pomerium's own probes are: once all were ready, /readyz is Pomerium's alone, "
	  "which "
	  "goes on serving whatever becomes of the others",
	  0 },
	{ "log-format", CONF_TEXT, &log_format, "logfmt", 0, 0, "logfmt or json", 0 },
	{ 0 },
};

static struct gather gather;
static struct web web;

/* ---- answers ---- */

static void on_metrics(void *ticket, const struct gather_answer *answers, size_t n)
{
	struct buf body;

	buf_init(&body, 4 * GATHER_ANSWER_MAX);
	cli_gather_metrics(answers, n, &body);
	actor_web_reply(ticket, body.full ? 500 : 200, EXPOSITION, &body);
}

static void on_started(void *ticket, const struct gather_answer *answers, size_t n)
{
	struct buf body;
	bool good;

	buf_init(&body, BUF_MAX_TEXT);
	good = cli_gather_probe(answers, n, &body);
	actor_web_reply(ticket, good ? 200 : 503, TEXT, &body);
}

static void on_ready(void *ticket, const struct gather_answer *answers, size_t n)
{
	struct buf body;
	bool good;

	buf_init(&body, BUF_MAX_TEXT);
	if (health_url.len && were_ready)
		good = cli_gather_probe_other(answers, n, &body);
	else
		good = were_ready = cli_gather_probe(answers, n, &body);
	actor_web_reply(ticket, good ? 200 : 503, TEXT, &body);
}

/* Pomerium's word on itself, as it is. */
static void on_status(void *ticket, const struct gather_answer *answers, size_t n)
{
	struct buf body;

	(void)n;
	buf_init(&body, BUF_MAX_TEXT);
	buf_str(&body, buf_view(&answers[0].body));
	actor_web_reply(ticket, answers[0].status ? (unsigned)answers[0].status : 503,
			"application/json", &body);
}

/* What to ask for a path; false: nobody has it. */
static bool choose(const struct web_request *request, struct gather_ask *ask)
{
	static const struct {
		const char *path;
		enum web_kind kind;
		long longest_ms;
		void (*on_done)(void *self, const struct gather_answer *answers, size_t n);
	} paths[] = { { "/metrics", WEB_METRICS, METRICS_MS, on_metrics },
		      { "/readyz", WEB_PROBES, PROBE_MS, on_ready },
		      { "/startupz", WEB_PROBES, PROBE_MS, on_started },
		      { "/status", WEB_PROBES, PROBE_MS, on_status } };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (request->kinds & paths[i].kind && str_is(request->path, paths[i].path)) {
			ask->path = paths[i].path;
			ask->longest_ms = paths[i].longest_ms;
			ask->on_done = paths[i].on_done;
			ask->run_dir = paths[i].on_done == on_status ? STR("") : run_dir;
			return paths[i].on_done != on_status || health_url.len;
		}
	return false;
}

static void answer(void *self, const struct web_request *request, struct web_answer *out)
{
	struct gather_ask ask = { .self = request->ticket, .also_name = STR("pomerium") };
	struct buf url;

	(void)self;
	if (!choose(request, &ask)) {
		const bool alive = request->kinds & WEB_PROBES && str_is(request->path, "/healthz");

		out->status = alive ? 200 : 404;
		buf_puts(&out->body, alive ? "ok\n" : "not found\n");
		return;
	}
	buf_init(&url, BUF_MAX_TEXT);
	if (ask.on_done == on_metrics)
		buf_str(&url, pomerium_url);
	else if (health_url.len)
		buf_printf(&url, STR_FMT "%s", STR_ARG(health_url), ask.path);
	ask.also_url = buf_view(&url);
	out->later = true;
	cli_gather_start(&gather, &ask);
	buf_clear(&url);
}

/* ---- the servers ---- */

static int listen_and_serve(struct err *err)
{
	struct web_places places = { 0 };

	if (actor_web_address_from(metrics_address, &places.metrics, err) < 0) {
		err_wrap(err, "--metrics-bind-address");
		return CLI_USAGE;
	}
	if (actor_web_address_from(probes_address, &places.probes, err) < 0) {
		err_wrap(err, "--health-probe-bind-address");
		return CLI_USAGE;
	}
	if (actor_web_open(&web, &(struct web_owner){ .answer = answer }, &places, err) < 0)
		return CLI_SYSTEM;
	cli_serve_run(&(struct serve){ .web = &web, .gather = &gather });
	return CLI_GOOD; /* the process ends: nobody waits for an answer any more */
}

/* ---- once ---- */

static void print(void *n_answers, const struct gather_answer *answers, size_t n)
{
	struct buf text;

	buf_init(&text, 4 * GATHER_ANSWER_MAX);
	cli_gather_metrics(answers, n, &text);
	if (n)
		(void)fwrite(text.ptr, 1, text.len, stdout);
	buf_clear(&text);
	*(size_t *)n_answers = n;
}

static int print_once(struct err *err)
{
	size_t n = SIZE_MAX;

	cli_gather_start(&gather, &(struct gather_ask){ .run_dir = run_dir,
							.path = "/metrics",
							.also_url = pomerium_url,
							.also_name = STR("pomerium"),
							.longest_ms = METRICS_MS,
							.on_done = print,
							.self = &n });
	while (n == SIZE_MAX) {
		struct pollfd fd = { http_loop_fd(&gather.http), POLLIN, 0 };
		const uint64_t now = clock_ms(), next = http_loop_tick(&gather.http, now);

		if (n == SIZE_MAX && poll(&fd, 1, next > now ? (int)(next - now) : 0) > 0)
			http_loop_on_fd(&gather.http);
	}
	cli_gather_close(&gather);
	if (n)
		return CLI_GOOD;
	err_set(err, "no pipeline runs in the run folder %s; name another one with --run-dir",
		err_quote(run_dir));
	return CLI_UNREADABLE;
}

int cli_metrics(int argc, char **argv)
{
	static const struct conf_option *const tables[] = { options, NULL };
	struct err err = { "" };
	int status, rc;

	rc = cli_process_read_flags(tables, "sluice metrics",
				    "gather the metrics of all processes of a running pipeline",
				    argc, argv, &err);
	if (rc > 0)
		return CLI_GOOD;
	if (rc)
		return cli_usage("metrics", err.text);
	log_set_format(str_is(log_format, "json") ? LOG_JSON : LOG_LOGFMT);
	cli_gather_open(&gather);
	status = metrics_address.len || probes_address.len ? listen_and_serve(&err)
							   : print_once(&err);
	if (status == CLI_USAGE)
		return cli_usage("metrics", err.text);
	if (status)
		fprintf(stderr, "sluice metrics: %s\n", err.text);
	return status;
}
