/* migrate_cluster: reads the Ingresses, IngressClasses and Services of a cluster.
 *
 *   in     lists from an API server, page by page
 *   out    documents in the pool
 *   never  writes to the cluster or reads a Secret
 */
#include "cli/migrate/migrate.h"

#include "kube/kube_ask.h"

#define PAGE 500

static const struct cluster_list {
	const char *group, *plural;
	bool is_namespaced;
} listed[] = {
	{ "/apis/networking.k8s.io/v1", "ingressclasses", false },
	{ "/apis/networking.k8s.io/v1", "ingresses", true },
	{ "/api/v1", "services", true },
};

/* Reads a page; *from is where the next one begins, or empty. */
static int take_page(struct migrate *migrate, struct kube *kube, const struct cluster_list *what,
		     struct str namespace, struct str *from, struct err *err)
{
	struct value *answer = pool_alloc(&migrate->pool, sizeof(*answer));
	struct buf path, body;
	struct kube_answer status;
	struct kube_call call = { .method = "GET" };
	int rc;

	buf_init(&path, BUF_MAX_TEXT);
	buf_init(&body, KUBE_BODY_MAX);
	buf_puts(&path, what->group);
	if (what->is_namespaced && namespace.len) {
		buf_puts(&path, "/namespaces/");
		kube_add_escaped(&path, namespace);
	}
	buf_printf(&path, "/%s?limit=%d", what->plural, PAGE);
	if (from->len) {
		buf_puts(&path, "&continue=");
		kube_add_escaped(&path, *from);
	}
	call.path = buf_view(&path);
	rc = kube_ask(kube, &call, &body, &status);
	if (rc)
		err_set(err, "the %s of the cluster cannot be listed: %s", what->plural,
			status.err.text);
	else
		rc = json_parse(buf_view(&body), &migrate->pool, answer, err);
	if (!rc) {
		cli_migrate_read_value(migrate, answer, STR("cluster"));
		*from = value_text(value_get(answer, "metadata"), "continue");
	}
	buf_clear(&path);
	buf_clear(&body);
	return rc;
}

static int take_list(struct migrate *migrate, struct kube *kube, const struct cluster_list *what,
		     struct str namespace, struct err *err)
{
	struct str from = STR_NONE;

	do {
		if (take_page(migrate, kube, what, namespace, &from, err))
			return -1;
	} while (from.len);
	return 0;
}

int cli_migrate_cluster(struct migrate *migrate, struct err *err)
{
	const struct str_list *namespaces = &cli_migrate_settings.namespaces;
	struct kube_config config;
	struct kube *kube;
	int rc = cli_migrate_settings.kubeconfig.len
			 ? kube_config_load(&config, cli_migrate_settings.kubeconfig,
					    cli_migrate_settings.context, err)
			 : kube_config_in_cluster(&config, err);

	kube = rc ? NULL : kube_new(&config, err);
	if (!kube)
		return -1;
	for (size_t i = 0; !rc && i < sizeof(listed) / sizeof(listed[0]); i++) {
		size_t n = listed[i].is_namespaced && namespaces->n ? namespaces->n : 1;

		for (size_t k = 0; !rc && k < n; k++)
			rc = take_list(migrate, kube, &listed[i],
				       namespaces->n ? namespaces->items[k] : STR_NONE, err);
	}
	kube_destroy(&kube);
	return rc;
}
