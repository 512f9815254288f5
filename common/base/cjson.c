/* cjson: builds, prints and reads JSON with cJSON, where we have written the JSON or trust it.
 *
 *   in     names and values; JSON text
 *   out    JSON text; values
 *   owns   how cJSON gets and returns memory
 *   never  reads what others may have written
 */
#include "base/cjson.h"

#include <malloc.h>

#include "base/mem.h"

#define EXACT_MAX 9007199254740992.0 /* 2^53: a double has all whole numbers up to here */

/* A document may hold keys and tokens, and cJSON does not say what it frees. */
static void wipe_and_free(void *ptr)
{
	mem_wipe(ptr, malloc_usable_size(ptr));
	mem_free(ptr);
}

/* Before main, so that no two threads do it at once. */
__attribute__((constructor)) static void set_hooks(void)
{
	cJSON_Hooks hooks = { .malloc_fn = mem_alloc, .free_fn = wipe_and_free };

	cJSON_InitHooks(&hooks);
}

/* ---- build and print ---- */

static cJSON *put(cJSON *parent, const char *key, cJSON *item)
{
	if (key)
		(void)cJSON_AddItemToObject(parent, key, item);
	else
		(void)cJSON_AddItemToArray(parent, item);
	return item;
}

/* With a NUL after it, and none in it: cJSON knows where a text ends by that alone. */
static char *c_text(struct str text)
{
	char *copy = mem_dup(text.ptr, text.len);

	for (size_t i = 0; i < text.len; i++)
		if (!copy[i])
			copy[i] = '?';
	return copy;
}

cJSON *cjson_put_object(cJSON *parent, const char *key)
{
	return put(parent, key, cJSON_CreateObject());
}

cJSON *cjson_put_list(cJSON *parent, const char *key)
{
	return put(parent, key, cJSON_CreateArray());
}

void cjson_put_text(cJSON *parent, const char *key, struct str text)
{
	char *copy = text.ptr ? c_text(text) : NULL;

	put(parent, key, copy ? cJSON_CreateString(copy) : cJSON_CreateNull());
	if (copy)
		wipe_and_free(copy);
}

void cjson_put_filled(cJSON *parent, const char *key, struct str text)
{
	if (text.len)
		cjson_put_text(parent, key, text);
}

void cjson_put_number(cJSON *parent, const char *key, long long number)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%lld", number);
	put(parent, key, cJSON_CreateRaw(digits)); /* a number of cJSON is a double */
}

void cjson_put_bool(cJSON *parent, const char *key, bool yes)
{
	put(parent, key, cJSON_CreateBool(yes));
}

void cjson_put_raw(cJSON *parent, const char *key, struct str json)
{
	char *copy = c_text(json);

	put(parent, key, cJSON_CreateRaw(copy));
	wipe_and_free(copy);
}

void cjson_print(cJSON **doc, struct buf *out)
{
	char *text = cJSON_PrintUnformatted(*doc);

	if (text)
		buf_puts(out, text);
	cJSON_free(text);
	cJSON_Delete(*doc);
	*doc = NULL;
}

/* ---- read ---- */

cJSON *cjson_parse(struct str text)
{
	const char *end = NULL;
	cJSON *doc = cJSON_ParseWithLengthOpts(text.ptr ? text.ptr : "", text.len, &end, false);

	if (doc && str_trim(str_slice(text, (size_t)(end - text.ptr), text.len)).len) {
		cJSON_Delete(doc);
		return NULL;
	}
	return doc;
}

static const cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

struct str cjson_text(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(member(object, key));

	return text ? str_from(text) : STR_NONE;
}

long long cjson_number(const cJSON *object, const char *key)
{
	const cJSON *item = member(object, key);

	const double number = cJSON_IsNumber(item) ? item->valuedouble : 0;

	return number >= -EXACT_MAX && number <= EXACT_MAX ? (long long)number : 0;
}

bool cjson_flag(const cJSON *object, const char *key)
{
	return cJSON_IsTrue(member(object, key));
}
