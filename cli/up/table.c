/* table: prints the routes of a written configuration file, for a person.
 *
 *   in     the file that the publisher writes, its state file; inotify on the folder
 *   out    lines on stdout, as `sluice routes` has them
 *   owns   the digest of the file that it has shown last
 *   never  takes part in the pipeline: it reads what anybody could read
 */
#include "cli/up/table.h"

#include <libgen.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/routes/routes_print.h"
#include "cli/terminal.h"
#include "publisher/file/state_file.h"

#define PAGE_COLUMNS 80 /* where stdout is no terminal: a person reads it all the same */

void cli_table_open(struct table *table, const char *path, bool whole, struct str hint)
{
	char *copy;

	*table = (struct table){ .fd = -1, .whole = whole, .hint = hint };
	if (!path)
		return;
	table->path = mem_strdup(path);
	copy = mem_strdup(path);
	table->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (table->fd >= 0 &&
	    inotify_add_watch(table->fd, dirname(copy), IN_MOVED_TO | IN_CLOSE_WRITE) < 0) {
		close(table->fd);
		table->fd = -1;
	}
	mem_free(copy);
}

void cli_table_close(struct table *table)
{
	if (table->fd >= 0)
		close(table->fd);
	mem_free(table->path);
}

int cli_table_fd(const struct table *table)
{
	return table->fd;
}

static int read_file(const char *path, struct buf *out)
{
	FILE *file = fopen(path, "re");
	char chunk[65536];
	size_t n;

	if (!file)
		return -1;
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_add(out, chunk, n);
	fclose(file);
	return out->full ? -1 : 0;
}

/* The state file has what the published one has, and says whose it is. */
static void show_routes(const char *path, struct str hint)
{
	const struct wanted_listener nobody = { NULL, NULL, NULL };
	const struct routes_filter all = { 0 };
	const size_t columns = cli_terminal_columns();
	struct state_file state = PUBLISHER_STATE_FILE_CLOSED;
	struct wanted *wanted = publisher_wanted_new(&nobody);
	struct err err = { "" };
	struct view view;
	struct buf text;

	cli_view_init(&view, &(struct view_wish){ 0 });
	buf_init(&text, BUF_MAX_OUTPUT);
	if (publisher_state_file_open(&state, pool_printf(&view.pool, "%s.state", path).ptr, &err) <
		    0 ||
	    publisher_state_file_load(&state, wanted, &err) < 0)
		fprintf(stderr, "sluice up: the routes of %s cannot be shown: %s\n", path,
			err.text);
	cli_view_add_wanted(&view, wanted);
	cli_view_sort(&view);
	cli_routes_print(&view, &all, ROUTES_TABLE, columns ? columns : PAGE_COLUMNS, &text);
	printf("\n" STR_FMT "%zu route%s\n\n" STR_FMT, STR_ARG(buf_view(&text)), view.n_routes,
	       view.n_routes == 1 ? "" : "s", STR_ARG(hint));
	fflush(stdout);
	publisher_state_file_close(&state);
	cli_view_close(&view);
	publisher_wanted_destroy(&wanted);
	buf_clear(&text);
}

/* For a program: each after a line that ends the one before. */
static void show_text(struct str text, bool again)
{
	if (again)
		printf("---\n");
	(void)fwrite(text.ptr, 1, text.len, stdout);
	fflush(stdout);
}

void cli_table_show(struct table *table)
{
	struct hash hash;
	struct buf text;

	buf_init(&text, BUF_MAX_OUTPUT);
	if (read_file(table->path, &text) == 0) { /* else it is not written yet */
		hash = hash_of(buf_view(&text));
		if (!hash_equal(&hash, &table->shown) && table->whole)
			show_text(buf_view(&text), table->n_shown);
		else if (!hash_equal(&hash, &table->shown))
			show_routes(table->path, table->n_shown ? STR("") : table->hint);
		table->n_shown += !hash_equal(&hash, &table->shown);
		table->shown = hash;
	}
	buf_wipe(&text);
}

void cli_table_on_fd(struct table *table)
{
	char events[4096];

	while (read(table->fd, events, sizeof(events)) > 0)
		; /* the digest tells whether it was our file */
	cli_table_show(table);
}
