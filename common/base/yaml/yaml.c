/* yaml: libyaml's events -> trees of struct value, as go-yaml v3 decodes into an untyped target.
 *
 *   in     YAML text of any origin
 *   out    one tree a document, in the caller's pool
 *   owns   the anchors of the document being read, a stack of nodes that wait for their parent
 *   never  recurses deeper than VALUE_MAX_DEPTH or takes more than VALUE_MAX_NODES nodes
 */
#include "base/value.h"

#include <yaml.h>
#include "base/map.h"
#include "base/mem.h"
#include "base/yaml/yaml_map.h"
#include "base/yaml/yaml_scalar.h"

#define MAX_READ_AGAIN (1u << 20) /* bytes */

struct anchor {
	struct yaml_node node;
	size_t id; /* a name can be given again, even inside of what it names */
	bool open; /* its value is still being read */
};

struct yaml_reader {
	yaml_parser_t parser;
	struct pool *pool;
	struct yaml_node *stack;
	size_t n_stack, stack_size;
	struct map anchors;
	size_t n_anchors;
	size_t n_nodes, n_aliased, n_compared; /* of this document */
	uint32_t error_line;
};

static int fail_at(struct yaml_reader *r, yaml_mark_t mark, struct err *err)
{
	char problem[ERR_MAX];

	r->error_line = (uint32_t)mark.line + 1;
	(void)snprintf(problem, sizeof(problem), "%s", err ? err->text : "");
	return err_set(err, "yaml: line %zu, column %zu: %s", mark.line + 1, mark.column + 1,
		       problem);
}

/* Sets the sentence and puts the position before it. */
#define FAIL(r, mark, err, ...) (err_set(err, __VA_ARGS__), fail_at(r, mark, err))

/* libyaml's reader knows only the offset of a byte that is no character. */
static yaml_mark_t mark_of_offset(struct str text, size_t offset)
{
	yaml_mark_t mark = { 0 };

	for (size_t i = 0; i < offset && i < text.len; i++) {
		mark.column++;
		if (text.ptr[i] == '\n') {
			mark.line++;
			mark.column = 0;
		}
	}
	return mark;
}

static int fail_parser(struct yaml_reader *r, struct err *err)
{
	const yaml_parser_t *p = &r->parser;
	yaml_mark_t mark = p->problem_mark;

	if (p->error == YAML_READER_ERROR)
		mark = mark_of_offset(
			(struct str){ (const char *)p->input.string.start,
				      (size_t)(p->input.string.end - p->input.string.start) },
			p->problem_offset);
	return FAIL(r, mark, err, "%s%s%s",
		    p->problem ? p->problem : "unknown problem parsing YAML content",
		    p->context ? ", " : "", p->context ? p->context : "");
}

static int next_event(struct yaml_reader *r, yaml_event_t *event, struct err *err)
{
	return yaml_parser_parse(&r->parser, event) ? 0 : fail_parser(r, err);
}

static struct yaml_node *push(struct yaml_reader *r)
{
	if (r->n_stack == r->stack_size) {
		r->stack_size *= 2;
		r->stack = mem_realloc(r->stack, r->stack_size * sizeof(*r->stack));
	}
	r->stack[r->n_stack] = (struct yaml_node){ .n_nodes = 1 };
	return &r->stack[r->n_stack++];
}

static int count_nodes(struct yaml_reader *r, size_t n, yaml_mark_t mark, struct err *err)
{
	r->n_nodes += n;
	if (r->n_nodes > VALUE_MAX_NODES)
		return FAIL(r, mark, err, "the document has more than %d values", VALUE_MAX_NODES);
	return 0;
}

/* The anchor's id, for close_anchor. */
static size_t open_anchor(struct yaml_reader *r, const yaml_char_t *name)
{
	struct anchor *anchor;

	if (!name)
		return 0;
	anchor = mem_alloc(sizeof(*anchor));
	anchor->id = ++r->n_anchors;
	anchor->open = true;
	map_put(&r->anchors, str_from((const char *)name), anchor);
	return anchor->id;
}

static void close_anchor(struct yaml_reader *r, const yaml_char_t *name, size_t id,
			 const struct yaml_node *node)
{
	struct anchor *anchor = name ? map_get(&r->anchors, str_from((const char *)name)) : NULL;

	if (anchor && anchor->id == id)
		*anchor = (struct anchor){ .node = *node, .id = id };
}

/* Small documents may be nearly all alias, large ones less and less: go-yaml's rule. */
static bool too_many_aliases(const struct yaml_reader *r)
{
	const double low = 400000, high = 4000000;
	double all = (double)r->n_nodes, share = 0.99;

	if (r->n_aliased <= 100 || all <= 1000)
		return false;
	if (all > low)
		share -= 0.89 * (all - low) / (high - low);
	return (double)r->n_aliased / all > share;
}

static int read_alias(struct yaml_reader *r, const yaml_event_t *event, size_t depth,
		      struct err *err)
{
	struct str name = str_from((const char *)event->data.alias.anchor);
	const struct anchor *anchor = map_get(&r->anchors, name);
	struct yaml_node *node;

