/* record_line: a line of a recording: a message of the watcher to the resolver, as JSON.
 *
 *   in     a message; a line
 *   out    a line; a message
 *   owns   the form of a recording
 *   never  trusts a line
 */
#include "watcher/record/record_line.h"

#include "base/cjson.h"

static const char *const conditions[] = { [MSG_KIND_LISTING] = "listing",
					  [MSG_KIND_SYNCED] = "synced",
					  [MSG_KIND_NOT_INSTALLED] = "not installed",
					  [MSG_KIND_UNAVAILABLE] = "unavailable" };
static const char *const answers[] = { [MSG_SECRET_FOUND] = "found",
				       [MSG_SECRET_ABSENT] = "absent",
				       [MSG_SECRET_FORBIDDEN] = "forbidden",
				       [MSG_SECRET_UNAVAILABLE] = "unavailable" };
#define N(texts) (sizeof(texts) / sizeof((texts)[0]))

/* ---- print ---- */

static void print(cJSON *doc, struct buf *out)
{
	cjson_print(&doc, out);
	buf_putc(out, '\n');
}

void watcher_record_line_print_head(struct buf *out)
{
	cJSON *doc = cJSON_CreateObject();

	cjson_put_text(doc, "sluice", STR("recording"));
	cjson_put_number(doc, "version", 1);
	print(doc, out);
}

static void put_key(cJSON *doc, const struct msg_key *key)
{
	cjson_put_text(doc, "namespace", key->namespace);
	cjson_put_text(doc, "name", key->name);
}

static void put_kind(cJSON *doc, const char *what, uint64_t kind)
{
	cjson_put_text(doc, what, str_from(msg_kind_name((enum msg_kind)kind)));
}

static void put_object(cJSON *doc, const struct msg_object *object)
{
	struct buf json;

	buf_init(&json, RECORD_LINE_MAX);
	msg_object_print(object, &json);
	put_kind(doc, "put", object->key.kind);
	cjson_put_raw(doc, "object", buf_view(&json));
	buf_clear(&json);
}

/* The Secret, or the ConfigMap, as a manifest has it. */
static void put_value(cJSON *doc, const struct msg_secret_value *value)
{
	struct buf text;
	cJSON *data;

	cjson_put_text(doc, "apiVersion", STR("v1"));
	put_kind(doc, "kind", value->key.kind);
	put_key(cjson_put_object(doc, "metadata"), &value->key);
	data = cjson_put_object(doc, "data");
	if (value->key.kind == MSG_KIND_CONFIG_MAP) {
		for (size_t i = 0; i < value->data.n; i++)
			cjson_put_text(data, value->data.items[i].key.ptr,
				       value->data.items[i].value);
		return;
	}
	cjson_put_text(doc, "type", value->type);
	buf_init(&text, BUF_MAX_MESSAGE);
	for (size_t i = 0; i < value->data.n; i++) {
		const struct str key = value->data.items[i].key;

		buf_reset(&text);
		buf_base64(&text, value->data.items[i].value);
		cjson_put_text(data, key.ptr, buf_view(&text));
	}
	buf_wipe(&text);
}

static void put_secret(cJSON *doc, const struct msg_secret_value *value)
{
	cjson_put_text(doc, "secret", str_from(answers[value->answer]));
	if (value->answer == MSG_SECRET_FOUND)
		put_value(cjson_put_object(doc, "value"), value);
	else
		put_key(doc, &value->key);
	if (value->key.kind != MSG_KIND_SECRET)
		put_kind(doc, "of", value->key.kind);
}

void watcher_record_line_print(enum msg_type type, const void *body, uint64_t at_ms,
			       struct buf *out)
{
	const struct msg_object_delete *gone = body;
	const struct msg_kind_state *state = body;
	cJSON *doc = cJSON_CreateObject();

	cjson_put_number(doc, "ms", (long long)at_ms);
	if (type == MSG_OBJECT_PUT) {
		put_object(doc, body);
	} else if (type == MSG_OBJECT_DELETE) {
		put_kind(doc, "delete", gone->key.kind);
		put_key(doc, &gone->key);
	} else if (type == MSG_KIND_STATE) {
		put_kind(doc, "state", state->kind);
		cjson_put_text(doc, "condition", str_from(conditions[state->condition]));
		cjson_put_text(doc, "reason", state->reason);
	} else {
		put_secret(doc, body);
	}
	print(doc, out);
}

/* ---- read ---- */

/* Its place among the texts. */
static int read_word(const struct value *doc, const char *name, const char *const *texts, size_t n,
		     uint64_t *out, struct err *err)
{
	const struct str word = value_text(doc, name);

	for (size_t i = 0; i < n; i++)
		if (texts[i] && str_is(word, texts[i])) {
			*out = i;
			return 0;
		}
	return err_set(err, "\"%s\" is %s, which no recording has", name, err_quote(word));
}

