/* nginx_regex: turns regular expressions of nginx (PCRE) into regular expressions for Pomerium
 * (RE2).
 *
 *   in     the path of an Ingress, a rewrite-target
 *   out    expressions that match the same paths
 *   never  guesses: what has no equivalent is an error
 */
#include "cli/migrate/nginx/nginx_regex.h"

#include <ctype.h>
#include "base/buf.h"
#include "translator/regex/regex.h"

/* ---- tokens ---- */

enum regex_token {
	TOKEN_NONE,
	TOKEN_LITERAL,
	TOKEN_DOT,
	TOKEN_STAR,
	TOKEN_REPEAT,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_BAR,
	TOKEN_END,
	TOKEN_OTHER
};

struct regex_scan {
	struct str text;
	size_t at, depth;
	enum regex_token last[4]; /* the newest first */
	size_t n_groups;          /* that capture */
	size_t n_bars;            /* of the top level */
	bool has_names;
};

/* The length of the character class at `at`. */
static size_t class_len(struct str text, size_t at)
{
	size_t i = at + 1;

	if (i < text.len && text.ptr[i] == '^')
		i++;
	if (i < text.len && text.ptr[i] == ']')
		i++;
	while (i < text.len && text.ptr[i] != ']') {
		if (text.ptr[i] == '[' && i + 1 < text.len && text.ptr[i + 1] == ':') {
			const char *end = memmem(text.ptr + i, text.len - i, ":]", 2);

			i = end ? (size_t)(end - text.ptr) + 2 : text.len;
			continue;
		}
		i += text.ptr[i] == '\\' ? 2 : 1;
	}
	return (i < text.len ? i + 1 : text.len) - at;
}

static enum regex_token take_open(struct regex_scan *scan)
{
	const struct str rest = str_slice(scan->text, scan->at + 1, scan->text.len);

	scan->depth++;
	if (!str_starts(rest, "?")) {
		scan->n_groups++;
		return TOKEN_OPEN;
	}
	if (str_starts(rest, "?:")) {
		scan->at += 2;
		return TOKEN_OPEN;
	}
	if (str_starts(rest, "?<") || str_starts(rest, "?P<") || str_starts(rest, "?'"))
		scan->has_names = true;
	return TOKEN_OTHER;
}

/* Moves scan->at to the last byte of the token. */
static enum regex_token token_at(struct regex_scan *scan)
{
	switch (scan->text.ptr[scan->at]) {
	case '\\':
		scan->at++;
		return scan->at < scan->text.len && ispunct((unsigned char)scan->text.ptr[scan->at])
			       ? TOKEN_LITERAL
			       : TOKEN_OTHER;
	case '[':
		scan->at += class_len(scan->text, scan->at) - 1;
		return TOKEN_OTHER;
	case '(':
		return take_open(scan);
	case ')':
		scan->depth -= scan->depth > 0;
		return TOKEN_CLOSE;
	case '|':
		scan->n_bars += scan->depth == 0;
		return TOKEN_BAR;
	case '.':
		return TOKEN_DOT;
	case '*':
		return TOKEN_STAR;
	case '+':
	case '?':
	case '{':
		return TOKEN_REPEAT;
	case '$':
		return TOKEN_END;
	case '^':
		return TOKEN_OTHER;
	default:
		return TOKEN_LITERAL;
	}
}

static enum regex_token next(struct regex_scan *scan)
{
	enum regex_token token;

	if (scan->at >= scan->text.len)
		return TOKEN_NONE;
	token = token_at(scan);
	scan->at++;
	memmove(scan->last + 1, scan->last, 3 * sizeof(scan->last[0]));
	scan->last[0] = token;
	return token;
}

static struct regex_scan scan_all(struct str text)
{
	struct regex_scan scan = { .text = text };

	while (next(&scan) != TOKEN_NONE)
		;
	return scan;
}

/* What is missing for a match of the whole path. */
static const char *tail_of(struct str text)
{
	const struct regex_scan scan = scan_all(text);
	const enum regex_token *last = scan.last;
	const bool all = last[0] == TOKEN_STAR && last[1] == TOKEN_DOT;
	const bool group = last[0] == TOKEN_CLOSE && last[1] == TOKEN_STAR &&
			   last[2] == TOKEN_DOT && last[3] == TOKEN_OPEN;

	return last[0] == TOKEN_END || all || group ? "" : ".*";
}

static bool is_repeat(enum regex_token token)
{
	return token == TOKEN_STAR || token == TOKEN_REPEAT;
}

static bool has_letter(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (isalpha((unsigned char)text.ptr[i]))
			return true;
	return false;
}

struct str cli_nginx_regex_literal(struct str path, struct pool *pool)
{
	struct regex_scan scan = { .text = path };
	struct str out = pool_bytes(pool, path.ptr, path.len);
	char *at = (char *)out.ptr;
	size_t n = 0;
	enum regex_token token;

	while ((token = next(&scan)) == TOKEN_LITERAL)
		at[n++] = (char)tolower((unsigned char)path.ptr[scan.at - 1]);
	if (is_repeat(token) && n && path.ptr[scan.at - 1] != '+')
		n--;
	return str_slice(out, 0, scan_all(path).n_bars ? 0 : n);
}

/* ---- what has no equivalent ---- */

