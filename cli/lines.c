/* lines: prints what an explanation says, one labelled line after the other, for a person.
 *
 *   in     a label and a text, which may hold what a tenant wrote
 *   out    a line on stdout, folded to the terminal
 *   owns   nothing
 *   never  prints what a terminal would obey
 */
#include "cli/lines.h"

#include <stdio.h>

#include "cli/terminal.h"

#define INDENT 16 /* of what goes on in the line below */

/* Characters that a terminal would obey become a question mark: C0, DEL, and C1 in UTF-8. */
static void clean(struct buf *text)
{
	for (size_t i = 0; i < text->len; i++) {
		const unsigned char c = (unsigned char)text->ptr[i];
		const unsigned char next = i + 1 < text->len ? (unsigned char)text->ptr[i + 1] : 0;

		if (c < 0x20 || c == 0x7f || (c == 0xc2 && next >= 0x80 && next < 0xa0))
			text->ptr[i] = '?';
	}
}

void cli_lines_print(const char *label, struct buf *text)
{
	struct buf line;

	clean(text);
	buf_init(&line, BUF_MAX_OUTPUT);
	buf_printf(&line, "  %-12s", label);
	cli_terminal_fold(buf_view(text), line.len, INDENT, &line);
	buf_putc(&line, '\n');
	(void)fwrite(line.ptr, 1, line.len, stdout);
	buf_clear(&line);
	buf_reset(text);
}
