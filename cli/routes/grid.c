/* grid: a table for a person, fitted to the terminal.
 *
 *   in     rows of cells that hold nothing but ASCII
 *   out    lines
 *   owns   the widths of the columns
 *   never  makes a column narrower than MIN, however narrow the terminal is
 */
#include "cli/routes/grid.h"

#include "cli/terminal.h"

#define GAP 2
#define MIN 9
#define USEFUL 20 /* of a column that may be left out */
#define CUT ".."

void cli_grid_open(struct grid *grid, const struct grid_column *columns, size_t n_columns)
{
	struct grid_row *row;

	*grid = (struct grid){ .columns = columns, .n_columns = n_columns };
	pool_init(&grid->pool);
	row = cli_grid_add(grid);
	row->color = TERMINAL_BOLD;
	for (size_t i = 0; i < n_columns; i++)
		row->cells[i] = str_from(columns[i].head);
}

void cli_grid_close(struct grid *grid)
{
	pool_clear(&grid->pool);
}

struct grid_row *cli_grid_add(struct grid *grid)
{
	return pool_push(&grid->pool, &grid->rows, &grid->n_rows, sizeof(*grid->rows));
}

/* A column of width 0 is left out. */
static size_t total_of(const size_t *widths, size_t n)
{
	size_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += widths[i] ? widths[i] + GAP : 0;
	return total - GAP;
}

/* Those of no weight, if the others leave them too little. */
static void leave_out(const struct grid *grid, size_t *widths, size_t room)
{
	size_t total, cut;

	for (size_t i = 0; i < grid->n_columns; i++) {
		total = total_of(widths, grid->n_columns);
		cut = widths[i] > USEFUL ? widths[i] - USEFUL : 0;
		if (!grid->columns[i].weight && total - cut > room)
			widths[i] = 0;
	}
}

/* Takes characters off the column that has the most for its weight, until all fit. */
static void shrink(const struct grid *grid, size_t *widths, size_t n, size_t room)
{
	size_t total = total_of(widths, n) + GAP * (grid->n_columns - n), most;

	for (; total > room; total--) {
		most = 0;
		for (size_t i = 1; i < n; i++)
			if (widths[i] * grid->columns[most].weight >
			    widths[most] * grid->columns[i].weight)
				most = i;
		if (widths[most] <= MIN)
			return;
		widths[most]--;
	}
}

static void measure(const struct grid *grid, size_t room, size_t *widths)
{
	memset(widths, 0, GRID_COLUMNS * sizeof(*widths));
	for (size_t i = 0; i < grid->n_rows; i++)
		for (size_t k = 0; k < grid->n_columns; k++)
			if (grid->rows[i].cells[k].len > widths[k])
				widths[k] = grid->rows[i].cells[k].len;
	if (!room)
		return;
	leave_out(grid, widths, room);
	shrink(grid, widths, grid->n_columns - grid->keeps_last, room);
}

/* The last cell of a row is not filled up: lines have no blanks at their end. */
static void print_cell(struct str cell, size_t width, bool is_last, struct buf *out)
{
	const struct str mark = cell.len > width ? STR(CUT) : STR("");
	size_t shown = cell.len > width ? width - mark.len : cell.len;

	while (shown && shown < cell.len && ((unsigned char)cell.ptr[shown] & 0xC0) == 0x80)
		shown--; /* a character is shown whole, or not */
	buf_str(out, str_slice(cell, 0, shown));
	buf_str(out, mark);
	if (!is_last)
		buf_printf(out, "%*s", (int)(GAP + width - shown - mark.len), "");
}

static void print_row(const struct grid *grid, const struct grid_row *row, const size_t *widths,
		      struct buf *out)
{
	const size_t last = grid->n_columns - 1, painted = row == grid->rows ? 0 : last;

	for (size_t k = 0; k <= last; k++) {
		if (!widths[k])
			continue;
		if (row->color && k == painted)
			cli_terminal_paint(row->color, out);
		print_cell(row->cells[k], widths[k], k == last, out);
	}
	if (row->color)
		cli_terminal_paint(NULL, out);
	buf_putc(out, '\n');
}

void cli_grid_print(const struct grid *grid, size_t room, struct buf *out)
{
	size_t widths[GRID_COLUMNS];

	measure(grid, room, widths);
	for (size_t i = 0; i < grid->n_rows; i++)
		print_row(grid, &grid->rows[i], widths, out);
}
