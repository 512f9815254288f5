/* lint_spot: in which line each field of an object stands.
 *
 *   in     documents, as they are read
 *   out    the file, line and column of a field
 *   owns   the spots of all documents of ours
 *   never  keeps a value
 */
#include "cli/lint/lint.h"

#include "base/mem.h"
#include "cli/offline/input.h"

#define DEPTH_MAX 12      /* deeper fields are found by those around them */
#define SPOTS_MAX 100000u /* of one document */
#define FIELD_MAX 4096

struct lint_spot {
	uint32_t line, column;
};

struct walk {
	struct lint *lint;
	struct buf at; /* key text, blank, field */
	size_t n;
};

static void put(struct walk *w, const struct value *v)
{
	struct lint_spot *spot;

	if (w->at.full || !v->line || w->n++ >= SPOTS_MAX ||
	    map_get(&w->lint->spots, buf_view(&w->at)))
		return;
	spot = mem_alloc(sizeof(*spot));
	*spot = (struct lint_spot){ v->line, v->column };
	map_put(&w->lint->spots, buf_view(&w->at), spot);
}

/* A name of the API is put with a dot, any other key in brackets. */
static void put_key(struct buf *at, struct str key, bool is_first)
{
	bool plain = key.len > 0;

	for (size_t i = 0; i < key.len && plain; i++)
		plain = (key.ptr[i] >= 'a' && key.ptr[i] <= 'z') ||
			(key.ptr[i] >= 'A' && key.ptr[i] <= 'Z') ||
			(key.ptr[i] >= '0' && key.ptr[i] <= '9');
	if (plain)
		buf_printf(at, "%s" STR_FMT, is_first ? "" : ".", STR_ARG(key));
	else
		buf_printf(at, "[" STR_FMT "]", STR_ARG(key));
}

static void cut(struct buf *at, size_t len)
{
	at->len = len;
	at->full = false;
	at->ptr[len] = '\0';
}

static void walk(struct walk *w, const struct value *v, unsigned depth)
{
	const size_t len = w->at.len;
	const size_t n = v->type == VALUE_MAP ? v->map.n : v->type == VALUE_LIST ? v->list.n : 0;

	for (size_t i = 0; i < n && depth < DEPTH_MAX && w->n < SPOTS_MAX; i++) {
		if (v->type == VALUE_MAP) {
			put_key(&w->at, v->map.entries[i].key.text, depth == 0);
			put(w, &v->map.entries[i].key);
			walk(w, &v->map.entries[i].value, depth + 1);
		} else {
			buf_printf(&w->at, "[%zu]", i);
			put(w, &v->list.items[i]);
			walk(w, &v->list.items[i], depth + 1);
		}
		cut(&w->at, len);
	}
}

static struct msg_key key_of(enum msg_kind kind, const struct value *document)
{
	const struct value *meta = value_get(document, "metadata");
	struct msg_key key = { .kind = kind, .name = value_text(meta, "name") };

	if (msg_kind_is_namespaced(kind)) {
		key.namespace = value_text(meta, "namespace");
		if (!key.namespace.len)
			key.namespace = STR("default");
	}
	return key;
}

/* Whether something is said of fields of such an object. */
static bool is_read(enum msg_kind kind)
{
	return kind == MSG_KIND_INGRESS || kind == MSG_KIND_POMERIUM || kind == MSG_KIND_SERVICE ||
	       kind == MSG_KIND_GATEWAY_CLASS || kind == MSG_KIND_GATEWAY ||
	       kind == MSG_KIND_LISTENER_SET || kind == MSG_KIND_HTTP_ROUTE ||
	       kind == MSG_KIND_POLICY_FILTER || kind == MSG_KIND_BACKEND_TLS_POLICY;
}

void cli_lint_spot_note(struct lint *lint, const char *path, const struct value *document)
{
	enum msg_kind kind =
		msg_kind_from(value_text(document, "apiVersion"), value_text(document, "kind"));
	struct msg_key key = key_of(kind, document);
	struct walk w = { .lint = lint };

	lint->line = document->line;
	lint->kind = pool_str(&lint->pool, value_text(document, "kind"));
	lint->name = msg_key_for_people(&key, &lint->pool);
	lint->key = kind == MSG_KIND_NONE ? STR("") : msg_key_text(&key, &lint->pool);
	if (!lint->key.len || map_get(&lint->files, lint->key))
		return; /* of two objects with one key the first counts */
	map_put(&lint->files, lint->key, mem_strdup(path));
	if (!is_read(kind))
		return;
	buf_init(&w.at, FIELD_MAX);
	buf_printf(&w.at, STR_FMT " ", STR_ARG(lint->key));
	put(&w, document);
	walk(&w, document, 0);
	buf_clear(&w.at);
}

void cli_lint_spot_find(const struct lint *lint, const struct msg_key *key,
			struct lint_finding *finding)
{
	const struct lint_spot *spot = NULL;
	struct str text, at;
	struct pool pool;

	pool_init(&pool);
	text = msg_key_text(key, &pool);
	finding->file = str_from(map_get(&lint->files, text));
	at = pool_printf(&pool, STR_FMT " " STR_FMT, STR_ARG(text), STR_ARG(finding->field));
	while (at.len > text.len && !(spot = map_get(&lint->spots, at)))
		for (at.len--; at.len > text.len + 1 && !strchr(".[", at.ptr[at.len]); at.len--)
			;
	if (spot) {
		finding->line = spot->line;
		finding->column = spot->column;
		cli_input_origin(&lint->offline, &finding->file, &finding->line);
	}
	pool_clear(&pool);
}
