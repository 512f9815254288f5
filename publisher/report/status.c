/* status: what the Pomerium object says of each Ingress and of itself.
 *
 *   in     what it says, what is so
 *   out    a merge patch of its status subresource, and what it says afterwards
 *   never  sends; writes anything because of the time alone
 */
#include "publisher/report/status.h"

#include "base/cjson.h"
#include "base/mem.h"
#include "base/value.h"
#include "publisher/report/event.h"

#define ENTRY_EXTRA 64 /* bytes of an entry besides its key and verdict */

static const char good_start[] = "{\"error\":null,";

static struct str cut(struct str text)
{
	if (text.len <= STATUS_ERROR_MAX)
		return text;
	text.len = STATUS_ERROR_MAX;
	while (text.len && ((unsigned char)text.ptr[text.len] & 0xc0) == 0x80)
		text.len--;
	return text;
}

/* Nulls remove, in a merge patch, what an older verdict had. */
void publisher_status_print(const struct status_entry *entry, struct buf *out)
{
	const size_t n =
		entry->warnings.n < STATUS_WARNINGS_MAX ? entry->warnings.n : STATUS_WARNINGS_MAX;
	cJSON *doc = cJSON_CreateObject(), *list;

	cjson_put_text(doc, "error", entry->error.len ? cut(entry->error) : STR_NONE);
	cjson_put_number(doc, "observedGeneration", entry->generation);
	cjson_put_bool(doc, "reconciled", !entry->error.len);
	if (n)
		list = cjson_put_list(doc, "warnings");
	else
		cjson_put_text(doc, "warnings", STR_NONE);
	for (size_t i = 0; i < n; i++)
		cjson_put_text(list, NULL, cut(entry->warnings.items[i]));
	cjson_print(&doc, out);
}

/* ---- reading ---- */

static void read_entry(struct map *reported, struct str key, const struct value *v)
{
	const struct value *error = value_get(v, "error"), *list = value_get(v, "warnings"),
			   *generation = value_get(v, "observedGeneration");
	struct status_entry entry = { 0 };
	struct pool pool;
	struct buf text;

	pool_init(&pool);
	buf_init(&text, BUF_MAX_TEXT);
	if (error && error->type == VALUE_STRING)
		entry.error = error->string;
	if (generation && generation->type == VALUE_INT)
		entry.generation = generation->integer;
	for (size_t i = 0; list && list->type == VALUE_LIST && i < list->list.n; i++)
		if (list->list.items[i].type == VALUE_STRING)
			*(struct str *)pool_push(&pool, &entry.warnings.items, &entry.warnings.n,
						 sizeof(struct str)) = list->list.items[i].string;
	publisher_status_print(&entry, &text);
	map_put(reported, key, mem_dup(text.ptr, text.len));
	buf_clear(&text);
	pool_clear(&pool);
}

int publisher_status_read(struct str json, struct map *reported, struct err *err)
{
	const struct value *status, *ingress, *settings;
	struct value object;
	struct pool pool;
	int rc;

	pool_init(&pool);
	rc = json_parse(json, &pool, &object, err);
	status = rc ? NULL : value_get(&object, "status");
	ingress = value_get(status, "ingress");
	settings = value_get(status, "settingsStatus");
	for (size_t i = 0; ingress && ingress->type == VALUE_MAP && i < ingress->map.n; i++)
		read_entry(reported, ingress->map.entries[i].key.string,
			   &ingress->map.entries[i].value);
	if (settings && settings->type == VALUE_MAP)
		read_entry(reported, STR(STATUS_SETTINGS), settings);
	pool_clear(&pool);
	return rc;
}

/* ---- planning ---- */

/* Rejected or warned: always reported. */
static bool is_notable(const char *verdict)
{
	const struct str text = str_from(verdict);

	return !str_starts(text, good_start) || !str_ends(text, ":null}");
}

struct status_choice {
	const struct map *reported, *now;
	struct map *after;
	size_t used, n_left_out;
};

enum turn { TURN_NOTABLE, TURN_REPORTED, TURN_REST, N_TURNS };

