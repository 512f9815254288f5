/* web_answer: what the web server says to a path.
 *
 *   in     a request; the metrics, the hooks of the room
 *   out    an answer, complete or with a source of pieces
 *   owns   nothing
 *   never  shows a secret value; answers at a listener what is not meant for it
 */
#include "actor/web/web_answer.h"

#include <stdlib.h>

#include "actor/actor_metrics.h"
#include "base/cjson.h"
#include "base/log.h"

#define TEXT "text/plain; charset=utf-8"
#define JSON "application/json"

struct web_path {
	const char *path;
	unsigned kinds; /* of listeners that serve it */
	void (*answer)(const struct web_owner *owner, const struct web_request *request,
		       struct web_answer *out);
};

static void say(struct web_answer *out, unsigned status, const char *sentence)
{
	out->status = status;
	out->type = TEXT;
	buf_printf(&out->body, "%s\n", sentence);
}

static void measure(const struct web_owner *owner)
{
	owner->measure(owner->loop);
	actor_metrics_measure(owner->actor);
}

static void on_metrics(const struct web_owner *owner, const struct web_request *request,
		       struct web_answer *out)
{
	(void)request;
	out->type = "text/plain; version=0.0.4; charset=utf-8";
	measure(owner);
	actor_metrics_print(owner->actor, &out->body);
}

/* ---- probes ---- */

/* The answer itself shows that the loop turns. */
static void on_healthz(const struct web_owner *owner, const struct web_request *request,
		       struct web_answer *out)
{
	(void)owner, (void)request;
	say(out, 200, "ok");
}

static void ask(bool (*hook)(void *self, struct err *why), void *self, struct web_answer *out)
{
	struct err why = { "no reason is known" };

	if (!hook || hook(self, &why))
		say(out, 200, "ok");
	else
		say(out, 503, why.text);
}

static void on_readyz(const struct web_owner *owner, const struct web_request *request,
		      struct web_answer *out)
{
	(void)request;
	ask(owner->actor->ready, owner->actor->self, out);
}

static void on_startupz(const struct web_owner *owner, const struct web_request *request,
			struct web_answer *out)
{
	(void)request;
	ask(owner->actor->started, owner->actor->self, out);
}

/* ---- what the room holds ---- */

static bool more_of_dump(const struct actor *actor, struct actor_dump *dump, struct buf *out)
{
	return actor->dump(actor->self, dump, out);
}

static void say_json(struct web_answer *out, unsigned status, const char *sentence)
{
	cJSON *doc = cJSON_CreateObject();

	out->status = status;
	out->type = JSON;
	buf_reset(&out->body);
	cjson_put_text(doc, "error", str_from(sentence));
	cjson_print(&doc, &out->body);
	buf_putc(&out->body, '\n');
}

static void on_dump(const struct web_owner *owner, const struct web_request *request,
		    struct web_answer *out)
{
	if (!owner->actor->dump) {
		say_json(out, 404, "this room holds nothing that could be dumped");
		return;
	}
	out->type = JSON;
	out->more = more_of_dump;
	out->whole = str_is(request->routes, "whole");
	out->of_host = request->of_host;
}

static void on_owners(const struct web_owner *owner, const struct web_request *request,
		      struct web_answer *out)
{
	on_dump(owner, request, out);
	out->owners_only = true;
}

static void on_explain(const struct web_owner *owner, const struct web_request *request,
		       struct web_answer *out)
{
	const struct msg_key key = { msg_kind_named(request->kind), request->namespace,
				     request->name };
	struct err err = { "" };

	if (!owner->actor->explain) {
		say_json(out, 404, "this room explains nothing");
	} else if (!key.kind || !key.name.len) {
		say_json(out, 400, "/explain wants ?kind=Ingress&namespace=NAMESPACE&name=NAME");
	} else if (owner->actor->explain(owner->actor->self, &key, &out->body, &err) < 0) {
		say_json(out, 404, err.text);
	} else {
		out->type = JSON;
	}
}

/* For sluice top. */
static void on_state(const struct web_owner *owner, const struct web_request *request,
		     struct web_answer *out)
{
	const struct actor *actor = owner->actor;
	const char *restarts = getenv(WEB_RESTARTS); /* as the supervisor counts them */
	cJSON *doc = cJSON_CreateObject();
	struct err why = { "" };
	long long n;

