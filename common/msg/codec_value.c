/* codec_value: a Kubernetes object (YAML or JSON) to a struct, by its table.
 *
 *   in     an untyped tree, as a user wrote it
 *   out    the struct, all of it copied to the caller's pool, or a sentence that names the path
 *   owns   nothing
 *   never  guesses: the API server takes no number for a text and no text for a number; nor do we
 */
#include "msg/codec_wire.h"

#include <string.h>

/* Where we are, for errors: one link a level, on the C stack. */
struct where {
	const struct where *up;
	const char *name; /* of a field, or NULL */
	struct str key;   /* of a map entry, or absent */
	size_t index;     /* else of a list item */
};

struct value_source {
	struct pool *pool;
	struct err *err;
	bool hidden;    /* the field is a secret: its value is not for sentences */
	size_t n_nodes; /* of an untyped value, so far */
	size_t n_items; /* of lists and maps, so far */
	size_t n_bytes; /* of text, so far */
};

static void add_path(struct buf *out, const struct where *at)
{
	if (at->up)
		add_path(out, at->up);
	if (at->name) {
		if (at->up)
			buf_putc(out, '.');
		buf_puts(out, at->name);
	} else if (at->key.ptr) {
		buf_putc(out, '[');
		buf_quoted(out, at->key, ERR_VALUE_MAX);
		buf_putc(out, ']');
	} else {
		buf_printf(out, "[%zu]", at->index);
	}
}

static int fail(struct value_source *s, const struct where *at, const char *sentence)
{
	struct buf path;
	int rc;

	buf_init(&path, ERR_MAX);
	if (at)
		add_path(&path, at);
	rc = err_set(s->err, "%s%s%s", path.len ? path.ptr : "", path.len ? ": " : "", sentence);
	buf_clear(&path);
	return rc;
}

static int fail_type(struct value_source *s, const struct where *at, const char *expected,
		     const struct value *v)
{
	bool is_text = v->type == VALUE_STRING || v->type == VALUE_TIME;
	bool is_scalar = v->type != VALUE_LIST && v->type != VALUE_MAP;
	const bool unquoted = is_scalar && !is_text && strcmp(expected, "a string") == 0;
	const char *shown = "";
	char sentence[256];

	if (is_scalar && !s->hidden)
		shown = err_quote(is_text ? v->string : v->text);
	snprintf(sentence, sizeof(sentence), "expected %s, got %s%s%s%s", expected,
		 value_type_name(v->type), *shown ? " " : "", shown,
		 unquoted ? ": put it in quotes" : "");
	return fail(s, at, sentence);
}

static int fail_size(struct value_source *s, const struct where *at, const char *what, uint64_t max)
{
	char sentence[96];

	snprintf(sentence, sizeof(sentence), "%s, at most %llu are allowed", what,
		 (unsigned long long)max);
	return fail(s, at, sentence);
}

static bool is_absent(const struct value *v)
{
	return !v || v->type == VALUE_NULL;
}

static int keep(struct value_source *s, const struct where *at, struct str from, struct str *to)
{
	s->n_bytes += from.len;
	if (s->n_bytes > CODEC_MAX_OBJECT_TEXT)
		return fail_size(s, at, "an object with too many bytes up to here",
				 CODEC_MAX_OBJECT_TEXT);
	*to = pool_bytes(s->pool, from.ptr ? from.ptr : "", from.len);
	return 0;
}

static int read_bool(struct value_source *s, const struct where *at, const struct value *v,
		     bool *out)
{
	if (is_absent(v))
		return 0;
	if (v->type != VALUE_BOOL)
		return fail_type(s, at, "true or false", v);
	*out = v->boolean;
	return 0;
}

static int read_tristate(struct value_source *s, const struct where *at, const struct value *v,
			 int8_t *out)
{
	bool on = false;

	*out = -1;
	if (is_absent(v))
		return 0;
	if (read_bool(s, at, v, &on) < 0)
		return -1;
	*out = on;
	return 0;
}

