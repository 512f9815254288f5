/* keep_token: keeps a token of another account in a folder, always one that is good for a while.
 *
 *   in     the name of the account; what the API server answers to our own token
 *   out    FOLDER/token, ca.crt and namespace, as Kubernetes mounts them into a pod
 *   owns   when the next token is asked for
 *   never  shows a token to anybody but who may read the folder
 */
#include "cli/cli.h"

#include <poll.h>
#include <unistd.h>

#include "actor/conf.h"
#include "base/cjson.h"
#include "base/log.h"
#include "base/retry.h"
#include "cli/process.h"
#include "kube/kube.h"
#include "publisher/file/file.h"

#define MINUTE_MS 60000L
#define N_FILES 3

static struct str service_account, out, kubeconfig, context, log_format, log_level;
static uint64_t expiration_ms, renew_ms;

static const struct conf_option options[] = {
	{ "service-account", CONF_TEXT, &service_account, "", 0, 0,
	  "NAMESPACE/NAME of the account whose token is kept", 0 },
	{ "out", CONF_TEXT, &out, "", 0, 0,
	  "folder for it: token, ca.crt, namespace, as Kubernetes mounts them into a pod", 0 },
	{ "expiration", CONF_DURATION, &expiration_ms, "1h", 10 * MINUTE_MS, 1440 * MINUTE_MS,
	  "how long a token is good, if the API server agrees", 0 },
	{ "renew-interval", CONF_DURATION, &renew_ms, "30m", 1000, 1440 * MINUTE_MS,
	  "time from one token to the next; at most half the life of each", 0 },
	{ "kubeconfig", CONF_TEXT, &kubeconfig, "", 0, 0,
	  "the cluster; in a pod: the cluster it runs in", 0 },
	{ "context", CONF_TEXT, &context, "", 0, 0,
	  "context of the kubeconfig; empty: its current one", 0 },
	{ "log-level", CONF_TEXT, &log_level, "info", 0, 0, "debug, info, warn or error", 0 },
	{ "log-format", CONF_TEXT, &log_format, "logfmt", 0, 0, "logfmt or json", 0 },
	{ 0 },
};

struct keeper {
	struct kube *kube;
	struct str namespace, name;  /* of the account */
	struct file files[N_FILES];  /* token, ca.crt, namespace */
	struct kube_request *asking; /* NULL: nothing is under way */
	struct retry retry;
	uint64_t due_ms; /* of the next token */
};

static const char *const file_names[N_FILES] = { "token", "ca.crt", "namespace" };

/* ---- the folder ---- */

static int replace(struct file *file, struct str bytes, struct err *err)
{
	if (publisher_file_begin(file, err) || publisher_file_write(file, bytes, err) ||
	    publisher_file_commit(file, err) < 0) {
		publisher_file_cancel(file);
		return -1;
	}
	return 0;
}

static int open_files(struct keeper *self, struct err *err)
{
	for (size_t i = 0; i < N_FILES; i++) {
		struct buf path;
		int rc;

		buf_init(&path, BUF_MAX_TEXT);
		buf_printf(&path, STR_FMT "/%s", STR_ARG(out), file_names[i]);
		rc = publisher_file_open(&self->files[i], path.ptr, err);
		buf_clear(&path);
		if (rc)
			return -1;
	}
	return 0;
}

static int load(struct kube_config *config, struct err *err)
{
	return kubeconfig.len ? kube_config_load(config, kubeconfig, context, err)
			      : kube_config_in_cluster(config, err);
}

/* The token last: who finds one finds the others. */
static int write_all(struct keeper *self, struct str token, struct err *err)
{
	struct kube_credentials credentials;
	struct kube_config config;
	int rc;

	if (load(&config, err))
		return -1;
	rc = kube_credentials_read(&config, &credentials, err);
	if (!rc) {
		rc = replace(&self->files[1], credentials.ca, err) ||
		     replace(&self->files[2], self->namespace, err) ||
		     replace(&self->files[0], token, err);
		kube_credentials_clear(&credentials);
	}
	kube_config_clear(&config);
	return rc ? -1 : 0;
}

/* ---- the API server ---- */

static int take(struct keeper *self, const struct kube_result *result, struct err *err)
{
	cJSON *answer;
	struct str token;
	uint64_t life_ms;
	int rc;

	if (result->status / 100 != 2)
		return err_set(err, "%s", result->sentence);
	answer = cjson_parse(result->body);
	token = cjson_text(cJSON_GetObjectItemCaseSensitive(answer, "status"), "token");
	life_ms = 1000u * (uint64_t)cjson_number(cJSON_GetObjectItemCaseSensitive(answer, "spec"),
						 "expirationSeconds");
	rc = token.len ? write_all(self, token, err)
		       : err_set(err, "the API server answered without a token");
	cJSON_Delete(answer);
	if (!rc)
		self->due_ms = clock_ms() + (renew_ms < life_ms / 2 ? renew_ms : life_ms / 2);
	return rc;
}

