/* model: what the page shows of a pipeline.
 *
 *   in     what the resolver and the publisher say of all owners
 *   out    routes in the proxy's order, certificates, changes
 *   owns   the last of these, and a digest of each owner
 *   never  asks anybody
 */
#include "cli/web/model.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"

#define N_BEFORE 50 /* changes that are told of the time before we looked */

/* An owner as it was. */
struct model_seen {
	uint64_t digest, next;
	enum view_state state;
	uint64_t take; /* in which it was there last */
	struct msg_key key;
	char *memory; /* of the key's texts */
};

static void free_seen(void *ptr)
{
	struct model_seen *seen = ptr;

	mem_free(seen->memory);
	mem_free(seen);
}

void cli_web_model_init(struct model *model)
{
	*model = (struct model){ 0 };
	cli_view_init(&model->view, &(struct view_wish){ 0 });
	map_init(&model->seen, free_seen);
}

/* ---- changes ---- */

static char *copy(struct str text)
{
	return mem_dup(text.ptr ? text.ptr : "", text.len);
}

static void free_change(struct model_change *change)
{
	mem_free(change->at);
	mem_free(change->kind);
	mem_free(change->namespace);
	mem_free(change->name);
	mem_free(change->what);
	mem_free(change->sentence);
}

static void add_change(struct model *model, const struct msg_key *key, const char *what,
		       struct str at, struct str sentence)
{
	struct model_change *change = &model->changes[model->n_changes++ % MODEL_CHANGES_MAX];
	char now[CLOCK_TEXT_MAX];

	clock_text(clock_wall(), -1, now);
	free_change(change);
	*change = (struct model_change){
		.at = copy(at.len ? at : str_from(now)),
		.kind = mem_strdup(msg_kind_name((enum msg_kind)key->kind)),
		.namespace = copy(key->namespace),
		.name = copy(key->name),
		.what = mem_strdup(what),
		.sentence = copy(sentence),
	};
}

void cli_web_model_clear(struct model *model)
{
	for (size_t i = 0; i < MODEL_CHANGES_MAX; i++)
		free_change(&model->changes[i]);
	map_clear(&model->seen);
	cli_view_close(&model->view);
}

static int compare_since(const void *a, const void *b)
{
	const struct view_owner *const *x = a, *const *y = b;

	return str_cmp((*x)->since, (*y)->since);
}

/* What was made last before we looked for the first time. */
static void add_changes_before(struct model *model)
{
	const struct view *view = &model->view;
	struct view_owner **owners = mem_alloc((view->n_owners + 1) * sizeof(*owners));
	size_t n = 0;

	for (size_t i = 0; i < view->n_owners; i++)
		if (view->owners[i]->since.len)
			owners[n++] = view->owners[i];
	qsort(owners, n, sizeof(struct view_owner *), compare_since);
	for (size_t i = n > N_BEFORE ? n - N_BEFORE : 0; i < n; i++)
		add_change(model, &owners[i]->owner.key, "served", owners[i]->since, STR(""));
	mem_free(owners);
}

static struct model_seen *seen_of(struct model *model, const struct msg_key *key, struct str text)
{
	struct model_seen *seen = map_get(&model->seen, text);

	if (seen)
		return seen;
	seen = mem_alloc(sizeof(*seen));
	*seen = (struct model_seen){ .key = *key };
	seen->memory = mem_alloc(key->namespace.len + key->name.len + 1);
	seen->key.namespace = (struct str){ seen->memory, key->namespace.len };
	seen->key.name = (struct str){ seen->memory + key->namespace.len, key->name.len };
	if (key->namespace.len)
		memcpy(seen->memory, key->namespace.ptr, key->namespace.len);
	if (key->name.len)
		memcpy(seen->memory + key->namespace.len, key->name.ptr, key->name.len);
	map_put(&model->seen, text, seen);
	return seen;
}

static void mix(uint64_t *digest, struct str text)
{
	*digest = *digest * 31 + hash_fast(text) + 1;
}

static void mix_route(uint64_t *digest, const struct view_route *route)
{
	mix(digest, route->route.id);
	mix(digest, route->route.from);
	mix(digest, route->route.path);
	mix(digest, route->route.prefix);
	mix(digest, route->route.regex);
	mix(digest, str_from(publisher_access_word(route->access)));
	for (size_t i = 0; i < route->to.n; i++)
		mix(digest, route->to.items[i]);
}

static const char *word_for(const struct model_seen *seen, const struct view_owner *owner)
{
	if (!seen->digest)
		return "new";
	if (seen->state == owner->state)
		return "changed";
	return owner->state == VIEW_SERVED ? "mended" : cli_view_state_word(owner->state);
}

/* Whether something is different. */
static bool compare_owners(struct model *model)
{
	const struct view *view = &model->view;
	bool differs = false;

	for (size_t i = 0; i < view->n_owners; i++) {
		const struct view_owner *owner = view->owners[i];
		struct str text = msg_key_text(&owner->owner.key, (struct pool *)&view->pool);
		struct model_seen *seen = seen_of(model, &owner->owner.key, text);

		if (seen->digest != seen->next) {
			if (model->version)
				add_change(model, &owner->owner.key, word_for(seen, owner), STR(""),
					   owner->reason);
			differs = true;
		}
		seen->digest = seen->next;
		seen->state = owner->state;
	}
	return differs;
}

