/* kube_config: kubeconfig files and the pod's own account.
 *
 *   in     files, environment variables
 *   out    struct kube_config
 *   never  talks to a server
 */
#include "kube/kube_config.h"

#include "base/buf.h"
#include "base/value.h"
#include "kube/kube_file.h"

#define ACCOUNT_DIR "/var/run/secrets/kubernetes.io/serviceaccount"
#define MAX_FILES 16

/* One kubeconfig file that was read. */
struct source {
	struct value doc;
	struct str directory;
};

struct sources {
	struct source files[MAX_FILES];
	size_t n;
};

static struct str text_at(const struct value *v, const char *key)
{
	const struct value *found = value_get(v, key);

	return found && found->type == VALUE_STRING ? found->string : STR_NONE;
}

static bool bool_at(const struct value *v, const char *key)
{
	const struct value *found = value_get(v, key);

	return found && found->type == VALUE_BOOL && found->boolean;
}

static int read_sources(struct sources *sources, struct str path, struct pool *pool, struct err *err)
{
	struct str rest = path, file;

	while (rest.len) {
		struct source *source = &sources->files[sources->n];
		struct buf text;
		int rc;

		if (!str_cut(rest, ':', &file, &rest)) {
			file = rest;
			rest = STR("");
		}
		if (!file.len)
			continue;
		if (sources->n == MAX_FILES)
			return err_set(err, "KUBECONFIG names more than %d files", MAX_FILES);
		buf_init(&text, BUF_MAX_TEXT);
		file = pool_str(pool, file);
		rc = kube_file_read(file.ptr, &text, err) ||
		     yaml_parse(pool_str(pool, buf_view(&text)), pool, &source->doc, err);
		buf_wipe(&text);
		if (rc)
			return err_wrap(err, "kubeconfig %s", file.ptr);
		source->directory = str_slice(file, 0, str_rfind(file, '/') < 0 ? 0 : (size_t)str_rfind(file, '/'));
		sources->n++;
	}
	return sources->n ? 0 : err_set(err, "no kubeconfig file is named; --kubeconfig FILE names one");
}

/* The entry `name` of a list such as clusters, from the first file that has it. */
static const struct value *entry(const struct sources *sources, const char *list, const char *what, struct str name,
				 struct str *directory)
{
	for (size_t f = 0; f < sources->n; f++) {
		const struct value *items = value_get(&sources->files[f].doc, list);

		for (size_t i = 0; items && items->type == VALUE_LIST && i < items->list.n; i++) {
			if (!str_eq(text_at(&items->list.items[i], "name"), name))
				continue;
			*directory = sources->files[f].directory;
			return value_get(&items->list.items[i], what);
		}
	}
	return NULL;
}

/* A file name in a kubeconfig is relative to that kubeconfig. */
static struct str file_at(const struct value *v, const char *key, struct str directory, struct pool *pool)
{
	const struct str name = text_at(v, key);

	if (!name.len || name.ptr[0] == '/' || !directory.len)
		return name.len ? pool_str(pool, name) : STR_NONE;
	return pool_printf(pool, STR_FMT "/" STR_FMT, STR_ARG(directory), STR_ARG(name));
}

static int data_at(const struct value *v, const char *key, struct pool *pool, struct str *out, struct err *err)
{
	const struct str text = text_at(v, key);
	struct buf bytes;
	int rc = 0;

	*out = STR_NONE;
	if (!text.len)
		return 0;
	buf_init(&bytes, BUF_MAX_TEXT);
	if (buf_unbase64(&bytes, text))
		rc = err_set(err, "%s is not base64", key);
	else
		*out = pool_str(pool, buf_view(&bytes));
	buf_wipe(&bytes);
	return rc;
}

static int take_cluster(struct kube_config *config, const struct value *cluster, struct str directory, struct err *err)
{
	struct pool *pool = &config->pool;

	config->server = pool_str(pool, text_at(cluster, "server"));
	if (!str_starts(config->server, "https://") && !str_starts(config->server, "http://"))
		return err_set(err, "cluster.server is %s; it must be an http or https URL", err_quote(config->server));
	while (str_ends(config->server, "/"))
		config->server.len--;
	config->server = pool_str(pool, config->server);
	config->insecure = bool_at(cluster, "insecure-skip-tls-verify");
	config->proxy_url = pool_str(pool, text_at(cluster, "proxy-url"));
	config->tls_server_name = pool_str(pool, text_at(cluster, "tls-server-name"));
	config->ca_file = file_at(cluster, "certificate-authority", directory, pool);
	return data_at(cluster, "certificate-authority-data", pool, &config->ca_data, err);
}

