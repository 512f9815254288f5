/* ground_pipeline: the objects that a running pipeline knows.
 *
 *   in     the dump of the resolver
 *   out    objects, and of Secrets what may be known of them
 *   owns   the dump
 *   never  has a value of a Secret: a text that says nothing stands for it
 */
#include "cli/ground/ground.h"

#include <stdio.h>

#include "cli/ground/cut_json.h"
#include "cli/live/live.h"
#include "publisher/wanted/shown.h"

/* The member that has the object is called as its part in the message is; they stand at the end, in
 * the order of the kinds. */
static const char *member_of(enum msg_kind kind)
{
	const struct codec *codec = &msg_object_codec;

	return codec->fields[codec->n_fields - MSG_N_KINDS + kind].name;
}

static void put_object(struct offline *offline, struct str text)
{
	struct msg_object object;
	struct value item;
	struct pool pool;

	pool_init(&pool);
	if (json_parse(text, &pool, &item, NULL) < 0)
		item = (struct value){ 0 };
	for (enum msg_kind kind = MSG_KIND_NONE + 1; kind < MSG_N_KINDS; kind++) {
		const struct value *doc = value_get(&item, member_of(kind));

		if (doc && doc->type == VALUE_MAP && kind != MSG_KIND_SECRET &&
		    kind != MSG_KIND_CONFIG_MAP &&
		    !msg_object_of_kind(kind, doc, &pool, &object, NULL))
			cli_offline_put(offline, &object);
	}
	pool_clear(&pool);
}

static void keep_secrets(struct pipeline_ground *self, const char *member, enum msg_kind kind)
{
	struct str list = cli_cut_json_list(buf_view(&self->dump), member), text;

	while (cli_cut_json_item(&list, &text)) {
		struct value *item = pool_alloc(&self->pool, sizeof(*item));
		struct msg_key key = { .kind = kind };

		if (json_parse(text, &self->pool, item, NULL) < 0)
			continue;
		key.namespace = value_text(item, "namespace");
		key.name = value_text(item, "name");
		map_put(&self->secrets, msg_key_text(&key, &self->pool), item);
	}
}

/* A dump is larger than what json_parse takes: each item is read alone. */
static int put(void *arg, struct offline *offline, struct err *err)
{
	struct pipeline_ground *self = arg;
	struct str list = cli_cut_json_list(buf_view(&self->dump), "objects"), item;

	(void)err;
	keep_secrets(self, "secrets", MSG_KIND_SECRET);
	keep_secrets(self, "config_maps", MSG_KIND_CONFIG_MAP);
	while (cli_cut_json_item(&list, &item))
		put_object(offline, item);
	buf_clear(&self->dump);
	return 0;
}

/* ---- Secrets ---- */

static bool flag(const struct value *item, const char *key)
{
	const struct value *v = value_get(item, key);

	return v && v->type == VALUE_BOOL && v->boolean;
}

static int64_t number(const struct value *item, const char *key)
{
	const struct value *v = value_get(item, key);

	return v && v->type == VALUE_INT ? v->integer : 0;
}

static struct str clear_of(const struct value *item, struct pool *pool)
{
	const struct str text = value_text(item, "clear");
	struct buf bytes;
	struct str clear = STR_NONE;

	buf_init(&bytes, BUF_MAX_MESSAGE);
	if (text.ptr && buf_unbase64(&bytes, text) == 0)
		clear = pool_str(pool, bytes.len ? buf_view(&bytes) : STR(""));
	buf_clear(&bytes);
	return clear;
}

static void read_values(const struct value *list, struct pool *pool,
			struct msg_secret_info_list *out)
{
	for (size_t i = 0; list && list->type == VALUE_LIST && i < list->list.n; i++) {
		const struct value *item = &list->list.items[i];
		struct msg_secret_info *info = pool_push(pool, &out->items, &out->n, sizeof(*info));

		*info = (struct msg_secret_info){ .name = value_text(item, "name"),
						  .len = (uint64_t)number(item, "len"),
						  .utf8 = flag(item, "utf8"),
						  .has_control = flag(item, "has_control"),
						  .is_private_key = flag(item, "is_private_key"),
						  .matches_cert = flag(item, "matches_cert"),
						  .is_blank = flag(item, "is_blank"),
						  .clear = clear_of(item, pool) };
	}
}