static void digest_owners(struct model *model)
{
	struct view *view = &model->view;

	for (size_t i = 0; i < view->n_owners; i++) {
		const struct view_owner *owner = view->owners[i];
		struct str text = msg_key_text(&owner->owner.key, &view->pool);
		struct model_seen *seen = seen_of(model, &owner->owner.key, text);

		seen->take = model->n_takes;
		seen->next = 1 + (uint64_t)owner->state;
		mix(&seen->next, owner->reason);
		mix(&seen->next, owner->since);
	}
	for (size_t i = 0; i < view->n_routes; i++) {
		const struct msg_key *key = &view->routes[i]->owner->owner.key;
		struct str text = msg_key_text(key, &view->pool);

		mix_route(&seen_of(model, key, text)->next, view->routes[i]);
	}
}

static bool drop_gone(struct model *model)
{
	struct str text;
	void *value;
	bool differs = false;

	for (size_t i = 0; map_next(&model->seen, &i, &text, &value);) {
		const struct model_seen *seen = value;

		if (seen->take == model->n_takes)
			continue;
		add_change(model, &seen->key, "gone", STR(""), STR(""));
		map_del(&model->seen, text);
		differs = true;
	}
	return differs;
}

/* ---- the rest of the publisher's answer ---- */

static struct str keep(struct model *model, const cJSON *object, const char *key)
{
	const struct str text = cjson_text(object, key);

	return text.len ? pool_str(&model->view.pool, text) : STR("");
}

static int compare_certs(const void *a, const void *b)
{
	const struct model_cert *x = a, *y = b;
	const int order = str_cmp(x->not_after, y->not_after);

	return order ? order : str_cmp(x->secret, y->secret);
}

static void read_cert(struct model *model, const cJSON *item, struct model_cert *out)
{
	struct pool *pool = &model->view.pool;
	const cJSON *name;

	*out = (struct model_cert){ .secret = keep(model, item, "secret"),
				    .not_after = keep(model, item, "not_after"),
				    .is_published = cjson_flag(item, "published") };
	cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(item, "names"))
		*(struct str *)pool_push(pool, &out->names.items, &out->names.n,
					 sizeof(struct str)) =
			pool_str(pool, str_from(cJSON_GetStringValue(name)));
}

static void read_rest(struct model *model, const cJSON *doc)
{
	struct pool *pool = &model->view.pool;
	const cJSON *item;

	model->certs = NULL;
	model->held = NULL;
	model->n_certs = model->n_held = 0;
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(doc, "certificates"))
		read_cert(model, item,
			  pool_push(pool, &model->certs, &model->n_certs, sizeof(*model->certs)));
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(doc, "held_back"))
		*(struct model_held *)pool_push(pool, &model->held, &model->n_held,
						sizeof(*model->held)) =
			(struct model_held){ keep(model, item, "record"),
					     cjson_number(item, "routes") };
	if (model->n_certs)
		qsort(model->certs, model->n_certs, sizeof(*model->certs), compare_certs);
}

/* ---- one look ---- */

/* What a room says; NULL with a sentence: nothing that can be used. */
static cJSON *answer_of(const struct gather_answer *answers, size_t n, enum msg_room room,
			struct err *err)
{
	cJSON *doc = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!str_is(answers[i].room, room_name(room)))
			continue;
		if (answers[i].status == 200)
			doc = cjson_parse(buf_view(&answers[i].body));
		if (!doc)
			err_set(err, "the %s does not answer%s%s", room_name(room),
				answers[i].status ? "" : ": ",
				answers[i].status ? "" : answers[i].why);
		return doc;
	}
	if (n)
		err_set(err, "the %s does not run", room_name(room));
	else
		err_set(err, "no pipeline runs in the run folder");
	return NULL;
}

static void replace(struct model *model, const cJSON *published, const cJSON *known)
{
	const size_t n_certs = model->n_certs, n_held = model->n_held;
	bool differs;

	cli_view_close(&model->view);
	cli_view_init(&model->view, &(struct view_wish){ 0 });
	cli_view_add_published(&model->view, published);
	cli_view_add_ignored(&model->view, known);
	cli_view_sort(&model->view);
	read_rest(model, published);
	model->n_takes++;
	digest_owners(model);
	differs = compare_owners(model);
	differs |= drop_gone(model);
	differs |= n_certs != model->n_certs || n_held != model->n_held;
	if (!model->version)
		add_changes_before(model);
	if (differs || !model->version)
		model->version++;
}

void cli_web_model_take(struct model *model, const struct gather_answer *answers, size_t n)
{
	struct err err = { "" };
	cJSON *published = answer_of(answers, n, ROOM_PUBLISHER, &err), *known = NULL;

	if (published)
		known = answer_of(answers, n, ROOM_RESOLVER, &err);
	if (known)
		replace(model, published, known);
	if (strcmp(model->trouble.text, err.text) != 0 && model->version)
		model->version++; /* the page shows the sentence */
	model->trouble = err;
	cJSON_Delete(published);
	cJSON_Delete(known);
}
