/* kube_credentials: what to show to the API server now.
 *
 *   in     struct kube_config; token and certificate files; the exec plugin's answer
 *   out    struct kube_credentials
 *   never  logs a value; hands a secret to a command line
 */
#include "kube/kube_config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/value.h"
#include "kube/kube_file.h"

#define EXEC_MS 30000
#define MAX_ARGS 64
#define FILE_MAX (1u << 20)

extern char **environ;

int kube_file_read(const char *path, struct buf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char chunk[8192];
	ssize_t n;

	if (fd < 0)
		return err_set(err, "%s cannot be read: %s", path, strerror(errno));
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(out, chunk, (size_t)n);
	close(fd);
	mem_wipe(chunk, sizeof(chunk));
	if (n < 0)
		return err_set(err, "%s cannot be read: %s", path, strerror(errno));
	return out->full ? err_set(err, "%s is larger than %zu bytes", path, out->max) : 0;
}

static int take_file(struct str path, struct pool *pool, struct str *out, struct err *err)
{
	struct buf bytes;
	int rc;

	buf_init(&bytes, FILE_MAX);
	rc = kube_file_read(path.ptr, &bytes, err);
	if (!rc)
		*out = pool_str(pool, bytes.len ? buf_view(&bytes) : STR(""));
	buf_wipe(&bytes);
	return rc;
}

/* Inline data wins over a file, as in kubectl. */
static int take_pem(struct str data, struct str file, struct pool *pool, struct str *out, struct err *err)
{
	*out = STR_NONE;
	if (data.ptr) {
		*out = pool_str(pool, data);
		return 0;
	}
	return file.len ? take_file(file, pool, out, err) : 0;
}

/* ---- exec plugin ---- */

static char **exec_environment(const struct kube_config *config, struct pool *pool)
{
	size_t n = 0, i = 0;
	char **out;

	while (environ[n])
		n++;
	out = pool_array(pool, n + config->exec.env.n + 2, sizeof(*out));
	for (; i < n; i++)
		out[i] = environ[i];
	for (size_t k = 0; k < config->exec.env.n; k++)
		out[i++] = (char *)pool_printf(pool, STR_FMT "=" STR_FMT, STR_ARG(config->exec.env.items[k].key),
					       STR_ARG(config->exec.env.items[k].value)).ptr;
	out[i] = (char *)pool_printf(pool,
				     "KUBERNETES_EXEC_INFO={\"apiVersion\":\"" STR_FMT "\",\"kind\":\"ExecCredential\","
				     "\"spec\":{\"interactive\":false}}",
				     STR_ARG(config->exec.api_version)).ptr;
	return out;
}

static void exec_child(const struct kube_config *config, int out, struct pool *pool)
{
	char *argv[MAX_ARGS + 2] = { (char *)config->exec.command.ptr };
	char **envp = exec_environment(config, pool);
	sigset_t none;

	for (size_t i = 0; i < config->exec.args.n && i < MAX_ARGS; i++)
		argv[i + 1] = (char *)config->exec.args.items[i].ptr;
	if (str_find(config->exec.command, '/') > 0)
		argv[0] = (char *)pool_printf(pool, STR_FMT "/" STR_FMT, STR_ARG(config->exec.directory),
					      STR_ARG(config->exec.command)).ptr;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(out, STDOUT_FILENO);
	execvpe(argv[0], argv, envp);
	_exit(127);
}

/* Collects what the plugin prints until it closes its end or the deadline comes. */
static int read_until(int fd, uint64_t deadline, struct buf *out)
{
	char chunk[4096];

	for (;;) {
		const uint64_t now = clock_ms();
		struct pollfd wait = { fd, POLLIN, 0 };
		ssize_t n;

		if (now >= deadline)
			return -1;
		if (poll(&wait, 1, (int)(deadline - now)) <= 0)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n <= 0)
			return n == 0 ? 0 : -1;
		buf_add(out, chunk, (size_t)n);
	}
}

