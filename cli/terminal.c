/* terminal: what stdout is, for a person in front of it.
 *
 *   in     the size of the terminal, COLUMNS, NO_COLOR, TERM
 *   out    columns, colours, clean text
 *   owns   nothing
 *   never  writes an escape where nobody looks
 */
#include "cli/terminal.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/err.h"

size_t cli_terminal_columns(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	long long n;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (columns && str_to_int(str_from(columns), &n) && n > 0)
		return (size_t)n;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

static bool has_colors(void)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(none && *none) && !(term && !strcmp(term, "dumb")) && isatty(STDOUT_FILENO);
}

void cli_terminal_paint(const char *color, struct buf *out)
{
	if (has_colors())
		buf_printf(out, "\033[%sm", color ? color : "0");
}

static size_t width_of(struct str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += (text.ptr[i] & 0xc0) != 0x80; /* not the rest of a character */
	return n;
}

void cli_terminal_fold(struct str text, size_t column, size_t indent, struct buf *out)
{
	const size_t columns = cli_terminal_columns();
	struct str word, rest = text;
	bool is_last = false;

	for (bool first = true; !is_last; first = false) {
		is_last = !str_cut(rest, ' ', &word, &rest);
		word = is_last ? rest : word;
		if (!first && columns && column + 1 + width_of(word) > columns && column > indent) {
			buf_printf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!first) {
			buf_putc(out, ' ');
			column++;
		}
		buf_str(out, word);
		column += width_of(word);
	}
}

void cli_terminal_clear(struct buf *out)
{
	buf_puts(out, "\033[H\033[J");
}

struct str cli_terminal_plain(struct str text, struct pool *pool)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < ' ' || text.ptr[i] > '~')
			return pool_printf(pool, "%s", err_quote(text));
	return text;
}
