/* grid: a table for a person, fitted to the terminal. */
#ifndef CLI_GRID_H
#define CLI_GRID_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/pool.h"

#define GRID_COLUMNS 8

struct grid_row {
	struct str cells[GRID_COLUMNS];
	const char *color; /* of the whole head, or of the last cell; NULL: none */
};

struct grid_column {
	const char *head;
	unsigned weight; /* where there is no room for all: how much of it this one gets; 0: it is
			    cut first, and left out where little of it would stay */
};

struct grid {
	struct pool pool;
	const struct grid_column *columns;
	struct grid_row *rows; /* the first is the head */
	size_t n_rows, n_columns;
	bool keeps_last; /* the last column is never cut: a sentence */
};

/* `columns` lives longer than the grid. */
void cli_grid_open(struct grid *grid, const struct grid_column *columns, size_t n_columns);
void cli_grid_close(struct grid *grid);
struct grid_row *cli_grid_add(struct grid *grid);
/* Appends it as lines; what does not fit into so many characters is cut. 0: nothing is. */
void cli_grid_print(const struct grid *grid, size_t room, struct buf *out);

#endif
