/* dump: prints what a running pipeline holds, as JSON: the store and the graph of the resolver, the
 * wanted and the published state of the publisher.
 *
 *   in     the web sockets in the run folder
 *   out    {"processes":[...]} on stdout, as it comes
 *   owns   nothing
 *   never  holds the whole answer of a room; prints a value of a Secret, since no room tells one
 */
#include "cli/cli.h"
#include "cli/live/live.h"
#include "cli/live/redact.h"

#include <stdio.h>

#include "actor/conf.h"
#include "cli/process.h"

static struct str run_dir;
static bool redacted;

static const struct conf_option options[] = {
	CLI_LIVE_RUN_DIR(&run_dir),
	{ "redact", CONF_BOOL, &redacted, "false", 0, 0,
	  "replace names, hosts, addresses and sentences by tokens, so that the dump can be given "
	  "away",
	  0 },
	{ 0 },
};

struct dump_output {
	struct redact redact;
	struct buf out;
	bool too_deep;
};

static void on_piece(void *arg, struct str piece)
{
	struct dump_output *printer = arg;

	if (!redacted) {
		(void)fwrite(piece.ptr, 1, piece.len, stdout);
		return;
	}
	if (printer->too_deep || cli_redact_feed(&printer->redact, piece, &printer->out) < 0)
		printer->too_deep = true;
	(void)fwrite(printer->out.ptr, 1, printer->out.len, stdout);
	buf_reset(&printer->out);
}

static int dump_process(const struct live_process *process, struct err *err)
{
	struct dump_output printer = { 0 };
	struct live_answer answer = { .on_piece = on_piece, .arg = &printer };
	int rc;

	cli_redact_open(&printer.redact);
	buf_init(&printer.out, BUF_MAX_MESSAGE);
	rc = cli_live_get(process, "/dump", &answer, err);
	if (rc == 0 && answer.status != 200)
		rc = err_set(err, "the " STR_FMT " (pid %ld) answers with status %ld",
			     STR_ARG(process->room), process->pid, answer.status);
	if (rc == 0 && printer.too_deep)
		rc = err_set(err, "the answer of the " STR_FMT " is nested too deeply",
			     STR_ARG(process->room));
	buf_clear(&printer.out);
	cli_redact_close(&printer.redact);
	return rc;
}

static int dump_all(const struct live_list *list, struct err *err)
{
	static const char *const rooms[] = { "resolver", "publisher" };
	bool first = true;

	fputs("{\"processes\":[", stdout);
	for (size_t i = 0; i < list->n; i++)
		for (size_t k = 0; k < sizeof(rooms) / sizeof(rooms[0]); k++) {
			if (!str_is(list->items[i].room, rooms[k]))
				continue;
			fputs(first ? "" : ",", stdout);
			first = false;
			if (dump_process(&list->items[i], err) < 0)
				return -1;
		}
	fputs("]}\n", stdout);
	return fflush(stdout) ? err_set(err, "the output cannot be written") : 0;
}

int cli_dump(int argc, char **argv)
{
	static const struct conf_option *const tables[] = { options, NULL };
	struct live_list list;
	struct err err = { "" };
	struct pool pool;
	enum cli_status status;
	int rc = cli_process_read_flags(tables, "sluice dump",
					"print what a running pipeline holds", argc, argv, &err);

	if (rc > 0)
		return CLI_GOOD;
	if (rc < 0)
		return cli_usage("dump", err.text);
	pool_init(&pool);
	status = cli_live_open(&run_dir, &pool, &list, &err);
	if (status == CLI_GOOD && dump_all(&list, &err) < 0)
		status = CLI_UNREADABLE;
	if (status)
		fprintf(stderr, "sluice dump: %s\n", err.text);
	pool_clear(&pool);
	return (int)status;
}
