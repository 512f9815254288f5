/* manifest: the objects of one file, kept small.
 *
 *   in     the bytes of a manifest: YAML documents or JSON, Kubernetes lists included
 *   out    its objects and secrets, packed as they travel; problems with their line
 *   owns   nothing that outlives a call but the one block it returns
 *   never  opens a file, decides between files
 */
#include "watcher/dir/manifest.h"

#include <inttypes.h>
#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/value.h"
#include "rules/rules.h"

#define PROBLEMS_MAX 10
#define OBJECT_MAX (BUF_MAX_MESSAGE - 4096) /* what a frame adds must fit in, too */

struct parse {
	struct pool document; /* the one that is being read */
	struct pool kept;     /* what the items hold; both are wiped, secrets pass through them */
	struct map lines;     /* key text -> line of the document that has it */
	struct buf scratch;
	struct manifest_item *items;
	size_t n;
	const struct manifest_report *report;
	size_t n_problems;
	size_t n_bad; /* objects that are bad, though the document is not */
	bool broken;
};

static void report_problem(struct parse *p, uint32_t line, const struct err *why)
{
	struct err more;

	p->n_problems++;
	if (p->report->all || p->n_problems <= PROBLEMS_MAX) {
		p->report->problem(p->report->self, line, why);
	} else if (p->n_problems == PROBLEMS_MAX + 1) {
		err_rule(&more, RULE_FILE_MORE, "there is more that is wrong in this file");
		p->report->problem(p->report->self, line, &more);
	}
}

static void fault(struct parse *p, uint32_t line, const struct err *why)
{
	p->broken = true;
	report_problem(p, line, why);
}

/* "Ingress shop/web: ", as far as the document says it. */
static void name_document(const struct value *doc, struct err *err)
{
	const struct value *meta = value_get(doc, "metadata");
	struct str kind = value_text(doc, "kind"), namespace = value_text(meta, "namespace");
	struct str name = value_text(meta, "name");
	struct pool pool;
	struct str title;

	pool_init(&pool);
	title = pool_printf(&pool, STR_FMT "%s" STR_FMT "%s" STR_FMT, STR_ARG(kind),
			    kind.len && name.len ? " " : "", STR_ARG(namespace),
			    namespace.len ? "/" : "", STR_ARG(name));
	if (title.len && title.len < ERR_MAX / 2 && !str_has_control(title) &&
	    !str_starts(str_from(err->text), title.ptr))
		err_wrap(err, "%s", title.ptr);
	pool_clear(&pool);
}

static int pack(struct parse *p, const struct codec *codec, const void *from, struct str *out)
{
	buf_reset(&p->scratch);
	codec_pack(codec, from, &p->scratch);
	if (p->scratch.full)
		return -1;
	*out = pool_str(&p->kept, buf_view(&p->scratch));
	return 0;
}

static int pack_item(struct parse *p, const struct value *doc, struct manifest_item *item,
		     struct err *err)
{
	struct msg_object object = { 0 };
	struct msg_secret_value secret = { 0 };

	if (msg_object_from_value(doc, &p->document, &object, err))
		return -1;
	item->kind = (uint16_t)object.key.kind;
	if (object.key.kind == MSG_KIND_NONE)
		return 0;
	if (object.key.kind == MSG_KIND_SECRET || object.key.kind == MSG_KIND_CONFIG_MAP) {
		if (msg_secret_from_value(doc, &p->document, &secret, err))
			return -1;
		if (pack(p, &msg_secret_value_codec, &secret, &item->secret))
			goto large;
	}
	if (pack(p, &msg_object_codec, &object, &item->object))
		goto large;
	item->key = msg_key_text(&object.key, &p->kept);
	return 0;
large:
	return err_rule(err, RULE_OBJECT_SIZE,
			"larger than %u bytes, the most that one object can have", OBJECT_MAX);
}

/* Of the object that the document is about, if it says so. */
static struct str key_of(struct parse *p, const struct value *doc)
{
	const struct value *meta = value_get(doc, "metadata");
	struct msg_key key = { msg_kind_from(value_text(doc, "apiVersion"),
					     value_text(doc, "kind")),
			       value_text(meta, "namespace"), value_text(meta, "name") };

	if (!msg_kind_is_namespaced(key.kind))
		key.namespace = STR("");
	else if (!key.namespace.len)
		key.namespace = STR("default");
	return msg_key_text(&key, &p->document);
}