static int read_kind(const struct value *doc, const char *name, uint64_t *out, struct err *err)
{
	const struct str word = value_text(doc, name);

	*out = msg_kind_named(word);
	if (*out != MSG_KIND_NONE)
		return 0;
	return err_set(err, "\"%s\" is %s; it must be a kind that Sluice reads, such as Ingress",
		       name, err_quote(word));
}

/* A map key is one that a message can carry. */
static int read_key(const struct value *doc, uint64_t kind, struct pool *pool, struct msg_key *out,
		    struct err *err)
{
	struct msg_key key = { kind, value_text(doc, "namespace"), value_text(doc, "name") };

	if (!key.name.len || str_has_control(key.name) || str_find(key.name, '/') >= 0)
		return err_set(err, "\"name\" is %s; it must be the name of an object",
			       err_quote(key.name));
	if (!key.namespace.len == msg_kind_is_namespaced((enum msg_kind)kind) ||
	    str_find(key.namespace, '/') >= 0)
		return err_set(err, "\"namespace\" is %s, which a %s cannot have",
			       err_quote(key.namespace), msg_kind_name((enum msg_kind)kind));
	*out = msg_key_dup(&key, pool);
	return 0;
}

static int read_put(const struct value *doc, struct pool *pool, struct record_line *out,
		    struct err *err)
{
	const struct value *object = value_get(doc, "object");
	uint64_t kind;

	if (read_kind(doc, "put", &kind, err) < 0)
		return -1;
	if (!object)
		return err_set(err, "there is no \"object\"");
	out->type = MSG_OBJECT_PUT;
	return msg_object_of_kind((enum msg_kind)kind, object, pool, &out->body.object, err);
}

static int read_delete(const struct value *doc, struct pool *pool, struct record_line *out,
		       struct err *err)
{
	uint64_t kind;

	out->type = MSG_OBJECT_DELETE;
	return read_kind(doc, "delete", &kind, err) < 0
		       ? -1
		       : read_key(doc, kind, pool, &out->body.object_delete.key, err);
}

static int read_state(const struct value *doc, struct pool *pool, struct record_line *out,
		      struct err *err)
{
	struct msg_kind_state *state = &out->body.kind_state;

	out->type = MSG_KIND_STATE;
	if (read_kind(doc, "state", &state->kind, err) < 0 ||
	    read_word(doc, "condition", conditions, N(conditions), &state->condition, err) < 0)
		return -1;
	state->reason = value_text(doc, "reason");
	state->reason =
		pool_bytes(pool, state->reason.ptr ? state->reason.ptr : "", state->reason.len);
	return 0;
}

static int read_secret(const struct value *doc, struct pool *pool, struct record_line *out,
		       struct err *err)
{
	struct msg_secret_value *secret = &out->body.secret_value;
	const struct value *value = value_get(doc, "value");

	out->type = MSG_SECRET_VALUE;
	if (read_word(doc, "secret", answers, N(answers), &secret->answer, err) < 0)
		return -1;
	if (secret->answer != MSG_SECRET_FOUND) {
		secret->type = STR("");
		return read_key(doc,
				str_is(value_text(doc, "of"), "ConfigMap") ? MSG_KIND_CONFIG_MAP
									   : MSG_KIND_SECRET,
				pool, &secret->key, err);
	}
	if (!value)
		return err_set(err, "there is no \"value\"");
	return msg_secret_from_value(value, pool, secret, err);
}

static int read_head(const struct value *doc, struct record_line *out, struct err *err)
{
	const struct value *version = value_get(doc, "version");

	out->is_head = true;
	if (str_is(value_text(doc, "sluice"), "recording") && version &&
	    version->type == VALUE_INT && version->integer == 1)
		return 0;
	return err_set(err, "it is no recording of version 1");
}

int watcher_record_line_read(struct str line, struct pool *pool, struct record_line *out,
			     struct err *err)
{
	const struct value *ms;
	struct value doc;

	*out = (struct record_line){ 0 };
	if (json_parse(line, pool, &doc, err) < 0)
		return -1;
	if (value_get(&doc, "sluice"))
		return read_head(&doc, out, err);
	ms = value_get(&doc, "ms");
	if (!ms || ms->type != VALUE_INT || ms->integer < 0)
		return err_set(err, "\"ms\" must be a number of milliseconds");
	out->at_ms = (uint64_t)ms->integer;
	if (value_get(&doc, "put"))
		return read_put(&doc, pool, out, err);
	if (value_get(&doc, "delete"))
		return read_delete(&doc, pool, out, err);
	if (value_get(&doc, "state"))
		return read_state(&doc, pool, out, err);
	return read_secret(&doc, pool, out, err);
}
