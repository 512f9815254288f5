/* yaml_put: strings as YAML for people.
 *
 *   in     strings of any origin, UTF-8
 *   out    YAML that reads back as the same string, by the rules of YAML 1.1 and 1.2 alike
 *   owns   which strings need quotes
 *   never  breaks a line that has none in it
 */
#include "cli/migrate/yaml_put.h"

#include <ctype.h>
#include "pb/yaml_text.h"

/* Words that some reader takes for something else than a string. */
static const char *const words[] = { "y",    "n",     "yes",  "no",   "on",  "off",
				     "true", "false", "null", "none", "inf", "nan" };

static bool is_word(struct str text)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_is_nocase(text, words[i]))
			return true;
	return false;
}

/* Can stand without quotes: begins with a letter or a slash, and nothing in it means anything. */
static bool is_plain(struct str text)
{
	if (!text.len || (!isalpha((unsigned char)text.ptr[0]) && text.ptr[0] != '/') ||
	    is_word(text))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		const char c = text.ptr[i], next = i + 1 < text.len ? text.ptr[i + 1] : ' ';

		if (isalnum((unsigned char)c) || strchr("-_./()$?*+|=~;^\\@", c))
			continue;
		if ((c == ':' && next != ' ') || (c == ' ' && next != ' ' && next != '#') ||
		    (c == ',' && next == ' ' && i + 1 < text.len))
			continue;
		return false;
	}
	return true;
}

static bool is_one_line_of_ascii(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < ' ' || text.ptr[i] > '~')
			return false;
	return true;
}

/* Lines of printable ASCII that a block scalar gives back: no blank begins the first of them. */
static bool is_block(struct str text)
{
	if (str_find(text, '\n') <= 0 || text.ptr[0] == ' ' || str_ends(text, "\n\n"))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] != '\n' && (text.ptr[i] < ' ' || text.ptr[i] > '~'))
			return false;
	return true;
}

void cli_yaml_put_indent(struct buf *out, unsigned indent)
{
	buf_printf(out, "%*s", (int)indent, "");
}

static void put_block(struct buf *out, struct str text, unsigned indent)
{
	struct str line;

	buf_puts(out, str_ends(text, "\n") ? "|" : "|-");
	while (text.len) {
		if (!str_cut(text, '\n', &line, &text)) {
			line = text;
			text = STR_NONE;
		}
		buf_putc(out, '\n');
		if (line.len)
			cli_yaml_put_indent(out, indent);
		buf_str(out, line);
	}
}

void cli_yaml_put_text(struct buf *out, struct str text, unsigned indent)
{
	if (is_plain(text)) {
		buf_str(out, text);
	} else if (is_block(text)) {
		put_block(out, text, indent);
	} else if (is_one_line_of_ascii(text)) {
		buf_putc(out, '\'');
		for (size_t i = 0; i < text.len; i++) {
			if (text.ptr[i] == '\'')
				buf_putc(out, '\'');
			buf_putc(out, text.ptr[i]);
		}
		buf_putc(out, '\'');
	} else {
		pb_yaml_string(out, text);
	}
}

void cli_yaml_put_pair(struct buf *out, struct str key, struct str text, unsigned indent)
{
	cli_yaml_put_indent(out, indent);
	cli_yaml_put_text(out, key, indent + 2);
	buf_puts(out, ": ");
	cli_yaml_put_text(out, text, indent + 2);
	buf_putc(out, '\n');
}
