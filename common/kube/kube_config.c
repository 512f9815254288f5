/* kube_config: kubeconfig files and the pod's own account.
 *
 *   in     files, environment variables
 *   out    struct kube_config
 *   owns   nothing
 *   never  talks to a server, reads a certificate, token or key
 */
#include "kube/kube_config.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/small_file.h"
#include "base/value.h"

#define ACCOUNT_DIR "/var/run/secrets/kubernetes.io/serviceaccount"
#define MAX_FILES 16
#define EXEC_GROUP "client.authentication.k8s.io/"
#define EXEC_EXTENSION "client.authentication.k8s.io/exec"

/* One kubeconfig file that was read. */
struct kubeconfig_file {
	struct value doc;
	struct str directory;
};

struct kubeconfig_files {
	struct kubeconfig_file files[MAX_FILES];
	size_t n;
};

/* An entry that was found, and whose file names are relative to what. */
struct entry {
	struct str name;
	const struct value *body;
	struct str directory;
};

/* ---- files ---- */

static struct str directory_of(struct str file)
{
	const long slash = str_rfind(file, '/');

	if (slash < 0)
		return STR(".");
	return slash ? str_slice(file, 0, (size_t)slash) : STR("/");
}

static int read_source(struct kubeconfig_files *sources, struct str file, struct pool *pool,
		       struct err *err)
{
	struct kubeconfig_file *source = &sources->files[sources->n];
	struct buf text;
	int rc;

	if (sources->n == MAX_FILES)
		return err_set(err, "more than %d kubeconfig files are named", MAX_FILES);
	buf_init(&text, BUF_MAX_TEXT);
	rc = small_file_read(file.ptr, &text, err);
	if (!rc)
		rc = yaml_parse(pool_str(pool, buf_view(&text)), pool, &source->doc, err);
	buf_wipe(&text);
	if (rc)
		return err_wrap(err, "kubeconfig %s", file.ptr);
	source->directory = directory_of(file);
	sources->n++;
	return 0;
}

/* As kubectl: of several files the missing ones are skipped. */
static int read_sources(struct kubeconfig_files *sources, struct str path, struct pool *pool,
			struct err *err)
{
	const bool several = str_find(path, ':') >= 0;
	struct str rest = path, file;

	while (rest.len) {
		if (!str_cut(rest, ':', &file, &rest)) {
			file = rest;
			rest = STR("");
		}
		file = pool_str(pool, file);
		if (!file.len || (several && access(file.ptr, F_OK) && errno == ENOENT))
			continue;
		if (read_source(sources, file, pool, err))
			return -1;
	}
	if (!sources->n)
		return err_set(err, "no kubeconfig file is there: %s; --kubeconfig FILE names one",
			       err_quote(path));
	return 0;
}

/* The entry of that name in a list such as clusters, from the first file that has it. */
static bool find(const struct kubeconfig_files *sources, const char *list, const char *what,
		 struct entry *entry)
{
	for (size_t f = 0; f < sources->n; f++) {
		const struct value *items = value_get(&sources->files[f].doc, list);

		for (size_t i = 0; items && items->type == VALUE_LIST && i < items->list.n; i++) {
			const struct value *item = &items->list.items[i];

			if (!str_eq(value_text(item, "name"), entry->name))
				continue;
			entry->directory = sources->files[f].directory;
			entry->body = value_get(item, what);
			return true;
		}
	}
	return false;
}

/* ---- fields ---- */

enum field_type { FIELD_TEXT, FIELD_FILE, FIELD_DATA, FIELD_BOOL };

struct field {
	const char *name;
	enum field_type type;
	size_t offset; /* in struct kube_config */
};

static const struct field cluster_fields[] = {
	{ "server", FIELD_TEXT, offsetof(struct kube_config, server) },
	{ "proxy-url", FIELD_TEXT, offsetof(struct kube_config, proxy_url) },
	{ "tls-server-name", FIELD_TEXT, offsetof(struct kube_config, tls_server_name) },
	{ "insecure-skip-tls-verify", FIELD_BOOL, offsetof(struct kube_config, insecure) },
	{ "certificate-authority", FIELD_FILE, offsetof(struct kube_config, ca_file) },
	{ "certificate-authority-data", FIELD_DATA, offsetof(struct kube_config, ca_data) },
	{ NULL, FIELD_TEXT, 0 },
};

static const struct field user_fields[] = {
	{ "client-certificate", FIELD_FILE, offsetof(struct kube_config, cert_file) },
	{ "client-certificate-data", FIELD_DATA, offsetof(struct kube_config, cert_data) },
	{ "client-key", FIELD_FILE, offsetof(struct kube_config, key_file) },
	{ "client-key-data", FIELD_DATA, offsetof(struct kube_config, key_data) },
	{ "token", FIELD_TEXT, offsetof(struct kube_config, token) },
	{ "tokenFile", FIELD_FILE, offsetof(struct kube_config, token_file) },
	{ "username", FIELD_TEXT, offsetof(struct kube_config, username) },
	{ "password", FIELD_TEXT, offsetof(struct kube_config, password) },
	{ NULL, FIELD_TEXT, 0 },
};

