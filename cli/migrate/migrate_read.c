/* migrate_read: reads the documents of files, folders and standard input.
 *
 *   in     paths; "-" is standard input
 *   out    documents in the pool; a line on stderr for each file that cannot be read
 *   never  knows what a document means
 */
#include "cli/migrate/migrate.h"

#include <errno.h>
#include <sys/stat.h>

#include "watcher/dir/folders.h"

/* ---- documents ---- */

/* The items of an IngressList need not say what they are. */
static const struct value *typed_item(struct migrate *migrate, const struct value *list,
				      const struct value *item, struct str kind)
{
	static const char *const keys[] = { "apiVersion", "kind" };
	struct value *typed = pool_alloc(&migrate->pool, sizeof(*typed));

	*typed = *item;
	if (item->type != VALUE_MAP || value_get(item, "kind") || !kind.len)
		return item;
	typed->map.n = item->map.n + 2;
	typed->map.entries = pool_array(&migrate->pool, typed->map.n, sizeof(*typed->map.entries));
	if (item->map.n)
		memcpy(typed->map.entries + 2, item->map.entries,
		       item->map.n * sizeof(*item->map.entries));
	for (size_t i = 0; i < 2; i++) {
		const struct str key = str_from(keys[i]);
		const struct str text = i ? kind : value_text(list, "apiVersion");

		typed->map.entries[i].key =
			(struct value){ .type = VALUE_STRING, .text = key, .string = key };
		typed->map.entries[i].value =
			(struct value){ .type = VALUE_STRING, .text = text, .string = text };
	}
	return typed;
}

void cli_migrate_read_value(struct migrate *migrate, const struct value *value, struct str file)
{
	const struct value *items = value_get(value, "items");
	struct str kind = value_text(value, "kind");
	struct migrate_document *document;

	if (value->type == VALUE_NULL)
		return;
	if (str_ends(kind, "List") && items && items->type == VALUE_LIST) {
		kind = str_slice(kind, 0, kind.len - strlen("List"));
		for (size_t i = 0; i < items->list.n; i++)
			cli_migrate_read_value(
				migrate, typed_item(migrate, value, &items->list.items[i], kind),
				file);
		return;
	}
	document = pool_push(&migrate->pool, &migrate->documents, &migrate->n_documents,
			     sizeof(*document));
	*document = (struct migrate_document){ value, file };
}

/* ---- bytes ---- */

static void complain(struct migrate *migrate, const char *name, const char *sentence)
{
	fprintf(stderr, "%s: %s\n", name, sentence);
	migrate->unreadable = true;
}

/* JSON is nearly YAML, but its escapes differ, so a text that is JSON is read as JSON. */
static int parse(struct migrate *migrate, struct str bytes, struct yaml_documents *out,
		 struct err *err)
{
	const struct str text = str_trim(bytes);

	out->items = pool_alloc(&migrate->pool, sizeof(*out->items));
	out->n = 1;
	if (str_starts(text, "{") && !json_parse(text, &migrate->pool, out->items, NULL))
		return 0;
	return yaml_parse_all(bytes, &migrate->pool, out, err);
}

static void take_bytes(struct migrate *migrate, const char *name, const struct buf *bytes)
{
	const struct str file = pool_str(&migrate->pool, str_from(name));
	struct yaml_documents documents = { 0 };
	struct err err;

	if (bytes->full) {
		err_set(&err, "it is larger than %zu bytes", bytes->max);
		complain(migrate, name, err.text);
	} else if (parse(migrate, buf_view(bytes), &documents, &err)) {
		complain(migrate, name, err.text);
	} else {
		for (size_t i = 0; i < documents.n; i++)
			cli_migrate_read_value(migrate, &documents.items[i], file);
	}
}

static void take_stream(struct migrate *migrate, const char *name, FILE *in)
{
	char chunk[16384];
	struct buf bytes;
	struct err err;
	size_t n;

	buf_init(&bytes, BUF_MAX_FILE);
	while ((n = fread(chunk, 1, sizeof(chunk), in)) > 0 && !bytes.full)
		buf_add(&bytes, chunk, n);
	if (ferror(in)) {
		err_set(&err, "cannot be read: %s", strerror(errno));
		complain(migrate, name, err.text);
	} else {
		take_bytes(migrate, name, &bytes);
	}
	buf_wipe(&bytes);
}

static void on_found(void *arg, const char *path)
{
	struct migrate *migrate = arg;
	FILE *in = fopen(path, "rb");
	struct err err;

	if (!in) {
		err_set(&err, "cannot be read: %s", strerror(errno));
		complain(migrate, path, err.text);
		return;
	}
	take_stream(migrate, path, in);
	fclose(in);
}

static void on_gone(void *arg, const char *path)
{
	(void)arg, (void)path; /* a single scan finds nothing gone */
}

static bool is_folder(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

void cli_migrate_read(struct migrate *migrate, const struct str_list *paths)
{
	const struct folders_sink sink = { migrate, on_found, on_gone };

	for (size_t i = 0; i < paths->n; i++) {
		struct str path = paths->items[i];

		if (str_is(path, "-")) {
			take_stream(migrate, "stdin", stdin);
		} else if (is_folder(path.ptr)) {
			struct str_list one = { &path, 1 };
			struct folders *folders = watcher_folders_new(&one, &sink);

			watcher_folders_scan(folders);
			watcher_folders_destroy(&folders);
		} else {
			on_found(migrate, path.ptr);
		}
	}
}