/* Clients encode these characters. nginx decodes them before it matches, Pomerium does not. */
static int check_letters(struct str path, struct err *err)
{
	for (size_t i = 0; i < path.len; i++) {
		const unsigned char c = (unsigned char)path.ptr[i];

		if (c <= ' ' || c >= 0x7f || strchr("%\"`", c))
			return err_set(err,
				       "it contains %s, which clients percent-encode, and Pomerium "
				       "matches the encoded path",
				       err_quote(str_slice(path, i, i + 1)));
	}
	if (scan_all(path).at > path.len)
		return err_set(err, "it ends with a backslash");
	return 0;
}

static int check(struct str expression, struct err *err)
{
	struct err why = { "" };

	if (!translator_regex_check(expression, &why))
		return 0;
	return err_set(err, "Pomerium uses RE2, which refuses it: %s", why.text);
}

/* ---- the path ---- */

/* The first slash with its repetition, if there is one. */
static size_t head_len(struct str path)
{
	size_t i = 1;

	while (i < path.len && strchr("*+?{", path.ptr[i])) {
		const char *end = NULL;

		if (path.ptr[i] == '{')
			end = memchr(path.ptr + i, '}', path.len - i);
		i = (end ? (size_t)(end - path.ptr) : i) + 1;
	}
	return i;
}

/* Only the first alternative has to match the beginning. */
static int add_alternative(struct buf *out, struct str one, bool first, struct err *err)
{
	const bool begins = str_starts(one, "/") && head_len(one) == 1;
	const char *tail = tail_of(one);

	if (!first)
		buf_putc(out, '|');
	if (begins)
		buf_printf(out, STR_FMT "%s", STR_ARG(str_slice(one, 1, one.len)), tail);
	else if (first || !one.len || !isalnum((unsigned char)one.ptr[0]))
		return err_set(err,
			       "its alternative %s begins with neither a letter, a digit nor a "
			       "slash; use one path for each alternative",
			       err_quote(one));
	if (!first)
		buf_printf(out, "%s.*" STR_FMT "%s", begins ? "|" : "", STR_ARG(one), tail);
	return 0;
}

static int path_of_alternatives(struct str path, struct buf *out, struct err *err)
{
	struct regex_scan scan = { .text = path };
	size_t from = 0;
	enum regex_token token;

	buf_puts(out, has_letter(path) ? "/(?i)(?:" : "/(?:");
	do {
		const size_t n_bars = scan.n_bars;

		token = next(&scan);
		if (token != TOKEN_NONE && scan.n_bars == n_bars)
			continue;
		if (add_alternative(
			    out,
			    str_slice(path, from, token == TOKEN_NONE ? path.len : scan.at - 1),
			    !from, err))
			return -1;
		from = scan.at;
	} while (token != TOKEN_NONE);
	buf_putc(out, ')');
	return 0;
}

int cli_nginx_regex_path(struct str path, struct pool *pool, struct str *out, struct err *err)
{
	struct buf text;
	int rc = 0;

	if (!str_starts(path, "/"))
		return err_set(err, "it must begin with a slash");
	if (check_letters(path, err))
		return -1;
	buf_init(&text, BUF_MAX_TEXT);
	if (scan_all(path).n_bars) {
		rc = path_of_alternatives(path, &text, err);
	} else {
		const size_t head = head_len(path);
		const struct str rest = str_slice(path, head, path.len);

		buf_str(&text, str_slice(path, 0, head));
		buf_printf(&text, "%s" STR_FMT "%s", has_letter(rest) ? "(?i)" : "", STR_ARG(rest),
			   tail_of(path));
	}
	if (!rc && text.full)
		rc = err_set(err, "it is longer than %zu bytes", text.max);
	if (!rc)
		rc = check(buf_view(&text), err);
	if (!rc)
		*out = pool_str(pool, buf_view(&text));
	buf_clear(&text);
	return rc;
}

/* ---- the rewrite ---- */

/* $1 becomes \1. In nginx a group that does not exist is empty. */
static int add_substitution(struct str target, size_t n_groups, struct buf *out, struct err *err)
{
	for (size_t i = 0; i < target.len; i++) {
		if (target.ptr[i] != '$') {
			buf_putc(out, target.ptr[i]);
			continue;
		}
		i++;
		if (i >= target.len || !isdigit((unsigned char)target.ptr[i]) ||
		    target.ptr[i] == '0')
			return err_set(err, "its target has an nginx variable; only $1 to $9 have "
					    "an equivalent");
		if ((size_t)(target.ptr[i] - '0') <= n_groups)
			buf_printf(out, "\\%c", target.ptr[i]);
	}
	return 0;
}

int cli_nginx_regex_rewrite(struct str path, struct str target, struct pool *pool,
			    struct str *pattern, struct str *substitution, struct err *err)
{
	const struct regex_scan scan = scan_all(path);
	struct buf text;
	int rc;

	if (scan.has_names)
		return err_set(err, "its groups have names; use numbers instead");
	if (!str_starts(target, "/") && !str_starts(target, "$"))
		return err_set(err, "its target must begin with a slash");
	buf_init(&text, BUF_MAX_TEXT);
	rc = add_substitution(target, scan.n_groups, &text, err);
	*substitution = pool_str(pool, buf_view(&text));
	buf_clear(&text);
	if (scan.n_bars)
		*pattern = pool_printf(pool, "(?i)^.*?(?:" STR_FMT ").*$", STR_ARG(path));
	else
		*pattern = pool_printf(pool, "%s^" STR_FMT "%s%s", has_letter(path) ? "(?i)" : "",
				       STR_ARG(path), tail_of(path),
				       str_ends(path, "$") && scan.last[0] == TOKEN_END ? "" : "$");
	return rc ? rc : check(*pattern, err);
}
