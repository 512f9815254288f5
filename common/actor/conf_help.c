/* conf_help: a program's table of settings as text.
 *
 *   in     tables of options
 *   out    what --help prints for people, what --help=table prints for scripts
 *   owns   nothing
 *   never  shows a hidden option
 */
#include "actor/conf_help.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS 80
#define INDENT 30 /* where the sentences begin */

static const char *value_name(const struct conf_option *option)
{
	static const char *const names[] = {
		[CONF_TEXT] = "TEXT", [CONF_LIST] = "A,B", [CONF_PATHS] = "PATH",
		[CONF_INT] = "N",     [CONF_BOOL] = "",    [CONF_DURATION] = "TIME"
	};

	return option->type == CONF_REST ? "" : names[option->type];
}

typedef void option_fn(const struct conf_option *option, struct buf *out);

static void each_option(const struct conf_option *const *tables, option_fn *each, struct buf *out)
{
	for (; *tables; tables++)
		for (const struct conf_option *option = *tables; option->name; option++)
			if (option->help[0])
				each(option, out);
}

/* ---- for people ---- */

/* Adds the words, in lines that begin at INDENT; the cursor stands at `column`. */
static void add_words(struct buf *out, struct str text, size_t *column)
{
	struct str word;

	while (text.len) {
		if (!str_cut(text, ' ', &word, &text)) {
			word = text;
			text = STR("");
		}
		if (*column > INDENT && *column + 1 + word.len > COLUMNS) {
			buf_printf(out, "\n%*s", INDENT, "");
			*column = INDENT;
		} else if (*column > INDENT) {
			buf_putc(out, ' ');
			*column += 1;
		}
		buf_str(out, word);
		*column += word.len;
	}
}

static void help_row(const char *left, const struct conf_option *option, struct buf *out)
{
	size_t column = strlen(left);
	char fallback[128];

	buf_puts(out, left);
	if (column >= INDENT) {
		buf_putc(out, '\n');
		column = 0;
	}
	buf_printf(out, "%*s", (int)(INDENT - column), "");
	column = INDENT;
	add_words(out, str_from(option->help), &column);
	if (option->fallback && option->fallback[0] && option->type != CONF_BOOL) {
		snprintf(fallback, sizeof(fallback), "[%s]", option->fallback);
		add_words(out, str_from(fallback), &column);
	}
	buf_putc(out, '\n');
}

static void help_option(const struct conf_option *option, struct buf *out)
{
	const char *value = value_name(option);
	char left[CONF_NAME_MAX + 32], letter[8] = "    ";

	if (option->letter)
		snprintf(letter, sizeof(letter), "-%c, ", option->letter);
	snprintf(left, sizeof(left), "  %s--%s%s%s", letter, option->name, *value ? " " : "",
		 value);
	if (option->type == CONF_REST)
		snprintf(left, sizeof(left), "  %s", option->name);
	help_row(left, option, out);
}

static void usage_rest(const struct conf_option *option, struct buf *out)
{
	if (option->type == CONF_REST)
		buf_printf(out, " %s", option->name);
}

void conf_help(const struct conf_option *const *tables, const char *program, const char *summary,
	       struct buf *out)
{
	static const struct conf_option standard[] = {
		{ "version", CONF_BOOL, NULL, "", 0, 0, "print the version", 0 },
		{ "help", CONF_BOOL, NULL, "", 0, 0, "print this text", 'h' },
		{ 0 },
	};
	static const struct conf_option *const standards[] = { standard, NULL };

	buf_printf(out, "%s: %s\n\nusage: %s [OPTION...]", program, summary, program);
	each_option(tables, usage_rest, out);
	buf_puts(out, "\n\n");
	each_option(tables, help_option, out);
	each_option(standards, help_option, out);
	buf_puts(out, "\nIn brackets: the default. The environment sets options too, "
		      "--cluster-domain as\nCLUSTER_DOMAIN; an option on the command line wins.\n");
}

/* ---- for scripts ---- */

static void table_row(const struct conf_option *option, struct buf *out)
{
	char name[CONF_NAME_MAX], letter[2] = { option->letter, '\0' };

	conf_env_name(option->name, name);
	buf_printf(out, "%s\t%s\t%s\t%s\t%s\t%s\n", letter, option->name, value_name(option),
		   option->fallback ? option->fallback : "", option->type == CONF_REST ? "" : name,
		   option->help);
}

void conf_help_table(const struct conf_option *const *tables, const char *program,
		     const char *summary, struct buf *out)
{
	buf_printf(out, "%s\t%s\n", program, summary);
	each_option(tables, table_row, out);
}
