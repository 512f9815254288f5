/* kube_exec: the credential plugin that a kubeconfig names.
 *
 *   in     struct kube_config; what the plugin prints: an ExecCredential
 *   out    token, client certificate, expiry
 *   owns   what it has printed so far
 *   never  logs what it prints; waits; leaves it running longer than KUBE_EXEC_MS
 *
 * Rules: client.authentication.k8s.io/v1 and v1beta1.
 */
#include "kube/kube_exec.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cjson.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/value.h"

#define ANSWER_MAX (1u << 20)

extern char **environ;

/* ---- what it is told ---- */

static void put_cluster(cJSON *spec, const struct kube_config *config, struct str ca)
{
	cJSON *cluster = cjson_put_object(spec, "cluster");
	struct buf data;

	buf_init(&data, ANSWER_MAX * 2);
	buf_base64(&data, ca);
	cjson_put_bool(cluster, "insecure-skip-tls-verify", config->insecure);
	cjson_put_filled(cluster, "server", config->server);
	cjson_put_filled(cluster, "tls-server-name", config->tls_server_name);
	cjson_put_filled(cluster, "proxy-url", config->proxy_url);
	cjson_put_filled(cluster, "certificate-authority-data", buf_view(&data));
	if (config->exec.cluster_config.len)
		cjson_put_raw(cluster, "config", config->exec.cluster_config);
	buf_clear(&data);
}

/* KUBERNETES_EXEC_INFO=... */
static struct str exec_info(const struct kube_config *config, struct str ca, struct pool *pool)
{
	cJSON *doc = cJSON_CreateObject(), *spec;
	struct str copy;
	struct buf text;

	cjson_put_text(doc, "kind", STR("ExecCredential"));
	cjson_put_text(doc, "apiVersion", config->exec.api_version);
	spec = cjson_put_object(doc, "spec");
	cjson_put_bool(spec, "interactive", false);
	if (config->exec.wants_cluster)
		put_cluster(spec, config, ca);
	buf_init(&text, ANSWER_MAX * 4);
	buf_puts(&text, "KUBERNETES_EXEC_INFO=");
	cjson_print(&doc, &text);
	copy = pool_str(pool, buf_view(&text));
	buf_clear(&text);
	return copy;
}

/* The first is KUBERNETES_EXEC_INFO, which differs each time. */
static char **make_env(const struct kube_config *config, struct pool *pool)
{
	const struct str_map *env = &config->exec.env;
	size_t n = 0, i = 1;
	char **out;

	while (environ[n])
		n++;
	out = pool_array(pool, n + env->n + 2, sizeof(*out));
	/* of two with one name the first counts */
	for (size_t k = 0; k < env->n; k++)
		out[i++] = (char *)(uintptr_t)pool_printf(pool, STR_FMT "=" STR_FMT,
							  STR_ARG(env->items[k].key),
							  STR_ARG(env->items[k].value))
				   .ptr;
	for (size_t k = 0; k < n; k++)
		out[i++] = environ[k];
	return out;
}

static char **make_argv(const struct kube_config *config, struct pool *pool)
{
	const struct str_list *args = &config->exec.args;
	char **out = pool_array(pool, args->n + 2, sizeof(*out));

	out[0] = (char *)(uintptr_t)config->exec.command.ptr;
	for (size_t i = 0; i < args->n; i++)
		out[i + 1] = (char *)(uintptr_t)args->items[i].ptr;
	return out;
}

/* ---- its process ---- */

static int check_end(const char *name, int status, struct err *err)
{
	if (WIFSIGNALED(status))
		return err_set(err, "the exec plugin %s was ended by signal %d", name,
			       WTERMSIG(status));
	if (WEXITSTATUS(status))
		return err_set(err, "the exec plugin %s ended with status %d", name,
			       WEXITSTATUS(status));
	return 0;
}

/* What it has printed so far. The pipe may stay open in a process that it left running, so its
 * end is no sign of anything. */
static void read_all(struct kube_exec_run *run)
{
	char chunk[4096];
	ssize_t n;

	while ((n = read(run->out, chunk, sizeof(chunk))) > 0)
		buf_add(&run->printed, chunk, (size_t)n);
	mem_wipe(chunk, sizeof(chunk));
	if (n == 0) { /* it stays readable from now on */
		close(run->out);
		run->out = -1;
	}
}

/* Once, before the room confines itself. */
static int open_helper(struct kube_exec_run *run, const struct kube_config *config, struct err *err)
{
	struct pool pool;
	int rc;

	pool_init(&pool);
	rc = kube_helper_open(&run->helper, make_argv(config, &pool), make_env(config, &pool), err);
	pool_wipe(&pool);
	return rc;
}