/* What is bad stays as it was: the last good one of the file, if there is one. */
static void keep_last(struct parse *p, const struct value *doc)
{
	const struct manifest *before = p->report->before;
	const struct str key = key_of(p, doc);

	for (size_t i = 0; before && i < before->n; i++) {
		struct manifest_item item = before->items[i];

		if (!str_eq(item.key, key) || map_get(&p->lines, key))
			continue;
		item.key = pool_str(&p->kept, item.key);
		item.object = pool_str(&p->kept, item.object);
		item.secret = item.secret.ptr ? pool_str(&p->kept, item.secret) : STR_NONE;
		item.line = doc->line;
		item.wins = false;
		item.next = NULL;
		map_put(&p->lines, item.key, (void *)(uintptr_t)(doc->line ? doc->line : 1));
		*(struct manifest_item *)pool_push(&p->kept, &p->items, &p->n, sizeof(item)) = item;
		return;
	}
}

/* It takes itself along, not the file. */
static void drop_object(struct parse *p, const struct value *doc, struct err *err)
{
	name_document(doc, err);
	(void)err_code(err, RULE_OBJECT_FIELD);
	report_problem(p, doc->line, err);
	p->n_bad++;
	keep_last(p, doc);
}

static void add_object(struct parse *p, const struct value *doc)
{
	struct manifest_item item = { .line = doc->line };
	struct err err;
	uintptr_t line;

	if (pack_item(p, doc, &item, &err)) {
		drop_object(p, doc, &err);
		return;
	}
	if (item.kind == MSG_KIND_NONE)
		return;
	line = (uintptr_t)map_get(&p->lines, item.key);
	if (line) {
		err_rule(&err, RULE_OBJECT_TWICE,
			 STR_FMT " is in this file twice; the one in line %" PRIuPTR " is used",
			 STR_ARG(item.key), line);
		report_problem(p, doc->line, &err);
		return;
	}
	map_put(&p->lines, item.key, (void *)(uintptr_t)(doc->line ? doc->line : 1));
	*(struct manifest_item *)pool_push(&p->kept, &p->items, &p->n, sizeof(item)) = item;
}

/* An old API version of a kind that is ours is likely a mistake; any other foreign kind is just not
 * ours. */
static void warn_of_version(struct parse *p, const struct value *doc, struct str version,
			    struct str kind)
{
	long slash = str_find(version, '/');
	struct str group = slash < 0 ? STR_NONE : str_slice(version, 0, (size_t)slash);
	struct str v1 =
		pool_printf(&p->document, STR_FMT "%sv1", STR_ARG(group), slash < 0 ? "" : "/");
	struct err err;

	if (str_is(group, "extensions"))
		v1 = STR("networking.k8s.io/v1");
	if (str_eq(v1, version) || msg_kind_from(v1, kind) == MSG_KIND_NONE)
		return;
	err_rule(&err, RULE_OBJECT_VERSION,
		 "skipped: apiVersion %s of this %s is not served, " STR_FMT " would be right",
		 err_quote(version), err_quote(kind), STR_ARG(v1));
	report_problem(p, doc->line, &err);
}

/* A typed list (IngressList) may leave apiVersion and kind of its items out. */
static struct value typed_item(struct parse *p, const struct value *item, struct str version,
			       struct str kind)
{
	struct value typed = *item;
	size_t n = item->map.n;

	if (item->type != VALUE_MAP || value_get(item, "kind") || !kind.len)
		return typed;
	typed.map.entries = pool_array(&p->document, n + 2, sizeof(*typed.map.entries));
	typed.map.n = n + 2;
	if (n)
		memcpy(typed.map.entries, item->map.entries, n * sizeof(*typed.map.entries));
	for (size_t i = n; i < n + 2; i++) {
		struct str text = i == n ? STR("apiVersion") : STR("kind");
		struct str value = i == n ? version : kind;

		typed.map.entries[i].key =
			(struct value){ .type = VALUE_STRING, .text = text, .string = text };
		typed.map.entries[i].value =
			(struct value){ .type = VALUE_STRING, .text = value, .string = value };
	}
	return typed;
}

static void add_document(struct parse *p, const struct value *doc)
{
	struct str version = value_text(doc, "apiVersion"), kind = value_text(doc, "kind");
	const struct value *items = value_get(doc, "items");
	struct err err;

	if (doc->type == VALUE_NULL)
		return;
	if (p->report->document)
		p->report->document(p->report->self, doc);
	if (doc->type != VALUE_MAP || !version.len || !kind.len) {
		if (doc->type == VALUE_MAP)
			err_rule(&err, RULE_DOCUMENT_KIND,
				 "not a Kubernetes object: apiVersion and kind must be there, and "
				 "be strings");
		else
			err_rule(&err, RULE_DOCUMENT_KIND,
				 "not a Kubernetes object: expected a map, got %s",
				 value_type_name(doc->type));
		name_document(doc, &err);
		fault(p, doc->line, &err);
		return;
	}
	if (msg_kind_from(version, kind) != MSG_KIND_NONE) {
		add_object(p, doc);
		return;
	}
	warn_of_version(p, doc, version, kind);
	if (!str_ends(kind, "List") || !items || items->type != VALUE_LIST)
		return;
	kind = str_slice(kind, 0, kind.len - strlen("List"));
	/* In a list of another kind nothing is ours, whatever its items look like. */
	if (kind.len && msg_kind_from(version, kind) == MSG_KIND_NONE)
		return;
	for (size_t i = 0; i < items->list.n; i++) {
		struct value item = typed_item(p, &items->list.items[i], version, kind);

		add_document(p, &item);
	}
}

