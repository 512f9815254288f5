/* tap: follows what the processes say to each other.
 *
 *   in     tap-* sockets in the run folder and in that of the translators, also those that appear
 *          later
 *   out    JSON lines, or for a person one short line a message
 *   owns   nothing: it only listens
 *   never  slows a process down: a process drops the lines that we do not take in time
 */
#include "cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <zmq.h>

#include "actor/conf.h"
#include "base/cjson.h"
#include "base/mem.h"
#include "cli/live/live.h"
#include "cli/process.h"

#define BATCH 256 /* parts before signals and the folder get their turn */

static struct str run_dir;
static bool json, both;

static const struct conf_option options[] = {
	CLI_LIVE_RUN_DIR(&run_dir),
	{ "json", CONF_BOOL, &json, "false", 0, 0, "JSON lines; also when stdout is no terminal",
	  0 },
	{ "both", CONF_BOOL, &both, "false", 0, 0,
	  "for a person: what was received too, not only what was sent", 0 },
	{ "[FILTER...]", CONF_REST, NULL, "", 0, 0,
	  "a namespace/name, a name, or a TYPE of message such as CONFIG; several: any of them",
	  0 },
	{ 0 },
};

struct tap_client {
	void *context, *sock;
	int inotify, signals;
	struct str_list filters; /* namespace/name, name, or TYPE */
	struct pool pool;
	struct str folders[LIVE_FOLDERS]; /* the run folder, that of the translators */
	int watches[LIVE_FOLDERS];        /* of inotify; -1: it is not there */
	bool quit;
};

/* The parts of a line that filters and people look at. */
struct tap_line {
	struct str time, topic, from, to, kind, namespace, name, type;
	long long seq, len;
};

/* ---- lines ---- */

/* Texts live as long as the document, which the caller deletes; NULL: the line is not JSON. */
static cJSON *read_line(struct str line, struct tap_line *out)
{
	cJSON *doc = cjson_parse(line);
	const cJSON *message = cJSON_GetObjectItemCaseSensitive(doc, "message");

	if (!doc)
		return NULL;
	*out = (struct tap_line){ .time = cjson_text(doc, "time"),
				  .topic = cjson_text(doc, "topic"),
				  .from = cjson_text(doc, "from"),
				  .to = cjson_text(doc, "to"),
				  .kind = cjson_text(doc, "kind"),
				  .namespace = cjson_text(doc, "namespace"),
				  .name = cjson_text(doc, "name"),
				  .type = cjson_text(message, "type"),
				  .seq = cjson_number(message, "seq"),
				  .len = cjson_number(doc, "len") };
	return doc;
}

static bool is_type(struct str filter)
{
	for (size_t i = 0; i < filter.len; i++)
		if ((filter.ptr[i] < 'A' || filter.ptr[i] > 'Z') && filter.ptr[i] != '_')
			return false;
	return true;
}

static bool is_object(struct str filter, const struct tap_line *seen)
{
	struct str namespace = STR(""), name = filter;

	str_cut(filter, '/', &namespace, &name);
	return str_eq(namespace, seen->namespace) && str_eq(name, seen->name);
}

/* One of the types if types were asked for, and one of the objects if objects were. */
static bool passes(const struct str_list *filters, const struct tap_line *seen)
{
	bool types = false, objects = false, type = false, object = false;

	for (size_t i = 0; i < filters->n; i++) {
		struct str filter = filters->items[i];

		if (is_type(filter)) {
			types = true;
			type = type || str_eq(filter, seen->type);
		} else {
			objects = true;
			object = object || is_object(filter, seen);
		}
	}
	return (!types || type) && (!objects || object);
}

static bool is_chatter(const struct tap_line *seen)
{
	return str_is(seen->type, "HEARTBEAT") || str_is(seen->type, "CREDIT");
}