static int read_int(struct value_source *s, const struct where *at, const struct value *v,
		    uint64_t max, int64_t *out)
{
	uint64_t size;

	if (is_absent(v))
		return 0;
	if (v->type != VALUE_INT && v->type != VALUE_UINT)
		return fail_type(s, at, "an integer", v);
	size = v->type == VALUE_UINT ? v->uinteger
	       : v->integer < 0      ? -(uint64_t)v->integer
				     : (uint64_t)v->integer;
	if (size > max) {
		char what[64];

		snprintf(what, sizeof(what), "an integer of at most %llu", (unsigned long long)max);
		return fail_type(s, at, what, v);
	}
	*out = v->integer;
	return 0;
}

static int read_uint(struct value_source *s, const struct where *at, const struct value *v,
		     uint64_t max, uint64_t *out)
{
	int64_t number = 0;

	if (read_int(s, at, v, max < INT64_MAX ? max : INT64_MAX, &number) < 0)
		return -1;
	if (number < 0)
		return fail_type(s, at, "an integer that is not negative", v);
	*out = (uint64_t)number;
	return 0;
}

static int read_natural(struct value_source *s, const struct where *at, const struct value *v,
			uint64_t max, int64_t *out)
{
	*out = -1;
	if (is_absent(v))
		return 0;
	return read_uint(s, at, v, max, (uint64_t *)out);
}

/* YAML has a type for times that are not quoted. */
static int read_time(struct value_source *s, const struct where *at, const struct value *v,
		     int64_t *out)
{
	struct value_time t;

	if (is_absent(v))
		return 0;
	if ((v->type != VALUE_STRING && v->type != VALUE_TIME) || !value_time_parse(v->string, &t))
		return fail_type(s, at, "a time such as 2026-01-31T12:00:00Z", v);
	*out = value_time_seconds(&t);
	return 0;
}

static int read_text(struct value_source *s, const struct where *at, const struct value *v,
		     uint64_t max, struct str *out)
{
	char what[48];

	if (is_absent(v))
		return 0;
	if (v->type != VALUE_STRING || v->binary)
		return fail_type(s, at, "a string", v);
	if (v->string.len > max) {
		snprintf(what, sizeof(what), "a string of %zu bytes", v->string.len);
		return fail_size(s, at, what, max);
	}
	if (!str_is_utf8(v->string))
		return fail(s, at, "a string that is not valid UTF-8");
	return keep(s, at, v->string, out);
}

static int read_bytes(struct value_source *s, const struct where *at, const struct value *v,
		      uint64_t max, struct str *out)
{
	struct buf bytes;
	char what[48];
	int rc = 0;

	if (is_absent(v))
		return 0;
	if (v->type != VALUE_STRING)
		return fail_type(s, at, "a string in base64", v);
	buf_init(&bytes, max);
	if (buf_unbase64(&bytes, v->string) < 0) {
		rc = fail(s, at, "expected base64 with padding");
	} else if (bytes.full) {
		snprintf(what, sizeof(what), "%zu bytes in base64", v->string.len);
		rc = fail_size(s, at, what, max);
	} else {
		rc = keep(s, at, buf_view(&bytes), out);
	}
	buf_wipe(&bytes);
	return rc;
}

/* Accepts a container of one type with at most `max` items; *n is 0 if it is absent. */
static int read_size(struct value_source *s, const struct where *at, const struct value *v,
		     enum value_type type, uint64_t max, size_t *n)
{
	char what[48];

	*n = 0;
	if (is_absent(v))
		return 0;
	if (v->type != type)
		return fail_type(s, at, type == VALUE_MAP ? "a map" : "a list", v);
	*n = type == VALUE_MAP ? v->map.n : v->list.n;
	s->n_items += *n;
	if (*n <= max && s->n_items <= CODEC_MAX_ALL_ITEMS)
		return 0;
	if (*n <= max)
		return fail_size(s, at, "an object with too many items up to here",
				 CODEC_MAX_ALL_ITEMS);
	snprintf(what, sizeof(what), "%zu items", *n);
	return fail_size(s, at, what, max);
}

