/* nginx_snippet: splits a snippet of nginx.conf into its directives.
 *
 *   in     hostile text
 *   out    directives as lists of words
 *   never  knows a directive
 */
#include "cli/migrate/nginx/nginx_snippet.h"

#include <ctype.h>

static void skip_blanks(struct str *text)
{
	while (text->len) {
		if (isspace((unsigned char)text->ptr[0])) {
			*text = str_slice(*text, 1, text->len);
		} else if (text->ptr[0] == '#') {
			const long end = str_find(*text, '\n');

			*text = str_slice(*text, end < 0 ? text->len : (size_t)end, text->len);
		} else {
			return;
		}
	}
}

/* Takes a word off the text, without quotes and backslashes. */
static struct str take_word(struct str *text, struct pool *pool)
{
	const char quote = text->ptr[0] == '"' || text->ptr[0] == '\'' ? text->ptr[0] : 0;
	char *out = pool_alloc(pool, text->len + 1);
	size_t i = quote != 0, n = 0;

	for (; i < text->len; i++) {
		char c = text->ptr[i];

		if (quote ? c == quote : isspace((unsigned char)c) || strchr(";{}", c) != NULL)
			break;
		if (c == '\\' && i + 1 < text->len && strchr("\"'\\ ;", text->ptr[i + 1]))
			c = text->ptr[++i];
		out[n++] = c;
	}
	*text = str_slice(*text, i + (quote && i < text->len), text->len);
	return (struct str){ out, n };
}

/* Takes a block in braces off the text. */
static void skip_block(struct str *text, struct pool *pool)
{
	size_t depth = 0;

	do {
		skip_blanks(text);
		if (!text->len)
			return;
		if (strchr("{};", text->ptr[0])) {
			depth += text->ptr[0] == '{';
			depth -= text->ptr[0] == '}';
			*text = str_slice(*text, 1, text->len);
		} else {
			take_word(text, pool);
		}
	} while (depth);
}

bool cli_nginx_snippet_next(struct nginx_snippet *snippet, struct pool *pool)
{
	struct str *rest = &snippet->rest;
	const char *begin;

	skip_blanks(rest);
	while (rest->len && (rest->ptr[0] == ';' || rest->ptr[0] == '}')) {
		*rest = str_slice(*rest, 1, rest->len);
		skip_blanks(rest);
	}
	begin = rest->ptr;
	snippet->n_words = 0;
	snippet->whole = true;
	while (rest->len && !strchr(";}", rest->ptr[0])) {
		if (rest->ptr[0] == '{') {
			snippet->whole = false;
			skip_block(rest, pool);
			break;
		}
		if (snippet->n_words < SNIPPET_WORDS)
			snippet->words[snippet->n_words++] = take_word(rest, pool);
		else
			snippet->whole = (take_word(rest, pool), false);
		skip_blanks(rest);
	}
	snippet->text = (struct str){ begin, begin ? (size_t)(rest->ptr - begin) : 0 };
	return snippet->n_words > 0;
}
