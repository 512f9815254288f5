/* pattern: matches the path of a URL against the path, regex or prefix of a route.
 *
 *   in     text of a route that the translator has accepted, hostile; a path
 *   out    whether it matches, or that PCRE2 cannot tell
 *   owns   the options that bring PCRE2 near to RE2, the limits of a match
 *   never  judges whether an expression is accepted; takes more than MAX_STEPS steps
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "cli/match/pattern.h"

#include <pcre2.h>
#include <stdio.h>

#include "base/buf.h"

#define MAX_TEXT (1u << 20) /* bytes of an expression, as in translator/regex */
#define MAX_GROUPS 1000     /* that nest, as RE2 allows */
#define MAX_STEPS 1000000   /* some 10 ms */
#define MAX_HEAP_KB 20480
#define MAX_REWRITTEN (1u << 16) /* bytes of a path that was rewritten */

static const uint32_t options[] = {
	[PATTERN_PATH] = PCRE2_LITERAL | PCRE2_ANCHORED | PCRE2_ENDANCHORED,
	[PATTERN_REGEX] = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY |
			  PCRE2_DUPNAMES | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP |
			  PCRE2_NEVER_BACKSLASH_C,
	[PATTERN_PREFIX] = PCRE2_LITERAL | PCRE2_ANCHORED,
	[PATTERN_PART] = PCRE2_DOLLAR_ENDONLY | PCRE2_DUPNAMES | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP |
			 PCRE2_NEVER_BACKSLASH_C,
};

static void say(int code, char *text, size_t size)
{
	if (pcre2_get_error_message(code, (PCRE2_UCHAR *)text, size) < 0)
		(void)snprintf(text, size, "error %d", code);
}

int cli_pattern_compile(struct pattern *self, enum pattern_kind kind, struct str text,
			struct err *err)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	char reason[128];
	PCRE2_SIZE at;
	int code = 0;

	self->code = NULL;
	if (!context)
		return err_set(err, "out of memory");
	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	pcre2_set_max_pattern_length(context, MAX_TEXT);
	pcre2_set_parens_nest_limit(context, MAX_GROUPS);
	self->code = pcre2_compile((PCRE2_SPTR)(text.len ? text.ptr : ""), text.len, options[kind],
				   &code, &at, context);
	pcre2_compile_context_free(context);
	if (self->code)
		return 0;
	say(code, reason, sizeof(reason));
	return err_set(err, "PCRE2 cannot compile %s, although RE2 accepts it: %s", err_quote(text),
		       reason);
}

static void set_limits(pcre2_match_context *context)
{
	pcre2_set_match_limit(context, MAX_STEPS);
	pcre2_set_depth_limit(context, MAX_STEPS);
	pcre2_set_heap_limit(context, MAX_HEAP_KB);
}

int cli_pattern_match(const struct pattern *self, struct str path, struct err *err)
{
	pcre2_match_data *found = pcre2_match_data_create(1, NULL);
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	char reason[128];
	int code = PCRE2_ERROR_NOMEMORY;

	if (found && context) {
		set_limits(context);
		code = pcre2_match(self->code, (PCRE2_SPTR)(path.len ? path.ptr : ""), path.len, 0,
				   0, found, context);
	}
	pcre2_match_data_free(found);
	pcre2_match_context_free(context);
	if (code >= 0)
		return 1;
	if (code == PCRE2_ERROR_NOMATCH)
		return 0;
	say(code, reason, sizeof(reason));
	return err_set(err, "PCRE2 cannot tell whether %s matches: %s", err_quote(path), reason);
}

/* RE2's form of a substitution as PCRE2 has it: \\1 is ${1}, \\\\ a backslash. */
static struct str substitution_for_pcre2(struct str from, struct pool *pool)
{
	struct buf text;
	struct str out;

	buf_init(&text, BUF_MAX_TEXT);
	for (size_t i = 0; i < from.len; i++) {
		const char c = from.ptr[i], next = i + 1 < from.len ? from.ptr[i + 1] : 0;

		if (c == '$') {
			buf_puts(&text, "$$");
		} else if (c == '\\' && next >= '0' && next <= '9') {
			buf_printf(&text, "${%c}", next);
			i++;
		} else {
			buf_putc(&text, c);
			i += c == '\\' && next == '\\';
		}
	}
	out = pool_str(pool, text.len ? buf_view(&text) : STR(""));
	buf_clear(&text);
	return out;
}

int cli_pattern_rewrite(struct str expression, struct str substitution, struct str path,
			struct pool *pool, struct str *out, struct err *err)
{
	const struct str by = substitution_for_pcre2(substitution, pool);
	PCRE2_SIZE len = MAX_REWRITTEN;
	PCRE2_UCHAR *text = pool_alloc(pool, MAX_REWRITTEN + 1), reason[128];
	struct pattern pattern = { NULL };
	pcre2_match_context *context;
	int code;

	if (cli_pattern_compile(&pattern, PATTERN_PART, expression, err))
		return -1;
	context = pcre2_match_context_create(NULL);
	set_limits(context);
	code = pcre2_substitute(pattern.code, (PCRE2_SPTR)path.ptr, path.len, 0,
				PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_UNSET_EMPTY, NULL,
				context, (PCRE2_SPTR)by.ptr, by.len, text, &len);
	pcre2_match_context_free(context);
	cli_pattern_clear(&pattern);
	if (code >= 0) {
		*out = (struct str){ (const char *)text, len };
		return 0;
	}
	say(code, (char *)reason, sizeof(reason));
	return err_set(err, "PCRE2 cannot tell what %s becomes: %s", err_quote(path),
		       (const char *)reason);
}

void cli_pattern_clear(struct pattern *self)
{
	pcre2_code_free(self->code);
	self->code = NULL;
}
