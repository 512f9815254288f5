/* fuzz_api: what an API server answers to a list or a watch, in pieces of any size. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "watcher/kube/watch_page.h"
#include "watcher/kube/watch_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reading {
	const struct kind_row *row;
	bool is_list;
	uint64_t n, sum; /* of what was handed over, in order */
};

static void check_sentence(const struct err *err)
{
	if (!*err->text || !str_is_utf8(str_from(err->text)))
		abort();
}

/* What goes out must unpack. */
static void check_object(const struct msg_object *object)
{
	struct msg_object again;
	struct pool pool;
	struct buf packed;

	pool_init(&pool);
	buf_init(&packed, BUF_MAX_MESSAGE);
	codec_pack(&msg_object_codec, object, &packed);
	if (codec_unpack(&msg_object_codec, buf_view(&packed), &pool, &again, NULL) < 0)
		abort();
	buf_clear(&packed);
	pool_clear(&pool);
}

static int take(struct reading *reading, struct str text)
{
	struct watch_event event;
	struct err err = { "" };
	struct pool pool;
	int rc;

	reading->n++;
	reading->sum = reading->sum * 31 + hash_fast(text);
	pool_init(&pool);
	rc = reading->is_list
		     ? watcher_watch_event_read_item(text, reading->row, &pool, &event, &err)
		     : watcher_watch_event_read(text, reading->row, &pool, &event, &err);
	if (rc)
		check_sentence(&err);
	else if (event.type == WATCH_PUT)
		check_object(&event.object);
	pool_clear(&pool);
	return 0;
}

static void on_item(void *arg, struct str item)
{
	(void)take(arg, item);
}

static int on_line(void *arg, struct str line)
{
	return take(arg, line);
}

/* False: it is no list. */
static bool read_list(struct reading *reading, struct str text, size_t step)
{
	struct watch_page page;
	struct err err = { "" };
	int rc = 0;

	watcher_watch_page_init(&page, on_item, reading);
	for (size_t at = 0; !rc && at < text.len; at += step)
		rc = watcher_watch_page_add(&page, str_slice(text, at, at + step), &err);
	if (!rc)
		rc = watcher_watch_page_end(&page, &err);
	if (rc)
		check_sentence(&err);
	watcher_watch_page_clear(&page);
	return !rc;
}

static bool read_watch(struct reading *reading, struct str text, size_t step)
{
	struct watch_stream stream;

	watcher_watch_stream_init(&stream, on_line, reading);
	for (size_t at = 0; at < text.len; at += step)
		(void)watcher_watch_stream_add(&stream, str_slice(text, at, at + step));
	watcher_watch_stream_clear(&stream);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reading whole, cut;
	struct str text;
	size_t n_rows = 0, step;
	bool good;

	if (size < 2)
		return 0;
	while (watcher_kinds_table[n_rows].kind != MSG_KIND_NONE)
		n_rows++;
	whole = (struct reading){ .row = &watcher_kinds_table[(data[0] >> 1) % n_rows],
				  .is_list = data[0] & 1 };
	cut = whole;
	step = data[1] + 1u;
	text = (struct str){ (const char *)data + 2, size - 2 };
	good = whole.is_list ? read_list(&whole, text, text.len + 1)
			     : read_watch(&whole, text, text.len + 1);
	/* how it is cut does not matter */
	if (good != (cut.is_list ? read_list(&cut, text, step) : read_watch(&cut, text, step)) ||
	    (good && (whole.n != cut.n || whole.sum != cut.sum)))
		abort();
	return 0;
}