static enum turn turn_of(const struct status_choice *choice, struct str key, const char *verdict)
{
	if (is_notable(verdict) || str_is(key, STATUS_SETTINGS))
		return TURN_NOTABLE;
	return map_get(choice->reported, key) ? TURN_REPORTED : TURN_REST;
}

/* Owners that the object has already come first, so that a full one stays as it is. */
static void choose(struct status_choice *choice, enum turn turn)
{
	struct str key;
	void *value;

	for (size_t i = 0; map_next(choice->now, &i, &key, &value);) {
		const size_t size = key.len + strlen(value) + ENTRY_EXTRA;

		if (turn_of(choice, key, value) != turn)
			continue;
		if (turn != TURN_NOTABLE && choice->used + size > STATUS_MAX) {
			choice->n_left_out++;
			continue;
		}
		choice->used += size;
		map_put(choice->after, key, mem_strdup(value));
	}
}

/* The verdict, which we have printed ourselves, with the time before it. */
static void put_verdict(cJSON *parent, const char *key, const char *verdict, int64_t time)
{
	cJSON *entry = cjson_put_object(parent, key), *said = cjson_parse(str_from(verdict)), *item;

	publisher_event_put_time(entry, "observedAt", time);
	while (said && (item = said->child)) {
		cJSON_DetachItemViaPointer(said, item);
		cJSON_AddItemToObject(entry, item->string, item);
	}
	cJSON_Delete(said);
}

static size_t put_changes(cJSON *entries, const struct map *reported, const struct map *after,
			  int64_t time)
{
	size_t n = 0;
	struct str key;
	void *value;

	for (size_t i = 0; map_next(after, &i, &key, &value);) {
		const char *old = map_get(reported, key);

		if (str_is(key, STATUS_SETTINGS) || (old && !strcmp(old, value)))
			continue;
		put_verdict(entries, key.ptr, value, time);
		n++;
	}
	for (size_t i = 0; map_next(reported, &i, &key, &value);) {
		if (str_is(key, STATUS_SETTINGS) || map_get(after, key))
			continue;
		cjson_put_text(entries, key.ptr, STR_NONE);
		n++;
	}
	return n;
}

/* Owners that the object has and of which nothing is known yet stay in it. */
static void keep_unknown(struct status_choice *choice, const struct status_want *want)
{
	struct str key;
	void *value;

	for (size_t i = 0; map_next(choice->reported, &i, &key, &value);)
		if (!map_get(choice->now, key) &&
		    (!want->forget || (want->is_pending && want->is_pending(want->owners, key)))) {
			choice->used += key.len + strlen(value) + ENTRY_EXTRA;
			map_put(choice->after, key, mem_strdup(value));
		}
}

/* Both parts of the patch, as far as there is something to say. */
static void print_patch(const struct map *reported, int64_t time, struct status_plan *out)
{
	const char *old = map_get(reported, STR(STATUS_SETTINGS));
	const char *settings = map_get(&out->after, STR(STATUS_SETTINGS));
	cJSON *doc = cJSON_CreateObject(), *status = cjson_put_object(doc, "status");
	cJSON *entries = cjson_put_object(status, "ingress");

	out->n_changes = put_changes(entries, reported, &out->after, time);
	if (!out->n_changes)
		cJSON_Delete(cJSON_DetachItemViaPointer(status, entries));
	if (settings && (!old || strcmp(old, settings) != 0)) {
		put_verdict(status, "settingsStatus", settings, time);
		out->n_changes++;
	}
	if (out->n_changes)
		cjson_print(&doc, &out->patch);
	cJSON_Delete(doc);
}

void publisher_status_plan(const struct status_want *want, int64_t time, struct status_plan *out)
{
	struct status_choice choice = { want->reported, want->now, &out->after, 0, 0 };

	*out = (struct status_plan){ 0 };
	map_init(&out->after, mem_free);
	buf_init(&out->patch, BUF_MAX_MESSAGE);
	keep_unknown(&choice, want);
	for (int turn = 0; turn < N_TURNS; turn++)
		choose(&choice, (enum turn)turn);
	out->n_left_out = choice.n_left_out;
	print_patch(want->reported, time, out);
}

void publisher_status_plan_clear(struct status_plan *plan)
{
	buf_clear(&plan->patch);
	map_clear(&plan->after);
}
