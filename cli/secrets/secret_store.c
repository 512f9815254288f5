/* secret_store: looks at and makes the Secrets of a cluster, one request after the other.
 *
 *   in     Secrets with names and values
 *   out    GET and POST; whether a Secret is there, whether it was made
 *   owns   a request while it is under way
 *   never  overwrites a Secret or prints a value
 */
#include "cli/secrets/secret_store.h"

#include <poll.h>

#include "base/clock.h"

struct answer {
	bool done;
	long status;
	struct err err;
};

static void on_done(void *arg, const struct kube_result *result)
{
	struct answer *answer = arg;

	answer->done = true;
	answer->status = result->status;
	err_set(&answer->err, "%s", result->sentence);
}

/* Waits; the call has a timeout of its own. */
static void ask(struct kube *kube, const char *method, const struct buf *path, struct str body,
		struct answer *answer)
{
	const struct kube_call call = { .method = method,
					.path = buf_view(path),
					.body = body,
					.timeout_ms = KUBE_TIMEOUT_MS,
					.on_done = on_done,
					.self = answer };

	*answer = (struct answer){ .done = false };
	kube_start(kube, &call);
	while (!answer->done) {
		const uint64_t now = clock_ms(), due = kube_tick(kube, now);
		struct pollfd fd = { .fd = kube_fd(kube), .events = POLLIN };
		const uint64_t wait = due > now ? due - now : 0;

		if (!answer->done &&
		    poll(&fd, 1, wait > KUBE_TIMEOUT_MS ? KUBE_TIMEOUT_MS : (int)wait) > 0)
			kube_on_fd(kube);
	}
}

static void add_path(struct buf *path, const struct made_secret *secret, bool with_name)
{
	buf_init(path, BUF_MAX_TEXT);
	buf_puts(path, "/api/v1/namespaces/");
	kube_add_escaped(path, secret->namespace);
	buf_puts(path, "/secrets");
	if (with_name) {
		buf_putc(path, '/');
		kube_add_escaped(path, secret->name);
	}
}

static int fail(const struct made_secret *secret, const char *verb, const struct answer *answer,
		struct err *err)
{
	const struct str ns = secret->namespace;

	if (answer->status == 403)
		err_set(err,
			"we may not %s Secrets in the namespace " STR_FMT
			"; give our account the verb \"%s\" on secrets there (%s)",
			verb, STR_ARG(ns), verb, answer->err.text);
	else if (answer->status == 404)
		err_set(err,
			"there is no namespace " STR_FMT
			"; make it first with `kubectl create namespace " STR_FMT "`",
			STR_ARG(ns), STR_ARG(ns));
	else
		err_set(err, "%s", answer->err.text);
	return err_wrap(err, "Secret " STR_FMT "/" STR_FMT, STR_ARG(ns), STR_ARG(secret->name));
}

int cli_secret_store_has(struct kube *kube, const struct made_secret *secret, struct err *err)
{
	struct answer answer;
	struct buf path;

	add_path(&path, secret, true);
	ask(kube, "GET", &path, STR_NONE, &answer);
	buf_clear(&path);
	if (answer.status == 404)
		return 0;
	return answer.status / 100 == 2 ? 1 : fail(secret, "get", &answer, err);
}

int cli_secret_store_put(struct kube *kube, const struct made_secret *secret, struct err *err)
{
	struct answer answer;
	struct buf path, body;

	add_path(&path, secret, false);
	buf_init(&body, MADE_SECRET_MAX);
	cli_made_secret_print_json(secret, &body);
	ask(kube, "POST", &path, buf_view(&body), &answer);
	buf_clear(&path);
	buf_wipe(&body);
	if (answer.status == 409)
		return 0;
	return answer.status / 100 == 2 ? 1 : fail(secret, "create", &answer, err);
}