static void secret(void *arg, struct offline *offline, const struct msg_key *key)
{
	struct pipeline_ground *self = arg;
	const struct value *item = map_get(&self->secrets, msg_key_text(key, &self->pool));
	struct msg_bundle_secret seen = { .namespace = key->namespace,
					  .name = key->name,
					  .answer = MSG_SECRET_UNAVAILABLE,
					  .type = STR("") };

	if (item) {
		seen.answer = (uint64_t)number(item, "answer");
		seen.type = value_text(item, "type");
		read_values(value_get(item, "values"), &self->pool, &seen.values);
	}
	if (!item && self->more) {
		self->more->secret(self->more->self, offline, key);
		return;
	}
	if (!item)
		fprintf(stderr,
			"%s " STR_FMT "/" STR_FMT " was not asked for by the pipeline so far: "
			"what comes from it cannot be foreseen; --kubeconfig lets it be looked "
			"up\n",
			msg_kind_name((enum msg_kind)key->kind), STR_ARG(key->namespace),
			STR_ARG(key->name));
	resolver_resolve_adopt_secret(offline->resolve, key, &seen, STR(SHOWN_HIDDEN));
}

/* ---- life ---- */

static int read_dump(struct pipeline_ground *self, struct str run_dir, struct err *err)
{
	const struct live_process *resolver;
	struct live_list list;
	long status;

	if (cli_live_open(&run_dir, &self->pool, &list, err))
		return -1;
	resolver = cli_live_first(&list, "resolver");
	if (!resolver)
		return err_set(err, "the resolver does not run");
	status = cli_live_get_all(resolver, "/dump", &self->dump, err);
	if (status > 0 && status != 200)
		err_set(err, "the resolver answers with status %ld", status);
	return status == 200 ? 0 : -1;
}

/* Which objects are ours is for the pipeline to say, with whatever flags it was started. */
static void take_settings(struct pipeline_ground *self)
{
	struct resolve_settings *own = &cli_offline_settings.resolve;
	const struct str text = cli_cut_json_member(buf_view(&self->dump), "settings");
	const struct value *list;
	struct value doc;

	if (!text.len || json_parse(text, &self->pool, &doc, NULL) < 0)
		return; /* of an older version */
	own->controller = value_text(&doc, "name");
	own->prefix = value_text(&doc, "prefix");
	own->pomerium_config = value_text(&doc, "pomerium_config");
	own->gateway_api = flag(&doc, "experimental_gateway_api");
	own->gateway_controller = value_text(&doc, "gateway_class_controller_name");
	own->namespaces = (struct str_list){ NULL, 0 };
	list = value_get(&doc, "namespaces");
	for (size_t i = 0; list && list->type == VALUE_LIST && i < list->list.n; i++)
		*(struct str *)pool_push(&self->pool, &own->namespaces.items, &own->namespaces.n,
					 sizeof(struct str)) = list->list.items[i].string;
}

int cli_ground_pipeline_open(struct pipeline_ground *self, struct str run_dir,
			     const struct offline_ground *more, struct err *err)
{
	*self = (struct pipeline_ground){ .ground = { self, put, secret, false }, .more = more };
	pool_init(&self->pool);
	map_init(&self->secrets, NULL);
	buf_init(&self->dump, BUF_MAX_OUTPUT);
	if (read_dump(self, run_dir, err))
		return -1;
	take_settings(self);
	return 0;
}

void cli_ground_pipeline_close(struct pipeline_ground *self)
{
	map_clear(&self->secrets);
	buf_clear(&self->dump);
	pool_clear(&self->pool);
}
