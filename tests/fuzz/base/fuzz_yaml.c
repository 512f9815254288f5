/* fuzz_yaml: any bytes as YAML; what is read must be bounded, and its JSON must be JSON. */
#include "base/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t check(const struct value *v, size_t depth)
{
	size_t n = 1;

	if (depth > VALUE_MAX_DEPTH)
		abort();
	if (v->type == VALUE_STRING && !v->binary && !str_is_utf8(v->string))
		abort();
	for (size_t i = 0; v->type == VALUE_LIST && i < v->list.n; i++)
		n += check(&v->list.items[i], depth + 1);
	for (size_t i = 0; v->type == VALUE_MAP && i < v->map.n; i++)
		n += check(&v->map.entries[i].key, depth + 1) +
		     check(&v->map.entries[i].value, depth + 1);
	return n;
}

/* Its JSON, where it has one, must be JSON. */
static void read_again(const struct value *v, struct pool *pool)
{
	struct value again;
	struct err err = { "" };
	struct buf json;

	buf_init(&json, BUF_MAX_FILE);
	if (value_to_json(v, false, &json, &err) == 0) {
		if (!json.full && json_parse(buf_view(&json), pool, &again, &err))
			abort();
	} else if (!*err.text) {
		abort();
	}
	buf_clear(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct yaml_documents docs;
	struct value v;
	struct pool pool;
	struct err err = { "" };

	pool_init(&pool);
	if (yaml_parse(text, &pool, &v, &err) == 0) {
		if (check(&v, 0) > VALUE_MAX_NODES * 2)
			abort();
		read_again(&v, &pool);
	} else if (!*err.text) {
		abort();
	}
	(void)yaml_parse_all(text, &pool, &docs, &err);
	if (docs.n_good != docs.n)
		abort();
	pool_clear(&pool);
	return 0;
}