static int start(struct kube_exec_run *run, const struct kube_config *config, struct str ca,
		 int out, struct err *err)
{
	struct pool pool;
	int rc;

	pool_init(&pool);
	rc = kube_helper_start(&run->helper, exec_info(config, ca, &pool), out, err);
	pool_wipe(&pool);
	return rc ? err_wrap(err, "the exec plugin %s cannot be started", config->exec.command.ptr)
		  : 0;
}

int kube_exec_start(struct kube_exec_run *run, const struct kube_config *config, struct str ca,
		    struct err *err)
{
	int fds[2], rc;

	if (!run->helper.pid && open_helper(run, config, err))
		return -1;
	if (pipe2(fds, O_CLOEXEC))
		return err_set(err, "no pipe for the exec plugin %s: %s", config->exec.command.ptr,
			       strerror(errno));
	rc = start(run, config, ca, fds[1], err);
	close(fds[1]);
	if (rc) {
		close(fds[0]);
		return -1;
	}
	(void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
	run->runs = true;
	run->out = fds[0];
	run->deadline_ms = clock_ms() + KUBE_EXEC_MS;
	buf_init(&run->printed, ANSWER_MAX);
	return 0;
}

/* Ended, by itself or not. */
static void let_go(struct kube_exec_run *run)
{
	run->runs = false;
	if (run->out >= 0)
		close(run->out);
	buf_wipe(&run->printed);
}

void kube_exec_close(struct kube_exec_run *run)
{
	if (run->runs)
		let_go(run);
	kube_helper_close(&run->helper); /* it ends what runs */
}

void kube_exec_look(struct kube_exec_run *run)
{
	int ignored;

	if (run->helper.pid)
		(void)kube_helper_has_ended(&run->helper, &ignored);
}

/* ---- its answer ---- */

static int64_t time_at(const cJSON *v, const char *key)
{
	struct value_time t;

	return value_time_parse(cjson_text(v, key), &t) ? value_time_seconds(&t) : 0;
}

static int take(const struct kube_config *config, const cJSON *answer, struct kube_credentials *out,
		struct err *err)
{
	const char *name = config->exec.command.ptr;
	const cJSON *status = cJSON_GetObjectItemCaseSensitive(answer, "status");

	if (!str_is(cjson_text(answer, "kind"), "ExecCredential") ||
	    !str_eq(cjson_text(answer, "apiVersion"), config->exec.api_version))
		return err_set(err, "the exec plugin %s printed no ExecCredential of apiVersion %s",
			       name, err_quote(config->exec.api_version));
	out->token = pool_str(&out->pool, cjson_text(status, "token"));
	out->cert = pool_str(&out->pool, cjson_text(status, "clientCertificateData"));
	out->key = pool_str(&out->pool, cjson_text(status, "clientKeyData"));
	out->expires = time_at(status, "expirationTimestamp");
	if (!out->cert.len != !out->key.len)
		return err_set(err,
			       "the exec plugin %s printed a certificate or a key alone; both "
			       "or none would be right",
			       name);
	if (!out->cert.len && !out->token.len)
		return err_set(err, "the exec plugin %s printed neither a token nor a certificate",
			       name);
	return 0;
}

static int take_printed(struct kube_exec_run *run, const struct kube_config *config,
			struct kube_credentials *out, struct err *err)
{
	cJSON *answer = run->printed.full ? NULL : cjson_parse(buf_view(&run->printed));
	int rc = answer ? take(config, answer, out, err)
			: err_set(err, "what the exec plugin %s printed is not JSON",
				  config->exec.command.ptr);

	cJSON_Delete(answer);
	return rc;
}

int kube_exec_step(struct kube_exec_run *run, const struct kube_config *config,
		   struct kube_credentials *out, struct err *err)
{
	const char *name = config->exec.command.ptr;
	int status = 0, rc;
	bool ended;

	if (run->out >= 0)
		read_all(run);
	ended = kube_helper_has_ended(&run->helper, &status);
	if (!ended && clock_ms() < run->deadline_ms)
		return 1;
	if (run->out >= 0)
		read_all(run); /* what it printed last */
	if (ended) {
		rc = check_end(name, status, err) || take_printed(run, config, out, err) ? -1 : 0;
	} else {
		kube_helper_stop(&run->helper);
		rc = err_set(err, "the exec plugin %s did not answer within %d s", name,
			     KUBE_EXEC_MS / 1000);
	}
	let_go(run);
	return rc;
}