static void on_done(void *arg, const struct kube_result *result)
{
	struct keeper *self = arg;
	struct err err = { "" };

	self->asking = NULL;
	if (!take(self, result, &err)) {
		if (retry_success(&self->retry))
			log_info("token renewed", "account=%s", log_value(service_account.ptr));
		return;
	}
	if (retry_failure(&self->retry, str_from(err.text), result->retry_after_ms))
		log_warn("no new token, trying again", "account=%s reason=%s",
			 log_value(service_account.ptr), log_value(err.text));
	self->due_ms = clock_ms() + retry_wait_ms(&self->retry);
}

static void ask(struct keeper *self)
{
	cJSON *doc = cJSON_CreateObject();
	struct buf path, body;

	buf_init(&path, BUF_MAX_TEXT);
	buf_puts(&path, "/api/v1/namespaces/");
	kube_add_escaped(&path, self->namespace);
	buf_puts(&path, "/serviceaccounts/");
	kube_add_escaped(&path, self->name);
	buf_puts(&path, "/token");
	cjson_put_text(doc, "apiVersion", STR("authentication.k8s.io/v1"));
	cjson_put_text(doc, "kind", STR("TokenRequest"));
	cjson_put_number(cjson_put_object(doc, "spec"), "expirationSeconds",
			 (long long)(expiration_ms / 1000));
	buf_init(&body, BUF_MAX_TEXT);
	cjson_print(&doc, &body);
	self->asking = kube_start(self->kube, &(struct kube_call){ .method = "POST",
								   .path = buf_view(&path),
								   .body = buf_view(&body),
								   .timeout_ms = KUBE_TIMEOUT_MS,
								   .on_done = on_done,
								   .self = self });
	buf_clear(&path);
	buf_clear(&body);
}

/* ---- the process ---- */

static void keep(struct keeper *self, int signals)
{
	struct pollfd fds[] = { { .fd = signals, .events = POLLIN },
				{ .fd = kube_fd(self->kube), .events = POLLIN } };

	while (!fds[0].revents) {
		const uint64_t now = clock_ms();
		uint64_t due;

		if (!self->asking && now >= self->due_ms)
			ask(self);
		due = kube_tick(self->kube, now);
		if (!self->asking && self->due_ms < due)
			due = self->due_ms;
		due = due > now ? due - now : 0;
		if (poll(fds, 2, due > MINUTE_MS ? MINUTE_MS : (int)due) > 0 && fds[1].revents)
			kube_on_fd(self->kube);
	}
}

static int run(struct keeper *self, struct err *err)
{
	struct kube_config config;
	const int signals = cli_process_open_signals();
	int status = CLI_SYSTEM;

	if (load(&config, err))
		return CLI_UNREADABLE;
	self->kube = kube_new(&config, err);
	if (!self->kube)
		return CLI_UNREADABLE;
	if (!open_files(self, err)) {
		retry_init(&self->retry, KUBE_BACKOFF_MS, KUBE_BACKOFF_MAX_MS);
		keep(self, signals);
		status = CLI_GOOD;
	}
	kube_cancel(&self->asking);
	kube_destroy(&self->kube);
	close(signals);
	return status;
}

static int check(struct keeper *self, struct err *err)
{
	enum log_level level;

	if (!str_cut(service_account, '/', &self->namespace, &self->name) || !self->namespace.len ||
	    !self->name.len)
		return err_set(err, "--service-account is %s; it must be NAMESPACE/NAME",
			       err_quote(service_account));
	if (!out.len)
		return err_set(err, "name the folder for the token with --out");
	if (log_level_from(log_level.ptr, &level))
		return err_set(err, "--log-level is %s; it must be debug, info, warn or error",
			       err_quote(log_level));
	log_set_level(level);
	log_set_format(str_is(log_format, "json") ? LOG_JSON : LOG_LOGFMT);
	return 0;
}

int cli_keep_token(int argc, char **argv)
{
	static const struct conf_option *const tables[] = { options, NULL };
	struct keeper self = { 0 };
	struct err err = { "" };
	int status, rc;

	rc = cli_process_read_flags(
		tables, "sluice keep-token",
		"keep a token of another account in a folder, renewed before it ends", argc, argv,
		&err);
	if (rc > 0)
		return CLI_GOOD;
	if (rc || check(&self, &err))
		return cli_usage("keep-token", err.text);
	log_open("keep-token");
	for (size_t i = 0; i < N_FILES; i++)
		self.files[i].dir_fd = self.files[i].fd = -1;
	status = run(&self, &err);
	if (status != CLI_GOOD)
		fprintf(stderr, "sluice keep-token: %s\n", err.text);
	for (size_t i = 0; i < N_FILES; i++)
		publisher_file_close(&self.files[i]);
	return status;
}
