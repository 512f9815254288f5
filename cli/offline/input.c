/* input: what the offline verbs read that is neither a file nor a folder, and what they take to be
 * there although it stands nowhere.
 *
 *   in     `-`, pipes; names of classes
 *   out    manifests into a source, IngressClasses
 *   owns   the options --class and --strict
 *   never  decides what a manifest means
 */
#include "cli/offline/input.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include "cli/offline/offline.h"
#include "rules/rules.h"

static struct str_list classes;
static bool strict;

const struct conf_option cli_input_options[] = {
	{ "class", CONF_LIST, &classes, "pomerium", 0, 0,
	  "classes that are ours where the manifests have no such IngressClass, comma separated; "
	  "the first is the default class",
	  0 },
	{ "strict", CONF_BOOL, &strict, "false", 0, 0,
	  "refuse what refers to a Service or Secret that the manifests do not have", 0 },
	{ 0 },
};

bool cli_input_settle(void)
{
	cli_offline_settings.classes = classes;
	cli_offline_settings.resolve.lenient = !strict;
	return strict;
}

/* ---- streams ---- */

static bool is_stream(struct str path)
{
	struct stat st;

	return str_is(path, "-") ||
	       (stat(path.ptr, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)));
}

void cli_input_split(const struct str_list *files, struct pool *pool, struct str_list *paths,
		     struct str_list *streams)
{
	*paths = *streams = (struct str_list){ 0 };
	for (size_t i = 0; i < files->n; i++) {
		struct str_list *list = is_stream(files->items[i]) ? streams : paths;

		*(struct str *)pool_push(pool, &list->items, &list->n, sizeof(*list->items)) =
			files->items[i];
	}
}

static int read_stream(FILE *in, struct buf *out, struct err *err)
{
	char chunk[16384];
	size_t n;

	while (!out->full && (n = fread(chunk, 1, sizeof(chunk), in)) > 0)
		buf_add(out, chunk, n);
	if (out->full)
		return err_rule(err, RULE_FILE_READS, "cannot be read: larger than %u bytes",
				BUF_MAX_FILE);
	return ferror(in) ? err_rule(err, RULE_FILE_READS, "cannot be read: %s", strerror(errno))
			  : 0;
}

/* Comments `# Source: FILE`; a new document without one is of no file that is known. */
static void note_origins(struct offline *offline, const char *name, struct str text)
{
	static const char mark[] = "# Source: ";
	struct str line, rest = text;
	bool known = false;

	for (uint32_t at = 1; str_cut(rest, '\n', &line, &rest); at++) {
		const bool source = str_starts(line, mark);

		if (!source && !(known && str_starts(line, "---")))
			continue;
		known = source;
		*(struct input_origin *)pool_push(
			&offline->pool, &offline->origins, &offline->n_origins,
			sizeof(struct input_origin)) = (struct input_origin){
			.stream = pool_str(&offline->pool, str_from(name)),
			.file = source ? pool_str(&offline->pool,
						  str_trim(str_slice(line, strlen(mark), line.len)))
				       : STR(""),
			.line = at,
		};
	}
}

void cli_input_origin(const struct offline *offline, struct str *file, uint32_t *line)
{
	const struct input_origin *found = NULL;

	for (size_t i = 0; i < offline->n_origins; i++) {
		const struct input_origin *origin = &offline->origins[i];

		if (str_eq(origin->stream, *file) && origin->line < *line)
			found = origin;
	}
	if (!found || !found->file.len)
		return;
	*file = found->file;
	*line -= found->line;
}

static void read_one(struct offline *offline, FILE *in, const char *name,
		     const struct source_sink *sink)
{
	struct buf bytes;
	struct err err;

	buf_init(&bytes, BUF_MAX_FILE);
	if (!in) {
		err_rule(&err, RULE_FILE_READS, "cannot be read: %s", strerror(errno));
		sink->problem(sink->self, name, 0, &err);
	} else if (read_stream(in, &bytes, &err)) {
		sink->problem(sink->self, name, 0, &err);
	} else {
		note_origins(offline, name, buf_view(&bytes));
		watcher_source_dir_add(offline->source, name, buf_view(&bytes));
	}
	buf_wipe(&bytes);
}

void cli_input_read(struct offline *offline, const struct str_list *streams,
		    const struct source_sink *sink)
{
	for (size_t i = 0; i < streams->n; i++) {
		const char *path = streams->items[i].ptr;
		FILE *in;

		if (str_is(streams->items[i], "-")) {
			read_one(offline, stdin, "stdin", sink);
			continue;
		}
		in = fopen(path, "rb");
		read_one(offline, in, path, sink);
		if (in)
			fclose(in);
	}
}

static void on_put(void *self, struct str object, uint64_t seen_ns)
{
	(void)self, (void)object, (void)seen_ns;
}

static void on_del(void *self, const struct msg_key *key, uint64_t seen_ns)
{
	(void)self, (void)key, (void)seen_ns;
}

static void on_problem(void *self, const char *path, uint32_t line, const struct err *why)
{
	(void)self, (void)path, (void)line, (void)why;
}

bool cli_input_is_unreadable(const struct str_list *paths)
{
	const struct source_sink nobody = { .put = on_put, .del = on_del, .problem = on_problem };
	struct source_dir *source = watcher_source_dir_new(paths, &nobody);
	const bool unreadable = watcher_source_dir_load(source) < 0;

	watcher_source_dir_destroy(&source);
	return unreadable;
}

/* ---- classes ---- */

struct found {
	bool named;       /* there is a class of that name, */
	bool has_default; /* and one that is the default */
};

static struct found look_for(struct source_dir *source, struct str name)
{
	struct found found = { false, false };
	struct msg_object object;
	struct str packed;
	struct pool pool;

	pool_init(&pool);
	for (size_t i = 0;
	     (packed = watcher_source_dir_next(source, MSG_KIND_INGRESS_CLASS, &i)).ptr;
	     pool_clear(&pool)) {
		if (codec_unpack(&msg_object_codec, packed, &pool, &object, NULL) < 0)
			continue;
		found.named |= str_eq(object.key.name, name);
		found.has_default |= str_is(str_map_get(&object.ingress_class->metadata.annotations,
							RESOLVER_CLASS_DEFAULT),
					    "true");
	}
	pool_clear(&pool);
	return found;
}

static void put(const struct source_sink *sink, const struct msg_object *object)
{
	struct buf packed;

	buf_init(&packed, BUF_MAX_MESSAGE);
	codec_pack(&msg_object_codec, object, &packed);
	sink->put(sink->self, buf_view(&packed), 0);
	buf_clear(&packed);
}

void cli_input_add_classes(struct source_dir *source, const struct str_list *names,
			   struct str controller, const struct source_sink *sink)
{
	struct str_pair is_default = { STR(RESOLVER_CLASS_DEFAULT), STR("true") };

	for (size_t i = 0; i < names->n; i++) {
		struct found found = look_for(source, names->items[i]);
		struct msg_ingress_class class = {
			.metadata = { .name = names->items[i] },
			.spec = { .controller = controller },
		};

		if (i == 0 && !found.has_default)
			class.metadata.annotations = (struct str_map){ &is_default, 1 };
		if (!found.named)
			put(sink, &(struct msg_object){ .key = { .kind = MSG_KIND_INGRESS_CLASS,
								 .name = names->items[i] },
							.ingress_class = &class });
	}
}
