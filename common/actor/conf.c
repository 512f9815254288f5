/* conf: one table of settings a program.
 *
 *   in     tables of options, the environment, argv
 *   out    the variables they name
 *   owns   the memory of lists, until the process ends
 *   never  ends the process, reads a file */
#include "actor/conf.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actor/conf_help.h"
#include "base/buf.h"
#include "base/text/nearest.h"
#include "base/pool.h"

static struct pool kept; /* settings live as long as the process */

struct conf_reader {
	const struct conf_option *const *tables;
	struct err *err;
	char source[CONF_NAME_MAX + 4]; /* "--name" or "NAME", for errors */
	bool adds;                      /* a list grows instead of being replaced */
	bool is_flag;                   /* else a fallback or the environment */
};

static void add_item(struct str_list *list, struct str item)
{
	if (item.len)
		*(struct str *)pool_push(&kept, &list->items, &list->n, sizeof(item)) =
			pool_str(&kept, item);
}

static void set_list(struct str_list *list, struct str text, bool adds)
{
	struct str item;

	if (!adds)
		*list = (struct str_list){ NULL, 0 };
	while (text.len) {
		if (!str_cut(text, ',', &item, &text)) {
			item = text;
			text = STR("");
		}
		add_item(list, str_trim(item));
	}
}

static void add_path(struct str_list *list, struct str path, bool adds)
{
	if (!adds)
		*list = (struct str_list){ NULL, 0 };
	add_item(list, path);
}

static int set_int(struct conf_reader *r, const struct conf_option *option, struct str text)
{
	long long number;

	if (!str_to_int(text, &number) || number < option->min || number > option->max)
		return err_set(r->err, "%s: %s is not an integer from %ld to %ld", r->source,
			       err_quote(text), option->min, option->max);
	*(long *)option->var = (long)number;
	return 0;
}

static int set_bool(struct conf_reader *r, const struct conf_option *option, struct str text)
{
	bool on = str_is(text, "true") || str_is(text, "1");

	if (!on && !str_is(text, "false") && !str_is(text, "0"))
		return err_set(r->err, "%s: %s is neither true nor false", r->source,
			       err_quote(text));
	*(bool *)option->var = on;
	return 0;
}

/* "1m30s", "250ms", "0": numbers with their units, largest total about 24 days. */
static bool duration_from(struct str text, uint64_t *out)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
	uint64_t total = 0;

	if (str_is(text, "0")) {
		*out = 0;
		return true;
	}
	while (text.len) {
		size_t n = 0, u = 0;
		long long number;

		while (n < text.len && isdigit((unsigned char)text.ptr[n]))
			n++;
		if (n == 0 || n > 9 || !str_to_int(str_slice(text, 0, n), &number))
			return false;
		text = str_slice(text, n, text.len);
		while (u < 4 && !(str_starts(text, units[u].name) &&
				  (text.len == strlen(units[u].name) ||
				   isdigit((unsigned char)text.ptr[strlen(units[u].name)]))))
			u++;
		if (u == 4)
			return false;
		text = str_slice(text, strlen(units[u].name), text.len);
		total += (uint64_t)number * units[u].ms;
		if (total > INT32_MAX)
			return false;
		*out = total;
	}
	return total > 0;
}

static int set_duration(struct conf_reader *r, const struct conf_option *option, struct str text)
{
	uint64_t ms = 0;

	if (!duration_from(text, &ms))
		return err_set(r->err, "%s: %s is not a duration such as 500ms, 2s or 5m",
			       r->source, err_quote(text));
	if (ms < (uint64_t)option->min || ms > (uint64_t)option->max)
		return err_set(r->err, "%s: %s is out of range, %ldms to %ldms are allowed",
			       r->source, err_quote(text), option->min, option->max);
	*(uint64_t *)option->var = ms;
	return 0;
}

static int set(struct conf_reader *r, const struct conf_option *option, struct str text)
{
	if (!str_is_utf8(text))
		return err_set(r->err, "%s: the value is not valid UTF-8", r->source);
	switch (option->type) {
	case CONF_TEXT:
		*(struct str *)option->var = pool_str(&kept, text);
		return 0;
	case CONF_LIST:
		set_list(option->var, text, r->adds);
		return 0;
	case CONF_PATHS:
		if (!r->is_flag)
			set_list(option->var, text, false);
		else
			add_path(option->var, text, r->adds);
		return 0;
	case CONF_INT:
		return set_int(r, option, text);
	case CONF_BOOL:
		return set_bool(r, option, text);
	case CONF_DURATION:
		return set_duration(r, option, text);
	case CONF_REST:
		return 0;
	}
	return -1;
}

/* Walks all options of all tables: for (...; (o = next_option(tables, &t, &i)); ) */
static const struct conf_option *next_option(const struct conf_option *const *tables, size_t *t,
					     size_t *i)
{
	while (tables[*t]) {
		const struct conf_option *option = &tables[*t][*i];

		if (option->name) {
			(*i)++;
			return option;
		}
		(*t)++;
		*i = 0;
	}
	return NULL;
}

