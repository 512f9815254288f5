/* manifest: the objects of one file, kept small.
 *
 * A file holds YAML documents, or JSON; a Kubernetes list counts as its items. Documents of kinds
 * that are not ours are skipped. What is no document spoils the file: half of a change is not what
 * its author meant. An object that is bad takes itself along: it stays as it was. */
#ifndef WATCHER_MANIFEST_H
#define WATCHER_MANIFEST_H

#include "msg/msg.h"

struct manifest_item {
	struct str key;    /* "Ingress/shop/web" */
	struct str object; /* packed msg_object: the bytes that go out */
	struct str
		secret; /* packed msg_secret_value; absent unless it is a Secret or a ConfigMap */
	uint16_t kind;  /* enum msg_kind */
	uint32_t line;
	/* for winners.c */
	bool wins;
	const char *path;           /* of its file; borrowed */
	struct manifest_item *next; /* the same key in a later path */
};

/* One block of memory. Of two documents with one key the first is in it. */
struct manifest {
	size_t size;
	size_t n;
	struct manifest_item items[];
};

/* What is wrong, for a person; the first few of many, unless `all` is wanted. */
struct manifest_report {
	void *self;
	void (*problem)(void *self, uint32_t line, const struct err *why);
	/* Every document and item of a list, before it is read; may be NULL. */
	void (*document)(void *self, const struct value *document);
	const struct manifest *before; /* the last good one of the file; NULL: there is none */
	bool all;                      /* and what is good of a broken file is not lost */
};

/* NULL: broken, and reported (without `all`). A second document with one key is reported, too, but
 * does not break the file. */
struct manifest *watcher_manifest_parse(struct str bytes, const struct manifest_report *report);
void watcher_manifest_destroy(struct manifest **self_p); /* wipes: there may be secrets in it */

#endif