static int read_texts(struct value_source *s, const struct where *at, const struct value *v,
		      uint64_t max, struct str_list *out)
{
	if (read_size(s, at, v, VALUE_LIST, max, &out->n) < 0)
		return -1;
	out->items = pool_array(s->pool, out->n, sizeof(*out->items));
	for (size_t i = 0; i < out->n; i++) {
		struct where item = { .up = at, .index = i };

		out->items[i] = STR("");
		if (read_text(s, &item, &v->list.items[i], CODEC_MAX_TEXT, &out->items[i]) < 0)
			return -1;
	}
	return 0;
}

static int read_map_entry(struct value_source *s, const struct where *at,
			  const struct value_entry *from, struct str_pair *to, bool is_text)
{
	struct where entry = { .up = at,
			       .key = from->key.type == VALUE_STRING ? from->key.string : STR("") };

	if (from->key.type == VALUE_NULL)
		return fail_type(s, at, "a string as a key", &from->key);
	if (read_text(s, at, &from->key, CODEC_MAX_TEXT, &to->key) < 0)
		return -1;
	to->value = STR("");
	if (is_text)
		return read_text(s, &entry, &from->value, CODEC_MAX_MAP_TEXT, &to->value);
	return read_bytes(s, &entry, &from->value, CODEC_MAX_MAP_BYTES, &to->value);
}

static int read_map(struct value_source *s, const struct where *at, const struct value *v,
		    const struct codec_field *field, struct str_map *out)
{
	if (read_size(s, at, v, VALUE_MAP, codec_max(field), &out->n) < 0)
		return -1;
	out->items = pool_array(s->pool, out->n, sizeof(*out->items));
	for (size_t i = 0; i < out->n; i++)
		if (read_map_entry(s, at, &v->map.entries[i], &out->items[i],
				   field->type == CODEC_TEXT_MAP) < 0)
			return -1;
	return 0;
}

static int read_int_or_text(struct value_source *s, const struct where *at, const struct value *v,
			    struct msg_int_or_text *out)
{
	if (is_absent(v))
		return 0;
	out->is_int = v->type == VALUE_INT || v->type == VALUE_UINT;
	if (out->is_int)
		return read_int(s, at, v, INT32_MAX, &out->number);
	if (v->type != VALUE_STRING)
		return fail_type(s, at, "an integer or a string", v);
	return read_text(s, at, v, CODEC_MAX_TEXT, &out->text);
}

/* A deep copy: the message outlives the document. */
static int copy_value(struct value_source *s, const struct where *at, const struct value *v,
		      struct value *out);

static int copy_entries(struct value_source *s, const struct where *at, const struct value *v,
			struct value *out)
{
	out->map.entries = pool_array(s->pool, v->map.n, sizeof(*out->map.entries));
	for (size_t i = 0; i < v->map.n; i++)
		if (copy_value(s, at, &v->map.entries[i].key, &out->map.entries[i].key) < 0 ||
		    copy_value(s, at, &v->map.entries[i].value, &out->map.entries[i].value) < 0)
			return -1;
	return 0;
}

static int copy_items(struct value_source *s, const struct where *at, const struct value *v,
		      struct value *out)
{
	out->list.items = pool_array(s->pool, v->list.n, sizeof(*out->list.items));
	for (size_t i = 0; i < v->list.n; i++)
		if (copy_value(s, at, &v->list.items[i], &out->list.items[i]) < 0)
			return -1;
	return 0;
}

static int copy_value(struct value_source *s, const struct where *at, const struct value *v,
		      struct value *out)
{
	if (++s->n_nodes > CODEC_MAX_NODES)
		return fail_size(s, at, "too many values", CODEC_MAX_NODES);
	*out = *v;
	if (v->type == VALUE_MAP)
		return copy_entries(s, at, v, out);
	if (v->type == VALUE_LIST)
		return copy_items(s, at, v, out);
	if (v->text.len > CODEC_MAX_TEXT && v->type != VALUE_STRING)
		return fail_size(s, at, "a number with too many digits", CODEC_MAX_TEXT);
	if (keep(s, at, v->text, &out->text) < 0)
		return -1;
	if (v->type != VALUE_STRING && v->type != VALUE_TIME)
		return 0;
	if (v->string.len > CODEC_MAX_BYTES)
		return fail_size(s, at, "a string with too many bytes", CODEC_MAX_BYTES);
	return keep(s, at, v->string, &out->string);
}