static const struct conf_option *find(const struct conf_option *const *tables, struct str name,
				      char letter)
{
	const struct conf_option *option;
	size_t t = 0, i = 0;

	while ((option = next_option(tables, &t, &i)))
		if (option->type != CONF_REST &&
		    (letter ? option->letter == letter : str_is(name, option->name)))
			return option;
	return NULL;
}

static int read_defaults(struct conf_reader *r)
{
	const struct conf_option *option;
	char name[CONF_NAME_MAX];
	size_t t = 0, i = 0;

	while ((option = next_option(r->tables, &t, &i))) {
		const char *value;

		if (option->type == CONF_REST)
			continue;
		snprintf(r->source, sizeof(r->source), "%s", option->name);
		if (set(r, option, str_from(option->fallback)) < 0)
			return -1;
		conf_env_name(option->name, name);
		value = getenv(name);
		if (!value)
			continue;
		snprintf(r->source, sizeof(r->source), "%s", name);
		if (set(r, option, str_from(value)) < 0)
			return err_wrap(r->err, "environment variable");
	}
	return 0;
}

/* Without its value, which may be a secret. */
static int refuse_unknown(const struct conf_reader *r, struct str arg, struct str name)
{
	const struct conf_option *option;
	struct nearest nearest;
	size_t t = 0, i = 0;

	if (!str_starts(arg, "--"))
		return err_set(r->err, "unknown flag %s; --help lists all", err_quote(arg));
	nearest_open(&nearest, name);
	while ((option = next_option(r->tables, &t, &i)))
		if (option->type != CONF_REST && option->help[0])
			nearest_offer(&nearest, str_from(option->name));
	if (nearest.found.ptr)
		return err_set(r->err, "unknown flag %s; did you mean --" STR_FMT "?",
			       err_quote(str_slice(arg, 0, name.len + 2)), STR_ARG(nearest.found));
	return err_set(r->err, "unknown flag %s; --help lists all",
		       err_quote(str_slice(arg, 0, name.len + 2)));
}

/* One flag at argv[*i]; may take argv[*i + 1] as its value. */
static int read_flag(struct conf_reader *r, struct str_list *seen, int argc, char **argv, int *i)
{
	struct str arg = str_from(argv[*i]), name, value = STR_NONE;
	const struct conf_option *option;

	if (str_starts(arg, "--")) {
		name = str_slice(arg, 2, arg.len);
		if (str_find(name, '=') >= 0)
			str_cut(name, '=', &name, &value);
		option = find(r->tables, name, 0);
	} else {
		name = str_slice(arg, 1, 2);
		value = arg.len > 2 ? str_slice(arg, 2, arg.len) : STR_NONE;
		option = find(r->tables, name, name.ptr[0]);
	}
	if (!option)
		return refuse_unknown(r, arg, name);
	snprintf(r->source, sizeof(r->source), "--%s", option->name);
	if (!value.ptr && option->type == CONF_BOOL)
		value = STR("true");
	if (!value.ptr) {
		if (*i + 1 >= argc)
			return err_set(r->err, "%s needs a value", r->source);
		value = str_from(argv[++*i]);
	}
	r->is_flag = true;
	r->adds = false;
	for (size_t k = 0; k < seen->n; k++)
		r->adds = r->adds || str_is(seen->items[k], option->name);
	*(struct str *)pool_push(&kept, &seen->items, &seen->n, sizeof(struct str)) =
		str_from(option->name);
	return set(r, option, value);
}

static int print_help(const struct conf_reader *r, const char *program, const char *summary,
		      bool as_table)
{
	struct buf help;

	buf_init(&help, BUF_MAX_TEXT);
	if (as_table)
		conf_help_table(r->tables, program, summary, &help);
	else
		conf_help(r->tables, program, summary, &help);
	fwrite(help.ptr, 1, help.len, stdout);
	buf_clear(&help);
	return 1;
}

int conf_read(const struct conf_option *const *tables, const char *program, const char *summary,
	      int argc, char **argv, struct str_list *rest, struct err *err)
{
	struct conf_reader r = { .tables = tables, .err = err };
	struct str_list seen = { NULL, 0 };
	bool flags = true;

	*rest = (struct str_list){ NULL, 0 };
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return print_help(&r, program, summary, false);
		if (strcmp(argv[i], "--help=table") == 0)
			return print_help(&r, program, summary, true);
		if (strcmp(argv[i], "--version") == 0) {
			printf("%s %s\n", program, conf_version);
			return 1;
		}
	}
	if (read_defaults(&r) < 0)
		return -1;
	for (int i = 1; i < argc; i++) {
		bool is_flag = flags && argv[i][0] == '-' && argv[i][1];

		if (is_flag && strcmp(argv[i], "--") == 0)
			flags = false;
		else if (!is_flag)
			*(struct str *)pool_push(&kept, &rest->items, &rest->n,
						 sizeof(struct str)) = str_from(argv[i]);
		else if (read_flag(&r, &seen, argc, argv, &i) < 0)
			return -1;
	}
	return 0;
}