/* Names may come from a tenant's annotation: nothing that a terminal would obey is printed. */
static void print_subject(const struct tap_line *seen)
{
	struct buf subject;
	bool plain = true;

	buf_init(&subject, BUF_MAX_TEXT);
	buf_str(&subject, seen->namespace);
	buf_puts(&subject, seen->namespace.len ? "/" : "");
	buf_str(&subject, seen->name);
	for (size_t i = 0; i < subject.len; i++)
		plain = plain && subject.ptr[i] > ' ' && subject.ptr[i] < 0x7f;
	printf(" %s", plain ? subject.ptr : err_quote(buf_view(&subject)));
	buf_clear(&subject);
}

static void show_person(const struct tap_client *tap, const struct tap_line *seen)
{
	struct str head, stage;

	if (!str_cut(seen->topic, '/', &head, &stage) || (!both && !str_starts(stage, "out/")))
		return;
	if (tap->filters.n == 0 && is_chatter(seen))
		return;
	printf(STR_FMT " " STR_FMT " -> " STR_FMT " " STR_FMT,
	       STR_ARG(str_slice(seen->time, 11, 23)), STR_ARG(seen->from), STR_ARG(seen->to),
	       STR_ARG(seen->type));
	if (str_starts(seen->type, "OBJECT_"))
		printf(" " STR_FMT, STR_ARG(seen->kind));
	if (seen->name.len)
		print_subject(seen);
	printf(" seq=%lld len=%lld%s\n", seen->seq, seen->len,
	       str_starts(stage, "in/") ? " received" : "");
}

static void show(struct tap_client *tap, struct str line)
{
	struct tap_line seen;
	cJSON *doc = read_line(line, &seen);

	if (doc && passes(&tap->filters, &seen)) {
		if (json)
			printf(STR_FMT "\n", STR_ARG(line));
		else
			show_person(tap, &seen);
		if (fflush(stdout) != 0)
			tap->quit = true; /* the reader is gone */
	}
	cJSON_Delete(doc);
}

/* Two parts: the topic, which the line repeats, and the line. */
static void on_lines(struct tap_client *tap)
{
	zmq_msg_t part;

	zmq_msg_init(&part);
	for (int n = 0; n < BATCH && !tap->quit; n++) {
		if (zmq_msg_recv(&part, tap->sock, ZMQ_DONTWAIT) < 0)
			break;
		if (!zmq_msg_more(&part))
			show(tap, (struct str){ zmq_msg_data(&part), zmq_msg_size(&part) });
	}
	zmq_msg_close(&part);
}

/* ---- sockets that come and go ---- */

static void follow(struct tap_client *tap, struct str folder, const char *name, bool there)
{
	struct buf endpoint;

	if (strncmp(name, "tap-", 4) != 0)
		return;
	buf_init(&endpoint, BUF_MAX_TEXT);
	buf_printf(&endpoint, "ipc://" STR_FMT "/%s", STR_ARG(folder), name);
	zmq_disconnect(tap->sock, endpoint.ptr); /* a new socket may have that name now */
	if (there && zmq_connect(tap->sock, endpoint.ptr) < 0)
		fprintf(stderr, "sluice tap: %s: %s\n", endpoint.ptr, zmq_strerror(errno));
	buf_clear(&endpoint);
}

/* What is in it now, and what comes. -1: it is not there. */
static int follow_folder(struct tap_client *tap, size_t i)
{
	struct dirent *entry;
	DIR *dir;

	tap->watches[i] =
		inotify_add_watch(tap->inotify, tap->folders[i].ptr, IN_CREATE | IN_DELETE);
	dir = opendir(tap->folders[i].ptr);
	while (dir && (entry = readdir(dir)))
		follow(tap, tap->folders[i], entry->d_name, true);
	if (dir)
		closedir(dir);
	return tap->watches[i] < 0 ? -1 : 0;
}

static void on_event(struct tap_client *tap, const struct inotify_event *event)
{
	const bool there = event->len && !(event->mask & IN_DELETE);

	for (size_t i = 1; there && event->wd == tap->watches[0] && i < LIVE_FOLDERS; i++)
		if (str_is(str_slice(tap->folders[i], run_dir.len + 1, tap->folders[i].len),
			   event->name))
			(void)follow_folder(tap, i);
	for (size_t i = 0; event->len && i < LIVE_FOLDERS; i++)
		if (event->wd == tap->watches[i])
			follow(tap, tap->folders[i], event->name, there);
}