	(void)request;
	out->type = JSON;
	cjson_put_text(doc, "room", str_from(room_name(actor->room)));
	cjson_put_text(doc, "version", str_from(conf_version));
	cjson_put_bool(doc, "ready", !actor->ready || actor->ready(actor->self, &why));
	cjson_put_text(doc, "why_not", str_from(why.text));
	cjson_put_text(doc, "last_error", str_from(log_last_text(LOG_LEVEL_ERROR)));
	cjson_put_number(doc, "last_error_at", log_last_time(LOG_LEVEL_ERROR));
	if (restarts && str_to_int(str_from(restarts), &n))
		cjson_put_number(doc, "restarts", n);
	cjson_print(&doc, &out->body);
}

/* ---- a page for a person ---- */

static void add_html(const char *text, struct buf *out)
{
	for (; *text; text++)
		switch (*text) {
		case '<':
			buf_puts(out, "&lt;");
			break;
		case '>':
			buf_puts(out, "&gt;");
			break;
		case '&':
			buf_puts(out, "&amp;");
			break;
		case '"':
			buf_puts(out, "&quot;");
			break;
		default:
			buf_putc(out, *text);
		}
}

static void add_row(const struct metric *metric, const char *value, uint64_t number,
		    struct buf *out)
{
	buf_printf(out, "<tr><td>%s</td><td>%s</td><td class=n>", metric->name, value);
	metric_print_number(number, metric->per_unit, out);
	buf_puts(out, "</td><td>");
	add_html(metric->help, out);
	buf_puts(out, "</td></tr>\n");
}

static void add_table(const struct metric *table, struct buf *out)
{
	for (; table && table->name; table++) {
		const uint64_t *numbers = table->var;

		if (table->type == METRIC_HISTOGRAM)
			continue;
		if (!table->label)
			add_row(table, "", numbers[0], out);
		for (size_t i = 0; table->label && table->values[i]; i++)
			if (*table->values[i] && numbers[i])
				add_row(table, table->values[i], numbers[i], out);
	}
}

static void add_state(const struct web_owner *owner, struct buf *out)
{
	const struct actor *actor = owner->actor;
	const char *last = log_last_text(LOG_LEVEL_ERROR);
	struct err why = { "" };

	buf_puts(out, "<p>");
	if (!actor->ready || actor->ready(actor->self, &why))
		buf_puts(out, "Ready.");
	else
		buf_puts(out, "Not ready: ");
	add_html(why.text, out);
	buf_puts(out, "</p>\n<p>");
	add_html(actor->summary ? actor->summary : "", out);
	buf_puts(out, "</p>\n");
	if (*last) {
		buf_puts(out, "<p>Last error: ");
		add_html(last, out);
		buf_puts(out, "</p>\n");
	}
}

static void on_page(const struct web_owner *owner, const struct web_request *request,
		    struct web_answer *out)
{
	const char *room = room_name(owner->actor->room);

	(void)request;
	out->type = "text/html; charset=utf-8";
	measure(owner);
	buf_printf(
		&out->body,
		"<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8><title>sluice-%s</title>"
		"<style>body{font-family:sans-serif}td{padding:0 1em 0 0}.n{text-align:right}"
		"</style></head><body>\n<h1>sluice-%s %s</h1>\n",
		room, room, conf_version);
	add_state(owner, &out->body);
	buf_puts(&out->body, "<p><a href=/metrics>metrics</a></p>\n<table>\n");
	add_table(owner->actor->metrics, &out->body);
	add_table(actor_metrics_table(), &out->body);
	buf_puts(&out->body, "</table></body></html>\n");
}

/* ---- which ---- */

static const struct web_path paths[] = {
	{ "/metrics", WEB_METRICS | WEB_LOCAL, on_metrics },
	{ "/", WEB_METRICS | WEB_LOCAL, on_page },
	{ "/healthz", WEB_PROBES | WEB_LOCAL, on_healthz },
	{ "/readyz", WEB_PROBES | WEB_LOCAL, on_readyz },
	{ "/startupz", WEB_PROBES | WEB_LOCAL, on_startupz },
	{ "/state", WEB_LOCAL, on_state },
	{ "/dump", WEB_LOCAL, on_dump },
	{ "/owners", WEB_LOCAL, on_owners },
	{ "/explain", WEB_LOCAL, on_explain },
};

void actor_web_answer(const struct web_owner *owner, const struct web_request *request,
		      struct web_answer *out)
{
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (!(paths[i].kinds & request->kinds) || !str_is(request->path, paths[i].path))
			continue;
		out->status = 200;
		paths[i].answer(owner, request, out);
		if (out->body.full)
			say_json(out, 500, "the answer is too large");
		return;
	}
	say(out, 404, "not found");
}
