/* watch_page: pieces of a list's JSON in, its items out one by one.
 *
 *   in     {"metadata": {"resourceVersion": ..., "continue": ...}, "items": [{...}, ...], ...}
 *   out    each item as it stands; resourceVersion and continue
 *   owns   the piece of text that is not complete
 *   never  looks into an item: brackets and strings show where it ends, the JSON reader does the
 *          rest
 */
#include "watcher/kube/watch_page.h"

enum state {
	STATE_START, /* before the list */
	STATE_KEY,   /* between two members: a key, or the end */
	STATE_IN_KEY,
	STATE_COLON,
	STATE_VALUE, /* a value is to begin */
	STATE_IN_VALUE,
	STATE_SCALAR, /* null, a number: it ends where the next thing begins */
	STATE_ITEMS,  /* between two items */
	STATE_IN_ITEM,
	STATE_END
};

enum key { KEY_OTHER, KEY_METADATA, KEY_ITEMS };

void watcher_watch_page_init(struct watch_page *page, void (*on_item)(void *arg, struct str item),
			     void *arg)
{
	*page = (struct watch_page){ .on_item = on_item, .arg = arg };
	buf_init(&page->text, WATCH_OBJECT_MAX);
	buf_init(&page->more, BUF_MAX_TEXT);
}

void watcher_watch_page_clear(struct watch_page *page)
{
	buf_clear(&page->text);
	buf_clear(&page->more);
	watcher_watch_page_init(page, page->on_item, page->arg);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* True with the last character of a string, a map or a list. */
static bool ends_value(struct watch_page *page, char c)
{
	if (page->in_string) {
		if (page->escaped)
			page->escaped = false;
		else if (c == '\\')
			page->escaped = true;
		else
			page->in_string = c != '"';
		return !page->in_string && page->nest == 0;
	}
	if (c == '"')
		page->in_string = true;
	else if (c == '{' || c == '[')
		page->nest++;
	else if (c == '}' || c == ']')
		return --page->nest == 0;
	return false;
}

static enum key key_of(struct str quoted)
{
	if (str_is(quoted, "\"metadata\""))
		return KEY_METADATA;
	return str_is(quoted, "\"items\"") ? KEY_ITEMS : KEY_OTHER;
}

static int read_metadata(struct watch_page *page, struct str text, struct err *err)
{
	const struct value *version, *more;
	struct value doc = { 0 };
	struct pool pool;
	int rc;

	pool_init(&pool);
	rc = json_parse(text, &pool, &doc, err);
	version = value_get(&doc, "resourceVersion");
	more = value_get(&doc, "continue");
	if (!rc && version && version->type == VALUE_STRING &&
	    version->string.len < WATCH_VERSION_MAX)
		memcpy(page->version, version->string.ptr, version->string.len + 1);
	buf_reset(&page->more);
	if (!rc && more && more->type == VALUE_STRING)
		buf_str(&page->more, more->string);
	pool_clear(&pool);
	return rc;
}

/* What a character means between values; -1: it should not be there. */
static int between(struct watch_page *page, char c)
{
	if (is_blank(c))
		return 0;
	switch ((enum state)page->state) {
	case STATE_START:
		page->state = STATE_KEY;
		return c == '{' ? 0 : -1;
	case STATE_KEY:
		page->state = c == '"' ? STATE_IN_KEY : c == '}' ? STATE_END : STATE_KEY;
		return c == '"' || c == '}' || c == ',' ? 0 : -1;
	case STATE_COLON:
		page->state = STATE_VALUE;
		return c == ':' ? 0 : -1;
	case STATE_VALUE:
		page->has_items |= page->key == KEY_ITEMS;
		if (page->key == KEY_ITEMS && c == '[')
			page->state = STATE_ITEMS;
		else
			page->state =
				c == '{' || c == '[' || c == '"' ? STATE_IN_VALUE : STATE_SCALAR;
		return c == '}' || c == ']' || c == ',' || c == ':' ? -1 : 0;
	case STATE_SCALAR:
		page->state = c == ',' ? STATE_KEY : c == '}' ? STATE_END : STATE_SCALAR;
		return 0;
	case STATE_ITEMS:
		page->state = c == ']' ? STATE_KEY : c == '{' ? STATE_IN_ITEM : STATE_ITEMS;
		return c == ']' || c == '{' || c == ',' ? 0 : -1;
	default:
		return -1; /* something after the end */
	}
}

static bool is_inside(const struct watch_page *page)
{
	return page->state == STATE_IN_KEY || page->state == STATE_IN_VALUE ||
	       page->state == STATE_IN_ITEM;
}

/* A key, a value or an item is complete. */
static int end_text(struct watch_page *page, struct str text, struct err *err)
{
	switch ((enum state)page->state) {
	case STATE_IN_ITEM:
		page->on_item(page->arg, text);
		page->state = STATE_ITEMS;
		return 0;
	case STATE_IN_KEY:
		page->key = key_of(text);
		page->state = STATE_COLON;
		return 0;
	default:
		page->state = STATE_KEY;
		return page->key == KEY_METADATA ? read_metadata(page, text, err) : 0;
	}
}

/* The rest of it, which the end of a piece may have cut. */
static int add_text(struct watch_page *page, struct str rest, bool is_whole, struct err *err)
{
	int rc = 0;

	if (page->text.len || !is_whole) {
		buf_str(&page->text, rest);
		rest = buf_view(&page->text);
	}
	if (page->text.full)
		return err_set(err, "an item has more than %u bytes", WATCH_OBJECT_MAX);
	if (is_whole) {
		rc = end_text(page, rest, err);
		buf_reset(&page->text);
	}
	return rc;
}

int watcher_watch_page_add(struct watch_page *page, struct str piece, struct err *err)
{
	size_t begin = 0; /* of the present key, value or item, as far as it is in this piece */

	for (size_t i = 0; i < piece.len; i++) {
		if (is_inside(page)) {
			if (ends_value(page, piece.ptr[i]) &&
			    add_text(page, str_slice(piece, begin, i + 1), true, err))
				return -1;
			continue;
		}
		if (between(page, piece.ptr[i]))
			return err_set(err, "this is no list: %s is out of place",
				       err_quote(str_slice(piece, i, i + 1)));
		begin = i;
		if (is_inside(page))
			(void)ends_value(page, piece.ptr[i]); /* what opens it */
	}
	return is_inside(page) ? add_text(page, str_slice(piece, begin, piece.len), false, err) : 0;
}

int watcher_watch_page_end(const struct watch_page *page, struct err *err)
{
	if (page->state != STATE_END)
		return err_set(err, "the list stops in the middle");
	if (!page->has_items)
		return err_set(err, "the list has no items");
	if (!page->version[0])
		return err_set(err, "the list has no resourceVersion");
	return page->more.full ? err_set(err, "`continue` of the list is too long") : 0;
}
