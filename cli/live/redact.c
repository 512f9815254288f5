/* redact: replaces the names, hosts, addresses and sentences in JSON text, as it passes.
 *
 *   in     JSON text in pieces of any size
 *   out    JSON text of the same shape
 *   owns   the text that is not complete yet, and where in the document it stands
 *   never  holds more than one text
 */
#include "cli/live/redact.h"

#include "base/hash.h"
#include "translator/settings/crd.h"

/* Keys whose values are words of ours or of Kubernetes. */
static const char *const shown[] = { "kind",     "room",       "state",     "queue",
				     "pathType", "protocol",   "type",      "addressType",
				     "since",    "apiVersion", "condition", "access" };

/* Keys whose values are maps with keys of a user's choice, besides those of the Pomerium object. */
static const char *const free_maps[] = { "labels", "annotations", "matchLabels", "data" };

void cli_redact_open(struct redact *redact)
{
	*redact = (struct redact){ 0 };
	buf_init(&redact->text, BUF_MAX_TEXT);
}

void cli_redact_close(struct redact *redact)
{
	buf_clear(&redact->text);
}

static bool is_one_of(struct str key, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(key, words[i]))
			return true;
	return false;
}

static bool is_shown(struct str key)
{
	return is_one_of(key, shown, sizeof(shown) / sizeof(shown[0]));
}

static bool is_free_map(struct str key)
{
	return is_one_of(key, free_maps, sizeof(free_maps) / sizeof(free_maps[0])) ||
	       translator_crd_is_map(key);
}

static bool expects_key(const struct redact *redact)
{
	return redact->depth && redact->stack[redact->depth - 1] == '{' && redact->is_key;
}

static void end_text(struct redact *redact, struct buf *out)
{
	const struct str text = buf_view(&redact->text);

	const bool is_key = expects_key(redact);

	if (is_key) {
		redact->keep = !redact->inside && is_shown(text);
		redact->opens = is_free_map(text);
	}
	if (!text.len || (is_key ? !redact->inside : redact->keep))
		buf_printf(out, "\"" STR_FMT "\"", STR_ARG(text));
	else
		buf_printf(out, "\"~%012llx\"",
			   (unsigned long long)(hash_fast(text) & 0xffffffffffffull));
	buf_reset(&redact->text);
	redact->in_text = false;
}

static int on_bracket(struct redact *redact, char c)
{
	if (c == '{' || c == '[') {
		if (redact->depth == REDACT_DEPTH_MAX)
			return -1;
		redact->keep_stack[redact->depth] = redact->keep;
		redact->inside_stack[redact->depth] = redact->inside;
		redact->inside |= c == '{' && redact->opens;
		redact->opens = false;
		redact->stack[redact->depth++] = c;
		redact->is_key = c == '{';
	} else if (redact->depth) {
		redact->keep = redact->keep_stack[--redact->depth];
		redact->inside = redact->inside_stack[redact->depth];
	}
	return 0;
}

/* Outside of texts. */
static int on_sign(struct redact *redact, char c, struct buf *out)
{
	if (c == '"') {
		redact->in_text = true;
		return 0;
	}
	buf_putc(out, c);
	if (c == ':')
		redact->is_key = false;
	else if (c == ',')
		redact->is_key = redact->depth && redact->stack[redact->depth - 1] == '{';
	return strchr("{}[]", c) ? on_bracket(redact, c) : 0;
}

int cli_redact_feed(struct redact *redact, struct str bytes, struct buf *out)
{
	for (size_t i = 0; i < bytes.len; i++) {
		const char c = bytes.ptr[i];

		if (!redact->in_text) {
			if (on_sign(redact, c, out) < 0)
				return -1;
		} else if (c == '"' && !redact->escaped) {
			end_text(redact, out);
		} else {
			redact->escaped = c == '\\' && !redact->escaped;
			buf_putc(&redact->text, c);
		}
	}
	return 0;
}
