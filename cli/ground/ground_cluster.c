/* ground_cluster: the objects of a cluster.
 *
 *   in     lists from an API server, page by page; one Secret after the other, as they are wanted
 *   out    objects, and values of Secrets
 *   owns   the client
 *   never  writes to the cluster, lists Secrets
 */
#include "cli/ground/ground.h"

#include "kube/kube_ask.h"
#include "watcher/kube/kinds.h"

#define PAGE 500

/* -1 and a sentence, or the status of an answer that is no list. */
static int get(struct kube *kube, struct str path, struct buf *body, long *status, struct err *err)
{
	struct kube_call call = { .method = "GET", .path = path };
	struct kube_answer answer;
	int rc = kube_ask(kube, &call, body, &answer);

	*status = answer.status;
	return rc ? err_set(err, "%s", answer.err.text) : 0;
}

static void put_items(struct offline *offline, enum msg_kind kind, const struct value *list)
{
	const struct value *items = value_get(list, "items");
	struct pool pool;

	pool_init(&pool);
	for (size_t i = 0; items && items->type == VALUE_LIST && i < items->list.n; i++) {
		struct msg_object object;

		if (!msg_object_of_kind(kind, &items->list.items[i], &pool, &object, NULL))
			cli_offline_put(offline, &object);
		pool_clear(&pool);
	}
}

static void add_path(const struct kind_row *row, struct str namespace, const char *more,
		     struct buf *path)
{
	buf_reset(path);
	buf_puts(path, row->group);
	if (namespace.len) {
		buf_puts(path, "/namespaces/");
		kube_add_escaped(path, namespace);
	}
	buf_printf(path, "/%s?limit=%d", row->plural, PAGE);
	if (*more) {
		buf_puts(path, "&continue=");
		kube_add_escaped(path, str_from(more));
	}
}

/* A CRD that is not installed has no objects. */
static int put_list(struct cluster_ground *self, const struct kind_row *row, struct str namespace,
		    struct offline *offline, struct err *err)
{
	struct buf path, body, more;
	long status = 0;
	int rc = 0;

	buf_init(&path, BUF_MAX_TEXT);
	buf_init(&body, KUBE_BODY_MAX);
	buf_init(&more, BUF_MAX_TEXT);
	do {
		struct value list = { 0 };
		struct pool pool;

		pool_init(&pool);
		add_path(row, namespace, more.len ? more.ptr : "", &path);
		buf_reset(&body);
		rc = get(self->kube, buf_view(&path), &body, &status, err);
		if (!rc)
			rc = json_parse(buf_view(&body), &pool, &list, err);
		if (!rc)
			put_items(offline, row->kind, &list);
		buf_reset(&more);
		buf_str(&more, value_text(value_get(&list, "metadata"), "continue"));
		pool_clear(&pool);
	} while (!rc && more.len);
	buf_clear(&path);
	buf_clear(&body);
	buf_clear(&more);
	if (rc && row->is_custom && status == 404) {
		*err = (struct err){ "" };
		return 0;
	}
	return rc ? err_wrap(err, "the %s of the cluster cannot be listed", row->plural) : 0;
}

/* As a watcher does: the Gateway API is of the whole cluster. */
static bool is_wanted(const struct kind_row *row)
{
	const struct resolve_settings *settings = &cli_offline_settings.resolve;

	if (row->of_gateway_api && (!settings->gateway_api || settings->namespaces.n))
		return false;
	return row->kind != MSG_KIND_SECRET;
}

static int put(void *arg, struct offline *offline, struct err *err)
{
	const struct str_list *namespaces = &cli_offline_settings.resolve.namespaces;
	struct cluster_ground *self = arg;
	int rc = 0;

	for (const struct kind_row *row = watcher_kinds_table; !rc && row->kind; row++) {
		const bool all = !msg_kind_is_namespaced(row->kind) || !namespaces->n;
		const size_t n = all ? 1 : namespaces->n;

		for (size_t i = 0; !rc && is_wanted(row) && i < n; i++)
			rc = put_list(self, row, all ? STR("") : namespaces->items[i], offline,
				      err);
	}
	return rc;
}

static void secret(void *arg, struct offline *offline, const struct msg_key *key)
{
	struct cluster_ground *self = arg;
	struct msg_secret_value value = { .key = *key, .answer = MSG_SECRET_UNAVAILABLE };
	struct value doc;
	struct buf path, body;
	struct err err;
	struct pool pool;
	long status;

	pool_init(&pool);
	buf_init(&path, BUF_MAX_TEXT);
	buf_init(&body, KUBE_BODY_MAX);
	buf_puts(&path, "/api/v1/namespaces/");
	kube_add_escaped(&path, key->namespace);
	buf_puts(&path, key->kind == MSG_KIND_CONFIG_MAP ? "/configmaps/" : "/secrets/");
	kube_add_escaped(&path, key->name);
	if (!get(self->kube, buf_view(&path), &body, &status, &err) &&
	    !json_parse(buf_view(&body), &pool, &doc, &err) &&
	    !msg_secret_from_value(&doc, &pool, &value, &err))
		value.answer = MSG_SECRET_FOUND;
	else if (status == 404)
		value.answer = MSG_SECRET_ABSENT;
	else if (status == 403)
		value.answer = MSG_SECRET_FORBIDDEN;
	value.key = *key;
	resolver_resolve_secret(offline->resolve, &value, 0);
	buf_clear(&path);
	buf_wipe(&body);
	pool_wipe(&pool);
}

int cli_ground_cluster_open(struct cluster_ground *self, struct str kubeconfig, struct str context,
			    struct err *err)
{
	struct kube_config config;
	const int rc = kubeconfig.len ? kube_config_load(&config, kubeconfig, context, err)
				      : kube_config_in_cluster(&config, err);

	*self = (struct cluster_ground){ .ground = { self, put, secret, true } };
	if (!rc)
		self->kube = kube_new(&config, err);
	return self->kube ? 0 : -1;
}

void cli_ground_cluster_close(struct cluster_ground *self)
{
	kube_destroy(&self->kube);
}