static void take_exec(struct kube_config *config, const struct value *exec, struct str directory)
{
	struct pool *pool = &config->pool;
	const struct value *args = value_get(exec, "args"), *env = value_get(exec, "env");

	config->exec.command = pool_str(pool, text_at(exec, "command"));
	config->exec.api_version = pool_str(pool, text_at(exec, "apiVersion"));
	config->exec.directory = pool_str(pool, directory);
	for (size_t i = 0; args && args->type == VALUE_LIST && i < args->list.n; i++) {
		struct str *arg = pool_push(pool, &config->exec.args.items, &config->exec.args.n, sizeof(*arg));

		*arg = pool_str(pool, args->list.items[i].text);
	}
	for (size_t i = 0; env && env->type == VALUE_LIST && i < env->list.n; i++) {
		struct str_pair *pair = pool_push(pool, &config->exec.env.items, &config->exec.env.n, sizeof(*pair));

		pair->key = pool_str(pool, text_at(&env->list.items[i], "name"));
		pair->value = pool_str(pool, text_at(&env->list.items[i], "value"));
	}
}

static int take_user(struct kube_config *config, const struct value *user, struct str directory, struct err *err)
{
	struct pool *pool = &config->pool;

	config->cert_file = file_at(user, "client-certificate", directory, pool);
	config->key_file = file_at(user, "client-key", directory, pool);
	config->token_file = file_at(user, "tokenFile", directory, pool);
	config->token = pool_str(pool, text_at(user, "token"));
	config->username = pool_str(pool, text_at(user, "username"));
	config->password = pool_str(pool, text_at(user, "password"));
	if (value_get(user, "exec"))
		take_exec(config, value_get(user, "exec"), directory);
	return data_at(user, "client-certificate-data", pool, &config->cert_data, err) ||
	       data_at(user, "client-key-data", pool, &config->key_data, err);
}

static struct str current_context(const struct sources *sources)
{
	for (size_t i = 0; i < sources->n; i++) {
		const struct str name = text_at(&sources->files[i].doc, "current-context");

		if (name.len)
			return name;
	}
	return STR_NONE;
}

int kube_config_load(struct kube_config *config, struct str path, struct str context, struct err *err)
{
	const struct value *chosen, *cluster, *user;
	struct sources sources = { .n = 0 };
	struct str directory = STR("");
	struct pool pool;
	int rc = -1;

	memset(config, 0, sizeof(*config));
	pool_init(&config->pool);
	pool_init(&pool);
	if (read_sources(&sources, path, &pool, err))
		goto out;
	if (!context.len)
		context = current_context(&sources);
	chosen = entry(&sources, "contexts", "context", context, &directory);
	if (!chosen) {
		err_set(err, "kubeconfig has no context %s; name one with --context or current-context", err_quote(context));
		goto out;
	}
	config->namespace = pool_str(&config->pool, text_at(chosen, "namespace"));
	cluster = entry(&sources, "clusters", "cluster", text_at(chosen, "cluster"), &directory);
	if (!cluster) {
		err_set(err, "kubeconfig has no cluster %s, which context %s names", err_quote(text_at(chosen, "cluster")),
			err_quote(context));
		goto out;
	}
	if (take_cluster(config, cluster, directory, err))
		goto out;
	user = entry(&sources, "users", "user", text_at(chosen, "user"), &directory);
	rc = user ? take_user(config, user, directory, err) : 0;
out:
	pool_wipe(&pool);
	if (rc)
		kube_config_clear(config);
	return rc ? -1 : 0;
}

int kube_config_in_cluster(struct kube_config *config, struct err *err)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST"), *port = getenv("KUBERNETES_SERVICE_PORT");
	const bool v6 = host && strchr(host, ':');

	memset(config, 0, sizeof(*config));
	pool_init(&config->pool);
	if (!host || !*host)
		return err_set(err, "this is not a pod (KUBERNETES_SERVICE_HOST is not set); name a cluster with --kubeconfig");
	config->server = pool_printf(&config->pool, "https://%s%s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "",
				     port && *port ? port : "443");
	config->ca_file = STR(ACCOUNT_DIR "/ca.crt");
	config->token_file = STR(ACCOUNT_DIR "/token");
	return 0;
}

void kube_config_clear(struct kube_config *config)
{
	pool_wipe(&config->pool);
	memset(config, 0, sizeof(*config));
}
