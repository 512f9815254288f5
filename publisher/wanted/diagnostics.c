/* diagnostics: what is wrong with the newest state of an owner, and what in it has no effect.
 *
 *   in     the diagnostics of a CONFIG or a REJECT, by a translator that is not believed
 *   out    a clean copy of them; the errors as one sentence; the warnings
 *   owns   nothing
 *   never  keeps more than the bounds in msg/diagnostic.h
 */
#include "publisher/wanted/diagnostics.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "rules/rules.h"

#define AND_MORE_MAX 32 /* bytes of "; and 200 more" and its NUL */

static void clean(const struct msg_diagnostic *item, struct err *out)
{
	err_rule(out, (unsigned)item->code, STR_FMT, STR_ARG(item->sentence));
}

static struct str clean_line(struct str text, struct pool *pool)
{
	struct err line;

	err_set(&line, STR_FMT, STR_ARG(text));
	return pool_str(pool, str_from(line.text));
}

/* Those of one severity. */
static void add(const struct msg_diagnostic_list *from, enum msg_severity severity,
		struct pool *pool, struct msg_diagnostic_list *to, size_t *bytes)
{
	size_t n = 0;

	for (size_t i = 0; i < from->n && n < MSG_DIAGNOSTICS_EACH; i++) {
		struct msg_diagnostic item = from->items[i];

		if (item.severity != severity)
			continue;
		item.field = clean_line(item.field, pool);
		item.sentence = clean_line(item.sentence, pool);
		*bytes += item.field.len + item.sentence.len;
		if (*bytes > MSG_DIAGNOSTICS_BYTES)
			return;
		*(struct msg_diagnostic *)pool_push(pool, &to->items, &to->n, sizeof(item)) = item;
		n++;
	}
}

static struct str keep(char **at, struct str text)
{
	const struct str copy = { *at, text.len };

	memcpy(*at, text.ptr, text.len);
	*at += text.len + 1; /* zeroed */
	return copy;
}

static struct diagnostics *pack(const struct msg_diagnostic_list *list, size_t bytes)
{
	struct diagnostics *self =
		mem_alloc(sizeof(*self) + list->n * sizeof(*list->items) + bytes + 2 * list->n);
	char *at;

	self->list = (struct msg_diagnostic_list){ (struct msg_diagnostic *)(self + 1), list->n };
	at = (char *)(self->list.items + list->n);
	for (size_t i = 0; i < list->n; i++) {
		struct msg_diagnostic *item = &self->list.items[i];

		*item = list->items[i];
		item->field = keep(&at, item->field);
		item->sentence = keep(&at, item->sentence);
		if (item->severity == MSG_SEVERITY_WARNING)
			self->warned = (self->warned + item->code) * 31 + hash_fast(item->sentence);
	}
	return self;
}

struct diagnostics *publisher_diagnostics_new(const struct msg_diagnostic_list *list)
{
	struct msg_diagnostic_list kept = { 0 };
	struct diagnostics *self;
	struct pool pool;
	size_t bytes = 0;

	pool_init(&pool);
	add(list, MSG_SEVERITY_ERROR, &pool, &kept, &bytes);
	add(list, MSG_SEVERITY_WARNING, &pool, &kept, &bytes);
	self = kept.n ? pack(&kept, bytes) : NULL;
	pool_clear(&pool);
	return self;
}

struct str publisher_diagnostics_reason(const struct msg_diagnostic_list *list, struct pool *pool)
{
	size_t n = 0, n_left = 0;
	struct err line;
	struct buf text;
	struct str out;

	buf_init(&text, BUF_MAX_MESSAGE);
	for (size_t i = 0; i < list->n; i++) {
		struct str sentence;

		if (list->items[i].severity != MSG_SEVERITY_ERROR)
			continue;
		clean(&list->items[i], &line);
		sentence = rules_sentence(&line, pool);
		if (n && text.len + sentence.len + AND_MORE_MAX > ERR_MAX) {
			n_left++;
			continue;
		}
		buf_puts(&text, n++ ? "; " : "");
		buf_str(&text, sentence);
	}
	if (n_left)
		buf_printf(&text, "; and %zu more", n_left);
	out = n ? pool_str(pool, buf_view(&text)) : STR("rejected");
	buf_clear(&text);
	return out;
}

struct str_list publisher_diagnostics_warnings(const struct msg_diagnostic_list *list,
					       struct pool *pool)
{
	struct str_list out = { 0 };
	struct err line;

	for (size_t i = 0; i < list->n; i++) {
		if (list->items[i].severity != MSG_SEVERITY_WARNING)
			continue;
		clean(&list->items[i], &line);
		*(struct str *)pool_push(pool, &out.items, &out.n, sizeof(struct str)) =
			rules_sentence(&line, pool);
	}
	return out;
}
