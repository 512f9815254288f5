/* fuzz_printed: a tenant's text in everything that shows it to a person: a terminal obeys nothing of it. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "cli/routes/grid.h"
#include "cli/terminal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No control of ASCII but the end of a line where there may be one, and none of Unicode's. */
static void check(struct str shown, bool has_lines)
{
	if (!str_is_utf8(shown))
		abort();
	for (size_t i = 0; i < shown.len; i++) {
		const unsigned char c = (unsigned char)shown.ptr[i];

		if ((c < 0x20 && !(has_lines && c == '\n')) || c == 0x7F ||
		    (c == 0xC2 && (unsigned char)shown.ptr[i + 1] < 0xA0))
			abort();
	}
}

static void check_grid(struct str text, size_t room)
{
	static const struct grid_column columns[] = { { "A", 1 }, { "B", 0 }, { "C", 2 } };
	struct grid grid;
	struct buf out;

	buf_init(&out, BUF_MAX_TEXT);
	cli_grid_open(&grid, columns, 3);
	for (size_t i = 0; i < 3; i++)
		cli_grid_add(&grid)->cells[i] = cli_terminal_plain(text, &grid.pool);
	cli_grid_print(&grid, room, &out);
	check(buf_view(&out), true);
	cli_grid_close(&grid);
	buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data + 1, size - 1 };
	struct err err = { "" };
	struct pool pool;
	struct buf out;
	char *terminated;

	if (!size)
		return 0;
	pool_init(&pool);
	buf_init(&out, BUF_MAX_TEXT);
	terminated = (char *)pool_bytes(&pool, text.ptr, text.len).ptr;
	check(str_from(err_quote(text)), false);
	check(str_from(log_value(terminated)), false);
	check(cli_terminal_plain(text, &pool), false);
	err_set(&err, "%s: %s", terminated, err_quote(text));
	check(str_from(err.text), false);
	buf_quoted(&out, text, data[0]);
	check(buf_view(&out), false);
	check_grid(text, data[0]);
	buf_clear(&out);
	pool_clear(&pool);
	return 0;
}