	if (!anchor)
		/* Not its name: it may be a password that wants quotes. */
		return FAIL(r, event->start_mark, err, "unknown anchor referenced");
	if (anchor->open)
		return FAIL(r, event->start_mark, err, "anchor '%.*s' value contains itself",
			    STR_ARG(name));
	if (depth + anchor->node.height > VALUE_MAX_DEPTH)
		return FAIL(r, event->start_mark, err, "nested deeper than %d levels",
			    VALUE_MAX_DEPTH);
	r->n_aliased += anchor->node.n_nodes;
	if (count_nodes(r, anchor->node.n_nodes, event->start_mark, err))
		return -1;
	if (too_many_aliases(r))
		return FAIL(r, event->start_mark, err, "document contains excessive aliasing");
	node = push(r);
	*node = anchor->node;
	node->is_merge = false;
	node->is_alias = true;
	node->name = pool_printf(r->pool, "%c*%.*s", '\0', STR_ARG(name));
	return 0;
}

static int read_scalar(struct yaml_reader *r, const yaml_event_t *event, struct err *err)
{
	const char *text = (const char *)event->data.scalar.value;
	struct yaml_scalar scalar = {
		.text = pool_bytes(r->pool, text, event->data.scalar.length),
		.tag = str_from((const char *)event->data.scalar.tag),
		.plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE,
	};
	size_t id = open_anchor(r, event->data.scalar.anchor);
	struct yaml_node *node;

	if (count_nodes(r, 1, event->start_mark, err))
		return -1;
	node = push(r);
	node->value.line = (uint32_t)event->start_mark.line + 1;
	node->value.column = (uint32_t)event->start_mark.column + 1;
	node->name = scalar.text;
	node->is_merge = scalar.plain && str_is(scalar.text, "<<") &&
			 (!scalar.tag.len || str_is(scalar.tag, "!"));
	if (yaml_scalar_type(&scalar, r->pool, &node->value, err))
		return fail_at(r, event->start_mark, err);
	close_anchor(r, event->data.scalar.anchor, id, node);
	return 0;
}

/* Takes the nodes from `from` on off the stack and sums them up in what becomes their parent. */
static void sum_up(struct yaml_reader *r, size_t from, struct yaml_node *parent)
{
	for (size_t i = from; i < r->n_stack; i++) {
		parent->n_nodes += r->stack[i].n_nodes;
		if (r->stack[i].height > parent->height)
			parent->height = r->stack[i].height;
	}
	parent->height++;
	r->n_stack = from;
}

static void build_list(struct yaml_reader *r, size_t from, struct yaml_node *list)
{
	size_t n = r->n_stack - from;

	list->value.type = VALUE_LIST;
	list->value.list.n = n;
	list->value.list.items = pool_array(r->pool, n, sizeof(struct value));
	for (size_t i = 0; i < n; i++)
		list->value.list.items[i] = r->stack[from + i].value;
	sum_up(r, from, list);
}

static int build_map(struct yaml_reader *r, size_t from, struct yaml_node *map, struct err *err)
{
	struct yaml_map_job job = { .pool = r->pool,
				    .nodes = r->stack + from,
				    .n = r->n_stack - from,
				    .n_compared = &r->n_compared };
	yaml_mark_t mark = { 0 };

	if (yaml_map_build(&job, &map->value, err)) {
		mark.line = job.guilty->line ? job.guilty->line - 1 : 0;
		mark.column = job.guilty->column ? job.guilty->column - 1 : 0;
		return fail_at(r, mark, err);
	}
	sum_up(r, from, map);
	return 0;
}

static int read_node(struct yaml_reader *r, const yaml_event_t *event, size_t depth,
		     struct err *err);

/* Reads children up to the end event, then replaces them on the stack by the list or map. */
static int read_container(struct yaml_reader *r, const yaml_event_t *start, size_t depth,
			  struct err *err)
{
	bool is_map = start->type == YAML_MAPPING_START_EVENT;
	yaml_event_type_t end = is_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
	const yaml_char_t *anchor =
		is_map ? start->data.mapping_start.anchor : start->data.sequence_start.anchor;
	struct yaml_node node = { .value = { .line = (uint32_t)start->start_mark.line + 1,
					     .column = (uint32_t)start->start_mark.column + 1 },
				  .n_nodes = 1 };
	size_t from = r->n_stack, id;

	if (depth >= VALUE_MAX_DEPTH)
		return FAIL(r, start->start_mark, err, "nested deeper than %d levels",
			    VALUE_MAX_DEPTH);
	if (count_nodes(r, 1, start->start_mark, err))
		return -1;
	id = open_anchor(r, anchor);
	for (bool more = true; more;) {
		yaml_event_t event;
		int rc;

		if (next_event(r, &event, err))
			return -1;
		more = event.type != end;
		rc = more ? read_node(r, &event, depth + 1, err) : 0;
		yaml_event_delete(&event);
		if (rc)
			return -1;
	}
	if (!is_map)
		build_list(r, from, &node);
	else if (build_map(r, from, &node, err))
		return -1;
	close_anchor(r, anchor, id, &node);
	*push(r) = node;
	return 0;
}

