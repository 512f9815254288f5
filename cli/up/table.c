/* table: prints the routes of a written configuration file, for a person.
 *
 *   in     the file that the publisher writes, json or yaml; inotify on its folder
 *   out    lines on stdout: from, path, to, policy
 *   owns   the digest of the file that it has shown last
 *   never  takes part in the pipeline: it reads what anybody could read
 */
#include "cli/up/table.h"

#include <libgen.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/value.h"

#define CELL_MAX 60 /* columns; longer ones are cut */

void cli_table_open(struct table *table, const char *path, bool yaml)
{
	char *copy;

	*table = (struct table){ .fd = -1, .yaml = yaml };
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

static struct str text_of(const struct value *v)
{
	return v && v->type == VALUE_STRING ? v->string : STR("");
}

/* The path column: what the route matches, after a mark for the way in which it matches. */
static struct str path_cell(const struct value *route, struct pool *pool)
{
	static const char *const kinds[] = { "prefix", "path", "regex" };
	static const char *const marks[] = { "", "= ", "~ " };

	for (size_t i = 0; i < 3; i++) {
		const struct str s = text_of(value_get(route, kinds[i]));

		if (s.len)
			return pool_printf(pool, "%s" STR_FMT, marks[i], STR_ARG(s));
	}
	return STR("");
}

static struct str to_cell(const struct value *route, struct pool *pool)
{
	const struct value *to = value_get(route, "to");

	if (!to || to->type != VALUE_LIST || !to->list.n)
		return STR("-");
	if (to->list.n == 1)
		return text_of(&to->list.items[0]);
	return pool_printf(pool, STR_FMT " +%zu", STR_ARG(text_of(&to->list.items[0])),
			   to->list.n - 1);
}

static bool is_set(const struct value *route, const char *key)
{
	const struct value *v = value_get(route, key);

	return v && v->type == VALUE_BOOL && v->boolean;
}

static struct str policy_cell(const struct value *route)
{
	const struct value *policies = value_get(route, "policies");

	if (is_set(route, "allow_public_unauthenticated_access"))
		return STR("public");
	if (is_set(route, "allow_any_authenticated_user"))
		return STR("any user");
	if (!policies)
		policies = value_get(route, "sub_policies");
	if (!policies || policies->type != VALUE_LIST)
		return STR("nobody");
	for (size_t i = 0; i < policies->list.n; i++)
		if (policies->list.items[i].type == VALUE_MAP && policies->list.items[i].map.n)
			return STR("policy");
	return STR("nobody");
}

struct table_row {
	struct str cells[4];
};

/* A tenant's text, without anything that a terminal would obey. */
static struct str plain(struct str cell, struct pool *pool)
{
	for (size_t i = 0; i < cell.len; i++)
		if (cell.ptr[i] < ' ' || cell.ptr[i] > '~')
			return pool_printf(pool, "%s", err_quote(cell));
	return cell;
}

static void print_rows(const struct table_row *rows, size_t n)
{
	size_t width[4] = { 0 };

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < 4; k++)
			if (rows[i].cells[k].len > width[k])
				width[k] = rows[i].cells[k].len > CELL_MAX ? CELL_MAX
									   : rows[i].cells[k].len;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < 4; k++) {
			const struct str cell = str_slice(rows[i].cells[k], 0, CELL_MAX);

			printf("%-*.*s%s", k == 3 ? 0 : (int)width[k], STR_ARG(cell),
			       k == 3 ? "\n" : "  ");
		}
	}
}

static void show_routes(const struct value *routes, struct pool *pool)
{
	const size_t n = routes && routes->type == VALUE_LIST ? routes->list.n : 0;
	struct table_row *rows = pool_array(pool, n + 1, sizeof(*rows));

	rows[0] = (struct table_row){ { STR("FROM"), STR("PATH"), STR("TO"), STR("ACCESS") } };
	for (size_t i = 0; i < n; i++) {
		const struct value *route = &routes->list.items[i];

		rows[i + 1] = (struct table_row){ { plain(text_of(value_get(route, "from")), pool),
						    plain(path_cell(route, pool), pool),
						    plain(to_cell(route, pool), pool),
						    policy_cell(route) } };
	}
	printf("\n");
	print_rows(rows, n + 1);
	printf("%zu routes\n\n", n);
	fflush(stdout);
}

void cli_table_show(struct table *table)
{
	struct value config = { 0 };
	struct pool pool;
	struct hash hash;
	struct err err;
	struct buf text;

	pool_init(&pool);
	buf_init(&text, BUF_MAX_OUTPUT);
	if (read_file(table->path, &text))
		goto out; /* not written yet */
	hash = hash_of(buf_view(&text));
	if (hash_equal(&hash, &table->shown))
		goto out;
	table->shown = hash;
	if (table->yaml ? yaml_parse(buf_view(&text), &pool, &config, &err)
			: json_parse(buf_view(&text), &pool, &config, &err)) {
		fprintf(stderr, "sluice up: %s cannot be shown: %s\n", table->path, err.text);
		goto out;
	}
	show_routes(value_get(&config, "routes"), &pool);
out:
	buf_wipe(&text);
	pool_wipe(&pool);
}

void cli_table_on_fd(struct table *table)
{
	char events[4096];

	while (read(table->fd, events, sizeof(events)) > 0)
		; /* the digest tells whether it was our file */
	cli_table_show(table);
}