static void on_folder(struct tap_client *tap)
{
	_Alignas(struct inotify_event) char events[4096];
	ssize_t len;

	while ((len = read(tap->inotify, events, sizeof(events))) > 0) {
		for (char *at = events; at < events + len;) {
			const struct inotify_event *event = (const struct inotify_event *)at;

			on_event(tap, event);
			at += sizeof(*event) + event->len;
		}
	}
}

static int open_folders(struct tap_client *tap, struct err *err)
{
	cli_live_folders(run_dir, &tap->pool, tap->folders);
	tap->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (tap->inotify < 0 || follow_folder(tap, 0) < 0)
		return err_set(err,
			       "the run folder %s cannot be followed: %s; name it with --run-dir",
			       err_quote(run_dir), strerror(errno));
	for (size_t i = 1; i < LIVE_FOLDERS; i++)
		(void)follow_folder(tap, i);
	return 0;
}

static void open_socket(struct tap_client *tap)
{
	const int hwm = 100000, linger = 0, wait_ms = 20, wait_max_ms = 1000;

	tap->context = zmq_ctx_new();
	tap->sock = zmq_socket(tap->context, ZMQ_SUB);
	zmq_setsockopt(tap->sock, ZMQ_RCVHWM, &hwm, sizeof(hwm));
	zmq_setsockopt(tap->sock, ZMQ_LINGER, &linger, sizeof(linger));
	zmq_setsockopt(tap->sock, ZMQ_RECONNECT_IVL, &wait_ms, sizeof(wait_ms));
	zmq_setsockopt(tap->sock, ZMQ_RECONNECT_IVL_MAX, &wait_max_ms, sizeof(wait_max_ms));
	zmq_setsockopt(tap->sock, ZMQ_SUBSCRIBE, "", 0);
}

static void run(struct tap_client *tap)
{
	while (!tap->quit) {
		zmq_pollitem_t items[] = { { .fd = tap->signals, .events = ZMQ_POLLIN },
					   { .fd = tap->inotify, .events = ZMQ_POLLIN },
					   { .socket = tap->sock, .events = ZMQ_POLLIN } };

		if (zmq_poll(items, 3, -1) < 0 && errno != EINTR)
			return;
		if (items[0].revents)
			return;
		if (items[1].revents)
			on_folder(tap);
		if (items[2].revents)
			on_lines(tap);
	}
}

int cli_tap(int argc, char **argv)
{
	static const struct conf_option *const tables[] = { options, NULL };
	struct tap_client tap = { .inotify = -1, .signals = -1, .watches = { -1, -1 } };
	struct err err = { "" };
	struct pool pool;
	int rc;

	rc = conf_read(tables, "sluice tap", "follow the messages between the processes", argc,
		       argv, &tap.filters, &err);
	if (rc != 0) {
		if (rc < 0)
			fprintf(stderr, "sluice tap: %s\n", err.text);
		return rc < 0 ? CLI_USAGE : CLI_GOOD;
	}
	json = json || !isatty(STDOUT_FILENO);
	signal(SIGPIPE, SIG_IGN);
	tap.signals = cli_process_open_signals();
	open_socket(&tap);
	pool_init(&pool);
	rc = (int)cli_live_locate(&run_dir, &pool, &err);
	if (!rc && open_folders(&tap, &err) < 0)
		rc = CLI_UNREADABLE;
	if (rc)
		fprintf(stderr, "sluice tap: %s\n", err.text);
	else
		run(&tap);
	pool_clear(&pool);
	zmq_close(tap.sock);
	zmq_ctx_term(tap.context);
	pool_clear(&tap.pool);
	close(tap.signals);
	if (tap.inotify >= 0)
		close(tap.inotify);
	return rc;
}