static int read_node(struct yaml_reader *r, const yaml_event_t *event, size_t depth,
		     struct err *err)
{
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return read_alias(r, event, depth, err);
	case YAML_SCALAR_EVENT:
		return read_scalar(r, event, err);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return read_container(r, event, depth, err);
	default:
		return FAIL(r, event->start_mark, err, "did not find expected node content");
	}
}

/* The next document: 1 with *out, 0 at the end of the stream, -1. */
static int read_document(struct yaml_reader *r, struct value *out, struct err *err)
{
	yaml_event_t event;
	int rc = -1;

	r->n_nodes = r->n_aliased = r->n_compared = r->n_stack = 0;
	map_clear(&r->anchors);
	for (;;) {
		yaml_event_type_t type;

		if (next_event(r, &event, err))
			return -1;
		type = event.type;
		rc = 0;
		if (type == YAML_STREAM_END_EVENT)
			rc = 2;
		else if (type != YAML_STREAM_START_EVENT && type != YAML_DOCUMENT_START_EVENT &&
			 type != YAML_DOCUMENT_END_EVENT)
			rc = read_node(r, &event, 0, err);
		yaml_event_delete(&event);
		if (rc < 0)
			return -1;
		if (rc == 2)
			return 0;
		if (type == YAML_DOCUMENT_END_EVENT) {
			*out = r->stack[0].value;
			return 1;
		}
	}
}

static int open_reader(struct yaml_reader *r, struct str text, struct pool *pool, struct err *err)
{
	*r = (struct yaml_reader){ .pool = pool, .stack_size = 64 };
	if (!yaml_parser_initialize(&r->parser))
		return err_set(err, "yaml: out of memory");
	r->stack = mem_alloc(r->stack_size * sizeof(*r->stack));
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)(text.ptr ? text.ptr : ""),
				     text.len);
	map_init(&r->anchors, mem_free);
	return 0;
}

static void close_reader(struct yaml_reader *r)
{
	yaml_parser_delete(&r->parser);
	map_clear(&r->anchors);
	mem_free(r->stack);
}

int yaml_parse_all(struct str text, struct pool *pool, struct yaml_documents *out, struct err *err)
{
	struct yaml_reader r;
	struct value document;
	int rc;

	*out = (struct yaml_documents){ 0 };
	if (open_reader(&r, text, pool, err))
		return -1;
	while ((rc = read_document(&r, &document, err)) == 1)
		*(struct value *)pool_push(pool, &out->items, &out->n, sizeof(document)) = document;
	out->n_good = out->n;
	out->error_line = rc < 0 ? r.error_line : 0;
	close_reader(&r);
	return rc;
}

int yaml_parse_each(struct str text, struct pool *pool, struct yaml_each *each, struct err *err)
{
	struct yaml_reader r;
	struct value document;
	int rc;

	if (open_reader(&r, text, pool, err))
		return -1;
	while ((rc = read_document(&r, &document, err)) == 1) {
		each->on(each->self, &document);
		pool_wipe(pool);
	}
	each->error_line = rc < 0 ? r.error_line : 0;
	close_reader(&r);
	return rc;
}

/* What follows the first document is not read, but as with go-yaml its first token must be one. */
static int peek_behind(struct yaml_reader *r, struct err *err)
{
	yaml_event_t event;

	if (yaml_parser_parse(&r->parser, &event))
		yaml_event_delete(&event);
	else if (r->parser.error != YAML_PARSER_ERROR)
		return fail_parser(r, err);
	return 0;
}

/* go-yaml takes \' in double quotes, libyaml does not: where that fails, the backslash goes. */
static bool drop_backslash(const struct yaml_reader *r, struct str *text, struct pool *pool)
{
	size_t at = 0;
	char *copy;

	if (!r->parser.problem || strcmp(r->parser.problem, "found unknown escape character") != 0)
		return false;
	for (size_t i = 0; at < text->len; at++) /* the mark counts characters */
		if (((unsigned char)text->ptr[at] & 0xC0) != 0x80 &&
		    i++ == r->parser.problem_mark.index)
			break;
	if (!str_starts(str_slice(*text, at, text->len), "\\'"))
		return false;
	copy = pool_alloc(pool, text->len);
	memcpy(copy, text->ptr, at);
	memcpy(copy + at, text->ptr + at + 1, text->len - at - 1);
	*text = (struct str){ copy, text->len - 1 };
	return true;
}

int yaml_parse(struct str text, struct pool *pool, struct value *out, struct err *err)
{
	size_t n_read = 0;
	struct err own;
	bool again;
	int rc;

	*out = (struct value){ .type = VALUE_NULL };
	do {
		struct yaml_reader r;

		if (open_reader(&r, text, pool, err))
			return -1;
		rc = read_document(&r, out, &own);
		if (rc == 1)
			rc = peek_behind(&r, &own);
		n_read += text.len;
		again = rc < 0 && n_read < MAX_READ_AGAIN && drop_backslash(&r, &text, pool);
		close_reader(&r);
	} while (again);
	return rc < 0 ? err_set(err, "%s", own.text) : 0;
}