static int read_value(struct value_source *s, const struct where *at, const struct value *v,
		      struct value **out)
{
	if (is_absent(v))
		return 0;
	*out = pool_alloc(s->pool, sizeof(**out));
	return copy_value(s, at, v, *out);
}

static int read_struct(struct value_source *s, const struct where *at, const struct codec *codec,
		       const struct value *v, void *to);

static int read_optional(struct value_source *s, const struct where *at,
			 const struct codec_field *field, const struct value *v, void **out)
{
	if (is_absent(v))
		return 0;
	*out = pool_alloc(s->pool, field->of->size);
	return read_struct(s, at, field->of, v, *out);
}

static int read_list(struct value_source *s, const struct where *at,
		     const struct codec_field *field, const struct value *v, struct codec_list *out)
{
	if (read_size(s, at, v, VALUE_LIST, codec_max(field), &out->n) < 0)
		return -1;
	out->items = pool_array(s->pool, out->n, field->of->size);
	for (size_t i = 0; i < out->n; i++) {
		struct where item = { .up = at, .index = i };

		if (read_struct(s, &item, field->of, &v->list.items[i],
				(char *)out->items + i * field->of->size) < 0)
			return -1;
	}
	return 0;
}

static int read_field(struct value_source *s, const struct where *at,
		      const struct codec_field *field, const struct value *v, void *to)
{
	uint64_t max = codec_max(field);

	if (is_absent(v) && field->flags & CODEC_REQUIRED)
		return fail(s, at, "required, but missing");
	s->hidden = field->flags & CODEC_HIDDEN;
	switch (field->type) {
	case CODEC_BOOL:
		return read_bool(s, at, v, to);
	case CODEC_TRISTATE:
		return read_tristate(s, at, v, to);
	case CODEC_INT:
		return read_int(s, at, v, max, to);
	case CODEC_UINT:
		return read_uint(s, at, v, max, to);
	case CODEC_NATURAL:
		return read_natural(s, at, v, max, to);
	case CODEC_TIME:
		return read_time(s, at, v, to);
	case CODEC_TEXT:
	case CODEC_BYTES:
		*(struct str *)to = field->flags & CODEC_NULLABLE ? STR_NONE : STR("");
		return field->type == CODEC_TEXT ? read_text(s, at, v, max, to)
						 : read_bytes(s, at, v, max, to);
	case CODEC_INT_OR_TEXT:
		return read_int_or_text(s, at, v, to);
	case CODEC_TEXTS:
		return read_texts(s, at, v, max, to);
	case CODEC_TEXT_MAP:
	case CODEC_BYTES_MAP:
		return read_map(s, at, v, field, to);
	case CODEC_STRUCT:
		return read_struct(s, at, field->of, v, to);
	case CODEC_OPTIONAL:
		return read_optional(s, at, field, v, to);
	case CODEC_LIST:
		return read_list(s, at, field, v, to);
	case CODEC_VALUE:
		return read_value(s, at, v, to);
	case CODEC_HASH:
		break; /* not a Kubernetes field */
	}
	return 0;
}

static int read_struct(struct value_source *s, const struct where *at, const struct codec *codec,
		       const struct value *v, void *to)
{
	if (!is_absent(v) && v->type != VALUE_MAP)
		return fail_type(s, at, "a map", v);
	for (size_t i = 0; i < codec->n_fields; i++) {
		const struct codec_field *field = &codec->fields[i];
		struct where here = { .up = at, .name = field->name };

		if (field->flags & CODEC_INTERNAL)
			continue;
		if (read_field(s, &here, field, value_get(v, field->name),
			       codec_at_mut(field, to)) < 0)
			return -1;
	}
	return 0;
}

int codec_from_value(const struct codec *codec, const struct value *v, struct pool *pool, void *to,
		     struct err *err)
{
	struct value_source s = { .pool = pool, .err = err };

	memset(to, 0, codec->size);
	return read_struct(&s, NULL, codec, v, to);
}