static uint32_t line_at(struct str bytes, size_t at)
{
	uint32_t line = 1;

	for (size_t i = 0; i < at; i++)
		line += bytes.ptr[i] == '\n';
	return line;
}

static int check_text(struct parse *p, struct str bytes)
{
	const char *nul = bytes.len ? memchr(bytes.ptr, '\0', bytes.len) : NULL;
	size_t good = 0, end;
	struct err err;

	if (nul) {
		err_rule(&err, RULE_FILE_TEXT, "not a manifest: it holds a NUL byte");
		fault(p, line_at(bytes, (size_t)(nul - bytes.ptr)), &err);
		return -1;
	}
	if (str_is_utf8(bytes))
		return 0;
	for (; good < bytes.len; good = end) {
		for (end = good + 1; end < bytes.len && bytes.ptr[end - 1] != '\n';)
			end++;
		if (!str_is_utf8(str_slice(bytes, good, end)))
			break;
	}
	err_rule(&err, RULE_FILE_TEXT, "not a manifest: this line is not valid UTF-8");
	fault(p, line_at(bytes, good), &err);
	return -1;
}

static void on_document(void *arg, const struct value *doc)
{
	add_document(arg, doc);
}

/* JSON is nearly YAML, but its escapes (surrogate pairs) are its own: what can be JSON is read as
 * such first. */
static void read_documents(struct parse *p, struct str bytes)
{
	static const char mark[] = "\xef\xbb\xbf";
	struct str text = str_trim(
		str_starts(bytes, mark) ? str_slice(bytes, strlen(mark), bytes.len) : bytes);
	struct yaml_each each = { .self = p, .on = on_document };
	struct value doc;
	struct err err;

	if (text.len && text.ptr[0] == '{' && !json_parse(text, &p->document, &doc, NULL)) {
		add_document(p, &doc);
		return;
	}
	pool_wipe(&p->document);
	if (yaml_parse_each(bytes, &p->document, &each, &err)) {
		(void)err_code(&err, RULE_DOCUMENT_SYNTAX);
		fault(p, each.error_line, &err);
	}
}

static struct str place(char **at, struct str from)
{
	struct str to = { *at, from.len };

	if (!from.ptr)
		return STR_NONE;
	memcpy(*at, from.ptr, from.len);
	*at += from.len;
	return to;
}

/* Everything that stays, in one block. */
static struct manifest *gather(const struct parse *p)
{
	size_t size = sizeof(struct manifest) + p->n * sizeof(struct manifest_item);
	struct manifest *self;
	char *at;

	for (size_t i = 0; i < p->n; i++)
		size += p->items[i].key.len + p->items[i].object.len + p->items[i].secret.len;
	self = mem_alloc(size);
	self->size = size;
	self->n = p->n;
	at = (char *)&self->items[p->n];
	for (size_t i = 0; i < p->n; i++) {
		self->items[i] = p->items[i];
		self->items[i].key = place(&at, p->items[i].key);
		self->items[i].object = place(&at, p->items[i].object);
		self->items[i].secret = place(&at, p->items[i].secret);
	}
	return self;
}

struct manifest *watcher_manifest_parse(struct str bytes, const struct manifest_report *report)
{
	struct parse p = { .report = report };
	struct manifest *self = NULL;

	pool_init(&p.document);
	pool_init(&p.kept);
	map_init(&p.lines, NULL);
	buf_init(&p.scratch, OBJECT_MAX);
	if (!check_text(&p, bytes))
		read_documents(&p, bytes);
	/* nothing but bad objects: what the file is about is not known */
	p.broken |= p.n_bad > 0 && p.n == 0;
	if (!p.broken || report->all)
		self = gather(&p);
	buf_wipe(&p.scratch);
	map_clear(&p.lines);
	pool_wipe(&p.kept);
	pool_wipe(&p.document);
	return self;
}

void watcher_manifest_destroy(struct manifest **self_p)
{
	struct manifest *self = *self_p;

	if (!self)
		return;
	mem_wipe(self, self->size);
	mem_free(self);
	*self_p = NULL;
}