static int decode(struct str text, struct pool *pool, struct str *out)
{
	struct buf bytes;
	int rc;

	buf_init(&bytes, BUF_MAX_TEXT);
	rc = buf_unbase64(&bytes, text);
	if (!rc)
		*out = pool_str(pool, buf_view(&bytes));
	buf_wipe(&bytes);
	return rc;
}

/* A value is never quoted here: it may be a secret. */
static int take_field(struct kube_config *config, const struct field *field,
		      const struct entry *entry, struct err *err)
{
	const struct value *found = value_get(entry->body, field->name);
	const enum value_type type = field->type == FIELD_BOOL ? VALUE_BOOL : VALUE_STRING;
	void *var = (char *)config + field->offset;
	struct str *text = var;

	if (!found || found->type == VALUE_NULL)
		return 0;
	if (found->type != type)
		return err_set(err, "%s is of type %s; it must be a %s", field->name,
			       value_type_name(found->type), value_type_name(type));
	if (field->type == FIELD_BOOL) {
		*(bool *)var = found->boolean;
		return 0;
	}
	if (!found->string.len)
		return 0;
	if (field->type == FIELD_DATA)
		return decode(found->string, &config->pool, text)
			       ? err_set(err, "%s is not base64", field->name)
			       : 0;
	if (str_has_control(found->string))
		return err_set(err, "%s holds a line break or a NUL", field->name);
	if (field->type == FIELD_FILE && found->string.ptr[0] != '/')
		*text = pool_printf(&config->pool, STR_FMT "/" STR_FMT, STR_ARG(entry->directory),
				    STR_ARG(found->string));
	else
		*text = pool_str(&config->pool, found->string);
	return 0;
}

static int take_fields(struct kube_config *config, const struct field *fields,
		       const struct entry *entry, struct err *err)
{
	for (const struct field *field = fields; field->name; field++)
		if (take_field(config, field, entry, err))
			return -1;
	return 0;
}

/* ---- cluster ---- */

/* What a cluster has to say to exec plugins. */
static struct str plugin_extension(const struct value *cluster, struct pool *pool)
{
	const struct value *items = value_get(cluster, "extensions"), *found = NULL;
	struct str out = STR("");
	struct buf json;

	for (size_t i = 0; items && items->type == VALUE_LIST && i < items->list.n; i++)
		if (str_is(value_text(&items->list.items[i], "name"), EXEC_EXTENSION))
			found = value_get(&items->list.items[i], "extension");
	buf_init(&json, BUF_MAX_TEXT);
	if (found && !value_to_json(found, false, &json, NULL))
		out = pool_str(pool, buf_view(&json));
	buf_clear(&json);
	return out;
}

static int take_cluster(struct kube_config *config, const struct entry *cluster, struct err *err)
{
	if (take_fields(config, cluster_fields, cluster, err))
		return err_wrap(err, "cluster %s", err_quote(cluster->name));
	if (!str_starts(config->server, "https://") && !str_starts(config->server, "http://"))
		return err_set(err, "cluster %s: server is %s; it must be an http or https URL",
			       err_quote(cluster->name), err_quote(config->server));
	while (str_ends(config->server, "/"))
		config->server.len--;
	config->server = pool_str(&config->pool, config->server);
	config->exec.cluster_config = plugin_extension(cluster->body, &config->pool);
	return 0;
}

/* ---- user ---- */

static struct str plugin_path(struct str command, struct str directory, struct pool *pool)
{
	if (str_find(command, '/') <= 0) /* absolute, or from PATH */
		return pool_str(pool, command);
	return pool_printf(pool, STR_FMT "/" STR_FMT, STR_ARG(directory), STR_ARG(command));
}

static int take_exec(struct kube_config *config, const struct entry *user, struct err *err)
{
	const struct value *exec = value_get(user->body, "exec");
	const struct value *args = value_get(exec, "args"), *env = value_get(exec, "env");
	const struct value *info = value_get(exec, "provideClusterInfo");
	struct pool *pool = &config->pool;
	struct kube_exec *out = &config->exec;

	if (!exec || exec->type == VALUE_NULL)
		return 0;
	if (!value_text(exec, "command").len)
		return err_set(err, "exec.command is missing: it names the plugin");
	out->command = plugin_path(value_text(exec, "command"), user->directory, pool);
	out->api_version = pool_str(pool, value_text(exec, "apiVersion"));
	if (!str_is(out->api_version, EXEC_GROUP "v1") &&
	    !str_is(out->api_version, EXEC_GROUP "v1beta1"))
		return err_set(err, "exec.apiVersion is %s; it must be " EXEC_GROUP "v1 or v1beta1",
			       err_quote(out->api_version));
	out->wants_cluster = info && info->type == VALUE_BOOL && info->boolean;
	for (size_t i = 0; args && args->type == VALUE_LIST && i < args->list.n; i++) {
		struct str *arg = pool_push(pool, &out->args.items, &out->args.n, sizeof(*arg));

		*arg = pool_str(pool, args->list.items[i].text);
	}
	for (size_t i = 0; env && env->type == VALUE_LIST && i < env->list.n; i++) {
		struct str_pair *pair =
			pool_push(pool, &out->env.items, &out->env.n, sizeof(*pair));

		pair->key = pool_str(pool, value_text(&env->list.items[i], "name"));
		pair->value = pool_str(pool, value_text(&env->list.items[i], "value"));
	}
	return 0;
}

