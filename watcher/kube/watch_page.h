/* watch_page: pieces of a list's JSON in, its items out one by one: a list may be larger than
 * memory. */
#ifndef WATCHER_WATCH_PAGE_H
#define WATCHER_WATCH_PAGE_H

#include "base/buf.h"
#include "base/err.h"
#include "watcher/kube/watch_event.h"

struct watch_page {
	void (*on_item)(void *arg, struct str item); /* each item as its JSON text */
	void *arg;
	int state, key;          /* see watch_page.c */
	unsigned nest;           /* open brackets in the present value */
	bool in_string, escaped; /* in the present value */
	struct buf text;         /* the beginning of what is not complete */
	bool has_items;
	char version[WATCH_VERSION_MAX]; /* resourceVersion; "" until it was there */
	struct buf more;                 /* `continue`; empty: this is the last page */
};

void watcher_watch_page_init(struct watch_page *page, void (*on_item)(void *arg, struct str item),
			     void *arg);
void watcher_watch_page_clear(struct watch_page *page); /* ready for another list */
/* -1: this is no list. */
int watcher_watch_page_add(struct watch_page *page, struct str piece, struct err *err);
/* No more pieces: -1 if the list was not whole. */
int watcher_watch_page_end(const struct watch_page *page, struct err *err);

#endif