static int run_plugin(const struct kube_config *config, struct buf *out, struct err *err)
{
	const char *name = config->exec.command.ptr;
	int fds[2], status = 0, rc;
	struct pool pool;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return err_set(err, "no pipe for the exec plugin %s: %s", name, strerror(errno));
	pool_init(&pool);
	pid = fork();
	if (pid == 0)
		exec_child(config, fds[1], &pool);
	close(fds[1]);
	rc = pid < 0 ? -1 : read_until(fds[0], clock_ms() + EXEC_MS, out);
	close(fds[0]);
	if (pid > 0 && rc)
		kill(pid, SIGKILL);
	if (pid > 0)
		waitpid(pid, &status, 0);
	pool_clear(&pool);
	if (rc)
		return err_set(err, "the exec plugin %s did not answer within %d s", name, EXEC_MS / 1000);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return err_set(err, "the exec plugin %s failed with status %d", name,
			       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}

static struct str text_at(const struct value *v, const char *key, struct pool *pool)
{
	const struct value *found = value_get(v, key);

	return found && found->type == VALUE_STRING && found->string.len ? pool_str(pool, found->string) : STR_NONE;
}

static int64_t time_at(const struct value *v, const char *key)
{
	const struct value *found = value_get(v, key);
	struct tm tm = { 0 };

	if (!found || found->type != VALUE_STRING || !strptime(found->string.ptr, "%Y-%m-%dT%H:%M:%S", &tm))
		return 0;
	return timegm(&tm);
}

static int take_exec(const struct kube_config *config, struct kube_credentials *out, struct err *err)
{
	const struct value *status;
	struct value answer = { 0 };
	struct err why = { "" };
	struct pool pool;
	struct buf text;
	int rc = -1;

	pool_init(&pool);
	buf_init(&text, FILE_MAX);
	if (run_plugin(config, &text, err))
		goto out;
	status = json_parse(buf_view(&text), &pool, &answer, &why) ? NULL : value_get(&answer, "status");
	if (!status) {
		err_set(err, "the exec plugin %s printed no ExecCredential with a status", config->exec.command.ptr);
		goto out;
	}
	out->token = text_at(status, "token", &out->pool);
	out->expires = time_at(status, "expirationTimestamp");
	if (value_get(status, "clientCertificateData")) {
		out->cert = text_at(status, "clientCertificateData", &out->pool);
		out->key = text_at(status, "clientKeyData", &out->pool);
	}
	rc = 0;
out:
	buf_wipe(&text);
	pool_wipe(&pool);
	return rc;
}

/* ---- all together ---- */

int kube_credentials_read(const struct kube_config *config, struct kube_credentials *out, struct err *err)
{
	struct pool *pool = &out->pool;
	int rc;

	memset(out, 0, sizeof(*out));
	pool_init(pool);
	rc = take_pem(config->ca_data, config->ca_file, pool, &out->ca, err) ||
	     take_pem(config->cert_data, config->cert_file, pool, &out->cert, err) ||
	     take_pem(config->key_data, config->key_file, pool, &out->key, err);
	if (!rc && config->token_file.len)
		rc = take_file(config->token_file, pool, &out->token, err);
	else if (!rc && config->token.len)
		out->token = pool_str(pool, config->token);
	if (!rc && config->exec.command.len)
		rc = take_exec(config, out, err);
	out->token = str_trim(out->token);
	if (rc)
		kube_credentials_clear(out);
	return rc ? -1 : 0;
}

void kube_credentials_clear(struct kube_credentials *credentials)
{
	pool_wipe(&credentials->pool);
	memset(credentials, 0, sizeof(*credentials));
}

bool kube_credentials_equal(const struct kube_credentials *a, const struct kube_credentials *b)
{
	return str_eq(a->ca, b->ca) && str_eq(a->cert, b->cert) && str_eq(a->key, b->key) && str_eq(a->token, b->token);
}