static int take_user(struct kube_config *config, const struct entry *user, struct err *err)
{
	static const char *const strange[] = { "as", "as-uid", "as-groups", "auth-provider" };

	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++)
		if (value_get(user->body, strange[i]))
			return err_set(err, "user %s: %s is not supported here",
				       err_quote(user->name), strange[i]);
	if (take_fields(config, user_fields, user, err))
		return err_wrap(err, "user %s", err_quote(user->name));
	/* as client-go: a plugin is asked only where nothing else says who we are */
	if (config->token.len || config->token_file.len || config->username.len ||
	    config->cert_file.len || config->cert_data.len)
		return 0;
	if (take_exec(config, user, err))
		return err_wrap(err, "user %s", err_quote(user->name));
	return 0;
}

/* ---- all together ---- */

static struct str current_context(const struct kubeconfig_files *sources)
{
	for (size_t i = 0; i < sources->n; i++) {
		const struct str name = value_text(&sources->files[i].doc, "current-context");

		if (name.len)
			return name;
	}
	return STR_NONE;
}

static int take_context(struct kube_config *config, const struct kubeconfig_files *sources,
			struct str name, struct err *err)
{
	struct entry context = { .name = name.len ? name : current_context(sources) };
	struct entry cluster, user;

	if (!find(sources, "contexts", "context", &context))
		return err_set(err,
			       "kubeconfig has no context %s; --context or current-context "
			       "names one",
			       err_quote(context.name));
	config->namespace = pool_str(&config->pool, value_text(context.body, "namespace"));
	cluster = (struct entry){ .name = value_text(context.body, "cluster") };
	user = (struct entry){ .name = value_text(context.body, "user") };
	if (!find(sources, "clusters", "cluster", &cluster))
		return err_set(err, "kubeconfig has no cluster %s, which context %s names",
			       err_quote(cluster.name), err_quote(context.name));
	if (take_cluster(config, &cluster, err))
		return -1;
	if (!user.name.len)
		return 0;
	if (!find(sources, "users", "user", &user))
		return err_set(err, "kubeconfig has no user %s, which context %s names",
			       err_quote(user.name), err_quote(context.name));
	return take_user(config, &user, err);
}

int kube_config_load(struct kube_config *config, struct str path, struct str context,
		     struct err *err)
{
	struct kubeconfig_files sources = { .n = 0 };
	struct pool pool;
	int rc;

	memset(config, 0, sizeof(*config));
	pool_init_in_vault(&config->pool);
	pool_init(&pool);
	rc = read_sources(&sources, path, &pool, err);
	if (!rc)
		rc = take_context(config, &sources, context, err);
	pool_wipe(&pool);
	if (rc)
		kube_config_clear(config);
	return rc;
}

int kube_config_in_cluster(struct kube_config *config, struct err *err)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	const char *port = getenv("KUBERNETES_SERVICE_PORT");
	const bool v6 = host && strchr(host, ':');
	struct buf namespace;
	struct err none;

	memset(config, 0, sizeof(*config));
	pool_init_in_vault(&config->pool);
	if (!host || !*host)
		return err_set(err, "this is not a pod (KUBERNETES_SERVICE_HOST is not set); "
				    "--file names manifests, --kubeconfig a cluster");
	config->server = pool_printf(&config->pool, "https://%s%s%s:%s", v6 ? "[" : "", host,
				     v6 ? "]" : "", port && *port ? port : "443");
	config->ca_file = STR(ACCOUNT_DIR "/ca.crt");
	config->token_file = STR(ACCOUNT_DIR "/token");
	buf_init(&namespace, BUF_MAX_TEXT);
	if (small_file_read(ACCOUNT_DIR "/namespace", &namespace, &none) == 0)
		config->namespace = pool_str(&config->pool, str_trim(buf_view(&namespace)));
	buf_clear(&namespace);
	return 0;
}

void kube_config_clear(struct kube_config *config)
{
	pool_wipe(&config->pool);
	memset(config, 0, sizeof(*config));
}
