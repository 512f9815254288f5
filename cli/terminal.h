/* terminal: what stdout is, for a person in front of it. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stddef.h>

#include "base/buf.h"
#include "base/pool.h"

#define TERMINAL_BOLD "1"
#define TERMINAL_RED "31"
#define TERMINAL_GREEN "32"
#define TERMINAL_YELLOW "33"

/* Columns of the terminal; 0: stdout is none, and lines may have any length. */
size_t cli_terminal_columns(void);
/* Switches a colour on, NULL: off; adds nothing if stdout is no terminal, or NO_COLOR is set. */
void cli_terminal_paint(const char *color, struct buf *out);
/* Adds the text, which begins in that column; on a terminal it goes on below, indented so far,
 * where a line is full. */
void cli_terminal_fold(struct str text, size_t column, size_t indent, struct buf *out);
/* Cursor to the first place, everything below it gone. */
void cli_terminal_clear(struct buf *out);
/* A tenant's text, without anything that a terminal would obey. */
struct str cli_terminal_plain(struct str text, struct pool *pool);

#endif
