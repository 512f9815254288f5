/* lines: prints what an explanation says, one labelled line after the other, for a person. */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include "base/buf.h"

/* Prints the text and empties it. An empty label: the line continues the one above. */
void cli_lines_print(const char *label, struct buf *text);

#endif
